//! The columns of a file of people, and its rows.

use std::collections::HashMap;
use std::str::FromStr;

use entity::id::UnitId;
use entity::instant::Day;
use entity::org::person::Category;

use super::report::{KnownUnit, at};
use crate::files::{Cell, Column, Heads, Mistake, Row, Table};
use crate::kernel::field::{FieldCode, Fields};
use crate::org::national_id::NationalId;
use crate::org::phone::Phone;

/// The columns of a file of people, in the order of the template.
pub(in crate::org) const COLUMNS: &[Column] = &[
    Column { name: "staff_no", titles: &["工号", "人员编号", "编号", "职工号"], required: false },
    Column { name: "name", titles: &["姓名"], required: true },
    Column { name: "unit", titles: &["单位", "单位名称", "所在单位", "工作单位"], required: false },
    Column { name: "unit_code", titles: &["单位编码", "单位代码"], required: false },
    Column { name: "categories", titles: &["人员类别", "类别"], required: false },
    Column { name: "post", titles: &["职务", "岗位", "职务职级"], required: false },
    Column {
        name: "id_number", titles: &["身份证号", "身份证号码", "公民身份号码", "身份证"], required: false
    },
    Column {
        name: "phone", titles: &["手机号", "手机号码", "手机", "联系电话", "电话"], required: false
    },
    Column { name: "joined_on", titles: &["入职日期", "到岗日期"], required: false },
];

/// Columns that offices keep beside them, and that of a file that came back.
pub(in crate::org) const PASSED_OVER: &[&str] = &["序号", "备注", "错误", "no", "remarks", "errors"];

/// Where a column stands in [`COLUMNS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::org) enum At {
    StaffNo,
    Name,
    Unit,
    UnitCode,
    Categories,
    Post,
    IdNumber,
    Phone,
    JoinedOn,
}

impl At {
    pub(in crate::org) fn index(self) -> usize {
        match self {
            Self::StaffNo => 0,
            Self::Name => 1,
            Self::Unit => 2,
            Self::UnitCode => 3,
            Self::Categories => 4,
            Self::Post => 5,
            Self::IdNumber => 6,
            Self::Phone => 7,
            Self::JoinedOn => 8,
        }
    }
}

/// The words of the categories, the first of each as exports write it.
const CATEGORIES: &[(Category, &[&str])] = &[
    (Category::LeadingOfficial, &["领导干部", "leading_official"]),
    (Category::CivilServant, &["公务员", "civil_servant"]),
    (Category::EnforcementOfficer, &["行政执法人员", "执法人员", "enforcement_officer"]),
    (Category::EnforcementAuxiliary, &["执法辅助人员", "辅助人员", "enforcement_auxiliary"]),
    (Category::Other, &["其他人员", "其他", "other"]),
];

/// A category as templates and exports write it.
pub(in crate::org) fn category_word(category: Category) -> &'static str {
    let found = CATEGORIES.iter().find(|(known, _)| *known == category);
    found.and_then(|(_, words)| words.first().copied()).unwrap_or_default()
}

/// The category that a word of a file means.
pub(in crate::org) fn category_of(word: &str) -> Option<Category> {
    CATEGORIES.iter().find(|(_, words)| words.contains(&word)).map(|(category, _)| *category)
}

/// What stands in a cell of a personal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) enum Number<T> {
    /// Nothing: what is there stays.
    Absent,
    /// A mask as exports write it: what is there stays, if that is its mask.
    Masked(String),
    /// A number.
    Given(T),
}

impl<T> Number<T> {
    pub(in crate::org) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(number) => Some(number),
            Self::Absent | Self::Masked(_) => None,
        }
    }
}

/// A person as a row tells. What a row leaves empty stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) struct PersonRow {
    /// The row of the file.
    pub(in crate::org) number: u32,
    pub(in crate::org) staff_no: Option<String>,
    pub(in crate::org) name: String,
    pub(in crate::org) unit: UnitId,
    pub(in crate::org) categories: Option<Vec<Category>>,
    pub(in crate::org) post: Option<String>,
    pub(in crate::org) id_number: Number<NationalId>,
    pub(in crate::org) phone: Number<Phone>,
    pub(in crate::org) joined_on: Option<Day>,
}

/// The rows of a file, as far as they can be read, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(in crate::org) struct Read {
    pub(in crate::org) heads: Option<Heads>,
    /// How many rows there are below the heads.
    pub(in crate::org) count: usize,
    pub(in crate::org) rows: Vec<PersonRow>,
    pub(in crate::org) mistakes: Vec<Mistake>,
}

/// Reads a table of people who belong to these units.
pub(in crate::org) fn read(table: &Table, units: &[KnownUnit]) -> Read {
    let mut mistakes = table.mistakes.clone();
    let heads = match Heads::find(table, COLUMNS, PASSED_OVER) {
        Ok(heads) => heads,
        Err(found) => {
            mistakes.extend(found);
            return Read { mistakes, ..Read::default() };
        }
    };
    if heads.place(At::Unit.index()).is_none() && heads.place(At::UnitCode.index()).is_none() {
        mistakes.push(Mistake::of_row(heads.row, FieldCode::MissingColumn).with("单位"));
        return Read { mistakes, ..Read::default() };
    }
    let units = Units::new(units);
    let mut rows = Vec::new();
    let mut count = 0;
    for row in heads.rows(table) {
        count += 1;
        let mut reader = RowReader { row, heads: &heads, mistakes: &mut mistakes, sound: true };
        rows.extend(reader.person(&units));
    }
    Read { heads: Some(heads), count, rows, mistakes }
}

/// Units by what a file calls them.
struct Units<'a> {
    by_code: HashMap<&'a str, &'a KnownUnit>,
    by_name: HashMap<String, Vec<&'a KnownUnit>>,
}

impl<'a> Units<'a> {
    fn new(units: &'a [KnownUnit]) -> Self {
        let mut by_name: HashMap<String, Vec<&KnownUnit>> = HashMap::new();
        for unit in units.iter().filter(|unit| unit.open) {
            by_name.entry(tight(&unit.name)).or_default().push(unit);
        }
        let by_code = units.iter().filter(|unit| unit.open).map(|unit| (unit.code.as_str(), unit)).collect();
        Self { by_code, by_name }
    }
}

/// A name as it is compared and kept: Chinese names are often padded with spaces, which say nothing; between letters they do.
pub(in crate::org) fn tight(text: &str) -> String {
    let chars: Vec<char> = text.trim().chars().collect();
    let wide = |c: Option<&char>| c.is_none_or(|c| !c.is_ascii());
    let mut out = String::with_capacity(text.len());
    let mut previous: Option<char> = None;
    for (place, c) in chars.iter().enumerate() {
        if !c.is_whitespace() || c.is_control() {
            out.push(*c);
            previous = Some(*c);
            continue;
        }
        let next = chars.get(place + 1..).unwrap_or_default().iter().find(|c| !c.is_whitespace());
        if !wide(previous.as_ref()) && !wide(next) && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// Reads the cells of a row and notes what is wrong with them.
pub(super) struct RowReader<'a> {
    pub(super) row: &'a Row,
    pub(super) heads: &'a Heads,
    pub(super) mistakes: &'a mut Vec<Mistake>,
    pub(super) sound: bool,
}

impl RowReader<'_> {
    pub(super) fn wrong(&mut self, column: usize, code: FieldCode, detail: impl std::fmt::Display) {
        self.sound = false;
        self.mistakes.push(at(self.row.number, self.heads.place(column), code).with(detail));
    }

    /// The text of a cell; nothing if it is empty. What could not be read was noted when the file was.
    pub(super) fn text(&mut self, column: usize) -> Option<String> {
        match self.heads.cell(self.row, column) {
            Cell::Text(text) => Some(text.clone()),
            Cell::Empty => None,
            Cell::Bad(_) => {
                self.sound = false;
                None
            }
        }
    }

    /// A line of at most so many characters.
    pub(super) fn line(&mut self, column: usize, most: usize) -> Option<String> {
        let text = tight(&self.text(column)?);
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

    /// A line that must be there.
    pub(super) fn needed(&mut self, column: usize, most: usize) -> Option<String> {
        let known = self.mistakes.len();
        let line = self.line(column, most);
        if line.is_none() && self.mistakes.len() == known && !matches!(self.heads.cell(self.row, column), Cell::Bad(_))
        {
            self.wrong(column, FieldCode::Required, "");
        }
        line
    }

    fn number<T: FromStr>(&mut self, column: usize) -> Number<T> {
        let Some(text) = self.text(column) else { return Number::Absent };
        if text.contains('*') && text.chars().all(|c| c == '*' || c.is_ascii_alphanumeric()) && text.len() <= 40 {
            return Number::Masked(text);
        }
        match text.parse() {
            Ok(number) => Number::Given(number),
            Err(_wrong) => {
                self.wrong(column, FieldCode::Invalid, "");
                Number::Absent
            }
        }
    }

    fn categories(&mut self) -> Option<Vec<Category>> {
        let text = self.text(At::Categories.index())?;
        let mut categories = Vec::new();
        let between = |c: char| c.is_whitespace() || matches!(c, '、' | '，' | ',' | '；' | ';' | '/' | '|');
        for word in text.split(between).filter(|word| !word.is_empty()) {
            if let Some((category, _)) = CATEGORIES.iter().find(|(_, words)| words.contains(&word)) {
                categories.push(*category);
            } else {
                let shown: String = word.chars().filter(|c| !c.is_control()).take(20).collect();
                self.wrong(At::Categories.index(), FieldCode::UnknownValue, shown);
            }
        }
        categories.sort_unstable();
        categories.dedup();
        Some(categories)
    }

    fn unit_of(&mut self, units: &Units<'_>) -> Option<UnitId> {
        if let Some(code) = self.line(At::UnitCode.index(), 40) {
            let found = units.by_code.get(code.as_str()).map(|unit| unit.id);
            if found.is_none() {
                self.wrong(At::UnitCode.index(), FieldCode::UnknownReference, "");
            }
            return found;
        }
        let name = self.needed(At::Unit.index(), 80)?;
        match units.by_name.get(&name).map(Vec::as_slice) {
            Some([unit]) => Some(unit.id),
            Some([]) | None => {
                self.wrong(At::Unit.index(), FieldCode::UnknownReference, "");
                None
            }
            Some(several) => {
                let codes: Vec<&str> = several.iter().map(|unit| unit.code.as_str()).take(5).collect();
                self.wrong(At::Unit.index(), FieldCode::Ambiguous, codes.join("、"));
                None
            }
        }
    }

    fn person(&mut self, units: &Units<'_>) -> Option<PersonRow> {
        let staff_no = self.line(At::StaffNo.index(), 40);
        let name = self.needed(At::Name.index(), 80);
        let unit = self.unit_of(units);
        let categories = self.categories();
        let post = self.line(At::Post.index(), 80);
        let id_number = self.number(At::IdNumber.index());
        let phone = self.number(At::Phone.index());
        let joined_on = self.day(At::JoinedOn.index());
        let (name, unit) = (name?, unit?);
        let row =
            PersonRow { number: self.row.number, staff_no, name, unit, categories, post, id_number, phone, joined_on };
        self.sound.then_some(row)
    }

    /// A day as people write it: 2024-07-01, 2024/7/1, 2024.7.1, 2024年7月1日, 20240701.
    fn day(&mut self, column: usize) -> Option<Day> {
        let text = self.text(column)?;
        let parts = text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty());
        let parts: Vec<u32> = parts.map(|part| part.trim().parse().ok()).collect::<Option<_>>().unwrap_or_default();
        let (year, month, day) = match (parts.as_slice(), text.len()) {
            ([year, month, day], _) => (*year, *month, *day),
            ([whole], 8) => (whole / 10_000, whole / 100 % 100, whole % 100),
            _ => (0, 0, 0),
        };
        let found = i32::try_from(year).ok().filter(|year| (1900..2200).contains(year));
        let found = found.and_then(|year| Day::new(year, month, day));
        if found.is_none() {
            self.wrong(column, FieldCode::Invalid, "");
        }
        found
    }
}

#[cfg(test)]
mod tests;
