//! Wire types.

use std::borrow::Cow;
use std::str::FromStr;

use entity::exam::attempt::AttemptState;
use entity::id::LeaseId;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use poem_openapi::{Enum, Object};
use serde_json::Value;

use super::ledger::Counted;
use super::model::{
    Acknowledged, AttemptResult, HistoryRow, ItemResult, MAX_SAVES, Outcome, RawResponse, RawSave, Saved,
    SectionResult, Submitted,
};
use crate::bank::KindDto;
use crate::exam::grading::Response;
use crate::http::Decimal;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// The longest name that a device may call itself, in characters.
const MAX_DEVICE: usize = 200;

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AttemptState", rename_all = "snake_case")]
pub(super) enum StateDto {
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
pub(super) struct ResponseDto(RawResponse);

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
    /// A response to an item of this kind; of a choice the empty one is an empty list.
    fn new(kind: KindDto, response: Response) -> Self {
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

/// A position and the number that counts there.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "SavedSeq")]
pub(super) struct CountedDto {
    /// The place on the paper.
    position: i32,
    /// The number that now counts.
    seq: i32,
}

impl From<Counted> for CountedDto {
    fn from(counted: Counted) -> Self {
        Self { position: counted.position, seq: counted.seq }
    }
}

/// Saves that were committed.
#[derive(Debug, Object)]
#[oai(rename = "SaveResponse")]
pub(super) struct AcknowledgedDto {
    /// The server's time when they arrived.
    server_time: String,
    /// When the attempt's time is up.
    deadline: String,
    /// What counts at each of their positions.
    saved: Vec<CountedDto>,
}

impl From<Acknowledged> for AcknowledgedDto {
    fn from(acknowledged: Acknowledged) -> Self {
        Self {
            server_time: acknowledged.server_time.to_string(),
            deadline: acknowledged.deadline.to_string(),
            saved: acknowledged.saved.into_iter().map(CountedDto::from).collect(),
        }
    }
}

/// What an attempt came to.
#[derive(Debug, Object)]
#[oai(rename = "Outcome")]
pub(super) struct OutcomeDto {
    /// What it scored.
    points: Decimal,
    /// What it could score.
    max_points: Decimal,
    /// Whether it reaches the pass line.
    passed: bool,
}

impl From<Outcome> for OutcomeDto {
    fn from(outcome: Outcome) -> Self {
        Self { points: outcome.points.into(), max_points: outcome.max_points.into(), passed: outcome.passed }
    }
}

/// An attempt that was handed in.
#[derive(Debug, Object)]
#[oai(rename = "SubmitResponse")]
pub(super) struct SubmittedDto {
    /// How far it has come.
    state: StateDto,
    /// When it counts as handed in; never past the deadline.
    submitted_at: String,
    /// What it came to; null until results are released.
    result: Option<OutcomeDto>,
}

impl From<Submitted> for SubmittedDto {
    fn from(submitted: Submitted) -> Self {
        Self {
            state: submitted.state.into(),
            submitted_at: submitted.submitted_at.to_string(),
            result: submitted.result.map(OutcomeDto::from),
        }
    }
}

/// A section of a paper.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "PaperSection")]
pub(super) struct PaperSectionDto {
    /// Its title.
    title: String,
    /// What each of its items is worth.
    points_each: Decimal,
    /// Its items in order.
    items: Vec<PaperItemDto>,
}

/// An item of a paper.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "PaperItem")]
pub(super) struct PaperItemDto {
    /// The place on the paper, from 1 over all sections.
    position: i32,
    /// Stands for the question in the version that was sealed.
    item: String,
    /// How it is answered.
    kind: KindDto,
    /// What is asked.
    stem: String,
    /// The options in the order of this paper; none for a judgement.
    options: Vec<OptionDto>,
}

/// An option of an item.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "PaperOption")]
pub(super) struct OptionDto {
    /// What a response names.
    id: String,
    /// What it says.
    text: String,
}

/// The answer that counts at a position.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "Saved")]
pub(super) struct SavedDto {
    /// The place on the paper.
    position: i32,
    /// The highest number there.
    seq: i32,
    /// The answer.
    response: ResponseDto,
}

impl From<Saved> for SavedDto {
    fn from(saved: Saved) -> Self {
        Self { position: saved.position, seq: saved.seq, response: ResponseDto::new(saved.kind.into(), saved.response) }
    }
}

/// An attempt that was started or resumed.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "Sitting")]
pub(super) struct SittingDto {
    /// Its identifier.
    id: String,
    /// What this device must send with each save; whoever held the attempt before has lost it.
    lease: String,
    /// The candidate's first, second, … attempt.
    number: i32,
    /// How far it has come.
    state: StateDto,
    /// When it was started.
    started_at: String,
    /// When its time is up.
    deadline: String,
    /// The server's time.
    server_time: String,
    /// The paper's digest, hex.
    paper_digest: String,
    /// The paper.
    sections: Vec<PaperSectionDto>,
    /// The answers that count.
    saved: Vec<SavedDto>,
}

/// An attempt. Paper and answers are there for its candidate while it runs.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "Attempt")]
pub(super) struct AttemptDto {
    /// Its identifier.
    id: String,
    /// The exam.
    exam_id: String,
    /// The candidate.
    person_id: String,
    /// The candidate's first, second, … attempt.
    number: i32,
    /// How far it has come.
    state: StateDto,
    /// What the device that holds it calls itself.
    device: Option<String>,
    /// When it was started.
    started_at: String,
    /// When its time is up.
    deadline: String,
    /// When it counts as handed in.
    submitted_at: Option<String>,
    /// The server handed it in.
    by_server: bool,
    /// The server's time.
    server_time: String,
    /// The paper's digest, hex.
    paper_digest: String,
    /// The paper.
    sections: Option<Vec<PaperSectionDto>>,
    /// The answers that count.
    saved: Option<Vec<SavedDto>>,
}

/// What an attempt came to, in full.
#[derive(Debug, Object)]
#[oai(rename = "AttemptResult")]
pub(super) struct ResultDto {
    /// What it scored.
    points: Decimal,
    /// What it could score.
    max_points: Decimal,
    /// Whether it reaches the pass line.
    passed: bool,
    /// When it counts as handed in.
    submitted_at: Option<String>,
    /// Section by section.
    sections: Vec<SectionResultDto>,
    /// Item by item with the key; null where or while the exam does not show it.
    items: Option<Vec<ItemResultDto>>,
}

/// What a section came to.
#[derive(Debug, Object)]
#[oai(rename = "SectionResult")]
pub(super) struct SectionResultDto {
    /// Its title.
    title: String,
    /// What it scored.
    points: Decimal,
    /// What it could score.
    max_points: Decimal,
}

/// What an item came to, with its key.
#[derive(Debug, Object)]
#[oai(rename = "ItemResult")]
pub(super) struct ItemResultDto {
    /// The place on the paper.
    position: i32,
    /// Stands for the question in the version that was sealed.
    item: String,
    /// How it is answered.
    kind: KindDto,
    /// What was asked.
    stem: String,
    /// The options in the order of the paper.
    options: Vec<OptionDto>,
    /// What was answered.
    response: ResponseDto,
    /// The right answer.
    key: ResponseDto,
    /// What it scored.
    points: Decimal,
    /// What it could score.
    max_points: Decimal,
}

impl From<AttemptResult> for ResultDto {
    fn from(result: AttemptResult) -> Self {
        let section = |s: SectionResult| SectionResultDto {
            title: s.title,
            points: s.points.into(),
            max_points: s.max_points.into(),
        };
        Self {
            points: result.outcome.points.into(),
            max_points: result.outcome.max_points.into(),
            passed: result.outcome.passed,
            submitted_at: result.attempt.submitted_at.map(|t| t.to_string()),
            sections: result.sections.into_iter().map(section).collect(),
            items: result.items.map(|items| items.into_iter().map(ItemResultDto::from).collect()),
        }
    }
}

impl From<ItemResult> for ItemResultDto {
    fn from(item: ItemResult) -> Self {
        let kind = KindDto::from(item.kind);
        Self {
            position: item.position,
            item: item.item,
            kind,
            stem: item.stem,
            options: item.options.into_iter().map(|(id, text)| OptionDto { id, text }).collect(),
            response: ResponseDto::new(kind, item.response),
            key: ResponseDto::new(kind, item.key),
            points: item.points.into(),
            max_points: item.max_points.into(),
        }
    }
}

/// A save as it arrived.
#[derive(Debug, Object)]
#[oai(rename = "HistorySave")]
pub(super) struct HistoryDto {
    /// The place on the paper.
    position: i32,
    /// Its number.
    seq: i32,
    /// What was answered.
    response: ResponseDto,
    /// When it arrived.
    at: String,
}

impl From<HistoryRow> for HistoryDto {
    fn from(row: HistoryRow) -> Self {
        Self {
            position: row.position,
            seq: row.seq,
            response: ResponseDto::new(row.kind.into(), row.response),
            at: row.at.to_string(),
        }
    }
}
