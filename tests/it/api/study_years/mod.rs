//! Random years, lived through the services, and every figure of them counted again the slow and obvious way.

mod recount;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use entity::id::{PersonId, ProgrammeId, SessionId, UnitId};
use entity::instant::{Day, Instant, Millis};
use entity::points::Hours;
use entity::study::turnout_mark;
use kaofa::auth::{Caller, Role};
use kaofa::http::IfMatch;
use kaofa::kernel::page::PageRequest;
use kaofa::org::{Audience, Category, ChangeFilter, Departure, DepartureKind, NewPerson, Transfer};
use kaofa::study::{
    AttendanceFilter, AttendanceStatus, CheckInRule, Correction, CreditRule, MadeUp, NewProgramme, NewSession,
    PeopleProgressFilter, Per, Requirement, RollCallRow, Scope, SessionKind, Shift,
};

use sea_orm::EntityTrait as _;

use crate::harness::{Dice, TestServer};

const KINDS: [SessionKind; 3] = [SessionKind::CollectiveStudy, SessionKind::Seminar, SessionKind::CourtHearing];
const CALLED: [AttendanceStatus; 5] = [
    AttendanceStatus::Present,
    AttendanceStatus::Late,
    AttendanceStatus::LeftEarly,
    AttendanceStatus::OnLeave,
    AttendanceStatus::Absent,
];

struct Somebody {
    id: PersonId,
    unit: UnitId,
    category: Category,
    gone: bool,
}

/// A session as the story knows it.
struct Held {
    id: SessionId,
    kind: SessionKind,
    hours: i64,
    hosts: Vec<UnitId>,
    programme: Option<ProgrammeId>,
    closed: bool,
    status: BTreeMap<PersonId, (AttendanceStatus, Option<PersonId>)>,
    /// In which unit each of them was on that day.
    units: BTreeMap<PersonId, UnitId>,
}

struct Plan {
    id: ProgrammeId,
    hours: Option<i64>,
    requirements: Vec<Requirement>,
    credits: CreditRule,
    audience: Audience,
    frozen_on: Day,
    roster: BTreeMap<PersonId, Stand>,
    closed: bool,
}

/// Where somebody stands on a programme's roster, and for which days they stood there.
#[derive(Clone)]
struct Stand {
    unit: UnitId,
    /// From when to when; from the beginning, or still, if none.
    spans: Vec<(Option<Day>, Option<Day>)>,
}

impl Stand {
    fn is_there(&self) -> bool {
        self.spans.last().is_some_and(|(_, to)| to.is_none())
    }

    /// The months up to `last` on some day of which they were there, counted day by day.
    fn months(&self, last: u32) -> i64 {
        let there = |day: Day| {
            self.spans.iter().any(|(from, to)| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to))
        };
        let on_some_day = |month: &u32| (1..=31).filter_map(|d| Day::new(2026, *month, d)).any(there);
        i64::try_from((1..=last).filter(on_some_day).count()).unwrap()
    }

    fn share(&self, whole: i64, months: u32) -> i64 {
        // Half up: of two and a half, three.
        let (twice, months) = (2 * whole * self.months(months), i64::from(months));
        (twice / months + 1) / 2
    }
}

struct Year {
    server: TestServer,
    dice: Dice,
    root: UnitId,
    units: Vec<UnitId>,
    people: Vec<Somebody>,
    coordinator: Caller,
    plans: Vec<Plan>,
    held: Vec<Held>,
}

fn at(month: u32, day: u32, hour: u32) -> String {
    format!("2026-{month:02}-{day:02}T{hour:02}:00:00Z")
}

impl Year {
    async fn begin(server: &TestServer, seed: u64) -> Self {
        server.set_clock("2026-01-02T01:00:00Z");
        let root = server.root().await;
        let mut dice = Dice(seed);
        let mut units = Vec::new();
        for n in 0..4 {
            units.push(server.unit(root, &format!("U{n}"), &format!("第{n}局")).await);
        }
        server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
        let coordinator = server.services.auth.act_as("coordinator").await.unwrap();
        let mut people = Vec::new();
        for n in 0..10 {
            let (unit, category) = (units[n % 3], *dice.pick(&[Category::CivilServant, Category::LeadingOfficial]));
            let new = NewPerson {
                staff_no: Some(format!("P{n}")),
                name: format!("人{n}"),
                post: String::new(),
                categories: vec![category],
                unit_id: unit,
                joined_on: Day::new(2020, 1, 1),
                id_number: None,
                phone: None,
            };
            let id = server.services.org.create_people(&coordinator, vec![new]).await.unwrap()[0];
            people.push(Somebody { id, unit, category, gone: false });
        }
        Self { server: server.clone(), dice, root, units, people, coordinator, plans: Vec::new(), held: Vec::new() }
    }

    fn audience(&mut self) -> (Audience, BTreeSet<PersonId>) {
        let unit_ids = if self.dice.chance(60) { vec![self.root] } else { vec![self.units[self.dice.below(3)]] };
        let categories = if self.dice.chance(30) { vec![Category::LeadingOfficial] } else { Vec::new() };
        let here: Vec<PersonId> = self.people.iter().filter(|p| !p.gone).map(|p| p.id).collect();
        let named = *self.dice.pick(&here);
        let person_ids = if self.dice.chance(20) { vec![named] } else { Vec::new() };
        let means = |p: &&Somebody| {
            let unit = unit_ids.contains(&self.root) || unit_ids.contains(&p.unit);
            let meant = unit && (categories.is_empty() || categories.contains(&p.category));
            !p.gone && (meant || person_ids.contains(&p.id))
        };
        let roster = self.people.iter().filter(means).map(|p| p.id).collect();
        (Audience { unit_ids, categories, person_ids }, roster)
    }

    async fn plan(&mut self) {
        let (audience, meant) = self.audience();
        let stand = |p: &PersonId| (*p, Stand { unit: self.unit_of(*p), spans: vec![(None, None)] });
        let roster: BTreeMap<PersonId, Stand> = meant.iter().map(stand).collect();
        let mut requirements: Vec<Requirement> = Vec::new();
        for _ in 0..self.dice.below(4) {
            let kind = *self.dice.pick(&KINDS);
            let per = *self.dice.pick(&[Per::Person, Per::Person, Per::Unit]);
            let due_on = if self.dice.chance(50) {
                Day::new(2026, 1 + u32::try_from(self.dice.below(12)).unwrap(), 15)
            } else {
                None
            };
            if requirements.iter().any(|r| (r.kind, r.per, r.due_on) == (kind, per, due_on)) {
                continue;
            }
            requirements.push(Requirement { kind, count: 1 + i32::try_from(self.dice.below(4)).unwrap(), per, due_on });
        }
        let hours = (requirements.is_empty() || self.dice.chance(50))
            .then(|| 100 + 50 * i64::try_from(self.dice.below(20)).unwrap());
        let credits = CreditRule { left_early: self.dice.chance(30), delegated: self.dice.chance(30) };
        let new = NewProgramme {
            year: 2026,
            title: format!("计划 {}", self.plans.len()),
            unit_id: self.root,
            audience: audience.clone(),
            required_hours: hours.map(Hours),
            requirements: requirements.clone(),
            credits,
        };
        let study = &self.server.services.study;
        let id = study.create_programme(&self.coordinator, new).await.unwrap().id;
        study.publish_programme(&self.coordinator, id).await.unwrap();
        let frozen_on = self.server.services.core.today();
        self.plans.push(Plan { id, hours, requirements, credits, audience, frozen_on, roster, closed: false });
    }

    /// Somebody goes to another unit, or for good; what is proposed for the rosters is confirmed.
    async fn move_somebody(&mut self) {
        let n = self.dice.below(10);
        if self.people[n].gone {
            return;
        }
        let (org, caller, today) =
            (self.server.services.org.clone(), self.coordinator.clone(), self.server.services.core.today());
        let (id, to) = (self.people[n].id, *self.dice.pick(&self.units));
        if self.dice.chance(25) {
            let leaving = Departure {
                kind: DepartureKind::Retired,
                effective_on: today,
                counted_unit_id: None,
                reason: "退休".to_owned(),
            };
            // Twice on one day is refused.
            if org.depart(&caller, id, leaving).await.is_err() {
                return;
            }
            self.people[n].gone = true;
        } else if to == self.people[n].unit {
            return;
        } else {
            let transfer = Transfer { unit_id: to, effective_on: today, reason: "调动".to_owned() };
            if org.transfer(&caller, id, transfer).await.is_err() {
                return;
            }
            self.people[n].unit = to;
        }
        loop {
            let waiting = org.changes(&caller, &ChangeFilter::default(), &PageRequest::default()).await.unwrap().items;
            let Some(change) = waiting.first() else { break };
            org.decide_change(&caller, change.id, true, "属实").await.unwrap();
        }
        let somebody = &self.people[n];
        for plan in self.plans.iter_mut().filter(|plan| !plan.closed) {
            let above = [self.root, somebody.unit];
            let means = !somebody.gone && plan.audience.means(id, &above, &[somebody.category]);
            let stands = plan.roster.get(&id).filter(|stand| stand.is_there()).map(|stand| stand.unit);
            let should = means.then_some(somebody.unit);
            if stands == should {
                continue;
            }
            let on = today.max(plan.frozen_on);
            if stands.is_some() {
                plan.roster.get_mut(&id).unwrap().spans.last_mut().unwrap().1 = Some(on);
            }
            if let Some(unit) = should {
                let stand = plan.roster.entry(id).or_insert(Stand { unit, spans: Vec::new() });
                stand.unit = unit;
                stand.spans.push((Some(on), None));
            }
        }
        self.server.work().await;
    }

    /// A session, with whatever may become of it.
    async fn session(&mut self, month: u32, day: u32) {
        let (audience, meant) = self.audience();
        let kind = *self.dice.pick(&KINDS);
        let hours = 50 * (1 + i64::try_from(self.dice.below(6)).unwrap());
        let mut hosts = vec![*self.dice.pick(&self.units)];
        if self.dice.chance(20) && hosts[0] != self.root {
            hosts.push(self.root);
        }
        let open: Vec<ProgrammeId> = self.plans.iter().filter(|p| !p.closed).map(|p| p.id).collect();
        let programme = (self.dice.chance(20) && !open.is_empty()).then(|| *self.dice.pick(&open));
        let mut starts_at: Instant = at(month, day, 2).parse().unwrap();
        let new = NewSession {
            title: format!("第 {} 场", self.held.len()),
            kind,
            host_unit_ids: hosts.clone(),
            starts_at,
            ends_at: starts_at + Millis::seconds(7200),
            place: "会议室".to_owned(),
            credit_hours: Hours(hours),
            audience,
            check_in: CheckInRule {
                opens_before_seconds: 1800,
                late_after_seconds: 600,
                closes_after_seconds: 3600,
                require_check_out: false,
            },
            programme_id: programme,
            contact: String::new(),
            presenters: Vec::new(),
            audience_count: None,
            enterprises: None,
            evidence_id: None,
            recurrence: None,
        };
        let (study, caller) = (self.server.services.study.clone(), self.coordinator.clone());
        let id = study.create_session(&caller, new).await.unwrap().id;
        study.publish_session(&caller, id, Scope::One).await.unwrap();
        if self.dice.chance(20) {
            starts_at = starts_at + Millis::seconds(3 * 24 * 3600);
            let ends_at = starts_at + Millis::seconds(7200);
            let shift = Shift { starts_at, ends_at, place: None, reason: "冲突".to_owned() };
            study.reschedule_session(&caller, id, shift, Scope::One).await.unwrap();
        }
        let mut status: BTreeMap<PersonId, (AttendanceStatus, Option<PersonId>)> =
            meant.iter().map(|p| (*p, (AttendanceStatus::Pending, None))).collect();
        let asked: Vec<PersonId> = meant.iter().copied().filter(|_| self.dice.chance(15)).collect();
        for person in asked {
            let leave = study.ask_leave(&caller, id, Some(person), "有事", None).await.unwrap();
            let granted = self.dice.chance(70);
            study.decide_leave(&caller, leave.id, granted, "阅").await.unwrap();
            if granted {
                status.insert(person, (AttendanceStatus::OnLeave, None));
            }
        }
        let units = meant.iter().map(|p| (*p, self.unit_of(*p))).collect();
        let mut held = Held { id, kind, hours, hosts, programme, closed: false, status, units };
        if self.dice.chance(10) {
            study.cancel_session(&caller, id, "停办", Scope::One).await.unwrap();
            held.status.clear();
            self.held.push(held);
            return;
        }
        self.server.clock.set(starts_at + Millis::seconds(900));
        self.server.work().await;
        self.call(&mut held).await;
        if self.dice.chance(5) {
            study.cancel_session(&caller, id, "停电", Scope::One).await.unwrap();
            self.held.push(held);
            return;
        }
        self.close(&mut held).await;
        if self.dice.chance(20) {
            study.reopen_session(&caller, id, "漏记").await.unwrap();
            held.closed = false;
            self.call(&mut held).await;
            self.close(&mut held).await;
        }
        self.held.push(held);
    }

    async fn call(&mut self, held: &mut Held) {
        let mut rows = Vec::new();
        for (person, stands) in &mut held.status {
            if self.dice.chance(70) {
                let status = if self.dice.chance(60) { AttendanceStatus::Present } else { *self.dice.pick(&CALLED) };
                rows.push(RollCallRow { person_id: *person, status, reason: None });
                if stands.0 != status {
                    *stands = (status, None);
                }
            }
        }
        if !rows.is_empty() {
            self.server.services.study.roll_call(&self.coordinator, held.id, rows).await.unwrap();
        }
    }

    async fn close(&mut self, held: &mut Held) {
        self.server.services.study.close_session(&self.coordinator, held.id).await.unwrap();
        held.closed = true;
        for stands in held.status.values_mut() {
            if stands.0 == AttendanceStatus::Pending {
                stands.0 = AttendanceStatus::Absent;
            }
        }
    }

    /// Something that was recorded of a closed session is put right.
    async fn correct(&mut self) {
        let closed: Vec<usize> =
            (0..self.held.len()).filter(|n| self.held[*n].closed && !self.held[*n].status.is_empty()).collect();
        if closed.is_empty() {
            return;
        }
        let n = *self.dice.pick(&closed);
        let people: Vec<PersonId> = self.held[n].status.keys().copied().collect();
        let person = *self.dice.pick(&people);
        let here: Vec<PersonId> = self.people.iter().filter(|p| !p.gone).map(|p| p.id).collect();
        let delegate = *self.dice.pick(&here);
        let taken = self.held[n].status.values().any(|(_, sent)| *sent == Some(delegate));
        let (status, sent) = match self.dice.below(4) {
            0 => (AttendanceStatus::MadeUp, None),
            1 if delegate != person && !taken => (AttendanceStatus::Delegated, Some(delegate)),
            _ => (*self.dice.pick(&CALLED), None),
        };
        let made_up = (status == AttendanceStatus::MadeUp).then(|| MadeUp {
            studied: "自学".to_owned(),
            confirmed_by: "联络员".to_owned(),
            evidence_id: None,
        });
        let correction = Correction { status, reason: "核实".to_owned(), delegate_person_id: sent, made_up };
        let study = &self.server.services.study;
        study.correct(&self.coordinator, self.held[n].id, person, &IfMatch::Any, correction).await.unwrap();
        self.held[n].status.insert(person, (status, sent));
    }

    fn unit_of(&self, person: PersonId) -> UnitId {
        self.people.iter().find(|p| p.id == person).unwrap().unit
    }
}

async fn live(server: TestServer, seed: u64) {
    let mut year = Year::begin(&server, seed).await;
    year.plan().await;
    for month in 1..=11 {
        if year.dice.chance(25) && year.plans.len() < 4 {
            year.plan().await;
        }
        for day in [6, 18] {
            if year.dice.chance(70) {
                year.session(month, day).await;
            }
            for _ in 0..year.dice.below(3) {
                year.correct().await;
            }
            if year.dice.chance(30) {
                year.move_somebody().await;
            }
        }
        if month % 4 == 0 {
            // As the credits say, then as they were counted.
            year.check_activities(seed).await;
            server.work().await;
            assert!(turnout_mark::Entity::find().one(server.services.core.db.read()).await.unwrap().is_none());
            year.check_activities(seed).await;
            year.check(seed).await;
        }
    }
    server.set_clock("2026-12-28T01:00:00Z");
    server.work().await;
    year.check(seed).await;
    for n in 0..year.plans.len() {
        let id = year.plans[n].id;
        server.services.study.close_programme(&year.coordinator, id).await.unwrap();
        year.plans[n].closed = true;
    }
    // What is put right after the plans were closed still counts in them.
    for _ in 0..5 {
        year.correct().await;
    }
    year.check(seed).await;
}

both_databases! {
    async fn a_random_year_is_counted_right(server: TestServer) {
        live(server, 1).await;
    }

    async fn another_random_year_is_counted_right(server: TestServer) {
        live(server, 20_260_316).await;
    }

    async fn a_year_nobody_has_seen_is_counted_right(server: TestServer) {
        // Another one every day; its seed is told when it fails.
        let seed = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
        live(server, seed).await;
    }
}
