//! Questions in workbooks: a row a question.

use super::fold::plain;
use super::report::{Defaults, ImportFault, Places, Reading};
use super::text::{answer_of, day, settled};
use super::words::{difficulty_of, kind_of, truth_of};
use crate::bank::content::Kind;
use crate::bank::draft::{NewOption, QuestionInput};
use crate::files::{Cell, Column, Field, Heads, Row, Table};
use crate::kernel::field::FieldCode;

const fn column(name: &'static str, titles: &'static [&'static str], required: bool) -> Column {
    Column { name, titles, required }
}

/// The columns, in the order in which templates and exports have them.
pub(in crate::bank) const COLUMNS: &[Column] = &[
    column("kind", &["题型", "试题类型"], false),
    column("stem", &["题干", "题目", "试题内容"], true),
    column("a", &["选项A", "A"], false),
    column("b", &["选项B", "B"], false),
    column("c", &["选项C", "C"], false),
    column("d", &["选项D", "D"], false),
    column("e", &["选项E", "E"], false),
    column("f", &["选项F", "F"], false),
    column("g", &["选项G", "G"], false),
    column("h", &["选项H", "H"], false),
    column("answer", &["答案", "正确答案", "标准答案"], true),
    column("explanation", &["解析", "答案解析"], false),
    column("law", &["法律", "法律名称", "依据"], false),
    column("article", &["条款", "条文", "法条"], false),
    column("law_version", &["法律版本", "版本"], false),
    column("verified_on", &["核对日期"], false),
    column("topic", &["知识点", "主题", "专题"], false),
    column("difficulty", &["难度", "难易程度"], false),
    column("group", &["题组"], false),
    column("pinned", &["固定选项"], false),
];

/// How wide they are, in characters.
pub(in crate::bank) const WIDTHS: &[u8] =
    &[8, 50, 20, 20, 20, 20, 12, 12, 12, 12, 8, 40, 20, 16, 16, 14, 16, 8, 12, 10];

/// Where they stand among them.
const KIND: usize = 0;
const STEM: usize = 1;
const FIRST_OPTION: usize = 2;
const OPTIONS: usize = 8;
const ANSWER: usize = 10;
const EXPLANATION: usize = 11;
const LAW: usize = 12;
const ARTICLE: usize = 13;
const VERSION: usize = 14;
const VERIFIED: usize = 15;
const TOPIC: usize = 16;
const DIFFICULTY: usize = 17;
const GROUP: usize = 18;
const PINNED: usize = 19;

/// What the column headed so is passed over: an import of people marks its mistakes there too.
const PASSED_OVER: &[&str] = &["错误", "序号", "编号"];

/// Reads a table.
pub(in crate::bank) fn read(table: &Table, defaults: &Defaults) -> Reading {
    let mut reading = Reading::default();
    let noted = |mistake: &crate::files::Mistake| {
        let fault = ImportFault::of(mistake.row, "", mistake.code).with(&mistake.detail);
        ImportFault { column: mistake.column, ..fault }
    };
    reading.faults.extend(table.mistakes.iter().map(noted));
    let heads = match Heads::find(table, COLUMNS, PASSED_OVER) {
        Ok(heads) => heads,
        Err(mistakes) => {
            reading.faults.extend(mistakes.iter().map(noted));
            return reading;
        }
    };
    let broken: std::collections::HashSet<u32> = table.mistakes.iter().map(|m| m.row).collect();
    for row in heads.rows(table) {
        question(row, &heads, defaults, broken.contains(&row.number), &mut reading);
    }
    for fault in &mut reading.faults {
        let row = table.rows.iter().find(|row| row.number == fault.row);
        let text = row.map(|row| heads.cell(row, STEM).text()).unwrap_or_default();
        fault.line = text.chars().take(40).collect();
    }
    reading.faults.sort_by_key(|fault| (fault.row, fault.column));
    reading
}

fn question(row: &Row, heads: &Heads, defaults: &Defaults, broken: bool, reading: &mut Reading) {
    let text = |column: usize| heads.cell(row, column).text().to_owned();
    let place = |column: usize| heads.place(column).and_then(|place| u32::try_from(place).ok());
    let mut options: Vec<String> = (0..OPTIONS).map(|n| text(FIRST_OPTION + n)).collect();
    while options.last().is_some_and(String::is_empty) {
        options.pop();
    }
    let mut told = broken;
    let mut fault = |column: usize, field: &str, code: FieldCode, detail: &str| {
        told = true;
        let fault = ImportFault::of(row.number, field, code).with(detail);
        reading.faults.push(ImportFault { column: place(column), ..fault });
    };
    let written = text(KIND);
    let kind = kind_of(&plain(&written));
    if kind.is_none() && !written.is_empty() {
        fault(KIND, "kind", FieldCode::UnknownValue, &written);
    }
    // Judgements are often given the options 正确 and 错误 in words, or none.
    if kind == Some(Kind::Judgement) && options.iter().all(|option| truth_of(&plain(option)).is_none()) {
        for (n, option) in options.iter().enumerate().filter(|(_, option)| !option.is_empty()) {
            fault(FIRST_OPTION + n, "options", FieldCode::Conflict, option);
        }
        options.clear();
    }
    let texts: Vec<&str> = options.iter().map(String::as_str).collect();
    let written = text(ANSWER);
    let answer = match (written.is_empty(), answer_of(&written, &texts)) {
        (true, _) => {
            if !matches!(heads.cell(row, ANSWER), Cell::Bad(_)) {
                fault(ANSWER, "answer", FieldCode::NoAnswer, "");
            }
            None
        }
        (false, Err(code)) => {
            fault(ANSWER, "answer", code, &written);
            None
        }
        (false, Ok(answer)) => Some(answer),
    };
    let (kind, mut options, truth) = settled(kind, options, answer);
    let pinned = plain(&text(PINNED));
    if heads.place(PINNED).is_some() {
        for (option, letter) in options.iter_mut().zip('a'..='h') {
            option.pinned = pinned.contains(letter);
        }
    }
    let or = |text: String, default: &str| if text.is_empty() { default.trim().to_owned() } else { text };
    let law = or(text(LAW).trim_matches(['《', '》']).to_owned(), &defaults.law);
    let difficulty = difficulty_of(&plain(&text(DIFFICULTY)));
    let input = QuestionInput {
        kind: kind.to_string(),
        topic: or(text(TOPIC), &or(defaults.topic.clone(), &law)),
        difficulty: or(difficulty, &or(defaults.difficulty.clone(), "medium")),
        stem: text(STEM),
        options,
        answer: truth,
        explanation: text(EXPLANATION),
        law,
        article: text(ARTICLE),
        law_version: or(text(VERSION), &defaults.law_version),
        verified_on: or(day(&text(VERIFIED)), &defaults.verified_on),
        group: Some(text(GROUP)).filter(|group| !group.is_empty()),
    };
    let mut places = Places::at(row.number);
    for (field, column) in [
        ("kind", KIND),
        ("stem", STEM),
        ("answer", ANSWER),
        ("options", ANSWER),
        ("explanation", EXPLANATION),
        ("citation.law", LAW),
        ("citation.article", ARTICLE),
        ("citation.law_version", VERSION),
        ("citation.verified_on", VERIFIED),
        ("topic", TOPIC),
        ("difficulty", DIFFICULTY),
        ("group", GROUP),
    ] {
        places.put(field, row.number, place(column));
    }
    for n in 0..OPTIONS {
        places.put(&format!("options[{n}].text"), row.number, place(FIRST_OPTION + n));
    }
    reading.take(input, &places, told);
}

/// A question as a row of an export, which can be brought in again.
pub(in crate::bank) fn row(question: &QuestionInput) -> Vec<Field> {
    let kind = match question.kind.as_str() {
        "single" => "单选题",
        "multiple" => "多选题",
        _ => "判断题",
    };
    let letters = |wanted: fn(&NewOption) -> bool| -> String {
        question.options.iter().zip('A'..='H').filter(|(option, _)| wanted(option)).map(|(_, letter)| letter).collect()
    };
    let answer = match question.answer {
        Some(true) => "正确".to_owned(),
        Some(false) => "错误".to_owned(),
        None => letters(|option| option.correct),
    };
    let difficulty = match question.difficulty.as_str() {
        "easy" => "易",
        "hard" => "难",
        _ => "中",
    };
    let option = |n: usize| question.options.get(n).map(|option| option.text.clone()).unwrap_or_default();
    let mut fields: Vec<String> = vec![kind.to_owned(), question.stem.clone()];
    fields.extend((0..OPTIONS).map(option));
    fields.extend([
        answer,
        question.explanation.clone(),
        question.law.clone(),
        question.article.clone(),
        question.law_version.clone(),
        question.verified_on.clone(),
        question.topic.clone(),
        difficulty.to_owned(),
        question.group.clone().unwrap_or_default(),
        letters(|option| option.pinned),
    ]);
    fields.into_iter().map(Field::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Limits, write_csv};

    fn reading(rows: &[&[&str]]) -> Reading {
        let rows: Vec<Vec<Field>> = rows.iter().map(|row| row.iter().map(|t| Field::from(*t)).collect()).collect();
        let table = crate::files::read(&write_csv(&rows), Limits::default()).unwrap();
        let defaults = Defaults { verified_on: "2025-04-19".into(), ..Defaults::default() };
        read(&table, &defaults)
    }

    const HEADS: &[&str] = &["题型", "题干", "选项A", "选项B", "选项C", "答案", "法律", "条款", "法律版本"];

    #[test]
    fn rows_are_questions() {
        let found = reading(&[
            HEADS,
            &["单选题", "甲（ ）。", "一", "二", "以上都对", "b", "《行政处罚法》", "第三条", "2021年修订"],
            &["", "乙包括", "一", "二", "三", "A、C", "行政处罚法", "第四条", "2021年修订"],
            &["判断", "丙。", "", "", "", "√", "行政处罚法", "第五条", "2021年修订"],
            &["判断题", "丁。", "正确", "错误", "", "B", "行政处罚法", "第五条", "2021年修订"],
        ]);
        assert_eq!(found.faults, []);
        let inputs: Vec<QuestionInput> = found.found.iter().map(|f| f.question.input()).collect();
        assert_eq!(
            inputs.iter().map(|q| q.kind.as_str()).collect::<Vec<_>>(),
            ["single", "multiple", "judgement", "judgement"]
        );
        assert_eq!((inputs[0].law.as_str(), inputs[0].options[2].pinned), ("行政处罚法", true));
        assert_eq!((inputs[2].answer, inputs[3].answer), (Some(true), Some(false)));
        // What is written of them is read again.
        let mut rows = vec![COLUMNS.iter().map(|c| Field::from(c.title())).collect::<Vec<_>>()];
        rows.extend(inputs.iter().map(row));
        let again = read(&crate::files::read(&write_csv(&rows), Limits::default()).unwrap(), &Defaults::default());
        assert_eq!(again.faults, []);
        assert_eq!(
            again.found.iter().map(|f| f.question.clone()).collect::<Vec<_>>(),
            found.found.iter().map(|f| f.question.clone()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn faults_stand_at_their_cells() {
        use FieldCode::{Conflict, Duplicate, NoAnswer, OutOfRange, Required, SeveralKeys, UnknownValue};
        let found = reading(&[
            HEADS,
            &["单选题", "甲（ ）。", "一", "二", "三", "AB", "法", "第三条", "2021年"],
            &["问答题", "乙", "一", "二", "三", "A", "法", "第三条", "2021年"],
            &["单选题", "丙", "一", "一", "", "A", "法", "第三条", "2021年"],
            &["单选题", "丁", "一", "二", "", "", "法", "", "2021年"],
            &["判断题", "戊", "一", "", "", "对", "法", "第三条", "2021年"],
            &["单选题", "己", "一", "二", "", "D", "法", "第三条", "2021年"],
        ]);
        let at = |row, column, code| (row, Some(column), code);
        assert_eq!(
            found.faults.iter().map(|f| (f.row, f.column, f.code)).collect::<Vec<_>>(),
            [
                at(2, 5, SeveralKeys),
                at(3, 0, UnknownValue),
                at(4, 3, Duplicate),
                at(5, 5, NoAnswer),
                at(5, 7, Required),
                at(6, 2, Conflict),
                at(7, 5, OutOfRange),
            ]
        );
        assert_eq!((found.count, found.found.len(), found.faults[0].line.as_str()), (6, 0, "甲（ ）。"));
        assert_eq!(reading(&[&["题干", "选项A"], &["甲", "乙"]]).faults[0].code, FieldCode::MissingColumn);
    }
}
