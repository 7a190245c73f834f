//! Whatever goes wrong, ours or the framework's, comes in one shape and in the reader's language.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::TestServer;

const LOGIN: &str = "/api/v1/auth/login";

/// Sends bytes as they are and gives the whole answer.
async fn raw(server: &TestServer, request: Vec<u8>) -> String {
    let (mut read, mut write) = TcpStream::connect(server.address).await.unwrap().into_split();
    // The server may have heard enough before all is sent.
    let sending = tokio::spawn(async move { write.write_all(&request).await.map(|()| write) });
    let mut answer = Vec::new();
    read.read_to_end(&mut answer).await.unwrap();
    let _ = sending.await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST {LOGIN} HTTP/1.1\r\nhost: kaofa\r\nconnection: close\r\n{headers}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

both_databases! {
    async fn json_that_is_none_is_malformed(server: TestServer) {
        for body in ["{", "", "[]", "null", "\u{feff}", "{\"username\":\"\\ud800\"}"] {
            let client = server.client();
            let request = client.request(Method::POST, LOGIN).header("content-type", "application/json").body(body);
            client.send(request).await.expect_problem(400, "malformed");
        }
    }

    async fn missing_unknown_and_wrong_fields_are_named_at_once(server: TestServer) {
        let body = json!({ "username": 7, "user": "x" });
        let answer = server.client().post(LOGIN, &body).await;
        answer
            .expect_field("username", "invalid")
            .expect_field("password", "required")
            .expect_field("user", "unknown_field");
    }

    async fn no_text_holds_a_nul(server: TestServer) {
        let client = server.client();
        let body = json!({ "username": "a\u{0}", "password": "b" });
        client.post(LOGIN, &body).await.expect_field("username", "control_characters");
        let user = server.user("coordinator", kaofa::auth::Role::Coordinator, server.root().await).await;
        server.as_(&user).get("/api/v1/people?q=%00").await.expect_field("q", "control_characters");
        client.get("/api/v1/people/%00").await.expect_problem(404, "not_found");
        let form = client.request(Method::POST, "/login").header("content-type", "application/x-www-form-urlencoded");
        let answer = client.send(form.body("username=%00&password=x")).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }

    async fn only_json_is_taken(server: TestServer) {
        let client = server.client();
        for kind in [Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("nonsense"), None] {
            let mut request = client.request(Method::POST, LOGIN).body("{}");
            if let Some(kind) = kind {
                request = request.header("content-type", kind);
            }
            client.send(request).await.expect_problem(415, "unsupported_media_type");
        }
        let packed = client.request(Method::POST, LOGIN).header("content-encoding", "gzip").json(&json!({}));
        client.send(packed).await.expect_problem(415, "unsupported_media_type");
    }

    async fn what_is_not_there_is_not_found(server: TestServer) {
        let client = server.client();
        for path in ["/nothing", "/api", "/api/v1", "/api/v1/nothing", "/api/v1/auth/login/", "/api/v2/auth/me"] {
            client.get(path).await.expect_problem(404, "not_found");
        }
    }

    async fn a_path_knows_its_methods(server: TestServer) {
        let client = server.client();
        let answer = client.get(LOGIN).await.expect_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "POST");
        let grants = "/api/v1/accounts/0190a000-0000-7000-8000-000000000000/grants";
        assert_eq!(client.get(grants).await.header("allow"), "POST");
        assert_eq!(client.delete("/api/v1/accounts").await.header("allow"), "GET, HEAD, POST");
        assert_eq!(client.get("/logout").await.expect_problem(405, "method_not_allowed").header("allow"), "POST");
        assert_eq!(client.delete("/login").await.header("allow"), "GET, HEAD, POST");
        client.put("/api/v1/auth/me", &json!({})).await.expect_problem(405, "method_not_allowed");
        let answer = client.act("/healthz").await.expect_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }

    async fn a_bad_query_parameter_is_named(server: TestServer) {
        let admin = server.user("sec", kaofa::auth::Role::SecurityAdmin, server.root().await).await;
        let client = server.as_(&admin);
        client.get("/api/v1/accounts?limit=many").await.expect_field("limit", "invalid");
        client.get("/api/v1/accounts?limit=0").await.expect_field("limit", "out_of_range");
        client.get("/api/v1/accounts?limit=201&cursor=zz").await.expect_field("limit", "out_of_range")
            .expect_field("cursor", "invalid");
    }

    async fn a_body_too_large_is_refused_however_it_comes(server: TestServer) {
        let body = vec![b' '; 3 << 20];
        let announced = post(&format!("content-type: application/json\r\ncontent-length: {}", body.len()), &body);
        let mut chunks = format!("{:x}\r\n", body.len()).into_bytes();
        chunks.extend(&body);
        chunks.extend(b"\r\n0\r\n\r\n");
        let unannounced = post("content-type: application/json\r\ntransfer-encoding: chunked", &chunks);
        for request in [announced, unannounced] {
            let answer = raw(&server, request).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
            assert!(answer.contains("application/problem+json"), "{answer}");
            assert!(answer.contains("\"code\":\"too_large\"") && answer.contains("1 MiB"), "{answer}");
        }
        let client = server.client();
        let fits = json!({ "username": "x".repeat(1 << 19), "password": "" });
        client.post(LOGIN, &fits).await.expect_problem(401, "wrong_credentials");
    }

    async fn errors_speak_the_readers_language(server: TestServer) {
        let title = async |language| {
            let answer = server.client().speaking(language).get("/api/v1/auth/me").await;
            let answer = answer.expect_problem(401, "unauthenticated");
            (answer.json["title"].as_str().unwrap().to_owned(), answer.header("content-language").to_owned())
        };
        assert_eq!(title("zh-CN,zh;q=0.9,en;q=0.8").await, ("请先登录".to_owned(), "zh-CN".to_owned()));
        assert_eq!(title("en-GB").await, ("Please log in first".to_owned(), "en".to_owned()));
        assert_eq!(title("fr, en;q=0.5").await.1, "en");
        assert_eq!(title("fr").await.1, "zh-CN");
        let client = server.client().speaking("en");
        let answer = client.post(LOGIN, &json!({})).await.expect_field("username", "required");
        assert_eq!(answer.json["errors"][0]["message"], "Required");
    }

    async fn a_browser_gets_a_page_and_a_program_a_problem(server: TestServer) {
        let client = server.client();
        for (path, kind) in [("/nothing", "text/html"), ("/api/v1/nothing", "application/problem+json")] {
            let request = client.request(Method::GET, path).header("accept", "text/html,*/*");
            let answer = client.send(request).await;
            assert_eq!(answer.status, 404);
            assert!(answer.header("content-type").starts_with(kind), "{}", answer.text);
        }
    }

    async fn every_answer_tells_browsers_what_to_forbid(server: TestServer) {
        for path in ["/healthz", "/readyz", "/docs", "/openapi.json", "/api/v1/auth/me", "/nothing"] {
            let answer = server.client().get(path).await;
            assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
            assert!(!answer.header("content-security-policy").contains("unsafe"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
        }
    }

    async fn long_answers_come_packed_to_those_who_take_them(server: TestServer) {
        let client = server.client();
        let request = client.request(Method::GET, "/openapi.json").header("accept-encoding", "gzip");
        let answer = client.send(request).await;
        assert_eq!(answer.header("content-encoding"), "gzip");
        assert_eq!(client.get("/openapi.json").await.header("content-encoding"), "");
        let short = client.request(Method::GET, "/healthz").header("accept-encoding", "gzip");
        assert_eq!(client.send(short).await.header("content-encoding"), "");
    }
}
