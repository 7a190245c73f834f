//! Exams as other rooms see them.

use entity::exam::attempt::{AttemptState, VoidKind};
use entity::exam::exam::{AttemptScoring, ExamKind, ExamStatus, Release, ShowKey};
use entity::exam::section::Scoring;
use entity::id::{AttemptId, BankId, ExamId, PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::points::Points;

use super::state::Times;
use crate::bank::{Difficulty, Kind};
use crate::exam::clock::{Allowance, Schedule};
use crate::exam::draw::{Balance, OBSERVED_FROM};
use crate::exam::sealed::Sheet;
use crate::kernel::page::Page;
use crate::kernel::rate::Rate;
use crate::org::Audience;

/// What an exam is to be, checked: all that sealing freezes but the questions and the people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: ExamKind,
    /// The year it counts toward.
    pub year: i32,
    /// Whose exam it is.
    pub unit_id: UnitId,
    /// The banks that it draws from.
    pub bank_ids: Vec<BankId>,
    /// When it may be sat.
    pub times: Times,
    /// The pass line.
    pub pass_points: Points,
    /// The excellence line; never below the pass line.
    pub excellence_points: Option<Points>,
    /// How often a candidate may sit.
    pub attempts_allowed: i32,
    /// Which of several attempts counts.
    pub attempt_scoring: AttemptScoring,
    /// Who must sit.
    pub audience: Audience,
    /// The sections, in order.
    pub sections: Vec<SectionPlan>,
    /// When candidates see their results.
    pub release: Release,
    /// Whether candidates ever see the key.
    pub show_key: ShowKey,
    /// The main exam that it makes up.
    pub makes_up: Option<ExamId>,
    /// How papers are brought near to a common mean facility; they are not if none.
    pub balance: Option<Balance>,
    /// The public randomness that goes into the draw and does not exist yet; the secret alone decides if none.
    pub beacon_rule: Option<String>,
    /// Whom to ask; may be empty.
    pub contact: String,
    /// For how many days after their release results may be objected to; 0 for never.
    pub objection_days: i32,
}

impl Blueprint {
    /// What a paper can score.
    #[must_use]
    pub fn max_points(&self) -> Points {
        self.sections.iter().map(SectionPlan::points).sum()
    }
}

/// A section of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionPlan {
    /// Its title.
    pub title: String,
    /// The kind of its questions.
    pub kind: Kind,
    /// Topics they may have; any if empty.
    pub topics: Vec<String>,
    /// Difficulties they may have; any if empty.
    pub difficulties: Vec<Difficulty>,
    /// How many questions.
    pub count: i32,
    /// What each is worth.
    pub points_each: Points,
    /// How a multiple choice is scored.
    pub scoring: Scoring,
}

impl SectionPlan {
    /// What the section can score.
    #[must_use]
    pub fn points(&self) -> Points {
        Points(self.points_each.0.saturating_mul(self.count.into()))
    }
}

/// An exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exam {
    /// Its identifier.
    pub id: ExamId,
    /// What it is to be, or was sealed as.
    pub blueprint: Blueprint,
    /// How far it has come at the moment of reading.
    pub status: ExamStatus,
    /// What its seal published.
    pub seal: Option<Seal>,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
    /// How long the pauses lasted that are over.
    pub paused: Millis,
    /// When its last possible attempt had ended.
    pub closed_at: Option<Instant>,
    /// When its results were released.
    pub released_at: Option<Instant>,
    /// Counts its changes.
    pub version: i32,
    /// When it was made.
    pub created_at: Instant,
}

/// What a seal publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// When it was sealed.
    pub at: Instant,
    /// The manifest's digest, hex.
    pub manifest_digest: String,
    /// The commitment to the secret, hex.
    pub commitment: String,
    /// How often the exam was sealed, this time included.
    pub number: i32,
    /// What its beacon's rule named, once it is recorded.
    pub beacon: Option<Beacon>,
}

/// The public randomness that went into a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// Its value.
    pub value: String,
    /// Where it was published.
    pub source: String,
}

/// Why an exam is sealed again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealing {
    /// The reason, which the log keeps.
    pub reason: String,
    /// Another rule for the beacon; the same as before if empty.
    pub beacon_rule: String,
}

/// A sealed manifest with what fixes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedManifest {
    /// The manifest, canonical JSON.
    pub manifest: String,
    /// What the seal published.
    pub seal: Seal,
}

/// What sealing gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealReceipt {
    /// How far the exam has come.
    pub status: ExamStatus,
    /// What the seal published.
    pub seal: Seal,
    /// How many people are on the roster.
    pub expected: usize,
    /// The other exams that some of them would have to sit at the same time.
    pub overlaps: Vec<Overlap>,
}

/// Another exam that is held at the same time, with people on both rosters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The other exam.
    pub exam_id: ExamId,
    /// Its title.
    pub title: String,
    /// When it opens.
    pub opens_at: Instant,
    /// When it closes.
    pub closes_at: Instant,
    /// How many people are on both rosters.
    pub people: usize,
    /// The names of the first twenty.
    pub names: Vec<String>,
}

/// What a copy of an exam has of its own; what is not given follows from the exam.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copied {
    /// The year it counts toward; the next.
    pub year: Option<i32>,
    /// Its title; that of the exam with the year changed.
    pub title: Option<String>,
    /// When it opens, RFC 3339; the same hour of the same day of that year.
    pub opens_at: Option<String>,
    /// When it closes, RFC 3339; the same hour of the same day of that year.
    pub closes_at: Option<String>,
}

/// An exam in few words, for other rooms and lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExamBrief {
    /// Its identifier.
    pub id: ExamId,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: ExamKind,
    /// The year it counts toward.
    pub year: i32,
    /// Whose exam it is.
    pub unit_id: UnitId,
    /// How far it has come at the moment of reading.
    pub status: ExamStatus,
    /// When it may be sat.
    pub times: Times,
    /// Counts its changes.
    pub version: i32,
    /// How often a candidate may sit.
    pub attempts_allowed: i32,
    /// The pass line.
    pub pass_points: Points,
    /// When candidates see their results.
    pub release: Release,
    /// The main exam that it makes up.
    pub makes_up: Option<ExamId>,
    /// Whom to ask; may be empty.
    pub contact: String,
}

/// An exam in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExamSummary {
    /// The exam.
    pub exam: ExamBrief,
    /// The name of its unit.
    pub unit_name: String,
}

/// Which exams are asked for; nothing said means any.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExamFilter {
    /// That count toward this year.
    pub year: Option<i32>,
    /// Of this kind.
    pub kind: Option<ExamKind>,
    /// This far.
    pub status: Option<ExamStatus>,
}

/// How a version of a question has been answered so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// On how many graded papers.
    pub(super) sittings: i64,
    /// What they scored, in hundredths.
    pub(super) points: i64,
    /// What they could have scored.
    pub(super) max_points: i64,
}

impl Observed {
    /// Its facility in thousandths, if it was sat often enough to be believed (draw.md, manifest).
    pub(super) fn facility_permille(&self) -> Option<u32> {
        if self.sittings < OBSERVED_FROM || self.max_points <= 0 {
            return None;
        }
        u32::try_from(self.points.max(0).saturating_mul(1000) / self.max_points).ok().map(|permille| permille.min(1000))
    }
}

/// How much room the banks leave a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRoom {
    /// Its place, from 1.
    pub position: usize,
    /// Its title.
    pub title: String,
    /// How many questions it wants.
    pub count: i32,
    /// How many questions it may take.
    pub eligible: usize,
    /// Of how many groups they are, a question without one being a group of its own: so many can meet on a paper.
    pub groups: usize,
    /// Groups left to it at the worst, whatever the sections before it draw; may be below zero.
    pub room: i64,
    /// How many are missing; 0 if it can always be filled.
    pub lacks: u64,
    /// How many are missing even if the sections before it take what suits it best.
    pub lacks_at_best: u64,
    /// The sections before it that may take its questions, by place, and how many groups they share with it.
    pub shares: Vec<(usize, usize)>,
    /// The mean facility of the questions that it may take, in thousandths; none without any.
    pub facility_permille: Option<u32>,
}

/// Whether the banks fill a blueprint, and how hard its papers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feasibility {
    /// Section by section.
    pub rooms: Vec<SectionRoom>,
    /// What papers drawn with a throw-away secret are like; none where a section lacks questions.
    pub papers: Option<Difficulties>,
    /// For how many of the questions the facility was observed; of the others it is that of the declared difficulty.
    pub observed: usize,
}

impl Feasibility {
    /// Whether every section can be filled, whatever those before it draw.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.rooms.iter().all(|room| room.lacks == 0)
    }
}

/// The mean facilities of some papers, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difficulties {
    /// How many papers were drawn.
    pub papers: usize,
    /// Of the hardest.
    pub lowest: u32,
    /// Of all of them together.
    pub mean: u32,
    /// Of the easiest.
    pub highest: u32,
    /// How many lie within the balance's tolerance; all without a balance.
    pub within: usize,
}

/// A paper drawn with a secret that nobody keeps.
#[derive(Debug)]
pub struct SamplePaper {
    /// Its mean facility, in thousandths.
    pub facility_permille: u32,
    /// Which try of the balance it is.
    pub k: u32,
    /// The paper, set out as a candidate would see it.
    pub sheet: Sheet,
}

/// Somebody on an exam's roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// Their post on the roster.
    pub post: String,
    /// How many attempts they have used; one that was voided for a technical reason is given back.
    pub attempts: i32,
    /// Their newest attempt.
    pub attempt_id: Option<AttemptId>,
    /// How far it has come; none if they have not started.
    pub state: Option<AttemptState>,
    /// How it was voided.
    pub void_kind: Option<VoidKind>,
    /// What they are allowed beyond the schedule.
    pub allowed: Allowance,
    /// They have seen the key of a question of the pool, when first, and sit after that or have yet to. For those who read
    /// figures.
    pub saw_key: Option<Instant>,
    /// The points that count, once results are released and if the reader may see them.
    pub points: Option<Points>,
}

/// What came of an exam, as far as the reader may see.
#[derive(Debug, Clone)]
pub struct ExamResults {
    /// Everybody's together.
    pub summary: ResultsSummary,
    /// Person by person.
    pub page: Page<ResultRow>,
}

/// The results of many candidates of one exam, make-ups apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResultsSummary {
    /// On this exam's roster.
    pub on_roster: u64,
    /// With a submitted attempt that stands.
    pub sat: u64,
    /// At or above the pass line.
    pub passed: u64,
    /// At or above the excellence line.
    pub excellent: u64,
    /// Whose attempt that counts is blank.
    pub blank: u64,
    /// Submitted attempts that stand.
    pub sittings: u64,
}

impl ResultsSummary {
    /// Of the roster, who sat it.
    #[must_use]
    pub fn sat_rate(&self) -> Rate {
        Rate::of_counts(self.sat, self.on_roster)
    }

    /// Of those who sat it, who passed.
    #[must_use]
    pub fn pass_rate(&self) -> Rate {
        Rate::of_counts(self.passed, self.sat)
    }

    /// Of those who sat it, who reached the excellence line.
    #[must_use]
    pub fn excellence_rate(&self) -> Rate {
        Rate::of_counts(self.excellent, self.sat)
    }
}

/// The result of one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultRow {
    /// Who.
    pub person_id: PersonId,
    /// Their name on the roster.
    pub person_name: String,
    /// Their unit on the roster.
    pub unit_id: UnitId,
    /// Its name.
    pub unit_name: String,
    /// How many submitted attempts stand.
    pub sittings: u64,
    /// The attempt that counts.
    pub attempt_id: Option<AttemptId>,
    /// When it was handed in.
    pub submitted_at: Option<Instant>,
    /// Its points.
    pub points: Option<Points>,
    /// Whether they reach the pass line; none without points.
    pub passed: Option<bool>,
}

/// An exam on whose roster the reader stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnExam {
    /// The exam.
    pub exam: ExamBrief,
    /// What a paper can score.
    pub max_points: Points,
    /// How many attempts are left; one that was voided for a technical reason is given back.
    pub attempts_left: i32,
    /// The schedule as it stands, with the pauses so far.
    pub schedule: Schedule,
    /// What the reader is allowed beyond it.
    pub allowed: Allowance,
    /// The attempt that is running.
    pub running: Option<AttemptId>,
    /// How far the newest attempt has come; none before the first.
    pub state: Option<AttemptState>,
    /// What counts, once it may be seen.
    pub result: Option<OwnResult>,
}

/// A result that its candidate may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnResult {
    /// The attempt that counts.
    pub attempt_id: AttemptId,
    /// Its points.
    pub points: Points,
    /// Whether they reach the pass line.
    pub passed: bool,
}
