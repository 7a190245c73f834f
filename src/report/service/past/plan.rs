//! What a file of past years would do: whom its rows mean, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::List;
use entity::id::{PersonId, UnitId};
use entity::instant::Day;
use entity::report::past_row;

use super::super::{FIRST_YEAR, ReportError, Reports, nodes};
use super::hindered;
use crate::files::{self, Limits, Mistake};
use crate::kernel::field::{FieldCode, Invalid};
use crate::org::{self, Former, ImportReport, Line, Lines};
use crate::report::past::{self, Place, Read, Told};

/// How many lines of a report are listed.
const MOST: usize = 1_000;

/// Everything that will be written.
pub(super) struct Plan {
    pub(super) years: BTreeMap<i32, Vec<past_row::Model>>,
    pub(super) former: Vec<Former>,
    pub(super) report: ImportReport,
}

impl Reports {
    /// What a file would do, and what is wrong with it.
    pub(super) async fn plan_past(&self, top: UnitId, bytes: Vec<u8>) -> Result<Plan, ReportError> {
        let conn = self.core.db.read();
        let read = files::elsewhere(move || files::read(&bytes, Limits::default())).await.and_then(|table| table);
        let table = read.map_err(Invalid::from)?;
        let places: Vec<Place> = nodes(conn, top)
            .await?
            .into_iter()
            .map(|node| Place { id: node.unit.id, code: node.unit.code, name: node.unit.name })
            .collect();
        let Read { rows, count, mut mistakes } = past::read(&table, &places, (FIRST_YEAR, self.core.today().year()));
        mistakes.extend(past::twice(&rows));
        for year in rows.iter().map(|row| row.year).collect::<BTreeSet<_>>() {
            if let Some(code) = hindered(conn, top, year).await? {
                let first = rows.iter().find(|row| row.year == year).map_or(1, |row| row.number);
                mistakes.push(Mistake::of_row(first, code).with(year));
            }
        }
        let known = org::known_people(conn, top).await?;
        let names: HashMap<UnitId, &str> = places.iter().map(|p| (p.id, p.name.as_str())).collect();
        let mut matching = Matching::new(&known);
        let unknown: Vec<String> = rows
            .iter()
            .filter_map(|r| r.staff_no.clone())
            .filter(|n| !matching.by_number.contains_key(n.as_str()))
            .collect();
        let elsewhere = org::taken_numbers(conn, &unknown).await?;
        let mut plan = Plan {
            years: BTreeMap::new(),
            former: Vec::new(),
            report: ImportReport { rows: count, ..ImportReport::default() },
        };
        // The last year first: whoever is new is entered as they were last.
        let mut ordered: Vec<&Told> = rows.iter().collect();
        ordered.sort_by_key(|row| (std::cmp::Reverse(row.year), row.number));
        let mut taken: HashSet<(i32, PersonId)> = HashSet::new();
        for row in ordered {
            if row.staff_no.as_ref().is_some_and(|number| elsewhere.contains(number)) {
                mistakes.push(Mistake::of_row(row.number, FieldCode::Elsewhere));
                continue;
            }
            let person = match matching.find(row) {
                Found::One(person) => person,
                Found::Several => {
                    mistakes.push(Mistake::of_row(row.number, FieldCode::Ambiguous).with(&row.name));
                    continue;
                }
                Found::None => {
                    let former = self.former(row);
                    push(&mut plan.report.added, row, &former, &names);
                    plan.report.created += 1;
                    matching.enter(row, former.id);
                    let id = former.id;
                    plan.former.push(former);
                    id
                }
            };
            // Whoever is new is there from the first year of the file on.
            if let Some(former) = plan.former.iter_mut().find(|former| former.id == person) {
                former.from_on = Day::new(row.year, 1, 1).unwrap_or(former.from_on).min(former.from_on);
            }
            if !taken.insert((row.year, person)) {
                mistakes.push(Mistake::of_row(row.number, FieldCode::Duplicate));
                continue;
            }
            plan.years.entry(row.year).or_default().push(row_of(row, person));
        }
        plan.report.updated = plan.years.values().map(Vec::len).sum::<usize>();
        mistakes.sort_by_key(|mistake| (mistake.row, mistake.column));
        mistakes.dedup();
        mistakes.truncate(MOST);
        plan.report.errors = mistakes;
        Ok(plan)
    }

    fn former(&self, row: &Told) -> Former {
        let day = |month, day| Day::new(row.year, month, day).unwrap_or(self.core.today());
        Former {
            id: self.core.id(),
            staff_no: row.staff_no.clone().unwrap_or_else(|| self.org.new_number()),
            name: row.name.clone(),
            unit_id: row.unit,
            categories: row.categories.clone(),
            from_on: day(1, 1),
            departed_on: day(12, 31),
        }
    }
}

fn row_of(told: &Told, person_id: PersonId) -> past_row::Model {
    past_row::Model {
        past_year_id: uuid::Uuid::nil().into(),
        person_id,
        unit_id: told.unit,
        name: told.name.clone(),
        categories: List(told.categories.clone()),
        study: told.study,
        exam: told.exam,
        points: told.points,
        row: i32::try_from(told.number).unwrap_or(i32::MAX),
    }
}

fn push(lines: &mut Lines, row: &Told, former: &Former, names: &HashMap<UnitId, &str>) {
    lines.count += 1;
    if lines.items.len() < MOST {
        lines.items.push(Line {
            row: Some(row.number),
            number: former.staff_no.clone(),
            name: row.name.clone(),
            unit: names.get(&row.unit).copied().unwrap_or_default().to_owned(),
            ..Line::default()
        });
    }
}

enum Found {
    One(PersonId),
    Several,
    None,
}

/// Whom rows mean: by number, or by name and a unit in which they are or were.
struct Matching<'a> {
    by_number: HashMap<&'a str, PersonId>,
    by_name: HashMap<(String, UnitId), Vec<PersonId>>,
    new_numbers: HashMap<String, PersonId>,
}

impl<'a> Matching<'a> {
    fn new(known: &'a [org::KnownPerson]) -> Self {
        let mut by_name: HashMap<(String, UnitId), Vec<PersonId>> = HashMap::new();
        for person in known {
            for unit in &person.units {
                by_name.entry((org::tight_name(&person.name), *unit)).or_default().push(person.id);
            }
        }
        let by_number = known.iter().map(|p| (p.staff_no.as_str(), p.id)).collect();
        Self { by_number, by_name, new_numbers: HashMap::new() }
    }

    fn find(&self, row: &Told) -> Found {
        if let Some(number) = &row.staff_no {
            let found = self.by_number.get(number.as_str()).or_else(|| self.new_numbers.get(number)).copied();
            return found.map_or(Found::None, Found::One);
        }
        match self.by_name.get(&(row.name.clone(), row.unit)).map(Vec::as_slice) {
            Some([person]) => Found::One(*person),
            Some([_, ..]) => Found::Several,
            _ => Found::None,
        }
    }

    fn enter(&mut self, row: &Told, id: PersonId) {
        if let Some(number) = &row.staff_no {
            self.new_numbers.insert(number.clone(), id);
        }
        self.by_name.entry((row.name.clone(), row.unit)).or_default().push(id);
    }
}
