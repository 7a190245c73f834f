//! A district with one unit, its people logged in, a bank and sealed exams that are open: made by the services, many
//! things at once, so that a hall of thousands stands in seconds.

use std::path::Path;
use std::sync::Arc;

use entity::auth::token;
use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Day, Instant, Millis};
use kaofa::auth::{Caller, NewAccount, NewGrant, Role};
use kaofa::bank::{NewBank, NewOption, QuestionInput};
use kaofa::boot;
use kaofa::core::Core;
use kaofa::db::{Db, Fault, insert_all};
use kaofa::exam::{BlueprintInput, SectionInput};
use kaofa::kernel::calendar::Calendar;
use kaofa::kernel::clock::SystemClock;
use kaofa::kernel::entropy::SystemEntropy;
use kaofa::kernel::settings::Settings;
use kaofa::keys;
use kaofa::log::Actor;
use kaofa::org::{AudienceDto, Category, NewPerson, NewUnit, UnitKind};
use kaofa::web::Services;
use sea_orm::ActiveValue::Set;
use sha2::{Digest as _, Sha256};

/// What a hall is to hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many candidates.
    pub people: usize,
    /// Over how many units they are spread.
    pub units: usize,
    /// How many further units there are, with nobody in them.
    pub empty_units: usize,
    /// How many single choices with four options the bank has.
    pub questions: usize,
    /// The exams, all of them for everybody.
    pub exams: Vec<Sitting>,
}

/// An exam that is open from now on.
#[derive(Debug, Clone, Copy)]
pub struct Sitting {
    /// How many questions a paper has, two points each.
    pub items: i32,
    /// After how many seconds it closes.
    pub closes_in: i64,
    /// Its grace, in seconds.
    pub grace: i32,
}

/// Somebody who is on every roster and has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: String,
    /// Their token.
    pub token: String,
}

/// A furnished hall.
#[derive(Debug, Clone)]
pub struct Hall {
    /// The district.
    pub root: String,
    /// The units below it; each has its share of the candidates, in their order.
    pub units: Vec<String>,
    /// The codes of further units, with nobody in them: no exam concerns them.
    pub empty_units: Vec<String>,
    /// The token of a coordinator of the whole district.
    pub coordinator: String,
    /// Everybody.
    pub candidates: Vec<Candidate>,
    /// The exams, in the order of the plan.
    pub exams: Vec<String>,
}

/// Furnishes a database, which is made and migrated if need be. No server should run on it yet.
pub async fn furnish(database_url: &str, key_file: &Path, plan: &Plan) -> Hall {
    let services = open(database_url, key_file).await;
    let hall = fill(&services, plan).await;
    boot::close(services).await.expect("the database closes");
    hall
}

/// The services on a database, to fill it with what no client could. Close them before a server is to serve it.
pub async fn open(database_url: &str, key_file: &Path) -> Services {
    let db = Db::open(database_url).await.expect("the database opens");
    let core = Core {
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemEntropy),
        db,
        keys: Arc::new(keys::open(key_file, &SystemEntropy).expect("a key")),
        settings: Arc::new(Settings {
            calendar: Calendar(chrono_tz::Asia::Shanghai),
            public_url: "http://127.0.0.1".to_owned(),
            token_idle: Millis::seconds(86_400),
            token_life: Millis::seconds(86_400),
            proxied: false,
            demo: false,
        }),
    };
    boot::compose(core)
}

async fn fill(services: &Services, plan: &Plan) -> Hall {
    let unit = |parent_id, code: &str, name: &str, kind| NewUnit {
        parent_id,
        code: code.to_owned(),
        name: name.to_owned(),
        kind,
        active_from: Day::new(2015, 1, 1),
    };
    let new_unit = async |new| services.org.insert_unit(&Actor::SYSTEM, new).await.expect("a unit").id;
    let root = new_unit(unit(None, "430202", "示范区", UnitKind::Group)).await;
    let mut units = Vec::with_capacity(plan.units);
    for n in 1..=plan.units.max(1) {
        units.push(new_unit(unit(Some(root), &format!("430202{n:03}"), &format!("第{n}局"), UnitKind::Unit)).await);
    }
    let empty_units: Vec<String> = (1..=plan.empty_units).map(|n| format!("430202Z{n:03}")).collect();
    for code in &empty_units {
        new_unit(unit(Some(root), code, &format!("{code}所"), UnitKind::Unit)).await;
    }
    // Nobody logs in with a password here.
    let nobody_knows = services.auth.hash(&services.core.secret::<32>()).await;
    let accounts = ["coordinator", "author"].map(|name| (account(name, None), vec![grant(Role::Coordinator, root)]));
    let ids = services.auth.insert_accounts(&Actor::SYSTEM, accounts.into(), Some(&nobody_knows)).await.unwrap();
    let coordinator = services.auth.act_as("coordinator").await.unwrap();
    let tokens = give_tokens(services, &ids[..1]).await;

    let candidates = candidates(services, &coordinator, &units, plan.people, &nobody_knows).await;
    let author = services.auth.act_as("author").await.unwrap();
    let bank = NewBank { unit_id: root, title: "区级题库".to_owned(), review_required: true };
    let bank = services.bank.create_bank(&coordinator, bank).await.unwrap().id;
    let questions = (0..plan.questions).map(|n| question(n).try_into().unwrap()).collect();
    let questions = services.bank.create_questions(&author, bank, questions, true).await.unwrap();
    services.bank.approve_all(&coordinator, &questions).await.unwrap();

    let mut exams = Vec::new();
    for sitting in &plan.exams {
        let blueprint = blueprint(services.core.now(), root, &units, &bank.to_string(), *sitting);
        let exam = services.exams.create(&coordinator, &blueprint).await.unwrap().id;
        services.exams.seal(&coordinator, exam, &kaofa::exam::Resealing::default()).await.unwrap();
        exams.push(exam.to_string());
    }
    let units = units.iter().map(ToString::to_string).collect();
    Hall { root: root.to_string(), units, empty_units, coordinator: tokens[0].clone(), candidates, exams }
}

async fn candidates(
    services: &Services,
    coordinator: &Caller,
    units: &[UnitId],
    count: usize,
    hash: &str,
) -> Vec<Candidate> {
    let share = count.div_ceil(units.len()).max(1);
    let mut candidates = Vec::with_capacity(count);
    for chunk in (0..count).collect::<Vec<_>>().chunks(5_000) {
        let person = |n: &usize| NewPerson {
            staff_no: Some(format!("R{n:06}")),
            name: format!("考生{n}"),
            post: "科员".to_owned(),
            categories: vec![Category::CivilServant],
            unit_id: units[n / share],
            joined_on: Day::new(2018, 7, 1),
            id_number: None,
            phone: None,
        };
        let people = chunk.iter().map(person).collect();
        let people: Vec<PersonId> = services.org.create_people(coordinator, people).await.unwrap();
        let accounts = people.iter().zip(chunk).map(|(person, n)| {
            (account(&format!("r{n:06}"), Some(*person)), vec![grant(Role::Official, units[n / share])])
        });
        let accounts = services.auth.insert_accounts(&Actor::SYSTEM, accounts.collect(), Some(hash)).await.unwrap();
        let tokens = give_tokens(services, &accounts).await;
        candidates
            .extend(people.iter().zip(tokens).map(|(person, token)| Candidate { person: person.to_string(), token }));
    }
    candidates
}

/// A token for each account, as a log-in gives it, without its password.
async fn give_tokens(services: &Services, accounts: &[AccountId]) -> Vec<String> {
    let now = services.core.now();
    let tokens: Vec<String> = accounts.iter().map(|_| services.core.secret::<32>()).collect();
    let rows: Vec<token::ActiveModel> = (accounts.iter().zip(&tokens))
        .map(|(account, token)| token::ActiveModel {
            token_hash: Set(hex::encode(Sha256::digest(token.as_bytes()))),
            account_id: Set(*account),
            created_at: Set(now),
            seen_at: Set(now),
            ends_at: Set(now + Millis::seconds(86_400)),
        })
        .collect();
    let given = services.core.db.tx("rig.tokens", |tx| {
        let rows = rows.clone();
        Box::pin(async move { insert_all(tx, rows, false).await })
    });
    given.await.map_err(|fault: Fault| fault).unwrap();
    tokens
}

fn account(username: &str, person_id: Option<PersonId>) -> NewAccount {
    NewAccount {
        username: username.to_owned(),
        display_name: username.to_owned(),
        password: String::new(),
        must_change_password: false,
        person_id,
    }
}

fn grant(role: Role, unit_id: UnitId) -> NewGrant {
    NewGrant { role, unit_id, valid_until: None }
}

/// About as long as the questions of such exams are.
fn question(n: usize) -> QuestionInput {
    let option = |o: usize| NewOption {
        text: format!("第{n}题的第{o}种说法，当事人有权陈述和申辩"),
        correct: o == n % 4,
        pinned: false,
    };
    QuestionInput {
        kind: "single".to_owned(),
        topic: "行政处罚法".to_owned(),
        difficulty: ["easy", "medium", "hard"][n % 3].to_owned(),
        stem: format!(
            "第{n}题：行政机关在作出行政处罚决定之前，应当告知当事人拟作出的行政处罚内容及事实、理由、依据，下列说法正确的是（　）"
        ),
        options: (0..4).map(option).collect(),
        explanation: "见条文。".to_owned(),
        law: "行政处罚法".to_owned(),
        article: "第四十四条".to_owned(),
        law_version: "2021年修订".to_owned(),
        verified_on: "2025-04-19".to_owned(),
        ..QuestionInput::default()
    }
}

fn blueprint(now: Instant, unit: UnitId, units: &[UnitId], bank: &str, sitting: Sitting) -> BlueprintInput {
    let closes_in = i32::try_from(sitting.closes_in).unwrap();
    BlueprintInput {
        title: format!("{}题", sitting.items),
        kind: "annual".to_owned(),
        year: 2026,
        unit_id: unit.to_string(),
        bank_ids: vec![bank.to_owned()],
        opens_at: (now - Millis::seconds(1)).to_string(),
        closes_at: (now + Millis::seconds(sitting.closes_in)).to_string(),
        duration_seconds: closes_in.max(60),
        grace_seconds: sitting.grace,
        attempts_allowed: 1,
        attempt_scoring: "highest".to_owned(),
        audience: AudienceDto {
            unit_ids: units.iter().map(ToString::to_string).collect(),
            categories: Vec::new(),
            person_ids: Vec::new(),
        },
        sections: vec![SectionInput {
            title: "单项选择题".to_owned(),
            kind: "single".to_owned(),
            count: sitting.items,
            points_each: entity::points::Points::whole(2),
            ..SectionInput::default()
        }],
        release: "on_close".to_owned(),
        show_key: "never".to_owned(),
        ..BlueprintInput::default()
    }
}
