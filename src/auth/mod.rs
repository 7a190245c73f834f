//! Floor 6: who is asking and what they may do: accounts, grants over subtrees, tokens.
//!
//! It must never know what is asked for: a slice names the roles that it wants and the unit that it concerns.

mod api;
mod caller;
mod choice;
mod code;
mod dto;
mod model;
mod password;
mod refusal;
mod service;
mod slips;
mod store;
mod throttle;
mod turns;

pub use api::AuthApi;
pub use caller::{AnyCaller, COOKIE, csrf_token, identify};
pub use dto::RoleDto;
pub use entity::auth::grant::Role;
pub use model::{
    AccountChange, AccountCounts, AccountDetails, AccountFilter, AccountRow, AccountStatus, Caller, Denied, GrantRow,
    MANAGERS, READERS, Scope, Slip, Standing, Vigil, authorise, check_username, meant_unit,
};
pub use password::Passwords;
pub use refusal::{Seen, note_refusals};
pub use service::{Auth, AuthError, Handout, LogIn, NewAccount, NewGrant};
pub use store::account_names;
