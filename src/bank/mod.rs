//! Floor 9: banks and their questions, from the first draft to the pool of an exam.
//!
//! A question is a list of versions, none of which ever changes; the newest counts. It goes from draft over submitted
//! to approved, and may be retired from anywhere; where its bank asks for no review, submitting approves it. A new
//! version makes it a draft again: until that is approved, no new exam draws it, while exams sealed before keep the
//! version that they were sealed with. A key is shown to coordinators of the bank's unit or above and in no list.
//!
//! It must never know who is a candidate of what: exams come and take from here.

mod api;
mod content;
mod draft;
mod dto;
mod edition;
mod import;
mod model;
mod search;
mod service;
mod state;
mod store;

pub use api::{BankApi, ManyQuestionsApi};
pub use content::{Answer, Choice, Content, Difficulty, Kind, Salt};
pub use draft::{NewOption, NewQuestion, QuestionInput};
pub use dto::{BankRequest, DifficultyDto, KindDto};
pub use entity::bank::key_view::SeenHow;
pub use entity::bank::question::QuestionStatus;
pub use import::{Defaults, Found, ImportFault, QuestionImport, Reading, read_text};
pub use model::{
    BankChanges, BankFilter, BankRow, Citation, KeySeen, LawChange, LawCount, NearDuplicates, NewBank, Outdated,
    QuestionCounts, QuestionFilter, QuestionState, QuestionSummary, QuestionVersion, QuestionView, StockItem,
    TopicCount,
};
pub use service::{Bank, BankError, ImportSource, KeyGuard, QuestionFile};
pub use state::Act;
