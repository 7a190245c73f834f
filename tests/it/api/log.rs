//! The log: numbered by one sequencer at a time, proved and verified; and every way of touching it found.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entity::id::{EntryId, UnitId};
use entity::log::Outcome;
use kaofa::auth::Role;
use kaofa::core::Core;
use kaofa::db::Fault;
use kaofa::kernel::digest::Digest;
use kaofa::kernel::{jcs, merkle};
use kaofa::log::{self, Actor, Entry, SignedHead, Trust};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::{Value, json};

use crate::harness::{Backend, TestServer, User};

fn entry(core: &Core, action: &'static str, subject: &str, unit: Option<UnitId>, n: usize) -> Entry {
    Entry {
        id: core.uuid(),
        at: core.now(),
        actor: Actor { account: None, address: Some("192.0.2.7".to_owned()) },
        action,
        subject: subject.to_owned(),
        unit,
        data: json!({ "n": n, "reason": "补考" }),
        outcome: Outcome::Done,
    }
}

/// Writes entries in one transaction, which stays open for a while after them.
async fn write(core: &Core, entries: Vec<Entry>, linger: Duration) {
    let done: Result<(), Fault> = core
        .db
        .tx("test.log", |tx| {
            let entries = entries.clone();
            Box::pin(async move {
                log::append_all(tx, entries).await?;
                tokio::time::sleep(linger).await;
                Ok(())
            })
        })
        .await;
    done.expect("entries are written");
}

/// So many entries about a unit's exam, and their ids.
async fn fill(server: &TestServer, unit: Option<UnitId>, count: usize) -> Vec<EntryId> {
    let core = &server.services.core;
    let entries: Vec<Entry> = (0..count).map(|n| entry(core, "exam.test", "exam:7", unit, n)).collect();
    let ids = entries.iter().map(|e| EntryId(e.id)).collect();
    write(core, entries, Duration::ZERO).await;
    ids
}

async fn raw(server: &TestServer) -> DatabaseConnection {
    Database::connect(&server.database_url).await.expect("the database, past the program")
}

async fn sql(conn: &DatabaseConnection, statement: &str) {
    conn.execute_unprepared(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn verdict(server: &TestServer) -> log::Verdict {
    let core = &server.services.core;
    let trust = Trust { keys: vec![core.keys.log_public()], head: None };
    log::verify(core.db.read(), trust).await.expect("the log is read")
}

fn digest(value: &Value) -> Digest {
    value.as_str().unwrap().parse().unwrap()
}

fn digests(value: &Value) -> Vec<Digest> {
    value.as_array().unwrap().iter().map(digest).collect()
}

/// The leaf of an entry, as anybody computes it.
fn leaf(entry: &Value) -> Digest {
    merkle::leaf(&jcs::canonical(entry).unwrap())
}

async fn auditor(server: &TestServer) -> User {
    server.user("auditor", Role::Auditor, server.root().await).await
}

both_databases! {
    /// Two instances write and number at once; some transactions commit late.
    async fn every_entry_is_numbered_once(server: TestServer) {
        const WRITERS: usize = 8;
        let instances = [server.services.core.clone(), server.another().await.services.core];
        let rounds = if server.backend == Backend::Postgres { 30 } else { 8 };
        let writing = Arc::new(AtomicBool::new(true));
        let sequencers: Vec<_> = instances
            .iter()
            .map(|core| {
                let (core, writing) = (core.clone(), Arc::clone(&writing));
                tokio::spawn(async move {
                    while writing.load(Ordering::SeqCst) {
                        log::sequence(&core.db, &core.keys, core.now()).await.expect("a turn of the sequencer");
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let core = instances[writer % 2].clone();
                tokio::spawn(async move {
                    let mut ids = Vec::new();
                    for round in 0..rounds {
                        let act: Vec<Entry> =
                            (0..3).map(|n| entry(&core, "test.act", "exam:1", None, writer * 1000 + n)).collect();
                        ids.push(act.iter().map(|e| e.id.to_string()).collect::<Vec<_>>());
                        let linger = if (writer + round) % 4 == 0 { 7 } else { 0 };
                        write(&core, act, Duration::from_millis(linger)).await;
                    }
                    ids
                })
            })
            .collect();
        let mut acts = Vec::new();
        for writer in writers {
            acts.extend(writer.await.unwrap());
        }
        writing.store(false, Ordering::SeqCst);
        for sequencer in sequencers {
            sequencer.await.unwrap();
        }
        server.work().await;

        let verdict = verdict(&server).await;
        assert!(verdict.is_sound(), "{:?}", verdict.findings);
        assert_eq!(verdict.unnumbered, 0);
        let conn = server.services.core.db.read();
        let lines = log::lines(conn, &(0..verdict.entries), |_| true).await.unwrap();
        let order: Vec<String> = lines
            .into_iter()
            .filter_map(|line| match line {
                log::Line::Entry { id, .. } => id,
                log::Line::Head { .. } => None,
            })
            .collect();
        let once: BTreeSet<&String> = order.iter().collect();
        assert_eq!(once.len(), order.len(), "an entry was numbered twice");
        assert_eq!(order.len(), WRITERS * rounds * 3, "entries without a place");
        let place = |id: &String| order.iter().position(|o| o == id).expect("every entry has a place");
        for act in &acts {
            assert!(act.is_sorted_by_key(place), "the entries of an act keep their order");
        }
    }

    async fn a_proof_of_one_instance_holds_at_another(server: TestServer) {
        let user = auditor(&server).await;
        let root = server.root().await;
        let ids = fill(&server, Some(root), 11).await;
        server.work().await;
        let other = server.another().await;
        let old: Value = other.as_(&user).get("/api/v1/log/head").await.ok();
        fill(&server, Some(root), 6).await;
        other.work().await;

        // The head's signature, with the public key alone.
        let head: SignedHead =
            serde_json::from_value(other.as_(&user).get("/api/v1/log/head").await.ok()).unwrap();
        assert_eq!(head.check(), Ok(()));
        assert_eq!(head.public_key, server.services.core.keys.log_public());
        assert_eq!(head.size, old["size"].as_u64().unwrap() + 6);

        let proof = server.as_(&user).get(&format!("/api/v1/log/proofs/inclusion?entry_id={}", ids[4])).await.ok();
        assert_eq!(proof["entry"]["data"], json!({ "n": 4, "reason": "补考" }));
        assert_eq!(proof["entry"]["unit"], root.to_string());
        let (index, path) = (proof["index"].as_u64().unwrap(), digests(&proof["path"]));
        assert_eq!(merkle::verify_inclusion(leaf(&proof["entry"]), index, head.size, &path, head.root), Ok(()));

        // To the older head too, which the other instance gave.
        let (size, old_root) = (old["size"].as_u64().unwrap(), digest(&old["root"]));
        let proof =
            server.as_(&user).get(&format!("/api/v1/log/proofs/inclusion?index={index}&size={size}")).await.ok();
        assert_eq!(proof["head"], old);
        let path = digests(&proof["path"]);
        assert_eq!(merkle::verify_inclusion(leaf(&proof["entry"]), index, size, &path, old_root), Ok(()));

        let proof = server.as_(&user).get(&format!("/api/v1/log/proofs/consistency?from={size}")).await.ok();
        let hashes = digests(&proof["proof"]);
        assert_eq!(merkle::verify_consistency(size, head.size, old_root, head.root, &hashes), Ok(()));
        assert_eq!((&proof["from_head"], digest(&proof["to_head"]["root"])), (&old, head.root));

        // What the exam's draw file takes.
        let conn = other.services.core.db.read();
        let inclusion = log::inclusion(conn, ids[10], Some(size)).await.unwrap().unwrap();
        assert_eq!((inclusion.size, inclusion.root), (size, old_root));
        assert_eq!(log::inclusion(conn, ids[10], Some(inclusion.index)).await.unwrap(), None);
        assert_eq!(log::inclusion(conn, EntryId(server.services.core.uuid()), None).await.unwrap(), None);
    }

    async fn bad_positions_are_named(server: TestServer) {
        let user = auditor(&server).await;
        let client = server.as_(&user);
        client.get("/api/v1/log/head").await.expect_problem(404, "not_found");
        fill(&server, Some(server.root().await), 3).await;
        server.work().await;
        let size = client.get("/api/v1/log/head").await.ok()["size"].as_u64().unwrap();
        let last = size - 1;
        for (query, field, code) in [
            (String::new(), "index", "required"),
            (format!("?index=0&entry_id={}", server.services.core.uuid()), "entry_id", "conflict"),
            ("?entry_id=none".to_owned(), "entry_id", "invalid"),
            (format!("?index={last}&size={last}"), "size", "out_of_range"),
            (format!("?index={last}&size={}", size + 1), "size", "out_of_range"),
        ] {
            client.get(&format!("/api/v1/log/proofs/inclusion{query}")).await.expect_field(field, code);
        }
        client.get(&format!("/api/v1/log/proofs/inclusion?index={size}")).await.expect_problem(404, "not_found");
        for (query, field) in [("from=0", "from"), ("from=2&to=1", "from"), ("from=1&to=99999", "to")] {
            client.get(&format!("/api/v1/log/proofs/consistency?{query}")).await.expect_field(field, "out_of_range");
        }
        client.get("/api/v1/log/entries?from=2026-03-16T02:00:00Z&to=2026-03-16T01:00:00Z").await
            .expect_field("to", "not_after");
        client.get("/api/v1/log/entries?unit_id=x").await.expect_field("unit_id", "invalid");
    }

    async fn everybody_sees_what_is_theirs_to_see(server: TestServer) {
        let root = server.root().await;
        let (law, tax) = (server.unit(root, "01", "区司法局").await, server.unit(root, "02", "区税务局").await);
        let auditor = auditor(&server).await;
        let of_law = server.user("lawaudit", Role::Auditor, law).await;
        let admin = server.user("logadmin", Role::AuditAdmin, root).await;
        let coordinator = server.user("coordinator", Role::Coordinator, root).await;
        let law_ids = fill(&server, Some(law), 3).await;
        let tax_ids = fill(&server, Some(tax), 2).await;
        server.client().post("/api/v1/auth/login", &json!({ "username": "auditor", "password": "wrong" })).await
            .expect_problem(401, "wrong_credentials");
        server.work().await;

        let items = |answer: Value| answer["items"].as_array().unwrap().clone();
        let log = |user: &User, query: &str| {
            let (client, path) = (server.as_(user), format!("/api/v1/log/entries{query}"));
            async move { client.get(&path).await }
        };
        // An auditor: the units of the grant. Newest first.
        let seen = items(log(&of_law, "?action=exam.").await.ok());
        assert_eq!(seen.iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), {
            law_ids.iter().rev().map(ToString::to_string).collect::<Vec<_>>()
        });
        assert_eq!((&seen[0]["unit_name"], &seen[0]["address"]), (&json!("区司法局"), &json!("192.0.2.7")));
        let units: BTreeSet<_> =
            items(log(&of_law, "?limit=200").await.ok()).iter().map(|e| e["unit_id"].to_string()).collect();
        assert_eq!(units, BTreeSet::from([format!("\"{law}\"")]));
        assert_eq!(items(log(&auditor, "?action=exam.test").await.ok()).len(), 5);
        assert_eq!(items(log(&auditor, &format!("?subject=exam:&unit_id={tax}")).await.ok()).len(), 2);
        log(&of_law, &format!("?unit_id={tax}")).await.expect_problem(404, "not_found");

        // An audit administrator: what the other two administrators do, and who logs in.
        let seen = items(log(&admin, "?limit=200").await.ok());
        assert!(seen.iter().all(|e| ["account:", "unit:"].iter().any(|k| e["subject"].as_str().unwrap().starts_with(k))));
        let refused: Vec<_> = seen.iter().filter(|e| e["outcome"] == "refused").collect();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0]["action"], "auth.log_in");
        assert_eq!(refused[0]["address"], "127.0.0.1");
        assert!(seen.iter().any(|e| e["action"] == "auth.grant") && seen.iter().any(|e| e["action"] == "org.create_unit"));
        let own = items(log(&admin, &format!("?actor={}", admin.id)).await.ok());
        assert!(own.iter().all(|e| e["actor_name"] == "logadmin") && !own.is_empty());

        // Pages in both directions.
        let (mut cursor, mut all) = (String::new(), Vec::new());
        loop {
            let page = log(&auditor, &format!("?from_index=0&action=exam.test&limit=2{cursor}")).await.ok();
            all.extend(items(page.clone()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let order: Vec<String> = all.iter().map(|e| e["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(order, law_ids.iter().chain(&tax_ids).map(ToString::to_string).collect::<Vec<_>>());
        assert!(all.is_sorted_by_key(|e| e["index"].as_u64()));

        // Others: nothing, but for the head and that the log only grew.
        log(&coordinator, "").await.expect_problem(403, "forbidden");
        for path in ["export", "verification", "proofs/inclusion?index=0"] {
            server.as_(&coordinator).get(&format!("/api/v1/log/{path}")).await.expect_problem(403, "forbidden");
        }
        server.as_(&coordinator).get("/api/v1/log/head").await.ok();
        server.as_(&coordinator).get("/api/v1/log/proofs/consistency?from=1").await.ok();
        server.client().get("/api/v1/log/head").await.expect_problem(401, "unauthenticated");
        let foreign = format!("/api/v1/log/proofs/inclusion?entry_id={}", tax_ids[0]);
        server.as_(&of_law).get(&foreign).await.expect_problem(404, "not_found");
    }

    /// One thing at a time is changed past the program, found, named, and changed back.
    async fn whatever_is_touched_is_named(server: TestServer) {
        let root = server.root().await;
        let user = auditor(&server).await;
        server.work().await;
        let ids = fill(&server, Some(root), 9).await;
        server.work().await;
        fill(&server, Some(root), 5).await;
        server.work().await;
        let conn = raw(&server).await;
        let proof = log::inclusion(server.services.core.db.read(), ids[4], None).await.unwrap().unwrap();
        let (index, id) = (proof.index, ids[4].to_string());
        let sound = verdict(&server).await;
        assert!(sound.is_sound(), "{:?}", sound.findings);

        let changes = [
            ("data", r#"'{"n":5,"reason":"补考"}'"#),
            ("data", r#"'{"n":4,"reason":"补考" }'"#),
            ("data", "'{'"),
            ("at", "at + 1"),
            ("actor", "'System'"),
            ("action", "'exam.tesT'"),
            ("subject", "'exam:8'"),
            ("address", "'192.0.2.8'"),
            ("address", "NULL"),
            ("outcome", "'refused'"),
            ("unit_id", "NULL"),
            ("unit_id", "upper(unit_id)"),
            ("unit_id", "'nowhere'"),
        ];
        sql(&conn, &format!("CREATE TABLE kept AS SELECT * FROM log_entries WHERE id = '{id}'")).await;
        for (column, value) in changes {
            sql(&conn, &format!("UPDATE log_entries SET {column} = {value} WHERE id = '{id}'")).await;
            let found = verdict(&server).await.findings;
            assert_eq!(found, [log::Finding::Changed { index, id: id.clone() }], "{column} = {value}");
            sql(&conn, &format!("UPDATE log_entries SET {column} = (SELECT {column} FROM kept) WHERE id = '{id}'")).await;
        }

        // The same over HTTP, in the words of the contract.
        sql(&conn, &format!("UPDATE log_entries SET subject = 'exam:8' WHERE id = '{id}'")).await;
        let checks = "/api/v1/log/verification";
        let before = server.as_(&user).get(checks).await.ok();
        assert_eq!(before, json!({ "last": null, "running": null }));
        let asked = server.as_(&user).act(checks).await.ok();
        assert_eq!(asked["running"]["checked"], 0);
        assert_eq!(server.as_(&user).act(checks).await.ok(), asked, "one at a time");
        server.another().await.work().await;
        let told = server.as_(&user).get(checks).await.ok();
        assert_eq!(told["running"], json!(null));
        let told = &told["last"];
        assert_eq!((&told["sound"], &told["findings"][0]["kind"]), (&json!(false), &json!("changed")));
        assert_eq!((&told["findings"][0]["index"], &told["findings"][0]["entry_id"]), (&json!(index), &json!(id)));
        let export = server.as_(&user).get("/api/v1/log/export").await;
        let read = log::verify_export(Cursor::new(&export.text), Trust::default()).unwrap();
        assert_eq!(read.findings, [log::Finding::Changed { index, id: id.clone() }]);
        sql(&conn, &format!("UPDATE log_entries SET subject = 'exam:7' WHERE id = '{id}'")).await;

        // An entry taken out, put under another place, or exchanged.
        sql(&conn, &format!("DELETE FROM log_entries WHERE id = '{id}'")).await;
        let gone = [log::Finding::Missing { index, id: Some(id.clone()) }];
        assert_eq!(verdict(&server).await.findings, gone);
        let export = server.as_(&user).get("/api/v1/log/export").await;
        assert_eq!(log::verify_export(Cursor::new(&export.text), Trust::default()).unwrap().findings, gone);
        sql(&conn, "INSERT INTO log_entries SELECT * FROM kept").await;
        let other = EntryId(server.services.core.uuid()).to_string();
        sql(&conn, &format!("UPDATE log_entries SET id = '{other}' WHERE id = '{id}'")).await;
        assert_eq!(verdict(&server).await.findings, [log::Finding::Replaced { index, id: id.clone(), by: other.clone() }]);
        sql(&conn, &format!("UPDATE log_entries SET id = '{id}' WHERE id = '{other}'")).await;
        assert!(verdict(&server).await.is_sound());

        // The tree.
        sql(&conn, &format!("CREATE TABLE leaf AS SELECT * FROM log_leaves WHERE idx = {index}")).await;
        sql(&conn, &format!("UPDATE log_leaves SET hash = '{}' WHERE idx = {index}", "0".repeat(64))).await;
        assert_eq!(verdict(&server).await.findings, [log::Finding::Leaf { index, id: id.clone() }]);
        sql(&conn, &format!("DELETE FROM log_leaves WHERE idx = {index}")).await;
        assert_eq!(verdict(&server).await.findings, [log::Finding::Leaf { index, id: id.clone() }]);
        sql(&conn, "INSERT INTO log_leaves SELECT * FROM leaf").await;
        sql(&conn, "UPDATE log_nodes SET hash = upper(hash) WHERE level = 2 AND idx = 1").await;
        assert_eq!(verdict(&server).await.findings, [log::Finding::Node { first: 4, last: 7 }]);
        sql(&conn, "UPDATE log_nodes SET hash = lower(hash) WHERE level = 2 AND idx = 1").await;

        // An entry changed together with its hash: between which heads is known, who did it would need the key.
        let size = verdict(&server).await.entries;
        sql(&conn, &format!("UPDATE log_entries SET subject = 'exam:8' WHERE id = '{id}'")).await;
        let entry = log::inclusion(server.services.core.db.read(), ids[4], None).await.unwrap().unwrap().entry;
        sql(&conn, &format!("UPDATE log_leaves SET hash = '{}' WHERE idx = {index}", leaf(&entry))).await;
        let found = verdict(&server).await.findings;
        assert_eq!(found, [log::Finding::Root { first: index - 4, size: index + 5 }]);
        sql(&conn, &format!("UPDATE log_entries SET subject = 'exam:7' WHERE id = '{id}'")).await;
        sql(&conn, &format!("UPDATE log_leaves SET hash = (SELECT hash FROM leaf) WHERE idx = {index}")).await;

        // The heads.
        sql(&conn, &format!("UPDATE log_heads SET at = at + 1 WHERE size = {size}")).await;
        let found = verdict(&server).await.findings;
        let signature = |f: &log::Finding| matches!(f, log::Finding::Signature { size: at, .. } if *at == size);
        let unsigned = |f: &log::Finding| matches!(f, log::Finding::Unsigned { .. });
        assert!(found.len() == 2 && found.iter().any(signature) && found.iter().any(unsigned), "{found:?}");
        sql(&conn, &format!("UPDATE log_heads SET at = at - 1 WHERE size = {size}")).await;
        assert!(verdict(&server).await.is_sound());

        // The end cut off, with everything that tells of it: only who kept a head sees that.
        let head = log::head(server.services.core.db.read()).await.unwrap();
        for table in ["log_entries", "log_leaves"] {
            sql(&conn, &format!("DELETE FROM {table} WHERE idx >= {}", index + 5)).await;
        }
        sql(&conn, &format!("DELETE FROM log_heads WHERE size > {}", index + 5)).await;
        let mut seen = verdict(&server).await;
        assert!(seen.is_sound(), "{:?}", seen.findings);
        let trust = Trust { keys: Vec::new(), head };
        seen = log::verify(server.services.core.db.read(), trust).await.unwrap();
        assert_eq!(seen.findings, [log::Finding::Short { size, entries: index + 5 }]);
        conn.close().await.unwrap();
    }

    /// Two contradicting heads would be the installation's own lie.
    async fn nothing_is_signed_over_a_tree_that_was_touched(server: TestServer) {
        let root = server.root().await;
        fill(&server, Some(root), 5).await;
        server.work().await;
        let head = log::head(server.services.core.db.read()).await.unwrap();
        let conn = raw(&server).await;
        sql(&conn, &format!("UPDATE log_nodes SET hash = '{}' WHERE level > 0", "0".repeat(64))).await;
        fill(&server, Some(root), 1).await;
        let core = &server.services.core;
        let fault = log::sequence(&core.db, &core.keys, core.now()).await.unwrap_err();
        assert!(fault.to_string().contains("kaofa verify log"), "{fault}");
        assert_eq!(log::head(core.db.read()).await.unwrap(), head);
        conn.close().await.unwrap();
    }

    async fn an_export_proves_itself_whoever_reads_it(server: TestServer) {
        let root = server.root().await;
        let (law, tax) = (server.unit(root, "01", "区司法局").await, server.unit(root, "02", "区税务局").await);
        let of_law = server.user("lawaudit", Role::Auditor, law).await;
        fill(&server, Some(law), 300).await;
        fill(&server, Some(tax), 400).await;
        server.work().await;
        let answer = server.as_(&of_law).get("/api/v1/log/export").await;
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        assert!(!answer.text.contains(&tax.to_string()), "what is not theirs is not shown");
        let trust = Trust { keys: vec![server.services.core.keys.log_public()], head: None };
        let verdict = log::verify_export(Cursor::new(&answer.text), trust.clone()).unwrap();
        assert!(verdict.is_sound(), "{:?}", verdict.findings);
        assert!(verdict.withheld >= 400 && verdict.entries - verdict.withheld >= 300);
        assert!(verdict.heads >= 3, "one a batch");

        // One byte.
        let spoiled = answer.text.replacen("\"n\":250", "\"n\":251", 1);
        let found = log::verify_export(Cursor::new(&spoiled), trust).unwrap().findings;
        assert!(matches!(&found[..], [log::Finding::Changed { .. }]), "{found:?}");
    }
}
