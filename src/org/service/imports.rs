//! People from a file: what would come of it, and doing it.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::org::person::Category;
use entity::org::posting::PostingKind;
use entity::org::roster_change::ChangeSource;
use entity::org::{person, person_category, posting, unit};
use serde_json::json;

use super::changes::propose;
use super::people::{NewRows, changed_fields, person_key, taken_meanwhile};
use super::{AmendError, KEEPERS, Org};
use crate::auth::Caller;
use crate::files::{self, Heads, Limits, Table};
use crate::kernel::digest::sha256;
use crate::kernel::field::FieldCode;
use crate::log::{self, Entry};
use crate::org::categories::{Held, change_categories};
use crate::org::import::matching::{Hashed, Known, Match, resolve};
use crate::org::import::people::{self as rows, At, Number, PersonRow};
use crate::org::import::report::{Ambiguous, Choice, ImportReport, KnownUnit, Line, MOST_LINES, at};
use crate::org::model::NewPerson;
use crate::org::proposal::Moved;
use crate::org::sealing::Secret;
use crate::org::standing::{MoveError, Posting, after as after_moving, move_to, standing};
use crate::org::store;

/// How often an import is worked out anew when somebody changed the same people meanwhile.
const TRIES: usize = 3;

/// A file that is to be brought in.
#[derive(Debug, Clone, Default)]
pub struct ImportFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was answered where a row may mean several.
    pub choices: HashMap<u32, Choice>,
}

/// What is there before an import, within the caller's reach.
struct Ground {
    units: Vec<unit::Model>,
    people: Vec<person::Model>,
    categories: HashMap<PersonId, Vec<Held>>,
    postings: HashMap<PersonId, Vec<Posting>>,
}

/// Everything that an import writes.
#[derive(Debug, Clone, Default)]
struct Writing {
    new: NewRows,
    /// Changed people, with the version that they had.
    changed: Vec<person::Model>,
    categories: Vec<person_category::Model>,
    postings: Vec<posting::Model>,
    moved: Vec<Moved>,
    told: Vec<Told>,
}

/// What the log is to tell of one person.
#[derive(Debug, Clone)]
struct Told {
    person: PersonId,
    unit: UnitId,
    action: &'static str,
    fields: Vec<&'static str>,
}

struct Plan {
    report: ImportReport,
    writing: Writing,
}

impl Org {
    /// Brings people in from a file: all of it, or nothing if anything in it is wrong or unclear. A dry run tells what would
    /// come of it. By a coordinator of their units.
    pub async fn import_people(
        &self,
        caller: &Caller,
        file: ImportFile,
        dry_run: bool,
    ) -> Result<ImportReport, AmendError> {
        let digest = sha256(&[&file.bytes]).to_string();
        let (table, _permit) = self.table(caller, file.bytes).await?;
        for _ in 0..TRIES {
            let Plan { mut report, writing } = self.plan_people(caller, &table, &file.choices).await?;
            report.dry_run = dry_run;
            if dry_run || !report.errors.is_empty() || !report.ambiguous.is_empty() {
                return Ok(report);
            }
            match self.write_people(caller, &digest, &report, writing).await {
                Err(AmendError::Stale) => {}
                Err(error) => return Err(taken_meanwhile(error)),
                Ok(()) => {
                    report.applied = true;
                    return Ok(report);
                }
            }
        }
        Err(AmendError::Stale)
    }

    /// The table of a file, read where it stops nobody, with the leave to work on it: one file at a time.
    pub(super) async fn table(
        &self,
        caller: &Caller,
        bytes: Vec<u8>,
    ) -> Result<(Table, tokio::sync::SemaphorePermit<'_>), AmendError> {
        // Nobody is served a large file who may not bring one.
        caller.scope(&[KEEPERS, super::BUILDERS].concat(), self.core.now())?;
        let permit = self.files.acquire().await.expect("the semaphore is never closed");
        let read = tokio::task::spawn_blocking(move || files::read(&bytes, Limits::default())).await;
        let table = read.map_err(|_panic| files::Unreadable { code: FieldCode::Damaged, detail: String::new() })??;
        Ok((table, permit))
    }

    /// What a file of people would do; for the file back with its mistakes marked too.
    pub(super) async fn plan_of_people(
        &self,
        caller: &Caller,
        table: &Table,
        choices: &HashMap<u32, Choice>,
    ) -> Result<ImportReport, AmendError> {
        Ok(self.plan_people(caller, table, choices).await?.report)
    }

    async fn plan_people(
        &self,
        caller: &Caller,
        table: &Table,
        choices: &HashMap<u32, Choice>,
    ) -> Result<Plan, AmendError> {
        let (scope, today) = (caller.scope(KEEPERS, self.core.now())?, self.core.today());
        let ground = self.ground(&scope.0).await?;
        let open = |u: &unit::Model| u.kind == unit::UnitKind::Unit && u.active_to.is_none_or(|last| last >= today);
        let units: Vec<KnownUnit> = ground
            .units
            .iter()
            .map(|u| KnownUnit { id: u.id, code: u.code.clone(), name: u.name.clone(), open: open(u) })
            .collect();
        let read = rows::read(table, &units);
        let mut report = ImportReport { rows: read.count, errors: read.mistakes, ..ImportReport::default() };
        let Some(heads) = read.heads else {
            report.errors.sort_by_key(|mistake| (mistake.row, mistake.column));
            return Ok(Plan { report, writing: Writing::default() });
        };
        let hashed: Vec<Hashed<'_>> = read
            .rows
            .iter()
            .map(|row| Hashed {
                row,
                id_hash: row.id_number.given().map(|number| self.id_hash(number)),
                phone_hash: row.phone.given().map(|number| self.phone_hash(number)),
            })
            .collect();
        let known: Vec<Known> = ground.people.iter().map(known).collect();
        let (matches, mistakes) = resolve(&hashed, &known, choices, &heads);
        report.errors.extend(mistakes);
        self.note_elsewhere(&hashed, &matches, &ground, &heads, &mut report).await?;
        let mut planner =
            Planner { org: self, ground: &ground, heads: &heads, today, report, writing: Writing::default() };
        for (row, found) in hashed.iter().zip(&matches) {
            planner.row(row, found);
        }
        planner.note_missing(&read.rows, &matches);
        let Planner { mut report, writing, .. } = planner;
        report.errors.sort_by_key(|mistake| (mistake.row, mistake.column));
        report.errors.truncate(MOST_LINES);
        Ok(Plan { report, writing })
    }

    async fn ground(&self, tops: &[UnitId]) -> Result<Ground, AmendError> {
        let conn = self.core.db.read();
        let units = store::units_within(conn, tops).await?;
        let people = store::everybody(conn, tops).await?;
        let mut categories: HashMap<PersonId, Vec<Held>> = HashMap::new();
        for row in store::categories_of_all(conn, tops).await? {
            categories.entry(row.person_id).or_default().push(Held::from(&row));
        }
        let mut postings: HashMap<PersonId, Vec<Posting>> = HashMap::new();
        for row in store::postings_of_all(conn, tops).await? {
            postings.entry(row.person_id).or_default().push(Posting::from(&row));
        }
        Ok(Ground { units, people, categories, postings })
    }

    /// Numbers that somebody holds whom the caller cannot see.
    async fn note_elsewhere(
        &self,
        rows: &[Hashed<'_>],
        matches: &[Match],
        ground: &Ground,
        heads: &Heads,
        report: &mut ImportReport,
    ) -> Result<(), AmendError> {
        let conn = self.core.db.read();
        let staff_nos: HashSet<&str> = ground.people.iter().map(|p| p.staff_no.as_str()).collect();
        let ids: HashSet<&str> = ground.people.iter().filter_map(|p| p.id_number_hash.as_deref()).collect();
        let asked = || rows.iter().zip(matches).filter(|(_, found)| !matches!(found, Match::Several(_)));
        let wanted: Vec<String> = asked()
            .filter_map(|(row, _)| row.row.staff_no.clone())
            .filter(|number| !staff_nos.contains(number.as_str()))
            .collect();
        let taken: HashSet<String> = store::taken(conn, &wanted).await?.into_iter().collect();
        let wanted: Vec<String> =
            asked().filter_map(|(row, _)| row.id_hash.clone()).filter(|hash| !ids.contains(hash.as_str())).collect();
        let held: HashSet<String> = store::taken_id_numbers(conn, &wanted).await?.into_iter().collect();
        for (row, _) in asked() {
            let mut wrong = |column: At| {
                report.errors.push(at(row.row.number, heads.place(column.index()), FieldCode::Elsewhere));
            };
            if row.row.staff_no.as_ref().is_some_and(|number| taken.contains(number)) {
                wrong(At::StaffNo);
            }
            if row.id_hash.as_ref().is_some_and(|hash| held.contains(hash)) {
                wrong(At::IdNumber);
            }
        }
        Ok(())
    }

    async fn write_people(
        &self,
        caller: &Caller,
        digest: &str,
        report: &ImportReport,
        writing: Writing,
    ) -> Result<(), AmendError> {
        let import = self.core.uuid();
        let data = json!({
            "file": digest, "rows": report.rows, "created": report.created, "updated": report.updated,
            "moved": report.moved.count,
        });
        let whole = self.entry(caller.actor(), "org.import_people", format!("import:{import}"), None, data);
        let one = |told: &Told| {
            let data = json!({ "import": import, "fields": told.fields });
            self.entry(caller.actor(), told.action, format!("person:{}", told.person), Some(told.unit), data)
        };
        let mut entries: Vec<Entry> = vec![whole];
        entries.extend(writing.told.iter().map(one));
        self.core
            .db
            .tx("org.import_people", |tx| {
                let (core, writing, entries) = (self.core.clone(), writing.clone(), entries.clone());
                Box::pin(async move {
                    let Writing { new, changed, categories, postings, moved, told: _ } = writing;
                    if !store::unchanged_since(tx, &changed).await? {
                        return Err(AmendError::Stale);
                    }
                    store::insert_people(tx, new.people, new.categories, new.postings).await?;
                    store::put_people(tx, changed).await?;
                    store::put_categories(tx, categories).await?;
                    store::put_postings(tx, postings).await?;
                    propose(tx, &core, moved).await?;
                    Ok(log::append_all(tx, entries).await?)
                })
            })
            .await
    }
}

fn known(p: &person::Model) -> Known {
    Known {
        id: p.id,
        staff_no: p.staff_no.clone(),
        name: p.name.clone(),
        unit: p.unit_id,
        id_hash: p.id_number_hash.clone(),
        phone_hash: p.phone_hash.clone(),
    }
}

/// Works out what every row does.
struct Planner<'a> {
    org: &'a Org,
    ground: &'a Ground,
    heads: &'a Heads,
    today: Day,
    report: ImportReport,
    writing: Writing,
}

impl Planner<'_> {
    fn unit_name(&self, id: UnitId) -> String {
        self.ground.units.iter().find(|u| u.id == id).map(|u| u.name.clone()).unwrap_or_default()
    }

    fn wrong(&mut self, row: &PersonRow, column: At, code: FieldCode, detail: impl std::fmt::Display) {
        self.report.errors.push(at(row.number, self.heads.place(column.index()), code).with(detail));
    }

    fn row(&mut self, hashed: &Hashed<'_>, found: &Match) {
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
        self.writing.told.extend(new.people.iter().map(told));
        self.writing.moved.extend(new.moved(ChangeSource::Import, ""));
        self.writing.new.people.extend(new.people);
        self.writing.new.categories.extend(new.categories);
        self.writing.new.postings.extend(new.postings);
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
        self.writing.told.push(Told { person: before.id, unit: before.unit_id, action, fields });
        if !moves.is_empty() || !categories.is_empty() {
            let held = self.held_after(before.id, &categories);
            let unit = Some(row.unit);
            let (on, source) = (self.today, ChangeSource::Import);
            self.writing.moved.push(Moved {
                person: before.id,
                on,
                unit,
                categories: held,
                source,
                reason: String::new(),
            });
        }
        self.writing.categories.extend(categories.into_iter().map(|held| held.row(before.id)));
        self.writing.postings.extend(moves);
        self.writing.changed.push(after);
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
    fn note_missing(&mut self, rows: &[PersonRow], matches: &[Match]) {
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
