//! People from a file: what would come of it, and doing it.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, UnitId};
use entity::org::{person, unit};

use super::people::taken_meanwhile;
use super::{AmendError, KEEPERS, Org};
use crate::auth::Caller;
use crate::files::{self, Heads, Limits, Table};
use crate::kernel::aside;
use crate::kernel::digest::sha256;
use crate::kernel::field::FieldCode;
use crate::org::categories::Held;
use crate::org::import::matching::{Hashed, Known, Match, resolve};
use crate::org::import::people::{self as rows, At, PersonRow};
use crate::org::import::report::{Choice, ImportReport, KnownUnit, MOST_LINES, at};
use crate::org::standing::Posting;
use crate::org::store;

mod planner;
mod writing;

use planner::Planner;
use writing::Steps;

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

struct Plan {
    report: ImportReport,
    steps: Steps,
}

impl Org {
    /// Brings people in from a file: all of it, or nothing if anything in it is wrong or unclear. A dry run tells what would
    /// come of it. By a coordinator of their units.
    ///
    /// A long file is written in steps, so that nobody who saves an answer meanwhile waits for the whole of it. When somebody
    /// else changes the same people in between, what is left is worked out anew; bringing the same file in again writes
    /// what lacks.
    pub async fn import_people(
        &self,
        caller: &Caller,
        file: ImportFile,
        dry_run: bool,
    ) -> Result<ImportReport, AmendError> {
        let digest = sha256(&[&file.bytes]).to_string();
        let (table, _permit) = self.table(caller, file.bytes).await?;
        let mut first = None;
        for _ in 0..TRIES {
            let Plan { mut report, steps } = self.plan_people(caller, &table, &file.choices).await?;
            report.dry_run = dry_run;
            if dry_run || !report.errors.is_empty() || !report.ambiguous.is_empty() {
                return Ok(report);
            }
            // Later plans tell of what the steps before had left.
            let report = first.get_or_insert(report);
            match self.write_people(caller, &digest, report, steps).await {
                Err(AmendError::Stale) => {}
                Err(error) => return Err(taken_meanwhile(error)),
                Ok(()) => return Ok(ImportReport { applied: true, ..first.take().unwrap_or_default() }),
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
        let table = files::elsewhere(move || files::read(&bytes, Limits::default())).await??;
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
        let read = aside(|| rows::read(table, &units));
        let mut report = ImportReport { rows: read.count, errors: read.mistakes, ..ImportReport::default() };
        let Some(heads) = read.heads else {
            report.errors.sort_by_key(|mistake| (mistake.row, mistake.column));
            return Ok(Plan { report, steps: Steps::default() });
        };
        let hashed: Vec<Hashed<'_>> = aside(|| read.rows.iter().map(|row| self.hashed(row)).collect());
        let known: Vec<Known> = ground.people.iter().map(known).collect();
        let (matches, mistakes) = aside(|| resolve(&hashed, &known, choices, &heads));
        report.errors.extend(mistakes);
        self.note_elsewhere(&hashed, &matches, &ground, &heads, &mut report).await?;
        let mut planner = Planner { org: self, ground: &ground, heads: &heads, today, report, steps: Steps::default() };
        aside(|| {
            for (row, found) in hashed.iter().zip(&matches) {
                planner.row(row, found);
            }
            planner.note_missing(&read.rows, &matches);
        });
        let Planner { mut report, steps, .. } = planner;
        report.errors.sort_by_key(|mistake| (mistake.row, mistake.column));
        report.errors.truncate(MOST_LINES);
        Ok(Plan { report, steps })
    }

    fn hashed<'a>(&self, row: &'a PersonRow) -> Hashed<'a> {
        Hashed {
            row,
            id_hash: row.id_number.given().map(|number| self.id_hash(number)),
            phone_hash: row.phone.given().map(|number| self.phone_hash(number)),
        }
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
