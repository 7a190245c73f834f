//! What every row of a file of people does.

use std::collections::HashSet;

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::person::{self, Category};
use entity::org::posting;
use entity::org::posting::PostingKind;
use entity::org::roster_change::ChangeSource;

use super::super::Org;
use super::super::people::{changed_fields, person_key};
use super::Ground;
use super::writing::{Steps, Told};
use crate::files::Heads;
use crate::kernel::field::FieldCode;
use crate::org::categories::{Held, change_categories};
use crate::org::import::matching::{Hashed, Match};
use crate::org::import::people::{At, Number, PersonRow};
use crate::org::import::report::{Ambiguous, ImportReport, Line, at};
use crate::org::model::NewPerson;
use crate::org::proposal::Moved;
use crate::org::sealing::Secret;
use crate::org::standing::{MoveError, Posting, after as after_moving, move_to, standing};

/// Works out what every row does.
pub(super) struct Planner<'a> {
    pub(super) org: &'a Org,
    pub(super) ground: &'a Ground,
    pub(super) heads: &'a Heads,
    pub(super) today: Day,
    pub(super) report: ImportReport,
    pub(super) steps: Steps,
}

impl Planner<'_> {
    fn unit_name(&self, id: UnitId) -> String {
        self.ground.units.iter().find(|u| u.id == id).map(|u| u.name.clone()).unwrap_or_default()
    }

    fn wrong(&mut self, row: &PersonRow, column: At, code: FieldCode, detail: impl std::fmt::Display) {
        self.report.errors.push(at(row.number, self.heads.place(column.index()), code).with(detail));
    }

    pub(super) fn row(&mut self, hashed: &Hashed<'_>, found: &Match) {
        match found {
            Match::New => self.enter(hashed.row),
            Match::Known(place) => {
                if let Some(person) = self.ground.people.get(*place) {
                    self.compare(hashed, person);
                }
            }
            Match::Several(places) => self.ask(hashed.row, places),
        }
    }

    fn ask(&mut self, row: &PersonRow, places: &[usize]) {
        let people = places.iter().filter_map(|place| self.ground.people.get(*place));
        let candidates = people.take(20).map(|p| self.line_of(p)).collect();
        self.report.ambiguous.push(Ambiguous { row: row.number, name: row.name.clone(), candidates });
    }

    fn line_of(&self, p: &person::Model) -> Line {
        Line {
            id: Some(p.id.to_string()),
            number: p.staff_no.clone(),
            name: p.name.clone(),
            unit: self.unit_name(p.unit_id),
            ..Line::default()
        }
    }

    fn enter(&mut self, row: &PersonRow) {
        let masked = [
            (At::IdNumber, matches!(row.id_number, Number::Masked(_))),
            (At::Phone, matches!(row.phone, Number::Masked(_))),
        ];
        for (column, _) in masked.into_iter().filter(|(_, masked)| *masked) {
            self.wrong(row, column, FieldCode::Invalid, "");
        }
        let Some(categories) = row.categories.clone() else {
            self.wrong(row, At::Categories, FieldCode::Required, "");
            return;
        };
        self.report.created += 1;
        let (number, unit) = (row.staff_no.clone().unwrap_or_default(), self.unit_name(row.unit));
        self.report.added.push(Line { row: Some(row.number), number, name: row.name.clone(), unit, ..Line::default() });
        let new = self.org.rows(vec![NewPerson {
            staff_no: row.staff_no.clone(),
            name: row.name.clone(),
            post: row.post.clone().unwrap_or_default(),
            categories,
            unit_id: row.unit,
            joined_on: row.joined_on,
            id_number: row.id_number.given().cloned(),
            phone: row.phone.given().cloned(),
        }]);
        let action = "org.create_person";
        let told = |p: &person::Model| Told { person: p.id, unit: p.unit_id, action, fields: Vec::new() };
        let step = self.steps.next();
        step.told.extend(new.people.iter().map(told));
        step.moved.extend(new.moved(ChangeSource::Import, ""));
        step.new.people.extend(new.people);
        step.new.categories.extend(new.categories);
        step.new.postings.extend(new.postings);
    }

    /// What a row changes of somebody who is there.
    fn compare(&mut self, hashed: &Hashed<'_>, before: &person::Model) {
        let row = hashed.row;
        let mut after = before.clone();
        if let Some(number) = &row.staff_no {
            after.staff_no.clone_from(number);
        }
        after.name.clone_from(&row.name);
        after.sort_key = if after.name == before.name && after.staff_no == before.staff_no {
            before.sort_key.clone()
        } else {
            person_key(&after.name, &after.staff_no)
        };
        if let Some(post) = &row.post {
            after.post.clone_from(post);
        }
        self.compare_numbers(hashed, before, &mut after);
        let categories = self.compare_categories(row, before.id);
        let moves = self.compare_unit(row, before, &mut after);
        let fields = changed_fields(before, &after, !categories.is_empty());
        if fields.is_empty() && moves.is_empty() {
            self.report.unchanged += 1;
            return;
        }
        self.report.updated += 1;
        let line = Line {
            row: Some(row.number),
            unit: self.unit_name(row.unit),
            fields: fields.clone(),
            ..self.line_of(before)
        };
        if moves.is_empty() {
            self.report.changed.push(line);
        } else {
            self.report.moved.push(Line { from: Some(self.unit_name(before.unit_id)), ..line });
        }
        let action = if moves.is_empty() { "org.amend_person" } else { "org.transfer" };
        let concerns_rosters = (!moves.is_empty() || !categories.is_empty()).then(|| Moved {
            person: before.id,
            on: self.today,
            unit: Some(row.unit),
            categories: self.held_after(before.id, &categories),
            source: ChangeSource::Import,
            reason: String::new(),
        });
        let step = self.steps.next();
        step.told.push(Told { person: before.id, unit: before.unit_id, action, fields });
        step.moved.extend(concerns_rosters);
        step.categories.extend(categories.into_iter().map(|held| held.row(before.id)));
        step.postings.extend(moves);
        step.changed.push(after);
    }

    fn compare_numbers(&mut self, hashed: &Hashed<'_>, before: &person::Model, after: &mut person::Model) {
        let row = hashed.row;
        match &row.id_number {
            Number::Masked(mask) if self.org.masked_id(before).as_ref() != Some(mask) => {
                self.wrong(row, At::IdNumber, FieldCode::Invalid, "");
            }
            Number::Given(number) if hashed.id_hash != before.id_number_hash => {
                after.id_number_hash.clone_from(&hashed.id_hash);
                after.id_number = Some(self.org.seal(Secret::IdNumber, before.id, number.as_str()));
            }
            Number::Absent | Number::Masked(_) | Number::Given(_) => {}
        }
        match &row.phone {
            Number::Masked(mask) if self.org.masked_phone(before).as_ref() != Some(mask) => {
                self.wrong(row, At::Phone, FieldCode::Invalid, "");
            }
            Number::Given(number) if hashed.phone_hash != before.phone_hash => {
                after.phone_hash.clone_from(&hashed.phone_hash);
                after.phone = Some(self.org.seal(Secret::Phone, before.id, number.as_str()));
            }
            Number::Absent | Number::Masked(_) | Number::Given(_) => {}
        }
    }

    fn compare_categories(&mut self, row: &PersonRow, person: PersonId) -> Vec<Held> {
        let Some(wanted) = &row.categories else { return Vec::new() };
        let held = self.ground.categories.get(&person).map(Vec::as_slice).unwrap_or_default();
        change_categories(held, wanted, self.today).unwrap_or_else(|earliest| {
            self.wrong(row, At::Categories, FieldCode::NotAfter, earliest);
            Vec::new()
        })
    }

    /// The postings that must be written for somebody to be in the row's unit from today on.
    fn compare_unit(
        &mut self,
        row: &PersonRow,
        before: &person::Model,
        after: &mut person::Model,
    ) -> Vec<posting::Model> {
        let postings = self.ground.postings.get(&before.id).map(Vec::as_slice).unwrap_or_default();
        let written = match move_to(postings, Some((row.unit, PostingKind::Member)), self.today) {
            Ok(written) => written,
            Err(MoveError::SameUnit | MoveError::Gone) => return Vec::new(),
            Err(MoveError::Before(_)) if postings.last().is_some_and(|last| last.unit_id == row.unit) => {
                return Vec::new();
            }
            Err(MoveError::Before(day)) => {
                self.wrong(row, At::Unit, FieldCode::NotAfter, day);
                return Vec::new();
            }
        };
        if let Some((unit, departed_on)) = standing(&after_moving(postings, &written), self.today) {
            after.unit_id = unit;
            after.departed_on = departed_on;
        }
        let row = |posting: &Posting| posting::Model {
            person_id: before.id,
            from_on: posting.from_on,
            unit_id: posting.unit_id,
            to_on: posting.to_on,
            kind: posting.kind,
            reason: String::new(),
        };
        written.iter().map(row).collect()
    }

    fn held_after(&self, person: PersonId, written: &[Held]) -> Vec<Category> {
        let held = self.ground.categories.get(&person).map(Vec::as_slice).unwrap_or_default();
        let mut now: Vec<Category> = held.iter().filter(|h| h.to_on.is_none()).map(|h| h.category).collect();
        now.retain(|category| !written.iter().any(|h| h.category == *category && h.to_on.is_some()));
        now.extend(written.iter().filter(|h| h.to_on.is_none()).map(|h| h.category));
        now
    }

    /// Those in post in a unit of the file whom no row means, not even perhaps.
    pub(super) fn note_missing(&mut self, rows: &[PersonRow], matches: &[Match]) {
        let units: HashSet<UnitId> = rows.iter().map(|row| row.unit).collect();
        let meant: HashSet<usize> = matches
            .iter()
            .flat_map(|found| match found {
                Match::New => Vec::new(),
                Match::Known(place) => vec![*place],
                Match::Several(places) => places.clone(),
            })
            .collect();
        for (place, p) in self.ground.people.iter().enumerate() {
            let in_post = p.departed_on.is_none_or(|day| day > self.today);
            if in_post && units.contains(&p.unit_id) && !meant.contains(&place) {
                let line = self.line_of(p);
                self.report.missing.push(line);
            }
        }
    }
}
