//! Papers on the wire: put together from fragments that were made ready with the exam, behind the schema that they keep.
//!
//! A hall starts at one moment, and each answer is the size of a paper; to build it as values and to write them out again
//! would cost several times as much.

use std::fmt::Write as _;
use std::marker::PhantomData;

use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use serde_json::Value;

use super::dto::{AttemptDto, SavedDto, SittingDto};
use super::views::{Desk, Started, Viewed};
use crate::http::Json;

/// JSON of the shape of `T`, written by hand.
#[derive(Debug)]
pub(super) struct Assembled<T> {
    text: String,
    shape: PhantomData<fn() -> T>,
}

impl<T: Type> Payload for Assembled<T> {
    const CONTENT_TYPE: &'static str = Json::<T>::CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Type> IntoResponse for Assembled<T> {
    fn into_response(self) -> Response {
        Response::builder().content_type(Self::CONTENT_TYPE).body(self.text)
    }
}

impl<T: Type> ApiResponse for Assembled<T> {
    fn meta() -> MetaResponses {
        let content = MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() };
        let response = MetaResponse {
            description: "Done",
            status: Some(200),
            status_range: None,
            content: vec![content],
            headers: vec![],
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// Room for a paper of a hundred items with four options.
const ROOM: usize = 48 * 1024;

/// An object under construction. Its keys are the program's own and need no escaping.
struct Object(String);

impl Object {
    fn new() -> Self {
        let mut text = String::with_capacity(ROOM);
        text.push('{');
        Self(text)
    }

    /// The name of the next field.
    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write!(self.0, "\"{key}\":").expect("text takes everything");
    }

    fn field(&mut self, key: &str, value: impl Into<Value>) {
        self.key(key);
        write!(self.0, "{}", value.into()).expect("text takes everything");
    }

    /// Paper and answers.
    fn desk(&mut self, desk: Desk) {
        self.key("sections");
        desk.seat.sheet.write_sections(&mut self.0);
        let saved: Vec<SavedDto> = desk.saved.into_iter().map(SavedDto::from).collect();
        self.key("saved");
        self.0.push_str(&saved.to_json_string());
    }

    fn finish<T>(mut self) -> Assembled<T> {
        self.0.push('}');
        Assembled { text: self.0, shape: PhantomData }
    }
}

impl From<Started> for Assembled<SittingDto> {
    fn from(started: Started) -> Self {
        let mut object = Object::new();
        let attempt = started.attempt;
        object.field("id", attempt.id.to_string());
        object.field("lease", started.lease.to_string());
        object.field("number", attempt.number);
        object.field("state", attempt.state.as_str());
        object.field("started_at", attempt.started_at.to_string());
        object.field("deadline", attempt.deadline.to_string());
        if attempt.paused {
            object.field("paused", true);
        }
        object.field("server_time", started.server_time.to_string());
        object.field("paper_digest", attempt.paper_digest);
        object.desk(started.desk);
        object.finish()
    }
}

impl From<Viewed> for Assembled<AttemptDto> {
    fn from(viewed: Viewed) -> Self {
        let mut object = Object::new();
        let attempt = viewed.attempt;
        object.field("id", attempt.id.to_string());
        object.field("exam_id", attempt.exam_id.to_string());
        object.field("person_id", attempt.person_id.to_string());
        object.field("number", attempt.number);
        object.field("state", attempt.state.as_str());
        object.field("device", attempt.device);
        object.field("started_at", attempt.started_at.to_string());
        object.field("deadline", attempt.deadline.to_string());
        if attempt.paused {
            object.field("paused", true);
        }
        object.field("submitted_at", attempt.submitted_at.map(|t| t.to_string()));
        object.field("by_server", attempt.by_server);
        if let Some(kind) = attempt.void_kind {
            object.field("void_kind", kind.as_str());
        }
        object.field("server_time", viewed.server_time.to_string());
        object.field("paper_digest", attempt.paper_digest);
        if let Some(desk) = viewed.desk {
            object.desk(desk);
        }
        if let Some(answered) = viewed.answered {
            object.field("answered", answered);
        }
        object.finish()
    }
}

#[cfg(test)]
mod tests;
