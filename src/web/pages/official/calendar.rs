//! Subscribing to one's own calendar, and ending that.

use askama::Template;
use poem::handler;

use crate::desk::{Feed, NewFeed};
use crate::web::form::Sent;
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "official/calendar.html")]
struct CalendarPage {
    v: View,
    feed: Option<Feed>,
    /// The address, told once after it was made.
    made: Option<NewFeed>,
}

/// Whether there is an address.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    visitor.caller.person()?;
    let feed = visitor.services.desk.feed(&visitor.caller).await?;
    page(&CalendarPage { v: visitor.view, feed, made: None })
}

/// Makes one, and tells it.
#[handler]
pub(in crate::web) async fn make(visitor: Visitor, sent: Sent) -> Page {
    if sent.ticked("end") {
        visitor.services.desk.end_feed(&visitor.caller).await?;
        return Ok(go_to("/calendar?done=calendar_ended"));
    }
    let made = visitor.services.desk.make_feed(&visitor.caller).await?;
    let feed = visitor.services.desk.feed(&visitor.caller).await?;
    page(&CalendarPage { v: visitor.view, feed, made: Some(made) })
}
