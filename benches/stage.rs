//! A furnished hall and the server on it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use kaofa::boot;
use kaofa::web::Services;
use rig::{Cluster, Hall, Plan, Program, Server, Sitting, Usage, free_port, furnish};
use tempfile::TempDir;

use crate::measures::Measure;
use crate::{Arguments, Database};

/// How many questions the bank has.
const QUESTIONS: usize = 2_000;
/// Over how many units its people are spread.
const UNITS: usize = 50;
/// How many further units there are, for people who are brought in.
const EMPTY_UNITS: usize = 50;

/// Where measures are taken.
pub(crate) struct Stage {
    pub(crate) database: Database,
    /// Its name and version.
    pub(crate) database_name: String,
    pub(crate) hall: Hall,
    pub(crate) length: Duration,
    pub(crate) program: Program,
    pub(crate) cluster: Option<Cluster>,
    /// The exam of each measure, by its name.
    exams: Vec<(&'static str, String)>,
    server: RefCell<Option<Server>>,
    at: Cell<SocketAddr>,
    folder: TempDir,
}

impl Stage {
    /// Furnishes a database and starts the server.
    pub(crate) async fn set(database: Database, arguments: &Arguments, measures: &[&Measure]) -> Self {
        let folder = TempDir::new().unwrap();
        // As PostgreSQL comes, fsync and synchronous commit on, but for room for the connections of two instances.
        let cluster = (database == Database::Postgres).then(|| Cluster::start(&[]));
        let url = match &cluster {
            Some(cluster) => cluster.create("kaofa", None),
            None => format!("sqlite:{}", folder.path().join("kaofa.db").display()),
        };
        let database_name = match &cluster {
            Some(cluster) => name_of(cluster),
            None => "SQLite, journal_mode=WAL, synchronous=FULL".to_owned(),
        };
        eprintln!("{database_name}: a hall of {}", arguments.people);
        let program = Program::new(&arguments.binary, folder.path(), &url);
        let sat: Vec<(&'static str, Sitting)> = measures.iter().filter_map(|m| Some((m.name, m.sitting?))).collect();
        let exams = sat.iter().map(|(_, sitting)| *sitting).collect();
        let plan =
            Plan { people: arguments.people, units: UNITS, empty_units: EMPTY_UNITS, questions: QUESTIONS, exams };
        let hall = furnish(&url, &program.key_file(), &plan).await;
        if let Some(cluster) = &cluster {
            // What a hall of that size would have come to in the course of a day.
            let _ = cluster.sql_in("kaofa", "VACUUM ANALYZE");
            let _ = cluster.sql("CHECKPOINT");
        }
        let exams = sat.iter().map(|(name, _)| *name).zip(hall.exams.iter().cloned()).collect();
        let server = program.start(free_port());
        let at = Cell::new(server.address);
        let length = Duration::from_secs(arguments.seconds);
        let server = RefCell::new(Some(server));
        Self { database, database_name, hall, length, program, cluster, exams, server, at, folder }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.at.get()
    }

    /// The exam that belongs to a measure.
    pub(crate) fn exam(&self, measure: &str) -> &str {
        &self.exams.iter().find(|(name, _)| *name == measure).expect("every measure has its exam").1
    }

    /// What the server has used.
    pub(crate) fn server(&self) -> Usage {
        self.server.borrow().as_ref().expect("a server runs").usage()
    }

    /// What the database's own processes have used; those of SQLite are the server's.
    pub(crate) fn database(&self) -> Duration {
        self.cluster.iter().flat_map(Cluster::usage).map(|u| u.cpu).sum()
    }

    /// Starts the server anew, so that it remembers nothing.
    pub(crate) fn restart(&self) {
        self.stop();
        self.start();
    }

    /// Stops the server, does something with the services on its database, and starts it anew.
    pub(crate) async fn refurnish<T>(&self, work: impl AsyncFnOnce(&Services) -> T) -> T {
        self.stop();
        let services = rig::open(self.program.database_url(), &self.program.key_file()).await;
        let done = work(&services).await;
        boot::close(services).await.unwrap();
        if let Some(cluster) = &self.cluster {
            // As the server itself would have come to it in the course of a day.
            let _ = cluster.sql_in("kaofa", "VACUUM ANALYZE");
            let _ = cluster.sql("CHECKPOINT");
        }
        self.start();
        done
    }

    fn stop(&self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }

    fn start(&self) {
        let server = self.program.start(free_port());
        self.at.set(server.address);
        self.server.replace(Some(server));
    }

    /// Lets the peak of the server's memory begin anew.
    pub(crate) fn forget_peak(&self) {
        self.server.borrow().as_ref().expect("a server runs").forget_peak();
    }

    /// A request in the name of the district's coordinator, and what it gave.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let mut wire = rig::Wire::connect(self.address()).await.unwrap();
        let request = rig::request(method, path, &self.hall.coordinator, body);
        let answer = wire.exchange(&request).await.unwrap();
        assert_eq!(answer.status / 100, 2, "{method} {path}: {}", answer.text());
        serde_json::from_slice(answer.body).unwrap_or_default()
    }

    /// A file in the folder of the stage.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Waits for somebody who attaches a profiler.
    pub(crate) async fn pause(&self, seconds: u64) {
        if seconds > 0 {
            eprintln!("the server is process {}", self.server.borrow().as_ref().expect("a server runs").id());
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// Takes it down.
    pub(crate) fn clear(self) {
        if let Some(server) = self.server.into_inner() {
            server.stop();
        }
        let said = std::fs::read_to_string(self.program.log_file()).unwrap_or_default();
        for line in said.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).take(20) {
            eprintln!("the server said: {line}");
        }
    }
}

/// Its version and the settings on which durability hangs, as the server states them.
fn name_of(cluster: &Cluster) -> String {
    let show = |name: &str| cluster.sql(&format!("SHOW {name}")).trim().to_owned();
    let version = show("server_version");
    let version = version.split_whitespace().next().unwrap_or_default().to_owned();
    format!("PostgreSQL {version}, fsync={}, synchronous_commit={}", show("fsync"), show("synchronous_commit"))
}
