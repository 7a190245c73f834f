//! What every test stands on: a server of its own, on a database of its own, and a client.

mod client;
mod dice;
mod postgres;
mod server;
mod sqlite;

#[allow(unused_imports, reason = "for signatures of helpers in tests")]
pub(crate) use client::{Answer, Client};
#[allow(unused_imports, reason = "for random stories")]
pub(crate) use dice::Dice;
#[allow(unused_imports, reason = "for tests of the database itself")]
pub(crate) use postgres::{Postgres, base as postgres_admin};
#[allow(unused_imports, reason = "for signatures of helpers in tests")]
pub(crate) use server::{Backend, PASSWORD, TestServer, User, candidate, run};

/// Writes each test once and runs it on both databases, as `name::sqlite` and `name::postgres`:
///
/// ```ignore
/// both_databases! {
///     async fn nobody_is_nobody(server: TestServer) {
///         server.client().get("/api/v1/auth/me").await.expect_problem(401, "unauthenticated");
///     }
/// }
/// ```
macro_rules! both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident: TestServer) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$meta])*
            #[allow(clippy::too_many_lines, reason = "a scene is played in one go")]
            async fn body($server: $crate::harness::TestServer) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::harness::run($crate::harness::Backend::Sqlite, body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::harness::run($crate::harness::Backend::Postgres, body).await;
            }
        }
    )+ };
}
