//! What is said of many questions at once.

use entity::bank::key_view::SeenHow;
use entity::id::QuestionId;
use poem_openapi::{Enum, Object};

use super::{StateDto, SummaryDto};
use crate::bank::model::{KeySeen, LawChange, LawCount, NearDuplicates, Outdated, QuestionState, QuestionSummary};
use crate::bank::state::Act;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// What is to be done to many questions.
#[derive(Debug, Object)]
#[oai(rename = "QuestionReviewRequest", deny_unknown_fields)]
pub(in crate::bank) struct ReviewRequest {
    /// The questions, 500 at most; all of them or none.
    question_ids: Vec<String>,
    /// `submit`, `approve`, `return` or `retire`.
    act: String,
    /// Why; wanted where questions are returned.
    #[oai(default)]
    reason: String,
}

impl ReviewRequest {
    /// Which, what, and why.
    pub(in crate::bank) fn read(&self) -> Result<(Vec<QuestionId>, Act, String), Invalid> {
        let mut fields = Fields::new();
        let ids = fields.parse_all("question_ids", &self.question_ids, FieldCode::UnknownReference);
        let act = match self.act.as_str() {
            "submit" => Some(Act::Submit),
            "approve" => Some(Act::Approve),
            "return" => Some(Act::Return),
            "retire" => Some(Act::Retire),
            other => {
                fields.reject_with("act", FieldCode::UnknownValue, other);
                None
            }
        };
        fields.finish(act.map(|act| (ids, act, self.reason.clone())))
    }
}

/// Why a question is given back.
#[derive(Debug, Object)]
#[oai(rename = "QuestionReturnRequest", deny_unknown_fields)]
pub(in crate::bank) struct ReturnRequest {
    /// What is to be written better, up to 400 characters.
    pub(in crate::bank) reason: String,
}

/// Where an act left questions.
#[derive(Debug, Object)]
#[oai(rename = "QuestionStates")]
pub(in crate::bank) struct StatesDto {
    /// Each of them.
    items: Vec<StateDto>,
}

impl From<Vec<QuestionState>> for StatesDto {
    fn from(states: Vec<QuestionState>) -> Self {
        Self { items: states.into_iter().map(StateDto::from).collect() }
    }
}

/// A group for questions.
#[derive(Debug, Object)]
#[oai(rename = "QuestionGroupRequest", deny_unknown_fields)]
pub(in crate::bank) struct RegroupRequest {
    /// The questions, of one bank, 500 at most.
    question_ids: Vec<String>,
    /// The group, of which a paper takes at most one question; null takes them out of theirs.
    group: Option<String>,
}

impl RegroupRequest {
    /// Which, and where.
    pub(in crate::bank) fn read(self) -> Result<(Vec<QuestionId>, Option<String>), Invalid> {
        let mut fields = Fields::new();
        let ids = fields.parse_all("question_ids", &self.question_ids, FieldCode::UnknownReference);
        fields.finish(Some((ids, self.group)))
    }
}

/// Questions, without their keys.
#[derive(Debug, Object)]
#[oai(rename = "QuestionSummaries")]
pub(in crate::bank) struct SummariesDto {
    /// Each of them.
    items: Vec<SummaryDto>,
}

fn summaries(questions: Vec<QuestionSummary>) -> Vec<SummaryDto> {
    questions.into_iter().map(SummaryDto::from).collect()
}

impl From<Vec<QuestionSummary>> for SummariesDto {
    fn from(questions: Vec<QuestionSummary>) -> Self {
        Self { items: summaries(questions) }
    }
}

/// A law has changed.
#[derive(Debug, Object)]
#[oai(rename = "LawChangeRequest", deny_unknown_fields)]
pub(in crate::bank) struct LawChangeRequest {
    /// The bank.
    bank_id: String,
    /// The law, with or without the state's name before it.
    law: String,
    /// Questions on versions before this one are meant: `2021年修订`, `2021-01-22`. Years, months and days are compared.
    before: String,
    /// Those of them that are meant; all if left out. One of which it cannot be told is retired only if it is named.
    #[oai(default)]
    question_ids: Vec<String>,
    /// Why, up to 400 characters; not wanted for a dry run.
    #[oai(default)]
    reason: String,
}

impl TryFrom<LawChangeRequest> for LawChange {
    type Error = Invalid;
    fn try_from(dto: LawChangeRequest) -> Result<Self, Invalid> {
        let mut fields = Fields::new();
        let bank = fields.parse("bank_id", &dto.bank_id, FieldCode::UnknownReference);
        let question_ids = fields.parse_all("question_ids", &dto.question_ids, FieldCode::UnknownReference);
        let change =
            bank.map(|bank_id| Self { bank_id, law: dto.law, before: dto.before, question_ids, reason: dto.reason });
        fields.finish(change)
    }
}

/// What a changed law leaves behind.
#[derive(Debug, Object)]
#[oai(rename = "OutdatedQuestions")]
pub(in crate::bank) struct OutdatedDto {
    /// Nothing was meant to be written.
    dry_run: bool,
    /// How many are, or would be, retired.
    retired: usize,
    /// Those.
    questions: Vec<SummaryDto>,
    /// Those on versions of which it cannot be told whether they are earlier.
    undetermined: Vec<SummaryDto>,
}

impl From<Outdated> for OutdatedDto {
    fn from(outdated: Outdated) -> Self {
        Self {
            dry_run: outdated.dry_run,
            retired: outdated.questions.len(),
            questions: summaries(outdated.questions),
            undetermined: summaries(outdated.undetermined),
        }
    }
}

/// A law in a version.
#[derive(Debug, Object)]
struct LawCountDto {
    /// Its name as the questions write it.
    law: String,
    /// Which version of it.
    law_version: String,
    /// How many questions that are not retired rest on it.
    questions: u64,
}

/// The laws of a bank.
#[derive(Debug, Object)]
#[oai(rename = "BankLaws")]
pub(in crate::bank) struct LawsDto {
    /// By name and version.
    items: Vec<LawCountDto>,
}

impl From<Vec<LawCount>> for LawsDto {
    fn from(laws: Vec<LawCount>) -> Self {
        let dto = |l: LawCount| LawCountDto { law: l.law, law_version: l.law_version, questions: l.questions };
        Self { items: laws.into_iter().map(dto).collect() }
    }
}

/// Questions that say nearly the same.
#[derive(Debug, Object)]
struct NearDuplicateDto {
    /// The questions, oldest first.
    questions: Vec<SummaryDto>,
    /// How alike those two are that are least alike of the pairs that brought them together, in percent.
    percent: u32,
    /// The group that some of them are in already.
    group: Option<String>,
}

/// Proposals for groups.
#[derive(Debug, Object)]
#[oai(rename = "NearDuplicates")]
pub(in crate::bank) struct NearDuplicatesDto {
    /// The likest first.
    items: Vec<NearDuplicateDto>,
}

impl From<Vec<NearDuplicates>> for NearDuplicatesDto {
    fn from(found: Vec<NearDuplicates>) -> Self {
        let dto = |n: NearDuplicates| NearDuplicateDto {
            questions: summaries(n.questions),
            percent: n.percent,
            group: n.group,
        };
        Self { items: found.into_iter().map(dto).collect() }
    }
}

/// How a key was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "KeySeenHow", rename_all = "snake_case")]
enum HowDto {
    /// By writing it.
    Wrote,
    /// On a page or by an operation.
    Read,
    /// In a file.
    Exported,
}

/// Somebody who has seen a key.
#[derive(Debug, Object)]
#[oai(rename = "KeySeen")]
struct KeySeenDto {
    /// Which version of the question.
    version: i32,
    /// Whose account.
    account_id: String,
    /// Their name.
    name: String,
    /// How.
    how: HowDto,
    /// When first.
    at: String,
}

/// Who has seen the key of a question.
#[derive(Debug, Object)]
#[oai(rename = "KeysSeen")]
pub(in crate::bank) struct KeysSeenDto {
    /// By version and time.
    items: Vec<KeySeenDto>,
}

impl From<Vec<KeySeen>> for KeysSeenDto {
    fn from(seen: Vec<KeySeen>) -> Self {
        let dto = |s: KeySeen| KeySeenDto {
            version: s.version,
            account_id: s.account_id.to_string(),
            name: s.name,
            how: match s.how {
                SeenHow::Wrote => HowDto::Wrote,
                SeenHow::Read => HowDto::Read,
                SeenHow::Exported => HowDto::Exported,
            },
            at: s.at.to_string(),
        };
        Self { items: seen.into_iter().map(dto).collect() }
    }
}
