//! A client that speaks JSON and says what it got when it is not what was wanted.

use std::net::SocketAddr;

use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::Value;

use super::server::User;

/// A client of one server, of one user or of nobody.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    language: &'static str,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, base: format!("http://{address}"), token: None, language: "zh-CN" }
    }

    /// The same as somebody.
    pub(crate) fn as_(&self, user: &User) -> Self {
        Self { token: Some(user.token.clone()), ..self.clone() }
    }

    /// The same with a token.
    pub(crate) fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same in another language.
    pub(crate) fn speaking(&self, language: &'static str) -> Self {
        Self { language, ..self.clone() }
    }

    /// A request to be furnished by hand and sent by [`Client::send`].
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.header(header::ACCEPT_LANGUAGE, self.language);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and takes the whole answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().expect("a request");
        let what = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { what, status, headers, json, text }
    }

    /// Sends a request and takes the whole answer, which is a file.
    pub(crate) async fn bytes(&self, request: RequestBuilder) -> Vec<u8> {
        let request = request.build().expect("a request");
        let what = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(response.status().is_success(), "{what}: {}", response.status());
        response.bytes().await.unwrap_or_else(|error| panic!("{what}: {error}")).to_vec()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// A POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    what: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    /// The body; null if it is no JSON.
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The JSON of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {} {}", self.what, self.status, self.text);
        self.json
    }

    /// A header; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// An error in the shape of the contract, with this status and code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        let said = format!("{}: {} {}", self.what, self.status, self.text);
        assert_eq!(self.status.as_u16(), status, "{said}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{said}");
        assert_eq!(self.json["code"], code, "{said}");
        assert_eq!(self.json["status"], status, "{said}");
        for field in ["type", "title"] {
            assert!(self.json[field].as_str().is_some_and(|t| !t.is_empty()), "no {field}: {said}");
        }
        let id = self.json["request_id"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && id == self.header("x-request-id"), "no request id: {said}");
        assert!(self.json["detail"].is_string() && self.json["errors"].is_array(), "{said}");
        self
    }

    /// An error that names this field with this code among its bad fields.
    #[track_caller]
    pub(crate) fn expect_field(self, field: &str, code: &str) -> Self {
        let this = self.expect_problem(422, "invalid_fields");
        let errors = this.json["errors"].as_array().unwrap();
        let found = errors.iter().any(|e| e["field"] == field && e["code"] == code && e["message"] != "");
        assert!(found, "{}: no `{code}` at `{field}`: {}", this.what, this.text);
        this
    }
}
