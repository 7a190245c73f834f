//! Transactions: all or nothing, again after a passing fault, not again after a lasting one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use entity::org::unit;
use kaofa::db::Fault;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{codes, insert, row};
use crate::harness::Backend;

both_databases! {
    async fn what_fails_leaves_nothing_behind(server: TestServer) {
        let db = &server.services.core.db;
        let (first, same) = (row(&server, "a", None), row(&server, "a", None));
        let tried = Arc::new(AtomicU32::new(0));
        let result = db
            .tx("test.twice", |tx| {
                tried.fetch_add(1, Ordering::SeqCst);
                let (first, same) = (first.clone(), same.clone());
                Box::pin(async move {
                    insert(tx, first).await?;
                    insert(tx, same).await
                })
            })
            .await;
        assert!(matches!(result, Err(Fault::Unique(_))), "{result:?}");
        assert_eq!(tried.load(Ordering::SeqCst), 1, "a lasting fault is not tried again");
        assert!(codes(db).await.is_empty());
    }

    async fn a_passing_fault_is_tried_again(server: TestServer) {
        let db = &server.services.core.db;
        let (one, tried) = (row(&server, "a", None), AtomicU32::new(0));
        let result = db
            .tx("test.busy", |tx| {
                let (one, time) = (one.clone(), tried.fetch_add(1, Ordering::SeqCst));
                Box::pin(async move {
                    insert(tx, one).await?;
                    let busy = Fault::Busy(Arc::new(sea_orm::DbErr::Custom("in the way".to_owned())));
                    if time < 2 { Err(busy) } else { Ok(time) }
                })
            })
            .await;
        assert_eq!(result.unwrap(), 2);
        assert_eq!(codes(db).await, ["a"]);
    }

    async fn a_fault_that_does_not_pass_is_given_up(server: TestServer) {
        let tried = AtomicU32::new(0);
        let result = server.services.core.db
            .tx("test.busy", |_| {
                tried.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Err::<(), _>(Fault::Busy(Arc::new(sea_orm::DbErr::Custom("always".to_owned())))) })
            })
            .await;
        assert!(matches!(result, Err(Fault::Busy(_))));
        assert!((2..20).contains(&tried.load(Ordering::SeqCst)));
    }

    async fn rivals_for_one_row_all_get_their_turn(server: TestServer) {
        let db = &server.services.core.db;
        let one = row(&server, "a", None);
        let id = one.id;
        db.tx("test.insert", |tx| Box::pin(insert(tx, one.clone()))).await.unwrap();
        let rivals = (0..16).map(|_| async {
            db.tx("test.count", |tx| {
                Box::pin(async move {
                    unit::Entity::update_many()
                        .col_expr(unit::Column::Position, Expr::col(unit::Column::Position).add(1))
                        .filter(unit::Column::Id.eq(id))
                        .exec(tx)
                        .await?;
                    Ok::<_, Fault>(())
                })
            })
            .await
        });
        for result in futures_util::future::join_all(rivals).await {
            result.unwrap();
        }
        let row = unit::Entity::find_by_id(id).one(db.read()).await.unwrap().unwrap();
        assert_eq!(row.position, 16);
    }

    async fn a_deadlock_is_untied(server: TestServer) {
        // SQLite has one writer, who cannot stand in his own way.
        if server.backend == Backend::Sqlite {
            return;
        }
        let db = &server.services.core.db;
        let rows = [row(&server, "a", None), row(&server, "b", None)];
        let ids = rows.each_ref().map(|r| r.id);
        for one in &rows {
            db.tx("test.insert", |tx| Box::pin(insert(tx, one.clone()))).await.unwrap();
        }
        let crossing = |first: usize, second: usize| {
            let order = [ids[first], ids[second]];
            async move {
                db.tx("test.cross", |tx| {
                    Box::pin(async move {
                        for id in order {
                            unit::Entity::update_many()
                                .col_expr(unit::Column::Position, Expr::col(unit::Column::Position).add(1))
                                .filter(unit::Column::Id.eq(id))
                                .exec(tx)
                                .await?;
                            tokio::time::sleep(Duration::from_millis(50)).await;
                        }
                        Ok::<_, Fault>(())
                    })
                })
                .await
            }
        };
        let (one, other) = tokio::join!(crossing(0, 1), crossing(1, 0));
        one.unwrap();
        other.unwrap();
        for id in ids {
            assert_eq!(unit::Entity::find_by_id(id).one(db.read()).await.unwrap().unwrap().position, 2);
        }
    }
}
