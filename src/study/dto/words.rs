//! The words of study on the wire: those of the entities, declared for the specification.

use entity::study::attendance::{AttendanceMethod, AttendanceStatus};
use entity::study::leave_request::LeaveState;
use entity::study::programme::ProgrammeStatus;
use entity::study::requirement::Per;
use entity::study::session::{SessionKind, SessionStatus};
use poem_openapi::Enum;

macro_rules! words {
    ($($(#[$meta:meta])* $dto:ident = $name:literal of $entity:ident { $($word:ident),+ $(,)? })+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[oai(rename = $name, rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the words are those of the entity")]
        pub enum $dto { $($word),+ }

        impl From<$entity> for $dto {
            fn from(word: $entity) -> Self {
                match word { $($entity::$word => Self::$word),+ }
            }
        }

        impl From<$dto> for $entity {
            fn from(word: $dto) -> Self {
                match word { $($dto::$word => Self::$word),+ }
            }
        }
    )+ };
}

words! {
    /// What kind of meeting a session is.
    SessionKindDto = "SessionKind" of SessionKind {
        CollectiveStudy, Seminar, CourtHearing, ReviewHearing, DutyReport, Outreach, Training, External,
    }
    /// How far a session has come.
    SessionStatusDto = "SessionStatus" of SessionStatus { Draft, Published, Running, Closed, Cancelled }
    /// How far a programme has come.
    ProgrammeStatusDto = "ProgrammeStatus" of ProgrammeStatus { Draft, Published, Closed }
    /// How somebody attended.
    AttendanceStatusDto = "AttendanceStatus" of AttendanceStatus {
        Pending, Present, Late, LeftEarly, OnLeave, Absent, MadeUp, Delegated,
    }
    /// How far a wish for leave has come.
    LeaveStateDto = "LeaveState" of LeaveState { Pending, Approved, Refused }
    /// Who owes a requirement.
    PerDto = "Per" of Per { Person, Unit }
    /// How attendance was recorded.
    AttendanceMethodDto = "AttendanceMethod" of AttendanceMethod { Code, Qr, RollCall, Import, Leave, Correction }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem_openapi::types::ToJSON;

    #[test]
    fn the_wire_says_what_the_tables_say() {
        for kind in SessionKind::ALL {
            assert_eq!(SessionKindDto::from(*kind).to_json_string(), format!("\"{kind}\""));
        }
        for status in AttendanceStatus::ALL {
            assert_eq!(AttendanceStatusDto::from(*status).to_json_string(), format!("\"{status}\""));
        }
        for method in AttendanceMethod::ALL {
            assert_eq!(AttendanceMethodDto::from(*method).to_json_string(), format!("\"{method}\""));
        }
        for status in SessionStatus::ALL {
            assert_eq!(SessionStatusDto::from(*status).to_json_string(), format!("\"{status}\""));
        }
        for state in LeaveState::ALL {
            assert_eq!(LeaveStateDto::from(*state).to_json_string(), format!("\"{state}\""));
        }
        for per in Per::ALL {
            assert_eq!(PerDto::from(*per).to_json_string(), format!("\"{per}\""));
        }
        for status in ProgrammeStatus::ALL {
            assert_eq!(ProgrammeStatusDto::from(*status).to_json_string(), format!("\"{status}\""));
        }
    }
}
