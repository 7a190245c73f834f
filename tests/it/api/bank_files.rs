//! Questions from files and as files, over HTTP.

use std::io::{Cursor, Write};

use encoding_rs::GB18030;
use kaofa::auth::Role;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::scene::text;
use crate::harness::{Answer, Client, TestServer};

const TEXT: &str = "\
题库
一、单选题
1．下列属于行政处罚的是（　　）。
A．警告　　B．记过
C．撤职　　D．降级
答案：A
解析：第九条。
依据：《行政处罚法》（2021年修订）第九条
2．行政处罚的追责时效一般为（ B ）年。
A、1　B、2　C、3
依据：《行政处罚法》（2021年修订）第三十六条
二、判断题
1．限制人身自由的行政处罚只能由法律设定。
答案：√
依据：《行政处罚法》（2021年修订）第十条
";

async fn bank(server: &TestServer, review: bool) -> (Client, String) {
    let root = server.root().await;
    let client = server.as_(&server.user("coordinator", Role::Coordinator, root).await);
    let body = json!({ "unit_id": root, "title": "区级题库", "review_required": review });
    let bank = text(&client.post("/api/v1/banks", &body).await.ok()["id"]);
    (client, bank)
}

async fn import(client: &Client, bank: &str, query: &str, form: Form) -> Answer {
    let path = format!("/api/v1/imports/questions?bank_id={bank}&{query}");
    client.send(client.request(Method::POST, &path).multipart(form.text("verified_on", "2025-04-19"))).await
}

fn file(bytes: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(bytes))
}

fn pasted(text: &str) -> Form {
    Form::new().text("text", text.to_owned())
}

async fn count(client: &Client, bank: &str) -> Value {
    client.get(&format!("/api/v1/banks/{bank}")).await.ok()["questions"].clone()
}

/// A Word file with a paragraph for each line.
fn docx(text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    write!(zip, r#"<w:document xmlns:w="{space}"><w:body>"#).unwrap();
    for line in text.lines() {
        write!(zip, "<w:p><w:r><w:t>{line}</w:t></w:r></w:p>").unwrap();
    }
    write!(zip, "</w:body></w:document>").unwrap();
    zip.finish().unwrap().into_inner()
}

both_databases! {
    async fn text_is_looked_through_first_and_taken_whole(server: TestServer) {
        let (client, bank) = bank(&server, false).await;
        let preview = import(&client, &bank, "format=text&dry_run=true", pasted(TEXT)).await.ok();
        assert_eq!((&preview["rows"], &preview["created"], &preview["applied"]), (&json!(3), &json!(3), &json!(false)));
        assert_eq!(preview["errors"], json!([]));
        assert_eq!((&preview["added"][1]["row"], &preview["added"][1]["stem"]), (&json!(9), &json!("行政处罚的追责时效一般为（　　）年。")));
        assert_eq!(count(&client, &bank).await["draft"], 0);

        let (gb, _, _) = GB18030.encode(TEXT);
        let done = import(&client, &bank, "format=text&submit=true", file(gb.into_owned())).await.ok();
        assert_eq!((&done["applied"], &done["created"]), (&json!(true), &json!(3)));
        assert_eq!(count(&client, &bank).await["approved"], 3);
        let id = text(&done["added"][0]["id"]);
        let whole = client.get(&format!("/api/v1/questions/{id}")).await.ok();
        assert_eq!(whole["options"][0]["correct"], true);
        assert_eq!(whole["citation"], json!({
            "law": "行政处罚法", "article": "第九条", "law_version": "2021年修订", "verified_on": "2025-04-19",
        }));

        // The same again, from Word this time, is nothing new; with another key it is, and looks like what is there.
        let again = import(&client, &bank, "format=text", file(docx(TEXT))).await.ok();
        assert_eq!((&again["applied"], &again["created"], &again["unchanged"]), (&json!(true), &json!(0), &json!(3)));
        let other = TEXT.replace("答案：A", "答案：B");
        let other = import(&client, &bank, "format=text&dry_run=true", pasted(&other)).await.ok();
        assert_eq!((&other["created"], &other["unchanged"]), (&json!(1), &json!(2)));
        assert_eq!(other["similar"][0]["id"], id.as_str());
    }

    async fn what_is_wrong_is_named_by_line_and_nothing_is_taken(server: TestServer) {
        let (client, bank) = bank(&server, true).await;
        let spoiled = TEXT.replace("答案：√\n", "").replace("B．记过", "B．警告").replace("（ B ）", "（ AB ）");
        let answer = import(&client, &bank, "format=text", pasted(&spoiled)).await.ok();
        assert_eq!((&answer["applied"], &answer["rows"]), (&json!(false), &json!(3)));
        let faults: Vec<(u64, &str)> = answer["errors"].as_array().unwrap().iter()
            .map(|e| (e["row"].as_u64().unwrap(), e["code"].as_str().unwrap())).collect();
        assert_eq!(faults, [(4, "duplicate"), (9, "several_keys"), (13, "no_answer")]);
        assert_eq!(answer["errors"][2]["message"], "有题干而没有答案");
        assert!(answer["errors"][0]["line"].as_str().unwrap().starts_with("A．警告"));
        assert_eq!(count(&client, &bank).await, json!({ "draft": 0, "submitted": 0, "approved": 0, "retired": 0 }));
        let english = client.speaking("en");
        let answer = import(&english, &bank, "format=text", pasted(&spoiled)).await.ok();
        assert_eq!(answer["errors"][2]["message"], "The question has no answer");

        let twice = format!("{TEXT}2．限制人身自由的行政处罚只能由法律设定。\n答案：对\n依据：《行政处罚法》（2021年修订）第十条\n");
        let answer = import(&client, &bank, "format=text", pasted(&twice)).await.ok();
        assert_eq!((&answer["errors"][0]["row"], &answer["errors"][0]["code"]), (&json!(16), &json!("duplicate")));
        let empty = import(&client, &bank, "format=text", pasted("通知\n各单位：")).await.ok();
        assert_eq!((&empty["applied"], &empty["errors"][0]["code"]), (&json!(false), &json!("required")));

        import(&client, &bank, "format=doc", pasted(TEXT)).await.expect_field("format", "unknown_value");
        import(&client, &bank, "format=text", Form::new()).await.expect_field("file", "required");
        import(&client, "x", "format=text", pasted(TEXT)).await.expect_field("bank_id", "unknown_reference");
        import(&client, &bank, "format=text", file(b"PK\x03\x04 no file of Word".to_vec())).await.expect_field("file", "damaged");
        import(&client, &bank, "format=xlsx", file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec())).await.expect_field("file", "damaged");
    }

    async fn a_bank_goes_out_and_comes_in_again(server: TestServer) {
        let (client, bank) = bank(&server, true).await;
        import(&client, &bank, "format=text", pasted(TEXT)).await.ok();
        let path = format!("/api/v1/exports/questions?bank_id={bank}&format=xlsx");
        let book = client.bytes(client.request(Method::GET, &path)).await;
        let again = import(&client, &bank, "format=xlsx&dry_run=true", file(book.clone())).await.ok();
        assert_eq!((&again["errors"], &again["unchanged"], &again["created"]), (&json!([]), &json!(3), &json!(0)));
        let root = server.root().await;
        let body = json!({ "unit_id": root, "title": "另一题库", "review_required": true });
        let other = text(&client.post("/api/v1/banks", &body).await.ok()["id"]);
        let moved = import(&client, &other, "format=xlsx&submit=true", file(book)).await.ok();
        assert_eq!((&moved["applied"], &moved["created"]), (&json!(true), &json!(3)));
        assert_eq!(count(&client, &other).await["submitted"], 3);

        let template = client.bytes(client.request(Method::GET, "/api/v1/imports/questions/template.xlsx")).await;
        let empty = import(&client, &bank, "format=xlsx", file(template)).await.ok();
        assert_eq!(empty["errors"][0]["code"], "required");
        let table = "题型,题干,选项A,选项B,答案,法律,条款,法律版本\n单选题,甲（ ）。,一,二,AB,宪法,第一条,2018年修正\n";
        let wrong = import(&client, &bank, "format=xlsx", file(table.into())).await.ok();
        let error = &wrong["errors"][0];
        assert_eq!((&error["row"], &error["column"], &error["code"]), (&json!(2), &json!("E"), &json!("several_keys")));
        client.get(&format!("/api/v1/exports/questions?bank_id={bank}&format=doc")).await.expect_field("format", "unknown_value");
        client.get("/api/v1/exports/questions").await.expect_field("bank_id", "required");
    }
}
