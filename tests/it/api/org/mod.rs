//! Units and people in depth: changes, moves, what they mean for frozen rosters, numbers, and files.

use entity::id::UnitId;
use kaofa::auth::Role;
use kaofa::files::{Cell, Field, Limits, Page, Table, read, write_xlsx};
use reqwest::{Method, header, multipart};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};

mod bad_files;
mod changes;
mod imports;
mod people;
mod units;

/// Made-up national IDs: the area 990000 belongs to no place.
const ID: &str = "99000019900307003X";
const OTHER_ID: &str = "990000199003078795";

/// A district with two units in a group and one outside of it.
struct Scene {
    root: UnitId,
    group: UnitId,
    first: UnitId,
    second: UnitId,
    coordinator: Client,
    admin: Client,
}

impl Scene {
    async fn set(server: &TestServer) -> Self {
        let root = server.root().await;
        let group = server.group(root, "B", "区直部门").await;
        let first = server.unit(group, "B01", "司法局").await;
        let second = server.unit(group, "B02", "财政局").await;
        let coordinator = server.as_(&server.user("coordinator", Role::Coordinator, root).await);
        let admin = server.as_(&server.user("sysadmin", Role::SystemAdmin, root).await);
        Self { root, group, first, second, coordinator, admin }
    }

    async fn person(&self, name: &str, staff_no: &str, unit: UnitId) -> String {
        let body = json!({
            "name": name, "staff_no": staff_no, "unit_id": unit, "categories": ["civil_servant"],
            "joined_on": "2020-01-01",
        });
        text(&self.coordinator.post("/api/v1/people", &body).await.ok()["id"])
    }

    async fn people(&self) -> Vec<(String, String)> {
        let path = format!("/api/v1/people?unit_id={}&subtree=true&limit=200", self.root);
        let page = self.coordinator.get(&path).await.ok();
        page["items"].as_array().unwrap().iter().map(|p| (text(&p["name"]), text(&p["unit_name"]))).collect()
    }

    /// A programme of the whole district, published today.
    async fn programme(&self) -> String {
        let body = json!({
            "year": 2026, "title": "年度学法计划", "unit_id": self.root, "required_hours": 40,
            "audience": { "unit_ids": [self.root] },
        });
        let id = text(&self.coordinator.post("/api/v1/programmes", &body).await.ok()["id"]);
        self.coordinator.act(&format!("/api/v1/programmes/{id}/publish")).await.ok();
        id
    }

    async fn changes(&self) -> Vec<Value> {
        self.coordinator.get("/api/v1/changes").await.ok()["items"].as_array().unwrap().clone()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn patch(client: &Client, path: &str, etag: Option<&str>, body: &Value) -> Answer {
    let mut request = client.request(Method::PATCH, path).json(body);
    if let Some(etag) = etag {
        request = request.header(header::IF_MATCH, etag);
    }
    client.send(request).await
}

async fn bring(client: &Client, path: &str, bytes: impl Into<Vec<u8>>, choices: Option<&str>) -> Answer {
    let mut form = multipart::Form::new().part("file", multipart::Part::bytes(bytes.into()).file_name("people.csv"));
    if let Some(choices) = choices {
        form = form.text("choices", choices.to_owned());
    }
    client.send(client.request(Method::POST, path).multipart(form)).await
}

const PEOPLE: &str = "/api/v1/imports/people";
const UNITS: &str = "/api/v1/imports/units";

fn dry(path: &str) -> String {
    format!("{path}?dry_run=true")
}

/// The places and codes of a report's errors.
fn errors(report: &Value) -> Vec<(u64, String, String)> {
    let errors = report["errors"].as_array().unwrap_or_else(|| panic!("no report: {report}"));
    errors
        .iter()
        .map(|e| {
            assert_ne!(e["message"], "", "{e}");
            (e["row"].as_u64().unwrap(), e["column"].as_str().unwrap_or("-").to_owned(), text(&e["code"]))
        })
        .collect()
}

fn numbers(report: &Value) -> [u64; 4] {
    ["rows", "created", "updated", "unchanged"].map(|name| report[name].as_u64().unwrap())
}

fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let rows = rows.iter().map(|row| row.iter().map(|text| Field::from(*text)).collect()).collect();
    write_xlsx(&[Page { name: "人员".into(), rows, ..Page::default() }]).unwrap()
}

async fn download(client: &Client, request: reqwest::RequestBuilder) -> Table {
    let answer = client.bytes(request).await;
    read(&answer, Limits::default()).unwrap()
}

fn texts(table: &Table) -> Vec<Vec<String>> {
    table.rows.iter().map(|row| row.cells.iter().map(|cell: &Cell| cell.text().to_owned()).collect()).collect()
}
