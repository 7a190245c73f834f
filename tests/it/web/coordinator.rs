//! The coordinator's pages: a year's work by hand, with the mistakes that hands make.

use entity::id::UnitId;
use kaofa::auth::Role;

use super::browser::{Browser, leads_to, shows_no_names};
use crate::harness::{Answer, TestServer};

/// The beginnings of the names of the texts that these pages show.
const NAMES: &[&str] = &["parts-", "people-", "programmes-", "sessions-", "questions-", "exams-", "today-", "hall-"];

/// A coordinator of a district with one unit, who is logged in.
struct Scene {
    browser: Browser,
    csrf: String,
    root: String,
    unit: UnitId,
}

impl Scene {
    async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let unit = server.unit(root, "A", "甲局").await;
        server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
        let mut scene = Self { browser: Browser::new(server), csrf: String::new(), root: root.to_string(), unit };
        scene.log_in().await;
        scene
    }

    /// At first, and again where time has passed and the log-in with it.
    async fn log_in(&mut self) {
        leads_to(&self.browser.log_in("coordinator", "/today").await, "/today");
        self.csrf = self.browser.csrf().await;
    }

    /// A page that is there.
    async fn page(&mut self, path: &str) -> String {
        let answer = self.browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        shows_no_names(&answer.text, NAMES);
        answer.text
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        self.browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// A form that was not taken: the page again, the field named in the summary.
    async fn refused(&mut self, path: &str, fields: &[(&str, &str)], field: &str) -> String {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text);
        assert!(answer.text.contains(&format!("href=\"#f-{field}\"")), "{field}: {}", answer.text);
        answer.text
    }

    /// An act or a form that was taken; where it leads, without the note of what was done.
    async fn taken(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        let location = answer.header("location").to_owned();
        self.page(&location).await;
        location.split('?').next().unwrap().to_owned()
    }

    async fn person(&mut self, name: &str) {
        let unit = self.unit.to_string();
        let fields = [("name", name), ("unit_id", unit.as_str()), ("categories", "civil_servant")];
        let joined = [("joined_on", "2020-01-01"), ("post", "科员"), ("staff_no", "")];
        self.taken("/people/new", &[&fields[..], &joined].concat()).await;
    }
}

fn changed<'a>(fields: &[(&'a str, &'a str)], field: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().copied().filter(|(name, _)| *name != field);
    kept.chain([(field, value)]).collect()
}

both_databases! {
    /// People are entered and found.
    async fn a_roster_is_kept(server: TestServer) {
        let mut scene = Scene::set(&server).await;
        assert!(scene.page("/people").await.contains("名册上还没有人员"));
        let unit = scene.unit.to_string();
        let bad = scene.refused("/people/new", &[("name", " "), ("post", "主任\"科员"), ("unit_id", &unit)], "name").await;
        assert!(bad.contains("value=\"主任&#34;科员\"") && bad.contains("href=\"#f-categories\""), "{bad}");
        scene.person("陈一").await;
        scene.person("李二").await;
        let found = scene.page("/people?q=%E9%99%88").await;
        assert!(found.contains("陈一") && !found.contains("李二") && found.contains("公务员"));
        let none = scene.page(&format!("/people?unit_id={unit}&category=leading_official")).await;
        assert!(none.contains("没有符合条件的人员") && none.contains(&format!("value=\"{unit}\" selected")), "{none}");
        assert!(scene.page("/people/units").await.contains("甲局"));
    }

    /// A plan, a session, who came: from the draft to the closed figures.
    async fn study_is_planned_and_held(server: TestServer) {
        let mut scene = Scene::set(&server).await;
        scene.person("陈一").await;
        scene.person("李二").await;
        let root = scene.root.clone();
        assert!(scene.page("/programmes").await.contains("还没有年度学法计划"));
        let plan = [
            ("title", "2026 年度学法计划"),
            ("year", "2026"),
            ("unit_id", root.as_str()),
            ("audience.unit_ids", root.as_str()),
            ("required_hours", "2.5"),
            ("required_sessions[0].kind", "collective_study"),
            ("required_sessions[0].count", "1"),
        ];
        let bad = scene.refused("/programmes/new", &changed(&plan, "required_hours", "many"), "required_hours").await;
        assert!(bad.contains("value=\"2026 年度学法计划\"") && bad.contains("value=\"many\""), "{bad}");
        scene.refused("/programmes/new", &plan[..3], "audience.unit_ids").await;
        let more = scene.send("/programmes/new", &changed(&plan, "more", "yes")).await;
        assert!(more.status == 200 && more.text.contains("value=\"2.5\""));
        let counted = scene.send("/programmes/new", &changed(&plan, "preview", "yes")).await;
        assert!(counted.text.contains("共 2 人"), "{}", counted.text);
        let programme = scene.taken("/programmes/new", &plan).await;
        assert!(scene.page("/today").await.contains("计划草稿，待发布"));
        scene.taken(&format!("{programme}/publish"), &[]).await;
        assert_eq!(scene.send(&format!("{programme}/publish"), &[]).await.status, 409);

        let session = [
            ("title", "集体学习《行政处罚法》"),
            ("kind", "collective_study"),
            ("credit_hours", "2.5"),
            ("starts_at", "2026-03-16T10:00"),
            ("ends_at", "2026-03-16T11:30"),
            ("place", "一号会议室"),
            ("host_unit_ids", root.as_str()),
            ("audience.unit_ids", root.as_str()),
            ("audience.categories", "civil_servant"),
            ("check_in.opens_before_seconds", "30"),
            ("check_in.late_after_seconds", "10"),
            ("check_in.closes_after_seconds", "60"),
            ("programme_id", ""),
            ("contact", "区司法局"),
        ];
        let bad = scene.refused("/sessions/new", &changed(&session, "ends_at", "2026-03-16T09:30"), "ends_at").await;
        assert!(bad.contains("须晚于开始时间") && bad.contains("2026-03-16T09:30"), "{bad}");
        scene.refused("/sessions/new", &changed(&session, "starts_at", ""), "starts_at").await;
        let bad = changed(&session, "check_in.opens_before_seconds", "5000");
        assert!(scene.refused("/sessions/new", &bad, "check_in.opens_before_seconds").await.contains("0 至 1440 分钟"));
        let session = scene.taken("/sessions/new", &session).await;
        assert!(scene.page(&session).await.contains("通知 2 人"));
        scene.taken(&format!("{session}/publish"), &[]).await;
        assert!(scene.page("/sessions").await.contains(&session));
        assert!(scene.page(&format!("{session}/hall")).await.contains("现在不能签到"));

        server.set_clock("2026-03-16T01:45:00Z");
        let hall = scene.page(&format!("{session}/hall")).await;
        assert!(hall.contains("<svg") && hall.contains("data-part=\"code\">") && hall.contains("应到"), "{hall}");
        let roll = scene.page(&format!("{session}/roll")).await;
        let person = roll.split("name=\"person\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (status, was) = (format!("status-{person}"), format!("was-{person}"));
        let called = [("person", person.as_str()), (was.as_str(), "pending"), (status.as_str(), "present")];
        leads_to(&scene.send(&format!("{session}/roll"), &called).await, &format!("{session}?done=roll"));
        let same = [("person", person.as_str()), (was.as_str(), "present"), (status.as_str(), "present")];
        leads_to(&scene.send(&format!("{session}/roll"), &same).await, &format!("{session}/roll?done=roll_same"));
        let correction = format!("{session}/attendance/{person}");
        let form = scene.page(&correction).await;
        let seen = form.split_once("name=\"version\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let old = [("version", "1"), ("status", "late"), ("reason", "看错了")];
        assert_eq!(scene.send(&correction, &old).await.status, 412, "somebody else has corrected it meanwhile");
        scene.refused(&correction, &[("status", "late"), ("reason", " ")], "reason").await;
        scene.refused(&correction, &[("status", "pending"), ("reason", "看错了")], "status").await;
        scene.taken(&correction, &[("version", seen.as_str()), ("status", "late"), ("reason", "看错了")]).await;

        server.set_clock("2026-03-16T04:00:00Z");
        scene.log_in().await;
        assert!(scene.page("/today").await.contains("核对并结束"));
        scene.taken(&format!("{session}/close"), &[]).await;
        let closed = scene.page(&session).await;
        assert!(closed.contains("50.00 %") && closed.contains("看错了") && closed.contains("缺席"), "{closed}");
        assert!(scene.page(&format!("{session}?status=late")).await.contains("看错了"));
        assert!(scene.page(&programme).await.contains("50.00 %"));
        assert_eq!(scene.browser.get(&format!("{session}/roll")).await.status, 409);
        scene.taken(&format!("{programme}/close"), &[]).await;
    }

    /// A bank, its questions, an exam over them, and its make-up.
    async fn an_exam_is_given(server: TestServer) {
        let mut scene = Scene::set(&server).await;
        scene.person("陈一").await;
        let root = scene.root.clone();
        scene.refused("/banks/new", &[("unit_id", &root), ("title", "")], "title").await;
        let questions = scene.send("/banks/new", &[("unit_id", &root), ("title", "区级题库")]).await;
        let bank = questions.header("location").split(['=', '&']).nth(1).unwrap().to_owned();
        let question = [
            ("bank_id", bank.as_str()),
            ("kind", "single"),
            ("difficulty", "easy"),
            ("topic", "行政处罚法"),
            ("stem", "行政处罚的一般时效为几年？"),
            ("options[0].text", "一年"),
            ("options[1].text", "二年"),
            ("correct", "1"),
            ("explanation", "第三十六条第一款。"),
            ("citation.law", "行政处罚法"),
            ("citation.article", "第三十六条第一款"),
            ("citation.law_version", "2021 年修订"),
            ("citation.verified_on", "2026-01-01"),
        ];
        let both = [changed(&question, "stem", "").as_slice(), &[("correct", "0")]].concat();
        let bad = scene.refused("/questions/new", &both, "stem").await;
        assert!(bad.contains("单选题只能有一个正确选项") && bad.contains("value=\"二年\""), "{bad}");
        let first = scene.taken("/questions/new", &question).await;
        let shown = scene.page(&first).await;
        assert!(shown.contains("class=\"right\"") && shown.contains("提交并启用"), "{shown}");
        scene.taken(&format!("{first}/submit"), &[]).await;
        let editor = scene.page(&format!("{first}/version")).await;
        assert!(editor.contains("value=\"二年\"") && editor.contains("name=\"correct\" value=\"1\" checked"), "{editor}");
        scene.refused(&format!("{first}/version"), &changed(&question, "options[0].text", "二年"), "options[1].text").await;
        assert!(scene.page(&format!("/questions?bank_id={bank}&status=approved&q=%E6%97%B6%E6%95%88")).await.contains(&first));
        assert!(scene.page("/questions?kind=judgement").await.contains("没有符合条件的试题"));

        let exam = [
            ("title", "2026 年度学法考试"),
            ("kind", "annual"),
            ("year", "2026"),
            ("unit_id", root.as_str()),
            ("bank_ids", bank.as_str()),
            ("opens_at", "2026-03-16T09:30"),
            ("closes_at", "2026-03-16T10:30"),
            ("duration_seconds", "30"),
            ("grace_seconds", "10"),
            ("pass_points", "1"),
            ("attempts_allowed", "1"),
            ("attempt_scoring", "highest"),
            ("audience.unit_ids", root.as_str()),
            ("sections[0].title", "单选题"),
            ("sections[0].kind", "single"),
            ("sections[0].count", "2"),
            ("sections[0].points_each", "1.5"),
            ("sections[0].scoring", "partial_no_wrong"),
            ("release", "manual"),
            ("show_key", "never"),
            ("contact", "区司法局"),
        ];
        scene.refused("/exams/new", &changed(&exam, "closes_at", "2026-03-16T09:00"), "closes_at").await;
        let bad = scene.refused("/exams/new", &changed(&exam, "sections[0].count", ""), "sections[0].count").await;
        assert!(bad.contains("value=\"1.5\""), "{bad}");
        let more = scene.send("/exams/new", &changed(&exam, "more", "yes")).await;
        assert!(more.text.contains("第 2 部分"), "{}", more.text);
        let manage = scene.taken("/exams/new", &exam).await;
        let path = manage.trim_end_matches("/manage").to_owned();
        let draft = scene.page(&manage).await;
        assert!(draft.contains("缺 1 题") && !draft.contains(&format!("{path}/seal")), "{draft}");
        let second = scene.taken("/questions/new", &changed(&question, "stem", "听证应在几日内提出？")).await;
        scene.taken(&format!("{second}/submit"), &[]).await;
        let form = scene.page(&format!("{path}/change")).await;
        assert!(form.contains("value=\"2026-03-16T09:30\"") && form.contains("name=\"version\" value=\"1\""), "{form}");
        let change = [changed(&exam, "title", "2026 年度考试").as_slice(), &[("version", "1")]].concat();
        scene.taken(&format!("{path}/change"), &change).await;
        let late = changed(&change, "title", "2026 年度统一考试");
        let overtaken = scene.send(&format!("{path}/change"), &late).await;
        assert_eq!(overtaken.status, 412, "somebody else was first");
        let (theirs, mine) = ("<dd>2026 年度考试</dd>", "value=\"2026 年度统一考试\"");
        assert!(overtaken.text.contains(theirs) && overtaken.text.contains(mine), "{}", overtaken.text);
        assert!(overtaken.text.contains("name=\"version\" value=\"2\""), "sent again, it replaces theirs");
        scene.taken(&format!("{path}/change"), &changed(&late, "version", "2")).await;
        scene.taken(&format!("{path}/change"), &changed(&change, "version", "3")).await;
        let draft = scene.page(&manage).await;
        assert!(draft.contains("够抽") && draft.contains("满分 3 分") && draft.contains("共 1 人应考"), "{draft}");
        scene.taken(&format!("{path}/seal"), &[]).await;
        let sealed = scene.page(&manage).await;
        assert!(sealed.contains("封卷凭据") && sealed.contains("随机数承诺"), "{sealed}");
        let candidates = scene.page(&format!("{path}/candidates")).await;
        assert!(candidates.contains("陈一") && candidates.contains("2026 年度考试"), "{candidates}");
        assert_eq!(scene.browser.get(&format!("{path}/results")).await.status, 409);

        server.set_clock("2026-03-16T01:30:00Z");
        assert!(scene.page("/today").await.contains("正在考试"));
        server.set_clock("2026-03-16T03:00:00Z");
        server.work().await;
        scene.log_in().await;
        assert!(scene.page("/today").await.contains("待公布成绩"));
        assert!(scene.page(&format!("{path}/results")).await.contains("未考"));
        scene.taken(&format!("{path}/release"), &[]).await;
        let list = scene.page("/exams?year=2026&kind=annual&status=released").await;
        assert!(list.contains(&format!("href=\"{manage}\"")), "{list}");
        assert!(scene.page("/exams?status=draft").await.contains("没有符合条件的考试"));

        let form = scene.page(&format!("{path}/make-up")).await;
        assert!(form.contains("2026 年度考试（补考）") && form.contains("value=\"1.5\""), "{form}");
        scene.refused(&format!("{path}/make-up"), &changed(&exam, "kind", "mock"), "kind").await;
        let exam = changed(&changed(&exam, "opens_at", "2026-03-17T09:00"), "closes_at", "2026-03-17T18:00");
        let made = scene.taken(&format!("{path}/make-up"), &exam).await;
        let shown = scene.page(&made).await;
        assert!(shown.contains("补考自") && shown.contains(&manage), "{shown}");
        scene.taken(&format!("{}/delete", made.trim_end_matches("/manage")), &[]).await;
    }

    /// Who has no such role is told so, and other units' things do not exist.
    async fn others_are_kept_out(server: TestServer) {
        let mut scene = Scene::set(&server).await;
        let root = server.root().await;
        let other = server.unit(root, "B", "乙局").await;
        server.account("official", None, &[(Role::Official, scene.unit)], false).await;
        server.account("elsewhere", None, &[(Role::Coordinator, other)], false).await;
        let root = scene.root.clone();
        scene.taken("/banks/new", &[("unit_id", &root), ("title", "区级题库")]).await;
        let mut official = Browser::new(&server);
        official.log_in("official", "").await;
        for path in ["/today", "/people", "/people/new", "/people/units", "/programmes", "/sessions/new", "/banks", "/exams", "/exams/new"] {
            assert_eq!(official.get(path).await.status, 403, "{path}");
        }
        let mut elsewhere = Browser::new(&server);
        elsewhere.log_in("elsewhere", "").await;
        assert!(elsewhere.get("/banks").await.text.contains("还没有题库"));
        let unit = scene.unit;
        assert_eq!(elsewhere.get(&format!("/people?unit_id={unit}")).await.status, 404);
        let nothing = "00000000-0000-7000-8000-000000000000";
        for path in ["/programmes/", "/sessions/", "/questions/"] {
            assert_eq!(elsewhere.get(&format!("{path}{nothing}")).await.status, 404, "{path}");
        }
        assert_eq!(elsewhere.get(&format!("/exams/{nothing}/manage")).await.status, 404);
    }
}
