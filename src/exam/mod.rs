//! Floor 10: exams, from the blueprint over the sealed draw and the papers to what each person has made of them.
//!
//! It must never know how figures are summed or printed: it states how each person stands and leaves the rest to `tally`
//! and `report`.

pub mod attempt;
mod blueprint;
mod book;
pub mod clock;
mod conduct;
pub mod draw;
mod exemption;
pub mod grading;
mod monitor;
mod objection;
pub mod outcome;
mod papers;
mod regrade;
pub mod ruling;
pub mod sealed;
pub mod statistics;
mod yearly;

pub use blueprint::{
    BalanceInput, Beacon, Blueprint, BlueprintInput, Candidacy, Candidate, Copied, Difficulties, DrawVerdict, Exam,
    ExamBrief, ExamError, ExamFilter, ExamResults, ExamSummary, Exams, ExamsApi, Feasibility, OBJECTION_DAYS, Overlap,
    OwnExam, OwnResult, Resealing, ResultRow, ResultsSummary, SamplePaper, SealReceipt, SealedManifest, SectionInput,
    SectionPlan, SectionRoom, Times,
};
pub use book::{BookApi, Books, Entered, Group, Scored};
pub use conduct::{Amendment, CandidateChange, Conduct, ConductApi, Extended, ExtensionInput, Given, ScheduleInput};
pub use entity::exam::amendment::AmendmentKind;
pub use entity::exam::attempt::{AttemptState, VoidKind};
pub use entity::exam::exam::{AttemptScoring, ExamKind, ExamStatus, Release, ShowKey};
pub use entity::exam::exemption::{ExemptionKind, ExemptionState};
pub use exemption::{Exemption, ExemptionApi, ExemptionFilter, Exemptions, NewExemption};
pub use monitor::{Act, Counts, MonitorApi, Monitors, Row as MonitorRow, Sight, Standing, UnitCounts};
pub use objection::{NewObjection, Objection, ObjectionApi, ObjectionFilter, ObjectionState, Objections, Waiting};
pub use regrade::{Affected, Effect, ItemView, Regrade, RegradeApi, RegradeInput, Regrades};
pub use ruling::RegradeAction;
pub use yearly::{
    MainExam, StandingAttempt, attempt_facts, family, family_facts, main_of, mains, standing_attempts, still_open,
    years as exam_years,
};
