//! Where a test stands: a furnished database and the program on it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use rig::{Hall, Plan, Program, Server, Sitting, free_port, furnish};
use tempfile::TempDir;

use crate::postgres::Postgres;

/// The program under test.
const BINARY: &str = env!("CARGO_BIN_EXE_kaofa");

/// A furnished database, the program on it, and a port that stays the same over restarts.
pub(crate) struct Ground {
    pub(crate) program: Program,
    pub(crate) hall: Hall,
    pub(crate) port: u16,
    folder: TempDir,
}

impl Ground {
    /// On a SQLite file.
    pub(crate) async fn sqlite(plan: &Plan) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite:{}", folder.path().join("kaofa.db").display());
        Self::on(folder, &url, plan).await
    }

    /// On a database of a PostgreSQL server.
    pub(crate) async fn postgres(url: &str, plan: &Plan) -> Self {
        Self::on(TempDir::new().unwrap(), url, plan).await
    }

    async fn on(folder: TempDir, url: &str, plan: &Plan) -> Self {
        let program = Program::new(BINARY, folder.path(), url);
        let hall = furnish(url, &program.key_file(), plan).await;
        Self { program, hall, port: free_port(), folder }
    }

    /// Starts the program on its port.
    pub(crate) fn start(&self) -> Server {
        self.program.start(self.port)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// A file in its folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Runs a test on a database of the server that the tests share; one whose test failed stays.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(plan: &Plan, test: impl FnOnce(Ground) -> F) {
    let database = Postgres::create().await;
    test(Ground::postgres(&database.url, plan).await).await;
    database.remove().await;
}

/// So many candidates and an exam of ten questions that stays open for as long as a test may take.
pub(crate) fn hall_of(people: usize) -> Plan {
    Plan {
        people,
        units: 1,
        empty_units: 0,
        questions: 40,
        exams: vec![Sitting { items: 10, closes_in: 3600, grace: 30 }],
    }
}
