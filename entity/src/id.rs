//! Identifiers: UUID version 7 as text, a type of its own for each thing.

use uuid::Uuid;

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType,
        )]
        #[serde(transparent)]
        #[sea_orm(value_type = "String")]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        text_key!($name);
    )+ };
}

id! {
    /// Somebody who can log in.
    AccountId,
    /// A role that an account holds over a unit's subtree.
    GrantId,
    /// A department, street, town or group in the tree.
    UnitId,
    /// A piece of long work.
    JobId,
    /// Somebody on a unit's roster.
    PersonId,
    /// A year's plan of study.
    ProgrammeId,
    /// One meeting.
    SessionId,
    /// Meetings that were planned together.
    SeriesId,
    /// A wish not to come to a meeting.
    LeaveRequestId,
    /// A file that proves something.
    AttachmentId,
    /// A collection of questions that belongs to a unit.
    BankId,
    /// A question, whatever its version.
    QuestionId,
    /// An exam.
    ExamId,
    /// One candidate's sitting.
    AttemptId,
    /// A change to an exam after its sealing.
    ExamAmendmentId,
    /// A doubt about an item or a score.
    ObjectionId,
    /// A change of how an item is marked, after the exam.
    RegradeId,
    /// A request not to sit an exam, or to sit it later.
    ExemptionId,
    /// A right to write to an attempt, held by one device at a time.
    LeaseId,
    /// A year before Kaofa that was brought in.
    PastYearId,
    /// A frozen report.
    SnapshotId,
    /// The act of closing a year for a unit.
    ClosingId,
    /// One line of the log.
    EntryId,
    /// Somebody's leaving.
    DepartureId,
    /// A change of a frozen roster that was proposed.
    ChangeId,
    /// A change of a frozen roster that was made.
    AmendmentId,
    /// What a roster or a tally is about: a programme, a session or an exam.
    SubjectId,
}

impl From<ProgrammeId> for SubjectId {
    fn from(id: ProgrammeId) -> Self {
        Self(id.0)
    }
}

impl From<SessionId> for SubjectId {
    fn from(id: SessionId) -> Self {
        Self(id.0)
    }
}

impl From<ExamId> for SubjectId {
    fn from(id: ExamId) -> Self {
        Self(id.0)
    }
}
