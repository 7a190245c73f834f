//! The composer: the form for an exam's blueprint, new, changed, or made up.

use askama::Template;
use entity::exam::section::Scoring;
use entity::id::{BankId, ExamId};
use entity::points::Points;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{
    Preview, UnitChoice, audience, decimal, joined, minutes, moment, preview, required_decimal, unit_options, units,
    with_audience, words,
};
use super::questions::{banks, topics};
use crate::auth::MANAGERS;
use crate::bank::{Difficulty, Kind};
use crate::exam::{
    AttemptScoring, BalanceInput, Blueprint, BlueprintInput, Copied, Exam, ExamError, ExamKind, Feasibility,
    OBJECTION_DAYS, Release, SectionInput, SectionRoom, ShowKey,
};
use crate::http::{Code, IfMatch, Problem};
use crate::kernel::field::{FieldCode, Fields};
use crate::org::Category;
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// The most sections of an exam.
const MAX_SECTIONS: usize = 20;

/// What is being composed.
#[derive(Debug, Clone)]
enum Of {
    /// A new exam.
    New,
    /// A draft, in this version.
    Draft(ExamId, i32),
    /// The make-up of a main exam of this title.
    MakeUp(ExamId, String),
}

#[derive(Template)]
#[template(path = "coordinator/composer.html")]
struct ComposerPage {
    v: View,
    f: Form,
    of: Of,
    units: Options,
    tree: Vec<UnitChoice>,
    categories: Options,
    kinds: Options,
    banks: Options,
    question_kinds: Options,
    difficulties: Options,
    topics: Vec<(String, u64)>,
    scorings: Options,
    attempt_scorings: Options,
    releases: Options,
    show_keys: Options,
    sections: usize,
    preview: Option<Preview>,
    /// Whether the banks fill the sections and how hard papers will be, where that could be told.
    supply: Option<Feasibility>,
}

impl ComposerPage {
    async fn new(
        visitor: &Visitor,
        of: Of,
        f: Form,
        sections: usize,
        preview: Option<Preview>,
    ) -> Result<Self, Problem> {
        let v = visitor.view.clone();
        let tree = units(visitor, MANAGERS).await?;
        let banks = banks(visitor).await?;
        let ids: Vec<BankId> = banks.iter().map(|bank| bank.id).collect();
        let offer = visitor.services.bank.offer(&visitor.caller, &ids).await?;
        Ok(Self {
            of,
            units: unit_options(&tree),
            tree,
            categories: words(&v, "category-", Category::ALL),
            kinds: words(&v, "exams-kind-", ExamKind::ALL),
            banks: banks.into_iter().map(|bank| (bank.id.to_string(), bank.title)).collect(),
            question_kinds: words(&v, "questions-kind-", Kind::ALL),
            difficulties: words(&v, "questions-difficulty-", Difficulty::ALL),
            topics: topics(&offer),
            scorings: words(&v, "scoring-", Scoring::ALL),
            attempt_scorings: words(&v, "exams-attempts-", AttemptScoring::ALL),
            releases: words(&v, "exams-release-", Release::ALL),
            show_keys: words(&v, "exams-key-", ShowKey::ALL),
            sections: sections.clamp(1, MAX_SECTIONS),
            preview,
            supply: None,
            f,
            v,
        })
    }

    /// With what the banks have for the sections as they are written. What cannot be read yet is told on saving.
    async fn supplied(self, visitor: &Visitor, input: Option<&BlueprintInput>) -> Result<Self, Problem> {
        let Some(input) = input else { return Ok(self) };
        match visitor.services.exams.feasibility_of(&visitor.caller, input).await {
            Ok(supply) => Ok(Self { supply: Some(supply), ..self }),
            Err(ExamError::Invalid(_)) => Ok(self),
            Err(other) => Err(other.into()),
        }
    }

    fn room(&self, place: &usize) -> Option<&SectionRoom> {
        self.supply.as_ref()?.rooms.get(*place)
    }

    fn field(place: &usize, name: &str) -> String {
        format!("sections[{place}].{name}")
    }

    fn title(&self) -> String {
        match &self.of {
            Of::New => self.v.t("exams-new").to_string(),
            Of::Draft(..) => self.v.t("exams-change").to_string(),
            Of::MakeUp(_, title) => self.v.t("exams-make-up-of").with("title", title).to_string(),
        }
    }

    fn action(&self) -> String {
        match &self.of {
            Of::New => "/exams/new".to_owned(),
            Of::Draft(id, _) => format!("/exams/{id}/change"),
            Of::MakeUp(id, _) => format!("/exams/{id}/make-up"),
        }
    }

    fn version(&self) -> Option<i32> {
        match self.of {
            Of::Draft(_, version) => Some(version),
            Of::New | Of::MakeUp(..) => None,
        }
    }

    /// What a value of a field is called.
    fn called(&self, field: &str, value: &str) -> String {
        let options = match field.rsplit('.').next().unwrap_or(field) {
            "kind" if field.starts_with("sections") => &self.question_kinds,
            "kind" => &self.kinds,
            "unit_id" | "unit_ids" => &self.units,
            "categories" => &self.categories,
            "bank_ids" => &self.banks,
            "difficulties" => &self.difficulties,
            "scoring" => &self.scorings,
            "attempt_scoring" => &self.attempt_scorings,
            "release" => &self.releases,
            "show_key" => &self.show_keys,
            _ => return value.replace('T', " "),
        };
        options.iter().find(|(v, _)| v == value).map_or_else(|| value.to_owned(), |(_, words)| words.trim().to_owned())
    }

    fn back(&self) -> String {
        match &self.of {
            Of::New => "/exams".to_owned(),
            Of::Draft(id, _) | Of::MakeUp(id, _) => format!("/exams/{id}/manage"),
        }
    }
}

/// The form for a new exam, as most offices give one.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let mut form = Form::new("exams-", v)
        .set("kind", ExamKind::Annual)
        .set("year", v.calendar.year(v.now))
        .set("duration_seconds", 60)
        .set("grace_seconds", 10)
        .set("attempts_allowed", 1)
        .set("attempt_scoring", AttemptScoring::Highest)
        .set("release", Release::Manual)
        .set("show_key", ShowKey::Never);
    for (place, (kind, count, points)) in
        [(Kind::Single, 30, "1"), (Kind::Multiple, 20, "2"), (Kind::Judgement, 30, "1")].into_iter().enumerate()
    {
        form = form
            .set(&ComposerPage::field(&place, "title"), v.word("questions-kind-", kind))
            .set(&ComposerPage::field(&place, "kind"), kind)
            .set(&ComposerPage::field(&place, "count"), count)
            .set(&ComposerPage::field(&place, "points_each"), points)
            .set(&ComposerPage::field(&place, "scoring"), scoring_of(kind));
    }
    page(&ComposerPage::new(&visitor, Of::New, form, 3, None).await?)
}

/// How a kind of question is usually scored in law exams.
fn scoring_of(kind: Kind) -> Scoring {
    if kind == Kind::Multiple { Scoring::PartialNoWrong } else { Scoring::AllOrNothing }
}

/// Drafts it.
#[handler]
pub(in crate::web) async fn create(visitor: Visitor, sent: Sent) -> Page {
    save(&visitor, &sent, Of::New).await
}

/// The form with a draft's blueprint.
#[handler]
pub(in crate::web) async fn show_change(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    if exam.seal.is_some() {
        return Err(Problem::new(Code::WrongState));
    }
    let form = filled(&visitor, &exam.blueprint);
    let sections = exam.blueprint.sections.len();
    let composer = ComposerPage::new(&visitor, Of::Draft(exam.id, exam.version), form, sections, None).await?;
    page(&composer.supplied(&visitor, Some(&BlueprintInput::from(&exam.blueprint))).await?)
}

/// Saves the draft.
#[handler]
pub(in crate::web) async fn save_change(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let version = sent.value("version").parse().map_err(|_unreadable| Problem::new(Code::Malformed))?;
    save(&visitor, &sent, Of::Draft(id.into(), version)).await
}

/// The form with a main exam's blueprint, its times left open: who has not passed sits again.
#[handler]
pub(in crate::web) async fn show_make_up(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let of = of_make_up(&exam);
    let mut plan = exam.blueprint.clone();
    plan.title = visitor.view.t("exams-make-up-title").with("title", &plan.title).to_string();
    let form = filled_without_times(&visitor.view, &plan);
    page(&ComposerPage::new(&visitor, of, form, plan.sections.len(), None).await?)
}

fn of_make_up(exam: &Exam) -> Of {
    Of::MakeUp(exam.id, exam.blueprint.title.clone())
}

/// Drafts the make-up.
#[handler]
pub(in crate::web) async fn draft_make_up(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let of = of_make_up(&exam);
    save(&visitor, &sent, of).await
}

/// Drafts the exam of the next year like this one.
#[handler]
pub(in crate::web) async fn copy(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    let copy = visitor.services.exams.copy(&visitor.caller, id.into(), &Copied::default()).await?;
    Ok(go_to(&format!("/exams/{}/manage?done=drafted", copy.id)))
}

/// Saves what the form holds, or shows it again: with another section, with whom it means, or with what is wrong.
async fn save(visitor: &Visitor, sent: &Sent, of: Of) -> Page {
    let form = Form::new("exams-", &visitor.view);
    let filled = (0..MAX_SECTIONS).rev().find(|place| is_filled(sent, *place)).map_or(0, |last| last + 1);
    if sent.ticked("more") {
        return page(&ComposerPage::new(visitor, of, form.keep(sent), filled + 1, None).await?);
    }
    if sent.ticked("check") {
        let input = read(visitor, sent, filled, &mut Fields::new());
        let composer = ComposerPage::new(visitor, of, form.keep(sent), filled, None).await?;
        return page(&composer.supplied(visitor, Some(&input)).await?);
    }
    if sent.ticked("preview") {
        let tree = units(visitor, MANAGERS).await?;
        return match preview(visitor, sent, &tree).await {
            Ok(counted) => page(&ComposerPage::new(visitor, of, form.keep(sent), filled, Some(counted)).await?),
            Err(problem) => {
                let form = form.refuse(sent, &problem);
                page_with(problem.code.status(), &ComposerPage::new(visitor, of, form, filled, None).await?)
            }
        };
    }
    match saved(visitor, sent, &of, filled).await {
        Ok(exam) => Ok(go_to(&format!("/exams/{}/manage?done=drafted", exam.id))),
        Err(problem) => {
            let form = form.refuse(sent, &problem);
            let shown = match of {
                Of::Draft(id, _) if problem.code == Code::Stale => overtaken(visitor, id, form, filled).await?,
                of => ComposerPage::new(visitor, of, form, filled, None).await?,
            };
            page_with(problem.code.status(), &shown)
        }
    }
}

/// The form over a draft that somebody else has changed meanwhile: with what they wrote, and saved over it if it is sent
/// again.
async fn overtaken(visitor: &Visitor, id: ExamId, form: Form, sections: usize) -> Result<ComposerPage, Problem> {
    let exam = visitor.services.exams.exam(&visitor.caller, id).await?;
    if exam.seal.is_some() {
        return Err(Problem::new(Code::WrongState));
    }
    let theirs = filled(visitor, &exam.blueprint);
    let mut shown = ComposerPage::new(visitor, Of::Draft(id, exam.version), form, sections, None).await?;
    let form = shown.f.clone().against(&theirs, |field, value| shown.called(field, value));
    shown.f = form;
    Ok(shown)
}

async fn saved(visitor: &Visitor, sent: &Sent, of: &Of, sections: usize) -> Result<Exam, Problem> {
    let (exams, caller) = (&visitor.services.exams, &visitor.caller);
    let mut fields = Fields::new();
    let mut input = read(visitor, sent, sections, &mut fields);
    if let Of::MakeUp(main, _) = of {
        input.makes_up_exam_id = Some(main.to_string());
    }
    // What the form itself cannot read and what the blueprint refuses are told together.
    joined(fields, Blueprint::try_from(&input))?;
    match of {
        Of::New | Of::MakeUp(..) => Ok(exams.create(caller, &input).await?),
        Of::Draft(id, version) => {
            let main = exams.exam(caller, *id).await?.blueprint.makes_up;
            input.makes_up_exam_id = main.map(|id| id.to_string());
            let write = |old: &mut BlueprintInput| *old = input;
            Ok(exams.change(caller, *id, &IfMatch::version(*version), write).await?)
        }
    }
}

fn is_filled(sent: &Sent, place: usize) -> bool {
    ["title", "count", "points_each"]
        .iter()
        .any(|name| !sent.value(&ComposerPage::field(&place, name)).trim().is_empty())
}

fn read(visitor: &Visitor, sent: &Sent, sections: usize, fields: &mut Fields) -> BlueprintInput {
    let text = |name: &str| sent.value(name).to_owned();
    let duration = minutes(sent, fields, "duration_seconds");
    if duration.is_none() && !fields.has("duration_seconds") {
        fields.reject("duration_seconds", FieldCode::Required);
    }
    BlueprintInput {
        title: text("title"),
        kind: text("kind"),
        year: sent.number(fields, "year").unwrap_or_default(),
        unit_id: text("unit_id"),
        bank_ids: sent.all("bank_ids").map(str::to_owned).collect(),
        opens_at: moment(visitor, sent, fields, "opens_at"),
        closes_at: moment(visitor, sent, fields, "closes_at"),
        latest_start_seconds: minutes(sent, fields, "latest_start_seconds"),
        duration_seconds: duration.unwrap_or_default(),
        grace_seconds: sent.number(fields, "grace_seconds").unwrap_or_default(),
        pass_points: required_decimal(sent, fields, "pass_points"),
        excellence_points: decimal(sent, fields, "excellence_points"),
        attempts_allowed: sent.number(fields, "attempts_allowed").unwrap_or_default(),
        attempt_scoring: text("attempt_scoring"),
        audience: audience(sent, fields),
        sections: (0..sections).map(|place| section(sent, place, fields)).collect(),
        release: text("release"),
        show_key: text("show_key"),
        makes_up_exam_id: None,
        balance: balance(sent, fields),
        beacon_rule: text("beacon_rule"),
        contact: text("contact"),
        objection_days: objection_days(sent, fields),
    }
}

/// For how many days results may be objected to; what is usual if nothing is said.
fn objection_days(sent: &Sent, fields: &mut Fields) -> i32 {
    if sent.value("objection_days").trim().is_empty() {
        return OBJECTION_DAYS;
    }
    sent.number(fields, "objection_days").unwrap_or_default()
}

/// The balance, which the form has in per cent; none where nothing is aimed at.
fn balance(sent: &Sent, fields: &mut Fields) -> Option<BalanceInput> {
    let target = decimal(sent, fields, "balance.target_permille")?;
    let permille = |points: Points| i32::try_from(points.0 / 10).unwrap_or(i32::MAX);
    let tolerance = decimal(sent, fields, "balance.tolerance_permille").map_or(20, permille);
    let tries = match sent.value("balance.tries").trim() {
        "" => Some(32),
        _ => sent.number(fields, "balance.tries"),
    };
    Some(BalanceInput {
        target_permille: permille(target),
        tolerance_permille: tolerance,
        tries: tries.unwrap_or_default(),
    })
}

fn section(sent: &Sent, place: usize, fields: &mut Fields) -> SectionInput {
    let name = |field: &str| ComposerPage::field(&place, field);
    let text = |field: &str| sent.value(&name(field)).to_owned();
    let several = |field: &str| sent.all(&name(field)).map(str::to_owned).collect();
    SectionInput {
        title: text("title"),
        kind: text("kind"),
        topics: several("topics"),
        difficulties: several("difficulties"),
        count: sent.number(fields, &name("count")).unwrap_or_default(),
        points_each: required_decimal(sent, fields, &name("points_each")),
        // Only multiple choices have parts; the control says so, and says nothing of other kinds.
        scoring: Some(text("scoring")).filter(|_| text("kind") == Kind::Multiple.to_string()),
    }
}

fn filled(visitor: &Visitor, plan: &Blueprint) -> Form {
    filled_without_times(&visitor.view, plan)
        .set("opens_at", visitor.view.control(plan.times.opens_at))
        .set("closes_at", visitor.view.control(plan.times.closes_at))
}

fn filled_without_times(view: &View, plan: &Blueprint) -> Form {
    let minutes = |seconds: i32| seconds / 60;
    let latest = plan.times.latest_start_seconds.map(|s| minutes(s).to_string()).unwrap_or_default();
    let excellence = plan.excellence_points.map(|p| p.to_string()).unwrap_or_default();
    let mut form = Form::new("exams-", view)
        .set("title", &plan.title)
        .set("kind", plan.kind)
        .set("year", plan.year)
        .set("unit_id", plan.unit_id)
        .set("latest_start_seconds", latest)
        .set("duration_seconds", minutes(plan.times.duration_seconds))
        .set("grace_seconds", plan.times.grace_seconds)
        .set("pass_points", plan.pass_points)
        .set("excellence_points", excellence)
        .set("attempts_allowed", plan.attempts_allowed)
        .set("attempt_scoring", plan.attempt_scoring)
        .set("release", plan.release)
        .set("show_key", plan.show_key)
        .set("beacon_rule", plan.beacon_rule.as_deref().unwrap_or_default())
        .set("contact", &plan.contact)
        .set("objection_days", plan.objection_days);
    if let Some(balance) = plan.balance {
        let percent = |permille: u32| Points(i64::from(permille) * 10);
        form = form
            .set("balance.target_permille", percent(balance.target_permille))
            .set("balance.tolerance_permille", percent(balance.tolerance_permille))
            .set("balance.tries", balance.tries);
    }
    for bank in &plan.bank_ids {
        form = form.set("bank_ids", bank);
    }
    form = with_audience(form, &plan.audience);
    for (place, section) in plan.sections.iter().enumerate() {
        let name = |field: &str| ComposerPage::field(&place, field);
        form = form
            .set(&name("title"), &section.title)
            .set(&name("kind"), section.kind)
            .set(&name("count"), section.count)
            .set(&name("points_each"), section.points_each)
            .set(&name("scoring"), section.scoring);
        for topic in &section.topics {
            form = form.set(&name("topics"), topic);
        }
        for difficulty in &section.difficulties {
            form = form.set(&name("difficulties"), difficulty);
        }
    }
    form
}
