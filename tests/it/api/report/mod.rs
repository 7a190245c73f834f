//! Rates, the people behind them, and years closed and opened again. The facts are stated here as study and exams state
//! them: rosters frozen, obligations owed and restated.

use std::collections::HashMap;

use entity::List;
use entity::exam::attempt::{self, AttemptState, VoidKind};
use entity::exam::exam::{self, AttemptScoring, ExamKind, ExamStatus, Release, ShowKey};
use entity::id::{AttemptId, ExamId, PersonId, ProgrammeId, SessionId, UnitId};
use entity::instant::{Day, Millis};
use entity::org::roster_row::SubjectKind;
use entity::points::{Hours, Points};
use entity::study::credit::CreditBasis;
use entity::study::programme::{self, ProgrammeStatus};
use entity::study::session::{self, SessionKind, SessionStatus};
use entity::study::{credit, host};
use kaofa::auth::Role;
use kaofa::db::{Fault, Work, insert_all};
use kaofa::org::{self, Audience, Category, NewPerson};
use kaofa::report::FigureName;
use kaofa::tally::{self, Figures, Standing, Subject};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer, User};

mod districts;
pub(crate) mod files;
mod frozen;
mod past;
mod path;
mod persons;
mod rates;
mod years;

/// A district with a group of two units beside a third one; an auditor and a coordinator over all.
struct Scene {
    server: TestServer,
    district: UnitId,
    group: UnitId,
    units: [UnitId; 3],
    auditor: User,
    coordinator: User,
}

impl Scene {
    async fn new(server: &TestServer) -> Self {
        let district = server.root().await;
        let group = server.group(district, "G", "区直部门").await;
        let units = [
            server.unit(group, "G1", "区司法局").await,
            server.unit(group, "G2", "区民政局").await,
            server.unit(district, "S1", "桂花街道").await,
        ];
        let auditor = server.user("auditor", Role::Auditor, district).await;
        let coordinator = server.user("coordinator", Role::Coordinator, district).await;
        Self { server: server.clone(), district, group, units, auditor, coordinator }
    }

    fn auditor(&self) -> Client {
        self.server.as_(&self.auditor)
    }

    async fn people(&self, unit: UnitId, categories: &[Category], number: usize) -> Vec<PersonId> {
        let person = |n| NewPerson {
            staff_no: None,
            name: format!("张{n}"),
            post: String::new(),
            categories: categories.to_vec(),
            unit_id: unit,
            joined_on: Day::new(2000, 1, 1),
            id_number: None,
            phone: None,
        };
        let services = &self.server.services;
        let caller = services.auth.authenticate(&self.coordinator.token, None).await.unwrap();
        services.org.create_people(&caller, (0..number).map(person).collect()).await.unwrap()
    }

    async fn write<F>(&self, body: F)
    where
        F: for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, (), Fault> + Send + Sync,
    {
        self.server.services.core.db.tx("test.write", body).await.unwrap();
    }

    async fn programme(&self, year: i32, unit_id: UnitId, title: &str) -> Subject {
        let core = &self.server.services.core;
        let id: ProgrammeId = core.id();
        let row = programme::Model {
            id,
            year,
            title: title.to_owned(),
            unit_id,
            audience: "{}".to_owned(),
            required_hours: None,
            credits_left_early: false,
            credits_delegated: false,
            status: ProgrammeStatus::Published,
            published_at: Some(core.now()),
            closed_at: None,
            due_stated_on: None,
            amended_to: 0,
            version: 1,
            created_by: self.coordinator.id,
            created_at: core.now(),
        };
        self.write(|tx| {
            let row = row.clone().into_active_model();
            Box::pin(async move { Ok(programme::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())?) })
        })
        .await;
        Subject { kind: SubjectKind::Programme, id: id.into() }
    }

    async fn exam(&self, year: i32, kind: ExamKind, makes_up: Option<Subject>) -> Subject {
        let core = &self.server.services.core;
        let id: ExamId = core.id();
        let row = exam::Model {
            id,
            title: format!("{year}{}", if makes_up.is_some() { "补考" } else { "考试" }),
            kind,
            year,
            unit_id: self.district,
            bank_ids: List(Vec::new()),
            opens_at: core.now(),
            closes_at: core.now() + Millis::seconds(3600),
            latest_start_seconds: None,
            duration_seconds: 3600,
            grace_seconds: 30,
            pass_points: Points::whole(60),
            excellence_points: Some(Points::whole(90)),
            attempts_allowed: 2,
            attempt_scoring: AttemptScoring::Highest,
            audience: "{}".to_owned(),
            release: Release::OnClose,
            show_key: ShowKey::Never,
            balance: None,
            beacon_rule: None,
            beacon: None,
            beacon_source: None,
            seal_number: None,
            seal_entry_id: None,
            counted_at: None,
            makes_up_exam_id: makes_up.map(exam_of),
            contact: String::new(),
            objection_days: 7,
            regrades: 0,
            status: ExamStatus::Closed,
            secret: None,
            manifest: None,
            manifest_digest: None,
            commitment: None,
            sealed_at: None,
            paused_at: None,
            paused_ms: 0,
            closed_at: None,
            released_at: None,
            version: 1,
            created_by: self.coordinator.id,
            created_at: core.now(),
        };
        self.write(|tx| {
            let row = row.clone().into_active_model();
            Box::pin(async move { Ok(exam::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())?) })
        })
        .await;
        Subject { kind: SubjectKind::Exam, id: id.into() }
    }

    async fn set_exam(&self, exam: Subject, status: ExamStatus) {
        self.write(|tx| {
            Box::pin(async move {
                let update = exam::Entity::update_many().col_expr(exam::Column::Status, Expr::value(status));
                Ok(update.filter(exam::Column::Id.eq(exam_of(exam))).exec(tx).await.map(|_| ())?)
            })
        })
        .await;
    }

    async fn session(&self, year: i32, unit_id: UnitId, title: &str) -> SessionId {
        let core = &self.server.services.core;
        let id: SessionId = core.id();
        let row = session::Model {
            id,
            title: title.to_owned(),
            kind: SessionKind::Seminar,
            year,
            unit_id,
            starts_at: core.now(),
            ends_at: core.now() + Millis::seconds(3600),
            place: String::new(),
            credit_hours: Hours::whole(1),
            audience: "{}".to_owned(),
            opens_before_seconds: 0,
            late_after_seconds: 0,
            closes_after_seconds: 0,
            require_check_out: false,
            programme_id: None,
            series_id: None,
            contact: String::new(),
            status: SessionStatus::Running,
            code_secret: String::new(),
            audience_count: None,
            enterprises: None,
            evidence_id: None,
            entered_afterwards: false,
            first_starts_at: None,
            reschedule_reason: None,
            cancel_reason: None,
            reopened_at: None,
            invited: None,
            published_at: None,
            frozen_at: None,
            closed_at: None,
            changed_at: core.now(),
            version: 1,
            created_by: self.coordinator.id,
            created_at: core.now(),
        };
        self.write(|tx| {
            let row = row.clone().into_active_model();
            let host = host::Model { session_id: id, unit_id }.into_active_model();
            Box::pin(async move {
                session::Entity::insert(row).exec_without_returning(tx).await?;
                Ok(host::Entity::insert(host).exec_without_returning(tx).await.map(|_| ())?)
            })
        })
        .await;
        id
    }

    async fn end_session(&self, id: SessionId) {
        self.write(|tx| {
            Box::pin(async move {
                let closed = Expr::value(SessionStatus::Closed);
                let update = session::Entity::update_many().col_expr(session::Column::Status, closed);
                Ok(update.filter(session::Column::Id.eq(id)).exec(tx).await.map(|_| ())?)
            })
        })
        .await;
    }

    async fn credit(&self, session_id: SessionId, year: i32, people: &[PersonId]) {
        let rows: Vec<credit::Model> = people
            .iter()
            .map(|&person_id| credit::Model {
                session_id,
                person_id,
                year,
                kind: SessionKind::Seminar,
                hours: Hours::whole(1),
                basis: CreditBasis::Full,
                programme_id: None,
            })
            .collect();
        self.write(|tx| {
            let rows = rows.clone().into_iter().map(IntoActiveModel::into_active_model).collect();
            Box::pin(insert_all(tx, rows, false))
        })
        .await;
    }

    /// Freezes a roster and states what each person on it owes and how it stands.
    async fn owe(&self, subject: Subject, people: &[(PersonId, Figures)]) {
        let (now, today) = (self.server.now(), self.server.services.core.today());
        let figures: HashMap<PersonId, Figures> = people.iter().copied().collect();
        self.write(|tx| {
            let figures = figures.clone();
            Box::pin(async move {
                let audience = Audience { person_ids: figures.keys().copied().collect(), ..Audience::default() };
                let roster = org::freeze(tx, subject.kind, subject.id, &audience, today, now).await?;
                let standings = roster.into_iter().map(|m| Standing {
                    figures: figures[&m.person_id],
                    person_id: m.person_id,
                    unit_id: m.unit_id,
                    categories: m.categories,
                });
                tally::owe(tx, subject, standings.collect()).await
            })
        })
        .await;
    }

    async fn restate(&self, subject: Subject, person: PersonId, figures: Figures) {
        self.write(|tx| Box::pin(async move { tally::restate(tx, subject, &[(person, figures)].into()).await })).await;
    }

    async fn attempt(&self, exam: Subject, person_id: PersonId, number: i32, state: AttemptState) -> AttemptId {
        let core = &self.server.services.core;
        let row = attempt::Model {
            id: core.id(),
            exam_id: exam_of(exam),
            person_id,
            number,
            state,
            lease: core.id(),
            device: None,
            started_at: core.now(),
            deadline: core.now(),
            due_at: core.now(),
            paused_at: None,
            paused_ms: 0,
            extra_ms: 0,
            submitted_at: Some(core.now()),
            by_server: false,
            k: 0,
            items: "[]".to_owned(),
            paper_digest: String::new(),
            points: None,
            max_points: Points::whole(100),
            answered: 1,
            void_kind: (state == AttemptState::Voided).then_some(VoidKind::Technical),
            responses: None,
        };
        let id = row.id;
        self.write(|tx| {
            let row = row.clone().into_active_model();
            Box::pin(async move { Ok(attempt::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())?) })
        })
        .await;
        id
    }

    /// A year at 100 %: all of these people studied, sat and passed.
    async fn full_year(&self, year: i32, people: &[PersonId]) -> (Subject, Subject) {
        let programme = self.programme(year, self.district, &format!("{year}计划")).await;
        let exam = self.exam(year, ExamKind::Annual, None).await;
        let session = self.session(year, self.district, &format!("{year}集体学法")).await;
        self.credit(session, year, people).await;
        self.end_session(session).await;
        self.owe(programme, &people.iter().map(|p| (*p, studied(true))).collect::<Vec<_>>()).await;
        self.owe(exam, &people.iter().map(|p| (*p, sat(80))).collect::<Vec<_>>()).await;
        (programme, exam)
    }

    async fn close(&self, year: i32, unit: UnitId) -> Answer {
        let body = json!({ "unit_id": unit.to_string(), "reason": "年度终了" });
        self.auditor().post(&format!("/api/v1/years/{year}/close"), &body).await
    }

    async fn rates(&self, query: &str) -> Value {
        self.auditor().get(&format!("/api/v1/reports/rates?{query}")).await.ok()
    }

    /// Every row behind a figure, two a page.
    async fn behind(&self, query: &str, figure: FigureName) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/reports/people?{query}&figure={figure}&limit=2{cursor}");
            let page = self.auditor().get(&path).await.ok();
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}

fn exam_of(subject: Subject) -> ExamId {
    ExamId(subject.id.0)
}

fn studied(participated: bool) -> Figures {
    let one = i64::from(participated);
    Figures { on_roster: 1, expected: 1, participated: one, completed: one, completed_due: one, ..Figures::none() }
}

/// Sat the main exam once.
fn sat(points: i64) -> Figures {
    let passed = i64::from(points >= 60);
    Figures {
        on_roster: 1,
        expected: 1,
        sat: 1,
        passed,
        first_sat: 1,
        first_passed: passed,
        excellent: i64::from(points >= 90),
        sittings: 1,
        points: points * 100,
        ..Figures::none()
    }
}

fn absent() -> Figures {
    Figures { on_roster: 1, expected: 1, absent: 1, ..Figures::none() }
}

fn exempt() -> Figures {
    Figures { on_roster: 1, exempt: 1, exempt_late: 1, ..Figures::none() }
}

fn percent(rate: &Value) -> (i64, i64, Option<&str>) {
    (rate["numerator"].as_i64().unwrap(), rate["denominator"].as_i64().unwrap(), rate["percent"].as_str())
}
