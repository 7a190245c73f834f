//! An exam from its blueprint over the seal to the release of its results.
//!
//! A draft may be changed and deleted; sealing freezes its roster, its pool and its blueprint, publishes the manifest and
//! the commitment to a secret, and states what everybody on the roster owes. From then on time alone moves it: a worker
//! opens it, closes it when nobody can be sitting any more, and releases its results. It must never look into a paper.

mod api;
mod dto;
mod input;
mod manifest;
mod model;
mod service;
mod state;
mod store;

pub use api::ExamsApi;
pub(super) use api::tagged;
pub(super) use dto::{CandidateDto, ExamDto, ExamStatusDto};
pub(super) use input::check_times;
pub use input::{BalanceInput, BlueprintInput, OBJECTION_DAYS, SectionInput};
pub use model::{
    Beacon, Blueprint, Candidate, Copied, Difficulties, Exam, ExamBrief, ExamFilter, ExamResults, ExamSummary,
    Feasibility, Overlap, OwnExam, OwnResult, Resealing, ResultRow, ResultsSummary, SamplePaper, SealReceipt,
    SealedManifest, SectionPlan, SectionRoom,
};
pub(super) use service::end;
pub use service::{Candidacy, DrawVerdict, ExamError, Exams};
pub use state::Times;
pub(super) use state::status_at;
pub(super) use store::{hold, key_seers, opening, times};
