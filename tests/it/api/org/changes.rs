//! 变动待确认: what moves mean for rosters that are frozen.

use kaofa::auth::Role;
use serde_json::{Value, json};

use super::{Scene, text};
both_databases! {
    async fn moves_propose_changes_of_frozen_rosters(server: TestServer) {
        let scene = Scene::set(&server).await;
        let stays = scene.person("安静", "001", scene.first).await;
        let moves = scene.person("张三", "002", scene.first).await;
        let programme = scene.programme().await;
        assert_eq!(scene.changes().await.len(), 0);
        let to = json!({ "unit_id": scene.second, "effective_on": "2026-03-16", "reason": "轮岗" });
        scene.coordinator.post(&format!("/api/v1/people/{moves}/transfers"), &to).await.ok();
        let left = json!({ "kind": "resigned", "effective_on": "2026-04-01", "reason": "调省厅" });
        scene.coordinator.post(&format!("/api/v1/people/{stays}/departures"), &left).await.ok();
        scene.person("新来", "003", scene.second).await;

        let changes = scene.changes().await;
        let shown: Vec<(String, String, String, String)> = changes
            .iter()
            .map(|c| {
                assert_eq!((&c["subject_kind"], &c["subject_id"]), (&json!("programme"), &json!(programme)));
                (text(&c["person_name"]), text(&c["kind"]), text(&c["unit_name"]), text(&c["from_on"]))
            })
            .collect();
        let change = |name: &str, kind: &str, unit: &str, on: &str| (name.to_owned(), kind.to_owned(), unit.to_owned(), on.to_owned());
        assert_eq!(shown, [
            change("张三", "leaves", "司法局", "2026-03-16"),
            change("张三", "joins", "财政局", "2026-03-16"),
            change("安静", "leaves", "司法局", "2026-04-01"),
            change("新来", "joins", "财政局", "2026-03-16"),
        ]);

        let decide = |place: usize, body: Value| {
            let (client, path) = (scene.coordinator.clone(), format!("/api/v1/changes/{}/decide", text(&changes[place]["id"])));
            async move { client.post(&path, &body).await }
        };
        decide(1, json!({ "approve": true })).await.expect_problem(409, "wrong_state");
        decide(2, json!({ "approve": false })).await.expect_field("reason", "required");
        assert_eq!(decide(0, json!({ "approve": true })).await.ok()["state"], "confirmed");
        assert_eq!(decide(1, json!({ "approve": true })).await.ok()["state"], "confirmed");
        assert_eq!(decide(2, json!({ "approve": false, "reason": "仍计本单位" })).await.ok()["state"], "refused");
        decide(2, json!({ "approve": true })).await.expect_problem(409, "wrong_state");
        assert_eq!(scene.changes().await.len(), 1);
        let made = kaofa::org::amendments(server.services.core.db.read(), programme.parse().unwrap()).await.unwrap();
        assert_eq!(made.iter().map(|a| a.unit_id).collect::<Vec<_>>(), [scene.first, scene.second]);

        // Only who keeps that part of the roster decides.
        let first = server.user("first", Role::Coordinator, scene.first).await;
        let path = format!("/api/v1/changes/{}/decide", text(&changes[3]["id"]));
        server.as_(&first).post(&path, &json!({ "approve": true })).await.expect_problem(404, "not_found");
        let auditor = server.user("auditor", Role::Auditor, scene.root).await;
        server.as_(&auditor).post(&path, &json!({ "approve": true })).await.expect_problem(403, "forbidden");
        assert_eq!(server.as_(&auditor).get("/api/v1/changes?state=refused").await.ok()["items"][0]["decision"], "仍计本单位");

        // Nothing is proposed once the programme has closed.
        scene.coordinator.act(&format!("/api/v1/programmes/{programme}/close")).await.ok();
        scene.person("又来", "004", scene.second).await;
        assert_eq!(scene.changes().await.len(), 1);
        // Who stands on a roster is not removed.
        scene.coordinator.delete(&format!("/api/v1/people/{stays}")).await.expect_problem(409, "in_use");
    }
}
