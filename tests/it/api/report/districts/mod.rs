//! Random districts with their years, lived through the services, and every figure of every unit recounted from the raw rows.

mod exams;
mod facts;
mod recount;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use entity::id::{ExamId, PersonId, ProgrammeId, SessionId, UnitId};
use entity::instant::{Day, Instant, Millis};
use entity::points::Hours;
use kaofa::auth::{Caller, Role};
use kaofa::http::IfMatch;
use kaofa::kernel::page::PageRequest;
use kaofa::org::{Audience, Category, ChangeFilter, Departure, DepartureKind, NewPerson, Transfer, UnitChange};
use kaofa::report::PastFile;
use kaofa::study::{
    AttendanceFilter, AttendanceStatus, CheckInRule, Correction, CreditRule, MadeUp, NewProgramme, NewSession, Per,
    Requirement, RollCallRow, Scope, SessionKind,
};

use crate::api::scene::Scene;
use crate::harness::{Backend, Dice, TestServer, run};

const KINDS: [SessionKind; 2] = [SessionKind::CollectiveStudy, SessionKind::Seminar];
const CALLED: [AttendanceStatus; 6] = [
    AttendanceStatus::Present,
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
];
/// How many people there are in the beginning.
const PEOPLE: usize = 12;

/// What must have happened in the stories that are told each time.
const TOLD: &[&str] = &[
    "transfer",
    "secondment",
    "departure",
    "merger",
    "closed unit",
    "newcomer",
    "imported year",
    "withdrawn year",
    "session",
    "correction",
    "delegate",
    "exempt",
    "exempt late",
    "deferred",
    "make-up",
    "technical",
    "misconduct",
    "second attempt",
    "late candidate",
    "closed year",
];

struct District {
    server: TestServer,
    dice: Dice,
    seed: u64,
    /// Holds the bank.
    scene: Scene,
    root: UnitId,
    /// With people, and those without that lie above them.
    units: Vec<UnitId>,
    people: Vec<PersonId>,
    coordinator: Caller,
    auditor: Caller,
    builder: Caller,
    programmes: Vec<ProgrammeId>,
    sessions: Vec<SessionId>,
    /// Main exams and make-ups, in the order in which they were held.
    exams: Vec<ExamId>,
    /// What has happened.
    told: BTreeSet<&'static str>,
}

impl District {
    async fn found(server: &TestServer, seed: u64) -> Self {
        server.set_clock("2026-01-02T01:00:00Z");
        let scene = Scene::set(server, 0).await;
        let root = scene.root;
        // Units in four levels, one of which is a group among units.
        let first = server.group(root, "G", "区直部门").await;
        let second = server.group(first, "GG", "执法口").await;
        let units = vec![
            scene.unit,
            server.unit(first, "G1", "区司法局").await,
            server.unit(second, "GG1", "市场监管局").await,
            server.unit(second, "GG2", "城市管理局").await,
            server.unit(root, "S1", "桂花街道").await,
            server.unit(root, "S2", "月塘街道").await,
        ];
        for (name, role) in [("auditor", Role::Auditor), ("builder", Role::SystemAdmin)] {
            server.account(name, None, &[(role, root)], false).await;
        }
        let auth = &server.services.auth;
        let coordinator = auth.act_as("coordinator").await.unwrap();
        let (auditor, builder) = (auth.act_as("auditor").await.unwrap(), auth.act_as("builder").await.unwrap());
        let mut district = Self {
            server: server.clone(),
            dice: Dice(seed),
            seed,
            scene,
            root,
            units,
            people: Vec::new(),
            coordinator,
            auditor,
            builder,
            programmes: Vec::new(),
            sessions: Vec::new(),
            exams: Vec::new(),
            told: BTreeSet::new(),
        };
        for _ in 0..PEOPLE {
            district.person("2020-01-01".parse().unwrap()).await;
        }
        district
    }

    async fn person(&mut self, joined_on: Day) {
        let n = self.people.len();
        let mut categories = vec![*self.dice.pick(Category::ALL)];
        let other = *self.dice.pick(Category::ALL);
        if other != categories[0] && self.dice.chance(40) {
            categories.push(other);
        }
        let new = NewPerson {
            // Numbers of years before are taken by people who are there no more.
            staff_no: Some(if n < PEOPLE { format!("P{n}") } else { format!("N{n}") }),
            name: format!("人{n}"),
            post: String::new(),
            categories,
            unit_id: *self.dice.pick(&self.units),
            joined_on: Some(joined_on),
            id_number: None,
            phone: None,
        };
        let made = self.server.services.org.create_people(&self.coordinator, vec![new]).await;
        self.people.extend(made.into_iter().flatten());
    }

    fn audience(&mut self) -> Audience {
        let unit_ids = if self.dice.chance(70) { vec![self.root] } else { vec![*self.dice.pick(&self.units)] };
        let categories = if self.dice.chance(25) { vec![*self.dice.pick(Category::ALL)] } else { Vec::new() };
        let person_ids = if self.dice.chance(30) { vec![*self.dice.pick(&self.people)] } else { Vec::new() };
        Audience { unit_ids, categories, person_ids }
    }

    /// Two years before Kaofa; one of them may be taken back.
    async fn bring_years(&mut self) {
        let mut csv = "年份,单位编码,工号,姓名,人员类别,学法情况,考试情况,成绩\n".to_owned();
        let full = self.dice.chance(50);
        for year in [2024, 2025] {
            for n in 0..PEOPLE + 3 {
                if self.dice.chance(20) {
                    continue;
                }
                let code = self.dice.pick(&["A", "G1", "GG1", "GG2", "S1", "S2"]);
                let category = *self.dice.pick(&["领导干部", "公务员、行政执法人员", "其他"]);
                let studies: &[&str] = if full {
                    &["达标", "参学", "免学"]
                } else {
                    &["达标", "参学", "未参学", "免学", ""]
                };
                let exams: &[&str] = if full {
                    &["优秀", "合格", "补考合格", "免考"]
                } else {
                    &["优秀", "合格", "补考合格", "不合格", "缺考", "免考", ""]
                };
                let (mut study, exam) = (*self.dice.pick(studies), *self.dice.pick(exams));
                if study.is_empty() && exam.is_empty() {
                    study = "参学";
                }
                let points = match exam {
                    "优秀" | "合格" | "不合格" if self.dice.chance(70) => format!("{}.5", self.dice.below(99)),
                    _ => String::new(),
                };
                writeln!(csv, "{year},{code},P{n},人{n},{category},{study},{exam},{points}").unwrap();
            }
        }
        let reports = self.server.services.reports.clone();
        let file = PastFile { unit_id: Some(self.root), source: "年报".to_owned(), bytes: csv.into_bytes() };
        let report = reports.import_past_years(&self.coordinator, file, false).await.unwrap();
        assert!(report.applied, "{report:?}");
        self.told.insert("imported year");
        if self.dice.chance(60) {
            let years = reports.past_years(&self.coordinator, Some(self.root)).await.unwrap();
            let taken = self.dice.pick(&years).clone();
            reports.reopen_year(&self.auditor, taken.year, self.root, "更正").await.unwrap();
            reports.withdraw_past_year(&self.coordinator, taken.id, "来源有误").await.unwrap();
            self.told.insert("withdrawn year");
        }
    }

    async fn plan(&mut self) {
        let mut requirements: Vec<Requirement> = Vec::new();
        for kind in KINDS {
            if self.dice.chance(60) {
                let due_on = Day::new(2026, 1 + u32::try_from(self.dice.below(12)).unwrap(), 15);
                requirements.push(Requirement {
                    kind,
                    count: 1 + i32::try_from(self.dice.below(3)).unwrap(),
                    per: *self.dice.pick(&[Per::Person, Per::Person, Per::Unit]),
                    due_on: due_on.filter(|_| self.dice.chance(50)),
                });
            }
        }
        let hours = requirements.is_empty() || self.dice.chance(50);
        let new = NewProgramme {
            year: 2026,
            title: format!("计划 {}", self.programmes.len()),
            unit_id: self.root,
            audience: self.audience(),
            required_hours: hours.then(|| Hours(100 + 50 * i64::try_from(self.dice.below(8)).unwrap())),
            requirements,
            credits: CreditRule { left_early: self.dice.chance(30), delegated: self.dice.chance(30) },
        };
        let study = &self.server.services.study;
        let id = study.create_programme(&self.coordinator, new).await.unwrap().id;
        // An audience that means nobody is refused.
        if study.publish_programme(&self.coordinator, id).await.is_ok() {
            self.programmes.push(id);
        }
    }

    async fn session(&mut self) {
        let starts_at: Instant = self.server.now() + Millis::seconds(3600);
        let named = self.dice.chance(20) && !self.programmes.is_empty();
        let programme_id = named.then(|| *self.dice.pick(&self.programmes));
        let new = NewSession {
            title: format!("第 {} 场", self.sessions.len()),
            kind: *self.dice.pick(&KINDS),
            host_unit_ids: vec![*self.dice.pick(&self.units)],
            starts_at,
            ends_at: starts_at + Millis::seconds(7200),
            place: "会议室".to_owned(),
            credit_hours: Hours(50 * (1 + i64::try_from(self.dice.below(4)).unwrap())),
            audience: self.audience(),
            check_in: CheckInRule {
                opens_before_seconds: 600,
                late_after_seconds: 600,
                closes_after_seconds: 3600,
                require_check_out: false,
            },
            programme_id,
            contact: String::new(),
            presenters: Vec::new(),
            audience_count: None,
            enterprises: None,
            evidence_id: None,
            recurrence: None,
        };
        let study = self.server.services.study.clone();
        // The host may be a unit that is gone.
        let Ok(made) = study.create_session(&self.coordinator, new).await else { return };
        if study.publish_session(&self.coordinator, made.id, Scope::One).await.is_err() {
            return;
        }
        self.server.clock.set(starts_at + Millis::seconds(900));
        self.server.work().await;
        let all = PageRequest { limit: 200, after: None };
        let rows =
            study.attendance(&self.coordinator, made.id, &AttendanceFilter::default(), &all).await.unwrap().items;
        let mut called = Vec::new();
        for row in rows {
            if self.dice.chance(75) {
                let status = *self.dice.pick(&CALLED);
                called.push(RollCallRow { person_id: row.person_id, status, reason: None });
            }
        }
        if !called.is_empty() {
            study.roll_call(&self.coordinator, made.id, called).await.unwrap();
        }
        study.close_session(&self.coordinator, made.id).await.unwrap();
        self.sessions.push(made.id);
        self.told.insert("session");
    }

    /// Something that was recorded of a closed session is put right.
    async fn correct(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let (study, session) = (self.server.services.study.clone(), *self.dice.pick(&self.sessions));
        let (person, delegate) = (*self.dice.pick(&self.people), *self.dice.pick(&self.people));
        let (status, delegate_person_id) = match self.dice.below(4) {
            0 => (AttendanceStatus::MadeUp, None),
            1 | 2 => (AttendanceStatus::Delegated, Some(delegate)),
            _ => (*self.dice.pick(&CALLED), None),
        };
        let made_up = (status == AttendanceStatus::MadeUp).then(|| MadeUp {
            studied: "自学".to_owned(),
            confirmed_by: "联络员".to_owned(),
            evidence_id: None,
        });
        let correction = Correction { status, reason: "核实".to_owned(), delegate_person_id, made_up };
        if study.correct(&self.coordinator, session, person, &IfMatch::Any, correction).await.is_ok() {
            self.told.insert(if delegate_person_id.is_some() { "delegate" } else { "correction" });
        }
    }

    /// Somebody goes to another unit, is lent, leaves for good, or is new.
    async fn move_somebody(&mut self) {
        let (org, today) = (self.server.services.org.clone(), self.server.services.core.today());
        let (person, unit) = (*self.dice.pick(&self.people), *self.dice.pick(&self.units));
        let leaving = |kind, counted_unit_id| Departure {
            kind,
            effective_on: today,
            counted_unit_id,
            reason: "工作需要".to_owned(),
        };
        let (what, done) = match self.dice.below(6) {
            0 => {
                let before = self.people.len();
                self.person(today).await;
                ("newcomer", self.people.len() > before)
            }
            1 => {
                let leaving = leaving(DepartureKind::Retired, None);
                ("departure", org.depart(&self.coordinator, person, leaving).await.is_ok())
            }
            2 => {
                let leaving = leaving(DepartureKind::Seconded, Some(unit));
                ("secondment", org.depart(&self.coordinator, person, leaving).await.is_ok())
            }
            _ => {
                let transfer = Transfer { unit_id: unit, effective_on: today, reason: "调动".to_owned() };
                ("transfer", org.transfer(&self.coordinator, person, transfer).await.is_ok())
            }
        };
        if done {
            self.told.insert(what);
        }
        self.decide_changes().await;
    }

    /// What moves mean for frozen rosters is confirmed, or refused now and then.
    async fn decide_changes(&mut self) {
        let org = self.server.services.org.clone();
        let all = PageRequest { limit: 200, after: None };
        for change in org.changes(&self.coordinator, &ChangeFilter::default(), &all).await.unwrap().items {
            let approve = self.dice.chance(85);
            // Who was to come to another part and was not let go from theirs cannot come.
            if org.decide_change(&self.coordinator, change.id, approve, "阅").await.is_err() {
                org.decide_change(&self.coordinator, change.id, false, "不符").await.unwrap();
            }
        }
        self.server.work().await;
    }

    /// A unit becomes part of another, or is closed when nobody is left in it.
    async fn change_unit(&mut self) {
        let (org, today) = (self.server.services.org.clone(), self.server.services.core.today());
        let (gone, into) = (*self.dice.pick(&self.units[3..]), self.units[self.dice.below(3)]);
        let merges = self.dice.chance(60);
        if !merges {
            for person in self.people.clone() {
                let move_on = Transfer { unit_id: into, effective_on: today, reason: "撤并".to_owned() };
                let Ok(known) = org.person(&self.coordinator, person).await else { continue };
                if known.unit_id == gone && known.departed_on.is_none() {
                    let _ = org.transfer(&self.coordinator, person, move_on).await;
                }
            }
        }
        let change = UnitChange {
            parent_id: None,
            code: None,
            name: None,
            kind: None,
            position: None,
            active_to: Some(Some(today)),
            merged_into_id: merges.then_some(into),
        };
        if org.amend_unit(&self.builder, gone, &IfMatch::Any, change).await.is_ok() {
            self.told.insert(if merges { "merger" } else { "closed unit" });
        }
        self.decide_changes().await;
    }

    async fn live(&mut self) {
        self.bring_years().await;
        for _ in 0..=self.dice.below(3) {
            self.plan().await;
        }
        self.check("planned").await;
        for month in 2..=11 {
            self.server.set_clock(&format!("2026-{month:02}-05T01:00:00Z"));
            self.server.work().await;
            for _ in 0..self.dice.below(3) {
                self.move_somebody().await;
            }
            if self.dice.chance(70) {
                self.session().await;
            }
            for _ in 0..self.dice.below(3) {
                self.correct().await;
            }
            match month {
                4 | 7 => self.hold(month, "annual", None).await,
                5 => self.hold(month, "qualification", None).await,
                6 | 9 | 10 if !self.exams.is_empty() => {
                    let n = self.dice.below(self.exams.len());
                    self.hold(month, "annual", Some(self.exams[n])).await;
                }
                8 | 11 => self.change_unit().await,
                _ => {}
            }
            if month % 3 == 0 {
                self.check("in the year").await;
            }
        }
        self.server.set_clock("2026-12-30T01:00:00Z");
        self.server.work().await;
        self.check("at the end").await;
        let reports = self.server.services.reports.clone();
        match reports.close_year(&self.auditor, 2026, self.root, "年度终了").await {
            Ok(_) => self.told.insert("closed year"),
            Err(error) => panic!("seed {}: {error}", self.seed),
        };
        for _ in 0..3 {
            self.correct().await;
        }
        self.check("closed").await;
    }
}

async fn live(server: TestServer, seed: u64) -> BTreeSet<&'static str> {
    let mut district = District::found(&server, seed).await;
    district.live().await;
    district.told
}

/// Nothing of what a district is to live through was left out.
fn all_was_told(told: &BTreeSet<&'static str>) {
    let missing: Vec<_> = TOLD.iter().filter(|what| !told.contains(*what)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Forty more districts on both databases, with `KAOFA_SOAK` alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_districts_are_counted_right() {
    if std::env::var_os("KAOFA_SOAK").is_none() {
        return;
    }
    let mut all = BTreeSet::new();
    for seed in 100..140 {
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let (send, told) = tokio::sync::oneshot::channel();
            run(backend, |server| async move { send.send(live(server, seed).await).unwrap() }).await;
            all.extend(told.await.unwrap());
        }
    }
    all_was_told(&all);
}

both_databases! {
    async fn a_random_district_is_counted_right(server: TestServer) {
        all_was_told(&live(server, 107).await);
    }

    async fn a_district_nobody_has_seen_is_counted_right(server: TestServer) {
        // Another one every day; its seed is told when it fails.
        let seed = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
        live(server, seed).await;
    }
}
