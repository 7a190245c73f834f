//! A PostgreSQL server of one's own, as durable as it comes: what is lost in it was lost.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Usage, free_port};

/// Where `scripts/test-env.sh` says that PostgreSQL's programs are, and as whom they run (not as root).
const BIN: &str = "KAOFA_TEST_POSTGRES_BIN";
const OWNER: &str = "KAOFA_TEST_POSTGRES_OWNER";

/// A server with its data in a folder that goes with it.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    bin: PathBuf,
    owner: Option<String>,
    port: u16,
}

impl Cluster {
    /// Makes and starts one with PostgreSQL's own settings, `fsync` and `synchronous_commit` on, but for these.
    #[must_use]
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let bin = PathBuf::from(variable(BIN).unwrap_or_else(|| panic!("{BIN} is not set: use scripts/test-env.sh")));
        let this = Self { folder, bin, owner: variable(OWNER).filter(|o| !o.is_empty()), port: free_port() };
        if let Some(owner) = &this.owner {
            let given = Command::new("chown").arg(owner).arg(this.folder.path()).status();
            assert!(given.expect("chown").success());
        }
        this.run("initdb", &["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        this.control("start", settings);
        this
    }

    /// The address of a database on it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a database, empty or as a copy of another, and gives its address.
    #[must_use]
    pub fn create(&self, database: &str, template: Option<&str>) -> String {
        let template = template.map_or_else(String::new, |t| format!(" TEMPLATE {t}"));
        let _ = self.sql(&format!("CREATE DATABASE {database}{template}"));
        self.url(database)
    }

    /// Runs a statement in the database of administration and gives its output.
    #[must_use]
    pub fn sql(&self, statement: &str) -> String {
        self.sql_in("postgres", statement)
    }

    /// Runs a statement in one of its databases and gives its output.
    #[must_use]
    pub fn sql_in(&self, database: &str, statement: &str) -> String {
        let port = self.port.to_string();
        self.run("psql", &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database, "-At", "-c", statement])
    }

    /// Stops it as a power cut would and starts it again.
    pub fn restart(&self) {
        self.run("pg_ctl", &["stop", "-D", "data", "-m", "immediate", "-s", "-w"]);
        self.control("start", &[]);
    }

    /// What all of its processes have used.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        let pids = self.sql("SELECT pid FROM pg_stat_activity");
        pids.lines().filter_map(|pid| Usage::of(pid.parse().ok()?).ok()).collect()
    }

    fn control(&self, act: &str, settings: &[(&str, &str)]) {
        let mut options = format!("-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories=", self.port);
        options.push_str(&self.folder.path().display().to_string());
        for (name, value) in settings {
            write!(options, " -c {name}={value}").expect("text takes everything");
        }
        self.run("pg_ctl", &[act, "-w", "-s", "-D", "data", "-l", "log", "-o", &options]);
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let program = self.bin.join(program);
        let mut command = match &self.owner {
            Some(owner) => {
                let mut command = Command::new("runuser");
                command.args(["-u", owner, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let output = command.args(arguments).current_dir(self.folder.path()).output().expect("PostgreSQL's programs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{}", log(self.folder.path()));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.path().join("data/postmaster.pid").exists() {
            self.run("pg_ctl", &["stop", "-D", "data", "-m", "immediate", "-s", "-w"]);
        }
    }
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

#[allow(clippy::disallowed_methods, reason = "this is no setting of the program")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
