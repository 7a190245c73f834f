//! Questions: the list, one with its key, the editor, and how a question comes into use.

use askama::Template;
use entity::id::{BankId, QuestionId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{filter, filter_form, page_of, words};
use crate::bank::{
    Answer, BankFilter, BankRow, Content, Difficulty, KeySeen, Kind, NewOption, NewQuestion, QuestionFilter,
    QuestionInput, QuestionState, QuestionStatus, QuestionSummary, QuestionView, TopicCount,
};
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::page::PageRequest;
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// How many options the editor has room for.
const MAX_OPTIONS: usize = 8;

#[derive(Template)]
#[template(path = "coordinator/questions.html")]
struct ListPage {
    v: View,
    f: Form,
    banks: Options,
    kinds: Options,
    statuses: Options,
    topics: Options,
    rows: Vec<QuestionSummary>,
    next: Option<String>,
    bank: Option<BankRow>,
    filtered: bool,
}

/// The reader's banks.
pub(super) async fn banks(visitor: &Visitor) -> Result<Vec<BankRow>, Problem> {
    let all = PageRequest::new(Some(200), None)?;
    Ok(visitor.services.bank.banks(&visitor.caller, &BankFilter::default(), &all).await?.items)
}

/// The topics of these banks' questions in use, each once.
pub(super) fn topics(offer: &[TopicCount]) -> Vec<(String, u64)> {
    let mut counted: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for topic in offer {
        *counted.entry(&topic.topic).or_default() += topic.count;
    }
    counted.into_iter().map(|(topic, count)| (topic.to_owned(), count)).collect()
}

/// The list, without keys.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let text = |name: &str| v.query(name).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let asked = QuestionFilter {
        bank_id: filter(v, "bank_id"),
        kind: filter(v, "kind"),
        topic: text("topic"),
        status: filter(v, "status"),
        q: text("q"),
        law: text("law"),
        article: text("article"),
        group: text("group"),
    };
    let found = visitor.services.bank.questions(&visitor.caller, &asked, &page_of(v, 50)?).await?;
    let banks = banks(&visitor).await?;
    let ids: Vec<BankId> = match asked.bank_id {
        Some(id) => vec![id],
        None => banks.iter().map(|bank| bank.id).collect(),
    };
    let offer = visitor.services.bank.offer(&visitor.caller, &ids).await?;
    page(&ListPage {
        f: filter_form(v, "questions-", &["bank_id", "kind", "topic", "status", "q", "law", "article"]),
        kinds: words(v, "questions-kind-", Kind::ALL),
        statuses: words(v, "questions-status-", QuestionStatus::ALL),
        topics: topics(&offer).into_iter().map(|(topic, n)| (topic.clone(), format!("{topic} {n}"))).collect(),
        rows: found.items,
        next: found.next_cursor,
        filtered: asked.kind.is_some()
            || asked.status.is_some()
            || asked.topic.is_some()
            || asked.q.is_some()
            || asked.law.is_some()
            || asked.article.is_some(),
        bank: banks.iter().find(|bank| Some(bank.id) == asked.bank_id).cloned(),
        banks: banks.into_iter().map(|bank| (bank.id.to_string(), bank.title)).collect(),
        v: visitor.view,
    })
}

#[derive(Template)]
#[template(path = "coordinator/question.html")]
struct QuestionPage {
    v: View,
    id: QuestionId,
    question: QuestionView,
    bank: BankRow,
    /// The reader wrote the newest version, and somebody else has to review it.
    own_work: bool,
    /// Who has seen its key.
    seen: Vec<KeySeen>,
}

impl QuestionPage {
    /// Where an act is sent.
    fn act(&self, act: &str) -> String {
        format!("/questions/{}/{act}", self.id)
    }

    fn is_right(&self, option: &str) -> bool {
        matches!(&self.question.newest.content.answer, Answer::Options(right) if right.contains(option))
    }

    fn truth(&self) -> Option<bool> {
        match &self.question.newest.content.answer {
            Answer::Judgement(truth) => Some(*truth),
            Answer::Options(_) => None,
        }
    }

    fn letter(place: &usize) -> char {
        letter(*place)
    }
}

/// The sign of an option.
fn letter(place: usize) -> char {
    "ABCDEFGH".chars().nth(place).unwrap_or('?')
}

/// One question with its key.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let question = visitor.services.bank.question(&visitor.caller, id.into()).await?;
    let bank = visitor.services.bank.bank(&visitor.caller, question.bank_id).await?;
    let own_work = bank.review_required && question.newest.author_id == visitor.caller.account.id;
    let seen = visitor.services.bank.seen(&visitor.caller, id.into()).await?;
    page(&QuestionPage { v: visitor.view, id: id.into(), question, bank, own_work, seen })
}

/// Hands it in.
#[handler]
pub(in crate::web) async fn submit(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    Ok(done(&visitor.services.bank.submit(&visitor.caller, id.into()).await?))
}

/// Takes it into use.
#[handler]
pub(in crate::web) async fn approve(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    Ok(done(&visitor.services.bank.approve(&visitor.caller, id.into()).await?))
}

/// Gives it back to be written better.
#[handler]
pub(in crate::web) async fn give_back(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    Ok(done(&visitor.services.bank.give_back(&visitor.caller, id.into(), sent.value("reason")).await?))
}

/// Takes it out of use.
#[handler]
pub(in crate::web) async fn retire(visitor: Visitor, Path(id): Path<Uuid>, _sent: Sent) -> Page {
    Ok(done(&visitor.services.bank.retire(&visitor.caller, id.into()).await?))
}

fn done(state: &QuestionState) -> poem::Response {
    go_to(&format!("/questions/{}?done=question_{}", state.id, state.status))
}

#[derive(Template)]
#[template(path = "coordinator/question_form.html")]
struct FormPage {
    v: View,
    f: Form,
    /// The question that gets a new version; none for a new question.
    id: Option<QuestionId>,
    banks: Options,
    kinds: Options,
    difficulties: Options,
    topics: Vec<(String, u64)>,
}

impl FormPage {
    async fn new(visitor: &Visitor, f: Form, id: Option<QuestionId>) -> Result<Self, Problem> {
        let v = visitor.view.clone();
        let banks = banks(visitor).await?;
        let ids: Vec<BankId> = banks.iter().map(|bank| bank.id).collect();
        let offer = visitor.services.bank.offer(&visitor.caller, &ids).await?;
        Ok(Self {
            id,
            banks: banks.into_iter().map(|bank| (bank.id.to_string(), bank.title)).collect(),
            kinds: words(&v, "questions-kind-", Kind::ALL),
            difficulties: words(&v, "questions-difficulty-", Difficulty::ALL),
            topics: topics(&offer),
            f,
            v,
        })
    }

    fn text(place: &usize) -> String {
        format!("options[{place}].text")
    }

    fn letter(place: &usize) -> char {
        letter(*place)
    }

    fn action(&self) -> String {
        self.id.map_or_else(|| "/questions/new".to_owned(), |id| format!("/questions/{id}/version"))
    }
}

/// The editor for a new question.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let v = &visitor.view;
    let form = Form::new("questions-", v)
        .set("bank_id", v.query("bank_id").unwrap_or_default())
        .set("kind", Kind::Single)
        .set("difficulty", Difficulty::Medium)
        .set("citation.verified_on", v.calendar.day(v.now));
    page(&FormPage::new(&visitor, form, None).await?)
}

/// Writes it.
#[handler]
pub(in crate::web) async fn write(visitor: Visitor, sent: Sent) -> Page {
    let written = async {
        let bank: BankId = sent
            .value("bank_id")
            .parse()
            .map_err(|_unreadable| Problem::from(Invalid::one("bank_id", FieldCode::Required)))?;
        let new = NewQuestion::try_from(input(&sent))?;
        Ok::<_, Problem>(visitor.services.bank.create_question(&visitor.caller, bank, new).await?)
    };
    match written.await {
        Ok(question) => Ok(go_to(&format!("/questions/{}?done=drafted", question.newest.question_id))),
        Err(problem) => refused(&visitor, &sent, None, &problem).await,
    }
}

/// The editor for a new version, filled with what the newest says.
#[handler]
pub(in crate::web) async fn revise(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let question = visitor.services.bank.question(&visitor.caller, id.into()).await?;
    page(&FormPage::new(&visitor, filled(&visitor.view, question), Some(id.into())).await?)
}

/// Writes the version.
#[handler]
pub(in crate::web) async fn write_version(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let written = async {
        let new = NewQuestion::try_from(input(&sent))?;
        Ok::<_, Problem>(visitor.services.bank.new_version(&visitor.caller, id.into(), new).await?)
    };
    match written.await {
        Ok(_) => Ok(go_to(&format!("/questions/{id}?done=drafted"))),
        Err(problem) => refused(&visitor, &sent, Some(id.into()), &problem).await,
    }
}

async fn refused(visitor: &Visitor, sent: &Sent, id: Option<QuestionId>, problem: &Problem) -> Page {
    let form = Form::new("questions-", &visitor.view).refuse(sent, problem);
    page_with(problem.code.status(), &FormPage::new(visitor, form, id).await?)
}

fn filled(view: &View, question: QuestionView) -> Form {
    let newest = question.newest;
    let Content { kind, stem, options, answer } = newest.content;
    let mut form = Form::new("questions-", view)
        .set("bank_id", question.bank_id)
        .set("kind", kind)
        .set("topic", newest.topic)
        .set("difficulty", newest.difficulty)
        .set("stem", stem)
        .set("explanation", newest.explanation)
        .set("citation.law", newest.citation.law)
        .set("citation.article", newest.citation.article)
        .set("citation.law_version", newest.citation.law_version)
        .set("citation.verified_on", newest.citation.verified_on)
        .set("group", newest.group.unwrap_or_default());
    if let Answer::Judgement(truth) = &answer {
        form = form.set("answer", truth);
    }
    for (place, option) in options.into_iter().enumerate() {
        if matches!(&answer, Answer::Options(right) if right.contains(&option.id)) {
            form = form.set("correct", place);
        }
        if option.pinned {
            form = form.set("pinned", place);
        }
        form = form.set(&FormPage::text(&place), option.text);
    }
    form
}

/// What the editor sent; the options end with the last that says or ticks something.
fn input(sent: &Sent) -> QuestionInput {
    let has = |field: &'static str, place: usize| sent.all(field).any(|p| p == place.to_string());
    let text = |place: usize| sent.value(&FormPage::text(&place)).to_owned();
    let says = |place: &usize| !text(*place).trim().is_empty() || has("correct", *place);
    let count = (0..MAX_OPTIONS).rev().find(says).map_or(0, |last| last + 1);
    let option = |place| NewOption { text: text(place), correct: has("correct", place), pinned: has("pinned", place) };
    let judgement = sent.value("kind") == Kind::Judgement.to_string();
    QuestionInput {
        kind: sent.value("kind").to_owned(),
        topic: sent.value("topic").to_owned(),
        difficulty: sent.value("difficulty").to_owned(),
        stem: sent.value("stem").to_owned(),
        options: if judgement { Vec::new() } else { (0..count).map(option).collect() },
        answer: sent.value("answer").parse().ok().filter(|_| judgement),
        explanation: sent.value("explanation").to_owned(),
        law: sent.value("citation.law").to_owned(),
        article: sent.value("citation.article").to_owned(),
        law_version: sent.value("citation.law_version").to_owned(),
        verified_on: sent.value("citation.verified_on").to_owned(),
        group: Some(sent.value("group").to_owned()),
    }
}
