//! Transfers and departures, and what happens by itself when their day comes.

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::departure::DepartureKind;
use entity::org::posting::PostingKind;
use entity::org::roster_change::ChangeSource;
use entity::org::{departure, posting, unit};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::changes::propose;
use super::{AmendError, KEEPERS, Org};
use crate::auth::Caller;
use crate::core::Core;
use crate::kernel::field::{FieldCode, Invalid};
use crate::log::{self, Actor, Entry};
use crate::org::model::{Departure, Person, Transfer};
use crate::org::proposal::Moved;
use crate::org::standing::{MoveError, Posting, after, move_to, standing};
use crate::org::store;

impl From<&posting::Model> for Posting {
    fn from(row: &posting::Model) -> Self {
        Self { unit_id: row.unit_id, from_on: row.from_on, to_on: row.to_on, kind: row.kind }
    }
}

fn refused(field: &str, error: MoveError) -> AmendError {
    match error {
        MoveError::Before(day) => {
            let mut fields = crate::kernel::field::Fields::new();
            fields.reject_with(field, FieldCode::NotAfter, day);
            fields.check().expect_err("it was just rejected").into()
        }
        MoveError::SameUnit => Invalid::one("unit_id", FieldCode::Duplicate).into(),
        MoveError::Gone => AmendError::WrongState,
    }
}

/// Somebody's move, ready to be written.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) person: PersonId,
    pub(super) to: Option<(UnitId, PostingKind)>,
    pub(super) on: Day,
    pub(super) source: ChangeSource,
    pub(super) reason: String,
    /// What the log calls it, and what it says besides.
    pub(super) action: &'static str,
    pub(super) data: Value,
}

impl Move {
    /// Writes it, with the proposals that follow from it and its line of the log.
    pub(super) async fn carry_out(
        &self,
        tx: &impl ConnectionTrait,
        core: &Core,
        actor: &Actor,
    ) -> Result<(), AmendError> {
        let row = store::person(tx, self.person).await?.ok_or(AmendError::WrongState)?;
        let rows = store::postings(tx, &[self.person]).await?.remove(&self.person).unwrap_or_default();
        let before: Vec<Posting> = rows.iter().map(Posting::from).collect();
        let written = move_to(&before, self.to, self.on).map_err(|error| refused("effective_on", error))?;
        let reason_of = |posting: &Posting| match rows.iter().find(|row| row.from_on == posting.from_on) {
            Some(row) if row.unit_id == posting.unit_id => row.reason.clone(),
            _ => self.reason.clone(),
        };
        let rows = written.iter().map(|posting| posting::Model {
            person_id: self.person,
            from_on: posting.from_on,
            unit_id: posting.unit_id,
            to_on: posting.to_on,
            kind: posting.kind,
            reason: reason_of(posting),
        });
        store::put_postings(tx, rows.collect()).await?;
        let (unit, departed_on) = standing(&after(&before, &written), core.today()).ok_or(AmendError::WrongState)?;
        let shown = store::Standing { person: self.person, version: row.version, unit, departed_on };
        if !store::set_standing(tx, shown).await? {
            return Err(AmendError::Stale);
        }
        let held = store::categories_of(tx, &[self.person], self.on.max(core.today())).await?;
        let moved = Moved {
            person: self.person,
            on: self.on,
            unit: self.to.map(|(unit, _)| unit),
            categories: held.into_iter().map(|row| row.category).collect(),
            source: self.source,
            reason: self.reason.clone(),
        };
        propose(tx, core, vec![moved]).await?;
        let entry = Entry {
            id: core.uuid(),
            at: core.now(),
            actor: actor.clone(),
            action: self.action,
            subject: format!("person:{}", self.person),
            unit: Some(row.unit_id),
            data: self.data.clone(),
            outcome: entity::log::Outcome::Done,
        };
        Ok(log::append(tx, entry).await?)
    }
}

impl Org {
    /// Moves somebody to another unit from a day on, or takes back somebody who had left. By a coordinator of both units.
    pub async fn transfer(&self, caller: &Caller, id: PersonId, transfer: Transfer) -> Result<Person, AmendError> {
        let row = self.kept(caller, id).await?;
        let Transfer { unit_id, effective_on, reason } = transfer;
        self.check_target(caller, "unit_id", unit_id, effective_on).await?;
        let data = json!({ "from": row.unit_id, "to": unit_id, "on": effective_on.to_string(), "reason": reason });
        let step = Move {
            person: id,
            to: Some((unit_id, PostingKind::Member)),
            on: effective_on,
            source: ChangeSource::Transfer,
            reason,
            action: "org.transfer",
            data,
        };
        self.carry_out(caller, vec![step], None).await?;
        self.details_of(id).await
    }

    /// Notes that somebody leaves from a day on. Who is lent elsewhere counts at their own unit, at the one that they are
    /// lent to, or nowhere. By a coordinator of their unit.
    pub async fn depart(&self, caller: &Caller, id: PersonId, leaving: Departure) -> Result<Person, AmendError> {
        let row = self.kept(caller, id).await?;
        let Departure { kind, effective_on, counted_unit_id, reason } = leaving;
        if kind != DepartureKind::Seconded && counted_unit_id.is_some() {
            return Err(Invalid::one("counted_unit_id", FieldCode::Conflict).into());
        }
        let stays = counted_unit_id == Some(row.unit_id);
        if let Some(unit) = counted_unit_id.filter(|_| !stays) {
            self.check_target(caller, "counted_unit_id", unit, effective_on).await?;
        }
        let data = json!({
            "kind": kind, "on": effective_on.to_string(), "unit": row.unit_id, "counted": counted_unit_id,
            "reason": reason,
        });
        let note = departure::Model {
            id: self.core.id(),
            person_id: id,
            unit_id: row.unit_id,
            kind,
            effective_on,
            counted_unit_id,
            reason: reason.clone(),
            recorded_at: self.core.now(),
        };
        if stays {
            if effective_on < row.joined_on || row.departed_on.is_some() {
                return Err(refused("effective_on", MoveError::Before(row.departed_on.unwrap_or(row.joined_on))));
            }
            self.note_secondment(caller, note, data).await?;
        } else {
            let to = counted_unit_id.map(|unit| (unit, PostingKind::Seconded));
            let (on, source, action) = (effective_on, ChangeSource::Departure, "org.depart");
            let step = Move { person: id, to, on, source, reason, action, data };
            self.carry_out(caller, vec![step], Some(note)).await?;
        }
        self.details_of(id).await
    }

    async fn note_secondment(&self, caller: &Caller, note: departure::Model, data: Value) -> Result<(), AmendError> {
        let subject = format!("person:{}", note.person_id);
        let entry = self.entry(caller.actor(), "org.depart", subject, Some(note.unit_id), data);
        self.core
            .db
            .tx("org.depart", |tx| {
                let (note, entry) = (note.clone(), entry.clone());
                Box::pin(async move {
                    store::insert_departure(tx, note).await?;
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    async fn carry_out(
        &self,
        caller: &Caller,
        steps: Vec<Move>,
        note: Option<departure::Model>,
    ) -> Result<(), AmendError> {
        let actor = caller.actor();
        self.core
            .db
            .tx("org.move", |tx| {
                let (core, actor, steps, note) = (self.core.clone(), actor.clone(), steps.clone(), note.clone());
                Box::pin(async move {
                    for step in steps {
                        step.carry_out(tx, &core, &actor).await?;
                    }
                    if let Some(note) = note {
                        store::insert_departure(tx, note).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Ok if that unit takes people on that day and lies within the caller's reach.
    async fn check_target(&self, caller: &Caller, field: &str, unit: UnitId, on: Day) -> Result<(), AmendError> {
        let scope = caller.scope(KEEPERS, self.core.now())?;
        let takes = store::holders(self.core.db.read(), &[unit], &scope.0, on.max(self.core.today())).await?;
        if takes.is_empty() { Err(Invalid::one(field, FieldCode::UnknownReference).into()) } else { Ok(()) }
    }

    /// Somebody whom the caller just moved, wherever they are now.
    async fn details_of(&self, id: PersonId) -> Result<Person, AmendError> {
        let conn = self.core.db.read();
        let row = store::person(conn, id).await?.ok_or(crate::auth::Denied::NotFound)?;
        Ok(self.with_details(conn, vec![row]).await?.pop().ok_or(crate::auth::Denied::NotFound)?)
    }

    /// The moves of everybody who is on a unit's roster when it becomes part of another.
    pub(super) async fn moves_of_merger(&self, gone: &unit::Model, into: UnitId) -> Result<Vec<Move>, AmendError> {
        let last = gone.active_to.unwrap_or_else(|| self.core.today());
        let on = Day(last.0.succ_opt().unwrap_or(last.0));
        let people = store::in_unit_after(self.core.db.read(), gone.id, on).await?;
        let step = |person| Move {
            person,
            to: Some((into, PostingKind::Member)),
            on,
            source: ChangeSource::Transfer,
            reason: gone.name.clone(),
            action: "org.transfer",
            data: json!({ "from": gone.id, "to": into, "on": on.to_string(), "merger": true }),
        };
        Ok(people.into_iter().map(step).collect())
    }
}
