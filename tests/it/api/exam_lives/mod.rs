//! Random exams with their make-ups, lived through the services, and every outcome counted again the slow and obvious way.

mod told;

use std::collections::BTreeMap;

use entity::id::ExamId;
use kaofa::auth::Caller;
use kaofa::exam::attempt::{RawResponse, RawSave};
use kaofa::exam::{ExemptionKind, NewExemption, RegradeAction, RegradeInput, outcome};
use kaofa::kernel::page::PageRequest;
use kaofa::tally::Figures;
use serde_json::json;

use super::faulty_item::four_singles;
use super::scene::Scene;
use crate::harness::{Dice, TestServer};
use told::*;

const PEOPLE: usize = 8;

struct Story {
    scene: Scene,
    dice: Dice,
    seed: u64,
    coordinator: Caller,
    candidates: Vec<Caller>,
    family: Vec<Held>,
    granted: [Option<Granted>; PEOPLE],
    /// The main exam has opened.
    opened: bool,
    /// The options of each question by what they say, and its name as an item.
    questions: BTreeMap<String, (String, Vec<String>)>,
}

impl Story {
    async fn begin(server: &TestServer, seed: u64) -> Self {
        let scene = Scene::set(server, PEOPLE).await;
        let coordinator = server.services.auth.act_as("coordinator").await.unwrap();
        let candidates = scene.callers();
        Self {
            scene,
            dice: Dice(seed),
            seed,
            coordinator,
            candidates,
            family: Vec::new(),
            granted: [None; PEOPLE],
            opened: false,
            questions: BTreeMap::new(),
        }
    }

    /// The main exam, or another make-up: in the n-th hour of the day.
    async fn hold(&mut self) {
        let hour = 2 * self.family.len() + 1;
        let at = |minute: usize| format!("2026-03-16T{hour:02}:{minute:02}:00.000Z");
        let (latest, allowed) = (self.dice.chance(50), 1 + self.dice.below(3));
        let release = ["manual", "on_close", "on_submit"][self.dice.below(3)];
        let mut changes = json!({
            "opens_at": at(10), "closes_at": at(55), "latest_start_seconds": null, "pass_points": 5,
            "excellence_points": 7, "attempts_allowed": allowed, "show_key": "never",
            "attempt_scoring": if latest { "latest" } else { "highest" },
            "release": release,
        });
        let roster = match self.family.first() {
            None => (0..PEOPLE).collect(),
            Some(main) => {
                changes["makes_up_exam_id"] = json!(main.id);
                let open = |p: &usize| !self.exempt(*p) && !self.family.iter().any(|exam| exam.reaches(*p, PASS));
                (0..PEOPLE).filter(open).collect()
            }
        };
        if Vec::is_empty(&roster) {
            return;
        }
        // The log-in has ended with the hours.
        let again = self.scene.server.log_in(uuid::Uuid::nil().into(), "coordinator").await;
        self.scene.coordinator = self.scene.server.as_(&again);
        let id = self.scene.exam(&four_singles(&changes)).await.parse().unwrap();
        self.family.push(Held { id, latest, allowed, closed: false, roster, sat: Vec::new(), ruled: Vec::new() });
        self.check("sealed").await;
        for _ in 0..self.dice.below(4) {
            let person = self.dice.below(PEOPLE);
            self.excuse(person).await;
        }
        self.check("before it opens").await;
        self.scene.server.set_clock(&at(10));
        self.scene.server.work().await;
        self.opened = true;
        let here = self.family.len() - 1;
        for _ in 0..PEOPLE * 2 {
            self.act(here).await;
        }
        self.check("open").await;
        // Whoever still sits is handed in by the server, and the exam closes by itself.
        self.scene.server.set_clock(&format!("2026-03-16T{:02}:30:00.000Z", hour + 1));
        self.scene.server.work().await;
        self.end(here);
        self.check("closed").await;
    }

    fn end(&mut self, here: usize) {
        self.family[here].closed = true;
        for sat in self.family[here].sat.iter_mut().filter(|s| s.fate == Fate::Running) {
            sat.fate = Fate::HandedIn;
        }
    }

    fn answers(&mut self) -> Answers {
        if self.dice.chance(12) {
            return [None; 4];
        }
        [0, 1, 2, 3].map(|question| match self.dice.below(10) {
            0 => None,
            1..=3 => Some(self.dice.below(4)),
            _ => Some(question),
        })
    }

    fn exempt(&self, person: usize) -> bool {
        matches!(self.granted[person], Some(Granted::Exempt { .. }))
    }

    /// Somebody wants not to sit, or later; granted or not.
    async fn excuse(&mut self, person: usize) {
        let exempt = self.dice.chance(50);
        let kind = if exempt { ExemptionKind::Exempt } else { ExemptionKind::Deferred };
        // By their unit: these people have no accounts.
        let new = NewExemption {
            person_id: Some(self.scene.people[person].to_string()),
            kind: kind.to_string(),
            ground: "住院治疗".to_owned(),
            attachment: None,
        };
        let exemptions = self.scene.server.services.exemptions.clone();
        // Of a make-up the main exam is meant.
        let family: Vec<ExamId> = self.family.iter().map(|exam| exam.id).collect();
        let of = family[self.dice.below(family.len())];
        let asked = exemptions.ask(&self.coordinator, of, &new).await;
        let sat = self.family.iter().flat_map(|exam| &exam.sat).filter(|sat| sat.person == person);
        let sits = sat.filter(|sat| sat.fate != Fate::Technical).count() > 0;
        // Once, and not after an attempt that stands.
        let free = self.granted[person].is_none() && !sits;
        assert_eq!(asked.is_ok(), free, "seed {}: {asked:?}", self.seed);
        let Ok(asked) = asked else { return };
        let approve = self.dice.chance(80);
        exemptions.decide(&self.coordinator, asked.id, approve, "材料齐全").await.unwrap();
        // Taken twice, the second decision changes nothing.
        assert!(exemptions.decide(&self.coordinator, asked.id, !approve, "改变").await.is_err());
        if approve {
            let granted = if exempt { Granted::Exempt { late: self.opened } } else { Granted::Deferred };
            self.granted[person] = Some(granted);
        }
    }

    /// Something happens in an exam that is open.
    async fn act(&mut self, here: usize) {
        let exam = &self.family[here];
        let person = exam.roster[self.dice.below(exam.roster.len())];
        if self.exempt(person) {
            let start = self.scene.server.services.attempts.start(&self.candidates[person], exam.id, None).await;
            assert!(start.is_err(), "seed {}: who is exempt does not sit", self.seed);
            return;
        }
        if self.dice.chance(8) {
            return self.excuse(person).await;
        }
        let exam = &self.family[here];
        let own: Vec<usize> = (0..exam.sat.len()).filter(|n| exam.sat[*n].person == person).collect();
        let used = own.iter().filter(|n| exam.sat[**n].fate != Fate::Technical).count();
        let running = own.iter().copied().find(|n| exam.sat[*n].fate == Fate::Running);
        match (running, own.last()) {
            (Some(n), _) if self.dice.chance(70) => self.hand_in(here, n).await,
            (Some(n), _) if self.dice.chance(30) => self.void(here, n).await,
            (Some(_), _) => {}
            (None, Some(n)) if self.dice.chance(15) => self.void(here, *n).await,
            (None, Some(n)) if self.dice.chance(15) => self.reopen(here, *n).await,
            (None, _) if used < exam.allowed => self.start(here, person).await,
            (None, _) => {
                // All are used.
                let start = self.scene.server.services.attempts.start(&self.candidates[person], exam.id, None).await;
                assert!(start.is_err());
            }
        }
    }

    async fn start(&mut self, here: usize, person: usize) {
        let (services, exam) = (self.scene.server.services.clone(), self.family[here].id);
        let started = services.attempts.start(&self.candidates[person], exam, None).await.unwrap();
        for line in started.desk.seat.sheet.lines() {
            let mut options: Vec<(String, String)> =
                line.item.content.options.iter().map(|o| (o.text.clone(), o.id.clone())).collect();
            options.sort();
            let ids = options.into_iter().map(|(_, id)| id).collect();
            self.questions.insert(line.item.content.stem.clone(), (line.item.item.clone(), ids));
        }
        let (id, lease) = (started.attempt.id, started.lease);
        self.family[here].sat.push(Sat { id, lease, person, seq: 0, answers: [None; 4], fate: Fate::Running });
        if self.dice.chance(50) {
            let newest = self.family[here].sat.len() - 1;
            self.save(here, newest).await;
        }
    }

    /// New answers, each at the place of its question in the bank.
    fn saves(&mut self, here: usize, n: usize) -> Vec<RawSave> {
        let answers = self.answers();
        let exam = &mut self.family[here];
        exam.sat[n].answers = answers;
        exam.sat[n].seq += 1;
        let seq = exam.sat[n].seq;
        answers
            .iter()
            .enumerate()
            .map(|(question, answer)| {
                let ids = &self.questions[&format!("单选{question}")].1;
                let response = answer.map_or(RawResponse::Blank, |n| RawResponse::Options(vec![ids[n].clone()]));
                RawSave { position: i64::try_from(question).unwrap(), seq, response }
            })
            .collect()
    }

    /// The same with the places that the questions have on this paper.
    async fn placed(&mut self, here: usize, n: usize) -> Vec<RawSave> {
        let mut saves = self.saves(here, n);
        let (id, person) = (self.family[here].sat[n].id, self.family[here].sat[n].person);
        let viewed = self.scene.server.services.attempts.attempt(&self.candidates[person], id).await.unwrap();
        let desk = viewed.desk.expect("it runs");
        for save in &mut saves {
            let stem = format!("单选{}", save.position);
            let line = desk.seat.sheet.lines().find(|line| line.item.content.stem == stem).unwrap();
            save.position = line.position.into();
        }
        saves
    }

    async fn save(&mut self, here: usize, n: usize) {
        let saves = self.placed(here, n).await;
        let sat = &self.family[here].sat[n];
        let attempts = &self.scene.server.services.attempts;
        attempts.save(&self.candidates[sat.person], sat.id, sat.lease, &saves).await.unwrap();
    }

    async fn hand_in(&mut self, here: usize, n: usize) {
        let saves = self.placed(here, n).await;
        let sat = &self.family[here].sat[n];
        let attempts = &self.scene.server.services.attempts;
        attempts.submit(&self.candidates[sat.person], sat.id, sat.lease, &saves).await.unwrap();
        self.family[here].sat[n].fate = Fate::HandedIn;
    }

    async fn void(&mut self, here: usize, n: usize) {
        let technical = self.dice.chance(50);
        let (kind, fate) = if technical { ("technical", Fate::Technical) } else { ("misconduct", Fate::Misconduct) };
        let sat = &mut self.family[here].sat[n];
        let done = self.scene.server.services.attempts.void(&self.coordinator, sat.id, kind, "核实").await;
        // Once only.
        assert_eq!(done.is_ok(), matches!(sat.fate, Fate::Running | Fate::HandedIn));
        if done.is_ok() {
            sat.fate = fate;
        }
    }

    async fn reopen(&mut self, here: usize, n: usize) {
        let attempts = self.scene.server.services.attempts.clone();
        let sat = &self.family[here].sat[n];
        let reopened = attempts.reopen(&self.coordinator, sat.id, 1200, "答案滞留本机").await;
        assert_eq!(reopened.is_ok(), sat.fate == Fate::HandedIn);
        if reopened.is_err() {
            return;
        }
        let started = attempts.start(&self.candidates[sat.person], self.family[here].id, None).await.unwrap();
        let sat = &mut self.family[here].sat[n];
        (sat.lease, sat.fate) = (started.lease, Fate::Running);
    }

    /// A question of an exam that is over is marked otherwise, or an attempt voided.
    async fn afterwards(&mut self) {
        let here = self.dice.below(self.family.len());
        if self.family[here].sat.is_empty() {
            return;
        }
        if self.dice.chance(15) {
            let person = self.dice.below(PEOPLE);
            return self.excuse(person).await;
        }
        if self.dice.chance(25) {
            let n = self.dice.below(self.family[here].sat.len());
            return self.void(here, n).await;
        }
        let (question, option) = (self.dice.below(4), self.dice.below(4));
        let action = RegradeAction::ALL[self.dice.below(RegradeAction::ALL.len())];
        let never_lower = self.dice.chance(40);
        let (item, ids) = self.questions[&format!("单选{question}")].clone();
        let keyed = matches!(action, RegradeAction::CorrectKey | RegradeAction::AlsoAccept);
        let input = RegradeInput {
            item,
            action: action.to_string(),
            key: keyed.then(|| RawResponse::Options(vec![ids[option].clone()])),
            never_lower,
            reason: "题目有误".to_owned(),
            objection_ids: Vec::new(),
        };
        let before: Vec<_> = (0..PEOPLE).map(|p| self.family[here].counts(p)).collect();
        let (regrades, id) = (&self.scene.server.services.regrades, self.family[here].id);
        let tried = regrades.preview(&self.coordinator, id, &input).await;
        let applied = regrades.apply(&self.coordinator, id, &input).await;
        // What is so already is refused, tried or not.
        let (Ok(mut tried), Ok(applied)) = (tried, applied) else { return };
        self.family[here].ruled.push(Ruled(question, action, option, never_lower));
        let count = |moves: &dyn Fn(i64, i64) -> bool| {
            let moved = (0..PEOPLE).filter(|p| {
                let points = |counts: Option<(Option<i64>, bool)>| counts.and_then(|c| c.0).unwrap_or(0);
                moves(points(before[*p]), points(self.family[here].counts(*p)))
            });
            u64::try_from(moved.count()).unwrap()
        };
        assert_eq!((applied.rises, applied.falls), (count(&|b, a| a > b), count(&|b, a| a < b)), "{action} {question}");
        assert!(!never_lower || applied.falls == 0);
        tried.id = applied.id;
        assert_eq!(tried, applied, "what was tried is what was done");
    }

    /// Every figure against the recount.
    async fn check(&self, when: &str) {
        let services = &self.scene.server.services;
        let when = &format!("seed {}, {when}", self.seed);
        let main = self.family.first().unwrap();
        let subject = kaofa::tally::Subject { kind: entity::org::roster_row::SubjectKind::Exam, id: main.id.into() };
        let held = kaofa::tally::standings(services.core.db.read(), subject, None).await.unwrap();
        let held: BTreeMap<_, Figures> = held.into_iter().map(|s| (s.person_id, s.figures)).collect();
        assert_eq!(held.len(), PEOPLE);
        let open = self.family.iter().any(|exam| !exam.closed);
        let mut passed_main = 0;
        for (n, person) in self.scene.people.iter().enumerate() {
            let f = held[person];
            let sat = self.family.iter().any(|exam| exam.counts(n).is_some());
            let passed = self.family.iter().any(|exam| exam.reaches(n, PASS));
            let first = self.family.iter().find_map(|exam| exam.counts(n));
            let flag = i64::from;
            let (exempt, deferred) = (self.exempt(n), self.granted[n] == Some(Granted::Deferred));
            let late = self.granted[n] == Some(Granted::Exempt { late: true });
            assert!(!(exempt && sat), "nobody is exempt who has sat");
            let away = !exempt && !sat;
            let wanted = (
                (1, flag(exempt), flag(late), flag(!exempt)),
                (flag(sat), flag(away && open && !deferred), flag(away && open && deferred), flag(away && !open)),
                flag(passed),
                (flag(main.counts(n).is_some()), flag(main.reaches(n, PASS)), flag(main.reaches(n, EXCELLENT))),
                (flag(first.is_some_and(|(_, blank)| blank)), first.and_then(|(points, _)| points).unwrap_or(0)),
                self.family.iter().map(|exam| exam.sittings(n)).sum::<i64>(),
            );
            let shown = (
                (f.on_roster, f.exempt, f.exempt_late, f.expected),
                (f.sat, f.pending, f.deferred, f.absent),
                f.passed,
                (f.first_sat, f.first_passed, f.excellent),
                (f.blank, f.points),
                f.sittings,
            );
            assert_eq!(shown, wanted, "{when}, person {n}, {:?}, {:?}", main.ruled, self.granted[n]);
            passed_main += u64::from(main.reaches(n, PASS));
        }
        let counted = outcome::figures_of(services.core.db.read(), main.id, &self.scene.people).await.unwrap();
        assert_eq!(counted.into_iter().collect::<BTreeMap<_, _>>(), held, "{when}: what is kept is what is counted");
        assert!(kaofa::tally::recount(services.core.db.read()).await.unwrap().is_empty(), "{when}");
        if main.closed {
            let page = PageRequest { limit: 200, after: None };
            let found = services.exams.results(&self.coordinator, main.id, None, &page).await.unwrap();
            assert_eq!(found.summary.passed, passed_main, "{when}");
            for row in found.page.items {
                let n = self.scene.people.iter().position(|p| *p == row.person_id).unwrap();
                let counts = main.counts(n).map(|(points, _)| points.unwrap_or(0));
                assert_eq!(row.points.map(|points| points.0), counts, "{when}, person {n}");
            }
        }
    }
}

async fn live(server: TestServer, seed: u64) {
    let mut story = Story::begin(&server, seed).await;
    let make_ups = story.dice.below(3);
    for _ in 0..=make_ups {
        story.hold().await;
        for _ in 0..story.dice.below(5) {
            story.afterwards().await;
            story.check("afterwards").await;
        }
    }
}

both_databases! {
    async fn a_random_exam_is_counted_right(server: TestServer) {
        live(server, 1).await;
    }

    async fn another_random_exam_is_counted_right(server: TestServer) {
        live(server, 20_260_316).await;
    }

    async fn an_exam_nobody_has_seen_is_counted_right(server: TestServer) {
        // Another one every day; its seed is told when it fails.
        let seed = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
        live(server, seed).await;
    }
}
