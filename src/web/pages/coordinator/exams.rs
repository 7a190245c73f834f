//! Exams: the list, one exam with its seal, its candidates and its results.

use askama::Template;
use entity::id::{BankId, ExamId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::super::amendments::{Line, Names, lines};
use super::exam_day::changeable;
use super::parts::{audience_words, filter, filter_form, page_of, unit_options, units, words};
use super::programmes::years;
use crate::auth::{MANAGERS, READERS, Role};
use crate::bank::Kind;
use crate::exam::sealed::Line as PaperLine;
use crate::exam::{
    Beacon, Candidate, Exam, ExamFilter, ExamKind, ExamResults, ExamStatus, ExamSummary, Feasibility, Overlap,
    Resealing, ResultsSummary, SamplePaper, SectionPlan, SectionRoom,
};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/exams.html")]
struct ListPage {
    v: View,
    f: Form,
    years: Options,
    kinds: Options,
    statuses: Options,
    rows: Vec<ExamSummary>,
    next: Option<String>,
    filtered: bool,
    may_make: bool,
}

/// The list, newest first.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    visitor.caller.scope(READERS, v.now).map_err(Problem::from)?;
    let asked = ExamFilter { year: filter(v, "year"), kind: filter(v, "kind"), status: filter(v, "status") };
    let found = visitor.services.exams.exams(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    page(&ListPage {
        f: filter_form(v, "exams-", &["year", "kind", "status"]),
        years: years(v),
        kinds: words(v, "exams-kind-", ExamKind::ALL),
        statuses: words(v, "exams-status-", ExamStatus::ALL),
        rows: found.items,
        next: found.next_cursor,
        filtered: asked.year.is_some() || asked.kind.is_some() || asked.status.is_some(),
        may_make: visitor.caller.has(MANAGERS, v.now),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/exam.html")]
struct ExamPage {
    v: View,
    exam: Exam,
    unit_name: String,
    banks: String,
    meant: String,
    main: Option<(ExamId, String)>,
    supply: Feasibility,
    manages: bool,
    /// How many the draft's audience is today; a make-up takes of them who has not passed.
    preview: Option<usize>,
    /// The other exams that some of its people would have to sit at the same time.
    overlaps: Vec<Overlap>,
    /// What was changed since it was sealed, newest first.
    changes: Vec<Line>,
}

impl ExamPage {
    fn changeable(&self) -> bool {
        self.manages && changeable(self.exam.status)
    }

    /// Where an act is sent.
    fn act(&self, act: &str) -> String {
        format!("/exams/{}/{act}", self.exam.id)
    }

    /// Every section can be filled.
    fn feasible(&self) -> bool {
        self.supply.holds()
    }

    fn room(&self, place: &usize) -> Option<&SectionRoom> {
        self.supply.rooms.get(*place)
    }

    fn items(&self) -> i32 {
        self.exam.blueprint.sections.iter().map(|s| s.count).sum()
    }

    fn topics(&self, section: &SectionPlan) -> String {
        if section.topics.is_empty() {
            return self.v.t("exams-topics-any").to_string();
        }
        section.topics.join(&self.v.t("parts-comma").to_string())
    }

    /// It waits for the value of its beacon.
    fn awaits_beacon(&self) -> bool {
        self.exam.blueprint.beacon_rule.is_some() && self.exam.seal.as_ref().is_some_and(|seal| seal.beacon.is_none())
    }

    /// It may be sealed again, unless somebody has started it meanwhile.
    fn not_begun(&self) -> bool {
        matches!(self.exam.status, ExamStatus::Sealed | ExamStatus::Open) && !self.closing_is_past()
    }

    fn closing_is_past(&self) -> bool {
        self.exam.blueprint.times.closes_at <= self.v.now
    }

    /// Somebody may be sitting it, or about to.
    fn watchable(&self) -> bool {
        matches!(self.exam.status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused)
    }

    fn over(&self) -> bool {
        matches!(self.exam.status, ExamStatus::Closed | ExamStatus::Released)
    }
}

/// One exam: what it is, what its seal fixed, what is to be done.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (exams, org, caller, id) = (&visitor.services.exams, &visitor.services.org, &visitor.caller, ExamId(id));
    let exam = exams.exam(caller, id).await?;
    let supply = exams.feasibility(caller, id).await?;
    let manages = manages(&visitor, &exam).await;
    let names = org.unit_names(&[exam.blueprint.unit_id]).await?;
    let main = match exam.blueprint.makes_up {
        Some(main) => exams.exam(caller, main).await.ok().map(|e| (e.id, e.blueprint.title)),
        None => None,
    };
    let draft = exam.status == ExamStatus::Draft;
    let preview =
        if draft && manages { Some(org.preview(caller, &exam.blueprint.audience).await?.len()) } else { None };
    let coming = matches!(exam.status, ExamStatus::Draft | ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused);
    let overlaps = if manages && coming { exams.overlaps(caller, id).await? } else { Vec::new() };
    page(&ExamPage {
        overlaps,
        unit_name: names.get(&exam.blueprint.unit_id).cloned().unwrap_or_default(),
        banks: bank_titles(&visitor, &exam.blueprint.bank_ids).await,
        meant: audience_words(&visitor, &exam.blueprint.audience).await?,
        main,
        supply,
        manages,
        preview,
        changes: changes(&visitor, &exam).await?,
        exam,
        v: visitor.view,
    })
}

/// What was changed about a sealed exam, newest first; of each of its candidates with their name.
async fn changes(visitor: &Visitor, exam: &Exam) -> Result<Vec<Line>, Problem> {
    let services = &visitor.services;
    if exam.status == ExamStatus::Draft {
        return Ok(Vec::new());
    }
    let mut amendments = Vec::new();
    let mut page = PageRequest::new(Some(200), None)?;
    loop {
        let found = services.conduct.amendments(&visitor.caller, exam.id, &page).await?;
        amendments.extend(found.items);
        let Some(next) = found.next_cursor else { break };
        page = PageRequest::new(Some(200), Some(&next))?;
    }
    amendments.reverse();
    // A page is no archive: the log keeps all of it.
    amendments.truncate(100);
    let people: Vec<_> = amendments.iter().filter_map(|a| a.person_id).collect();
    let units: Vec<_> = amendments.iter().filter_map(|a| a.unit_id).collect();
    let names =
        Names { people: services.org.person_names(&people).await?, units: services.org.unit_names(&units).await? };
    Ok(lines(&visitor.view, amendments, &names))
}

/// Whether the reader coordinates the exam's unit.
pub(super) async fn manages(visitor: &Visitor, exam: &Exam) -> bool {
    let units = units(visitor, MANAGERS).await;
    units.is_ok_and(|units| units.iter().any(|unit| unit.id == exam.blueprint.unit_id))
}

/// The titles of the banks that the reader manages among these.
async fn bank_titles(visitor: &Visitor, ids: &[BankId]) -> String {
    let mut titles = Vec::new();
    for id in ids {
        if let Ok(bank) = visitor.services.bank.bank(&visitor.caller, *id).await {
            titles.push(bank.title);
        }
    }
    titles.join(&visitor.view.t("parts-comma").to_string())
}

/// Seals it.
#[handler]
pub(in crate::web) async fn set_seal(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let again =
        Resealing { reason: sent.value("reason").to_owned(), beacon_rule: sent.value("beacon_rule").to_owned() };
    visitor.services.exams.seal(&visitor.caller, id.into(), &again).await?;
    Ok(go_to(&format!("/exams/{id}/manage?done=sealed")))
}

/// Records the value of its beacon.
#[handler]
pub(in crate::web) async fn set_beacon(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let beacon = Beacon { value: sent.value("value").to_owned(), source: sent.value("source").to_owned() };
    visitor.services.exams.record_beacon(&visitor.caller, id.into(), &beacon).await?;
    Ok(go_to(&format!("/exams/{id}/manage?done=beacon")))
}

#[derive(Template)]
#[template(path = "coordinator/samples.html")]
struct SamplesPage {
    v: View,
    exam: Exam,
    papers: Vec<SamplePaper>,
}

impl SamplesPage {
    /// The lines of a paper by section.
    fn sections<'a>(&self, paper: &'a SamplePaper) -> Vec<Vec<PaperLine<'a>>> {
        let mut sections: Vec<Vec<PaperLine<'a>>> = Vec::new();
        for line in paper.sheet.lines() {
            match sections.last_mut() {
                Some(section) if section.first().is_some_and(|first| first.section_at == line.section_at) => {
                    section.push(line);
                }
                _ => sections.push(vec![line]),
            }
        }
        sections
    }

    fn options(&self, line: &PaperLine<'_>) -> Vec<String> {
        line.options().map(|option| option.text.clone()).collect()
    }
}

/// What its papers could look like, drawn with a secret that nobody keeps.
#[handler]
pub(in crate::web) async fn show_samples(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let papers = visitor.services.exams.preview(&visitor.caller, id.into()).await?;
    page(&SamplesPage { exam, papers, v: visitor.view })
}

/// Releases its results.
#[handler]
pub(in crate::web) async fn release_results(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.exams.release(&visitor.caller, id.into()).await?;
    Ok(go_to(&format!("/exams/{id}/results?done=released")))
}

/// Deletes a draft.
#[handler]
pub(in crate::web) async fn delete(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    visitor.services.exams.delete(&visitor.caller, id.into()).await?;
    Ok(go_to("/exams?done=deleted"))
}

#[derive(Template)]
#[template(path = "coordinator/candidates.html")]
struct CandidatesPage {
    v: View,
    f: Form,
    id: ExamId,
    exam_title: String,
    status: ExamStatus,
    may_add: bool,
    units: Options,
    rows: Vec<Candidate>,
    next: Option<String>,
    filtered: bool,
}

/// Those who see who is to sit.
pub(super) const ROSTER_READERS: &[Role] = &[Role::Coordinator, Role::Auditor, Role::Liaison];

/// Who is to sit and how far each has come.
#[handler]
pub(in crate::web) async fn show_candidates(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, ExamId(id));
    let exam = visitor.services.exams.exam(caller, id).await?;
    let unit = filter(v, "unit_id");
    let found = visitor.services.exams.candidates(caller, id, unit, &page_of(v, 100)?).await?;
    page(&CandidatesPage {
        f: filter_form(v, "parts-", &["unit_id"]),
        id,
        may_add: manages(&visitor, &exam).await && changeable(exam.status),
        exam_title: exam.blueprint.title,
        status: exam.status,
        units: unit_options(&units(&visitor, ROSTER_READERS).await?),
        rows: found.items,
        next: found.next_cursor,
        filtered: unit.is_some(),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/results.html")]
struct ResultsPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
    summary: ResultsSummary,
    results: ExamResults,
    filtered: bool,
    manages: bool,
}

impl ResultsPage {
    /// Where an act is sent.
    fn act(&self, act: &str) -> String {
        format!("/exams/{}/{act}", self.exam.id)
    }
}

/// What came of it.
#[handler]
pub(in crate::web) async fn show_results(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, ExamId(id));
    let exam = visitor.services.exams.exam(caller, id).await?;
    let unit = filter(v, "unit_id");
    let results = visitor.services.exams.results(caller, id, unit, &page_of(v, 100)?).await?;
    page(&ResultsPage {
        f: filter_form(v, "parts-", &["unit_id"]),
        units: unit_options(&units(&visitor, READERS).await?),
        manages: manages(&visitor, &exam).await,
        summary: results.summary,
        results,
        filtered: unit.is_some(),
        exam,
        v: visitor.view,
    })
}
