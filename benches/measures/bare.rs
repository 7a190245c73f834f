//! What the same machine gives without Kaofa's work: requests that ask for nothing, and commits of one row each. The
//! rates of the table are to be held against these, from the same run.

use std::time::{Duration, Instant};

use rig::request;
use sea_orm::{ConnectOptions, ConnectionTrait, Database as Sea, DatabaseConnection};

use super::{CONNECTIONS, Measure};
use crate::Database;
use crate::press::{Script, for_a_while};
use crate::report::{Row, per_second, thousands};
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "bare", sitting: None, run: |stage| Box::pin(rows(stage)) };

/// How many clients commit side by side.
const COMMITTERS: u32 = 16;

/// Both.
async fn rows(stage: &Stage) -> Vec<Row> {
    let ask = || Nothing(request("GET", "/healthz", "", ""));
    let nothing = for_a_while(stage, (0..CONNECTIONS).map(|_| ask()).collect()).await;
    let nothing = Row::of("request that asks for nothing (`GET /healthz`), 256 connections", &nothing, None);
    vec![nothing, commits(stage).await]
}

struct Nothing(Vec<u8>);

impl Script for Nothing {
    fn next(&mut self) -> Option<&[u8]> {
        Some(&self.0)
    }

    fn answered(&mut self, status: u16, _: &[u8]) -> bool {
        status == 200
    }
}

/// A row a transaction, as a program without group commit writes its saves: one after the other on SQLite, which has one
/// writer, side by side on PostgreSQL.
async fn commits(stage: &Stage) -> Row {
    let (url, clients, what) = match stage.database {
        Database::Sqlite => {
            (format!("sqlite:{}?mode=rwc", stage.file("bare.db").display()), 1, "one after the other".to_owned())
        }
        Database::Postgres => {
            let cluster = stage.cluster.as_ref().expect("it runs");
            (cluster.create("bare", None), COMMITTERS, format!("{COMMITTERS} side by side"))
        }
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(clients).sqlx_logging(false).map_sqlx_sqlite_opts(|options| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
    });
    let db = Sea::connect(options).await.unwrap();
    let table = "CREATE TABLE bare (attempt text, position int, seq int, response text, at bigint, \
                 PRIMARY KEY (attempt, position, seq))";
    db.execute_unprepared(table).await.unwrap();
    let begun = Instant::now();
    let until = begun + Duration::from_secs(3);
    let committing = futures_util::future::join_all((0..clients).map(|client| commit(&db, client, until)));
    let done = committing.await.into_iter().sum();
    let rate = per_second(done, begun.elapsed());
    Row {
        what: format!("commit of one row, {what}, without Kaofa"),
        figure: format!("{}/s", thousands(rate)),
        ..Row::default()
    }
}

async fn commit(db: &DatabaseConnection, client: u32, until: Instant) -> u64 {
    let mut done = 0;
    while Instant::now() < until {
        let insert = format!("INSERT INTO bare VALUES ('{client}', 1, {done}, 'x1', 0)");
        db.execute_unprepared(&insert).await.unwrap();
        done += 1;
    }
    done
}
