//! What happens in an exam of a random district.

use entity::exam::exemption::ExemptionKind;
use entity::id::{AttemptId, ExamId, LeaseId, PersonId};
use entity::points::Points;
use kaofa::exam::attempt::{RawResponse, RawSave};
use kaofa::exam::{BlueprintInput, NewExemption, Resealing, SectionInput};

use super::District;
use crate::harness::candidate;

/// An attempt that runs.
struct Sitting {
    id: AttemptId,
    lease: LeaseId,
    person: PersonId,
}

impl District {
    /// An exam, or a make-up, in the middle of a month.
    pub(super) async fn hold(&mut self, month: u32, kind: &str, makes_up: Option<ExamId>) {
        let at = |minute: u32| format!("2026-{month:02}-16T01:{minute:02}:00.000Z");
        self.server.set_clock(&format!("2026-{month:02}-10T01:00:00Z"));
        let exams = self.server.services.exams.clone();
        // Of a make-up the main exam is made up.
        let main = match makes_up {
            Some(id) => exams.exam(&self.coordinator, id).await.unwrap().blueprint.makes_up.or(Some(id)),
            None => None,
        };
        let kind = match main {
            Some(id) => exams.exam(&self.coordinator, id).await.unwrap().blueprint.kind.to_string(),
            None => kind.to_owned(),
        };
        let section = SectionInput {
            title: "单项选择题".to_owned(),
            kind: "single".to_owned(),
            count: 4,
            points_each: Points::whole(2),
            ..SectionInput::default()
        };
        let input = BlueprintInput {
            title: format!("{month} 月考试"),
            kind,
            year: 2026,
            unit_id: self.root.to_string(),
            bank_ids: vec![self.scene.bank.clone()],
            opens_at: at(10),
            closes_at: at(55),
            duration_seconds: 1800,
            grace_seconds: 10,
            pass_points: Points::whole(4),
            excellence_points: self.dice.chance(80).then(|| Points::whole(8)),
            attempts_allowed: 2,
            attempt_scoring: (*self.dice.pick(&["highest", "latest"])).to_owned(),
            audience: self.audience().into(),
            sections: vec![section],
            release: (*self.dice.pick(&["manual", "on_close"])).to_owned(),
            show_key: "never".to_owned(),
            makes_up_exam_id: main.map(|id| id.to_string()),
            ..BlueprintInput::default()
        };
        let made = exams.create(&self.coordinator, &input).await.unwrap();
        // Nobody is meant, or nobody is left to make it up.
        if exams.seal(&self.coordinator, made.id, &Resealing::default()).await.is_err() {
            return;
        }
        if main.is_some() {
            self.told.insert("make-up");
        }
        self.exams.push(made.id);
        for _ in 0..3 {
            self.excuse().await;
        }
        self.move_somebody().await;
        self.check("sealed").await;
        self.server.set_clock(&at(10));
        self.server.work().await;
        self.sit(made.id).await;
        self.check("open").await;
        // Whoever still sits is handed in by the server, and the exam closes by itself.
        self.server.set_clock(&format!("2026-{month:02}-16T03:00:00Z"));
        self.server.work().await;
        for _ in 0..4 {
            self.void().await;
        }
        for _ in 0..2 {
            self.excuse().await;
        }
        self.check("over").await;
    }

    async fn sit(&mut self, exam: ExamId) {
        let (attempts, conduct) = (self.server.services.attempts.clone(), self.server.services.conduct.clone());
        let mut running: Vec<Sitting> = Vec::new();
        let mut sat: Vec<PersonId> = Vec::new();
        for _ in 0..self.people.len() * 2 {
            let person = *self.dice.pick(&self.people);
            match self.dice.below(10) {
                0 => {
                    let people = [person.to_string()];
                    if conduct.add(&self.coordinator, exam, &people, "漏报").await.is_ok() {
                        self.told.insert("late candidate");
                    }
                }
                1 => self.excuse().await,
                2 => self.move_somebody().await,
                3 if !running.is_empty() => {
                    let n = self.dice.below(running.len());
                    let (id, kind) = (running[n].id, *self.dice.pick(&["technical", "misconduct"]));
                    if attempts.void(&self.coordinator, id, kind, "核实").await.is_ok() {
                        self.told.insert(kind);
                        running.remove(n);
                    }
                }
                4..=6 if !running.is_empty() => {
                    let n = self.dice.below(running.len());
                    let sitting = running.remove(n);
                    self.hand_in(&sitting).await;
                }
                _ if running.iter().any(|s| s.person == person) => {}
                _ => {
                    let Ok(started) = attempts.start(&candidate(person), exam, None).await else { continue };
                    if sat.contains(&person) {
                        self.told.insert("second attempt");
                    }
                    sat.push(person);
                    running.push(Sitting { id: started.attempt.id, lease: started.lease, person });
                }
            }
        }
    }

    /// Mostly right answers, a blank paper now and then.
    async fn hand_in(&mut self, sitting: &Sitting) {
        let attempts = self.server.services.attempts.clone();
        let candidate = candidate(sitting.person);
        let desk = attempts.attempt(&candidate, sitting.id).await.unwrap().desk.expect("it runs");
        let blank = self.dice.chance(10);
        let mut saves = Vec::new();
        for line in desk.seat.sheet.lines() {
            // The question of this number has the option of this number for its key.
            let key = line.item.content.stem.replace("单选", "选项");
            let chosen = if self.dice.chance(65) { key } else { format!("选项{}", self.dice.below(4)) };
            let option = line.item.content.options.iter().find(|option| option.text == chosen).unwrap();
            let response = if blank { RawResponse::Blank } else { RawResponse::Options(vec![option.id.clone()]) };
            saves.push(RawSave { position: line.position.into(), seq: 1, response });
        }
        attempts.submit(&candidate, sitting.id, sitting.lease, &saves).await.unwrap();
    }

    /// Some attempt of some exam is voided.
    async fn void(&mut self) {
        use sea_orm::EntityTrait;
        let all = entity::exam::attempt::Entity::find().all(self.server.services.core.db.read()).await.unwrap();
        if all.is_empty() {
            return;
        }
        let mut ids: Vec<AttemptId> = all.into_iter().map(|row| row.id).collect();
        ids.sort_unstable();
        let (id, kind) = (*self.dice.pick(&ids), *self.dice.pick(&["technical", "misconduct"]));
        if self.server.services.attempts.void(&self.coordinator, id, kind, "核实").await.is_ok() {
            self.told.insert(kind);
        }
    }

    /// Somebody wants not to sit, or later; granted or not.
    async fn excuse(&mut self) {
        if self.exams.is_empty() {
            return;
        }
        let (exam, person) = (*self.dice.pick(&self.exams), *self.dice.pick(&self.people));
        let exempt = self.dice.chance(50);
        let new = NewExemption {
            person_id: Some(person.to_string()),
            kind: if exempt { ExemptionKind::Exempt } else { ExemptionKind::Deferred }.to_string(),
            ground: "住院治疗".to_owned(),
            attachment: None,
        };
        let exemptions = self.server.services.exemptions.clone();
        let Ok(asked) = exemptions.ask(&self.coordinator, exam, &new).await else { return };
        let approve = self.dice.chance(80);
        let Ok(decided) = exemptions.decide(&self.coordinator, asked.id, approve, "材料齐全").await else { return };
        if approve {
            self.told.insert(match (exempt, decided.late) {
                (false, _) => "deferred",
                (true, false) => "exempt",
                (true, true) => "exempt late",
            });
        }
    }
}
