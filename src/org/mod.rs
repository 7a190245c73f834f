//! Floor 7: units, the people on their rosters, and the one way in which a roster is frozen.
//!
//! It must never know what a roster is for: programmes, sessions and exams ask for theirs.

mod api;
mod audience;
mod dto;
mod model;
mod service;
mod store;

pub use api::OrgApi;
pub use audience::{Audience, RosterMember, freeze, freeze_members, preview};
pub use dto::{AudienceDto, CategoryDto, PersonRequest, UnitRequest};
pub use entity::org::person::Category;
pub use entity::org::unit::UnitKind;
pub use model::{NewPerson, NewUnit, PeopleFilter, Person, Unit};
pub use service::{Org, OrgError};
pub use store::{everybody_on, on_rosters, people_on, roster, roster_names, roster_page, roster_size, rosters_of};
