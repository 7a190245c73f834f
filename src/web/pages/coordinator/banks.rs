//! Banks: the list and a new one.

use askama::Template;
use poem::handler;

use super::parts::{page_of, unit_options, units};
use crate::auth::MANAGERS;
use crate::bank::{BankFilter, BankRequest, BankRow, NewBank};
use crate::http::Problem;
use crate::web::form::{Form, Options, Sent};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "coordinator/banks.html")]
struct ListPage {
    v: View,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    bank: BankRow,
    unit_name: String,
}

/// The list.
#[handler]
pub(in crate::web) async fn list(visitor: Visitor) -> Page {
    let found =
        visitor.services.bank.banks(&visitor.caller, &BankFilter::default(), &page_of(&visitor.view, 50)?).await?;
    let ids: Vec<_> = found.items.iter().map(|bank| bank.unit_id).collect();
    let names = visitor.services.org.unit_names(&ids).await?;
    let row = |bank: BankRow| Row { unit_name: names.get(&bank.unit_id).cloned().unwrap_or_default(), bank };
    page(&ListPage { rows: found.items.into_iter().map(row).collect(), next: found.next_cursor, v: visitor.view })
}

#[derive(Template)]
#[template(path = "coordinator/bank.html")]
struct BankPage {
    v: View,
    f: Form,
    units: Options,
}

impl BankPage {
    async fn new(visitor: &Visitor, f: Form) -> Result<Self, Problem> {
        let choices = units(visitor, MANAGERS).await?;
        Ok(Self { v: visitor.view.clone(), f, units: unit_options(&choices) })
    }
}

/// The form for a new bank; review by somebody else is proposed.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    let form = Form::new("banks-", &visitor.view).set("review_required", "yes");
    page(&BankPage::new(&visitor, form).await?)
}

/// Makes it.
#[handler]
pub(in crate::web) async fn make(visitor: Visitor, sent: Sent) -> Page {
    let request = BankRequest {
        unit_id: sent.value("unit_id").to_owned(),
        title: sent.value("title").to_owned(),
        review_required: sent.ticked("review_required"),
    };
    let made = async {
        let new = NewBank::try_from(request)?;
        Ok::<_, Problem>(visitor.services.bank.create_bank(&visitor.caller, new).await?)
    };
    match made.await {
        Ok(bank) => Ok(go_to(&format!("/questions?bank_id={}&done=saved", bank.id))),
        Err(problem) => {
            let form = Form::new("banks-", &visitor.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &BankPage::new(&visitor, form).await?)
        }
    }
}
