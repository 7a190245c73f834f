//! The paragraph for the annual report on law-based government, each of its figures from the records.

use entity::exam::exam::ExamKind;
use entity::org::person::Category;

use super::{ReportError, Reports};
use crate::auth::Caller;
use crate::kernel::field::Fields;
use crate::kernel::rate::Rate;
use crate::report::model::{Filter, Report};
use crate::study::{Activity, SessionKind};

/// A figure of the paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it counts: `sessions.collective_study`, `exam.sat`, `streak_years`.
    pub name: String,
    /// How it is printed.
    pub value: String,
    /// Where it comes from: an operation with its query.
    pub source: String,
}

/// The paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// In Chinese, as an office would write it.
    pub text: String,
    /// Its figures, in their order.
    pub parts: Vec<Part>,
}

/// A paragraph that is being written.
struct Writing {
    sentences: Vec<String>,
    parts: Vec<Part>,
    activities: String,
    rates: String,
}

impl Writing {
    /// A figure, printed and noted.
    fn figure(&mut self, name: &str, value: String, source: String) -> String {
        self.parts.push(Part { name: name.to_owned(), value: value.clone(), source });
        value
    }

    fn activity(&mut self, name: &str, kind: SessionKind, value: i64) -> String {
        let source = self.activities.clone();
        self.figure(&format!("{name}.{kind}"), value.to_string(), source)
    }

    fn behind(&mut self, name: &str, value: i64, more: &str) -> String {
        let source = format!("{}{more}&figure={name}", self.rates.replace("/reports/rates?", "/reports/people?"));
        self.figure(name, value.to_string(), source)
    }

    fn rate(&mut self, name: &str, rate: Rate) -> String {
        let source = self.rates.clone();
        self.figure(name, rate.percent().unwrap_or_default(), source)
    }
}

impl Reports {
    /// The paragraph of a year and unit. What did not take place is left out. By coordinators and auditors.
    pub async fn paragraph(&self, caller: &Caller, filter: &Filter) -> Result<Paragraph, ReportError> {
        let mut fields = Fields::new();
        self.check_year(&mut fields, filter.year);
        fields.check()?;
        let top = self.top(caller, filter.unit_id).await?;
        let year = Filter::of_year(filter.year, top);
        let annual = self.counted_now(&year, top, 0).await?;
        let kind = Some(ExamKind::Qualification);
        let qualification = self.counted_now(&Filter { exam_kind: kind, ..year }, top, 0).await?;
        let leaders = Filter { category: Some(Category::LeadingOfficial), ..year };
        let leaders = self.counted_now(&leaders, top, 0).await?;
        let activities = self.study.activities(caller, filter.year, Some(top)).await?.1;
        let of = format!("year={}&unit_id={top}", filter.year);
        let mut writing = Writing {
            sentences: Vec::new(),
            parts: Vec::new(),
            activities: format!("/api/v1/reports/activities?{of}"),
            rates: format!("/api/v1/reports/rates?{of}"),
        };
        studied(&mut writing, &activities);
        heard(&mut writing, &activities);
        examined(&mut writing, &annual, &qualification);
        lasted(&mut writing, &annual, &leaders);
        reached(&mut writing, &activities);
        let unit = &annual.total.unit_name;
        let text = if writing.sentences.is_empty() {
            format!("{} 年，{unit}没有学法、考法记录。", filter.year)
        } else {
            format!("{} 年，{unit}{}。", filter.year, writing.sentences.join("；"))
        };
        Ok(Paragraph { text, parts: writing.parts })
    }
}

fn of_kind(activities: &[Activity], kind: SessionKind) -> Option<&Activity> {
    activities.iter().find(|a| a.kind == kind && a.sessions > 0)
}

fn studied(writing: &mut Writing, activities: &[Activity]) {
    let kinds = [
        (SessionKind::CollectiveStudy, "集体学法"),
        (SessionKind::Seminar, "专题研讨"),
        (SessionKind::Training, "业务培训"),
        (SessionKind::External, "外出培训"),
    ];
    let (mut held, mut times) = (Vec::new(), 0);
    for (kind, name) in kinds {
        if let Some(activity) = of_kind(activities, kind) {
            held.push(format!("{name} {} 场次", writing.activity("sessions", kind, activity.sessions)));
            times += activity.person_times;
        }
    }
    if !held.is_empty() {
        let source = writing.activities.clone();
        let times = writing.figure("person_times", times.to_string(), source);
        writing.sentences.push(format!("组织{}，参加 {times} 人次", held.join("、")));
    }
}

fn heard(writing: &mut Writing, activities: &[Activity]) {
    let kinds = [(SessionKind::CourtHearing, "旁听庭审"), (SessionKind::ReviewHearing, "旁听行政复议听证")];
    let mut held = Vec::new();
    for (kind, name) in kinds {
        if let Some(activity) = of_kind(activities, kind) {
            held.push(format!("{name} {} 场次", writing.activity("sessions", kind, activity.sessions)));
        }
    }
    if !held.is_empty() {
        writing.sentences.push(format!("组织{}", held.join("、")));
    }
    if let Some(activity) = of_kind(activities, SessionKind::DutyReport) {
        let persons = writing.activity("persons", SessionKind::DutyReport, activity.persons);
        writing.sentences.push(format!("{persons} 名主要负责人述法"));
    }
}

fn examined(writing: &mut Writing, annual: &Report, qualification: &Report) {
    let exam = qualification.total.figures.exam;
    if exam.sittings > 0 {
        let sittings = writing.behind("exam.sittings", exam.sittings, "&exam_kind=qualification");
        writing.sentences.push(format!("组织 {sittings} 人次参加行政执法资格考试"));
    }
    let figures = annual.total.figures;
    if figures.study.expected > 0 {
        let expected = writing.behind("study.expected", figures.study.expected, "");
        let participated = writing.behind("study.participated", figures.study.participated, "");
        let percent = writing.rate("participation_rate", figures.participation_rate());
        writing.sentences.push(format!("应学 {expected} 人，参学 {participated} 人，参学率 {percent}%"));
    }
    if figures.exam.expected > 0 {
        let expected = writing.behind("exam.expected", figures.exam.expected, "");
        let sat = writing.behind("exam.sat", figures.exam.sat, "");
        let percent = writing.rate("sitting_rate", figures.sitting_rate());
        writing.sentences.push(format!("年度考试应考 {expected} 人，参考 {sat} 人，参考率 {percent}%"));
    }
    if figures.exam.sat > 0 {
        let passed = writing.behind("exam.passed", figures.exam.passed, "");
        let percent = writing.rate("pass_rate", figures.pass_rate());
        writing.sentences.push(format!("合格 {passed} 人，合格率 {percent}%"));
    }
}

/// How many of the years were brought in.
fn brought(years: i32) -> String {
    if years > 0 { format!("（其中 {years} 年为补录）") } else { String::new() }
}

fn lasted(writing: &mut Writing, annual: &Report, leaders: &Report) {
    let streak_imported = leaders.total.figures.streak_imported;
    let (all, leaders) = (annual.total.figures.streak.years, leaders.total.figures.streak.years);
    let source = writing.rates.clone();
    if all > 0 {
        let years = writing.figure("streak_years", all.to_string(), source);
        let told = brought(annual.total.figures.streak_imported);
        writing.sentences.push(format!("参学率、参考率、合格率连续 {years} 年均达到 100%{told}"));
    } else if leaders > 0 {
        let source = format!("{source}&category=leading_official");
        let years = writing.figure("streak_years", leaders.to_string(), source);
        let told = brought(streak_imported);
        writing.sentences.push(format!("领导干部参学率、参考率、合格率连续 {years} 年均达到 100%{told}"));
    }
}

fn reached(writing: &mut Writing, activities: &[Activity]) {
    let Some(activity) = of_kind(activities, SessionKind::Outreach) else { return };
    let kind = SessionKind::Outreach;
    let mut sentence = format!("开展普法宣讲 {} 场次", writing.activity("sessions", kind, activity.sessions));
    if activity.audience > 0 {
        let audience = writing.activity("audience", kind, activity.audience);
        sentence = format!("{sentence}，听众 {audience} 人次");
    }
    if activity.enterprises > 0 {
        let enterprises = writing.activity("enterprises", kind, activity.enterprises);
        sentence = format!("{sentence}，走访企业 {enterprises} 家");
    }
    writing.sentences.push(sentence);
}
