//! From the sums of subjects to the rows of a report, in memory: nothing here reads anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{SubjectId, UnitId};
use entity::instant::Day;

use super::model::{Row, Subjects, UnitFigures};
use super::streak::{Streak, is_full, streak};
use crate::tally::Figures;
use crate::tree::Node;

/// Stands among years for what was asked for.
const ASKED: i32 = 0;

/// What was read for a report.
#[derive(Debug)]
pub(super) struct Read<'a> {
    /// The year asked about.
    pub year: i32,
    /// The unit asked for and the units below it as deep as the rows go, each unit before those below it.
    pub nodes: &'a [Node],
    /// What the report counts.
    pub subjects: &'a Subjects,
    /// What makes up the rates of each year, for streaks.
    pub years: &'a BTreeMap<i32, Subjects>,
    /// The sums of these units with all that lies below each.
    pub counts: &'a [(SubjectId, UnitId, Figures)],
    /// How many different people, of each unit with its subtree.
    pub persons: &'a HashMap<UnitId, i64>,
    /// The years that were closed for the unit asked for or for one above it.
    pub closed_above: &'a BTreeSet<i32>,
    /// Those that were closed for a unit below.
    pub closed_below: &'a HashMap<UnitId, BTreeSet<i32>>,
}

/// Both sides of a unit in a year.
#[derive(Debug, Clone, Copy, Default)]
struct Sides {
    study: Figures,
    exam: Figures,
}

impl Sides {
    fn add(&mut self, subjects: &Subjects, subject: SubjectId, figures: Figures) {
        if subjects.programmes.contains(&subject) {
            self.study += figures;
        } else if subjects.exams.contains(&subject) {
            self.exam += figures;
        }
    }
}

/// Everything that is summed for a unit with its subtree.
#[derive(Debug, Clone, Default)]
struct Sums {
    asked: Sides,
    years: BTreeMap<i32, Sides>,
    /// The years of which something was brought in; with 0 for what was asked for.
    imported: BTreeSet<i32>,
}

/// The rows of a report, the unit asked for first. Units that did not exist in the year are left out, unless they have
/// figures all the same.
pub(super) fn rows(read: &Read<'_>) -> Vec<Row> {
    let sums = sums(read);
    let mut closed: HashMap<UnitId, BTreeSet<i32>> = HashMap::new();
    let mut rows = Vec::new();
    for node in read.nodes {
        let id = node.unit.id;
        let mut years = match node.unit.parent_id.and_then(|above| closed.get(&above)) {
            Some(above) => above.clone(),
            None => read.closed_above.clone(),
        };
        years.extend(read.closed_below.get(&id).into_iter().flatten());
        let empty = Sums::default();
        let sum = sums.get(&id).unwrap_or(&empty);
        let persons = read.persons.get(&id).copied().unwrap_or(0);
        let shows = node.depth == 0 || persons > 0 || existed(node, read.year);
        if shows {
            let full = |year: &i32| sum.years.get(year).is_some_and(|s| is_full(&s.study, &s.exam));
            let closed: BTreeMap<i32, bool> = years.iter().map(|year| (*year, full(year))).collect();
            let lasted = streak(read.year, &closed);
            rows.push(Row {
                unit_id: id,
                unit_name: node.unit.name.clone(),
                parent_id: node.unit.parent_id,
                depth: node.depth,
                figures: UnitFigures {
                    persons,
                    study: sum.asked.study,
                    exam: sum.asked.exam,
                    streak: lasted,
                    streak_imported: imported_in(read.year, &closed, lasted, &sum.imported),
                    imported: sum.imported.contains(&ASKED),
                },
            });
        }
        closed.insert(id, years);
    }
    rows
}

/// How many years of a streak were brought in.
fn imported_in(asked: i32, closed: &BTreeMap<i32, bool>, streak: Streak, imported: &BTreeSet<i32>) -> i32 {
    let last = if closed.contains_key(&asked) { asked } else { asked - 1 };
    let years = (last - streak.years + 1..=last).filter(|year| imported.contains(year));
    i32::try_from(years.count()).unwrap_or(i32::MAX)
}

fn existed(node: &Node, year: i32) -> bool {
    let began = node.unit.active_from.year() <= year;
    began && node.unit.active_to.is_none_or(|last: Day| last.year() >= year)
}

/// Puts together what belongs to a unit.
fn sums(read: &Read<'_>) -> HashMap<UnitId, Sums> {
    let mut sums: HashMap<UnitId, Sums> = HashMap::new();
    for (subject, unit, figures) in read.counts {
        let sum = sums.entry(*unit).or_default();
        sum.asked.add(read.subjects, *subject, *figures);
        if read.subjects.imported.contains(subject) && figures.on_roster > 0 {
            sum.imported.insert(ASKED);
        }
        for (year, subjects) in read.years {
            if subjects.programmes.contains(subject) || subjects.exams.contains(subject) {
                sum.years.entry(*year).or_default().add(subjects, *subject, *figures);
                if subjects.imported.contains(subject) && figures.on_roster > 0 {
                    sum.imported.insert(*year);
                }
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use entity::org::unit;
    use entity::org::unit::UnitKind;
    use uuid::Uuid;

    use super::*;
    use crate::report::streak::Run;

    fn unit(n: u128) -> UnitId {
        UnitId(Uuid::from_u128(n))
    }

    fn subject(n: u128) -> SubjectId {
        SubjectId(Uuid::from_u128(n))
    }

    fn node(n: u128, above: u128, depth: i32, years: (i32, Option<i32>)) -> Node {
        let unit = unit::Model {
            id: unit(n),
            parent_id: Some(unit(above)),
            code: n.to_string(),
            name: format!("unit {n}"),
            sort_key: n.to_string(),
            kind: UnitKind::Unit,
            position: 0,
            active_from: Day::new(years.0, 1, 1).unwrap(),
            active_to: years.1.map(|year| Day::new(year, 6, 30).unwrap()),
            merged_into_id: None,
            version: 1,
        };
        Node { unit, depth }
    }

    fn subjects(programmes: &[u128], exams: &[u128]) -> Subjects {
        let all = |ids: &[u128]| ids.iter().map(|n| subject(*n)).collect();
        Subjects { programmes: all(programmes), exams: all(exams), imported: BTreeSet::new() }
    }

    fn study(expected: i64, participated: i64) -> Figures {
        Figures { on_roster: expected, expected, participated, ..Figures::none() }
    }

    fn exam(expected: i64, sat: i64) -> Figures {
        Figures { on_roster: expected, expected, sat, passed: sat, ..Figures::none() }
    }

    /// 1 holds 2 and 5; 2 holds units that are not shown. Programmes 12x and exams 11x of 2024 and 2025.
    #[test]
    fn a_row_is_put_together_from_its_subjects() {
        let always = (2000, None);
        let nodes = [node(1, 0, 0, always), node(2, 1, 1, always), node(5, 1, 1, always)];
        let of_2024 = subjects(&[124], &[114]);
        let of_2025 = subjects(&[125], &[115]);
        let years = BTreeMap::from([(2024, of_2024), (2025, of_2025.clone())]);
        let counts = [
            (subject(124), unit(1), study(6, 6)),
            (subject(124), unit(2), study(4, 4)),
            (subject(124), unit(5), study(2, 2)),
            (subject(114), unit(1), exam(6, 5)),
            (subject(114), unit(2), exam(4, 4)),
            (subject(114), unit(5), exam(2, 1)),
            (subject(125), unit(1), study(10, 8)),
            (subject(125), unit(2), study(10, 8)),
            (subject(115), unit(1), exam(7, 6)),
            (subject(115), unit(2), exam(5, 4)),
            (subject(115), unit(5), exam(2, 2)),
        ];
        let persons = HashMap::from([(unit(1), 12), (unit(2), 10)]);
        let read = Read {
            year: 2025,
            nodes: &nodes,
            subjects: &of_2025,
            years: &years,
            counts: &counts,
            persons: &persons,
            closed_above: &BTreeSet::new(),
            closed_below: &HashMap::from([(unit(2), BTreeSet::from([2024])), (unit(5), BTreeSet::from([2024, 2025]))]),
        };
        let rows = rows(&read);
        let shown: Vec<(UnitId, i32)> = rows.iter().map(|row| (row.unit_id, row.depth)).collect();
        assert_eq!(shown, [(unit(1), 0), (unit(2), 1), (unit(5), 1)]);
        let figures: Vec<UnitFigures> = rows.iter().map(|row| row.figures).collect();
        assert_eq!((figures[0].study, figures[0].exam), (study(10, 8), exam(7, 6)));
        assert_eq!((figures[1].study, figures[1].exam), (study(10, 8), exam(5, 4)));
        assert_eq!((figures[2].study, figures[2].exam), (Figures::none(), exam(2, 2)));
        assert_eq!((figures[0].persons, figures[1].persons, figures[2].persons), (12, 10, 0));
        // 1 was not closed at all; 2 closed a full 2024, seen from an open 2025; 5 failed in 2024 and was full in 2025.
        assert_eq!(figures[0].streak, Streak::default());
        assert_eq!(figures[1].streak, Streak { years: 1, last: None });
        assert_eq!(figures[2].streak, Streak { years: 1, last: None });
    }

    #[test]
    fn a_closing_above_closes_what_is_below() {
        let nodes = [node(1, 0, 0, (2000, None)), node(2, 1, 1, (2000, None))];
        let years: BTreeMap<i32, Subjects> =
            [(2023, 113), (2024, 114)].map(|(year, exam)| (year, subjects(&[], &[exam]))).into();
        let of_both = |n| [(subject(113), unit(n), exam(3, 3)), (subject(114), unit(n), exam(3, 2))];
        let counts = [of_both(1), of_both(2)].concat();
        let read = Read {
            year: 2024,
            nodes: &nodes,
            subjects: &subjects(&[], &[114]),
            years: &years,
            counts: &counts,
            persons: &HashMap::new(),
            closed_above: &BTreeSet::from([2023, 2024]),
            closed_below: &HashMap::new(),
        };
        let last = Some(Run { from_year: 2023, to_year: 2023 });
        assert!(rows(&read).iter().all(|row| row.figures.streak == Streak { years: 0, last }));
    }

    #[test]
    fn units_of_other_times_show_only_with_figures() {
        let nodes = [
            node(1, 0, 0, (2000, None)),
            node(2, 1, 1, (2000, Some(2019))),
            node(3, 1, 1, (2000, Some(2020))),
            node(4, 1, 1, (2021, None)),
            node(5, 1, 1, (2021, None)),
        ];
        let read = Read {
            year: 2020,
            nodes: &nodes,
            subjects: &Subjects::default(),
            years: &BTreeMap::new(),
            counts: &[],
            persons: &HashMap::from([(unit(5), 1)]),
            closed_above: &BTreeSet::new(),
            closed_below: &HashMap::new(),
        };
        let shown: Vec<UnitId> = rows(&read).iter().map(|row| row.unit_id).collect();
        assert_eq!(shown, [unit(1), unit(3), unit(5)]);
    }
}
