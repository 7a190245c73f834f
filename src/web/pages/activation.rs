//! Choosing the first password by a one-time code.

use askama::Template;
use poem::handler;

use crate::http::Problem;
use crate::kernel::field::{FieldCode, Invalid};
use crate::web::form::{Form, GuestSent};
use crate::web::pages::login::with_token;
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Guest;

#[derive(Template)]
#[template(path = "activate.html")]
struct ActivatePage {
    v: View,
    f: Form,
}

/// The form. The slip's address fills the user name in.
#[handler]
pub(in crate::web) fn show(guest: Guest) -> Page {
    let form = Form::new("activate-", &guest.view).set("username", guest.view.query("u").unwrap_or_default());
    page(&ActivatePage { f: form, v: guest.view })
}

/// Takes it and hands the browser its token.
#[handler]
pub(in crate::web) async fn choose(guest: Guest, GuestSent(sent): GuestSent) -> Page {
    let (username, code, new) = (sent.value("username"), sent.value("code"), sent.value("new_password"));
    let activated = if new == sent.value("repeat_password") {
        let auth = &guest.services.auth;
        auth.activate(username, code, new, sent.address.clone()).await.map_err(Problem::from)
    } else {
        Err(Invalid::one("repeat_password", FieldCode::Conflict).into())
    };
    match activated {
        Ok(log_in) => Ok(with_token(go_to("/"), guest.services.core.settings.https(), Some(log_in.token))),
        Err(problem) => {
            let form = Form::new("activate-", &guest.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &ActivatePage { f: form, v: guest.view })
        }
    }
}
