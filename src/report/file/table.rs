//! The columns of the files, and what stands in them for a row.

use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;

use super::words;
use crate::files::{CSV_MARK, csv_line};
use crate::kernel::rate::Rate;
use crate::report::model::Row;
use crate::tally::{Figure, Figures};

/// A column: what stands at its head, and how wide it is, in characters of half width.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Head(pub(super) &'static str, pub(super) u8);

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) enum Cell {
    /// A text, never a formula.
    Text(String),
    /// So many.
    Count(i64),
    /// A rate, of the cells in these columns of its row: part and whole.
    Rate(Rate, u16, u16),
    /// A number with two decimals; a dash if there is none.
    Decimal(Option<String>),
}

impl Cell {
    /// As csv holds it.
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Rate(rate, ..) => rate.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent}%")),
            Self::Decimal(number) => number.clone().unwrap_or_else(|| "—".to_owned()),
        }
    }
}

/// A column of the table of rates: its head, and what stands there for a unit.
struct Column(Head, fn(&Row) -> Cell);

macro_rules! columns {
    ($($title:literal $width:literal $cell:expr),+ $(,)?) => { &[$(Column(Head($title, $width), $cell)),+] };
}

/// The places of what rates are made of.
mod at {
    pub(super) const STUDY_EXPECTED: u16 = 5;
    pub(super) const PARTICIPATED: u16 = 6;
    pub(super) const COMPLETED: u16 = 8;
    pub(super) const EXPECTED: u16 = 14;
    pub(super) const SAT: u16 = 15;
    pub(super) const PASSED: u16 = 20;
    pub(super) const FIRST_SAT: u16 = 23;
    pub(super) const FIRST_PASSED: u16 = 24;
    pub(super) const EXCELLENT: u16 = 26;
}

const COLUMNS: &[Column] = columns![
    "单位" 30 |row| Cell::Text(format!("{}{}", "　".repeat(usize::try_from(row.depth).unwrap_or(0)), row.unit_name)),
    "层级" 6 |row| Cell::Count(i64::from(row.depth)),
    "不同人数" 10 |row| Cell::Count(row.figures.persons),
    "学法在册" 10 |row| Cell::Count(row.figures.study.on_roster),
    "免学" 7 |row| Cell::Count(row.figures.study.exempt),
    "应学" 8 |row| Cell::Count(row.figures.study.expected),
    "参学" 8 |row| Cell::Count(row.figures.study.participated),
    "参学率" 10 |row| Cell::Rate(row.figures.participation_rate(), at::PARTICIPATED, at::STUDY_EXPECTED),
    "达标" 8 |row| Cell::Count(row.figures.study.completed),
    "达标率" 10 |row| Cell::Rate(row.figures.completion_rate(), at::COMPLETED, at::STUDY_EXPECTED),
    "进度达标" 10 |row| Cell::Count(row.figures.study.completed_due),
    "考试在册" 10 |row| Cell::Count(row.figures.exam.on_roster),
    "免考" 7 |row| Cell::Count(row.figures.exam.exempt),
    "事后免考" 10 |row| Cell::Count(row.figures.exam.exempt_late),
    "应考" 8 |row| Cell::Count(row.figures.exam.expected),
    "参考" 8 |row| Cell::Count(row.figures.exam.sat),
    "参考率" 10 |row| Cell::Rate(row.figures.sitting_rate(), at::SAT, at::EXPECTED),
    "待考" 7 |row| Cell::Count(row.figures.exam.pending),
    "缓考" 7 |row| Cell::Count(row.figures.exam.deferred),
    "缺考" 7 |row| Cell::Count(row.figures.exam.absent),
    "合格" 8 |row| Cell::Count(row.figures.exam.passed),
    "合格率" 10 |row| Cell::Rate(row.figures.pass_rate(), at::PASSED, at::SAT),
    "总合格率" 10 |row| Cell::Rate(row.figures.overall_pass_rate(), at::PASSED, at::EXPECTED),
    "首考参考" 10 |row| Cell::Count(row.figures.exam.first_sat),
    "首考合格" 10 |row| Cell::Count(row.figures.exam.first_passed),
    "首考合格率" 12 |row| Cell::Rate(row.figures.first_pass_rate(), at::FIRST_PASSED, at::FIRST_SAT),
    "优秀" 8 |row| Cell::Count(row.figures.exam.excellent),
    "优秀率" 10 |row| Cell::Rate(row.figures.excellence_rate(), at::EXCELLENT, at::FIRST_SAT),
    "白卷" 7 |row| Cell::Count(row.figures.exam.blank),
    "参考人次" 10 |row| Cell::Count(row.figures.exam.sittings),
    "平均分" 9 |row| Cell::Decimal(row.figures.average_points()),
    "连续年" 8 |row| Cell::Count(i64::from(row.figures.streak.years)),
    "其中补录年" 11 |row| Cell::Count(i64::from(row.figures.streak_imported)),
    "来源" 8 |row| Cell::Text(if row.figures.imported { "补录".to_owned() } else { String::new() }),
];

const fn heads_of<const N: usize>(columns: &[Column]) -> [Head; N] {
    let mut heads = [Head("", 0); N];
    let mut n = 0;
    while n < N {
        #[allow(clippy::indexing_slicing, reason = "computed before the program runs")]
        {
            heads[n] = columns[n].0;
        }
        n += 1;
    }
    heads
}

/// The columns of the table of rates.
pub(in crate::report) const RATES: &[Head] = &heads_of::<{ COLUMNS.len() }>(COLUMNS);

/// A unit in the table of rates.
pub(in crate::report) fn rates_row(row: &Row) -> Vec<Cell> {
    COLUMNS.iter().map(|column| (column.1)(row)).collect()
}

/// The columns of a list of people, an obligation or an attempt a row.
pub(in crate::report) const PEOPLE: &[Head] = &[
    Head("单位", 26),
    Head("姓名", 12),
    Head("人员类别", 28),
    Head("类型", 7),
    Head("计划或考试", 34),
    Head("在册", 6),
    Head("免", 6),
    Head("事后免考", 10),
    Head("应学应考", 10),
    Head("参学", 6),
    Head("达标", 6),
    Head("进度达标", 10),
    Head("参考", 6),
    Head("待考", 6),
    Head("缓考", 6),
    Head("缺考", 6),
    Head("合格", 6),
    Head("首考参考", 10),
    Head("首考合格", 10),
    Head("优秀", 6),
    Head("白卷", 6),
    Head("参考人次", 10),
    Head("得分", 8),
];

/// The figures in the order of the columns from 在册 on.
const SHOWN: [Figure; 17] = [
    Figure::OnRoster,
    Figure::Exempt,
    Figure::ExemptLate,
    Figure::Expected,
    Figure::Participated,
    Figure::Completed,
    Figure::CompletedDue,
    Figure::Sat,
    Figure::Pending,
    Figure::Deferred,
    Figure::Absent,
    Figure::Passed,
    Figure::FirstSat,
    Figure::FirstPassed,
    Figure::Excellent,
    Figure::Blank,
    Figure::Sittings,
];

/// Somebody in a list.
#[derive(Debug, Clone)]
pub(in crate::report) struct Standing {
    /// Their unit on the roster.
    pub(in crate::report) unit: String,
    /// Their name on the roster.
    pub(in crate::report) name: String,
    /// Their categories on the roster.
    pub(in crate::report) categories: Vec<Category>,
    /// Programme or exam.
    pub(in crate::report) kind: SubjectKind,
    /// Its title.
    pub(in crate::report) title: String,
    /// How they stand.
    pub(in crate::report) figures: Figures,
}

fn categories(categories: &[Category]) -> Cell {
    Cell::Text(categories.iter().map(|c| words::category(*c)).collect::<Vec<_>>().join("、"))
}

/// A row of a list of people.
pub(in crate::report) fn people_row(standing: &Standing) -> Vec<Cell> {
    let kind = if standing.kind == SubjectKind::Exam { "考试" } else { "学法" };
    let figures = &standing.figures;
    let mut cells = vec![
        Cell::Text(standing.unit.clone()),
        Cell::Text(standing.name.clone()),
        categories(&standing.categories),
        Cell::Text(kind.to_owned()),
        Cell::Text(standing.title.clone()),
    ];
    cells.extend(SHOWN.iter().map(|figure| Cell::Count(figures.get(*figure))));
    let points = (figures.sat > 0).then(|| format!("{}.{:02}", figures.points / 100, figures.points % 100));
    cells.push(Cell::Decimal(points));
    cells
}

/// The columns of the list of those who have not yet studied or sat.
pub(in crate::report) const MISSING: &[Head] = &[
    Head("单位", 26),
    Head("姓名", 12),
    Head("人员类别", 28),
    Head("未参学的计划", 40),
    Head("未参加的考试", 40),
    Head("考试情况", 14),
];

/// Somebody who has not yet studied or sat, from all that they lack.
pub(in crate::report) fn missing_row(lacking: &[Standing]) -> Vec<Cell> {
    let titles = |kind: SubjectKind| {
        let titles: Vec<&str> = lacking.iter().filter(|s| s.kind == kind).map(|s| s.title.as_str()).collect();
        Cell::Text(titles.join("、"))
    };
    let state = |figures: &Figures| match figures {
        Figures { deferred: 1.., .. } => "缓考",
        Figures { absent: 1.., .. } => "缺考",
        _ => "待考",
    };
    let exams: Vec<&str> = lacking.iter().filter(|s| s.kind == SubjectKind::Exam).map(|s| state(&s.figures)).collect();
    let (unit, name) = lacking.first().map(|s| (s.unit.clone(), s.name.clone())).unwrap_or_default();
    vec![
        Cell::Text(unit),
        Cell::Text(name),
        categories(lacking.first().map_or(&[], |s| s.categories.as_slice())),
        titles(SubjectKind::Programme),
        titles(SubjectKind::Exam),
        Cell::Text(exams.join("、")),
    ]
}

/// The beginning of a csv file with these columns.
pub(in crate::report) fn csv_heads(heads: &[Head]) -> Vec<u8> {
    let mut bytes = CSV_MARK.as_bytes().to_vec();
    csv_line(&mut bytes, heads.iter().map(|head| head.0));
    bytes
}

/// Adds a row to a csv file.
pub(in crate::report) fn csv_row(bytes: &mut Vec<u8>, cells: &[Cell]) {
    let texts: Vec<String> = cells.iter().map(Cell::text).collect();
    csv_line(bytes, texts.iter().map(String::as_str));
}

#[cfg(test)]
mod tests {
    use entity::id::UnitId;
    use uuid::Uuid;

    use super::*;
    use crate::report::model::UnitFigures;
    use crate::report::streak::Streak;

    #[test]
    fn every_rate_is_made_of_the_cells_that_it_names() {
        let study = Figures { expected: 7, participated: 5, completed: 3, ..Figures::none() };
        let exam = Figures {
            expected: 29,
            sat: 23,
            passed: 19,
            first_sat: 17,
            first_passed: 13,
            excellent: 11,
            ..Figures::none()
        };
        let figures =
            UnitFigures { persons: 31, study, exam, streak: Streak::default(), streak_imported: 0, imported: true };
        let unit_id = UnitId(Uuid::nil());
        let row = rates_row(&Row { unit_id, unit_name: "甲".into(), parent_id: None, depth: 1, figures });
        assert_eq!(row.len(), RATES.len());
        assert_eq!(row[0], Cell::Text("　甲".into()));
        let count = |column: u16| match row[usize::from(column)] {
            Cell::Count(count) => count,
            ref other => panic!("{other:?}"),
        };
        let rates = row.iter().filter_map(|cell| match cell {
            Cell::Rate(rate, part, whole) => Some((*rate, *part, *whole)),
            _ => None,
        });
        let mut seen = 0;
        for (rate, part, whole) in rates {
            assert_eq!((rate.numerator, rate.denominator), (count(part), count(whole)));
            seen += 1;
        }
        assert_eq!(seen, 7);
        let mut bytes = Vec::new();
        csv_row(&mut bytes, &row);
        assert!(String::from_utf8(bytes).unwrap().contains(",7,5,71.43%,3,42.86%,"));
    }

    #[test]
    fn a_list_has_a_cell_for_each_of_its_heads() {
        let standing = Standing {
            unit: "=甲".into(),
            name: "张三".into(),
            categories: vec![Category::CivilServant, Category::EnforcementOfficer],
            kind: SubjectKind::Exam,
            title: "考试".into(),
            figures: Figures { sat: 1, points: 8_005, absent: 0, ..Figures::none() },
        };
        let row = people_row(&standing);
        assert_eq!((row.len(), row.last()), (PEOPLE.len(), Some(&Cell::Decimal(Some("80.05".into())))));
        assert_eq!(row[2], Cell::Text("公务员、行政执法人员".into()));
        assert_eq!(missing_row(&[standing]).len(), MISSING.len());
    }
}
