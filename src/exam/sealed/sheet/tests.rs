use entity::id::ExamId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fixtures;
use super::*;
use crate::bank::Answer;

#[test]
fn a_sheet_writes_what_was_drawn_and_nothing_of_the_key() {
    let exam = fixtures::exam();
    let paper = exam.paper(fixtures::person(), 1);
    let sheet = Sheet::new(Arc::clone(&exam), &paper.items).unwrap();
    let mut text = String::new();
    sheet.write_sections(&mut text);
    let versions = fixtures::versions();
    let item = |(position, drawn): (usize, &PaperItem)| {
        let version = versions.iter().find(|v| v.item() == drawn.item).unwrap();
        let option = |id: &String| {
            let option = version.content.options.iter().find(|o| o.id == *id).unwrap();
            json!({ "id": id, "text": option.text })
        };
        json!({
            "position": position + 1, "item": drawn.item, "kind": version.content.kind, "stem": version.content.stem,
            "options": drawn.options.iter().map(option).collect::<Vec<_>>(),
        })
    };
    let items: Vec<Value> = paper.items.iter().enumerate().map(item).collect();
    let expected = json!([
        { "title": "一、\"单选\"", "points_each": 2, "items": items[..2] },
        { "title": "二、多选", "points_each": 4, "items": items[2..3] },
        { "title": "三、判断", "points_each": 0.5, "items": items[3..] },
    ]);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    assert_eq!((sheet.max_points(), sheet.lines().count()), (Points(850), 4));
    for (line, drawn) in sheet.lines().zip(&paper.items) {
        let order: Vec<&str> = line.options().map(|o| o.id.as_str()).collect();
        assert_eq!((&line.item.item, order), (&drawn.item, drawn.options.iter().map(String::as_str).collect()));
        assert_eq!(sheet.item(line.position).map(|i| &i.item), Some(&drawn.item));
    }
    assert!(sheet.item(0).is_none() && sheet.item(5).is_none() && sheet.item(-1).is_none());
}

#[test]
fn a_foreign_paper_is_refused() {
    let exam = fixtures::exam();
    let items = exam.paper(fixtures::person(), 1).items;
    let refuse = |change: &dyn Fn(&mut PaperItem)| {
        let mut items = items.clone();
        change(&mut items[0]);
        Sheet::new(Arc::clone(&exam), &items).unwrap_err()
    };
    let name = items[0].item.clone();
    assert_eq!(refuse(&|i| i.item = "other@1".into()), Mismatch::Item("other@1".into()));
    assert_eq!(refuse(&|i| i.options[0] = "x9".into()), Mismatch::Item(name.clone()));
    assert_eq!(refuse(&|i| i.options.truncate(1)), Mismatch::Item(name));
    assert_eq!(refuse(&|i| i.section = "4".into()), Mismatch::Sections);
    assert_eq!(refuse(&|i| i.section = "0".into()), Mismatch::Sections);
}

#[test]
fn a_question_that_was_changed_after_the_seal_is_found_out() {
    let id = ExamId(Uuid::from_u128(1));
    let with = |versions, sections| SealedExam::new(id, fixtures::draw(), sections, versions).map(|_| ());
    assert_eq!(with(fixtures::versions(), fixtures::sections()), Ok(()));
    let mut changed = fixtures::versions();
    changed[8].content.answer = Answer::Judgement(false);
    let item = changed[8].item();
    assert_eq!(with(changed, fixtures::sections()), Err(Mismatch::Item(item)));
    let mut missing = fixtures::versions();
    let item = missing.remove(0).item();
    assert_eq!(with(missing, fixtures::sections()), Err(Mismatch::Item(item)));
    let mut dearer = fixtures::sections();
    dearer[1].points_each = Points(401);
    assert_eq!(with(fixtures::versions(), dearer), Err(Mismatch::Sections));
}
