//! Both databases' faults have the same names here.

use std::time::Duration;

use entity::auth::account;
use kaofa::db::{Db, Fault};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait};

use super::{codes, insert, row};
use crate::harness::Backend;

both_databases! {
    async fn a_unique_constraint_names_its_column(server: TestServer) {
        let db = &server.services.core.db;
        let (one, same) = (row(&server, "a", None), row(&server, "a", None));
        db.tx("test.insert", |tx| Box::pin(insert(tx, one.clone()))).await.unwrap();
        let fault = db.tx("test.insert", |tx| Box::pin(insert(tx, same.clone()))).await.unwrap_err();
        assert!(fault.breaks_unique("units", "code"), "{fault:?}");
        assert!(!fault.breaks_unique("units", "name") && !fault.breaks_unique("accounts", "username"), "{fault:?}");
        let twice = db.tx("test.insert", |tx| Box::pin(insert(tx, one.clone()))).await.unwrap_err();
        assert!(matches!(twice, Fault::Unique(_)), "{twice:?}");
        assert!(!twice.is_transient() && !twice.is_outage());
    }

    async fn a_broken_reference_is_one(server: TestServer) {
        let db = &server.services.core.db;
        let orphan = row(&server, "a", Some(server.services.core.id()));
        let fault = db.tx("test.insert", |tx| Box::pin(insert(tx, orphan.clone()))).await.unwrap_err();
        assert!(matches!(fault, Fault::Reference(_)), "{fault:?}");
    }

    async fn a_check_is_a_mistake_of_ours(server: TestServer) {
        let result = server.services.core.db.tx("test.check", |tx| {
            Box::pin(async move {
                tx.execute_unprepared(
                    "INSERT INTO units (id, code, name, kind, position, active_from, version) \
                     VALUES ('x', 'x', 'x', 'castle', 0, '2026-01-01', 1)",
                )
                .await?;
                Ok::<_, Fault>(())
            })
        });
        let fault = result.await.unwrap_err();
        assert!(matches!(fault, Fault::Other(_)), "{fault:?}");
    }

    async fn a_held_lock_is_busy_and_passes(server: TestServer) {
        let db = &server.services.core.db;
        let one = row(&server, "a", None);
        db.tx("test.insert", |tx| Box::pin(insert(tx, one.clone()))).await.unwrap();
        // A stranger holds what a transaction with little patience wants.
        let (hold, want) = match server.backend {
            Backend::Sqlite => ("BEGIN IMMEDIATE", "PRAGMA busy_timeout = 20; BEGIN IMMEDIATE"),
            Backend::Postgres => ("BEGIN; LOCK TABLE units", "BEGIN; SET LOCAL lock_timeout = 20; LOCK TABLE units"),
        };
        let (holder, other) = (stranger(&server.database_url).await, stranger(&server.database_url).await);
        holder.execute_unprepared(hold).await.unwrap();
        let fault: Fault = other.execute_unprepared(want).await.unwrap_err().into();
        assert!(matches!(fault, Fault::Busy(_)), "{fault:?}");
        assert!(fault.is_transient() && fault.is_outage());
        other.execute_unprepared("ROLLBACK").await.ok();
        // Our own doors wait for it.
        let late = row(&server, "b", None);
        let writing = db.tx("test.insert", |tx| Box::pin(insert(tx, late.clone())));
        let releasing = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            holder.execute_unprepared("ROLLBACK").await.unwrap();
        };
        let (written, ()) = tokio::join!(writing, releasing);
        written.unwrap();
    }

    async fn a_database_that_is_gone_is_unreachable(server: TestServer) {
        let db = Db::open(&server.database_url).await.unwrap();
        db.clone().close().await.unwrap();
        let fault: Fault = account::Entity::find().one(db.read()).await.unwrap_err().into();
        assert!(matches!(fault, Fault::Unreachable(_)), "{fault:?}");
        assert!(fault.is_outage() && !fault.is_transient());
    }

    async fn many_rows_go_in_whatever_the_limit_of_binds(server: TestServer) {
        let db = &server.services.core.db;
        let rows: Vec<_> = (0..9_000).map(|n| row(&server, &n.to_string(), None)).collect();
        let insert_all = |ignore: bool| {
            let rows = &rows;
            db.tx("test.bulk", move |tx| {
                let rows = rows.iter().cloned().map(sea_orm::IntoActiveModel::into_active_model).collect();
                Box::pin(kaofa::db::insert_all::<entity::org::unit::ActiveModel>(tx, rows, ignore))
            })
        };
        insert_all(false).await.unwrap();
        assert_eq!(codes(db).await.len(), 9_000);
        assert!(matches!(insert_all(false).await, Err(Fault::Unique(_))));
        insert_all(true).await.unwrap();
    }
}

/// Somebody else's connection: a pool of one, so that what is said in pieces is said on one connection.
async fn stranger(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}
