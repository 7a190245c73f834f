//! What time does to a sealed exam, and what follows for make-ups.

use super::*;

both_databases! {
    async fn time_opens_and_closes_it(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let grants = [(Role::Official, scene.unit)];
        let official = server.user_of("official", Some(scene.people[0]), &grants).await;
        let official = caller(&server, &official).await;
        let id = create(&client, &with(exam(&scene), json!({ "release": "manual" }))).await;
        seal(&client, &id).await;
        let own = || async { server.services.exams.my_exams(&official).await.unwrap().remove(0) };
        assert_eq!((own().await.attempts_left, own().await.result), (2, None));
        client.act(&format!("/api/v1/exams/{id}/release")).await.expect_problem(409, "wrong_state");

        server.set_clock("2026-03-16T02:00:00.000Z");
        // Open from the moment on, whether or not anybody has written it down.
        assert_eq!(status(&client, &id).await, "open");
        assert_eq!(client.get("/api/v1/exams?status=sealed").await.ok()["items"], json!([]));
        assert_eq!(client.get("/api/v1/exams?status=open").await.ok()["items"][0]["status"], "open");
        server.work().await;
        assert_eq!(status(&client, &id).await, "open");
        sit(&server, &id, scene.people[0], 95, "[]").await;
        sit(&server, &id, scene.people[1], 40, "[]").await;
        client.get(&format!("/api/v1/exams/{id}/results")).await.expect_problem(409, "not_released");

        // Ten seconds of grace and five for handing in.
        server.set_clock("2026-03-16T05:00:14.999Z");
        server.work().await;
        assert_eq!(status(&client, &id).await, "open");
        server.set_clock("2026-03-16T05:00:15.000Z");
        server.work().await;
        let closed = client.get(&format!("/api/v1/exams/{id}")).await.ok();
        assert_eq!((&closed["status"], &closed["released_at"]), (&json!("closed"), &Value::Null));
        assert_eq!(closed["closed_at"], "2026-03-16T05:00:15.000Z");
        let figures = owed(&server, &id, scene.unit).await;
        assert_eq!((figures.expected, figures.sat, figures.pending, figures.absent), (3, 2, 0, 1));
        assert_eq!((figures.passed, figures.first_passed, figures.excellent, figures.sittings), (1, 1, 1, 2));

        let results = client.get(&format!("/api/v1/exams/{id}/results")).await.ok();
        let sum = json!({ "on_roster": 3, "sat": 2, "passed": 1, "excellent": 1, "blank": 0, "sittings": 2 });
        assert_eq!(results["summary"], sum);
        let rows = scene.people.iter().map(|person| of(&results, *person));
        let rows: Vec<_> = rows.map(|row| (row["points"].clone(), row["passed"].clone())).collect();
        assert_eq!(rows, [(json!(95), json!(true)), (json!(40), json!(false)), (Value::Null, Value::Null)]);
        assert_eq!(own().await.result, None);
        let candidates = format!("/api/v1/exams/{id}/candidates");
        let points = async |client: &Client| of(&client.get(&candidates).await.ok(), scene.people[0])["points"].clone();
        assert_eq!(points(&client).await, Value::Null);

        let released = client.act(&format!("/api/v1/exams/{id}/release")).await.ok();
        assert_eq!(released["status"], "released");
        client.act(&format!("/api/v1/exams/{id}/release")).await.expect_problem(409, "wrong_state");
        let result = own().await.result.unwrap();
        assert_eq!((result.points, result.passed), (Points::whole(95), true));
        assert_eq!(own().await.attempts_left, 1);
        assert_eq!(points(&client).await, 95);
        let liaison = server.as_(&server.user("liaison", Role::Liaison, scene.unit).await);
        let seen = of(&liaison.get(&candidates).await.ok(), scene.people[0]);
        assert_eq!((&seen["state"], &seen["points"]), (&json!("graded"), &Value::Null));
    }

    async fn nothing_closes_over_somebody_who_is_writing(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let id = create(&client, &with(exam(&scene), json!({ "latest_start_seconds": 600 }))).await;
        seal(&client, &id).await;
        server.set_clock("2026-03-16T02:05:00.000Z");
        server.work().await;
        sit(&server, &id, scene.people[0], 80, "[]").await;
        let core = &server.services.core;
        let set = |state: AttemptState| async move {
            core.db
                .tx("test.state", |tx| {
                    Box::pin(async move {
        let due_at = Set(Instant(i64::MAX));
                        let change = attempt::ActiveModel { state: Set(state), due_at, ..Default::default() };
                        attempt::Entity::update_many().set(change).filter(attempt::Column::K.eq(0)).exec(tx).await?;
                        Ok::<_, Fault>(())
                    })
                })
                .await
                .unwrap();
        };
        set(AttemptState::Running).await;
        // Who starts at the latest has an hour from then.
        server.set_clock("2026-03-16T03:10:15.000Z");
        server.work().await;
        assert_eq!(status(&client, &id).await, "open");
        set(AttemptState::Graded).await;
        server.work().await;
        assert_eq!(status(&client, &id).await, "released");
        let read = client.get(&format!("/api/v1/exams/{id}")).await.ok();
        assert_eq!(read["closed_at"], read["released_at"]);
        // Turning once more changes nothing.
        server.work().await;
        assert_eq!(client.get(&format!("/api/v1/exams/{id}")).await.ok(), read);
    }

    async fn a_make_up_is_for_those_who_have_yet_to_pass(server: TestServer) {
        let scene = scene(&server).await;
        let client = server.as_(&scene.coordinator);
        let main = create(&client, &with(exam(&scene), json!({ "show_key": "after_close" }))).await;
        let make_up = with(exam(&scene), json!({
            "title": "补考", "makes_up_exam_id": main,
            "opens_at": "2026-03-16T07:00:00.000Z", "closes_at": "2026-03-16T10:00:00.000Z",
        }));
        // Not before the main exam has closed.
        client.post("/api/v1/exams", &make_up).await.expect_field("makes_up_exam_id", "conflict");
        seal(&client, &main).await;
        server.set_clock("2026-03-16T02:00:00.000Z");
        server.work().await;
        let pool = client.get(&format!("/api/v1/exams/{main}/manifest")).await.ok()["manifest"]["pool"].clone();
        let shown = text(&pool[0]["item"]);
        let paper = json!([{ "item": shown, "options": [], "section": "1" }]).to_string();
        sit(&server, &main, scene.people[0], 80, &paper).await;
        sit(&server, &main, scene.people[1], 40, &paper).await;
        server.set_clock("2026-03-16T06:00:00.000Z");
        server.work().await;
        let other_year = with(make_up.clone(), json!({ "year": 2025, "kind": "mock" }));
        let answer = client.post("/api/v1/exams", &other_year).await;
        answer.expect_field("year", "conflict").expect_field("kind", "conflict");

        let id = create(&client, &make_up).await;
        assert_eq!(owed(&server, &main, scene.root).await.absent, 1);
        assert_eq!(seal(&client, &id).await["expected"], 2);
        let again = with(make_up.clone(), json!({ "makes_up_exam_id": id }));
        client.post("/api/v1/exams", &again).await.expect_field("makes_up_exam_id", "makes_up_make_up");
        let candidates = client.get(&format!("/api/v1/exams/{id}/candidates")).await.ok();
        let names: BTreeSet<String> =
            candidates["items"].as_array().unwrap().iter().map(|c| text(&c["person_name"])).collect();
        assert_eq!(names, BTreeSet::from(["李娜".to_owned(), "王芳".to_owned()]));
        // The key of one question is out.
        let manifest = client.get(&format!("/api/v1/exams/{id}/manifest")).await.ok()["manifest"].clone();
        let items: Vec<String> = manifest["pool"].as_array().unwrap().iter().map(|p| text(&p["item"])).collect();
        assert!(items.len() == 11 && !items.contains(&shown));

        // Whoever had missed it is on the way again, and the make-up counts toward its main exam.
        let waiting = owed(&server, &main, scene.root).await;
        assert_eq!((waiting.sat, waiting.pending, waiting.absent), (2, 1, 0));
        server.set_clock("2026-03-16T07:00:00.000Z");
        server.work().await;
        sit(&server, &id, scene.people[1], 70, "[]").await;
        server.advance(std::time::Duration::from_hours(4));
        server.work().await;
        assert_eq!(status(&client, &id).await, "released");
        let after = owed(&server, &main, scene.root).await;
        assert_eq!((after.on_roster, after.expected, after.sat, after.pending, after.absent), (3, 3, 2, 0, 1));
        assert_eq!((after.passed, after.first_sat, after.first_passed, after.sittings), (2, 2, 1, 3));
        assert_eq!(owed(&server, &id, scene.root).await, Figures::none());
    }
}
