//! Every page and every part of pages, rendered in both languages: a template that fails is found here.

use askama::Template;
use chrono_tz::Asia::Shanghai;
use entity::exam::amendment::AmendmentKind;
use entity::exam::section::Scoring;
use entity::id::ExamId;
use entity::instant::{Instant, Millis};
use uuid::Uuid;

use super::pages::amendments::Line;
use super::pages::exam::{Entry, RoomPage, Section, Times, WaitingPage};
use super::pages::styleguide::StyleguidePage;
use super::view::{View, Who};
use crate::exam::clock::{Allowance, Schedule};
use crate::kernel::calendar::Calendar;
use crate::kernel::texts::Lang;

/// The frame of a page that nobody asked for.
pub(super) fn view(lang: Lang) -> View {
    let mut view = View {
        lang,
        now: "2026-11-22T08:40:00.000Z".parse().unwrap(),
        address: "/rates?year=2026&cursor=00&done=saved".to_owned(),
        who: Some(Who { name: "李\u{4dae}".to_owned(), username: "auditor".to_owned(), roles: vec![] }),
        csrf: "0".repeat(64),
        nav: Vec::new(),
        unit: "荷塘区".to_owned(),
        demo: true,
        calendar: Calendar(Shanghai),
    };
    view.nav = vec![view.link("/rates", true), view.link("/snapshots", false), view.link("/log", false)];
    view
}

/// A waiting room in which entering means what `entry` says.
pub(super) fn waiting(view: View, entry: Entry) -> WaitingPage {
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let minute = |n: i64| Instant(view.now.0 + n * 60_000);
    let closes_at = match entry {
        Entry::Short(_) => minute(20),
        Entry::TooLate => minute(-1),
        _ => at("2026-11-22T10:00:00.000Z"),
    };
    WaitingPage {
        exam: ExamId(Uuid::from_u128(7)),
        title: "2026 年度行政执法资格考试".to_owned(),
        times: Times {
            schedule: Schedule {
                opens_at: if entry == Entry::NotYet { minute(12) } else { minute(-60) },
                closes_at,
                latest_start: (entry == Entry::Full).then_some(Millis(135 * 60_000)),
                duration: Millis::seconds(3600),
                grace: Millis(0),
                paused: Millis(0),
            },
            allowed: Allowance::default(),
            paused: entry == Entry::Paused,
            over: false,
            running_until: matches!(entry, Entry::Running(_)).then(|| minute(31)),
        },
        sections: vec![
            Section { title: "单选题".into(), count: 30, points_each: "1".into(), scoring: None },
            Section {
                title: "多选题".into(),
                count: 20,
                points_each: "2".into(),
                scoring: Some(Scoring::PartialNoWrong),
            },
        ],
        items: 50,
        max_points: "70".to_owned(),
        pass_points: "42".to_owned(),
        attempts_left: i32::from(entry != Entry::NoneLeft),
        contact: "区司法局 王静 0731-2222 0000".to_owned(),
        changes: vec![Line {
            at: minute(-5),
            kind: AmendmentKind::Extension,
            what: vec!["延长 5 分钟".to_owned()],
            whom: "桂花街道".to_owned(),
            reason: "停电".to_owned(),
        }],
        v: view,
    }
}

/// An exam room.
pub(super) fn room(view: View) -> RoomPage {
    RoomPage {
        exam: ExamId(Uuid::from_u128(7)),
        title: "2026 年度行政执法资格考试</script>".to_owned(),
        scoring: vec![None, Some(Scoring::PartialNoWrong), None],
        contact: "区司法局 王静".to_owned(),
        back: "/tasks".to_owned(),
        v: view,
    }
}

/// Names of texts that were not found are shown as they are: none may be left in a page.
fn check(html: &str, lang: Lang) {
    assert!(html.starts_with("<!doctype html>"), "{}", &html[..80]);
    assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())));
    for name in ["{ $", "style=\"", "onclick", "javascript:"] {
        assert!(!html.contains(name), "{name}");
    }
}

#[test]
fn every_part_can_be_shown() {
    for lang in [Lang::Zh, Lang::En] {
        let html = StyleguidePage::new(view(lang)).render().unwrap();
        check(&html, lang);
        assert!(html.contains("value=\"&#60;b&#62;\""), "what was typed is shown again, and as text");
        assert!(html.contains("aria-current=\"page\""));
        assert!(html.contains("/rates?year=2026&#38;cursor=abcd"), "filters stay");
        assert!(html.contains("99.99 %"), "all but one are not all");
    }
}

#[test]
fn the_waiting_room_can_be_shown() {
    for lang in [Lang::Zh, Lang::En] {
        for entry in [
            Entry::NotYet,
            Entry::Full,
            Entry::Short(0),
            Entry::Paused,
            Entry::TooLate,
            Entry::Running(0),
            Entry::NoneLeft,
        ] {
            check(&waiting(view(lang), entry).render().unwrap(), lang);
        }
    }
    let short = waiting(view(Lang::Zh), Entry::Short(0)).render().unwrap();
    assert!(short.contains("11 月 22 日 16:00 前进入可用满 60 分钟；现在进入只有 20 分钟"), "{short}");
}

#[test]
fn the_exam_room_can_be_shown() {
    for lang in [Lang::Zh, Lang::En] {
        let html = room(view(lang)).render().unwrap();
        check(&html, lang);
        let config = html.split("id=\"room-config\">").nth(1).unwrap().split("</script>").next().unwrap();
        let config: serde_json::Value = serde_json::from_str(config).unwrap();
        assert_eq!(config["offset_ms"], 8 * 3_600_000);
        assert!(config["texts"]["saved"].as_str().unwrap().contains("{time}"));
    }
}

#[test]
fn problems_can_be_shown() {
    use crate::http::{Code, Problem};
    for lang in [Lang::Zh, Lang::En] {
        for code in Code::ALL {
            let problem = Problem::new(*code).about("区司法局").retry_after(90);
            let request = poem::Request::builder().finish();
            let page = super::problem::ProblemPage::new(view(lang), &problem, &request, "abc123");
            let html = page.render().unwrap();
            check(&html, lang);
            assert!(html.contains("abc123") && !html.contains("next-"), "{code:?}");
        }
    }
}
