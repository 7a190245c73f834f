//! `kaofa verify records`: the counts against the people, the people against the facts, the snapshots against both and the log.

use std::collections::{HashMap, HashSet};
use std::fmt;

use entity::id::{ExamId, PersonId, ProgrammeId, SnapshotId, SubjectId, UnitId};
use entity::instant::{Day, Instant};
use entity::org::roster_row::SubjectKind;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::past::{figures_of, subjects_of};
use super::snapshots::compare;
use super::{AUDITORS, ReportError, Reports};
use crate::auth::Caller;
use crate::exam::{self, outcome};
use crate::org;
use crate::report::store;
use crate::study;
use crate::tally::{self, Figure, Figures, Subject};
use crate::tree;

/// How many papers are looked at at once.
const PAPERS: u64 = 500;

/// What does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    /// A unit's count is not what its people add up to.
    Count,
    /// Somebody's figures are not what the facts give.
    Standing,
    /// Somebody owes something and is not on its roster.
    Roster,
    /// The saves of an attempt are not those of which the log was told when it was handed in.
    Answers,
    /// A snapshot is not what its digests say.
    Digest,
    /// The log knows other digests of a snapshot, or none.
    Log,
    /// A row behind a snapshot was changed, and no entry of the log tells of it.
    Row,
}

impl Fails {
    /// Its word, by which pages name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Standing => "standing",
            Self::Roster => "roster",
            Self::Answers => "answers",
            Self::Digest => "digest",
            Self::Log => "log",
            Self::Row => "row",
        }
    }
}

/// A finding of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFinding {
    /// What does not hold.
    pub fails: Fails,
    /// The snapshot, and its year.
    pub snapshot: Option<(SnapshotId, i32)>,
    /// The programme or exam, by its title.
    pub title: String,
    /// The unit, and its name.
    pub unit: Option<(UnitId, String)>,
    /// Who, by name.
    pub person: Option<(PersonId, String)>,
    /// What stands there and what should, where it is a figure.
    pub detail: String,
}

/// In one line, for an operator.
impl fmt::Display for RecordFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((id, year)) = &self.snapshot {
            write!(f, "snapshot {id} of {year}: ")?;
        }
        if let Some((id, name)) = &self.person {
            write!(f, "{name} ({id}), ")?;
        }
        if let Some((id, name)) = &self.unit {
            write!(f, "{name} ({id}), ")?;
        }
        if !self.title.is_empty() {
            write!(f, "{}: ", self.title)?;
        }
        f.write_str(match self.fails {
            Fails::Count => "the count of the unit is not what its people add up to",
            Fails::Standing => "the figures are not what the facts give",
            Fails::Roster => "counted, but not on the roster",
            Fails::Answers => "the answers are not those that were handed in",
            Fails::Digest => "what is kept is not what its digest says",
            Fails::Log => "the log does not know these digests",
            Fails::Row => "a row behind the figures was changed, and no entry of the log tells of it",
        })?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

/// Checks all records: what it reads is all there is, so it takes its time. The findings, and how many snapshots there are.
pub async fn verify_records(
    conn: &impl ConnectionTrait,
    today: Day,
    now: Instant,
) -> Result<(Vec<RecordFinding>, usize), ReportError> {
    let mut findings = counts(conn).await?;
    findings.extend(standings(conn, today).await?);
    let snapshots = store::all_snapshots(conn).await?;
    for id in &snapshots {
        let Some(row) = store::snapshot(conn, *id).await? else { continue };
        let found = compare(conn, &row, now).await?;
        let of = |fails: Fails| RecordFinding {
            fails,
            snapshot: Some((row.id, row.year)),
            title: String::new(),
            unit: None,
            person: None,
            detail: String::new(),
        };
        if !found.sound {
            findings.push(of(Fails::Digest));
        }
        if !found.logged {
            findings.push(of(Fails::Log));
        }
        for change in found.people.iter().filter(|change| change.is_untold()) {
            let detail = change.then.zip(change.now).map(|(then, now)| difference(&then, &now)).unwrap_or_default();
            findings.push(RecordFinding {
                title: change.title.clone(),
                unit: Some((change.unit_id, change.unit_name.clone())),
                person: Some((change.person_id, change.name.clone())),
                detail,
                ..of(Fails::Row)
            });
        }
    }
    let units: Vec<UnitId> = findings.iter().filter_map(|f| f.unit.as_ref().map(|(id, _)| *id)).collect();
    let names = tree::unit_names(conn, &units).await?;
    for finding in &mut findings {
        if let Some((id, name)) = &mut finding.unit {
            *name = names.get(id).cloned().unwrap_or_default();
        }
    }
    Ok((findings, snapshots.len()))
}

/// Which figures differ, as `sat 1, should be 0`.
fn difference(kept: &Figures, right: &Figures) -> String {
    let differs = Figure::ALL.iter().filter(|figure| kept.get(**figure) != right.get(**figure));
    let word = |figure: &Figure| format!("{} {}, now {}", figure.as_str(), kept.get(*figure), right.get(*figure));
    differs.map(word).collect::<Vec<_>>().join("; ")
}

async fn counts(conn: &impl ConnectionTrait) -> Result<Vec<RecordFinding>, ReportError> {
    let finding = |found: tally::Difference| RecordFinding {
        fails: Fails::Count,
        snapshot: None,
        title: if found.category.is_empty() {
            found.subject.to_string()
        } else {
            format!("{}, {}", found.subject, found.category)
        },
        unit: Some((found.unit, String::new())),
        person: None,
        detail: format!(
            "{}{}",
            if found.subtree { "with all units below: " } else { "" },
            difference(&found.counted, &found.recounted)
        ),
    };
    Ok(tally::recount(conn).await?.into_iter().map(finding).collect())
}

/// Everybody's figures against rosters, attempts, credits.
async fn standings(conn: &impl ConnectionTrait, today: Day) -> Result<Vec<RecordFinding>, ReportError> {
    let mut findings = Vec::new();
    let mut subjects: Vec<(Subject, String)> = Vec::new();
    // The years up to the next one: nothing is planned further ahead.
    for programme in study::programmes_up_to(conn, today.year() + 1).await? {
        subjects.push((programme.subject, programme.title));
    }
    let mut known: HashSet<SubjectId> = HashSet::new();
    for year in exam::exam_years(conn).await? {
        for exam in exam::mains(conn, year).await? {
            let id: SubjectId = exam.id.into();
            if known.insert(id) {
                subjects.push((Subject { kind: SubjectKind::Exam, id }, exam.title));
            }
        }
    }
    for past in store::past_years(conn, today.year()).await? {
        let title = format!("{} 补录", past.year);
        subjects.extend(subjects_of(&past).map(|subject| (subject, title.clone())));
    }
    for (subject, title) in subjects {
        let kept = tally::standings(conn, subject, None).await?;
        let people: Vec<PersonId> = kept.iter().map(|s| s.person_id).collect();
        let past = store::past_year_of(conn, subject.id).await?;
        let right: HashMap<PersonId, Figures> = match subject.kind {
            kind if let Some(past) = past.as_ref() => {
                let rows = store::past_rows(conn, past.id, None).await?;
                rows.iter().filter_map(|row| Some((row.person_id, figures_of(row, kind)?))).collect()
            }
            SubjectKind::Exam => outcome::figures_of(conn, ExamId(subject.id.0), &people).await?,
            _ => study::figures_of(conn, ProgrammeId(subject.id.0), today).await?,
        };
        let roster: HashMap<PersonId, String> =
            org::roster(conn, subject.id, None).await?.into_iter().map(|m| (m.person_id, m.person_name)).collect();
        let mut places: HashMap<PersonId, UnitId> = HashMap::new();
        for standing in kept {
            places.insert(standing.person_id, standing.unit_id);
            // Whoever was taken off the roster by an amendment owes nothing any more.
            if standing.figures.is_none() {
                continue;
            }
            let name = roster.get(&standing.person_id);
            let finding = |fails, detail| RecordFinding {
                fails,
                snapshot: None,
                title: title.clone(),
                unit: Some((standing.unit_id, String::new())),
                person: Some((standing.person_id, name.cloned().unwrap_or_default())),
                detail,
            };
            if name.is_none() {
                findings.push(finding(Fails::Roster, String::new()));
            }
            let facts = right.get(&standing.person_id).copied().unwrap_or_default();
            if facts != standing.figures {
                findings.push(finding(Fails::Standing, difference(&standing.figures, &facts)));
            }
        }
        if subject.kind == SubjectKind::Exam {
            answers(conn, (subject, &title), (&roster, &places), &mut findings).await?;
        }
    }
    Ok(findings)
}

/// Every paper that was handed in against what the log was told of it then.
async fn answers(
    conn: &impl ConnectionTrait,
    (subject, title): (Subject, &str),
    (roster, places): (&HashMap<PersonId, String>, &HashMap<PersonId, UnitId>),
    findings: &mut Vec<RecordFinding>,
) -> Result<(), ReportError> {
    for exam in exam::family(conn, ExamId(subject.id.0)).await? {
        let mut after = None;
        loop {
            let handed = exam::attempt::handed_in(conn, exam, after, PAPERS).await?;
            let Some(last) = handed.last() else { break };
            after = Some(last.attempt);
            let about: Vec<String> = handed.iter().map(|h| format!("attempt:{}", h.attempt)).collect();
            let told = store::last_told(conn, "exam.submit", &about).await?;
            for (handed, about) in handed.iter().zip(&about) {
                let data: Value = told.get(about).and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
                if data.get("history").and_then(Value::as_str) == Some(handed.history.as_str()) {
                    continue;
                }
                findings.push(RecordFinding {
                    fails: Fails::Answers,
                    snapshot: None,
                    title: title.to_owned(),
                    unit: places.get(&handed.person).map(|unit| (*unit, String::new())),
                    person: Some((handed.person, roster.get(&handed.person).cloned().unwrap_or_default())),
                    detail: about.clone(),
                });
            }
        }
    }
    Ok(())
}

impl Reports {
    /// Checks all records and tells what does not hold within the caller's units; what concerns no unit is told to every
    /// auditor. One check at a time.
    pub async fn verify(&self, caller: &Caller) -> Result<(Vec<RecordFinding>, usize), ReportError> {
        let conn = self.core.db.read();
        let scope = caller.scope(AUDITORS, self.core.now())?;
        let _turn = self.verifying.lock().await;
        let (found, snapshots) = verify_records(conn, self.core.today(), self.core.now()).await?;
        let mut seen = Vec::new();
        for finding in found {
            let within = match &finding.unit {
                Some((unit, _)) => tree::is_within(conn, *unit, &scope.0).await?,
                None => true,
            };
            if within {
                seen.push(finding);
            }
        }
        Ok((seen, snapshots))
    }
}
