//! Wire types of the seal and of the draw.

use poem_openapi::types::Any;
use poem_openapi::{ApiResponse, Object};
use serde_json::Value;

use super::super::input::BalanceInput;
use super::super::model::{
    Beacon, Difficulties, Feasibility, Overlap, Resealing, SamplePaper, SealReceipt, SealedManifest, SectionRoom,
};
use super::words::ExamStatusDto;
use crate::bank::KindDto;
use crate::exam::draw::Balance;
use crate::exam::sealed::Line;
use crate::http::{Decimal, JsonStream};

/// How papers are brought near to a common mean facility (`openapi/draw.md`), in thousandths.
#[derive(Debug, Object)]
#[oai(rename = "Balance", deny_unknown_fields)]
pub(super) struct BalanceDto {
    /// The mean facility aimed at, 0–1000.
    target_permille: i32,
    /// How far off a paper's may be, 0–1000.
    tolerance_permille: i32,
    /// How many papers are tried at most, 1–256.
    tries: i32,
}

impl From<BalanceDto> for BalanceInput {
    fn from(dto: BalanceDto) -> Self {
        Self { target_permille: dto.target_permille, tolerance_permille: dto.tolerance_permille, tries: dto.tries }
    }
}

impl From<BalanceInput> for BalanceDto {
    fn from(input: BalanceInput) -> Self {
        let BalanceInput { target_permille, tolerance_permille, tries } = input;
        Self { target_permille, tolerance_permille, tries }
    }
}

impl From<Balance> for BalanceDto {
    fn from(balance: Balance) -> Self {
        BalanceInput::from(balance).into()
    }
}

/// The public randomness that goes into a draw.
#[derive(Debug, Object)]
#[oai(rename = "Beacon")]
pub(super) struct BeaconDto {
    /// Its value.
    value: String,
    /// Where it was published.
    source: String,
}

impl From<Beacon> for BeaconDto {
    fn from(beacon: Beacon) -> Self {
        Self { value: beacon.value, source: beacon.source }
    }
}

/// The value that a beacon's rule named.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct BeaconRequest {
    /// The value as it was published, up to 200 characters.
    value: String,
    /// Where it was published, up to 400 characters.
    source: String,
}

impl From<BeaconRequest> for Beacon {
    fn from(dto: BeaconRequest) -> Self {
        Self { value: dto.value, source: dto.source }
    }
}

/// Why an exam is sealed again. A draft needs none.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(in super::super) struct SealRequest {
    /// The reason, up to 400 characters, which the log keeps.
    reason: Option<String>,
    /// Another rule for the beacon. Needed where the value of the former rule is recorded: known to all, it would no
    /// longer keep anybody from choosing among secrets.
    beacon_rule: Option<String>,
}

impl From<SealRequest> for Resealing {
    fn from(dto: SealRequest) -> Self {
        Self { reason: dto.reason.unwrap_or_default(), beacon_rule: dto.beacon_rule.unwrap_or_default() }
    }
}

/// Whether the banks fill a blueprint, and how hard its papers are.
#[derive(Debug, Object)]
#[oai(rename = "Feasibility")]
pub(in super::super) struct FeasibilityDto {
    /// Every section can be filled, whatever the ones before it draw.
    feasible: bool,
    /// Section by section.
    sections: Vec<RoomDto>,
    /// For how many questions of the pool the facility was observed, over 30 sittings or more.
    observed: u64,
    /// What papers drawn with a throw-away secret are like; null where a section lacks questions.
    papers: Option<DifficultiesDto>,
}

/// The room of a section.
#[derive(Debug, Object)]
#[oai(rename = "SectionRoom")]
struct RoomDto {
    /// Its place as text, from "1".
    section: String,
    /// Its title.
    title: String,
    /// How many questions it wants.
    count: i32,
    /// How many it may take.
    eligible: u64,
    /// Of how many groups they are, a question without one being a group of its own: so many can meet on a paper.
    groups: u64,
    /// Groups left to it at the worst; below zero where the sections before it overlap.
    room: i64,
    /// How many are missing; 0 if it can always be filled. An exam is sealed only if no section lacks any.
    lacks: u64,
    /// How many are missing even if the sections before it take what suits it best: so many questions must be written,
    /// while the rest of what it lacks also goes away if sections share less.
    lacks_at_best: u64,
    /// The sections before it that may take its questions.
    shares: Vec<ShareDto>,
    /// The mean facility of the questions that it may take, in thousandths; null without any.
    facility_permille: Option<u32>,
}

/// What a section shares with one before it.
#[derive(Debug, Object)]
#[oai(rename = "SectionShare")]
struct ShareDto {
    /// The other's place as text.
    section: String,
    /// How many groups both may take.
    groups: u64,
}

/// The mean facilities of papers, in thousandths.
#[derive(Debug, Object)]
#[oai(rename = "PaperDifficulties")]
struct DifficultiesDto {
    /// How many papers were drawn.
    papers: u64,
    /// Of the hardest.
    lowest_permille: u32,
    /// Of all of them together.
    mean_permille: u32,
    /// Of the easiest.
    highest_permille: u32,
    /// How many lie within the balance's tolerance; all without a balance.
    within: u64,
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl From<SectionRoom> for RoomDto {
    fn from(room: SectionRoom) -> Self {
        let share =
            |(section, groups): (usize, usize)| ShareDto { section: section.to_string(), groups: number(groups) };
        Self {
            section: room.position.to_string(),
            title: room.title,
            count: room.count,
            eligible: number(room.eligible),
            groups: number(room.groups),
            room: room.room,
            lacks: room.lacks,
            lacks_at_best: room.lacks_at_best,
            shares: room.shares.into_iter().map(share).collect(),
            facility_permille: room.facility_permille,
        }
    }
}

impl From<Feasibility> for FeasibilityDto {
    fn from(found: Feasibility) -> Self {
        let papers = |d: Difficulties| DifficultiesDto {
            papers: number(d.papers),
            lowest_permille: d.lowest,
            mean_permille: d.mean,
            highest_permille: d.highest,
            within: number(d.within),
        };
        Self {
            feasible: found.holds(),
            observed: number(found.observed),
            papers: found.papers.map(papers),
            sections: found.rooms.into_iter().map(RoomDto::from).collect(),
        }
    }
}

/// Papers drawn with secrets that nobody keeps.
#[derive(Debug, Object)]
#[oai(rename = "ExamPreview")]
pub(in super::super) struct PreviewDto {
    /// Three papers. Nobody will ever get one of them but by chance.
    papers: Vec<SamplePaperDto>,
}

/// A sample paper.
#[derive(Debug, Object)]
#[oai(rename = "SamplePaper")]
struct SamplePaperDto {
    /// Its mean facility, in thousandths.
    facility_permille: u32,
    /// Which try of the balance it is.
    k: u32,
    /// Its sections in order.
    sections: Vec<SampleSectionDto>,
}

/// A section of a sample paper.
#[derive(Debug, Object)]
#[oai(rename = "SampleSection")]
struct SampleSectionDto {
    /// Its title.
    title: String,
    /// What each item is worth.
    points_each: Decimal,
    /// Its items in order.
    items: Vec<SampleItemDto>,
}

/// An item of a sample paper, without its key.
#[derive(Debug, Object)]
#[oai(rename = "SampleItem")]
struct SampleItemDto {
    /// Its number, from 1 over the whole paper.
    position: i32,
    /// `question id@version`.
    item: String,
    /// What kind of question it is.
    kind: KindDto,
    /// What it asks.
    stem: String,
    /// The texts of the options, in the order of this paper.
    options: Vec<String>,
}

impl From<SamplePaper> for SamplePaperDto {
    fn from(paper: SamplePaper) -> Self {
        let mut sections: Vec<SampleSectionDto> = Vec::new();
        let mut current = None;
        let item = |line: &Line<'_>| SampleItemDto {
            position: line.position,
            item: line.item.item.clone(),
            kind: line.item.content.kind.into(),
            stem: line.item.content.stem.clone(),
            options: line.options().map(|o| o.text.clone()).collect(),
        };
        for line in paper.sheet.lines() {
            if current != Some(line.section_at) {
                let (title, points_each) = (line.section.title.clone(), line.section.points_each.into());
                sections.push(SampleSectionDto { title, points_each, items: Vec::new() });
                current = Some(line.section_at);
            }
            if let Some(section) = sections.last_mut() {
                section.items.push(item(&line));
            }
        }
        Self { facility_permille: paper.facility_permille, k: paper.k, sections }
    }
}

impl From<Vec<SamplePaper>> for PreviewDto {
    fn from(papers: Vec<SamplePaper>) -> Self {
        Self { papers: papers.into_iter().map(SamplePaperDto::from).collect() }
    }
}

/// What sealing published.
#[derive(Debug, Object)]
#[oai(rename = "Seal")]
pub(in super::super) struct SealDto {
    /// How far the exam has come.
    status: ExamStatusDto,
    /// The digest of its manifest, hex.
    manifest_digest: String,
    /// The commitment to its secret, hex.
    commitment: String,
    /// When it was sealed.
    sealed_at: String,
    /// How often it was sealed, this time included.
    seal_number: i32,
    /// The beacon, once it is recorded.
    beacon: Option<BeaconDto>,
    /// How many people are on the roster.
    expected: u64,
    /// The other exams that some of them would have to sit at the same time: a warning.
    overlaps: Vec<OverlapDto>,
}

/// Another exam that is held at the same time, with people on both rosters.
#[derive(Debug, Object)]
#[oai(rename = "ExamOverlap")]
struct OverlapDto {
    /// The other exam.
    exam_id: String,
    /// Its title.
    title: String,
    /// When it opens.
    opens_at: String,
    /// When it closes.
    closes_at: String,
    /// How many people are on both rosters.
    people: u64,
    /// The names of the first twenty.
    names: Vec<String>,
}

impl From<Overlap> for OverlapDto {
    fn from(overlap: Overlap) -> Self {
        Self {
            exam_id: overlap.exam_id.to_string(),
            title: overlap.title,
            opens_at: overlap.opens_at.to_string(),
            closes_at: overlap.closes_at.to_string(),
            people: number(overlap.people),
            names: overlap.names,
        }
    }
}

/// The exams that people would have to sit at the same time.
#[derive(Debug, Object)]
#[oai(rename = "ExamOverlaps")]
pub(in super::super) struct OverlapsDto {
    /// In the order of their opening.
    items: Vec<OverlapDto>,
}

impl From<Vec<Overlap>> for OverlapsDto {
    fn from(overlaps: Vec<Overlap>) -> Self {
        Self { items: overlaps.into_iter().map(OverlapDto::from).collect() }
    }
}

impl From<SealReceipt> for SealDto {
    fn from(receipt: SealReceipt) -> Self {
        Self {
            status: receipt.status.into(),
            manifest_digest: receipt.seal.manifest_digest,
            commitment: receipt.seal.commitment,
            sealed_at: receipt.seal.at.to_string(),
            seal_number: receipt.seal.number,
            beacon: receipt.seal.beacon.map(BeaconDto::from),
            expected: number(receipt.expected),
            overlaps: receipt.overlaps.into_iter().map(OverlapDto::from).collect(),
        }
    }
}

/// A sealed manifest.
#[derive(Debug, Object)]
#[oai(rename = "Manifest")]
pub(in super::super) struct ManifestDto {
    /// The manifest of `kaofa-draw/1`.
    manifest: Any<Value>,
    /// SHA-256 of its canonical JSON (RFC 8785), hex.
    manifest_digest: String,
    /// The commitment to its secret, hex.
    commitment: String,
    /// When it was sealed.
    sealed_at: String,
    /// How often the exam was sealed; the log tells of every time.
    seal_number: i32,
    /// The beacon, once it is recorded.
    beacon: Option<BeaconDto>,
}

impl TryFrom<SealedManifest> for ManifestDto {
    type Error = serde_json::Error;
    fn try_from(sealed: SealedManifest) -> Result<Self, serde_json::Error> {
        Ok(Self {
            manifest: Any(serde_json::from_str(&sealed.manifest)?),
            manifest_digest: sealed.seal.manifest_digest,
            commitment: sealed.seal.commitment,
            sealed_at: sealed.seal.at.to_string(),
            seal_number: sealed.seal.number,
            beacon: sealed.seal.beacon.map(BeaconDto::from),
        })
    }
}

/// A draw file.
#[derive(Debug, ApiResponse)]
pub(in super::super) enum DrawFileResponse {
    /// The manifest, the secret, the beacon, the log's proof and every paper, as `openapi/draw.md` describes them.
    #[oai(status = 200)]
    File(
        JsonStream,
        /// The name to save it under.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}
