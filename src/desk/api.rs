//! The operations of the desk.

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::PlainText;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::dto::RecordDto;
use super::service::Desk;
use crate::auth::Caller;
use crate::http::{Json, Problem};

/// The address of a calendar.
#[derive(Debug, Object)]
#[oai(rename = "CalendarFeed")]
struct FeedDto {
    /// Whether there is one.
    active: bool,
    /// When it was made.
    created_at: Option<String>,
}

/// A new address of a calendar. It is told once.
#[derive(Debug, Object)]
#[oai(rename = "NewCalendarFeed")]
struct NewFeedDto {
    /// What a calendar program subscribes to.
    url: String,
    /// The secret in it.
    token: String,
}

/// A calendar.
#[derive(Debug, ApiResponse)]
enum CalendarAnswer {
    /// RFC 5545.
    #[oai(status = 200, content_type = "text/calendar; charset=utf-8")]
    Calendar(PlainText<String>),
}

/// It is ended.
#[derive(Debug, ApiResponse)]
enum Ended {
    /// It is ended.
    #[oai(status = 204)]
    Ended,
}

/// What somebody finds on their desk.
#[derive(Debug)]
pub struct DeskApi(pub Arc<Desk>);

#[OpenApi(prefix_path = "/api/v1")]
impl DeskApi {
    /// The sessions and exams of whoever made this address, as calendar programs read them (RFC 5545). What is moved or
    /// called off keeps its UID and counts SEQUENCE up. Whoever knows the address reads the calendar: nothing else wants to
    /// be shown.
    #[oai(path = "/calendar.ics", method = "get", operation_id = "read_calendar")]
    async fn calendar(
        &self,
        /// The secret of the address.
        token: Query<String>,
    ) -> Result<CalendarAnswer, Problem> {
        Ok(CalendarAnswer::Calendar(PlainText(self.0.calendar(&token.0).await?)))
    }

    /// Whether the caller's calendar has an address, and since when. The secret in it is not kept.
    #[oai(path = "/calendar/feed", method = "get", operation_id = "get_calendar_feed")]
    async fn feed(&self, caller: Caller) -> Result<Json<FeedDto>, Problem> {
        let feed = self.0.feed(&caller).await?;
        Ok(Json(FeedDto { active: feed.is_some(), created_at: feed.map(|feed| feed.created_at.to_string()) }))
    }

    /// Make an address for the caller's calendar. The one before is worth nothing from now on.
    #[oai(path = "/calendar/feed", method = "post", operation_id = "create_calendar_feed")]
    async fn make_feed(&self, caller: Caller) -> Result<Json<NewFeedDto>, Problem> {
        let made = self.0.make_feed(&caller).await?;
        Ok(Json(NewFeedDto { url: made.url, token: made.token }))
    }

    /// Somebody's file of a year (个人学法档案): sessions with what they earned, programmes, exams. For themself, and for those
    /// who read the roster of their unit.
    #[oai(path = "/people/:id/record", method = "get", operation_id = "get_person_record")]
    async fn record(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        /// This year if null.
        year: Query<Option<i32>>,
    ) -> Result<Json<RecordDto>, Problem> {
        Ok(Json(self.0.record(&caller, id.0.into(), year.0).await?.into()))
    }

    /// End the address of the caller's calendar.
    #[oai(path = "/calendar/feed", method = "delete", operation_id = "delete_calendar_feed")]
    async fn end_feed(&self, caller: Caller) -> Result<Ended, Problem> {
        self.0.end_feed(&caller).await?;
        Ok(Ended::Ended)
    }
}
