//! People in files: what comes in, what goes out.

use std::fmt::Write as _;

use kaofa::auth::Role;
use reqwest::{Method, multipart};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::json;

use super::{ID, OTHER_ID, PEOPLE, Scene, bring, download, dry, errors, numbers, texts, workbook};
both_databases! {
    async fn an_import_tells_new_changed_moved_and_missing_apart(server: TestServer) {
        let scene = Scene::set(&server).await;
        scene.person("张三", "001", scene.first).await;
        scene.person("李四", "002", scene.first).await;
        scene.person("王五", "003", scene.second).await;
        scene.person("留下", "004", scene.second).await;
        let file = "工号,姓名,单位,类别,职务\n\
                    001,张三,司法局,公务员,科长\n\
                    002,李四,财政局,,\n\
                    003,王五,财政局,公务员,\n\
                    005,赵六,司法局,行政执法人员、公务员,科员\n";
        let told = bring(&scene.coordinator, &dry(PEOPLE), file, None).await.ok();
        assert_eq!((numbers(&told), &told["applied"]), ([4, 1, 2, 1], &json!(false)), "{told}");
        assert_eq!((&told["added"][0]["name"], &told["changed"][0]["fields"]), (&json!("赵六"), &json!(["post"])));
        assert_eq!((&told["moved"][0]["from_unit_name"], &told["moved"][0]["unit_name"]), (&json!("司法局"), &json!("财政局")));
        assert_eq!((&told["missing"][0]["name"], &told["missing_count"]), (&json!("留下"), &json!(1)));
        assert_eq!(scene.people().await.len(), 4);

        let done = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((numbers(&done), &done["applied"]), ([4, 1, 2, 1], &json!(true)));
        let mut people = scene.people().await;
        people.sort();
        let person = |name: &str, unit: &str| (name.to_owned(), unit.to_owned());
        let mut expected = vec![
            person("张三", "司法局"), person("李四", "财政局"), person("王五", "财政局"), person("留下", "财政局"), person("赵六", "司法局"),
        ];
        expected.sort();
        assert_eq!(people, expected);
        let again = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!(numbers(&again), [4, 0, 0, 4], "{again}");
    }

    async fn a_long_file_is_written_in_steps_and_told_of_once(server: TestServer) {
        let scene = Scene::set(&server).await;
        let mut file = String::from("工号,姓名,单位,类别,职务\n");
        for n in 0..600 {
            writeln!(file, "L{n:03},人员{n},司法局,公务员,科员").unwrap();
        }
        let told = async || -> Vec<(String, String)> {
            let entries = entity::log::Entity::find().order_by_asc(entity::log::Column::Seq);
            let entries = entries.all(server.services.core.db.read()).await.unwrap().into_iter();
            entries.filter(|e| e.action.starts_with("org.")).map(|e| (e.action, e.data)).collect()
        };
        let before = told().await.len();
        let done = bring(&scene.coordinator, PEOPLE, file.clone(), None).await.ok();
        assert_eq!((&done["applied"], numbers(&done)), (&json!(true), [600, 600, 0, 0]), "{}", done["errors"]);
        let entries = told().await.split_off(before);
        let of = |action: &str| entries.iter().filter(|(a, _)| a == action).count();
        assert_eq!((of("org.create_person"), of("org.import_people")), (600, 1));
        let whole = entries.iter().find(|(action, _)| action == "org.import_people").unwrap();
        assert!(whole.1.contains(r#""created":600"#), "{}", whole.1);

        let changed = bring(&scene.coordinator, PEOPLE, file.replace("科员", "科长"), None).await.ok();
        assert_eq!((&changed["applied"], numbers(&changed)), (&json!(true), [600, 0, 600, 0]));
        let again = bring(&scene.coordinator, PEOPLE, file.replace("科员", "科长"), None).await.ok();
        assert_eq!(numbers(&again), [600, 0, 0, 600]);
    }

    async fn an_unclear_row_is_asked(server: TestServer) {
        let scene = Scene::set(&server).await;
        let first = scene.person("张三", "001", scene.first).await;
        scene.person("张三", "002", scene.first).await;
        let file = "姓名,单位,类别,职务\n张三,司法局,公务员,科长\n";
        let asked = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((&asked["applied"], &asked["ambiguous"][0]["row"]), (&json!(false), &json!(2)));
        assert_eq!(asked["ambiguous"][0]["candidates"].as_array().unwrap().len(), 2);
        let choice = format!(r#"[{{"row":2,"person_id":"{first}"}}]"#);
        let done = bring(&scene.coordinator, PEOPLE, file, Some(&choice)).await.ok();
        assert_eq!((&done["applied"], numbers(&done)), (&json!(true), [1, 0, 1, 0]));
        assert_eq!(scene.coordinator.get(&format!("/api/v1/people/{first}")).await.ok()["post"], "科长");
        let new = bring(&scene.coordinator, &dry(PEOPLE), file, Some(r#"[{"row":2,"person_id":null}]"#)).await.ok();
        assert_eq!(numbers(&new), [1, 1, 0, 0]);
        bring(&scene.coordinator, PEOPLE, file, Some("yes")).await.expect_field("choices", "invalid");
    }

    async fn people_are_known_by_their_numbers(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = format!("姓名,单位,类别,身份证号,手机号\n张三,司法局,公务员,{ID},13800138000\n李四,司法局,公务员,,13900139000\n");
        assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, file, None).await.ok()), [2, 2, 0, 0]);
        // Another name and unit, the same national ID; another unit, the same name and phone.
        let file = format!("姓名,单位,身份证号,手机号\n张三丰,财政局,{ID},\n李四,财政局,,139 0013 9000\n");
        let report = bring(&scene.coordinator, PEOPLE, file, None).await.ok();
        assert_eq!((numbers(&report), &report["moved_count"]), ([2, 0, 2, 0], &json!(2)), "{report}");
        assert_eq!(report["moved"][0]["fields"], json!(["name"]));
        // The ID of somebody outside of the caller's reach is taken, and nothing else is said of them.
        let first = server.user("first", Role::Coordinator, scene.first).await;
        let file = format!("姓名,单位,类别,身份证号\n王五,司法局,公务员,{ID}\n");
        let report = bring(&server.as_(&first), PEOPLE, file, None).await.ok();
        assert_eq!(errors(&report), [(2, "D".into(), "elsewhere".into())]);
    }

    async fn three_encodings_and_a_workbook_say_the_same(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "姓名,单位,人员类别\n𬱖㐀,司法局,公务员\n镕基,财政局,其他人员\n";
        let (gb, _, replaced) = encoding_rs::GB18030.encode(file);
        assert!(!replaced);
        assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, gb.to_vec(), None).await.ok()), [2, 2, 0, 0]);
        for bytes in [
            file.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", file.as_bytes()].concat(),
            workbook(&[&["姓 名", "单位", "人员类别"], &["𬱖㐀", "司法局", "公务员"], &["镕基", "财政局", "其他人员"]]),
        ] {
            assert_eq!(numbers(&bring(&scene.coordinator, PEOPLE, bytes, None).await.ok()), [2, 0, 0, 2]);
        }
    }

    async fn a_roster_goes_out_and_comes_in_again(server: TestServer) {
        let scene = Scene::set(&server).await;
        let body = json!({
            "name": "=张三", "staff_no": "-1", "unit_id": scene.first, "categories": ["civil_servant", "enforcement_officer"],
            "post": "@科长", "id_number": OTHER_ID, "phone": "13800138000", "joined_on": "2020-01-01",
        });
        scene.coordinator.post("/api/v1/people", &body).await.ok();
        let csv = scene.coordinator.get(&format!("/api/v1/exports/people?unit_id={}&subtree=true&format=csv", scene.root)).await;
        assert!(csv.header("content-disposition").contains("people.csv"));
        assert!(csv.text.contains("'-1,'=张三,") && csv.text.contains("'@科长") && !csv.text.contains(OTHER_ID), "{}", csv.text);
        let back = bring(&scene.coordinator, PEOPLE, csv.text.clone(), None).await.ok();
        assert_eq!((numbers(&back), errors(&back)), ([1, 0, 0, 1], vec![]), "{back}");
        let path = format!("/api/v1/exports/people?unit_id={}", scene.first);
        let table = download(&scene.coordinator, scene.coordinator.request(Method::GET, &path)).await;
        assert_eq!(texts(&table)[1][..5], ["-1", "=张三", "司法局", "B01", "公务员、行政执法人员"]);
        let second = server.user("second", Role::Coordinator, scene.second).await;
        server.as_(&second).get(&path).await.expect_problem(404, "not_found");
        let template = scene.coordinator.request(Method::GET, "/api/v1/imports/people/template.xlsx");
        assert_eq!(texts(&download(&scene.coordinator, template).await)[0][1], "姓名");
        let template = scene.admin.request(Method::GET, "/api/v1/imports/units/template.xlsx");
        assert_eq!(texts(&download(&scene.admin, template).await)[0][0], "单位编码");
    }

    async fn the_file_comes_back_with_its_mistakes(server: TestServer) {
        let scene = Scene::set(&server).await;
        let file = "姓名,单位,类别\n张三,司法局,公务员\n李四,没有的局,公务员\n";
        let request = multipart::Form::new().part("file", multipart::Part::bytes(file.as_bytes()));
        let request = scene.coordinator.request(Method::POST, &format!("{PEOPLE}/marked")).multipart(request);
        let table = download(&scene.coordinator, request).await;
        let cells = texts(&table);
        assert_eq!(cells[0], ["姓名", "单位", "类别"]);
        assert!(cells[2][3].starts_with("B3："), "{cells:?}");
    }
}
