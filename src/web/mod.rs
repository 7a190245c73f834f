//! Floor 12: the pages. A handler asks services, fills a struct and renders its template; a form goes the same way back.
//!
//! They must never ask a store and never decide what somebody may do: services do, and a page shows what they answer.

#![allow(dead_code, reason = "the pages of the slices, which are being built, use every part")]

mod addresses;
mod assets;
mod chart;
mod form;
mod format;
#[cfg(test)]
mod gallery;
mod methods;
mod nav;
mod pages;
mod problem;
mod router;
mod texts;
mod view;
mod visitor;

use std::sync::Arc;

use crate::auth::Auth;
use crate::bank::Bank;
use crate::core::Core;
use crate::desk::Desk;
use crate::evidence::Evidence;
use crate::exam::attempt::Attempts;
use crate::exam::statistics::Statistics;
use crate::exam::{Books, Conduct, Exams, Exemptions, Monitors, Objections, Regrades};
use crate::http::Idempotency;
use crate::org::Org;
use crate::report::Reports;
use crate::study::Study;

pub use addresses::{Address, addresses};
pub use problem::page_of_problem;
pub use router::routes;

/// Every slice's service, composed once by `boot` and shared by pages, operations, demonstration and command line.
#[derive(Debug, Clone)]
pub struct Services {
    /// Clock, randomness, database and settings.
    pub core: Core,
    /// Requests that may be sent again.
    pub idempotency: Arc<Idempotency>,
    /// Accounts and who is asking.
    pub auth: Arc<Auth>,
    /// Units and people.
    pub org: Arc<Org>,
    /// Banks and questions.
    pub bank: Arc<Bank>,
    /// Programmes, sessions and attendance.
    pub study: Arc<Study>,
    /// Exams from draft to release.
    pub exams: Arc<Exams>,
    /// What is done to sealed exams.
    pub conduct: Arc<Conduct>,
    /// Exemption and deferral.
    pub exemptions: Arc<Exemptions>,
    /// Sitting exams.
    pub attempts: Arc<Attempts>,
    /// What exams add up to.
    pub statistics: Arc<Statistics>,
    /// What is done about faulty items.
    pub regrades: Arc<Regrades>,
    /// Doubts about items and scores.
    pub objections: Arc<Objections>,
    /// Watching exams.
    pub monitors: Arc<Monitors>,
    /// Exams on paper.
    pub books: Arc<Books>,
    /// Figures and closed years.
    pub reports: Arc<Reports>,
    /// The log, searched and proved.
    pub evidence: Arc<Evidence>,
    /// Calendars and people's files.
    pub desk: Arc<Desk>,
}
