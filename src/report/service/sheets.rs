//! The sheets behind a snapshot: read as things stand, kept, and read again.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::id::{ExamId, PersonId, ProgrammeId, SnapshotId, UnitId};
use entity::org::roster_row::SubjectKind;
use entity::report::{past_year, sheet, snapshot_sheet};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::ReportError;
use crate::db::Fault;
use crate::exam;
use crate::kernel::digest::sha256;
use crate::kernel::jcs;
use crate::org;
use crate::report::model::Subjects;
use crate::report::sheet::{Line, Sheet};
use crate::report::store;
use crate::study;
use crate::tally::{self, Figure, Subject};

/// How many units are read at once.
const UNITS: usize = 200;

/// The sheets of what a year counts, of a unit with its subtree, as things stand.
pub(super) async fn standing(
    conn: &impl ConnectionTrait,
    year: i32,
    subjects: &Subjects,
    top: UnitId,
) -> Result<Vec<Sheet>, ReportError> {
    let mut sheets = Vec::new();
    for subject in subjects.all() {
        let ground = digest(&json!(ground(conn, subject).await?));
        let counts = tally::counts(conn, &[subject], top, None, &[Figure::OnRoster]).await?;
        let mut units: Vec<UnitId> =
            counts.into_iter().filter(|(.., f)| f.on_roster > 0).map(|(_, unit, _)| unit).collect();
        units.sort_unstable();
        for units in units.chunks(UNITS) {
            sheets.extend(of_units(conn, year, subject, units, &ground).await?);
        }
    }
    Ok(sheets)
}

/// The exams of a family, or a programme: what the log calls each, and on what figures rest.
pub(super) async fn ground(conn: &impl ConnectionTrait, subject: Subject) -> Result<Vec<(String, Value)>, Fault> {
    let known = match subject.kind {
        SubjectKind::Exam => exam::family_facts(conn, ExamId(subject.id.0)).await?,
        _ => study::programme_facts(conn, ProgrammeId(subject.id.0)).await?,
    };
    if !known.is_empty() {
        return Ok(known);
    }
    // A year before Kaofa.
    let past = store::past_year_of(conn, subject.id).await?;
    let fact = |row: past_year::Model| {
        (format!("past_year:{}", row.id), json!([row.year, row.unit_id, row.source, row.file_digest]))
    };
    Ok(past.map(fact).into_iter().collect())
}

/// The facts of these people, each as the log calls it: attempts and exemptions, or credits and attendance, and what was
/// changed of the roster.
pub(super) async fn facts(
    conn: &impl ConnectionTrait,
    year: i32,
    subject: Subject,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<(String, Value)>>, Fault> {
    let mut facts = match subject.kind {
        SubjectKind::Exam => exam::attempt_facts(conn, ExamId(subject.id.0), people).await?,
        _ => study::facts_of(conn, year, people).await?,
    };
    if let Some(past) = store::past_year_of(conn, subject.id).await? {
        facts.clear();
        for row in store::past_rows(conn, past.id, Some(people)).await? {
            let fact = json!([row.unit_id, row.name, row.categories.0, row.study, row.exam, row.points.map(|p| p.0)]);
            facts.entry(row.person_id).or_default().push((format!("past_year:{}", past.id), fact));
        }
        return Ok(facts);
    }
    let asked: HashSet<PersonId> = people.iter().copied().collect();
    for made in org::amendments(conn, subject.id).await? {
        if asked.contains(&made.person_id) {
            let fact = json!([made.kind, made.from_on, made.unit_id, made.post, made.categories.0, made.reason]);
            let name = made.change_id.map_or_else(|| format!("amendment:{}", made.id), |id| format!("change:{id}"));
            facts.entry(made.person_id).or_default().push((name, fact));
        }
    }
    Ok(facts)
}

async fn of_units(
    conn: &impl ConnectionTrait,
    year: i32,
    subject: Subject,
    units: &[UnitId],
    ground: &str,
) -> Result<Vec<Sheet>, ReportError> {
    let rows = tally::people_of(conn, &[subject], units, None, Figure::OnRoster).await?;
    let people: Vec<PersonId> = rows.iter().map(|(_, standing)| standing.person_id).collect();
    let mut facts = facts(conn, year, subject, &people).await?;
    let mut roster: HashMap<PersonId, org::RosterMember> = HashMap::new();
    for people in people.chunks(5_000) {
        roster.extend(org::roster(conn, subject.id, Some(people)).await?.into_iter().map(|m| (m.person_id, m)));
    }
    let mut sheets: BTreeMap<UnitId, Vec<Line>> = BTreeMap::new();
    for (_, standing) in rows {
        let member = roster.remove(&standing.person_id);
        let own = facts.remove(&standing.person_id).unwrap_or_default();
        let row = member.as_ref().map(|m| json!([m.person_name, m.unit_id, m.post, m.categories]));
        sheets.entry(standing.unit_id).or_default().push(Line {
            person: standing.person_id,
            name: member.map(|m| m.person_name).unwrap_or_default(),
            categories: standing.categories,
            figures: standing.figures,
            facts: digest(&json!([ground, row, own])),
        });
    }
    Ok(sheets.into_iter().map(|(unit, lines)| Sheet { subject, unit, lines }).collect())
}

/// The digest of what is behind somebody's figures, short enough to be kept for everybody: 128 bits.
fn digest(facts: &Value) -> String {
    let bytes = jcs::canonical(facts).unwrap_or_else(|_odd| facts.to_string().into_bytes());
    sha256(&[&bytes]).to_string().chars().take(32).collect()
}

/// Keeps the sheets of a snapshot. Those that are kept already are not kept twice.
pub(super) async fn keep(
    tx: &impl ConnectionTrait,
    snapshot: SnapshotId,
    sheets: &[(Sheet, String, String)],
) -> Result<(), Fault> {
    let rows = sheets.iter().map(|(_, text, digest)| sheet::Model { digest: digest.clone(), text: text.clone() });
    let places = sheets.iter().map(|(sheet, _, digest)| snapshot_sheet::Model {
        snapshot_id: snapshot,
        subject_kind: sheet.subject.kind,
        subject_id: sheet.subject.id,
        unit_id: sheet.unit,
        digest: digest.clone(),
    });
    store::insert_sheets(tx, rows.collect(), places.collect()).await
}

/// The sheets with the text and the digest under which each is kept.
pub(super) fn written(sheets: Vec<Sheet>) -> Vec<(Sheet, String, String)> {
    let write = |sheet: Sheet| {
        let text = sheet.text();
        let digest = Sheet::digest(&text);
        (sheet, text, digest)
    };
    sheets.into_iter().map(write).collect()
}
