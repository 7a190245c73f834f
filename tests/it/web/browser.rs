//! A browser without script: what every test of pages meets them with.

use reqwest::{Method, multipart};

use crate::harness::{Answer, Client, PASSWORD, TestServer};

/// A browser: it asks for pages and sends back the cookie that it was given.
pub(super) struct Browser {
    pub(super) client: Client,
    cookie: String,
}

impl Browser {
    pub(super) fn new(server: &TestServer) -> Self {
        Self { client: server.client(), cookie: String::new() }
    }

    /// What it sends back with every request.
    pub(super) fn cookie(&self) -> String {
        self.cookie.clone()
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for value in answer.headers.get_all("set-cookie") {
            value.to_str().unwrap().split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        answer
    }

    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let request = self.client.request(Method::GET, path).header("accept", "text/html");
        let answer = self.client.send(request.header("cookie", &self.cookie)).await;
        self.keep(answer)
    }

    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.client.request(Method::POST, path).header("accept", "text/html").form(fields);
        let answer = self.client.send(request.header("cookie", &self.cookie)).await;
        self.keep(answer)
    }

    /// Sends a form with a file, or without.
    pub(super) async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
        let mut form = multipart::Form::new().text("csrf", self.csrf().await);
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        if let Some(file) = file {
            form = form.part("file", multipart::Part::bytes(file.to_vec()).file_name("list.csv"));
        }
        let request = self.client.request(Method::POST, path).header("accept", "text/html");
        self.client.send(request.header("cookie", &self.cookie).multipart(form)).await
    }

    pub(super) async fn log_in(&mut self, username: &str, next: &str) -> Answer {
        self.post("/login", &[("username", username), ("password", PASSWORD), ("next", next)]).await
    }

    /// What a form of this browser's pages sends.
    pub(super) async fn csrf(&mut self) -> String {
        let page = self.get("/password").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

/// The value of a hidden field.
pub(super) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field is there");
    rest.split('"').next().unwrap().to_owned()
}

/// Asserts that an answer leads on to an address.
#[track_caller]
pub(super) fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), path);
}

/// The page shows what texts say and not what they are called: no text of it begins with one of these.
pub(super) fn shows_no_names(page: &str, names: &[&str]) {
    for name in names {
        let shown = page.split(['>', '<']).find(|text| text.trim().starts_with(name));
        assert_eq!(shown, None, "a page shows the name of a text");
    }
}
