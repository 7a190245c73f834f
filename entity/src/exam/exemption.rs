//! Somebody asks not to sit an exam, or to sit it later.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, AttachmentId, ExamId, ExemptionId, PersonId, UnitId};
use crate::instant::Instant;

text_enum! {
    /// What is asked for.
    ExemptionKind {
        /// 免考: not to sit at all.
        Exempt = "exempt",
        /// 缓考: to sit a make-up instead.
        Deferred = "deferred",
    }
}

text_enum! {
    /// What became of it.
    ExemptionState { Pending = "pending", Approved = "approved", Refused = "refused" }
}

/// A row of `exemptions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exemptions")]
pub struct Model {
    /// Its identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExemptionId,
    /// The main exam.
    pub exam_id: ExamId,
    /// For whom.
    pub person_id: PersonId,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// What is asked for.
    pub kind: ExemptionKind,
    /// Why.
    pub ground: String,
    /// What proves it.
    pub attachment_id: Option<AttachmentId>,
    /// Who asked.
    pub asked_by: AccountId,
    /// When.
    pub asked_at: Instant,
    /// Whether the unit supports it.
    pub supported: Option<bool>,
    /// What the unit says.
    pub opinion: String,
    /// Who said it.
    pub opinion_by: Option<AccountId>,
    /// When.
    pub opinion_at: Option<Instant>,
    /// What became of it.
    pub state: ExemptionState,
    /// Why it was decided so.
    pub decision: String,
    /// By whom.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<Instant>,
    /// An exemption that was approved after the exam had opened (事后免考).
    pub late: bool,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
