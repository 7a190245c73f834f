//! A bank by hand: brought in from a text with its mistakes, reviewed, grouped, and cleared when a law changes.

use kaofa::auth::Role;
use reqwest::{Method, multipart};

use super::browser::{Browser, shows_no_names};
use crate::harness::{Answer, TestServer};

/// A coordinator's browser.
struct Desk {
    browser: Browser,
    csrf: String,
}

impl Desk {
    async fn of(server: &TestServer, username: &str) -> Self {
        let mut browser = Browser::new(server);
        browser.log_in(username, "").await;
        let csrf = browser.csrf().await;
        Self { browser, csrf }
    }

    async fn page(&mut self, path: &str) -> String {
        shown(path, self.browser.get(path).await)
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf.clone();
        self.browser.post(path, &[&[("csrf", csrf.as_str())], fields].concat()).await
    }

    /// A form that was taken; the page to which it leads.
    async fn taken(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.send(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text);
        self.page(answer.header("location")).await
    }

    /// The form of an import.
    async fn import(&mut self, bank: &str, text: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = multipart::Form::new();
        let fields = [("csrf", self.csrf.as_str()), ("bank_id", bank), ("format", "text"), ("text", text)];
        for (name, value) in fields.iter().chain(more) {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        form = form.text("verified_on", "2025-04-19").text("difficulty", "medium");
        let request = self.browser.client.request(Method::POST, "/questions/import").header("accept", "text/html");
        let request = request.header("cookie", self.browser.cookie()).multipart(form);
        self.browser.client.send(request).await
    }
}

fn shown(path: &str, answer: Answer) -> String {
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    shows_no_names(&answer.text, &["bank-work-", "question-import-", "questions-", "parts-", "banks-"]);
    answer.text
}

/// The values of ticked boxes, in their order.
fn ticked(page: &str) -> Vec<String> {
    let boxes = page.split("name=\"question_ids\" value=\"").skip(1);
    let boxes = boxes.filter(|rest| rest.split('>').next().unwrap().contains("checked"));
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

const TEXT: &str = "\
一、单选题
1．行政处罚的追责时效一般为（　　）年。
A．1年　　B．2年　　C．3年
答案：B
依据：《行政处罚法》（2017年修正）第二十九条
2．行政处罚的追责时效，一般为（　　）年？
A．1年　　B．2年　　C．3年　　D．5年
答案：B
依据：《行政处罚法》（2017年修正）第二十九条
二、判断题
1．限制人身自由的行政处罚只能由法律设定。
答案：√
依据：《行政处罚法》（2021年修订）第十条
";

both_databases! {
    async fn a_bank_is_looked_after_on_pages(server: TestServer) {
        let root = server.root().await;
        server.account("author", None, &[(Role::Coordinator, root)], false).await;
        server.account("reviewer", None, &[(Role::Coordinator, root)], false).await;
        let (mut author, mut reviewer) = (Desk::of(&server, "author").await, Desk::of(&server, "reviewer").await);
        let fields = [("unit_id", &*root.to_string()), ("title", "区级题库"), ("review_required", "yes")];
        let made = author.send("/banks/new", &fields).await;
        let bank = made.header("location").split(['=', '&']).nth(1).unwrap().to_owned();
        assert!(author.page(&format!("/questions/import?bank_id={bank}")).await.contains("multipart/form-data"));

        // Every fault by its line, the text kept to be mended, and nothing taken.
        let wrong = TEXT.replace("答案：√\n", "").replace("C．3年　　D", "C．2年　　D");
        let looked = shown("import", author.import(&bank, &wrong, &[]).await);
        assert!(looked.contains("有题干而没有答案") && looked.contains("限制人身自由"), "{looked}");
        assert!(looked.contains("<th scope=\"row\" class=\"num\">7</th>"), "{looked}");
        assert!(!looked.contains("name=\"take\""), "what is wrong cannot be taken");
        let none = author.import(&bank, " ", &[]).await;
        assert!(none.status == 422 && none.text.contains("href=\"#f-text\""), "{}", none.text);
        // Taken in spite of it, nothing is half taken.
        let forced = shown("import", author.import(&bank, &wrong, &[("take", "yes")]).await);
        assert!(forced.contains("有题干而没有答案"), "{forced}");
        assert!(author.page(&format!("/questions?bank_id={bank}")).await.contains("没有"), "nothing was taken");

        let looked = shown("import", author.import(&bank, TEXT, &[]).await);
        assert!(looked.contains("name=\"take\" value=\"yes\""), "{looked}");
        let done = shown("import", author.import(&bank, TEXT, &[("take", "yes"), ("submit", "yes")]).await);
        assert!(done.contains(&format!("/questions?bank_id={bank}")), "{done}");

        // The author's own are marked and cannot be approved by them; somebody else approves two and returns one.
        let own = author.page(&format!("/banks/{bank}/review")).await;
        let waiting = ticked(&own);
        assert_eq!(waiting.len(), 3, "{own}");
        let all: Vec<(&str, &str)> = waiting.iter().map(|id| ("question_ids", id.as_str())).collect();
        let refused = author.send(&format!("/banks/{bank}/review"), &[&all[..], &[("act", "approve")]].concat()).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        let path = format!("/banks/{bank}/review");
        let refused = reviewer.send(&path, &[all[2], ("act", "return"), ("reason", "")]).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#f-reason\""), "{}", refused.text);
        reviewer.taken(&path, &[all[2], ("act", "return"), ("reason", "题干不清")]).await;
        let left = reviewer.taken(&path, &[all[0], all[1], ("act", "approve")]).await;
        assert!(ticked(&left).is_empty(), "{left}");

        // The two that say the same are proposed for a group, of which a paper takes one.
        let groups = reviewer.page(&format!("/banks/{bank}/groups")).await;
        assert_eq!(ticked(&groups).len(), 2, "{groups}");
        let grouped = [all[0], all[1], ("group", "追责时效")];
        reviewer.taken(&format!("/banks/{bank}/groups"), &grouped).await;
        assert!(reviewer.page(&format!("/questions/{}", waiting[0])).await.contains("追责时效"));

        // The law was revised: what rests on its earlier version is retired at once, for a reason.
        let laws = reviewer.page(&format!("/banks/{bank}/laws")).await;
        assert!(laws.contains("2017年修正") && laws.contains("2021年修订"), "{laws}");
        let change = "law=%E8%A1%8C%E6%94%BF%E5%A4%84%E7%BD%9A%E6%B3%95&before=2021%E5%B9%B4%E4%BF%AE%E8%AE%A2";
        let outdated = reviewer.page(&format!("/banks/{bank}/laws?{change}")).await;
        assert_eq!(ticked(&outdated), waiting[..2], "{outdated}");
        let path = format!("/banks/{bank}/laws");
        let named = [("law", "行政处罚法"), ("before", "2021年修订")];
        let refused = reviewer.send(&path, &[&named[..], &all[..2], &[("reason", "")]].concat()).await;
        assert!(refused.status == 422 && refused.text.contains("href=\"#f-reason\""), "{}", refused.text);
        reviewer.taken(&path, &[&named[..], &all[..2], &[("reason", "法律已修订")]].concat()).await;
        let retired = reviewer.page(&format!("/questions?bank_id={bank}&status=retired")).await;
        assert!(waiting[..2].iter().all(|id| retired.contains(id)) && !retired.contains(&waiting[2]), "{retired}");
    }
}
