//! Floor 6: who is asking and what they may do: accounts, grants over subtrees, tokens.
//!
//! It must never know what is asked for: a slice names the roles that it wants and the unit that it concerns.

mod api;
mod caller;
mod dto;
mod model;
mod password;
mod service;
mod store;

pub use api::AuthApi;
pub use caller::{AnyCaller, COOKIE, csrf_token, identify};
pub use dto::RoleDto;
pub use entity::auth::grant::Role;
pub use model::{
    AccountFilter, AccountRow, Caller, Denied, GrantRow, MANAGERS, READERS, Scope, authorise, check_username,
};
pub use password::Passwords;
pub use service::{Auth, AuthError, LogIn, NewAccount, NewGrant};
