//! Every page and every part of pages, rendered in both languages: a template that fails is found here.

use askama::Template;
use chrono_tz::Asia::Shanghai;
use entity::exam::amendment::AmendmentKind;
use entity::exam::section::Scoring;
use entity::id::ExamId;
use entity::instant::{Instant, Millis};
use uuid::Uuid;

use super::form::{Form, Wrong};
use super::pages::amendments::Line;
use super::pages::exam::{Entry, RoomPage, Section, Times, WaitingPage};
use super::view::{View, Who};
use crate::exam::clock::{Allowance, Schedule};
use crate::kernel::calendar::Calendar;
use crate::kernel::rate::Rate;
use crate::kernel::texts::Lang;

/// A page with every part.
#[derive(Template)]
#[template(
    ext = "html",
    source = r##"{% extends "base.html" %}
{% block title %}{{ v.t("problem-home") }}{% endblock %}
{% block main %}
{% call m::head("2026 年参学率、参考率、合格率") %}<p>截至 {{ v.date_time(v.now) }}，年度未结束 · <a href="#">口径与公式</a></p>{% endcall %}
<div class="cards">{% call m::card("参学率", "98.37 %") %}{{ v.number(1086) }} / {{ v.number(1104) }} 人 · 达标率 81.70 %{% endcall %}
{% call m::card("参考率", "97.91 %") %}1,075 / 1,098 人 · 缺考 19 人{% endcall %}
{% call m::card("合格率（实考）", "99.07 %") %}1,065 / 1,075 人{% endcall %}
{% call m::card("连续三率 100 %", "0 年") %}此前 2019—2024 连续 6 年{% endcall %}</div>
<form class="tools" data-filter><div><label for="year">年度</label><select id="year"><option>2026</option></select></div><div><label for="q">查找单位</label><input id="q" type="search"></div><span class="gap"></span><a class="btn" href="#">下载 XLSX</a><button class="btn go">存为定稿</button></form>
<p><button class="plain" type="button" data-whole="rates" data-open="全部展开" data-close="全部收起" hidden>全部展开</button></p>
{% call m::sheet("率表") %}<table class="stack" id="rates" data-tree="1" data-toggle="展开或收起"><thead><tr><th scope="col">单位</th><th scope="col" class="num">在册</th><th scope="col" class="num">参学率</th><th scope="col" class="num">合格率</th></tr></thead><tbody>
<tr class="sum" data-id="a" data-level="0"><th scope="row"><a href="#">荷塘区</a></th><td class="num" data-label="在册">{{ v.number(1112) }}</td><td class="num" data-label="参学率">{{ m::rate(v, Rate { numerator: 1086, denominator: 1104 }, "/a", "/b") }}</td><td class="num" data-label="合格率">{{ m::rate(v, Rate { numerator: 0, denominator: 0 }, "/a", "/b") }}</td></tr>
<tr data-id="b" data-parent="a" data-level="1"><th scope="row"><a href="#">镇（街道）</a></th><td class="num" data-label="在册">214</td><td class="num" data-label="参学率">{{ m::rate(v, Rate { numerator: 212, denominator: 212 }, "/a", "/b") }}</td><td class="num" data-label="合格率">{{ m::rate(v, Rate { numerator: 210, denominator: 211 }, "/a", "/b") }}</td></tr>
<tr data-id="c" data-parent="b" data-level="2"><th scope="row"><a href="#">桂花街道</a></th><td class="num" data-label="在册">38</td><td class="num" data-label="参学率">{{ m::rate(v, Rate { numerator: 38, denominator: 38 }, "/a", "/b") }}</td><td class="num" data-label="合格率">{{ m::rate(v, Rate { numerator: 38, denominator: 38 }, "/a", "/b") }}</td></tr>
</tbody></table>{% endcall %}
{{ m::pager(v, Some("abcd")) }}
<ul class="due"><li class="now">{{ m::tag("info", "正在进行") }}<h2>区委理论学习中心组集体学法</h2><div class="when">{{ v.span(v.now, v.now) }} · 区机关一楼会议室</div><div class="row">{{ m::tag("warn", "未签到") }}<a class="btn go" href="#">签到</a></div></li>
<li><h2>旁听行政诉讼庭审</h2><div class="when">{{ v.near(v.now) }} {{ v.time(v.now) }} {{ v.control(v.now) }}</div><div class="row">{{ m::tag("ok", "请假已批准") }}{{ m::tag("bad", "缺席") }}{{ m::tag("", "可考 1 次") }}<a class="btn" href="#">查看</a></div></li></ul>
<div class="card"><div class="k">学时</div><div class="v num">46 <small>/ 60</small></div>{{ m::meter(76, "ok") }}<p class="note">还缺：旁听庭审 1 次，12 月 31 日前完成</p></div>
{% call m::empty("本年度还没有学法计划。") %}<p><a class="btn" href="#">制定计划</a></p>{% endcall %}
{{ m::errors(v, f) }}
<form class="form panel" method="post">{{ m::csrf(v) }}{{ m::line(v, f, "username") }}{{ m::line(v, f, "new_password", kind = "password", required = false) }}{{ m::line(v, f, "starts", kind = "datetime-local") }}{{ m::area(v, f, "repeat_password") }}{{ m::select(v, f, "kind", [("a", "集体学法"), ("b", "旁听庭审")]) }}{{ m::boxes(v, f, "categories", [("x", "领导干部"), ("y", "公务员"), ("z", "行政执法人员")]) }}{{ m::tick(f, "agree") }}<button class="btn go">保存</button></form>
{% call m::confirm(v, "取消场次", "/sessions/1/cancel") %}<p>取消后，72 人的签到和学时作废。</p>{% endcall %}
<p><button class="btn" type="button" data-copy="#rates" data-copied="{{ v.t("copied") }}" data-failed="{{ v.t("copy-failed") }}" hidden>复制通知文字</button> <button class="btn" type="button" data-print hidden>打印</button></p>
{% endblock %}"##
)]
pub(super) struct PartsPage {
    pub(super) v: View,
    pub(super) f: Form,
}

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

/// Parts with something wrong.
pub(super) fn parts(view: View) -> PartsPage {
    let mut f = Form::new("password-", &view).set("username", "<b>").set("kind", "b").set("categories", "y");
    f.wrong.push(Wrong { field: "username".into(), label: f.label("username"), message: "已存在".into() });
    f.wrong.push(Wrong { field: "categories".into(), label: f.label("categories"), message: "必填".into() });
    PartsPage { v: view, f }
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
        let html = parts(view(lang)).render().unwrap();
        check(&html, lang);
        assert!(html.contains("value=\"&#60;b&#62;\""), "what was typed is shown again, and as text");
        assert!(html.contains("aria-current=\"page\""));
        assert!(html.contains("/rates?year=2026&#38;cursor=abcd"), "filters stay");
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
