//! Rates of a unit and of those below it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use entity::exam::exam::ExamKind;
use entity::id::{SubjectId, UnitId};
use entity::instant::Instant;
use entity::report::past_year;
use sea_orm::ConnectionTrait;

use super::persons::Persons;
use super::{ReportError, Reports};
use crate::auth::{Caller, Denied};
use crate::exam;
use crate::kernel::field::{FieldCode, Fields};
use crate::report::count::{Read, rows};
use crate::report::model::{Filter, MAX_DEPTH, Report, Subjects};
use crate::report::store;
use crate::study;
use crate::tally::{self, Figure, Subject};
use crate::tree;

/// What a streak asks of a year.
const OF_STREAKS: &[Figure] = &[Figure::OnRoster, Figure::Expected, Figure::Participated, Figure::Sat, Figure::Passed];

impl Reports {
    /// The rates of a unit with its subtree and of the units down to `depth` below it. By coordinators and auditors.
    pub async fn rates(&self, caller: &Caller, filter: &Filter, depth: i32) -> Result<Report, ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, filter.year);
        fields.within("depth", depth, 0, MAX_DEPTH);
        fields.check()?;
        let top = self.top(caller, filter.unit_id).await?;
        self.counted_now(filter, top, depth).await
    }

    /// The same of a unit that the caller may read.
    pub(super) async fn counted_now(&self, filter: &Filter, top: UnitId, depth: i32) -> Result<Report, ReportError> {
        rates(self.core.db.read(), filter, (top, depth), &[], Some(&self.persons), self.core.now()).await
    }

    /// What a filter counts, with its titles: the programmes and the main exams. By coordinators and auditors.
    pub async fn counted(&self, caller: &Caller, filter: &Filter) -> Result<Vec<(Subject, String)>, ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, filter.year);
        fields.check()?;
        self.top(caller, filter.unit_id).await?;
        let conn = self.core.db.read();
        let asked = subjects(conn, filter).await?.0.all();
        let mut titles: HashMap<SubjectId, String> =
            study::programmes_in(conn, filter.year).await?.into_iter().map(|p| (p.id.into(), p.title)).collect();
        titles.extend(exam::mains(conn, filter.year).await?.into_iter().map(|exam| (exam.id.into(), exam.title)));
        titles.extend(past_titles(conn, filter.year).await?);
        Ok(asked.into_iter().map(|subject| (subject, titles.remove(&subject.id).unwrap_or_default())).collect())
    }
}

/// What a filter counts, and what makes up the rates of each year up to its own.
pub(super) async fn subjects(
    conn: &impl ConnectionTrait,
    filter: &Filter,
) -> Result<(Subjects, BTreeMap<i32, Subjects>), ReportError> {
    let programmes = study::programmes_up_to(conn, filter.year).await?;
    let exams = exam::mains(conn, filter.year).await?;
    let mut years: BTreeMap<i32, Subjects> = BTreeMap::new();
    for programme in &programmes {
        years.entry(programme.year).or_default().programmes.insert(programme.id.into());
    }
    for exam in exams.iter().filter(|exam| exam.kind == ExamKind::Annual) {
        years.entry(exam.year).or_default().exams.insert(exam.id.into());
    }
    let pasts = store::past_years(conn, filter.year).await?;
    for past in &pasts {
        years.entry(past.year).or_default().bring(past);
    }
    let named = match filter.exam_id {
        None => None,
        Some(id) => exam::main_of(conn, id).await?.or(Some(id)),
    };
    let kind = filter.exam_kind.or(named.is_none().then_some(ExamKind::Annual));
    let mut fields = Fields::new();
    let mut asked = Subjects {
        programmes: programmes
            .iter()
            .filter(|p| p.year == filter.year)
            .filter(|p| filter.programme_id.map_or(named.is_none(), |id| p.id == id))
            .map(|p| p.id.into())
            .collect(),
        exams: exams
            .iter()
            .filter(|e| e.year == filter.year && kind.is_none_or(|kind| e.kind == kind))
            .filter(|e| named.map_or(filter.programme_id.is_none(), |id| e.id == id))
            .map(|e| e.id.into())
            .collect(),
        imported: BTreeSet::new(),
    };
    if named.is_none() && filter.programme_id.is_none() && kind == Some(ExamKind::Annual) {
        for past in pasts.iter().filter(|past| past.year == filter.year) {
            asked.bring(past);
        }
    }
    if filter.programme_id.is_some() && asked.programmes.is_empty() {
        fields.reject("programme_id", FieldCode::UnknownReference);
    }
    if named.is_some() && asked.exams.is_empty() {
        fields.reject("exam_id", FieldCode::UnknownReference);
    }
    fields.check()?;
    Ok((asked, years))
}

impl Subjects {
    /// What was brought in for a year before Kaofa counts too.
    fn bring(&mut self, past: &past_year::Model) {
        self.programmes.insert(past.study_id);
        self.exams.insert(past.exam_id);
        self.imported.extend([past.study_id, past.exam_id]);
    }
}

/// What is printed for a year before Kaofa where a programme or an exam would have a title.
pub(super) async fn past_titles(
    conn: &impl ConnectionTrait,
    year: i32,
) -> Result<Vec<(SubjectId, String)>, ReportError> {
    let rows = store::past_years(conn, year).await?.into_iter().filter(|past| past.year == year);
    Ok(rows
        .flat_map(|past| {
            [
                (past.study_id, format!("{year} 年学法（补录：{}）", past.source)),
                (past.exam_id, format!("{year} 年考试（补录：{}）", past.source)),
            ]
        })
        .collect())
}

/// The report, with so many queries however many rows it has. `about_to_close` are years that count as closed for the
/// unit, because this transaction is closing them. Without `persons` different people are counted anew.
pub(super) async fn rates(
    conn: &impl ConnectionTrait,
    filter: &Filter,
    (top, depth): (UnitId, i32),
    about_to_close: &[i32],
    persons: Option<&Persons>,
    as_of: Instant,
) -> Result<Report, ReportError> {
    let (asked, years) = subjects(conn, filter).await?;
    let nodes = tree::levels(conn, top, depth).await?;
    let below: BTreeSet<UnitId> = nodes.iter().filter(|n| n.depth > 0).map(|n| n.unit.id).collect();
    let above: BTreeSet<UnitId> = tree::path_of(conn, top).await?.into_iter().map(|unit| unit.id).collect();
    let mut closed_above: BTreeSet<i32> = about_to_close.iter().copied().collect();
    let mut closed_below: HashMap<UnitId, BTreeSet<i32>> = HashMap::new();
    for closing in store::standing(conn, top, filter.year).await? {
        if above.contains(&closing.unit_id) {
            closed_above.insert(closing.year);
        } else if below.contains(&closing.unit_id) {
            closed_below.entry(closing.unit_id).or_default().insert(closing.year);
        }
    }
    let closed: BTreeSet<i32> = closed_below.values().flatten().chain(&closed_above).copied().collect();
    let years: BTreeMap<i32, Subjects> = years.into_iter().filter(|(year, _)| closed.contains(year)).collect();
    let asked_for = asked.all();
    let mut counts = tally::below(conn, &asked_for, (top, depth), filter.category, Figure::ALL).await?;
    // Of other years nothing is shown but whether they were full.
    let mut others: Vec<Subject> = years.values().flat_map(Subjects::all).filter(|s| !asked_for.contains(s)).collect();
    others.sort_unstable();
    others.dedup();
    counts.extend(tally::below(conn, &others, (top, depth), filter.category, OF_STREAKS).await?);
    let different: Arc<HashMap<UnitId, i64>> = match (asked_for.as_slice(), persons) {
        // On one roster everybody stands once.
        ([one], _) => Arc::new(
            counts
                .iter()
                .filter(|(subject, ..)| *subject == one.id)
                .map(|(_, unit, figures)| (*unit, figures.on_roster))
                .collect(),
        ),
        (_, Some(persons)) => persons.of(&asked_for, filter.category).await?,
        (_, None) => Arc::new(tally::persons(conn, &asked_for, filter.category).await?),
    };
    let read = Read {
        year: filter.year,
        nodes: &nodes,
        subjects: &asked,
        years: &years,
        counts: &counts,
        persons: &different,
        closed_above: &closed_above,
        closed_below: &closed_below,
    };
    let mut rows = rows(&read).into_iter();
    // Nothing lies at or below a unit that there is not.
    let total = rows.next().ok_or(Denied::NotFound)?;
    let mut sources = Vec::new();
    if total.figures.imported {
        let known = store::past_years(conn, filter.year).await?.into_iter();
        let here: BTreeSet<SubjectId> = counts.iter().map(|(subject, ..)| *subject).collect();
        sources.extend(
            known.filter(|p| here.contains(&p.study_id) && asked.imported.contains(&p.study_id)).map(|p| p.source),
        );
    }
    Ok(Report {
        as_of,
        year: filter.year,
        programmes: asked.programmes.len(),
        exams: asked.exams.len(),
        sources,
        rows: rows.collect(),
        total,
    })
}
