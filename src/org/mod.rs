//! Floor 7: units, the people on their rosters, and the one way in which a roster is frozen.
//!
//! It must never know what a roster is for: programmes, sessions and exams ask for theirs.

mod api;
mod audience;
mod categories;
mod dto;
mod import;
mod model;
mod national_id;
mod phone;
mod proposal;
mod sealing;
mod service;
mod standing;
mod store;

pub use api::{OrgApi, OrgFilesApi};
pub use audience::{Audience, RosterMember, close_roster, freeze, freeze_members, preview, watch_roster};
pub(crate) use dto::ImportReportDto;
pub use dto::{
    AudienceDto, CategoryDto, DepartureRequest, PersonPatch, PersonRequest, TransferRequest, UnitPatch, UnitRequest,
};
pub use entity::org::departure::DepartureKind;
pub use entity::org::person::Category;
pub use entity::org::posting::PostingKind;
pub use entity::org::roster_change::{ChangeKind, ChangeSource, ChangeState};
pub use entity::org::unit::UnitKind;
pub use import::marked::words as mistake_words;
pub use import::report::{Ambiguous, Choice, ImportReport, Line, Lines};
pub use model::{
    Change, ChangeFilter, Departure, History, NewPerson, NewUnit, PeopleFilter, Person, PersonChange, Transfer, Unit,
    UnitChange,
};
pub use national_id::{NationalId, NationalIdError};
pub use phone::{Phone, PhoneError};
pub use service::{
    AmendError, Former, ImportFile, KnownPerson, Org, OrgError, amend_roster, category_of, enter_former, known_people,
    taken_numbers, tight_name,
};
pub use standing::Posting;
pub use store::{
    amendments, due_amendments, effect_amendments, everybody_on, left, newest_amendments, on_roster, on_rosters,
    people_on, roster, roster_count, roster_names, roster_page, roster_people, roster_size, rosters_of,
};
