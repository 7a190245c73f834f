//! Floor 12: the pages. They call services, never stores.

use std::sync::Arc;

use crate::auth::Auth;
use crate::bank::Bank;
use crate::core::Core;
use crate::evidence::Evidence;
use crate::exam::Exams;
use crate::exam::attempt::Attempts;
use crate::org::Org;
use crate::study::Study;

/// Every slice's service, composed once by `boot` and shared by pages, operations, demonstration and command line.
#[derive(Debug, Clone)]
pub struct Services {
    /// Clock, randomness, database and settings.
    pub core: Core,
    /// Accounts and who is asking.
    pub auth: Arc<Auth>,
    /// Units and people.
    pub org: Arc<Org>,
    /// Banks and questions.
    pub bank: Arc<Bank>,
    /// Exams from draft to release.
    pub exams: Arc<Exams>,
    /// Sitting exams.
    pub attempts: Arc<Attempts>,
    /// Programmes, sessions and attendance.
    pub study: Arc<Study>,
    /// The log, searched and proved.
    pub evidence: Arc<Evidence>,
}
