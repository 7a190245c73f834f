//! Accounts, what they may do, and the tokens that they are using.

pub mod account;
pub mod activation;
pub mod grant;
pub mod token;
pub mod tries;
pub mod turn;
