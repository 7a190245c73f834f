//! Every figure of every unit against the raw rows, summed the slow and obvious way.

use std::collections::{BTreeMap, BTreeSet};

use entity::exam::exam::ExamKind;
use entity::id::{PersonId, UnitId};
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use kaofa::kernel::page::PageRequest;
use kaofa::report::{FigureName, Filter, MAX_DEPTH, Row, Side, Streak};
use kaofa::tally;

use super::District;
use super::facts::{Counts, Facts, Owed, kind_of};

/// Every figure that is summed, by its name.
const STUDY: [&str; 6] = ["on_roster", "exempt", "expected", "participated", "completed", "completed_due"];
const EXAM: [&str; 15] = [
    "on_roster",
    "exempt",
    "exempt_late",
    "expected",
    "sat",
    "pending",
    "deferred",
    "absent",
    "passed",
    "first_sat",
    "first_passed",
    "excellent",
    "blank",
    "sittings",
    "points",
];

/// Which of what is owed a filter means.
fn means(filter: &Filter, owed: &Owed) -> bool {
    if owed.year != filter.year || filter.category.is_some_and(|category| !owed.categories.contains(&category)) {
        return false;
    }
    let named = (filter.exam_id.map(|id| id.0), filter.programme_id.map(|id| id.0));
    match (named, owed.exam) {
        ((Some(exam), _), Some(_)) => exam == owed.subject.0,
        ((_, Some(programme)), None) => programme == owed.subject.0,
        ((Some(_), None), None) | ((None, Some(_)), Some(_)) => false,
        ((None, None), None) => !owed.imported || filter.exam_kind.is_none_or(|kind| kind == ExamKind::Annual),
        ((None, _), Some(kind)) => kind == filter.exam_kind.unwrap_or(ExamKind::Annual),
    }
}

fn sum(owed: &[&Owed], kind: SubjectKind, name: &'static str) -> i64 {
    owed.iter().filter(|o| kind_of(o) == kind).map(|o| o.counts.get(name).copied().unwrap_or(0)).sum()
}

/// A percentage of two decimals, half up, whole and none only when they are.
fn percent(part: i64, whole: i64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let mut hundredths = part * 10_000 / whole;
    if (part * 10_000 % whole) * 2 >= whole {
        hundredths += 1;
    }
    if part < whole && hundredths == 10_000 {
        hundredths = 9_999;
    }
    if part > 0 && hundredths == 0 {
        hundredths = 1;
    }
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

impl District {
    /// Every figure of every year: of everybody, by category, by kind of exam, and of each exam and programme.
    pub(super) async fn check(&mut self, when: &str) {
        let core = self.server.services.core.clone();
        let when = format!("seed {}, {when}", self.seed);
        assert_eq!(tally::recount(core.db.read()).await.unwrap(), [], "{when}");
        let facts = Facts::read(core.db.read()).await;
        let owed = facts.owed(core.today(), core.settings.calendar);
        let mut filters: Vec<Filter> = Vec::new();
        for year in [2023, 2024, 2025, 2026] {
            let all = Filter::of_year(year, self.root);
            let category = Category::ALL[self.told.len() % Category::ALL.len()];
            filters.extend([all, Filter { category: Some(category), ..all }]);
        }
        let of_2026 = Filter::of_year(2026, self.root);
        filters.extend(Category::ALL.iter().map(|category| Filter { category: Some(*category), ..of_2026 }));
        for year in [2025, 2026] {
            let all = Filter::of_year(year, self.root);
            filters.push(Filter { exam_kind: Some(ExamKind::Qualification), ..all });
        }
        let own: BTreeSet<_> = owed.iter().filter(|o| !o.imported).map(|o| (o.exam.is_some(), o.subject.0)).collect();
        for (is_exam, subject) in own {
            filters.push(if is_exam {
                Filter { exam_id: Some(subject.into()), ..of_2026 }
            } else {
                Filter { programme_id: Some(subject.into()), ..of_2026 }
            });
        }
        for filter in filters {
            let meant: Vec<&Owed> = owed.iter().filter(|o| means(&filter, o)).collect();
            let report = self.server.services.reports.rates(&self.auditor, &filter, MAX_DEPTH).await.unwrap();
            let mut shown: BTreeSet<UnitId> = BTreeSet::new();
            for row in std::iter::once(&report.total).chain(&report.rows) {
                shown.insert(row.unit_id);
                let here: Vec<&Owed> =
                    meant.iter().copied().filter(|o| facts.lies_within(o.unit, row.unit_id)).collect();
                check_row(row, &here, &format!("{when}, {filter:?}, {}", row.unit_name));
                let streak = streak(&facts, &owed, &filter, row.unit_id);
                assert_eq!(row.figures.streak, streak, "{when}, {filter:?}, {}", row.unit_name);
            }
            // Whoever is not shown has nobody.
            let nobody = |o: &Owed| o.counts.contains_key("on_roster") && !shown.contains(&o.unit);
            assert!(!meant.iter().copied().any(nobody), "{when}, {filter:?}: units are missing");
        }
        // Whoever asks about one unit alone is told the same, and every figure leads to its people.
        let units: Vec<UnitId> = facts.units.iter().map(|u| u.id).collect();
        let unit = *self.dice.pick(&units);
        for year in [2024, 2026] {
            let category = self.dice.chance(50).then(|| *self.dice.pick(Category::ALL));
            let filter = Filter { category, ..Filter::of_year(year, unit) };
            let here: Vec<&Owed> =
                owed.iter().filter(|o| means(&filter, o) && facts.lies_within(o.unit, unit)).collect();
            let row = self.server.services.reports.rates(&self.auditor, &filter, 0).await.unwrap().total;
            check_row(&row, &here, &format!("{when}, {filter:?}, alone"));
            self.check_people(&filter, &row, &here, &when).await;
        }
    }

    /// Exactly those whom a figure counts stand behind it.
    async fn check_people(&self, filter: &Filter, row: &Row, here: &[&Owed], when: &str) {
        for figure in FigureName::ALL {
            let name = figure.to_string();
            let (_, name) = name.split_once('.').unwrap();
            let kind = if figure.side == Side::Exam { SubjectKind::Exam } else { SubjectKind::Programme };
            let times = |o: &Owed| {
                let of = |name: &str| o.counts.get(name).copied().unwrap_or(0);
                match name {
                    "not_participated" => of("expected") - of("participated"),
                    "not_completed" => of("expected") - of("completed"),
                    "not_completed_due" => of("expected") - of("completed_due"),
                    "not_sat" => of("expected") - of("sat"),
                    "not_passed" => of("sat") - of("passed"),
                    "not_passed_overall" => of("expected") - of("passed"),
                    "not_first_passed" => of("first_sat") - of("first_passed"),
                    "not_excellent" => of("first_sat") - of("excellent"),
                    name => of(name),
                }
            };
            let mut wanted = BTreeMap::new();
            for o in here.iter().filter(|o| kind_of(o) == kind && times(o) > 0) {
                *wanted.entry((o.person, o.subject)).or_insert(0) += times(o);
            }
            let mut found = BTreeMap::new();
            let mut cursor: Option<String> = None;
            loop {
                let page = PageRequest::new(Some(7), cursor.as_deref()).unwrap();
                let rows = self.server.services.reports.people(&self.auditor, filter, *figure, &page).await.unwrap();
                for row in rows.items {
                    *found.entry((row.person_id, row.subject.id)).or_insert(0) += 1;
                }
                cursor = rows.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, wanted, "{when}, {filter:?}, {figure}");
            assert_eq!(figure.of(&row.figures), wanted.values().sum::<i64>(), "{when}, {filter:?}, {figure}");
        }
    }
}

fn check_row(row: &Row, here: &[&Owed], when: &str) {
    let figures = &row.figures;
    let shown = |f: &tally::Figures, names: &[&'static str]| -> Counts {
        let of = |name: &str| tally::Figure::ALL.iter().find(|figure| figure.as_str() == name).unwrap();
        names.iter().map(|name| (*name, f.get(*of(name)))).collect()
    };
    let wanted =
        |kind, names: &[&'static str]| -> Counts { names.iter().map(|name| (*name, sum(here, kind, name))).collect() };
    let (study, exam) = (wanted(SubjectKind::Programme, &STUDY), wanted(SubjectKind::Exam, &EXAM));
    assert_eq!(shown(&figures.study, &STUDY), study, "{when}: study");
    assert_eq!(shown(&figures.exam, &EXAM), exam, "{when}: exam");
    let persons: BTreeSet<PersonId> =
        here.iter().filter(|o| o.counts.contains_key("on_roster")).map(|o| o.person).collect();
    assert_eq!(figures.persons, i64::try_from(persons.len()).unwrap(), "{when}: different people");
    let rates = [
        (figures.participation_rate(), study["participated"], study["expected"]),
        (figures.completion_rate(), study["completed"], study["expected"]),
        (figures.sitting_rate(), exam["sat"], exam["expected"]),
        (figures.pass_rate(), exam["passed"], exam["sat"]),
        (figures.overall_pass_rate(), exam["passed"], exam["expected"]),
        (figures.first_pass_rate(), exam["first_passed"], exam["first_sat"]),
        (figures.excellence_rate(), exam["excellent"], exam["first_sat"]),
    ];
    for (rate, part, whole) in rates {
        assert_eq!((rate.numerator, rate.denominator, rate.percent()), (part, whole, percent(part, whole)), "{when}");
        assert!(part <= whole, "{when}");
    }
    assert_eq!(exam["expected"], exam["sat"] + exam["pending"] + exam["deferred"] + exam["absent"], "{when}");
    let imported = here.iter().any(|o| o.imported && o.counts.contains_key("on_roster"));
    assert_eq!(figures.imported, imported, "{when}: brought in");
}

/// The streak of a unit, walking back year by year.
fn streak(facts: &Facts, owed: &[Owed], filter: &Filter, unit: UnitId) -> Streak {
    let is_closed = |year: i32| {
        facts.closings.iter().any(|c| c.year == year && c.reopened_at.is_none() && facts.lies_within(unit, c.unit_id))
    };
    let is_full = |year: i32| {
        let of_year = Filter { category: filter.category, ..Filter::of_year(year, unit) };
        let here: Vec<&Owed> = owed.iter().filter(|o| means(&of_year, o) && facts.lies_within(o.unit, unit)).collect();
        let of = |kind, name| sum(&here, kind, name);
        let exam = |name| of(SubjectKind::Exam, name);
        is_closed(year)
            && exam("expected") > 0
            && exam("sat") == exam("expected")
            && exam("passed") == exam("sat")
            && of(SubjectKind::Programme, "participated") == of(SubjectKind::Programme, "expected")
    };
    let end = if is_closed(filter.year) { filter.year } else { filter.year - 1 };
    let years = |to: i32| i32::try_from((2000..=to).rev().take_while(|year| is_full(*year)).count()).unwrap();
    if years(end) > 0 {
        return Streak { years: years(end), last: None };
    }
    let last = (2000..end).rev().find(|year| is_full(*year));
    let last = last.map(|to_year| kaofa::report::Run { from_year: to_year - years(to_year) + 1, to_year });
    Streak { years: 0, last }
}
