//! Wire types of what goes out.

use poem_openapi::{Enum, Object};

use super::super::ledger::Counted;
use super::super::views::{
    Acknowledged, AttemptResult, HistoryRow, ItemResult, Marking, Outcome, Saved, SectionResult, Submitted, Ticking,
};
use super::{ResponseDto, StateDto};
use crate::bank::KindDto;
use crate::http::Decimal;

/// A position and the number that counts there.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "SavedSeq")]
pub(in super::super) struct CountedDto {
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
pub(in super::super) struct AcknowledgedDto {
    /// The server's time when they arrived.
    server_time: String,
    /// When the attempt's time is up; during a pause it moves on with the clock.
    deadline: String,
    /// True during a pause, else left out.
    #[oai(skip_serializing_if_is_none)]
    paused: Option<bool>,
    /// What counts at each of their positions.
    saved: Vec<CountedDto>,
}

impl From<Acknowledged> for AcknowledgedDto {
    fn from(acknowledged: Acknowledged) -> Self {
        Self {
            server_time: acknowledged.server_time.to_string(),
            deadline: acknowledged.deadline.to_string(),
            paused: acknowledged.paused.then_some(true),
            saved: acknowledged.saved.into_iter().map(CountedDto::from).collect(),
        }
    }
}

/// What an attempt came to.
#[derive(Debug, Object)]
#[oai(rename = "Outcome")]
pub(in super::super) struct OutcomeDto {
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
pub(in super::super) struct SubmittedDto {
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
pub(in super::super) struct PaperSectionDto {
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
pub(in super::super) struct PaperItemDto {
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
pub(in super::super) struct OptionDto {
    /// What a response names.
    id: String,
    /// What it says.
    text: String,
}

/// The answer that counts at a position.
#[derive(Debug, PartialEq, Eq, Object)]
#[oai(rename = "Saved")]
pub(in super::super) struct SavedDto {
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
pub(in super::super) struct SittingDto {
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
    /// When its time is up; during a pause it moves on with the clock.
    deadline: String,
    /// True during a pause, else left out.
    #[oai(skip_serializing_if_is_none)]
    paused: Option<bool>,
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
pub(in super::super) struct AttemptDto {
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
    /// When its time is up; during a pause it moves on with the clock.
    deadline: String,
    /// True during a pause, else left out.
    #[oai(skip_serializing_if_is_none)]
    paused: Option<bool>,
    /// When it counts as handed in.
    submitted_at: Option<String>,
    /// The server handed it in.
    by_server: bool,
    /// How it was voided, `technical` or `misconduct`; left out if it was not.
    #[oai(skip_serializing_if_is_none)]
    void_kind: Option<String>,
    /// The server's time.
    server_time: String,
    /// The paper's digest, hex.
    paper_digest: String,
    /// The paper.
    sections: Option<Vec<PaperSectionDto>>,
    /// The answers that count.
    saved: Option<Vec<SavedDto>>,
    /// How many items were answered, for its candidate once it is over; else left out.
    #[oai(skip_serializing_if_is_none)]
    answered: Option<u32>,
}

/// The moments of an attempt.
#[derive(Debug, Object)]
#[oai(rename = "AttemptClock")]
pub(in super::super) struct ClockDto {
    /// Its identifier.
    id: String,
    /// How far it has come.
    state: StateDto,
    /// When its time is up; during a pause it moves on with the clock.
    deadline: String,
    /// The clock is stopped.
    paused: bool,
    /// The server's time.
    server_time: String,
    /// When it counts as handed in.
    submitted_at: Option<String>,
    /// How it was voided: `technical` or `misconduct`.
    void_kind: Option<String>,
    /// Whether the lease that was asked about may still write; true if none was.
    held: bool,
}

impl From<Ticking> for ClockDto {
    fn from(ticking: Ticking) -> Self {
        let attempt = ticking.attempt;
        Self {
            id: attempt.id.to_string(),
            state: attempt.state.into(),
            deadline: attempt.deadline.to_string(),
            paused: attempt.paused,
            server_time: ticking.server_time.to_string(),
            submitted_at: attempt.submitted_at.map(|t| t.to_string()),
            void_kind: attempt.void_kind.map(|kind| kind.to_string()),
            held: ticking.held,
        }
    }
}

/// What an attempt came to, in full.
#[derive(Debug, Object)]
#[oai(rename = "AttemptResult")]
pub(in super::super) struct ResultDto {
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
pub(in super::super) struct SectionResultDto {
    /// Its title.
    title: String,
    /// What it scored.
    points: Decimal,
    /// What it could score.
    max_points: Decimal,
}

/// How an item is marked.
#[derive(Debug, Enum)]
#[oai(rename = "ItemMarking", rename_all = "snake_case")]
enum MarkingDto {
    /// By its key.
    Key,
    /// Whatever was answered has full marks.
    FullMarks,
    /// It counts for nothing.
    Dropped,
}

/// What an item came to, with its key.
#[derive(Debug, Object)]
#[oai(rename = "ItemResult")]
pub(in super::super) struct ItemResultDto {
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
    /// The right answer, as it stands after all corrections.
    key: ResponseDto,
    /// Other answers that were accepted too after the exam.
    also_accepted: Vec<ResponseDto>,
    /// How it is marked.
    marking: MarkingDto,
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
            also_accepted: item.also_accepted.into_iter().map(|key| ResponseDto::new(kind, key)).collect(),
            marking: match item.marking {
                Marking::Key => MarkingDto::Key,
                Marking::FullMarks => MarkingDto::FullMarks,
                Marking::Dropped => MarkingDto::Dropped,
            },
            points: item.points.into(),
            max_points: item.max_points.into(),
        }
    }
}

/// A save as it arrived.
#[derive(Debug, Object)]
#[oai(rename = "HistorySave")]
pub(in super::super) struct HistoryDto {
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
