//! Wire types.

use entity::exam::exam::ExamKind;
use entity::org::person::Category;
use entity::org::roster_row::SubjectKind;
use poem_openapi::Object;
use poem_openapi::types::ToJSON;
use serde_json::Value;

use super::model::{DEFINITION, FigureName, Filter, PersonRow, Report, Row, UnitFigures};
use super::streak::Run;
use crate::http::RateDto;
use crate::kernel::field::{FieldCode, Fields, Invalid};

mod compare;
mod files;
mod past;
mod years;

pub(super) use compare::ComparisonDto;
pub(super) use files::{FileJobDto, FileJobsDto, FileQuery, FileRequest, ParagraphDto};
pub(super) use past::{PastYearsDto, WithdrawRequest};
pub(super) use years::{SnapshotDto, SnapshotRequest, SnapshotsDto, YearRequest, YearsDto};

/// Rates of a unit with its subtree and of the units below it.
#[derive(Debug, Object)]
#[oai(rename = "Rates")]
pub(in crate::report) struct RatesDto {
    /// The formulas after which everything here is counted: `rates/1`.
    definition: String,
    /// The moment at which it was counted.
    as_of: String,
    /// The year.
    year: i32,
    /// Where the figures come from that were brought in for a year before Kaofa (补录); empty otherwise.
    sources: Vec<String>,
    /// The units below down to the depth asked for, each with its subtree, each before those below it.
    rows: Vec<RowDto>,
    /// The unit asked for, with its subtree.
    total: RowDto,
}

/// A unit with its subtree.
#[derive(Debug, Object)]
#[oai(rename = "RatesRow")]
struct RowDto {
    /// The unit.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// The unit above it; null at the top of the tree.
    parent_id: Option<String>,
    /// How far it lies below the unit asked for.
    depth: i32,
    /// Its figures.
    figures: FiguresDto,
}

/// The figures of a unit with its subtree. Of several programmes or exams each counts (人次); `persons` are different people.
#[derive(Debug, Object)]
#[oai(rename = "Figures")]
struct FiguresDto {
    /// How many different people stand on the rosters.
    persons: i64,
    /// Of programmes.
    study: StudyDto,
    /// Of exams, each with its make-ups.
    exam: ExamDto,
    /// For how many closed years in a row participation, sitting and pass rate were 1, this year or the one before, while
    /// this one is open, being the last. Always of annual exams and all programmes.
    streak_years: i32,
    /// Beside a broken streak the last one before.
    last_streak: Option<StreakDto>,
    /// How many years of `streak_years` were brought in and not recorded here (补录).
    streak_imported: i32,
    /// Some of these figures were brought in for a year before Kaofa (补录).
    imported: bool,
}

/// Figures of programmes.
#[derive(Debug, Object)]
#[oai(rename = "StudyFigures")]
struct StudyDto {
    /// On the frozen roster.
    on_roster: i64,
    /// Exempt.
    exempt: i64,
    /// On the roster and not exempt.
    expected: i64,
    /// Credited with study at least once.
    participated: i64,
    /// Met the programme's requirement.
    completed: i64,
    /// Met what is due by now.
    completed_due: i64,
    /// 参学率: participated / expected.
    participation_rate: RateDto,
    /// 达标率: completed / expected.
    completion_rate: RateDto,
}

/// Figures of exams. expected = sat + pending + deferred + absent.
#[derive(Debug, Object)]
#[oai(rename = "ExamFigures")]
struct ExamDto {
    /// On the frozen roster.
    on_roster: i64,
    /// Exempt.
    exempt: i64,
    /// Exempt by a decision after the exam opened (事后免考); part of `exempt`.
    exempt_late: i64,
    /// On the roster and not exempt.
    expected: i64,
    /// Sat the main exam or a make-up.
    sat: i64,
    /// Has not sat while that is still possible.
    pending: i64,
    /// Has not sat, and no sitting is still to come.
    absent: i64,
    /// Deferred while a sitting is still to come.
    deferred: i64,
    /// Passed.
    passed: i64,
    /// Sat the main exam.
    first_sat: i64,
    /// Passed the main exam.
    first_passed: i64,
    /// At or above the excellence line in the main exam.
    excellent: i64,
    /// Handed in a blank paper.
    blank: i64,
    /// Attempts that stand (人次).
    sittings: i64,
    /// 参考率: sat / expected.
    sitting_rate: RateDto,
    /// 合格率: passed / sat.
    pass_rate: RateDto,
    /// 总合格率: passed / expected.
    overall_pass_rate: RateDto,
    /// 首考合格率: `first_passed` / `first_sat`.
    first_pass_rate: RateDto,
    /// 优秀率: excellent / `first_sat`.
    excellence_rate: RateDto,
    /// The mean points of those who sat, two decimals, rounded half up; null if nobody did.
    average_points: Option<String>,
}

/// Years in a row.
#[derive(Debug, Object)]
#[oai(rename = "Streak")]
struct StreakDto {
    /// The first of them.
    from_year: i32,
    /// The last of them.
    to_year: i32,
    /// How many they are.
    years: i32,
}

impl From<Run> for StreakDto {
    fn from(run: Run) -> Self {
        Self { from_year: run.from_year, to_year: run.to_year, years: run.years() }
    }
}

impl From<Report> for RatesDto {
    fn from(report: Report) -> Self {
        Self {
            definition: DEFINITION.to_owned(),
            as_of: report.as_of.to_string(),
            year: report.year,
            sources: report.sources,
            rows: report.rows.into_iter().map(RowDto::from).collect(),
            total: report.total.into(),
        }
    }
}

impl From<Row> for RowDto {
    fn from(row: Row) -> Self {
        Self {
            unit_id: row.unit_id.to_string(),
            unit_name: row.unit_name,
            parent_id: row.parent_id.map(|id| id.to_string()),
            depth: row.depth,
            figures: row.figures.into(),
        }
    }
}

impl From<UnitFigures> for FiguresDto {
    fn from(figures: UnitFigures) -> Self {
        Self {
            persons: figures.persons,
            study: (&figures).into(),
            exam: (&figures).into(),
            streak_years: figures.streak.years,
            last_streak: figures.streak.last.map(StreakDto::from),
            streak_imported: figures.streak_imported,
            imported: figures.imported,
        }
    }
}

impl From<&UnitFigures> for StudyDto {
    fn from(figures: &UnitFigures) -> Self {
        let study = &figures.study;
        Self {
            on_roster: study.on_roster,
            exempt: study.exempt,
            expected: study.expected,
            participated: study.participated,
            completed: study.completed,
            completed_due: study.completed_due,
            participation_rate: figures.participation_rate().into(),
            completion_rate: figures.completion_rate().into(),
        }
    }
}

impl From<&UnitFigures> for ExamDto {
    fn from(figures: &UnitFigures) -> Self {
        let exam = &figures.exam;
        Self {
            on_roster: exam.on_roster,
            exempt: exam.exempt,
            exempt_late: exam.exempt_late,
            expected: exam.expected,
            sat: exam.sat,
            pending: exam.pending,
            absent: exam.absent,
            deferred: exam.deferred,
            passed: exam.passed,
            first_sat: exam.first_sat,
            first_passed: exam.first_passed,
            excellent: exam.excellent,
            blank: exam.blank,
            sittings: exam.sittings,
            sitting_rate: figures.sitting_rate().into(),
            pass_rate: figures.pass_rate().into(),
            overall_pass_rate: figures.overall_pass_rate().into(),
            first_pass_rate: figures.first_pass_rate().into(),
            excellence_rate: figures.excellence_rate().into(),
            average_points: figures.average_points(),
        }
    }
}

/// A report as it is sent: what a snapshot keeps.
pub(super) fn body(report: Report) -> Value {
    RatesDto::from(report).to_json().unwrap_or_default()
}

/// Which figures are asked for, as it stands in the address.
#[derive(Debug)]
pub(super) struct FilterQuery {
    pub(super) year: i32,
    pub(super) unit_id: Option<String>,
    pub(super) category: Option<String>,
    pub(super) exam_kind: Option<String>,
    pub(super) exam_id: Option<String>,
    pub(super) programme_id: Option<String>,
}

impl FilterQuery {
    /// The filter, and the figure if one is asked for.
    pub(super) fn read(&self, figure: Option<&str>) -> Result<(Filter, Option<FigureName>), Invalid> {
        let mut fields = Fields::new();
        let reference = FieldCode::UnknownReference;
        let filter = Filter {
            year: self.year,
            unit_id: fields.parse_optional("unit_id", self.unit_id.as_deref(), reference),
            category: fields.parse_optional::<Category>("category", self.category.as_deref(), FieldCode::UnknownValue),
            exam_kind: fields.parse_optional::<ExamKind>(
                "exam_kind",
                self.exam_kind.as_deref(),
                FieldCode::UnknownValue,
            ),
            exam_id: fields.parse_optional("exam_id", self.exam_id.as_deref(), reference),
            programme_id: fields.parse_optional("programme_id", self.programme_id.as_deref(), reference),
        };
        let figure = figure.and_then(|figure| fields.parse("figure", figure, FieldCode::UnknownValue));
        fields.finish(Some((filter, figure)))
    }
}

/// A counted row.
#[derive(Debug, Object)]
#[oai(rename = "CountedPerson")]
pub(super) struct PersonRowDto {
    /// Who.
    person_id: String,
    /// Their name on the roster.
    name: String,
    /// Their unit on the roster.
    unit_id: String,
    /// Its name.
    unit_name: String,
    /// The main exam, for a figure of exams.
    exam_id: Option<String>,
    /// The programme, for a figure of programmes.
    programme_id: Option<String>,
    /// The attempt, for `exam.sittings`; null if it was brought in.
    attempt_id: Option<String>,
    /// Where it comes from, if it was brought in for a year before Kaofa (补录); `exam_id` and `programme_id` are null then.
    source: Option<String>,
}

impl From<PersonRow> for PersonRowDto {
    fn from(row: PersonRow) -> Self {
        let of = |kind| (row.subject.kind == kind && row.source.is_none()).then(|| row.subject.id.to_string());
        Self {
            person_id: row.person_id.to_string(),
            exam_id: of(SubjectKind::Exam),
            programme_id: of(SubjectKind::Programme),
            name: row.name,
            unit_id: row.unit_id.to_string(),
            unit_name: row.unit_name,
            attempt_id: row.attempt_id.map(|id| id.to_string()),
            source: row.source,
        }
    }
}
