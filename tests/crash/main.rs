//! What the program is worth when things break: the real binary under load, killed, starved, cut off from its database,
//! several of it at once. The clients' record of what was acknowledged lies outside of it, in this process.
//!
//! `make test` runs it short, `make soak` long.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod check;
mod client;
mod ground;
mod liar;
mod load;
#[path = "../it/harness/postgres.rs"]
#[allow(dead_code, reason = "what the tests over HTTP need is not all needed here")]
mod postgres;
mod record;

mod disk;
mod instances;
mod kill;
mod outage;
mod races;

/// Writes each test once and runs it on both databases, as `name::sqlite` and `name::postgres`.
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($plan:expr, $ground:ident: Ground) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            async fn body($ground: $crate::ground::Ground) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                body($crate::ground::Ground::sqlite(&$plan).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::ground::on_postgres(&$plan, body).await;
            }
        }
    )+ };
}
pub(crate) use both_databases;

/// How much longer a soak goes on: `KAOFA_SOAK` is set by `make soak`.
#[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
pub(crate) fn rounds(short: usize, long: usize) -> usize {
    if std::env::var_os("KAOFA_SOAK").is_some() { long } else { short }
}
