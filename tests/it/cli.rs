//! The program as its operator meets it: what is wrong is told in one line, and ends it with 1.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use kaofa::db::Db;
use sea_orm::{ConnectionTrait, Database, Statement};
use tempfile::TempDir;

/// The program, with nothing of this process's environment, in a folder of its own.
pub(crate) fn kaofa(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaofa"));
    command.args(arguments).env_clear().current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command that must fail, and gives its one line.
#[track_caller]
pub(crate) fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(1), "{out}{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert_eq!(out, "");
    err
}

#[track_caller]
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().expect("the program runs");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{err}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn folder() -> TempDir {
    TempDir::new().unwrap()
}

#[test]
fn unknown_options_and_commands_are_named() {
    let folder = folder();
    for (arguments, named) in [
        (vec!["serve", "--prot", "80"], "--prot"),
        (vec!["migrate", "now"], "now"),
        (vec!["sevre"], "sevre"),
        (vec!["openapi", "--listen", "127.0.0.1:1"], "--listen"),
        (vec![], "command"),
        (vec!["account"], "command"),
        (vec!["account", "create-security-admin"], "--username"),
    ] {
        let line = refused(&mut kaofa(folder.path(), &arguments));
        assert!(line.contains(named), "{line}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn unknown_and_wrong_settings_are_named() {
    let folder = folder();
    let line = refused(kaofa(folder.path(), &["serve"]).env("KAOFA_LISTNE", "x"));
    assert!(line.contains("KAOFA_LISTNE"), "{line}");
    let line = refused(kaofa(folder.path(), &["migrate"]).env("KAOFA_DATABASE_URL", "mysql://x"));
    assert!(line.contains("KAOFA_DATABASE_URL"), "{line}");
    let line = refused(kaofa(folder.path(), &["serve"]).env("KAOFA_LOG", "kaofa=loud"));
    assert!(line.contains("KAOFA_LOG"), "{line}");
    let line = refused(&mut kaofa(folder.path(), &["serve", "--config", "none.toml"]));
    assert!(line.contains("none.toml"), "{line}");
    std::fs::write(folder.path().join("kaofa.toml"), "listne = 'x'").unwrap();
    let line = refused(&mut kaofa(folder.path(), &["serve"]));
    assert!(line.contains("kaofa.toml") && line.contains("listne"), "{line}");
}

#[test]
fn strangers_are_not_served_in_plain_text() {
    let line = refused(&mut kaofa(folder().path(), &["serve", "--listen", "0.0.0.0:0"]));
    assert!(line.contains("--allow-plain-http") && line.contains("KAOFA_PUBLIC_URL"), "{line}");
}

#[test]
fn a_taken_port_is_found_out_before_the_database_is_touched() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = folder();
    let line = refused(&mut kaofa(folder.path(), &["serve", "--listen", &address]));
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    // Not even root can write there.
    for url in ["sqlite:/proc/kaofa.db", "sqlite:/proc/kaofa/kaofa.db"] {
        let line = refused(&mut kaofa(folder().path(), &["migrate", "--database-url", url]));
        assert!(line.contains("KAOFA_DATABASE_URL") && line.contains("/proc"), "{line}");
    }
}

#[tokio::test]
async fn a_file_that_may_only_be_read_is_named() {
    let folder = folder();
    let url = "sqlite:kaofa.db?mode=ro";
    done(&mut kaofa(folder.path(), &["migrate", "--database-url", "sqlite:kaofa.db"]));
    // What a disk mounted for reading does to everybody, this does to root too.
    let line = refused(&mut kaofa(folder.path(), &["migrate", "--database-url", url]));
    assert!(line.contains("KAOFA_DATABASE_URL"), "{line}");
}

#[test]
fn what_is_no_database_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("kaofa.db"), "this is a letter to the mayor, and no database at all").unwrap();
    let line = refused(&mut kaofa(folder.path(), &["migrate", "--database-url", "sqlite:kaofa.db"]));
    assert!(line.contains("kaofa.db"), "{line}");
}

#[test]
fn a_server_that_does_not_answer_is_named_without_its_password() {
    let url = "postgres://kaofa:secret@127.0.0.1:1/kaofa";
    let line = refused(&mut kaofa(folder().path(), &["migrate", "--database-url", url]));
    assert!(line.contains("127.0.0.1:1") && !line.contains("secret"), "{line}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = folder();
    let url = format!("sqlite:{}", folder.path().join("kaofa.db").display());
    Db::open(&url).await.unwrap().close().await.unwrap();
    let newer = Database::connect(&url).await.unwrap();
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_flight', 0)";
    newer.execute_unprepared(sql).await.unwrap();
    newer.close().await.unwrap();
    let line = refused(&mut kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--database-url", &url]));
    assert!(line.contains("newer version") && line.contains("m9999_flight"), "{line}");
}

#[test]
fn help_version_and_specification_are_printed() {
    let folder = folder();
    assert!(done(&mut kaofa(folder.path(), &["--help"])).contains("serve"));
    assert!(done(&mut kaofa(folder.path(), &["serve", "--help"])).contains("KAOFA_LISTEN"));
    assert!(done(&mut kaofa(folder.path(), &["--version"])).contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(done(&mut kaofa(folder.path(), &["openapi"])), kaofa::openapi::document());
}

/// A server that runs until it is told to stop.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: String,
}

impl Serving {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stderr(Stdio::null());
        Self::start_with(command)
    }

    /// With its standard error where the command says.
    pub(crate) fn start_with(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("kaofa serves ").expect("it says where").to_owned();
        Self { child, address }
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code, within ten seconds.
    pub(crate) fn end(mut self) -> Option<i32> {
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.kill().unwrap();
        panic!("it does not stop");
    }
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let folder = folder();
        let serving = Serving::start(kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
        let ready = reqwest::get(format!("{}/readyz", serving.address)).await.unwrap();
        assert_eq!(ready.status(), 200);
        assert!(folder.path().join("data/kaofa.db").exists());
        serving.signal(signal);
        assert_eq!(serving.end(), Some(0));
        assert!(!folder.path().join("data/kaofa.db-wal").exists(), "the database was closed in order");
    }
}

#[tokio::test]
async fn what_has_begun_when_it_is_told_to_stop_is_finished() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let folder = folder();
    let serving = Serving::start(kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let address = serving.address.strip_prefix("http://").unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let body = r#"{"username":"nobody","password":"wrong"}"#;
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    serving.signal("TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "nobody else is let in");
    stream.write_all(&body.as_bytes()[10..]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test]
async fn the_first_security_administrator_comes_from_the_command_line() {
    let folder = folder();
    let create = ["account", "create-security-admin", "--username", "sec"];
    let line = refused(&mut kaofa(folder.path(), &create));
    assert!(line.contains("--district"), "{line}");
    let district = [create.as_slice(), &["--district", "示范区", "--code", "430202"]].concat();
    let printed = done(&mut kaofa(folder.path(), &district));
    let password = printed.lines().find_map(|l| l.strip_prefix("password:")).expect("the password").trim();
    assert!(refused(&mut kaofa(folder.path(), &create)).contains("username"));

    let serving = Serving::start(kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let body = serde_json::json!({ "username": "sec", "password": password });
    let login = reqwest::Client::new().post(format!("{}/api/v1/auth/login", serving.address)).json(&body);
    let answer: serde_json::Value = login.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["must_change_password"], true, "{answer}");
    assert_eq!(answer["account"]["grants"][0]["role"], "security_admin");
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test]
async fn a_security_administrator_who_is_locked_out_is_let_in_again() {
    let folder = folder();
    let create = ["account", "create-security-admin", "--username", "sec", "--district", "示范区", "--code", "430202"];
    done(&mut kaofa(folder.path(), &create));
    let printed = done(&mut kaofa(folder.path(), &["account", "reset-security-admin", "--username", "Sec"]));
    let password = printed.lines().find_map(|l| l.strip_prefix("password:")).expect("the password").trim();
    let line = refused(&mut kaofa(folder.path(), &["account", "reset-security-admin", "--username", "nobody"]));
    assert!(line.contains("nobody"), "{line}");

    let serving = Serving::start(kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let body = serde_json::json!({ "username": "sec", "password": password });
    let login = reqwest::Client::new().post(format!("{}/api/v1/auth/login", serving.address)).json(&body);
    let answer: serde_json::Value = login.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["must_change_password"], true, "{answer}");
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
}

#[tokio::test]
async fn the_log_is_verified_and_what_was_touched_is_named() {
    let folder = folder();
    let district = ["--username", "sec", "--district", "示范区", "--code", "430202"];
    done(kaofa(folder.path(), &["account", "create-security-admin"]).args(district));
    let verify = ["verify", "log"];
    assert!(done(&mut kaofa(folder.path(), &verify)).contains("3 new entries have no place yet"));

    let serving = Serving::start(kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    let conn = Database::connect(format!("sqlite:{}", folder.path().join("data/kaofa.db").display())).await.unwrap();
    let heads = || async {
        let select = Statement::from_string(conn.get_database_backend(), "SELECT max(size) FROM log_heads");
        conn.query_one_raw(select).await.unwrap().unwrap().try_get_by_index::<Option<i64>>(0).unwrap()
    };
    while heads().await != Some(3) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));

    let said = done(&mut kaofa(folder.path(), &verify));
    assert!(
        said.starts_with("3 entries, 1 signed heads, root ") && said.ends_with("the log is as it was signed\n"),
        "{said}"
    );
    let wrong = "0".repeat(64);
    let output = kaofa(folder.path(), &verify).args(["--public-key", &wrong]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "a foreign key");

    conn.execute_unprepared("UPDATE log_entries SET action = 'auth.grand' WHERE action = 'auth.grant'").await.unwrap();
    let select = Statement::from_string(
        conn.get_database_backend(),
        "SELECT idx, id FROM log_entries WHERE action = 'auth.grand'",
    );
    let row = conn.query_one_raw(select).await.unwrap().unwrap();
    let (index, id): (i64, String) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
    conn.close().await.unwrap();
    let output = kaofa(folder.path(), &verify).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(
        error,
        format!("kaofa: the log is not as it was signed: entry {index} ({id}) was changed after it was numbered\n")
    );

    // What cannot be verified is said in one line.
    let line = refused(&mut kaofa(folder.path(), &["verify", "log", "none.ndjson"]));
    assert!(line.contains("none.ndjson"), "{line}");
    std::fs::write(folder.path().join("letter"), "dear mayor\n").unwrap();
    assert!(refused(&mut kaofa(folder.path(), &["verify", "log", "letter"])).contains("line 1"));
    std::fs::write(folder.path().join("letter"), "").unwrap();
    assert!(refused(&mut kaofa(folder.path(), &["verify", "log", "letter"])).contains("signed head"));
    let line = refused(&mut kaofa(folder.path(), &["verify", "log", "--database-url", "sqlite:none.db"]));
    assert!(line.contains("none.db"), "{line}");
    assert!(!folder.path().join("none.db").exists(), "verifying makes nothing");
}

#[test]
fn the_secret_key_is_made_once_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let serve = |listen| Serving::start(kaofa(folder.path(), &["serve", "--listen", listen]));
    let end = |serving: Serving| {
        serving.signal("TERM");
        assert_eq!(serving.end(), Some(0));
    };
    end(serve("127.0.0.1:0"));
    let file = folder.path().join("data/kaofa.key");
    let key = std::fs::read(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    end(serve("127.0.0.1:0"));
    assert_eq!(std::fs::read(&file).unwrap(), key);
    std::fs::write(&file, "no key").unwrap();
    let line = refused(&mut kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0"]));
    assert!(line.contains("KAOFA_SECRET_KEY_FILE"), "{line}");
}

/// The example of `openapi/draw.md` that begins with this text.
fn example(of: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/draw.md")).unwrap();
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
    blocks.filter(|block| block.starts_with(of)).last().unwrap().to_owned()
}

#[test]
fn a_draw_file_is_verified_line_by_line() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output = kaofa(folder.path(), &[&["verify", "draw"], arguments].concat()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let (file, head) = (example("{\"manifest\":{\"algorithm\""), example("{\"size\": 3"));
    write("draw.json", &file);
    write("head.json", &head);

    let (code, said, error) = run(&["draw.json"]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{said}");
    let checks: Vec<&str> = said.lines().take(5).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(checks, ["manifest", "log", "head", "seal", "papers"]);
    assert!(said.contains("head     not checked") && said.contains("3 papers of 2 candidates"), "{said}");
    assert!(said.contains("the draw file holds") && said.contains("does not prove"), "{said}");

    // With the signed head, of a key that is vouched for, and of one that is not.
    let key = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
    let (code, said, _) = run(&["draw.json", "--head", "head.json", "--public-key", key]);
    assert!(code == Some(0) && said.contains("head     ok: this root was signed"), "{said}");
    let (code, said, _) = run(&["draw.json", "--head", "head.json", "--public-key", &"0".repeat(64)]);
    assert!(code == Some(1) && said.contains("head     FAILED"), "{said}");
    write("head.json", &head.replace("\"size\": 3", "\"size\": 4"));
    let (code, said, _) = run(&["draw.json", "--head", "head.json"]);
    assert!(code == Some(1) && said.contains("head     FAILED: the signed head"), "{said}");

    // What differs is named, after what held; and so is a file that ends too early.
    write("draw.json", &file.replace("\"attempt\":2,\"k\":2", "\"attempt\":2,\"k\":1"));
    let (code, said, error) = run(&["draw.json"]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("seal     ok") && said.contains("papers   FAILED: paper 3, attempt 2 of candidate 9482"),
        "{said}"
    );
    assert!(error.starts_with("kaofa: the draw file does not hold: paper 3"), "{error}");
    write("draw.json", &file[..file.len() - 4]);
    let (code, said, _) = run(&["draw.json"]);
    assert!(code == Some(1) && said.contains("papers   FAILED: not a draw file"), "{said}");
    write("draw.json", "");
    assert_eq!(run(&["draw.json"]).0, Some(1));

    // No verdict is another thing than a bad one.
    for arguments in
        [vec!["none.json"], vec!["draw.json", "--head", "none.json"], vec!["draw.json", "--head", "draw.json"]]
    {
        let (code, said, error) = run(&arguments);
        assert_eq!((code, said.as_str(), error.lines().count()), (Some(2), "", 1), "{error}");
    }
}

/// A figure of a report, rounded as it was printed.
#[track_caller]
fn printed(value: &serde_json::Value, decimals: usize, expected: &str) {
    let value = value.as_f64().unwrap_or_else(|| panic!("no figure: {value}"));
    assert_eq!(format!("{value:.decimals$}"), expected);
}

/// Cited in `tests/data/statistics/README.md`.
#[test]
fn published_statistics_are_reproduced() {
    let folder = folder();
    let of = |file: &str, more: &[&str]| -> serde_json::Value {
        let path = format!("{}/tests/data/statistics/{file}", env!("CARGO_MANIFEST_DIR"));
        let said = done(&mut kaofa(folder.path(), &[&["statistics", &path], more].concat()));
        serde_json::from_str(&said).unwrap()
    };
    let lsat = of("lsat6.csv", &[]);
    assert_eq!((&lsat["persons"], &lsat["items"][0]["item"]), (&1000.into(), &"Item 1".into()));
    printed(&lsat["alpha"], 4, "0.2950");
    printed(&lsat["mean"], 3, "3.819");
    for (n, (facility, without)) in
        [("0.924", "0.2754"), ("0.709", "0.2376"), ("0.553", "0.2168"), ("0.763", "0.2459"), ("0.870", "0.2663")]
            .into_iter()
            .enumerate()
    {
        printed(&lsat["items"][n]["facility"], 3, facility);
        printed(&lsat["items"][n]["alpha_if_deleted"], 4, without);
    }
    assert_eq!(lsat["reasons"], serde_json::json!({}));

    let attitude = of("attitude.csv", &["--max", "100,100,100,100,100,100,100"]);
    printed(&attitude["alpha"], 2, "0.84");
    // psych prints the mean of the items, we that of the totals.
    printed(&(attitude["mean"].as_f64().unwrap() / 7.0).into(), 0, "60");
    printed(&(attitude["sd"].as_f64().unwrap() / 7.0).into(), 1, "8.2");
    let expected = [
        ("0.81", "0.67", "12.2"),
        ("0.80", "0.74", "13.3"),
        ("0.83", "0.56", "12.2"),
        ("0.80", "0.71", "11.7"),
        ("0.80", "0.79", "10.4"),
        ("0.86", "0.27", "9.9"),
        ("0.84", "0.46", "10.3"),
    ];
    for (n, (without, discrimination, sd)) in expected.into_iter().enumerate() {
        let item = &attitude["items"][n];
        printed(&item["alpha_if_deleted"], 2, without);
        printed(&item["discrimination"], 2, discrimination);
        printed(&item["sd"], 1, sd);
    }
    let sem = attitude["sd"].as_f64().unwrap() * (1.0 - attitude["alpha"].as_f64().unwrap()).sqrt();
    assert!((attitude["sem"].as_f64().unwrap() - sem).abs() < 1e-9);
}

#[test]
fn a_figure_that_does_not_exist_is_null_with_its_reason() {
    let folder = folder();
    let of = |table: &str, more: &[&str]| -> serde_json::Value {
        std::fs::write(folder.path().join("t.csv"), table).unwrap();
        serde_json::from_str(&done(&mut kaofa(folder.path(), &[&["statistics", "t.csv"], more].concat()))).unwrap()
    };
    let nobody = of("\u{feff}a,b\n", &[]);
    assert_eq!((&nobody["persons"], &nobody["mean"], &nobody["alpha"]), (&0.into(), &().into(), &().into()));
    assert_eq!(nobody["items"][0]["item"], "a");
    assert!(nobody["reasons"]["items[1].facility"].is_string() && nobody["reasons"]["mean"].is_string(), "{nobody}");
    let alike = of("a,b\n1,0.5\n1,0.5\n", &["--max", "1,2.5"]);
    assert_eq!((&alike["mean"], &alike["items"][1]["facility"], &alike["sd"]), (&1.5.into(), &0.2.into(), &0.0.into()));
    for path in ["alpha", "sem", "items[0].discrimination", "items[0].alpha_if_deleted"] {
        assert!(alike["reasons"][path].is_string(), "{path}: {alike}");
    }
    let refuse = |table: &str, more: &[&str]| {
        std::fs::write(folder.path().join("t.csv"), table).unwrap();
        refused(&mut kaofa(folder.path(), &[&["statistics", "t.csv"], more].concat()))
    };
    for (table, more, named) in [
        ("a,b\n1,x\n", vec![], "line 2, b"),
        ("a,b\n1,2\n", vec![], "between 0 and 1"),
        ("a,b\n1\n", vec![], "line: 2"),
        ("a,a\n", vec![], "header"),
        ("a,b\n1,1\n", vec!["--max", "1"], "1 maxima"),
        ("a,b\n1,1\n", vec!["--max", "1,0"], "maximum of b"),
        ("a,b\n1,1\n", vec!["--max", "1,z"], "--max"),
    ] {
        let line = refuse(table, &more);
        assert!(line.contains(named), "{line}");
    }
    assert!(refused(&mut kaofa(folder.path(), &["statistics", "none.csv"])).contains("none.csv"));
}
