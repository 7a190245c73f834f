//! Reports as files: at once if they are short, as a job if they are long.

use std::collections::HashMap;

use entity::id::{PersonId, SubjectId, UnitId};
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;

use super::jobs::Sink;
use super::rates::{past_titles, subjects};
use super::{ReportError, Reports, nodes};
use crate::auth::Caller;
use crate::exam;
use crate::files::Format;
use crate::kernel::field::Fields;
use crate::kernel::pinyin::sort_key;
use crate::org;
use crate::report::file::{
    Book, Cell, Head, MISSING, PEOPLE, Preface, RATES, Standing, csv_heads, csv_row, missing_row, people_row, rates_row,
};
use crate::report::model::{FigureName, Filter, MAX_DEPTH, Side, Subjects};
use crate::report::store;
use crate::study;
use crate::tally::{self, Counted, Figure, Figures, Subject};

/// The most rows of people that are answered at once.
const AT_ONCE: i64 = 20_000;
/// How many people are in memory at once, about.
const BATCH: i64 = 4_000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The rates of a unit and of those below it.
    Rates {
        /// How many levels below it.
        depth: i32,
        /// With a sheet of everybody who is counted; csv has none.
        people: bool,
    },
    /// The people behind a figure.
    People(FigureName),
    /// Those who have not yet studied or sat, by unit.
    Missing,
}

/// A file that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileOrder {
    /// What it holds.
    pub what: What,
    /// Which kind of file.
    pub format: Format,
    /// Of whom and what.
    pub filter: Filter,
}

impl FileOrder {
    /// What the file is called.
    #[must_use]
    pub fn file_name(&self) -> String {
        let what = match self.what {
            What::Rates { .. } => "rates".to_owned(),
            What::People(figure) => format!("people-{}", figure.to_string().replace(['.', '_'], "-")),
            What::Missing => "missing".to_owned(),
        };
        self.format.named(&format!("kaofa-{what}-{}", self.filter.year))
    }
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// What it is called.
    pub name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// The people who are listed, unit by unit.
struct Listed {
    subjects: Vec<Subject>,
    counted: Counted,
    /// A row for each attempt and not for each person.
    by_attempt: bool,
}

impl Reports {
    /// A file, made at once. Too long a list is refused: it is a job. By coordinators and auditors.
    pub async fn file(&self, caller: &Caller, order: &FileOrder) -> Result<ReportFile, ReportError> {
        let (top, rows) = self.rows_of(caller, order).await?;
        if rows > AT_ONCE {
            return Err(ReportError::TooManyRows(rows));
        }
        let mut bytes = Vec::new();
        self.make(order, top, &mut Sink::Memory(&mut bytes)).await?;
        Ok(ReportFile { name: order.file_name(), bytes })
    }

    /// How many people a file lists, and whether they are too many for an answer. By coordinators and auditors.
    pub async fn length(&self, caller: &Caller, order: &FileOrder) -> Result<(i64, bool), ReportError> {
        let (_, rows) = self.rows_of(caller, order).await?;
        Ok((rows, rows > AT_ONCE))
    }

    /// The unit that a file is about, and how many people it lists.
    pub(super) async fn rows_of(&self, caller: &Caller, order: &FileOrder) -> Result<(UnitId, i64), ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, order.filter.year);
        if let What::Rates { depth, .. } = order.what {
            fields.within("depth", depth, 0, MAX_DEPTH);
        }
        fields.check()?;
        let top = self.top(caller, order.filter.unit_id).await?;
        let conn = self.core.db.read();
        let asked = subjects(conn, &order.filter).await?.0;
        let mut rows = 0;
        for listed in listed(order.what, &asked) {
            let (category, figures) = (order.filter.category, listed.counted.figures());
            let sums = tally::below(conn, &listed.subjects, (top, 0), category, &figures).await?;
            rows += sums.iter().map(|(.., figures)| listed.counted.of(figures)).sum::<i64>();
        }
        Ok((top, rows))
    }

    /// Makes a file, batch by batch.
    pub(super) async fn make(&self, order: &FileOrder, top: UnitId, sink: &mut Sink<'_>) -> Result<(), ReportError> {
        let (conn, filter) = (self.core.db.read(), &order.filter);
        let asked = subjects(conn, filter).await?.0;
        let closed = store::closing_over(conn, top, filter.year).await?.is_some();
        let now = self.core.now();
        let as_of = self.core.settings.calendar.wall(now).format("%Y-%m-%d %H:%M").to_string();
        let unit = self.org.unit_names(&[top]).await?.remove(&top).unwrap_or_default();
        let preface = |what: &str| Preface::new(&unit, filter, what, &as_of, closed);
        let mut book = Book::new();
        let (name, heads): (&str, &'static [Head]) = match order.what {
            What::Rates { depth, people } => {
                let report = self.counted_now(filter, top, depth).await?;
                if order.format == Format::Csv {
                    let mut bytes = csv_heads(RATES);
                    for row in std::iter::once(&report.total).chain(&report.rows) {
                        csv_row(&mut bytes, &rates_row(row));
                    }
                    return sink.bytes(bytes).await;
                }
                book.rates(&preface("参学率、参考率、合格率"), &report)?;
                if !people {
                    return finish(book, sink).await;
                }
                ("名单", PEOPLE)
            }
            What::People(_) => ("名单", PEOPLE),
            What::Missing => ("未学未考", MISSING),
        };
        match order.format {
            Format::Csv => sink.bytes(csv_heads(heads)).await?,
            Format::Xlsx => book.list(name, &preface(name), heads)?,
        }
        let titles = titles(conn, filter.year).await?;
        let nodes = nodes(conn, top).await?;
        let lists = listed(order.what, &asked);
        let mut counts: HashMap<UnitId, i64> = HashMap::new();
        for list in &lists {
            let counted = list.counted.figures();
            for (_, unit, figures) in tally::counts(conn, &list.subjects, top, filter.category, &counted).await? {
                *counts.entry(unit).or_default() += list.counted.of(&figures);
            }
        }
        let mut done = 0;
        let mut waiting: Vec<(UnitId, String)> = Vec::new();
        let mut in_batch = 0;
        let mut nodes = nodes.into_iter().filter(|node| counts.contains_key(&node.unit.id)).peekable();
        while let Some(node) = nodes.next() {
            in_batch += counts.get(&node.unit.id).copied().unwrap_or_default();
            waiting.push((node.unit.id, node.unit.name));
            if in_batch < BATCH && waiting.len() < 500 && nodes.peek().is_some() {
                continue;
            }
            let batch = people(conn, &lists, &waiting, filter, &titles).await?;
            done += in_batch;
            (in_batch, waiting) = (0, Vec::new());
            let rows: Vec<Vec<Cell>> = match order.what {
                What::Missing => together(batch).iter().map(|lacking| missing_row(lacking)).collect(),
                _ => batch.iter().map(|(_, standing)| people_row(standing)).collect(),
            };
            match order.format {
                Format::Csv => {
                    let mut bytes = Vec::new();
                    for row in &rows {
                        csv_row(&mut bytes, row);
                    }
                    sink.bytes(bytes).await?;
                }
                Format::Xlsx => rows.iter().try_for_each(|row| book.row(row))?,
            }
            sink.reached(done).await?;
        }
        if order.format == Format::Csv {
            return Ok(());
        }
        book.end_list()?;
        finish(book, sink).await
    }
}

/// Packs the workbook where it stops nobody.
async fn finish(book: Book, sink: &mut Sink<'_>) -> Result<(), ReportError> {
    let packed = tokio::task::spawn_blocking(move || book.bytes()).await;
    // What panics while it packs is no fault of the database; the job fails with it.
    sink.bytes(packed.map_err(|_panic| ReportError::Abandoned)??).await
}

/// What a file lists.
fn listed(what: What, asked: &Subjects) -> Vec<Listed> {
    let all = asked.all();
    let of = |kind: SubjectKind| all.iter().copied().filter(|s| s.kind == kind).collect::<Vec<_>>();
    match what {
        What::Rates { people: false, .. } => Vec::new(),
        What::Rates { people: true, .. } => {
            vec![Listed { subjects: all, counted: Figure::OnRoster.into(), by_attempt: false }]
        }
        What::People(figure) => {
            let kind = if figure.side == Side::Exam { SubjectKind::Exam } else { SubjectKind::Programme };
            vec![Listed { subjects: of(kind), counted: figure.counted, by_attempt: figure.counts_attempts() }]
        }
        What::Missing => vec![
            Listed {
                subjects: of(SubjectKind::Programme),
                counted: Counted::Between(Figure::Expected, Figure::Participated),
                by_attempt: false,
            },
            Listed {
                subjects: of(SubjectKind::Exam),
                counted: Counted::Between(Figure::Expected, Figure::Sat),
                by_attempt: false,
            },
        ],
    }
}

/// The titles of a year's programmes and exams.
pub(super) async fn titles(conn: &impl ConnectionTrait, year: i32) -> Result<HashMap<SubjectId, String>, ReportError> {
    let mut titles: HashMap<SubjectId, String> =
        study::programmes_in(conn, year).await?.into_iter().map(|p| (p.id.into(), p.title)).collect();
    titles.extend(exam::mains(conn, year).await?.into_iter().map(|exam| (exam.id.into(), exam.title)));
    titles.extend(past_titles(conn, year).await?);
    Ok(titles)
}

/// The people who are listed of these units, by unit, name and person.
async fn people(
    conn: &impl ConnectionTrait,
    lists: &[Listed],
    units: &[(UnitId, String)],
    filter: &Filter,
    titles: &HashMap<SubjectId, String>,
) -> Result<Vec<(PersonId, Standing)>, ReportError> {
    let ids: Vec<UnitId> = units.iter().map(|(id, _)| *id).collect();
    let places: HashMap<UnitId, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut rows = Vec::new();
    for list in lists.iter().filter(|list| !list.subjects.is_empty()) {
        let found = tally::people_of(conn, &list.subjects, &ids, filter.category, list.counted).await?;
        rows.extend(found.into_iter().flat_map(|row| if list.by_attempt { each_attempt(row) } else { vec![row] }));
    }
    let subjects: Vec<SubjectId> = lists.iter().flat_map(|l| &l.subjects).map(|s| s.id).collect();
    let mut who: Vec<PersonId> = rows.iter().map(|(_, standing)| standing.person_id).collect();
    who.sort_unstable();
    who.dedup();
    let mut names = HashMap::new();
    for who in who.chunks(5_000) {
        names.extend(org::roster_names(conn, &subjects, who).await?);
    }
    let mut people: Vec<(usize, String, PersonId, SubjectKind, Standing)> = rows
        .into_iter()
        .map(|(subject, row)| {
            let name = names.get(&(subject.id, row.person_id)).cloned().unwrap_or_default();
            let place = places.get(&row.unit_id).copied().unwrap_or_default();
            let standing = Standing {
                unit: units.get(place).map(|(_, name)| name.clone()).unwrap_or_default(),
                name,
                categories: row.categories,
                kind: subject.kind,
                title: titles.get(&subject.id).cloned().unwrap_or_default(),
                figures: row.figures,
            };
            (place, sort_key(&standing.name), row.person_id, subject.kind, standing)
        })
        .collect();
    people.sort_by(|a, b| (a.0, &a.1, a.2, a.3, &a.4.title).cmp(&(b.0, &b.1, b.2, b.3, &b.4.title)));
    Ok(people.into_iter().map(|(_, _, person, _, standing)| (person, standing)).collect())
}

/// Somebody's row once for each of their attempts. The first holds all their figures, so that every column still adds up.
fn each_attempt((subject, row): (Subject, tally::Standing)) -> Vec<(Subject, tally::Standing)> {
    let attempt = |n: i64| {
        let whole = if n == 0 { row.figures } else { Figures::none() };
        (subject, tally::Standing { figures: Figures { sittings: 1, ..whole }, ..row.clone() })
    };
    (0..row.figures.sittings).map(attempt).collect()
}

/// What each person lacks, together.
fn together(rows: Vec<(PersonId, Standing)>) -> Vec<Vec<Standing>> {
    let mut people: Vec<(PersonId, Vec<Standing>)> = Vec::new();
    for (person, standing) in rows {
        match people.last_mut() {
            Some((last, lacking)) if *last == person && lacking.iter().all(|s| s.unit == standing.unit) => {
                lacking.push(standing);
            }
            _ => people.push((person, vec![standing])),
        }
    }
    people.into_iter().map(|(_, lacking)| lacking).collect()
}
