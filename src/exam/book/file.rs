//! A book as a file.

use entity::instant::Instant;

use super::service::{Entered, Group, Scored};
use crate::exam::Exam;
use crate::files::{Field, Format, Page, WriteError, write_csv, write_xlsx};
use crate::kernel::calendar::Calendar;

const ROSTER: &[(&str, u8)] = &[
    ("序号", 6),
    ("单位", 24),
    ("姓名", 12),
    ("工号", 14),
    ("职务", 20),
    ("最迟进入", 18),
    ("签名", 14),
    ("备注", 20),
];
const RESULTS: &[(&str, u8)] = &[
    ("序号", 6),
    ("单位", 24),
    ("姓名", 12),
    ("工号", 14),
    ("交卷时间", 18),
    ("得分", 8),
    ("满分", 8),
    ("结果", 10),
    ("参考次数", 10),
];

pub(super) fn roster(
    exam: &Exam,
    groups: &[Group<Entered>],
    calendar: Calendar,
    format: Format,
) -> Result<Vec<u8>, WriteError> {
    let line = |unit: &str, line: &Entered| -> Vec<String> {
        let c = &line.candidate;
        let admitted = c.allowed.admit_until.map(|at| moment(calendar, at)).unwrap_or_default();
        let extra = c.allowed.extra.0 / 60_000;
        let note = if extra > 0 { format!("延长 {extra} 分钟") } else { String::new() };
        vec![unit.into(), c.person_name.clone(), line.staff_no.clone(), c.post.clone(), admitted, String::new(), note]
    };
    written("名册", &exam.blueprint.title, ROSTER, rows(groups, line), format)
}

pub(super) fn results(
    exam: &Exam,
    groups: &[Group<Scored>],
    calendar: Calendar,
    format: Format,
) -> Result<Vec<u8>, WriteError> {
    let max = exam.blueprint.max_points();
    let line = |unit: &str, line: &Scored| -> Vec<String> {
        let row = &line.row;
        vec![
            unit.into(),
            row.person_name.clone(),
            line.staff_no.clone(),
            row.submitted_at.map(|at| moment(calendar, at)).unwrap_or_default(),
            row.points.map(|points| points.to_string()).unwrap_or_default(),
            max.to_string(),
            outcome(row.passed).into(),
            row.sittings.to_string(),
        ]
    };
    written("成绩册", &exam.blueprint.title, RESULTS, rows(groups, line), format)
}

fn outcome(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "合格",
        Some(false) => "不合格",
        None => "未参考",
    }
}

fn moment(calendar: Calendar, at: Instant) -> String {
    calendar.wall(at).format("%Y-%m-%d %H:%M").to_string()
}

/// The lines of all groups, numbered through.
fn rows<T>(groups: &[Group<T>], line: impl Fn(&str, &T) -> Vec<String>) -> Vec<Vec<Field>> {
    let lines =
        groups.iter().flat_map(|group| group.lines.iter().map(|l| line(&group.unit_name, l)).collect::<Vec<_>>());
    let numbered = |(n, line): (usize, Vec<String>)| {
        std::iter::once(Field::from(n.to_string())).chain(line.into_iter().map(Field::from)).collect()
    };
    (1_usize..).zip(lines).map(numbered).collect()
}

fn written(
    name: &str,
    title: &str,
    columns: &[(&str, u8)],
    rows: Vec<Vec<Field>>,
    format: Format,
) -> Result<Vec<u8>, WriteError> {
    let heads: Vec<Field> = columns.iter().map(|(head, _)| Field::from(*head)).collect();
    match format {
        Format::Csv => {
            let mut all = vec![heads];
            all.extend(rows);
            Ok(write_csv(&all))
        }
        Format::Xlsx => {
            // What it is stands above the heads, as a printed book has it.
            let mut all = vec![vec![Field::from(format!("{title}　{name}"))], heads];
            all.extend(rows);
            let widths = columns.iter().map(|(_, width)| *width).collect();
            write_xlsx(&[Page { name: name.to_owned(), widths, head: Some(1), rows: all }])
        }
    }
}
