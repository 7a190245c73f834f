//! A bank of 100,000 questions, searched as those search who look after it.

use kaofa::bank::{NewBank, NewOption, NewQuestion, QuestionInput};
use kaofa::demo;
use kaofa::web::Services;

use super::Measure;
use super::year::ask;
use crate::report::Row;
use crate::stage::Stage;

pub(super) const MEASURE: Measure = Measure { name: "find", sitting: None, run: |stage| Box::pin(run(stage)) };

const QUESTIONS: usize = 100_000;
/// How many are written in one transaction.
const PART: usize = 2_500;
/// What 99 of 100 answers should take at most, in milliseconds.
const AIM: u64 = 50;

async fn run(stage: &Stage) -> Vec<Row> {
    let bank = stage.refurnish(async |services| fill(services, &stage.hall.root).await).await;
    let mut rows = Vec::new();
    for (what, query) in [
        ("its first page", String::new()),
        ("a text that most have", "&q=行政".to_owned()),
        ("a text of four characters that many have", "&q=行政处罚".to_owned()),
        ("a sentence that some have", "&q=追责时效".to_owned()),
        ("a text that one has", format!("&q=第{}号", QUESTIONS - 7)),
        ("two characters that none has", "&q=鲸鱼".to_owned()),
        ("two characters that stand side by side in many", "&q=政许".to_owned()),
        ("one character that none has", "&q=鲸".to_owned()),
        ("a sentence that none has", "&q=海关缉私部门的管辖".to_owned()),
        ("a text that most have, of those retired, which none is", "&q=行政&status=retired".to_owned()),
        ("an article of a law", "&law=行政处罚法&article=第三十六条".to_owned()),
        ("an article that no law has", "&article=第九千条".to_owned()),
    ] {
        let path = format!("/api/v1/questions?limit=50&bank={bank}{}", encoded(&query));
        let what = format!("search of {QUESTIONS} questions: {what}");
        rows.push(ask(stage, what, &stage.hall.coordinator, &path, AIM).await);
    }
    rows
}

/// As a browser sends it.
fn encoded(query: &str) -> String {
    let one = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    query.bytes().map(one).collect()
}

/// Real questions, each with the stem of one and a sentence of another, so that no two are the same.
async fn fill(services: &Services, root: &str) -> String {
    let coordinator = services.auth.act_as("coordinator").await.unwrap();
    let bank = NewBank { unit_id: root.parse().unwrap(), title: "大题库".to_owned(), review_required: false };
    let bank = services.bank.create_bank(&coordinator, bank).await.unwrap().id;
    let real: Vec<QuestionInput> = demo::questions().iter().map(NewQuestion::input).collect();
    for part in 0..QUESTIONS / PART {
        let question = |n: usize| {
            let (one, other) = (&real[n % real.len()], &real[n / real.len() * 7 % real.len()]);
            let options = one.options.iter().map(|option| NewOption { ..option.clone() }).collect();
            let stem = format!("{}（对照：{}第{n}号）", one.stem, other.stem);
            NewQuestion::try_from(QuestionInput { stem, options, ..one.clone() }).unwrap()
        };
        let new = (part * PART..(part + 1) * PART).map(question).collect();
        services.bank.create_questions(&coordinator, bank, new, true).await.unwrap();
    }
    bank.to_string()
}
