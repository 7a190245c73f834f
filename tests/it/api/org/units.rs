//! Units: changed, closed, merged, removed, and brought in as a file.

use entity::id::UnitId;
use kaofa::auth::Role;
use serde_json::json;

use super::{Scene, UNITS, bring, dry, errors, numbers, patch};
both_databases! {
    async fn units_change_close_and_merge(server: TestServer) {
        let scene = Scene::set(&server).await;
        let path = |unit: UnitId| format!("/api/v1/units/{unit}");
        let name = json!({ "name": "发展和改革局" });
        patch(&scene.admin, &path(scene.first), None, &name).await.expect_problem(428, "precondition_required");
        patch(&scene.coordinator, &path(scene.first), Some("*"), &name).await.expect_problem(403, "forbidden");
        assert_eq!(patch(&scene.admin, &path(scene.first), Some("\"1\""), &name).await.ok()["name"], "发展和改革局");
        patch(&scene.admin, &path(scene.first), Some("\"1\""), &name).await.expect_problem(412, "stale");
        let below = json!({ "parent_id": scene.first });
        patch(&scene.admin, &path(scene.group), Some("*"), &below).await.expect_field("parent_id", "cycle");
        patch(&scene.admin, &path(scene.first), Some("*"), &below).await.expect_field("parent_id", "cycle");
        patch(&scene.admin, &path(scene.first), Some("*"), &json!({ "code": "B02" })).await.expect_field("code", "duplicate");

        // Moved up, and what lies below with it.
        let third = server.unit(scene.group, "B03", "档案馆").await;
        let moved = patch(&scene.admin, &path(scene.group), Some("*"), &json!({ "parent_id": scene.root, "position": 3 })).await.ok();
        assert_eq!(moved["position"], 3);
        let other = server.group(scene.root, "S", "事业单位").await;
        patch(&scene.admin, &path(third), Some("*"), &json!({ "parent_id": other })).await.ok();
        let read = scene.admin.get(&path(third)).await.ok();
        assert_eq!(read["path"], json!(["示范区", "事业单位", "档案馆"]));
        let seen = server.user("seer", Role::Auditor, other).await;
        server.as_(&seen).get(&path(third)).await.ok();
        server.as_(&seen).get(&path(scene.first)).await.expect_problem(404, "not_found");

        // Closing: not while there are people or units below.
        let id = scene.person("张三", "001", scene.first).await;
        let close = json!({ "active_to": "2026-03-31" });
        patch(&scene.admin, &path(scene.first), Some("*"), &close).await.expect_problem(409, "in_use");
        patch(&scene.admin, &path(scene.group), Some("*"), &close).await.expect_problem(409, "in_use");
        patch(&scene.admin, &path(scene.first), Some("*"), &json!({ "kind": "group" })).await.expect_problem(409, "in_use");
        let merged = json!({ "active_to": "2026-03-15", "merged_into_id": scene.second });
        let merged = patch(&scene.admin, &path(scene.first), Some("*"), &merged).await.ok();
        assert_eq!((&merged["active_to"], &merged["merged_into_id"]), (&json!("2026-03-15"), &json!(scene.second)));
        assert_eq!(scene.coordinator.get(&format!("/api/v1/people/{id}")).await.ok()["unit_name"], "财政局");
        let body = json!({ "name": "李四", "unit_id": scene.first, "categories": ["other"] });
        scene.coordinator.post("/api/v1/people", &body).await.expect_field("unit_id", "unknown_reference");

        // Removing: only what nothing ever referred to.
        scene.admin.delete(&path(scene.first)).await.expect_problem(409, "in_use");
        assert_eq!(scene.admin.delete(&path(third)).await.status, 204);
        scene.admin.get(&path(third)).await.expect_problem(404, "not_found");
        let entered = scene.person("写错", "009", scene.second).await;
        assert_eq!(scene.coordinator.delete(&format!("/api/v1/people/{entered}")).await.status, 204);
        scene.coordinator.get(&format!("/api/v1/people/{entered}")).await.expect_problem(404, "not_found");
    }

    async fn units_come_in_as_a_file(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "单位编码,单位名称,上级编码,类型\nS01,档案馆,S,单位\nS,事业单位,430202,分组\nB02,财政局,S,\nB01,司法和信访局,,\n";
        bring(&scene.coordinator, UNITS, file, None).await.expect_problem(403, "forbidden");
        let told = bring(&scene.admin, &dry(UNITS), file, None).await.ok();
        assert_eq!((numbers(&told), &told["applied"]), ([4, 2, 2, 0], &json!(false)), "{told}");
        let done = bring(&scene.admin, UNITS, file, None).await.ok();
        assert_eq!(done["applied"], true, "{done}");
        let moved = scene.admin.get(&format!("/api/v1/units/{}", scene.second)).await.ok();
        assert_eq!(moved["path"], json!(["示范区", "事业单位", "财政局"]));
        assert_eq!(numbers(&bring(&scene.admin, UNITS, file, None).await.ok()), [4, 0, 0, 4]);
        let circle = "单位编码,单位名称,上级编码\nS,事业单位,S01\n";
        let report = bring(&scene.admin, UNITS, circle, None).await.ok();
        assert_eq!(errors(&report), [(2, "C".into(), "cycle".into())]);
        let circle = "单位编码,单位名称,上级编码\nS,事业单位,S\n";
        assert_eq!(errors(&bring(&scene.admin, UNITS, circle, None).await.ok()), [(2, "C".into(), "cycle".into())]);
    }
}
