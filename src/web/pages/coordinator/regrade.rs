//! What is done about a faulty item: first tried, then applied; and what was done so far.

use askama::Template;
use entity::id::{AttemptId, ExamId, RegradeId};
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::exams::manages;
use super::parts::{page_of, words};
use crate::bank::{Answer, Kind};
use crate::exam::attempt::RawResponse;
use crate::exam::ruling::Valid;
use crate::exam::{Affected, Effect, Exam, ItemView, Regrade, RegradeAction, RegradeInput};
use crate::http::Problem;
use crate::kernel::page::PageRequest;
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// How many people a page names at most.
const NAMED: usize = 200;

#[derive(Template)]
#[template(path = "coordinator/regrade.html")]
struct RegradePage {
    v: View,
    f: Form,
    exam: Exam,
    item: ItemView,
    actions: Options,
    /// What would be done, once it was tried.
    effect: Option<Effect>,
}

impl RegradePage {
    async fn new(visitor: &Visitor, id: ExamId, f: Form, effect: Option<Effect>) -> Result<Self, Problem> {
        let (services, v) = (&visitor.services, &visitor.view);
        let exam = services.exams.exam(&visitor.caller, id).await?;
        let item = services.regrades.item(&visitor.caller, id, f.value("item")).await?;
        let actions = words(v, "regrade-action-", RegradeAction::ALL);
        Ok(Self { v: v.clone(), f, exam, item, actions, effect })
    }

    /// What can be named as a key: values and words.
    fn keys(&self) -> Options {
        if self.item.kind == Kind::Judgement {
            return ["true", "false"].map(|truth| (truth.to_owned(), self.v.word("truth-", truth).to_string())).into();
        }
        self.item.options.clone()
    }

    /// How it is marked now.
    fn now(&self) -> String {
        match &self.item.valid {
            Valid::Keys(keys) => {
                let words: Vec<String> = keys.iter().map(|key| self.words(key)).collect();
                words.join(&self.v.t("regrade-or").to_string())
            }
            Valid::Full => self.v.t("regrade-action-full_marks").to_string(),
            Valid::Dropped => self.v.t("regrade-action-drop_item").to_string(),
        }
    }

    fn words(&self, key: &Answer) -> String {
        match key {
            Answer::Judgement(truth) => self.v.word("truth-", truth).to_string(),
            Answer::Options(ids) => {
                let texts = self.item.options.iter().filter(|(id, _)| ids.contains(id)).map(|(_, text)| text.clone());
                texts.collect::<Vec<_>>().join(&self.v.t("parts-comma").to_string())
            }
        }
    }

    fn named(&self) -> &[Affected] {
        let named = self.effect.as_ref().map(|e| e.people.as_slice()).unwrap_or_default();
        named.get(..NAMED).unwrap_or(named)
    }

    /// How many are not named.
    fn others(&self) -> u64 {
        let all = self.effect.as_ref().map_or(0, |e| e.rises + e.falls);
        all.saturating_sub(u64::try_from(self.named().len()).unwrap_or(u64::MAX))
    }
}

/// The form for one item.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let v = &visitor.view;
    let query = |name: &str| v.query(name).unwrap_or_default();
    let f = Form::new("regrade-", v).set("item", query("item")).set("objection_ids", query("objection"));
    page(&RegradePage::new(&visitor, id.into(), f, None).await?)
}

/// Tries it, or applies what was tried.
#[handler]
pub(in crate::web) async fn enter(visitor: Visitor, Path(id): Path<Uuid>, sent: Sent) -> Page {
    let (id, regrades) = (ExamId(id), &visitor.services.regrades);
    let input = read(&sent);
    let tried = sent.ticked("try");
    let done = if tried {
        regrades.preview(&visitor.caller, id, &input).await
    } else {
        regrades.apply(&visitor.caller, id, &input).await
    };
    let f = Form::new("regrade-", &visitor.view);
    match done.map_err(Problem::from) {
        Ok(effect) if tried => page(&RegradePage::new(&visitor, id, f.keep(&sent), Some(effect)).await?),
        Ok(_) => Ok(go_to(&format!("/exams/{id}/regrades?done=regraded"))),
        Err(problem) => {
            let shown = RegradePage::new(&visitor, id, f.refuse(&sent, &problem), None).await?;
            page_with(problem.code.status(), &shown)
        }
    }
}

fn read(sent: &Sent) -> RegradeInput {
    let action = sent.value("action").to_owned();
    let keys: Vec<String> = sent.all("key").map(str::to_owned).collect();
    // Boxes that were ticked before another action was chosen mean nothing.
    let keyed = ["correct_key", "also_accept"].contains(&action.as_str());
    let key = match keys.as_slice() {
        [] => None,
        [truth] if truth == "true" || truth == "false" => Some(RawResponse::Truth(truth == "true")),
        _ => Some(RawResponse::Options(keys)),
    };
    RegradeInput {
        item: sent.value("item").to_owned(),
        action,
        key: key.filter(|_| keyed),
        never_lower: sent.ticked("never_lower"),
        reason: sent.value("reason").to_owned(),
        objection_ids: sent.all("objection_ids").filter(|id| !id.is_empty()).map(str::to_owned).collect(),
    }
}

#[derive(Template)]
#[template(path = "coordinator/regrades.html")]
struct RegradesPage {
    v: View,
    exam: Exam,
    rows: Vec<Regrade>,
    manages: bool,
}

impl RegradesPage {
    fn key(&self, regrade: &Regrade) -> String {
        if regrade.kind == Kind::Judgement && !regrade.key.is_blank() {
            return self.v.word("truth-", &regrade.key).to_string();
        }
        regrade.key_texts.join(&self.v.t("parts-comma").to_string())
    }
}

/// What was done so far.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let exam = visitor.services.exams.exam(&visitor.caller, id.into()).await?;
    let rows = visitor.services.regrades.regrades(&visitor.caller, id.into()).await?;
    page(&RegradesPage { manages: manages(&visitor, &exam).await, exam, rows, v: visitor.view })
}

#[derive(Template)]
#[template(path = "coordinator/regraded.html")]
struct RegradedPage {
    v: View,
    exam: Exam,
    regrade: Regrade,
    rows: Vec<(AttemptId, Affected)>,
    next: Option<String>,
}

/// Whose points one of them changed.
#[handler]
pub(in crate::web) async fn people(visitor: Visitor, Path((id, regrade)): Path<(Uuid, Uuid)>) -> Page {
    let (caller, regrades, id, wanted) = (&visitor.caller, &visitor.services.regrades, ExamId(id), RegradeId(regrade));
    let exam = visitor.services.exams.exam(caller, id).await?;
    let asked: PageRequest = page_of(&visitor.view, 100)?;
    let found = regrades.people(caller, id, wanted, &asked).await?;
    let all = regrades.regrades(caller, id).await?;
    let regrade = all.into_iter().find(|r| r.id == wanted).ok_or(crate::auth::Denied::NotFound)?;
    page(&RegradedPage { exam, regrade, rows: found.items, next: found.next_cursor, v: visitor.view })
}
