//! Copies of a database that is being written, and what comes back from them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::district::{PASSWORD, SERVE, User, scene};
use crate::cli::{Serving, done, folder, kaofa, refused};

/// Writes without a pause until it is told to stop. Gives the ids that the server acknowledged, in their order.
async fn write(sys: User, root: Value, worker: usize, stop: Arc<AtomicBool>, seen: Arc<parking::Seen>) {
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let unit = json!({ "parent_id": root, "code": format!("w{worker}n{n}"), "name": "单位", "kind": "unit" });
        let made = sys.post("/units", &unit).await;
        seen.push(made["id"].as_str().unwrap());
    }
}

/// Ids as they were acknowledged.
mod parking {
    use std::sync::Mutex;

    #[derive(Default)]
    pub(super) struct Seen(Mutex<Vec<String>>);

    impl Seen {
        pub(super) fn push(&self, id: &str) {
            self.0.lock().unwrap().push(id.to_owned());
        }

        pub(super) fn all(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_backup_is_there_after_a_restore() {
    let folder = folder();
    let (serving, sys, root) = scene(&folder).await;
    let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(parking::Seen::default()));
    let writers: Vec<_> = (0..4)
        .map(|worker| tokio::spawn(write(sys.clone(), root.clone(), worker, Arc::clone(&stop), Arc::clone(&seen))))
        .collect();
    while seen.all().len() < 40 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let before = seen.all();
    let path = folder.path().to_owned();
    let printed = tokio::task::spawn_blocking(move || done(&mut kaofa(&path, &["backup", "copy.db"]))).await.unwrap();
    let after = seen.all().len();
    assert!(after > before.len(), "it was written while it was copied");
    assert!(printed.contains("copy.db: ") && printed.contains("checked: "), "{printed}");
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));

    // As docs/operation.md says: the copy in the database's place, and the key beside it.
    let restored = TempDir::new().unwrap();
    std::fs::create_dir(restored.path().join("data")).unwrap();
    std::fs::copy(folder.path().join("copy.db"), restored.path().join("data/kaofa.db")).unwrap();
    std::fs::copy(folder.path().join("data/kaofa.key"), restored.path().join("data/kaofa.key")).unwrap();
    done(&mut kaofa(restored.path(), &["migrate"]));
    let said = done(&mut kaofa(restored.path(), &["verify", "log"]));
    assert!(said.ends_with("the log is as it was signed\n"), "{said}");
    let serving = Serving::start(kaofa(restored.path(), &SERVE));
    let sys = User::log_in(&serving.address, "sys", PASSWORD).await;
    for id in &before {
        assert_eq!(sys.get(&format!("/units/{id}")).await.0, 200, "{id} was acknowledged");
    }
    // And it goes on: a new unit, and the code of one that was copied is taken.
    sys.post("/units", &json!({ "parent_id": root, "code": "new", "name": "新单位", "kind": "unit" })).await;
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
    // The original goes on too, and its log tells of the backup.
    let said = done(&mut kaofa(folder.path(), &["verify", "log"]));
    assert!(said.contains("the log is as it was signed"), "{said}");
}

#[test]
fn a_backup_replaces_nothing_and_leaves_nothing_half_made() {
    let folder = folder();
    let line = refused(&mut kaofa(folder.path(), &["backup", "copy.db"]));
    assert!(line.contains("kaofa.db") || line.contains("key"), "{line}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    let create = ["account", "create-security-admin", "--username", "sec", "--district", "示范区", "--code", "430202"];
    done(&mut kaofa(folder.path(), &create));
    std::fs::write(folder.path().join("copy.db"), "precious").unwrap();
    let line = refused(&mut kaofa(folder.path(), &["backup", "copy.db"]));
    assert!(line.contains("copy.db is there already"), "{line}");
    assert_eq!(std::fs::read_to_string(folder.path().join("copy.db")).unwrap(), "precious");
    let line = refused(&mut kaofa(folder.path(), &["backup", "none/copy.db"]));
    assert!(line.contains("none/copy.db cannot be written"), "{line}");
    done(&mut kaofa(folder.path(), &["backup", "second.db"]));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.path().join("second.db")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert!(!folder.path().join("second.db.unfinished").exists());
    // The database that was copied tells of it.
    damage(&folder.path().join("data/kaofa.db"));
    let line = refused(&mut kaofa(folder.path(), &["backup", "third.db"]));
    assert!(line.contains("not sound"), "{line}");
    assert!(!folder.path().join("third.db").exists() && !folder.path().join("third.db.unfinished").exists());
}

/// Makes a row refer to one that is not there, as a disk or a hand might.
fn damage(file: &Path) {
    let url = format!("sqlite:{}", file.display());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let conn = sea_orm::Database::connect(&url).await.unwrap();
        for sql in ["PRAGMA foreign_keys = off", "UPDATE grants SET unit_id = 'nowhere'"] {
            sea_orm::ConnectionTrait::execute_unprepared(&conn, sql).await.unwrap();
        }
        conn.close().await.unwrap();
    });
}

#[test]
fn on_postgres_it_says_what_to_run() {
    let url = "postgres://kaofa:secret@127.0.0.1:1/kaofa";
    let line = refused(&mut kaofa(folder().path(), &["backup", "copy.dump", "--database-url", url]));
    assert!(line.contains("pg_dump") && line.contains("copy.dump") && line.contains("kaofa.key"), "{line}");
    assert!(!line.contains("secret@"), "{line}");
}
