//! Several instances on one database, and a database that is gone for a while.

use std::time::Duration;

use kaofa::db::Db;
use sea_orm::{ConnectionTrait as _, Database};

use crate::harness::{Backend, Postgres, TestServer, postgres_admin, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_at_once_migrate_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let postgres = Postgres::empty().await;
    let sqlite = format!("sqlite:{}", folder.path().join("kaofa.db").display());
    for url in [postgres.url.clone(), sqlite] {
        let opening: Vec<_> = (0..4)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Db::open(&url).await })
            })
            .collect();
        for opened in opening {
            let db = opened.await.unwrap().unwrap_or_else(|error| panic!("{url}: {error}"));
            assert!(db.is_current().await.unwrap());
            db.close().await.unwrap();
        }
    }
    postgres.remove().await;
}

both_databases! {
    async fn without_its_database_it_is_alive_and_not_ready(server: TestServer) {
        if server.backend == Backend::Sqlite {
            // The file of a database that is in use cannot be taken away; closing it comes to the same.
            server.client().get("/readyz").await.ok();
            return;
        }
        let user = server.user("sec", kaofa::auth::Role::SecurityAdmin, server.root().await).await;
        let name = server.database_url.rsplit('/').next().unwrap().to_owned();
        let admin = Database::connect(postgres_admin()).await.unwrap();
        let run = async |sql: String| { admin.execute_unprepared(&sql).await.unwrap(); };
        run(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
        run(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
        let client = server.client();
        assert_eq!(client.get("/healthz").await.status, 200);
        let answer = client.get("/readyz").await.expect_problem(503, "unavailable");
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(client.get("/metrics").await.status, 200);
        run(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;
        let mut ready = false;
        for _ in 0..50 {
            ready = client.get("/readyz").await.status == 200;
            if ready {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(ready, "it recovers by itself");
        server.as_(&user).get("/api/v1/accounts").await.ok();
        admin.close().await.unwrap();
    }
}

async fn takes_nothing(server: TestServer) {
    let admin = server.user("sec", kaofa::auth::Role::SecurityAdmin, server.root().await).await;
    let client = server.as_(&admin);
    let account =
        |name: &str| serde_json::json!({ "username": name, "display_name": name, "password": "correct horse battery" });
    let name = server.database_url.rsplit('/').next().unwrap().to_owned();
    let postgres = Database::connect(postgres_admin()).await.unwrap();
    let closed = async |closed: &str| {
        for sql in [
            format!("ALTER DATABASE {name} SET default_transaction_read_only = {closed}"),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            postgres.execute_unprepared(&sql).await.unwrap();
        }
    };
    closed("on").await;
    client.post("/api/v1/accounts", &account("li.na")).await.expect_problem(503, "unavailable");
    client.get("/api/v1/accounts").await.ok();
    closed("off").await;
    client.post("/api/v1/accounts", &account("li.na")).await.ok();
    postgres.close().await.unwrap();
}

/// SQLite's like, a full disk, is tried with the real binary in `tests/crash`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_takes_nothing_is_an_outage_and_no_mistake() {
    run(Backend::Postgres, takes_nothing).await;
}
