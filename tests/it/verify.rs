//! `kaofa verify log`, the program itself, on a database in use and on an export: sound as it is, and whatever is touched
//! is named.

use std::process::{Command, Stdio};

use kaofa::auth::Role;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::Value;

use crate::harness::{TestServer, User};

/// How the program ended and what it said.
struct Said {
    ok: bool,
    out: String,
    error: String,
}

pub(crate) fn verify(server: &TestServer, arguments: &[&str]) -> (bool, String, String) {
    let key = server.services.core.keys.log_public().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaofa"));
    command.args(["verify", "log", "--public-key", &key]).args(arguments).env_clear().current_dir(folder.path());
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn of_database(server: &TestServer) -> Said {
    let (ok, out, error) = verify(server, &["--database-url", &server.database_url]);
    Said { ok, out, error }
}

fn of_export(server: &TestServer, text: &str) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.ndjson");
    std::fs::write(&file, text).unwrap();
    let (ok, out, error) = verify(server, &[file.to_str().unwrap()]);
    Said { ok, out, error }
}

pub(crate) async fn raw(server: &TestServer) -> DatabaseConnection {
    Database::connect(&server.database_url).await.expect("the database, past the program")
}

pub(crate) async fn sql(conn: &DatabaseConnection, statement: &str) {
    conn.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// The place and the id of the entry in the midst of the log.
pub(crate) async fn midst(conn: &DatabaseConnection) -> (i64, String) {
    let query = "SELECT idx, id FROM log_entries WHERE idx = (SELECT max(idx) / 2 FROM log_entries)";
    let row = conn.query_one_raw(Statement::from_string(conn.get_database_backend(), query)).await.unwrap().unwrap();
    (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())
}

/// A log with some batches in it, and an auditor.
async fn scene(server: &TestServer) -> User {
    let root = server.root().await;
    let auditor = server.user("auditor", Role::Auditor, root).await;
    for n in 0..3 {
        server.work().await;
        for m in 0..3 {
            server.unit(root, &format!("{n}{m}"), "某局").await;
        }
    }
    server.work().await;
    auditor
}

both_databases! {
    async fn one_byte_of_one_entry_is_named(server: TestServer) {
        let auditor = scene(&server).await;
        let said = of_database(&server);
        assert!(said.ok && said.out.ends_with("the log is as it was signed\n"), "{}{}", said.out, said.error);
        let export = server.as_(&auditor).get("/api/v1/log/export").await.text;
        let said = of_export(&server, &export);
        assert!(said.ok, "{}", said.error);

        let conn = raw(&server).await;
        let (index, id) = midst(&conn).await;
        sql(&conn, &format!("UPDATE log_entries SET subject = substr(subject, 1, length(subject) - 1) || '~' WHERE idx = {index}")).await;
        let said = of_database(&server);
        let named = format!("entry {index} ({id}) was changed after it was numbered");
        assert!(!said.ok && said.error.contains(&named), "{}", said.error);
        // The same in an export, made before or after.
        let after = server.as_(&auditor).get("/api/v1/log/export").await.text;
        assert!(of_export(&server, &after).error.contains(&named));
        let lines: Vec<String> = export.lines().map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            if value["index"] == index { line.replacen("\"done\"", "\"dond\"", 1) } else { line.to_owned() }
        }).collect();
        let spoiled = of_export(&server, &lines.join("\n"));
        assert!(!spoiled.ok && spoiled.error.contains(&named), "{}", spoiled.error);
        conn.close().await.unwrap();
    }

    /// One at a time, each undone before the next.
    async fn nothing_else_can_be_touched_either(server: TestServer) {
        scene(&server).await;
        let conn = raw(&server).await;
        let last = "(SELECT max(idx) FROM log_leaves)";
        for table in ["log_entries", "log_leaves", "log_nodes", "log_heads"] {
            sql(&conn, &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        let cases: Vec<(Vec<String>, &str)> = vec![
            // The last entry, gone; with its hash; the last two in another order.
            (vec![format!("DELETE FROM log_entries WHERE idx = {last}")], "is missing"),
            (vec![
                format!("DELETE FROM log_entries WHERE idx = {last}"),
                "DELETE FROM log_leaves WHERE idx = (SELECT max(idx) FROM log_leaves)".to_owned(),
            ], "is missing"),
            (vec![
                "UPDATE log_entries SET idx = -1 WHERE idx = (SELECT max(idx) FROM log_leaves)".to_owned(),
                format!("UPDATE log_entries SET idx = {last} WHERE idx = {last} - 1"),
                format!("UPDATE log_entries SET idx = {last} - 1 WHERE idx = -1"),
            ], "stands in its place"),
            // The tree.
            (vec![format!("UPDATE log_leaves SET hash = '{}' WHERE idx = {last}", "0".repeat(64))], "the hash kept for it"),
            (vec![format!("UPDATE log_nodes SET hash = '{}' WHERE level = 1 AND idx = 0", "0".repeat(64))], "the hash kept over the entries 0 to 1"),
            (vec!["DELETE FROM log_nodes WHERE level = 2 AND idx = 0".to_owned()], "the hash kept over the entries 0 to 3"),
            // The heads.
            (vec![format!("UPDATE log_heads SET root = '{}' WHERE size = (SELECT max(size) FROM log_heads)", "0".repeat(64))], "does not fit"),
            (vec!["UPDATE log_heads SET at = at + 1 WHERE size = (SELECT max(size) FROM log_heads)".to_owned()], "does not fit"),
            (vec!["UPDATE log_heads SET signature = (SELECT signature FROM kept_log_heads ORDER BY size LIMIT 1) WHERE size = (SELECT max(size) FROM log_heads)".to_owned()], "does not fit"),
            (vec!["DELETE FROM log_heads WHERE size = (SELECT max(size) FROM log_heads)".to_owned()], "no head was signed"),
        ];
        for (statements, found) in cases {
            for statement in &statements {
                sql(&conn, statement).await;
            }
            let said = of_database(&server);
            assert!(!said.ok && (said.error.contains(found) || said.out.contains(found)), "{statements:?}: {}{}", said.out, said.error);
            for table in ["log_entries", "log_leaves", "log_nodes", "log_heads"] {
                sql(&conn, &format!("DELETE FROM {table}")).await;
                sql(&conn, &format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            }
            assert!(of_database(&server).ok, "as before {statements:?}");
        }
        conn.close().await.unwrap();
    }
}
