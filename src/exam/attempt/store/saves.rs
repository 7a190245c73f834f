//! Queries over saves.

use std::collections::HashMap;

use entity::exam::save;
use entity::id::AttemptId;
use entity::instant::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::super::ledger::{Kept, Ledger, Save};
use super::{CHUNK, FIRST, SECOND, SaveRow, values};
use crate::db::{Fault, insert_all};
use crate::kernel::page::{Page, PageRequest};

/// All saves of these attempts.
pub(in super::super) async fn ledgers(
    conn: &impl ConnectionTrait,
    ids: &[AttemptId],
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<(AttemptId, String)> = save::Entity::find()
            .select_only()
            .column(save::Column::AttemptId)
            .expr_as(Expr::cust(LINES), "lines")
            .filter(save::Column::AttemptId.is_in(ids.iter().copied()))
            .group_by(save::Column::AttemptId)
            .into_tuple()
            .all(conn)
            .await?;
        for (id, lines) in rows {
            let ledger = into.entry(id).or_default();
            for line in lines.split('\n') {
                let (position, seq, kept) = parse(line).ok_or_else(|| unreadable(id, line))?;
                ledger.note(position, seq, kept);
            }
        }
    }
    Ok(())
}

/// All saves of an attempt in one row, a line each: a paper handed in has a hundred of them, and a row of its own for each
/// would cost several times what reading them does. No response holds a line break. Both databases take it.
const LINES: &str = r#"string_agg(CAST("position" AS text) || ' ' || CAST("seq" AS text) || ' ' || CAST("at" AS text) || ' ' || "response", '
')"#;

fn parse(line: &str) -> Option<(i32, i32, Kept)> {
    let mut parts = line.splitn(4, ' ');
    let (position, seq, at) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((position, seq, Kept { response: parts.next()?.to_owned(), at: Instant(at) }))
}

fn unreadable(id: AttemptId, line: &str) -> Fault {
    DbErr::Type(format!("a save of the attempt {id}: {line}")).into()
}

/// The saves at these positions of these attempts.
pub(in super::super) async fn ledgers_at(
    conn: &impl ConnectionTrait,
    places: &[(AttemptId, i32)],
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    for places in places.chunks(CHUNK) {
        let list = places.iter().map(|(id, position)| vec![(*id).into(), (*position).into()]);
        let mut query = save::Entity::find();
        // Joined rather than looked up with IN: so SQLite too uses both columns of the key.
        QuerySelect::query(&mut query).inner_join(
            values(list),
            Condition::all()
                .add(Expr::col((save::Entity, save::Column::AttemptId)).equals(FIRST))
                .add(Expr::col((save::Entity, save::Column::Position)).equals(SECOND)),
        );
        read(conn, query, into).await?;
    }
    Ok(())
}

async fn read(
    conn: &impl ConnectionTrait,
    query: Select<save::Entity>,
    into: &mut HashMap<AttemptId, Ledger>,
) -> Result<(), Fault> {
    let rows: Vec<(AttemptId, i32, i32, String, Instant)> = query.into_tuple().all(conn).await?;
    for (id, position, seq, response, at) in rows {
        into.entry(id).or_default().note(position, seq, Kept { response, at });
    }
    Ok(())
}

/// All saves of one attempt.
pub(in super::super) async fn ledger(conn: &impl ConnectionTrait, id: AttemptId) -> Result<Ledger, Fault> {
    let mut ledgers = HashMap::new();
    self::ledgers(conn, &[id], &mut ledgers).await?;
    Ok(ledgers.remove(&id).unwrap_or_default())
}

/// The saves of an attempt in the order of their arrival, of one moment by position and number.
pub(in super::super) async fn history(
    conn: &impl ConnectionTrait,
    id: AttemptId,
    after: Option<(Instant, i32, i32)>,
    page: &PageRequest,
) -> Result<Page<SaveRow>, Fault> {
    use save::Column::{At, AttemptId, Position, Seq};
    let mut query = save::Entity::find()
        .filter(AttemptId.eq(id))
        .order_by_asc(At)
        .order_by_asc(Position)
        .order_by_asc(Seq)
        .limit(page.limit + 1);
    if let Some((at, position, seq)) = after {
        let later = Condition::any()
            .add(Position.gt(position))
            .add(Condition::all().add(Position.eq(position)).add(Seq.gt(seq)));
        query = query.filter(Condition::any().add(At.gt(at)).add(Condition::all().add(At.eq(at)).add(later)));
    }
    let rows = query.all(conn).await?;
    let rows = rows.into_iter().map(|s| SaveRow { position: s.position, seq: s.seq, response: s.response, at: s.at });
    Ok(Page::cut(rows.collect(), page, |s| format!("{}.{}.{}", s.at.0, s.position, s.seq)))
}

/// Writes saves, none of which is there yet.
pub(in super::super) async fn insert_saves(
    conn: &impl ConnectionTrait,
    saves: Vec<(AttemptId, &Save, Instant)>,
) -> Result<(), Fault> {
    let model = |(id, save, at): (AttemptId, &Save, Instant)| save::ActiveModel {
        attempt_id: Set(id),
        position: Set(save.position),
        seq: Set(save.seq),
        response: Set(save.response.clone()),
        at: Set(at),
    };
    insert_all(conn, saves.into_iter().map(model).collect(), false).await
}
