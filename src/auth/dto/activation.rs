//! One-time codes.

use entity::id::UnitId;
use poem_openapi::Object;

use crate::auth::model::Slip;
use crate::auth::service::Handout;
use crate::kernel::field::{Fields, Invalid};

/// How many days a unit's codes are good unless something else is said.
const DAYS: i32 = 14;

/// A one-time code and the password that its owner chose.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::auth) struct ActivateRequest {
    /// The user name on the slip.
    pub username: String,
    /// The code on the slip; small letters, blanks and hyphens make no difference.
    pub code: String,
    /// At least 10 characters, without user name, name or number, and not a common one.
    pub new_password: String,
}

/// For whom codes are wanted.
#[derive(Debug, Default, Object)]
#[oai(deny_unknown_fields)]
pub(in crate::auth) struct HandoutRequest {
    /// The units below it too.
    #[oai(default)]
    subtree: bool,
    /// New codes also for those whose account waits for its owner; their old codes end.
    #[oai(default)]
    renew: bool,
    /// How many days the codes are good, 1–30; 14 if null.
    valid_days: Option<i32>,
}

impl HandoutRequest {
    pub(in crate::auth) fn of(self, unit: UnitId) -> Result<Handout, Invalid> {
        let mut fields = Fields::new();
        let days = fields.within("valid_days", self.valid_days.unwrap_or(DAYS), 1, 30);
        let days = u8::try_from(days).ok();
        fields.finish(days.map(|days| Handout { unit, subtree: self.subtree, renew: self.renew, days }))
    }
}

/// Somebody's one-time code. It is told this once.
#[derive(Debug, Object)]
#[oai(rename = "Slip")]
pub(in crate::auth) struct SlipDto {
    /// Whose it is; null for an account of nobody on a roster.
    person_id: Option<String>,
    /// Their number.
    staff_no: String,
    /// Their name.
    name: String,
    /// Their unit.
    unit_name: String,
    /// What they log in with.
    username: String,
    /// The code.
    code: String,
    /// It is good until this moment.
    expires_at: String,
    /// The account was made for it.
    is_new: bool,
}

impl From<Slip> for SlipDto {
    fn from(slip: Slip) -> Self {
        Self {
            person_id: slip.person_id.map(|id| id.to_string()),
            staff_no: slip.staff_no,
            name: slip.name,
            unit_name: slip.unit_name,
            username: slip.username,
            code: slip.code,
            expires_at: slip.expires_at.to_string(),
            is_new: slip.is_new,
        }
    }
}

/// The codes that were handed out, unit by unit. Not paged: they are told this once.
#[derive(Debug, Object)]
pub(in crate::auth) struct SlipList {
    /// A line for each code.
    items: Vec<SlipDto>,
    /// How many accounts were made.
    created: usize,
    /// How many accounts that were there got a new code.
    renewed: usize,
}

impl From<Vec<Slip>> for SlipList {
    fn from(slips: Vec<Slip>) -> Self {
        let created = slips.iter().filter(|slip| slip.is_new).count();
        let renewed = slips.len() - created;
        Self { items: slips.into_iter().map(SlipDto::from).collect(), created, renewed }
    }
}
