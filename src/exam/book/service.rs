//! Gathering a book.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use entity::id::{ExamId, PersonId, UnitId};
use entity::log::Outcome;
use serde_json::json;

use super::file;
use crate::auth::{Caller, READERS, Role};
use crate::core::Core;
use crate::db::Fault;
use crate::exam::{Candidate, Exam, ExamError, Exams, ResultRow, ResultsSummary};
use crate::files::Format;
use crate::kernel::page::PageRequest;
use crate::kernel::pinyin;
use crate::log::{self, Entry};
use crate::org::Org;

/// How many people are read at once.
const AT_ONCE: u64 = 2_000;
/// A unit's name, and what is told of each of its people beside the key by which they are put in order.
type Keyed<T> = (String, Vec<(String, T)>);

/// Those who see who of a unit is to sit.
const ROSTER_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];

/// The people of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<T> {
    /// The unit's name.
    pub unit_name: String,
    /// Its people, by pinyin.
    pub lines: Vec<T>,
}

/// A line of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Their staff number.
    pub staff_no: String,
    /// Who, and how they stand.
    pub candidate: Candidate,
}

/// A line of the book of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Their staff number.
    pub staff_no: String,
    /// What they came to.
    pub row: ResultRow,
}

/// The service of books. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Books {
    core: Core,
    org: Arc<Org>,
    exams: Arc<Exams>,
}

impl Books {
    /// Over a core, the organisation and the exams.
    #[must_use]
    pub fn new(core: Core, org: Arc<Org>, exams: Arc<Exams>) -> Self {
        Self { core, org, exams }
    }

    /// Who is to sit, within the caller's reach, of one unit with its subtree if asked.
    pub async fn roster(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
    ) -> Result<(Exam, Vec<Group<Entered>>), ExamError> {
        let mut candidates = Vec::new();
        let mut page = PageRequest { limit: AT_ONCE, after: None };
        loop {
            let found = self.exams.candidates(caller, id, unit, &page).await?;
            candidates.extend(found.items);
            let Some(next) = found.next_cursor else { break };
            page = onward(&next)?;
        }
        let exam = self.exams.exam(caller, id).await?;
        let people: Vec<PersonId> = candidates.iter().map(|c| c.person_id).collect();
        let numbers = self.numbers(&people).await?;
        let line = |candidate: Candidate| {
            let staff_no = numbers.get(&candidate.person_id).cloned().unwrap_or_default();
            let of = (candidate.unit_id, candidate.unit_name.clone(), candidate.person_name.clone());
            (of, Entered { staff_no, candidate })
        };
        let groups = self.grouped(caller, ROSTER_READERS, candidates.into_iter().map(line)).await?;
        Ok((exam, groups))
    }

    /// What came of it, within the caller's reach, of one unit with its subtree if asked.
    pub async fn results(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
    ) -> Result<(Exam, ResultsSummary, Vec<Group<Scored>>), ExamError> {
        let mut rows = Vec::new();
        let mut page = PageRequest { limit: AT_ONCE, after: None };
        let summary = loop {
            let found = self.exams.results(caller, id, unit, &page).await?;
            rows.extend(found.page.items);
            let Some(next) = found.page.next_cursor else { break found.summary };
            page = onward(&next)?;
        };
        let exam = self.exams.exam(caller, id).await?;
        let people: Vec<PersonId> = rows.iter().map(|row| row.person_id).collect();
        let numbers = self.numbers(&people).await?;
        let line = |row: ResultRow| {
            let staff_no = numbers.get(&row.person_id).cloned().unwrap_or_default();
            let of = (row.unit_id, row.unit_name.clone(), row.person_name.clone());
            (of, Scored { staff_no, row })
        };
        Ok((exam, summary, self.grouped(caller, READERS, rows.into_iter().map(line)).await?))
    }

    /// The roster as a file. Who took it is kept in the log.
    pub async fn roster_file(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
        format: Format,
    ) -> Result<Vec<u8>, ExamError> {
        let (exam, groups) = self.roster(caller, id, unit).await?;
        let people = groups.iter().map(|group| group.lines.len()).sum();
        self.tell(caller, &exam, "exam.export_roster", people).await?;
        let calendar = self.core.settings.calendar;
        made(move || file::roster(&exam, &groups, calendar, format)).await
    }

    /// The results as a file. Who took it is kept in the log.
    pub async fn results_file(
        &self,
        caller: &Caller,
        id: ExamId,
        unit: Option<UnitId>,
        format: Format,
    ) -> Result<Vec<u8>, ExamError> {
        let (exam, _, groups) = self.results(caller, id, unit).await?;
        let people = groups.iter().map(|group| group.lines.len()).sum();
        self.tell(caller, &exam, "exam.export_results", people).await?;
        let calendar = self.core.settings.calendar;
        made(move || file::results(&exam, &groups, calendar, format)).await
    }

    async fn numbers(&self, people: &[PersonId]) -> Result<HashMap<PersonId, String>, ExamError> {
        let mut numbers = HashMap::with_capacity(people.len());
        for people in people.chunks(5_000) {
            numbers.extend(self.org.staff_numbers(people).await?);
        }
        Ok(numbers)
    }

    /// Lines by unit in the order of the tree; units that are not in the caller's tree any more come last.
    async fn grouped<T>(
        &self,
        caller: &Caller,
        roles: &[Role],
        lines: impl Iterator<Item = ((UnitId, String, String), T)>,
    ) -> Result<Vec<Group<T>>, ExamError> {
        let tree = self.org.subtree(caller, roles).await?;
        let order: HashMap<UnitId, usize> = tree.iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        let mut groups = BTreeMap::<(usize, UnitId), Keyed<T>>::new();
        for ((unit, unit_name, name), line) in lines {
            let place = order.get(&unit).copied().unwrap_or(usize::MAX);
            let group = groups.entry((place, unit)).or_insert_with(|| (unit_name, Vec::new()));
            group.1.push((pinyin::sort_key(&name), line));
        }
        let group = |(unit_name, mut lines): Keyed<T>| {
            lines.sort_by(|(a, _), (b, _)| a.cmp(b));
            Group { unit_name, lines: lines.into_iter().map(|(_, line)| line).collect() }
        };
        Ok(groups.into_values().map(group).collect())
    }

    async fn tell(&self, caller: &Caller, exam: &Exam, action: &'static str, people: usize) -> Result<(), ExamError> {
        let entry = Entry {
            id: self.core.uuid(),
            at: self.core.now(),
            actor: caller.actor(),
            action,
            subject: format!("exam:{}", exam.id),
            unit: Some(exam.blueprint.unit_id),
            data: json!({ "people": people }),
            outcome: Outcome::Done,
        };
        self.core
            .db
            .tx(action, |tx| {
                let entry = entry.clone();
                Box::pin(async move { log::append(tx, entry).await })
            })
            .await?;
        Ok(())
    }
}

/// The page after this cursor.
fn onward(cursor: &str) -> Result<PageRequest, ExamError> {
    Ok(PageRequest { limit: AT_ONCE, ..PageRequest::new(None, Some(cursor))? })
}

/// Makes a file where it stops nobody.
async fn made(
    make: impl FnOnce() -> Result<Vec<u8>, crate::files::WriteError> + Send + 'static,
) -> Result<Vec<u8>, ExamError> {
    let broken = |error: &dyn std::fmt::Display| Fault::from(sea_orm::DbErr::Custom(format!("a file: {error}")));
    let file = tokio::task::spawn_blocking(make).await.map_err(|error| broken(&error))?;
    Ok(file.map_err(|error| broken(&error))?)
}
