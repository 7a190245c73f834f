//! Logging in and out.

use askama::Template;
use poem::http::header;
use poem::web::cookie::{Cookie, SameSite};
use poem::{Response, handler};

use crate::auth::COOKIE;
use crate::http::Problem;
use crate::web::form::{Form, GuestSent, Sent};
use crate::web::view::{Page, View, go_to, own_address, page, page_with};
use crate::web::visitor::{AnyVisitor, Guest};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    v: View,
    f: Form,
    next: String,
}

/// The form. Somebody who is logged in already goes on.
#[handler]
pub(in crate::web) fn show(guest: Guest) -> Page {
    let next = guest.view.query("next");
    if guest.view.who.is_some() {
        return Ok(go_to(own_address(next.as_deref())));
    }
    let form = Form::new("login-", &guest.view);
    page(&LoginPage { f: form, v: guest.view, next: next.unwrap_or_default() })
}

/// Takes the form and hands the browser its token.
#[handler]
pub(in crate::web) async fn enter(guest: Guest, GuestSent(sent): GuestSent) -> Page {
    let next = sent.value("next").to_owned();
    let auth = &guest.services.auth;
    match auth.log_in(sent.value("username"), sent.value("password"), sent.address.clone()).await {
        Ok(log_in) => {
            let own = own_address(Some(&next));
            let to = if log_in.account.must_change_password {
                format!("/password?{}", serde_urlencoded::to_string([("next", own)]).unwrap_or_default())
            } else {
                own.to_owned()
            };
            Ok(with_token(go_to(&to), guest.services.core.settings.https(), Some(log_in.token)))
        }
        Err(error) => {
            let problem = Problem::from(error);
            let form = Form::new("login-", &guest.view).refuse(&sent, &problem);
            page_with(problem.code.status(), &LoginPage { f: form, v: guest.view, next })
        }
    }
}

/// Ends the token and takes it from the browser.
#[handler]
pub(in crate::web) async fn leave(AnyVisitor(visitor): AnyVisitor, _sent: Sent) -> Page {
    visitor.services.auth.log_out(&visitor.caller).await?;
    Ok(with_token(go_to("/login?done=logged_out"), visitor.services.core.settings.https(), None))
}

/// Sets the cookie that holds the token, until the browser is closed; or takes it away.
pub(in crate::web) fn with_token(mut response: Response, https: bool, token: Option<String>) -> Response {
    let [bound, plain] = COOKIE;
    let mut cookie = Cookie::new_with_str(if https { bound } else { plain }, token.unwrap_or_default());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(https);
    if cookie.value_str().is_empty() {
        cookie.make_removal();
    }
    if let Ok(value) = cookie.to_string().parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
