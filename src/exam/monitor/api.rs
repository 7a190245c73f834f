//! The operation of the monitor.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::EventStream;
use std::sync::Arc;
use uuid::Uuid;

use super::dto::MonitorDto;
use super::service::Monitors;
use crate::auth::Caller;
use crate::http::Problem;

/// Watching exams.
#[derive(Debug)]
pub struct MonitorApi(pub Arc<Monitors>);

#[OpenApi(prefix_path = "/api/v1")]
impl MonitorApi {
    /// Watch an exam: a stream of server-sent events, at most one a second. The first tells of every candidate within the
    /// caller's reach, of one unit with its subtree if asked; each later one of those who stand otherwise, and every fifteen
    /// seconds there is one all the same.
    ///
    /// For coordinators and auditors. It ends when the token does; an `EventSource` connects again by itself.
    #[oai(path = "/exams/:id/monitor", method = "get", operation_id = "watch_exam")]
    async fn watch(
        &self,
        caller: Caller,
        id: Path<Uuid>,
        unit_id: Query<Option<Uuid>>,
    ) -> Result<EventStream<BoxStream<'static, MonitorDto>>, Problem> {
        let (sights, acts) = self.0.stream(&caller, id.0.into(), unit_id.0.map(Into::into)).await?;
        let events = sights.map(move |sight| MonitorDto::of(sight, acts)).boxed();
        // Not with its own sign of life: that goes on when the events have ended.
        Ok(EventStream::new(events))
    }
}
