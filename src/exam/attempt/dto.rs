//! Wire types of what goes in, and a response, which goes both ways.

use std::borrow::Cow;
use std::str::FromStr;

use entity::exam::attempt::AttemptState;
use entity::id::LeaseId;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use poem_openapi::{Enum, Object};
use serde_json::Value;

use super::model::{MAX_SAVES, RawResponse, RawSave};
use crate::bank::KindDto;
use crate::exam::grading::Response;
use crate::kernel::field::{FieldCode, Fields, Invalid};

mod answers;

pub(super) use answers::{
    AcknowledgedDto, AttemptDto, ClockDto, HistoryDto, ResultDto, SavedDto, SittingDto, SubmittedDto,
};

/// The longest name that a device may call itself, in characters.
const MAX_DEVICE: usize = 200;

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AttemptState", rename_all = "snake_case")]
pub(in crate::exam) enum StateDto {
    /// The candidate sits.
    Running,
    /// Handed in.
    Submitted,
    /// Handed in and graded.
    Graded,
    /// It does not count.
    Voided,
}

impl From<AttemptState> for StateDto {
    fn from(state: AttemptState) -> Self {
        match state {
            AttemptState::Running => Self::Running,
            AttemptState::Submitted => Self::Submitted,
            AttemptState::Graded => Self::Graded,
            AttemptState::Voided => Self::Voided,
        }
    }
}

/// A response: a list of option ids to a single or multiple choice, true or false to a judgement; an empty list or null
/// takes an answer back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::exam) struct ResponseDto(RawResponse);

impl Type for ResponseDto {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "response".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let mut schema = MetaSchema::ANY;
        schema.description = Some(
            "A list of option ids to a single or multiple choice, true or false to a judgement; an empty list or null \
             takes an answer back.",
        );
        schema.nullable = true;
        schema.one_of = vec![Vec::<String>::schema_ref(), bool::schema_ref()];
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for ResponseDto {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let id = |value| match value {
            Value::String(id) => Some(id),
            _ => None,
        };
        // What fits no item is told of together with all other fields.
        Ok(Self(match value.ok_or_else(|| ParseError::custom("a response is wanted, or null"))? {
            Value::Null => RawResponse::Blank,
            Value::Bool(truth) => RawResponse::Truth(truth),
            Value::Array(ids) => {
                ids.into_iter().map(id).collect::<Option<_>>().map_or(RawResponse::Malformed, RawResponse::Options)
            }
            Value::Number(_) | Value::String(_) | Value::Object(_) => RawResponse::Malformed,
        }))
    }
}

impl ToJSON for ResponseDto {
    fn to_json(&self) -> Option<Value> {
        Some(match &self.0 {
            RawResponse::Blank | RawResponse::Malformed => Value::Null,
            RawResponse::Truth(truth) => Value::from(*truth),
            RawResponse::Options(ids) => Value::from(ids.clone()),
        })
    }
}

impl ResponseDto {
    /// What was sent.
    pub(in crate::exam) fn into_raw(self) -> RawResponse {
        self.0
    }

    /// A response to an item of this kind; of a choice the empty one is an empty list.
    pub(in crate::exam) fn new(kind: KindDto, response: Response) -> Self {
        Self(match (response, kind) {
            (Response::Blank, KindDto::Judgement) => RawResponse::Blank,
            (Response::Blank, KindDto::Single | KindDto::Multiple) => RawResponse::Options(Vec::new()),
            (Response::Truth(truth), _) => RawResponse::Truth(truth),
            (Response::Options(ids), _) => RawResponse::Options(ids.into_iter().collect()),
        })
    }
}

/// Who starts.
#[derive(Debug, Default, Object)]
#[oai(rename = "StartRequest", deny_unknown_fields)]
pub(super) struct StartRequest {
    /// What the device calls itself, for those who watch over the exam.
    device: Option<String>,
}

impl StartRequest {
    /// The device's name.
    pub(super) fn device(self) -> Result<Option<String>, Invalid> {
        let mut fields = Fields::new();
        let device = self.device.map(|d| fields.optional_line("device", &d, MAX_DEVICE));
        fields.finish(Some(device.filter(|d| !d.is_empty())))
    }
}

/// Answers to be kept.
#[derive(Debug, Object)]
#[oai(rename = "SaveRequest", deny_unknown_fields)]
pub(super) struct SaveRequest {
    /// The lease that starting gave.
    lease: String,
    /// 1 to 200 saves.
    saves: Vec<SaveDto>,
}

/// An answer to be kept.
#[derive(Debug, Object)]
#[oai(rename = "Save", deny_unknown_fields)]
pub(super) struct SaveDto {
    /// The place on the paper, from 1.
    position: i64,
    /// Grows with each response to a position, from 1; the highest counts.
    seq: i64,
    /// The response.
    response: ResponseDto,
}

/// A paper to be handed in.
#[derive(Debug, Object)]
#[oai(rename = "SubmitRequest", deny_unknown_fields)]
pub(super) struct SubmitRequest {
    /// The lease that starting gave.
    lease: String,
    /// The last answers, at most 200.
    saves: Option<Vec<SaveDto>>,
}

/// An attempt to be voided.
#[derive(Debug, Object)]
#[oai(rename = "VoidRequest", deny_unknown_fields)]
pub(super) struct VoidRequest {
    /// `technical`: as if it had not been sat; `misconduct`: sat and failed.
    pub(super) kind: String,
    /// Why, up to 400 characters; the log keeps it.
    pub(super) reason: String,
}

/// An attempt that is to go on.
#[derive(Debug, Object)]
#[oai(rename = "ReopenRequest", deny_unknown_fields)]
pub(super) struct ReopenRequest {
    /// For how long from now, 1–7200.
    pub(super) seconds: i32,
    /// Why, up to 400 characters; the log keeps it.
    pub(super) reason: String,
}

/// A lease and what it allows to be written.
pub(super) type Leased = (LeaseId, Vec<RawSave>);

fn leased(lease: &str, saves: Vec<SaveDto>, at_least: usize) -> Result<Leased, Invalid> {
    let mut fields = Fields::new();
    let lease = LeaseId::from_str(lease).ok();
    if lease.is_none() {
        fields.reject("lease", FieldCode::Invalid);
    }
    if saves.len() < at_least {
        fields.reject("saves", FieldCode::Required);
    } else if saves.len() > MAX_SAVES {
        fields.reject_with("saves", FieldCode::TooLong, MAX_SAVES);
    }
    let raw = |s: SaveDto| RawSave { position: s.position, seq: s.seq, response: s.response.0 };
    fields.finish(lease.map(|lease| (lease, saves.into_iter().map(raw).collect())))
}

impl TryFrom<SaveRequest> for Leased {
    type Error = Invalid;
    fn try_from(dto: SaveRequest) -> Result<Self, Invalid> {
        leased(&dto.lease, dto.saves, 1)
    }
}

impl TryFrom<SubmitRequest> for Leased {
    type Error = Invalid;
    fn try_from(dto: SubmitRequest) -> Result<Self, Invalid> {
        leased(&dto.lease, dto.saves.unwrap_or_default(), 0)
    }
}
