//! The operations that tell what sessions came to.

use std::sync::Arc;

use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use crate::auth::Caller;
use crate::http::{Json, Problem};
use crate::study::dto::SessionKindDto;
use crate::study::model::{Activity, LedgerLine};
use crate::study::service::Study;

/// What the sessions of one kind came to.
#[derive(Debug, Object)]
#[oai(rename = "Activity")]
struct ActivityDto {
    /// The kind of session.
    kind: SessionKindDto,
    /// How many were held and closed.
    sessions: i64,
    /// How many different people were there.
    persons: i64,
    /// How many times somebody was there.
    person_times: i64,
    /// How many people listened to outreach.
    audience: i64,
    /// How many enterprises were reached.
    enterprises: i64,
}

impl From<Activity> for ActivityDto {
    fn from(activity: Activity) -> Self {
        Self {
            kind: activity.kind.into(),
            sessions: activity.sessions,
            persons: activity.persons,
            person_times: activity.person_times,
            audience: activity.audience,
            enterprises: activity.enterprises,
        }
    }
}

/// Activities of a year.
#[derive(Debug, Object)]
#[oai(rename = "Activities")]
struct ActivitiesDto {
    /// The year.
    year: i32,
    /// The unit, with its subtree, that held them.
    unit_id: String,
    /// By kind; kinds without any are left out.
    items: Vec<ActivityDto>,
}

/// What a month brought, of one kind of session.
#[derive(Debug, Object)]
#[oai(rename = "LedgerLine")]
struct LedgerLineDto {
    /// The month, 1–12.
    month: u32,
    /// The kind of session.
    kind: SessionKindDto,
    /// How many closed sessions.
    sessions: i64,
    /// How many times somebody was expected.
    expected: i64,
    /// How many times somebody was there.
    person_times: i64,
}

impl From<LedgerLine> for LedgerLineDto {
    fn from(line: LedgerLine) -> Self {
        Self {
            month: line.month,
            kind: line.kind.into(),
            sessions: line.sessions,
            expected: line.expected,
            person_times: line.person_times,
        }
    }
}

/// The ledger of a unit.
#[derive(Debug, Object)]
#[oai(rename = "Ledger")]
struct LedgerDto {
    /// The year.
    year: i32,
    /// The unit, with its subtree.
    unit_id: String,
    /// By month and kind.
    items: Vec<LedgerLineDto>,
}

/// What sessions came to.
#[derive(Debug)]
pub struct LedgerApi(pub Arc<Study>);

#[OpenApi(prefix_path = "/api/v1")]
impl LedgerApi {
    /// Activities of a year by kind: the closed sessions that a unit or one below it held. Sessions, people, and times that
    /// somebody was there are counted apart.
    #[oai(path = "/reports/activities", method = "get", operation_id = "get_activities")]
    async fn activities(
        &self,
        caller: Caller,
        year: Query<i32>,
        unit_id: Query<Option<Uuid>>,
    ) -> Result<Json<ActivitiesDto>, Problem> {
        let (unit, items) = self.0.activities(&caller, year.0, unit_id.0.map(Into::into)).await?;
        let items = items.into_iter().map(Into::into).collect();
        Ok(Json(ActivitiesDto { year: year.0, unit_id: unit.to_string(), items }))
    }

    /// The ledger of a unit with its subtree, by month and kind: closed sessions that it held or that its people were
    /// expected at.
    #[oai(path = "/reports/ledger", method = "get", operation_id = "get_ledger")]
    async fn ledger(
        &self,
        caller: Caller,
        year: Query<i32>,
        unit_id: Query<Option<Uuid>>,
    ) -> Result<Json<LedgerDto>, Problem> {
        let (unit, items) = self.0.ledger(&caller, year.0, unit_id.0.map(Into::into)).await?;
        let items = items.into_iter().map(Into::into).collect();
        Ok(Json(LedgerDto { year: year.0, unit_id: unit.to_string(), items }))
    }
}
