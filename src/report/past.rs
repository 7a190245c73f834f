//! Years before Kaofa (补录): the columns of their files, what a row says, and the figures that follow from it. Reads nothing.

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::org::person::Category;
use entity::points::Points;
use entity::report::past_row::{self, PastExam, PastStudy};

use crate::files::{Cell, Column, Heads, Mistake, Row, Table};
use crate::kernel::field::{FieldCode, Fields};
use crate::org;
use crate::tally::Figures;

/// The columns, in the order of the template.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "year", titles: &["年份", "年度"], required: true },
    Column { name: "unit", titles: &["单位", "单位名称", "所在单位"], required: false },
    Column { name: "unit_code", titles: &["单位编码", "单位代码"], required: false },
    Column { name: "staff_no", titles: &["工号", "人员编号", "编号"], required: false },
    Column { name: "name", titles: &["姓名"], required: true },
    Column { name: "categories", titles: &["人员类别", "类别"], required: false },
    Column { name: "study", titles: &["学法情况", "参学情况", "学法"], required: true },
    Column { name: "exam", titles: &["考试情况", "考法情况", "考试"], required: true },
    Column { name: "points", titles: &["成绩", "得分", "分数"], required: false },
];

/// Columns that offices keep beside them.
const PASSED_OVER: &[&str] = &["序号", "备注", "错误", "no", "remarks", "errors"];

const YEAR: usize = 0;
const UNIT: usize = 1;
const UNIT_CODE: usize = 2;
const STAFF_NO: usize = 3;
const NAME: usize = 4;
const CATEGORIES: usize = 5;
const STUDY: usize = 6;
const EXAM: usize = 7;
const POINTS: usize = 8;

/// The words for how somebody studied; the first of each is what the template explains.
pub(super) const STUDIES: &[(PastStudy, &[&str])] = &[
    (PastStudy::Completed, &["达标", "完成"]),
    (PastStudy::Participated, &["参学", "已学", "是"]),
    (PastStudy::Missed, &["未参学", "未学", "否"]),
    (PastStudy::Exempt, &["免学"]),
];

/// The same for the exam.
pub(super) const EXAMS: &[(PastExam, &[&str])] = &[
    (PastExam::Excellent, &["优秀"]),
    (PastExam::Passed, &["合格", "通过", "及格"]),
    (PastExam::PassedLater, &["补考合格"]),
    (PastExam::Failed, &["不合格", "未通过", "不及格"]),
    (PastExam::Absent, &["缺考", "未考"]),
    (PastExam::Exempt, &["免考"]),
];

/// A unit as a file may name it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) id: UnitId,
    pub(super) code: String,
    pub(super) name: String,
}

/// How somebody stood in a year, as a row tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// The row of the file.
    pub(super) number: u32,
    pub(super) year: i32,
    pub(super) unit: UnitId,
    pub(super) staff_no: Option<String>,
    pub(super) name: String,
    pub(super) categories: Vec<Category>,
    pub(super) study: Option<PastStudy>,
    pub(super) exam: Option<PastExam>,
    pub(super) points: Option<Points>,
}

/// The rows of a file, as far as they can be read, how many there are, and what is wrong.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) rows: Vec<Told>,
    pub(super) count: usize,
    pub(super) mistakes: Vec<Mistake>,
}

/// Reads a table of years before `this_year`, of people of these units.
pub(super) fn read(table: &Table, units: &[Place], (first_year, this_year): (i32, i32)) -> Read {
    let mut read = Read { mistakes: table.mistakes.clone(), ..Read::default() };
    let heads = match Heads::find(table, COLUMNS, PASSED_OVER) {
        Ok(heads) => heads,
        Err(found) => {
            read.mistakes.extend(found);
            return read;
        }
    };
    if heads.place(UNIT).is_none() && heads.place(UNIT_CODE).is_none() {
        read.mistakes.push(Mistake::of_row(heads.row, FieldCode::MissingColumn).with("单位"));
        return read;
    }
    let mut by_name: HashMap<String, Vec<&Place>> = HashMap::new();
    for unit in units {
        by_name.entry(org::tight_name(&unit.name)).or_default().push(unit);
    }
    let by_code: HashMap<&str, UnitId> = units.iter().map(|unit| (unit.code.as_str(), unit.id)).collect();
    for row in heads.rows(table) {
        read.count += 1;
        let mut cells = Cells { row, heads: &heads, mistakes: &mut read.mistakes, sound: true };
        if let Some(told) = cells.told(&by_name, &by_code, (first_year, this_year)) {
            read.rows.push(told);
        }
    }
    read
}

/// The cells of a row, with what is wrong with them.
struct Cells<'a> {
    row: &'a Row,
    heads: &'a Heads,
    mistakes: &'a mut Vec<Mistake>,
    sound: bool,
}

impl Cells<'_> {
    fn wrong(&mut self, column: usize, code: FieldCode, detail: impl std::fmt::Display) {
        self.sound = false;
        let place = self.heads.place(column).and_then(|place| u32::try_from(place).ok());
        let mistake = match place {
            Some(place) => Mistake::at(self.row.number, place, code),
            None => Mistake::of_row(self.row.number, code),
        };
        self.mistakes.push(mistake.with(detail));
    }

    fn text(&mut self, column: usize, most: usize) -> Option<String> {
        let text = match self.heads.cell(self.row, column) {
            Cell::Text(text) => org::tight_name(text),
            Cell::Empty => return None,
            Cell::Bad(_) => {
                // It was noted when the file was read.
                self.sound = false;
                return None;
            }
        };
        let mut fields = Fields::new();
        let line = fields.optional_line("", &text, most);
        match fields.check() {
            Ok(()) => Some(line),
            Err(invalid) => {
                for error in invalid.0 {
                    self.wrong(column, error.code, error.detail);
                }
                None
            }
        }
    }

    fn needed(&mut self, column: usize, most: usize) -> Option<String> {
        let known = self.mistakes.len();
        let text = self.text(column, most);
        if text.is_none() && self.mistakes.len() == known && self.sound {
            self.wrong(column, FieldCode::Required, "");
        }
        text
    }

    fn word<T: Copy>(&mut self, column: usize, words: &[(T, &[&str])]) -> Option<T> {
        let text = self.text(column, 20)?;
        let found = words.iter().find(|(_, words)| words.contains(&text.as_str())).map(|(meant, _)| *meant);
        if found.is_none() {
            self.wrong(column, FieldCode::UnknownValue, text);
        }
        found
    }

    fn unit(&mut self, by_name: &HashMap<String, Vec<&Place>>, by_code: &HashMap<&str, UnitId>) -> Option<UnitId> {
        if let Some(code) = self.text(UNIT_CODE, 40) {
            let found = by_code.get(code.as_str()).copied();
            if found.is_none() {
                self.wrong(UNIT_CODE, FieldCode::UnknownReference, "");
            }
            return found;
        }
        let name = self.needed(UNIT, 80)?;
        match by_name.get(&name).map(Vec::as_slice) {
            Some([unit]) => Some(unit.id),
            Some([]) | None => {
                self.wrong(UNIT, FieldCode::UnknownReference, "");
                None
            }
            Some(several) => {
                let codes: Vec<&str> = several.iter().map(|unit| unit.code.as_str()).take(5).collect();
                self.wrong(UNIT, FieldCode::Ambiguous, codes.join("、"));
                None
            }
        }
    }

    fn categories(&mut self) -> Vec<Category> {
        let text = self.text(CATEGORIES, 200).unwrap_or_default();
        let between = |c: char| c.is_whitespace() || matches!(c, '、' | '，' | ',' | '；' | ';' | '/' | '|');
        let mut held = Vec::new();
        for word in text.split(between).filter(|word| !word.is_empty()) {
            match org::category_of(word) {
                Some(category) => held.push(category),
                None => self.wrong(CATEGORIES, FieldCode::UnknownValue, word.chars().take(20).collect::<String>()),
            }
        }
        held.sort_unstable();
        held.dedup();
        held
    }

    fn points(&mut self) -> Option<Points> {
        let text = self.text(POINTS, 20)?;
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let sound = digits(whole) && whole.len() <= 5 && (part.is_empty() || digits(part)) && part.len() <= 2;
        let points = if sound { format!("{whole}{part:0<2}").parse().ok() } else { None };
        if points.is_none() {
            self.wrong(POINTS, FieldCode::Invalid, "");
        }
        points.map(Points)
    }

    fn told(
        &mut self,
        by_name: &HashMap<String, Vec<&Place>>,
        by_code: &HashMap<&str, UnitId>,
        (first_year, this_year): (i32, i32),
    ) -> Option<Told> {
        let year = self.needed(YEAR, 10);
        let year = year.and_then(|text| match text.trim_end_matches('年').parse::<i32>() {
            Ok(year) if (first_year..this_year).contains(&year) => Some(year),
            Ok(_) => {
                self.wrong(YEAR, FieldCode::OutOfRange, format!("{first_year}–{}", this_year - 1));
                None
            }
            Err(_no_number) => {
                self.wrong(YEAR, FieldCode::Invalid, "");
                None
            }
        });
        let unit = self.unit(by_name, by_code);
        let staff_no = self.text(STAFF_NO, 40);
        let name = self.needed(NAME, 80);
        let categories = self.categories();
        let study = self.word(STUDY, STUDIES);
        let exam = self.word(EXAM, EXAMS);
        let points = self.points();
        if points.is_some()
            && !matches!(
                exam,
                None | Some(PastExam::Excellent | PastExam::Passed | PastExam::PassedLater | PastExam::Failed)
            )
        {
            self.wrong(POINTS, FieldCode::Conflict, "");
        }
        if study.is_none() && exam.is_none() && self.sound {
            self.wrong(STUDY, FieldCode::Required, "");
        }
        let number = self.row.number;
        let told = Told { number, year: year?, unit: unit?, staff_no, name: name?, categories, study, exam, points };
        self.sound.then_some(told)
    }
}

/// Rows that tell of somebody twice in one year are wrong; people are told apart by number, or by name and unit.
pub(super) fn twice(rows: &[Told]) -> Vec<Mistake> {
    let mut seen: HashSet<(i32, &str, Option<UnitId>)> = HashSet::new();
    let mut again = Vec::new();
    for row in rows {
        let key = match &row.staff_no {
            Some(number) => (row.year, number.as_str(), None),
            None => (row.year, row.name.as_str(), Some(row.unit)),
        };
        if !seen.insert(key) {
            again.push(Mistake::of_row(row.number, FieldCode::Duplicate));
        }
    }
    again
}

/// What somebody owed in study, and how it stood.
pub(super) fn study_figures(row: &past_row::Model) -> Option<Figures> {
    let one = |yes: bool| i64::from(yes);
    row.study.map(|study| {
        let exempt = study == PastStudy::Exempt;
        let completed = one(study == PastStudy::Completed);
        Figures {
            on_roster: 1,
            exempt: one(exempt),
            expected: one(!exempt),
            participated: one(matches!(study, PastStudy::Completed | PastStudy::Participated)),
            completed,
            completed_due: completed,
            ..Figures::none()
        }
    })
}

/// The same of the exam. Whoever passed a make-up sat the main exam first and did not pass it: files of that time tell no more.
pub(super) fn exam_figures(row: &past_row::Model) -> Option<Figures> {
    let one = |yes: bool| i64::from(yes);
    row.exam.map(|exam| {
        let exempt = exam == PastExam::Exempt;
        let first = matches!(exam, PastExam::Excellent | PastExam::Passed);
        let passed = first || exam == PastExam::PassedLater;
        let sat = one(passed || exam == PastExam::Failed);
        Figures {
            on_roster: 1,
            exempt: one(exempt),
            expected: one(!exempt),
            sat,
            absent: one(exam == PastExam::Absent),
            passed: one(passed),
            first_sat: sat,
            first_passed: one(first),
            excellent: one(exam == PastExam::Excellent),
            sittings: sat,
            points: row.points.map_or(0, |points| points.0),
            ..Figures::none()
        }
    })
}

#[cfg(test)]
mod tests {
    use entity::List;
    use uuid::Uuid;

    use super::*;
    use crate::files::{Limits, read as read_file};

    fn place(n: u128, code: &str, name: &str) -> Place {
        Place { id: UnitId(Uuid::from_u128(n)), code: code.into(), name: name.into() }
    }

    fn told(csv: &str) -> Read {
        let units = [place(1, "A", "区司法局"), place(2, "B", "桂花街道"), place(3, "C", "桂花街道")];
        read(&read_file(csv.as_bytes(), Limits::default()).unwrap(), &units, (1949, 2026))
    }

    #[test]
    fn a_file_tells_how_each_stood() {
        let read = told(
            "年份,单位,单位编码,工号,姓名,人员类别,学法情况,考试情况,成绩\n\
             2019,区司法局,,001,张 三,领导干部、公务员,达标,合格,85.5\n\
             2019年,,C,,李四,,参学,,\n",
        );
        assert!(read.mistakes.is_empty(), "{:?}", read.mistakes);
        assert_eq!((read.count, read.rows.len()), (2, 2));
        let first = &read.rows[0];
        assert_eq!((first.year, first.name.as_str(), first.staff_no.as_deref()), (2019, "张三", Some("001")));
        assert_eq!(first.categories, [Category::LeadingOfficial, Category::CivilServant]);
        assert_eq!(first.points, Some(Points(8550)));
        assert_eq!((read.rows[1].unit, read.rows[1].exam), (UnitId(Uuid::from_u128(3)), None));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let read = told(
            "年份,单位,姓名,学法情况,考试情况,成绩\n\
             2026,区司法局,甲,达标,合格,\n\
             2019,桂花街道,乙,达标,合格,\n\
             2019,无此局,丙,学了,合格,x\n\
             2019,区司法局,丁,,,\n\
             2019,区司法局,,达标,缺考,60\n",
        );
        let codes: Vec<(u32, Option<u32>, FieldCode)> =
            read.mistakes.iter().map(|m| (m.row, m.column, m.code)).collect();
        for wanted in [
            (2, Some(0), FieldCode::OutOfRange),
            (3, Some(1), FieldCode::Ambiguous),
            (4, Some(1), FieldCode::UnknownReference),
            (4, Some(3), FieldCode::UnknownValue),
            (4, Some(5), FieldCode::Invalid),
            (5, Some(3), FieldCode::Required),
            (6, Some(2), FieldCode::Required),
            (6, Some(5), FieldCode::Conflict),
        ] {
            assert!(codes.contains(&wanted), "{wanted:?}: {codes:?}");
        }
        assert!(read.rows.is_empty());
        assert_eq!(told("单位,姓名\n区司法局,甲\n").mistakes.len(), 3, "year, study and exam are missing");
    }

    #[test]
    fn figures_of_a_past_year_obey_their_rules() {
        let all = PastExam::ALL.iter().copied().map(Some).chain([None]);
        for exam in all {
            for study in PastStudy::ALL.iter().copied().map(Some).chain([None]) {
                let row = past_row::Model {
                    past_year_id: Uuid::nil().into(),
                    person_id: Uuid::nil().into(),
                    unit_id: Uuid::nil().into(),
                    name: String::new(),
                    categories: List(Vec::new()),
                    study,
                    exam,
                    points: None,
                    row: 2,
                };
                assert_eq!(
                    (study_figures(&row).is_some(), exam_figures(&row).is_some()),
                    (study.is_some(), exam.is_some())
                );
                if let Some(f) = study_figures(&row) {
                    assert!(
                        f.expected == f.on_roster - f.exempt
                            && f.completed <= f.participated
                            && f.participated <= f.expected
                    );
                }
                if let Some(f) = exam_figures(&row) {
                    assert!(f.expected == f.on_roster - f.exempt && f.expected == f.sat + f.absent);
                    assert!(f.passed <= f.sat && f.first_passed <= f.passed && f.excellent <= f.first_passed);
                }
            }
        }
    }
}
