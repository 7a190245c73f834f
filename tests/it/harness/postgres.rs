//! A PostgreSQL database for each test, made from a template that was migrated once.

use std::sync::atomic::{AtomicU32, Ordering};

use kaofa::db::Db;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;

/// Where the server is; `scripts/test-env.sh` starts one and says so here.
const VARIABLE: &str = "KAOFA_TEST_POSTGRES";

#[allow(dead_code, reason = "the tests of crashes migrate for themselves")]
static NEXT_EMPTY: AtomicU32 = AtomicU32::new(0);

/// A test's own database.
pub(crate) struct Postgres {
    name: String,
    pub(crate) url: String,
}

impl Postgres {
    pub(crate) async fn create() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let template = template().await;
        let name = format!("{}{}", prefix(std::process::id()), NEXT.fetch_add(1, Ordering::Relaxed));
        let server = connect().await;
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        server.close().await.expect("the connection closes");
        Self { url: at(&name), name }
    }

    /// One with nothing in it, not even the schema.
    #[allow(dead_code, reason = "the tests of crashes migrate for themselves")]
    pub(crate) async fn empty() -> Self {
        let name = format!("{}empty{}", prefix(std::process::id()), NEXT_EMPTY.fetch_add(1, Ordering::Relaxed));
        let server = connect().await;
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        server.close().await.expect("the connection closes");
        Self { url: at(&name), name }
    }

    /// A database whose test failed stays, to be looked at, until the next run.
    pub(crate) async fn remove(self) {
        let server = connect().await;
        execute(&server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        server.close().await.expect("the connection closes");
    }
}

async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(async || {
            let name = format!("{}template", prefix(std::process::id()));
            let server = connect().await;
            remove_leftovers(&server).await;
            execute(&server, &format!("CREATE DATABASE {name}")).await;
            server.close().await.expect("the connection closes");
            let db = Db::open(&at(&name)).await.expect("the migrations run");
            db.close().await.expect("the template closes");
            name
        })
        .await
}

/// Removes what runs that have ended left behind.
async fn remove_leftovers(server: &DatabaseConnection) {
    let sql = "SELECT datname FROM pg_database WHERE datname LIKE 'kaofa\\_test\\_%'";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
    for row in server.query_all_raw(statement).await.expect("the list of databases") {
        let name: String = row.try_get_by_index(0).unwrap();
        let process = name.split('_').nth(2).and_then(|p| p.parse::<u32>().ok());
        if process.is_some_and(|p| !std::path::Path::new(&format!("/proc/{p}")).exists()) {
            execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

fn prefix(process: u32) -> String {
    format!("kaofa_test_{process}_")
}

/// The address of the server's own database, for what only its administrator may do.
#[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
pub(crate) fn base() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("{VARIABLE} is not set: run `make test`, which starts a PostgreSQL server, or give the address of one")
    })
}

/// The address of a database on that server.
fn at(name: &str) -> String {
    let base = base();
    let (server, _) = base.rsplit_once('/').expect("an address such as postgres://postgres@127.0.0.1:5432/postgres");
    format!("{server}/{name}")
}

async fn connect() -> DatabaseConnection {
    let mut options = ConnectOptions::new(base());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap_or_else(|error| panic!("{VARIABLE}: no server answers: {error}"))
}

async fn execute(server: &DatabaseConnection, sql: &str) {
    server.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}
