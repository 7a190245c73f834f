//! What the server tells about itself: amounts and times, and nothing about anybody.

use kaofa::auth::Role;

fn value(text: &str, line: &str) -> u64 {
    let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0, |number| number.parse().unwrap())
}

both_databases! {
    async fn requests_are_counted_by_operation_and_status(server: TestServer) {
        let user = server.user("zhang.wei", Role::Coordinator, server.root().await).await;
        let client = server.as_(&user);
        let line = "kaofa_requests_total{operation=\"get_bank\",status=\"404\"}";
        let before = value(&client.get("/metrics").await.text, line);
        let bank = "/api/v1/banks/0190a000-0000-7000-8000-000000000000";
        client.get(bank).await.expect_problem(404, "not_found");
        client.get("/api/v1/people?q=zhang.wei").await.ok();
        server.client().get("/login?next=/zhang.wei").await;
        let answer = server.client().get("/metrics").await;
        assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
        // Other tests of this process ask as well.
        assert!(value(&answer.text, line) > before, "{}", answer.text);
        for name in [
            "kaofa_build_info",
            "kaofa_request_seconds_bucket",
            "kaofa_requests_total{operation=\"/login\",status=\"200\"}",
            "kaofa_writer_queue",
            "kaofa_database_connections",
            "kaofa_jobs{state=\"waiting\"}",
            "kaofa_log_waiting",
            "kaofa_log_lag_seconds",
        ] {
            assert!(answer.text.contains(name), "{name} is missing in {}", answer.text);
        }
        for secret in ["zhang", user.token.as_str(), "0190a000"] {
            assert!(!answer.text.contains(secret), "{secret}");
        }
    }

    async fn entries_without_a_place_are_seen(server: TestServer) {
        server.user("sec", Role::SecurityAdmin, server.root().await).await;
        let text = server.client().get("/metrics").await.text;
        assert!(text.lines().any(|l| l.starts_with("kaofa_log_waiting ")), "{text}");
        let (waiting, oldest) = kaofa::log::waiting(&server.services.core.db).await.unwrap();
        assert!(waiting > 0 && oldest.is_some());
        server.work().await;
        assert_eq!(kaofa::log::waiting(&server.services.core.db).await.unwrap(), (0, None));
    }
}
