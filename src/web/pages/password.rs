//! Choosing a password: the first own one, or another.

use askama::Template;
use poem::handler;

use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, go_to, own_address, page, page_with};
use crate::web::visitor::AnyVisitor;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    v: View,
    f: Form,
    next: String,
    first: bool,
    username: String,
}

impl PasswordPage {
    fn new(visitor: &AnyVisitor, form: Form, next: String) -> Self {
        let account = &visitor.0.caller.account;
        Self {
            v: visitor.0.view.clone(),
            f: form,
            next,
            first: account.must_change_password,
            username: account.username.clone(),
        }
    }
}

/// The form.
#[handler]
pub(in crate::web) fn show(visitor: AnyVisitor) -> Page {
    let next = visitor.0.view.query("next").unwrap_or_default();
    page(&PasswordPage::new(&visitor, Form::new("password-", &visitor.0.view), next))
}

/// Takes it and goes on.
#[handler]
pub(in crate::web) async fn change(visitor: AnyVisitor, sent: Sent) -> Page {
    let (old, new) = (sent.value("password"), sent.value("new_password"));
    let changed = if new == sent.value("repeat_password") {
        let auth = &visitor.0.services.auth;
        auth.change_password(&visitor.0.caller, old, new).await.map_err(Problem::from)
    } else {
        Err(Invalid::one("repeat_password", FieldCode::Conflict).into())
    };
    let next = sent.value("next").to_owned();
    match changed {
        Ok(()) if next.is_empty() => Ok(go_to("/account?done=password")),
        Ok(()) => Ok(go_to(own_address(Some(&next)))),
        Err(problem) => {
            let form = Form::new("password-", &visitor.0.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &PasswordPage::new(&visitor, form, next))
        }
    }
}
