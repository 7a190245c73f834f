//! The people behind a figure: exactly as many rows as it counts.

use std::collections::{HashMap, HashSet};

use entity::id::{AttemptId, ExamId, PersonId, SubjectId, UnitId};
use sea_orm::ConnectionTrait;

use super::rates::subjects;
use super::{ReportError, Reports};
use crate::auth::Caller;
use crate::db::Fault;
use crate::exam;
use crate::kernel::field::Fields;
use crate::kernel::page::{Page, PageRequest};
use crate::org;
use crate::report::model::{FigureName, Filter, PersonRow, Side, Subjects};
use crate::report::store;
use crate::tally::{self, Behind, Place, Standing, Subject};

/// A counted row before its names are known.
type Row = (Subject, Standing, Option<AttemptId>);

impl Reports {
    /// The people behind a figure of a unit with its subtree, by unit and person; an attempt a row where it counts attempts. By
    /// coordinators and auditors.
    pub async fn people(
        &self,
        caller: &Caller,
        filter: &Filter,
        figure: FigureName,
        page: &PageRequest,
    ) -> Result<Page<PersonRow>, ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, filter.year);
        fields.check()?;
        let top = self.top(caller, filter.unit_id).await?;
        let conn = self.core.db.read();
        let (asked, _) = subjects(conn, filter).await?;
        let asked = match figure.side {
            Side::Study => Subjects { programmes: asked.programmes, imported: asked.imported, ..Subjects::default() },
            Side::Exam => Subjects { exams: asked.exams, imported: asked.imported, ..Subjects::default() },
        };
        let all = asked.all();
        let behind = Behind { subjects: &all, top, category: filter.category, counted: figure.counted };
        let rows = if figure.counts_attempts() {
            attempts(conn, &asked, behind, page).await?
        } else {
            let rows = tally::people_behind(conn, behind, page).await?;
            rows.map(|(subject, standing)| (subject, standing, None))
        };
        self.with_names(conn, filter.year, rows).await
    }

    async fn with_names(
        &self,
        conn: &impl ConnectionTrait,
        year: i32,
        rows: Page<Row>,
    ) -> Result<Page<PersonRow>, ReportError> {
        let sources: HashMap<SubjectId, String> = store::past_years(conn, year)
            .await?
            .into_iter()
            .filter(|past| past.year == year)
            .flat_map(|past| [(past.study_id, past.source.clone()), (past.exam_id, past.source)])
            .collect();
        let subjects: HashSet<SubjectId> = rows.items.iter().map(|(subject, ..)| subject.id).collect();
        let people: HashSet<PersonId> = rows.items.iter().map(|(_, standing, _)| standing.person_id).collect();
        let units: HashSet<UnitId> = rows.items.iter().map(|(_, standing, _)| standing.unit_id).collect();
        let (subjects, people): (Vec<_>, Vec<_>) = (subjects.into_iter().collect(), people.into_iter().collect());
        let names = org::roster_names(conn, &subjects, &people).await?;
        let units = self.org.unit_names(&units.into_iter().collect::<Vec<_>>()).await?;
        Ok(rows.map(|(subject, standing, attempt_id)| PersonRow {
            name: names.get(&(subject.id, standing.person_id)).cloned().unwrap_or_default(),
            unit_name: units.get(&standing.unit_id).cloned().unwrap_or_default(),
            person_id: standing.person_id,
            unit_id: standing.unit_id,
            source: sources.get(&subject.id).cloned(),
            subject,
            attempt_id,
        }))
    }
}

/// The attempts behind `exam.sittings`, in the order of unit, person, exam and attempt.
///
/// Whoever is counted has at least one attempt, so a page of attempts never needs more people than it has rows; the
/// first of them may have been shown on the page before, all or in part.
async fn attempts(
    conn: &impl ConnectionTrait,
    asked: &Subjects,
    behind: Behind<'_>,
    page: &PageRequest,
) -> Result<Page<Row>, Fault> {
    let seen: Option<(Place, AttemptId)> = page.after.as_deref().and_then(parse_key);
    let people = tally::people_from(conn, behind, seen.map(|(place, _)| place), page.limit + 2).await?;
    let mains: HashSet<ExamId> = people.iter().map(|(subject, _)| ExamId(subject.id.0)).collect();
    let who: HashSet<PersonId> = people.iter().map(|(_, standing)| standing.person_id).collect();
    let (mains, who): (Vec<_>, Vec<_>) = (mains.into_iter().collect(), who.into_iter().collect());
    let mut of: HashMap<(PersonId, SubjectId), Vec<AttemptId>> = HashMap::new();
    for attempt in exam::standing_attempts(conn, &mains, &who).await? {
        of.entry((attempt.person_id, attempt.main.into())).or_default().push(attempt.id);
    }
    let rows = people.into_iter().flat_map(|(subject, standing)| {
        let mut attempts: Vec<Option<AttemptId>> =
            of.remove(&(standing.person_id, subject.id)).unwrap_or_default().into_iter().map(Some).collect();
        // Of a year before Kaofa it is known that somebody sat, and no more.
        if asked.imported.contains(&subject.id) {
            attempts.push(None);
        }
        attempts.into_iter().map(move |id| (subject, standing.clone(), id))
    });
    let rows = rows.filter(|row| seen.is_none_or(|seen| key(row) > seen)).collect();
    Ok(Page::cut(rows, page, |row| {
        let ((unit, person, subject), attempt) = key(row);
        format!("{unit} {person} {subject} {attempt}")
    }))
}

fn key((subject, standing, attempt): &Row) -> (Place, AttemptId) {
    let place = (standing.unit_id, standing.person_id, subject.id);
    (place, attempt.unwrap_or(AttemptId(uuid::Uuid::nil())))
}

fn parse_key(text: &str) -> Option<(Place, AttemptId)> {
    let mut parts = text.split(' ');
    let mut next = || parts.next();
    Some(((next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?), next()?.parse().ok()?))
}
