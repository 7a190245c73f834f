//! What follows an exam, by hand: the pages of objections, regrades, statistics, books and the monitor, without script.

use kaofa::auth::Role;
use reqwest::Method;
use serde_json::json;

use super::faulty_item::{end, four_singles, item, option, sit, sit_as};
use super::scene::{Scene, text};
use crate::harness::{Answer, Client, TestServer, User};

/// A browser of somebody who is logged in.
struct Reader {
    client: Client,
    cookie: String,
}

impl Reader {
    fn new(server: &TestServer, user: &User) -> Self {
        Self { client: server.client(), cookie: format!("kaofa={}", user.token) }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path, &[]).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        for name in ["objection", "regrade", "statistics-", "monitor-", "book-", "result-", "exams-", "done-"] {
            let shown = answer.text.split(['>', '<']).find(|text| text.trim().starts_with(name));
            assert_eq!(shown, None, "{path} shows the name of a text");
        }
        answer.text
    }

    async fn ask(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = self.client.request(method.clone(), path).header("accept", "text/html");
        request = request.header("cookie", &self.cookie);
        if method == Method::POST {
            request = request.form(fields);
        }
        self.client.send(request).await
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.ask(Method::GET, "/account", &[]).await.text;
        let csrf =
            page.split("name=\"csrf\" content=\"").nth(1).expect("a page of somebody").split('"').next().unwrap();
        self.ask(Method::POST, path, &[&[("csrf", csrf)], fields].concat()).await
    }

    /// A form that was taken; where it leads.
    async fn taken(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        self.page(answer.header("location")).await
    }
}

both_databases! {
    async fn what_follows_an_exam_is_done_on_pages(server: TestServer) {
        let scene = Scene::set(&server, 3).await;
        let changes = json!({ "show_key": "after_close", "release": "on_close" });
        let exam = scene.exam(&four_singles(&changes)).await;
        let coordinator = server.user("desk", Role::Coordinator, scene.root).await;
        let desk = Reader::new(&server, &coordinator);
        assert!(desk.page(&format!("/exams/{exam}/roster")).await.contains("考试名册"));
        scene.opens();
        server.work().await;
        let (_, first) = sit(&scene, 0, &exam, &[]).await;
        let watched = desk.page(&format!("/exams/{exam}/monitor")).await;
        assert!(watched.contains("data-count=\"started\">1<") && watched.contains("考生2"), "{watched}");
        assert!(watched.contains("http-equiv=\"refresh\"") && watched.contains(&format!("/exams/{exam}/candidates/{}", scene.people[1])));
        let grants = [(Role::Official, scene.unit)];
        let user = server.user_of("reader", Some(scene.people[1]), &grants).await;
        let wrong = [("单选2", Some("选项0")), ("单选3", Some("选项0"))];
        let sitting = sit_as(&scene, &server.as_(&user), &exam, &wrong).await;
        end(&server).await;

        let reader = Reader::new(&server, &user);
        let result = format!("/results/{}", text(&sitting["id"]));
        let shown = reader.page(&result).await;
        assert!(shown.contains("单选2") && shown.contains("正确答案") && shown.contains("提出异议"), "{shown}");
        let refused = reader.send(&format!("{result}/objections"), &[("position", "99"), ("text", "")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("href=\"#f-text\"") && refused.text.contains("href=\"#f-position\""), "{}", refused.text);
        let place = item(&sitting, "单选2")["position"].to_string();
        let told = reader.taken(&format!("{result}/objections"), &[("position", &place), ("text", "应选选项0 <b>")]).await;
        assert!(told.contains("应选选项0 &#60;b&#62;") && told.contains("待办"), "{told}");

        assert!(desk.page("/today").await.contains("有 1 条异议待办"));
        let list = desk.page(&format!("/exams/{exam}/objections?state=open")).await;
        let form = list.split("action=\"").find(|form| form.contains("/decide\"")).unwrap().split('"').next().unwrap();
        let form = form.to_owned();
        let decided = desk.taken(&form, &[("decision", "upheld"), ("reason", "答案有误")]).await;
        assert!(decided.contains("采纳") && decided.contains("答案有误"));
        assert_eq!(desk.send(&form, &[("decision", "rejected"), ("reason", "又改")]).await.status, 409);
        assert!(reader.page(&result).await.contains("答案有误"));

        let found = desk.page(&format!("/exams/{exam}/statistics")).await;
        assert!(found.contains("试题分析") && found.contains("更正评分"), "{found}");
        let faulty = item(&first, "单选2");
        let (name, key) = (text(&faulty["item"]), text(&option(&faulty, "选项0")));
        let path = format!("/exams/{exam}/regrade");
        assert!(desk.page(&format!("{path}?item={name}")).await.contains("选项2"));
        let asked = [("item", name.as_str()), ("action", "correct_key"), ("key", key.as_str()), ("never_lower", "yes")];
        let tried = desk.send(&path, &[&asked[..], &[("try", "yes")]].concat()).await;
        assert_eq!(tried.status, 200, "{}", tried.text);
        assert!(tried.text.contains("试算结果") && tried.text.contains("变为合格") && tried.text.contains("确认更正"), "{}", tried.text);
        assert!(desk.page(&format!("/exams/{exam}/regrades")).await.contains("没有更正过评分"));
        let without = desk.send(&path, &asked).await;
        assert!(without.status == 422 && without.text.contains("href=\"#f-reason\""), "{}", without.text);
        let done = desk.taken(&path, &[&asked[..], &[("reason", "第三十六条已修订")]].concat()).await;
        assert!(done.contains("第三十六条已修订") && done.contains("评分已更正"), "{done}");
        let again = desk.send(&path, &[&asked[..], &[("reason", "重复")]].concat()).await;
        assert!(again.status == 422 && again.text.contains("href=\"#f-key\""), "{}", again.text);

        // The auditor follows it: what was done, to whom, and in the log.
        let auditor = Reader::new(&server, &server.user("auditor", Role::Auditor, scene.root).await);
        let regrades = auditor.page(&format!("/exams/{exam}/regrades")).await;
        let one = regrades.split("href=\"").find(|link| link.starts_with(&format!("/exams/{exam}/regrades/"))).unwrap();
        let one = auditor.page(one.split('"').next().unwrap()).await;
        assert!(one.contains("考生1") && !one.contains("考生2"), "{one}");
        server.work().await;
        let log = auditor.page(&format!("/log?subject=exam:{exam}")).await;
        assert!(log.contains("评分更正") && log.contains("异议决定") && log.contains("提出异议"), "{log}");
        let book = desk.page(&format!("/exams/{exam}/results/book")).await;
        assert!(book.contains("成绩册") && book.contains("合格 2 人") && book.contains("未考"), "{book}");
        let file = scene.coordinator.request(Method::GET, &format!("/api/v1/exports/exams/{exam}/results?format=csv"));
        let file = String::from_utf8(scene.coordinator.bytes(file).await).unwrap();
        let lines: Vec<&str> = file.lines().collect();
        assert!(lines[0].contains("序号,单位,姓名,工号,交卷时间,得分") && lines.len() == 4, "{file}");
        assert!(lines[2].contains("考生1") && lines[2].contains(",6,8,合格,1"), "{file}");
        let sheet = scene.coordinator.request(Method::GET, &format!("/api/v1/exports/exams/{exam}/roster"));
        assert!(scene.coordinator.bytes(sheet).await.starts_with(b"PK"));
    }
}
