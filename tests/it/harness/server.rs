//! A server in the test's own process, and whom the test needs there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use entity::id::{AccountId, PersonId, UnitId};
use entity::instant::{Day, Instant, Millis};
use kaofa::auth::{AccountRow, Caller, NewAccount, NewGrant, Role};
use kaofa::boot::{self, BootError, Worker};
use kaofa::core::Core;
use kaofa::db::Db;
use kaofa::kernel::calendar::Calendar;
use kaofa::kernel::clock::ManualClock;
use kaofa::kernel::entropy::SeededEntropy;
use kaofa::kernel::settings::Settings;
use kaofa::keys::Keys;
use kaofa::log::Actor;
use kaofa::org::{NewUnit, UnitKind};
use kaofa::web::Services;
use serde_json::json;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;

use super::client::Client;
use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// When every test begins: Monday, 16 March 2026, 09:00 in the district.
const BEGINNING: &str = "2026-03-16T01:00:00.000Z";

/// Somebody who sits an exam as services see them, without a log-in.
pub(crate) fn candidate(person: PersonId) -> Caller {
    Caller {
        account: Arc::new(AccountRow {
            id: uuid::Uuid::nil().into(),
            username: "candidate".into(),
            display_name: "candidate".into(),
            person_id: Some(person),
            must_change_password: false,
            grants: Vec::new(),
        }),
        token_hash: String::new(),
        address: None,
    }
}

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// A server, and the handles by which a test sets its clock and its scene. Cheap to clone.
#[derive(Clone)]
pub(crate) struct TestServer {
    pub(crate) backend: Backend,
    pub(crate) address: SocketAddr,
    /// Of the test's own database.
    pub(crate) database_url: String,
    pub(crate) services: Services,
    pub(crate) clock: Arc<ManualClock>,
    workers: Arc<Vec<Worker>>,
    /// What keeps further instances running.
    others: Arc<Mutex<Vec<oneshot::Sender<()>>>>,
}

/// Somebody who has logged in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: AccountId,
    pub(crate) username: String,
    pub(crate) token: String,
}

/// Runs a test against a server of its own and takes the server down again, as the program does it.
pub(crate) async fn run<F, Fut>(backend: Backend, test: F)
where
    F: FnOnce(TestServer) -> Fut,
    Fut: Future<Output = ()>,
{
    match backend {
        Backend::Sqlite => {
            let sqlite = Sqlite::create().await;
            with_server(backend, &sqlite.url, test).await;
        }
        Backend::Postgres => {
            let postgres = Postgres::create().await;
            with_server(backend, &postgres.url, test).await;
            postgres.remove().await;
        }
    }
}

async fn with_server<F, Fut>(backend: Backend, url: &str, test: F)
where
    F: FnOnce(TestServer) -> Fut,
    Fut: Future<Output = ()>,
{
    let clock = Arc::new(ManualClock::new(BEGINNING.parse().unwrap()));
    let (server, stop, serving) = start(backend, url, clock, 1, |_| {}).await;
    test(server).await;
    drop(stop);
    serving.await.expect("the server does not panic").expect("the server stops in order");
}

/// Serves until the sender is dropped.
async fn start(
    backend: Backend,
    url: &str,
    clock: Arc<ManualClock>,
    seed: u64,
    change: impl FnOnce(&mut Settings),
) -> (TestServer, oneshot::Sender<()>, JoinHandle<Result<(), BootError>>) {
    let bound = boot::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await.expect("a free port");
    let mut settings = Settings {
        calendar: Calendar(chrono_tz::Asia::Shanghai),
        public_url: format!("http://{}", bound.address),
        // Tests put the clock forward by hours.
        token_idle: Millis(12 * 3_600_000),
        token_life: Millis(12 * 3_600_000),
        proxied: false,
        demo: false,
    };
    change(&mut settings);
    let core = Core {
        clock: Arc::<ManualClock>::clone(&clock),
        rng: Arc::new(SeededEntropy::new(seed)),
        db: Db::open(url).await.expect("the database opens"),
        keys: Arc::new(Keys::new([7; 32])),
        settings: Arc::new(settings),
    };
    let services = boot::compose(core);
    let workers = Arc::new(boot::workers(&services));
    let server = TestServer {
        backend,
        address: bound.address,
        database_url: url.to_owned(),
        services: services.clone(),
        clock,
        workers,
        others: Arc::default(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    // The workers take their turns when the test says so: their time is the test's.
    let serving = tokio::spawn(boot::serve(bound, services, Vec::new(), async move {
        let _ = stopped.await;
    }));
    (server, stop, serving)
}

impl TestServer {
    /// A further instance of the program on the same database, with the same key and clock, until the test ends.
    pub(crate) async fn another(&self) -> Self {
        self.another_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn another_with(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let seed = 2 + u64::try_from(self.others.lock().unwrap().len()).unwrap();
        let (server, stop, _) = start(self.backend, &self.database_url, Arc::clone(&self.clock), seed, change).await;
        self.others.lock().unwrap().push(stop);
        server
    }

    /// A client that has not logged in.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client that acts as `user`.
    pub(crate) fn as_(&self, user: &User) -> Client {
        self.client().as_(user)
    }

    /// What the server's clock shows.
    pub(crate) fn now(&self) -> Instant {
        self.services.core.now()
    }

    /// Sets the server's clock to a moment in RFC 3339.
    pub(crate) fn set_clock(&self, at: &str) {
        self.clock.set(at.parse().expect("a moment in RFC 3339"));
    }

    /// Puts the server's clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.set(self.now() + Millis(i64::try_from(by.as_millis()).unwrap()));
    }

    /// Lets every worker take one turn, as it does by itself outside of tests.
    pub(crate) async fn work(&self) {
        for worker in self.workers.iter() {
            (worker.turn)().await.unwrap_or_else(|fault| panic!("{}: {fault}", worker.name));
        }
    }

    /// The top of the tree of units, made when it is first asked for.
    pub(crate) async fn root(&self) -> UnitId {
        let core = &self.services.core;
        if let Some(root) = kaofa::tree::children(core.db.read(), None).await.unwrap().first() {
            return root.id;
        }
        self.insert_unit(None, "430202", "示范区", UnitKind::Group).await
    }

    /// A group of units below another.
    pub(crate) async fn group(&self, parent: UnitId, code: &str, name: &str) -> UnitId {
        self.insert_unit(Some(parent), code, name, UnitKind::Group).await
    }

    /// A unit below another.
    pub(crate) async fn unit(&self, parent: UnitId, code: &str, name: &str) -> UnitId {
        self.insert_unit(Some(parent), code, name, UnitKind::Unit).await
    }

    async fn insert_unit(&self, parent_id: Option<UnitId>, code: &str, name: &str, kind: UnitKind) -> UnitId {
        let new = NewUnit {
            parent_id,
            code: code.to_owned(),
            name: name.to_owned(),
            kind,
            active_from: Day::new(2000, 1, 1),
        };
        self.services.org.insert_unit(&Actor::SYSTEM, new).await.expect("a new unit").id
    }

    /// An account with one role over a unit, logged in.
    pub(crate) async fn user(&self, username: &str, role: Role, unit: UnitId) -> User {
        self.user_of(username, None, &[(role, unit)]).await
    }

    /// An account with any number of roles, of a person or of nobody, logged in.
    pub(crate) async fn user_of(&self, username: &str, person: Option<PersonId>, grants: &[(Role, UnitId)]) -> User {
        let id = self.account(username, person, grants, false).await;
        self.log_in(id, username).await
    }

    /// An account that has not logged in. Its password is [`PASSWORD`].
    pub(crate) async fn account(
        &self,
        username: &str,
        person_id: Option<PersonId>,
        grants: &[(Role, UnitId)],
        must_change_password: bool,
    ) -> AccountId {
        let auth = &self.services.auth;
        let new = NewAccount {
            username: username.to_owned(),
            display_name: username.to_owned(),
            password: String::new(),
            must_change_password,
            person_id,
        };
        let hash = self.hash().await;
        let account = auth.insert_account(&Actor::SYSTEM, new, hash).await.expect("a new account");
        for &(role, unit_id) in grants {
            let grant = NewGrant { role, unit_id, valid_until: None };
            auth.insert_grant(&Actor::SYSTEM, account.id, grant).await.expect("a grant");
        }
        account.id
    }

    /// Logs an account in by its password.
    pub(crate) async fn log_in(&self, id: AccountId, username: &str) -> User {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.client().post("/api/v1/auth/login", &body).await.ok();
        User { id, username: username.to_owned(), token: answer["token"].as_str().unwrap().to_owned() }
    }

    /// The hash of everybody's password, computed once for all tests.
    async fn hash(&self) -> String {
        static HASH: OnceCell<String> = OnceCell::const_new();
        HASH.get_or_init(|| self.services.auth.hash(PASSWORD)).await.clone()
    }
}
