//! What the raw rows say, read table by table, and what each person owes by them and how it stands. Nothing here asks the
//! tally, the reports, or whatever states figures for them.

use std::collections::BTreeMap;

use chrono::Datelike;
use entity::exam::attempt::{self, AttemptState, VoidKind};
use entity::exam::exam::{self, AttemptScoring, ExamKind, ExamStatus};
use entity::exam::exemption::{self, ExemptionKind, ExemptionState};
use entity::id::{ExamId, PersonId, SubjectId, UnitId};
use entity::instant::Day;
use entity::org::person::Category;
use entity::org::roster_change::ChangeKind;
use entity::org::roster_row::{self, SubjectKind};
use entity::org::{roster_amendment, unit};
use entity::report::past_row::{self, PastExam, PastStudy};
use entity::report::{closing, past_year};
use entity::study::attendance::{self, AttendanceStatus};
use entity::study::host;
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::requirement::{self, Per};
use entity::study::session::{self, SessionStatus};
use kaofa::kernel::calendar::Calendar;
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};

/// Every row behind the figures.
pub(super) struct Facts {
    pub(super) units: Vec<unit::Model>,
    pub(super) closings: Vec<closing::Model>,
    roster: Vec<roster_row::Model>,
    amendments: Vec<roster_amendment::Model>,
    programmes: Vec<programme::Model>,
    requirements: Vec<requirement::Model>,
    sessions: Vec<session::Model>,
    hosts: Vec<host::Model>,
    attendance: Vec<attendance::Model>,
    exams: Vec<exam::Model>,
    attempts: Vec<attempt::Model>,
    exemptions: Vec<exemption::Model>,
    past_years: Vec<past_year::Model>,
    past_rows: Vec<past_row::Model>,
}

/// Names of figures with their numbers, of one person or summed; what is not there is 0.
pub(super) type Counts = BTreeMap<&'static str, i64>;

/// What somebody owes.
#[derive(Debug, Clone)]
pub(super) struct Owed {
    pub(super) year: i32,
    pub(super) subject: SubjectId,
    /// Of an exam; of a programme none.
    pub(super) exam: Option<ExamKind>,
    pub(super) imported: bool,
    pub(super) person: PersonId,
    pub(super) unit: UnitId,
    pub(super) categories: Vec<Category>,
    pub(super) counts: Counts,
}

/// Somebody's line of a roster with all that was changed of it.
struct Stand {
    person: PersonId,
    unit: UnitId,
    categories: Vec<Category>,
    /// From when to when; from the beginning, or still, if none.
    spans: Vec<(Option<Day>, Option<Day>)>,
}

fn one(holds: bool) -> i64 {
    i64::from(holds)
}

impl Facts {
    pub(super) async fn read(db: &DatabaseConnection) -> Self {
        Self {
            units: unit::Entity::find().all(db).await.unwrap(),
            closings: closing::Entity::find().all(db).await.unwrap(),
            roster: roster_row::Entity::find().all(db).await.unwrap(),
            amendments: roster_amendment::Entity::find()
                .order_by_asc(roster_amendment::Column::Number)
                .all(db)
                .await
                .unwrap(),
            programmes: programme::Entity::find().all(db).await.unwrap(),
            requirements: requirement::Entity::find().all(db).await.unwrap(),
            sessions: session::Entity::find().all(db).await.unwrap(),
            hosts: host::Entity::find().all(db).await.unwrap(),
            attendance: attendance::Entity::find().all(db).await.unwrap(),
            exams: exam::Entity::find().all(db).await.unwrap(),
            attempts: attempt::Entity::find().all(db).await.unwrap(),
            exemptions: exemption::Entity::find().all(db).await.unwrap(),
            past_years: past_year::Entity::find().all(db).await.unwrap(),
            past_rows: past_row::Entity::find().all(db).await.unwrap(),
        }
    }

    /// Whether a unit is `top` or lies below it, walking up.
    pub(super) fn lies_within(&self, unit: UnitId, top: UnitId) -> bool {
        let mut at = Some(unit);
        while let Some(id) = at {
            if id == top {
                return true;
            }
            at = self.units.iter().find(|u| u.id == id).unwrap().parent_id;
        }
        false
    }

    /// Everybody who ever stood on a roster, as those changes leave it that came in time.
    fn stands(&self, subject: SubjectId, in_time: impl Fn(&roster_amendment::Model) -> bool) -> Vec<Stand> {
        let rows = self.roster.iter().filter(|row| row.subject_id == subject);
        let mut stands: Vec<Stand> = rows
            .map(|row| Stand {
                person: row.person_id,
                unit: row.unit_id,
                categories: row.categories.0.clone(),
                spans: vec![(None, None)],
            })
            .collect();
        let mut known: Vec<PersonId> = Vec::new();
        for change in self.amendments.iter().filter(|change| change.subject_id == subject && in_time(change)) {
            let place = stands.iter().position(|stand| stand.person == change.person_id).unwrap_or_else(|| {
                let (unit, categories) = (change.unit_id, change.categories.0.clone());
                stands.push(Stand { person: change.person_id, unit, categories, spans: Vec::new() });
                stands.len() - 1
            });
            let stand = &mut stands[place];
            // Who joins first was not there from the beginning, though there is a line by now.
            if !known.contains(&change.person_id) && change.kind == ChangeKind::Joins {
                stand.spans.clear();
            }
            known.push(change.person_id);
            match change.kind {
                ChangeKind::Joins => {
                    (stand.unit, stand.categories) = (change.unit_id, change.categories.0.clone());
                    stand.spans.push((Some(change.from_on), None));
                }
                ChangeKind::Leaves => {
                    if let Some(span) = stand.spans.last_mut().filter(|span| span.1.is_none()) {
                        span.1 = Some(change.from_on);
                    }
                }
            }
        }
        stands
    }

    /// All that anybody owes or ever owed, as it stands on that day.
    pub(super) fn owed(&self, today: Day, calendar: Calendar) -> Vec<Owed> {
        let mut owed = Vec::new();
        for programme in self.programmes.iter().filter(|p| p.status != ProgrammeStatus::Draft) {
            let subject = programme.id.into();
            owed.extend(self.stands(subject, |_| true).into_iter().map(|stand| Owed {
                year: programme.year,
                subject,
                exam: None,
                imported: false,
                person: stand.person,
                unit: stand.unit,
                counts: self.studied(programme, &stand, today),
                categories: stand.categories,
            }));
        }
        let mains = self.exams.iter().filter(|e| e.makes_up_exam_id.is_none() && e.status != ExamStatus::Draft);
        for main in mains {
            let subject = main.id.into();
            // What was confirmed before it closed, of days that had come.
            let in_time = |change: &roster_amendment::Model| match main.closed_at {
                Some(closed) => change.made_at <= closed && change.from_on <= calendar.day(closed),
                None => change.from_on <= today,
            };
            owed.extend(self.stands(subject, in_time).into_iter().map(|stand| Owed {
                year: main.year,
                subject,
                exam: Some(main.kind),
                imported: false,
                person: stand.person,
                unit: stand.unit,
                counts: self.sat(main, &stand),
                categories: stand.categories,
            }));
        }
        for year in self.past_years.iter().filter(|year| year.withdrawn_at.is_none()) {
            for row in self.past_rows.iter().filter(|row| row.past_year_id == year.id) {
                let both = [
                    (year.study_id, None, row.study.map(told_of_study)),
                    (year.exam_id, Some(ExamKind::Annual), row.exam.map(|exam| told_of_exam(exam, row))),
                ];
                for (subject, exam, counts) in both {
                    let Some(counts) = counts else { continue };
                    owed.push(Owed {
                        year: year.year,
                        subject,
                        exam,
                        imported: true,
                        person: row.person_id,
                        unit: row.unit_id,
                        categories: row.categories.0.clone(),
                        counts,
                    });
                }
            }
        }
        owed
    }

    /// How somebody stands toward a programme.
    fn studied(&self, programme: &programme::Model, stand: &Stand, today: Day) -> Counts {
        let year = programme.year;
        let there = |day: Day| {
            stand.spans.iter().any(|(from, to)| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to))
        };
        let months = |last: u32| {
            let there = |month: &u32| (1..=31).filter_map(|d| Day::new(year, *month, d)).any(there);
            i64::try_from((1..=last).filter(there).count()).unwrap()
        };
        if months(12) == 0 {
            return Counts::new();
        }
        // Half up: of two and a half, three.
        let share = |whole: i64, last: u32| (2 * whole * months(last) + i64::from(last)) / (2 * i64::from(last));
        let of_plan = |s: &&session::Model| {
            s.year == year && s.status == SessionStatus::Closed && s.programme_id.is_none_or(|id| id == programme.id)
        };
        let full =
            |status| matches!(status, AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::MadeUp);
        let earned: Vec<&session::Model> = self
            .sessions
            .iter()
            .filter(of_plan)
            .filter(|s| {
                self.attendance.iter().filter(|a| a.session_id == s.id).any(|a| {
                    let own = a.person_id == stand.person
                        && (full(a.status)
                            || (a.status == AttendanceStatus::LeftEarly && programme.credits_left_early)
                            || (a.status == AttendanceStatus::Delegated && programme.credits_delegated));
                    own || (a.status == AttendanceStatus::Delegated && a.delegate_person_id == Some(stand.person))
                })
            })
            .collect();
        let closed = programme.status == ProgrammeStatus::Closed;
        let is_due = |due_on: Option<Day>| closed || due_on.map_or(year < today.year(), |due| due < today);
        let mut asked: Vec<(bool, bool)> = Vec::new();
        if let Some(hours) = programme.required_hours {
            let done: i64 = earned.iter().map(|s| s.credit_hours.0).sum();
            asked.push((done >= share(hours.0, 12), is_due(None)));
        }
        for r in self.requirements.iter().filter(|r| r.programme_id == programme.id) {
            let met = match r.per {
                Per::Person => {
                    let done = earned.iter().filter(|s| s.kind == r.kind).count();
                    let last = r.due_on.map_or(12, |day| day.0.month());
                    i64::try_from(done).unwrap() >= share(r.count.into(), last)
                }
                Per::Unit => {
                    let counts = |s: &&session::Model| {
                        let held = self.hosts.iter().any(|h| h.session_id == s.id && h.unit_id == stand.unit);
                        let mut rows = self.attendance.iter().filter(|a| a.session_id == s.id);
                        s.kind == r.kind && (held || rows.any(|a| a.unit_id == stand.unit && full(a.status)))
                    };
                    let done = self.sessions.iter().filter(of_plan).filter(counts).count();
                    i64::try_from(done).unwrap() >= i64::from(r.count)
                }
            };
            asked.push((met, is_due(r.due_on)));
        }
        Counts::from([
            ("on_roster", 1),
            ("expected", 1),
            ("participated", one(!earned.is_empty())),
            ("completed", one(asked.iter().all(|(met, _)| *met))),
            ("completed_due", one(asked.iter().all(|(met, due)| *met || !due))),
        ])
    }

    /// How somebody stands toward an exam with its make-ups.
    fn sat(&self, main: &exam::Model, stand: &Stand) -> Counts {
        let mut family: Vec<&exam::Model> =
            self.exams.iter().filter(|e| e.id == main.id || e.makes_up_exam_id == Some(main.id)).collect();
        family.sort_by_key(|e| (e.id != main.id, e.opens_at, e.id));
        let own = |exam: ExamId| self.attempts.iter().filter(move |a| a.exam_id == exam && a.person_id == stand.person);
        let used: Vec<&attempt::Model> =
            family.iter().flat_map(|e| own(e.id)).filter(|a| a.void_kind != Some(VoidKind::Technical)).collect();
        // Who left and has not sat owes nothing.
        if stand.spans.last().is_none_or(|(_, to)| to.is_some())
            && !used.iter().any(|a| a.state != AttemptState::Running)
        {
            return Counts::new();
        }
        let granted = |kind| {
            self.exemptions
                .iter()
                .find(|e| {
                    (e.exam_id, e.person_id) == (main.id, stand.person)
                        && (e.kind, e.state) == (kind, ExemptionState::Approved)
                })
                .map(|e| e.late)
        };
        if let Some(late) = granted(ExemptionKind::Exempt) {
            return Counts::from([("on_roster", 1), ("exempt", 1), ("exempt_late", one(late))]);
        }
        let stands = |a: &&attempt::Model| a.state != AttemptState::Running;
        let points = |a: &attempt::Model| a.points.filter(|_| a.void_kind.is_none());
        // The attempt of each exam that counts: the best, or the last.
        let counting: Vec<(&exam::Model, &attempt::Model)> = family
            .iter()
            .filter_map(|e| {
                let mut attempts: Vec<_> = used.iter().copied().filter(stands).filter(|a| a.exam_id == e.id).collect();
                attempts.sort_by_key(|a| a.number);
                let last = attempts.last().copied();
                let best = attempts.iter().copied().rev().max_by_key(|a| points(a));
                Some((*e, if e.attempt_scoring == AttemptScoring::Latest { last? } else { best? }))
            })
            .collect();
        let reaches = |(exam, a): &(&exam::Model, &attempt::Model), line| exam.id == main.id && points(a) >= Some(line);
        let sat = used.iter().copied().any(|a| stands(&a));
        let open =
            family.iter().any(|e| matches!(e.status, ExamStatus::Sealed | ExamStatus::Open | ExamStatus::Paused));
        let deferred = granted(ExemptionKind::Deferred).is_some();
        let first = counting.first().map(|(_, a)| *a);
        Counts::from([
            ("on_roster", 1),
            ("expected", 1),
            ("sat", one(sat)),
            ("pending", one(!sat && open && !deferred)),
            ("deferred", one(!sat && open && deferred)),
            ("absent", one(!sat && !open)),
            ("passed", one(counting.iter().any(|(e, a)| points(a) >= Some(e.pass_points)))),
            ("first_sat", one(counting.iter().any(|(e, _)| e.id == main.id))),
            ("first_passed", one(counting.iter().any(|c| reaches(c, main.pass_points)))),
            ("excellent", one(main.excellence_points.is_some_and(|line| counting.iter().any(|c| reaches(c, line))))),
            ("blank", one(first.is_some_and(|a| a.void_kind.is_none() && a.answered == 0))),
            ("sittings", i64::try_from(used.iter().copied().filter(stands).count()).unwrap()),
            ("points", first.and_then(points).map_or(0, |points| points.0)),
        ])
    }
}

/// What a row of a year before Kaofa tells of study.
fn told_of_study(study: PastStudy) -> Counts {
    match study {
        PastStudy::Exempt => Counts::from([("on_roster", 1), ("exempt", 1)]),
        PastStudy::Missed => Counts::from([("on_roster", 1), ("expected", 1)]),
        PastStudy::Participated => Counts::from([("on_roster", 1), ("expected", 1), ("participated", 1)]),
        PastStudy::Completed => {
            ["on_roster", "expected", "participated", "completed", "completed_due"].map(|name| (name, 1)).into()
        }
    }
}

/// The same of the exam.
fn told_of_exam(exam: PastExam, row: &past_row::Model) -> Counts {
    let counted: &[&'static str] = match exam {
        PastExam::Exempt => return Counts::from([("on_roster", 1), ("exempt", 1)]),
        PastExam::Absent => &["absent"],
        PastExam::Failed => &["sat", "first_sat", "sittings"],
        PastExam::PassedLater => &["sat", "first_sat", "sittings", "passed"],
        PastExam::Passed => &["sat", "first_sat", "sittings", "passed", "first_passed"],
        PastExam::Excellent => &["sat", "first_sat", "sittings", "passed", "first_passed", "excellent"],
    };
    let mut counts: Counts = counted.iter().map(|name| (*name, 1)).collect();
    counts.extend([("on_roster", 1), ("expected", 1), ("points", row.points.map_or(0, |points| points.0))]);
    counts
}

/// Whether it is about a programme or an exam.
pub(super) fn kind_of(owed: &Owed) -> SubjectKind {
    if owed.exam.is_some() { SubjectKind::Exam } else { SubjectKind::Programme }
}
