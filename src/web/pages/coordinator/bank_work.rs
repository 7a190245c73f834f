//! Work on many questions of a bank: review, what a changed law leaves behind, groups.

use askama::Template;
use entity::id::{AccountId, BankId, QuestionId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::page_of;
use crate::bank::{Act, Answer, BankRow, LawChange, LawCount, NearDuplicates, Outdated, QuestionSummary, QuestionView};
use crate::http::{Code, Problem};
use crate::kernel::field::{FieldCode, Fields};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// How many clusters of alike questions the page shows.
const SHOWN: usize = 50;

/// The questions that were ticked.
fn ticked(sent: &Sent) -> Result<Vec<QuestionId>, Problem> {
    let mut fields = Fields::new();
    let ids = sent.list(&mut fields, "question_ids", FieldCode::UnknownReference);
    fields.check()?;
    Ok(ids)
}

#[derive(Template)]
#[template(path = "coordinator/bank_review.html")]
struct ReviewPage {
    v: View,
    f: Form,
    bank: BankRow,
    /// The reader's account.
    me: AccountId,
    rows: Vec<QuestionView>,
    next: Option<String>,
}

impl ReviewPage {
    async fn new(visitor: &Visitor, id: BankId, f: Form) -> Result<Self, Problem> {
        let bank = visitor.services.bank.bank(&visitor.caller, id).await?;
        let found = visitor.services.bank.to_review(&visitor.caller, id, &page_of(&visitor.view, 20)?).await?;
        let me = visitor.caller.account.id;
        Ok(Self { v: visitor.view.clone(), f, bank, me, rows: found.items, next: found.next_cursor })
    }

    /// The key in letters; of a judgement its truth.
    fn key(&self, question: &QuestionView) -> String {
        let content = &question.newest.content;
        match &content.answer {
            Answer::Judgement(true) => self.v.t("questions-true").to_string(),
            Answer::Judgement(false) => self.v.t("questions-false").to_string(),
            Answer::Options(right) => {
                let letters = content.options.iter().zip('A'..);
                letters.filter(|(option, _)| right.contains(&option.id)).map(|(_, letter)| letter).collect()
            }
        }
    }

    fn letter(place: &usize) -> char {
        ('A'..='H').nth(*place).unwrap_or('?')
    }
}

/// What waits for review, with its keys.
#[handler]
pub(in crate::web) async fn show_review(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page(&ReviewPage::new(&visitor, id.into(), Form::new("bank-work-", &visitor.view)).await?)
}

/// Approves or returns what was ticked, all of it or nothing.
#[handler]
pub(in crate::web) async fn review(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let act = if sent.value("act") == "return" { Act::Return } else { Act::Approve };
    let done = async {
        let ids = ticked(&sent)?;
        Ok::<_, Problem>(visitor.services.bank.review(&visitor.caller, &ids, act, sent.value("reason")).await?)
    };
    match done.await {
        Ok(_) => Ok(go_to(&format!("/banks/{id}/review?done=reviewed"))),
        Err(problem) => {
            let f = Form::new("bank-work-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &ReviewPage::new(&visitor, id.into(), f).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "coordinator/bank_laws.html")]
struct LawsPage {
    v: View,
    f: Form,
    bank: BankRow,
    laws: Vec<LawCount>,
    found: Option<Outdated>,
}

impl LawsPage {
    async fn new(visitor: &Visitor, id: BankId, f: Form, found: Option<Outdated>) -> Result<Self, Problem> {
        let bank = visitor.services.bank.bank(&visitor.caller, id).await?;
        let laws = visitor.services.bank.laws(&visitor.caller, id).await?;
        Ok(Self { v: visitor.view.clone(), f, bank, laws, found })
    }
}

/// The laws of a bank; with a law and a version in the address, what a change to it leaves behind.
#[handler]
pub(in crate::web) async fn show_laws(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let v = &visitor.view;
    let (law, before) = (v.query("law").unwrap_or_default(), v.query("before").unwrap_or_default());
    let form = Form::new("bank-work-", v).set("law", &law).set("before", &before);
    if law.is_empty() && before.is_empty() {
        return page(&LawsPage::new(&visitor, id.into(), form, None).await?);
    }
    let change = LawChange { bank_id: id.into(), law, before, question_ids: Vec::new(), reason: String::new() };
    match visitor.services.bank.retire_outdated(&visitor.caller, &change, true).await {
        Ok(found) => page(&LawsPage::new(&visitor, id.into(), form, Some(found)).await?),
        Err(error) => {
            let problem = Problem::from(error);
            if problem.code != Code::InvalidFields {
                return Err(problem);
            }
            let form = form.note(&problem);
            page_with(problem.code.status(), &LawsPage::new(&visitor, id.into(), form, None).await?)
        }
    }
}

/// Retires what was ticked.
#[handler]
pub(in crate::web) async fn retire_outdated(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let bank_id: BankId = id.into();
    let done = async {
        let mut fields = Fields::new();
        let question_ids = sent.list(&mut fields, "question_ids", FieldCode::UnknownReference);
        if question_ids.is_empty() {
            fields.reject("question_ids", FieldCode::Required);
        }
        fields.check()?;
        let change = LawChange {
            bank_id,
            law: sent.value("law").to_owned(),
            before: sent.value("before").to_owned(),
            question_ids,
            reason: sent.value("reason").to_owned(),
        };
        Ok::<_, Problem>(visitor.services.bank.retire_outdated(&visitor.caller, &change, false).await?)
    };
    match done.await {
        Ok(_) => Ok(go_to(&format!("/banks/{id}/laws?done=retired_outdated"))),
        Err(problem) => {
            let form = Form::new("bank-work-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &LawsPage::new(&visitor, bank_id, form, None).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "coordinator/bank_groups.html")]
struct GroupsPage {
    v: View,
    f: Form,
    bank: BankRow,
    found: Vec<NearDuplicates>,
    all: usize,
}

impl GroupsPage {
    async fn new(visitor: &Visitor, id: BankId, f: Form) -> Result<Self, Problem> {
        let bank = visitor.services.bank.bank(&visitor.caller, id).await?;
        let mut found = visitor.services.bank.near_duplicates(&visitor.caller, id).await?;
        let all = found.len();
        found.truncate(SHOWN);
        Ok(Self { v: visitor.view.clone(), f, bank, found, all })
    }

    /// A name for a group: the one that some have, or how the stem begins.
    fn proposed(alike: &NearDuplicates) -> String {
        let start = |q: &QuestionSummary| q.stem.chars().filter(|c| c.is_alphanumeric()).take(12).collect();
        alike.group.clone().or_else(|| alike.questions.first().map(start)).unwrap_or_default()
    }
}

/// Questions that say nearly the same.
#[handler]
pub(in crate::web) async fn show_groups(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    page(&GroupsPage::new(&visitor, id.into(), Form::new("bank-work-", &visitor.view)).await?)
}

/// Puts what was ticked into a group.
#[handler]
pub(in crate::web) async fn regroup(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let done = async {
        let ids = ticked(&sent)?;
        let group = Some(sent.value("group"));
        Ok::<_, Problem>(visitor.services.bank.regroup(&visitor.caller, &ids, group).await?)
    };
    match done.await {
        Ok(_) => Ok(go_to(&format!("/banks/{id}/groups?done=grouped"))),
        Err(problem) => {
            let form = Form::new("bank-work-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &GroupsPage::new(&visitor, id.into(), form).await?)
        }
    }
}
