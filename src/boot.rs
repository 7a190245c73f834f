//! Putting the program together, serving it and taking it down again: the same for `main` and for the tests.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use poem::Server;
use poem::listener::{Acceptor, AcceptorExt, BoxAcceptor, Listener, TcpListener};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

mod tls;

pub use tls::{TlsError, TlsFiles};

use crate::auth::Auth;
use crate::bank::Bank;
use crate::core::Core;
use crate::db::Fault;
use crate::desk::Desk;
use crate::evidence::Evidence;
use crate::exam::attempt::Attempts;
use crate::exam::sealed::SealedCache;
use crate::exam::statistics::Statistics;
use crate::exam::{Books, Candidacy, Conduct, Exams, Exemptions, Monitors, Objections, Regrades};
use crate::http::Idempotency;
use crate::kernel::clock::{Clock, SystemClock};
use crate::kernel::metrics::METRICS;
use crate::log;
use crate::org::Org;
use crate::report::Reports;
use crate::router;
use crate::study::Study;
use crate::tally;
use crate::web::Services;

/// How long what runs may take to finish once the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(30);
/// After how long a connection on which nothing moves is closed.
const IDLE: Duration = Duration::from_mins(2);

/// How often it is written down which devices were heard of.
const CONTACTS: Duration = Duration::from_secs(5);

/// Why the server could not serve, in one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// Another program listens there.
    #[error("KAOFA_LISTEN: the address {0} is in use by another program")]
    Taken(SocketAddr),
    /// The address cannot be listened on.
    #[error("KAOFA_LISTEN: cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The server broke.
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
    /// The database could not be closed.
    #[error("the database could not be closed: {0}")]
    Close(Fault),
}

/// An address that is taken but not yet served.
pub struct Bound {
    acceptor: BoxAcceptor,
    /// The address with its true port.
    pub address: SocketAddr,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Takes an address, to serve it in plain text or with a certificate. Port 0 takes a free one.
pub async fn bind(listen: SocketAddr, tls: Option<&TlsFiles>) -> Result<Bound, BootError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let pair = tls.map(|files| tls::Pair::read(files, clock.now())).transpose()?;
    let said = |cause: std::io::Error| match cause.kind() {
        ErrorKind::AddrInUse => BootError::Taken(listen),
        _ => BootError::Listen { address: listen, cause },
    };
    let acceptor = TcpListener::bind(listen).into_acceptor().await.map_err(said)?;
    let acceptor = match tls.cloned().zip(pair) {
        Some((files, pair)) => tls::Gated::encrypt(acceptor, files, pair, clock),
        None => acceptor.boxed(),
    };
    let address = acceptor.local_addr().iter().find_map(|a| a.as_socket_addr().copied()).unwrap_or(listen);
    Ok(Bound { acceptor, address })
}

/// Makes every slice's service.
#[must_use]
pub fn compose(core: Core) -> Services {
    let auth = Arc::new(Auth::new(core.clone()));
    let org = Arc::new(Org::new(core.clone()));
    let bank = Arc::new(Bank::new(core.clone(), Arc::new(Candidacy)));
    let study = Arc::new(Study::new(core.clone(), Arc::clone(&org)));
    let exams = Arc::new(Exams::new(core.clone(), Arc::clone(&org)));
    let conduct = Arc::new(Conduct::new(core.clone(), Arc::clone(&org), Arc::clone(&exams)));
    let exemptions = Arc::new(Exemptions::new(core.clone(), Arc::clone(&org), Arc::clone(&exams)));
    let sealed = Arc::new(SealedCache::default());
    let attempts = Arc::new(Attempts::new(core.clone(), Arc::clone(&sealed)));
    let statistics = Arc::new(Statistics::new(core.clone(), Arc::clone(&sealed), Arc::clone(&exams)));
    let regrades = Arc::new(Regrades::new(core.clone(), Arc::clone(&org), Arc::clone(&exams), sealed));
    let objections = Arc::new(Objections::new(core.clone(), Arc::clone(&org), Arc::clone(&exams)));
    let books = Arc::new(Books::new(core.clone(), Arc::clone(&org), Arc::clone(&exams)));
    let monitors = Arc::new(Monitors::new(
        core.clone(),
        Arc::clone(&org),
        Arc::clone(&auth),
        Arc::clone(&exams),
        Arc::clone(&attempts),
    ));
    let desk =
        Arc::new(Desk::new(core.clone(), Arc::clone(&org), Arc::clone(&auth), Arc::clone(&study), Arc::clone(&exams)));
    auth.keep(Arc::<Attempts>::clone(&attempts));
    let evidence = Arc::new(Evidence::new(core.clone()));
    let reports = Arc::new(Reports::new(core.clone(), Arc::clone(&org), Arc::clone(&study)));
    let key = core.keys.subkey("http.idempotency");
    let idempotency = Idempotency::new(core.db.clone(), Arc::clone(&core.clock), Arc::clone(&core.rng), key);
    Services {
        core,
        idempotency,
        auth,
        org,
        bank,
        study,
        exams,
        conduct,
        exemptions,
        attempts,
        statistics,
        regrades,
        objections,
        monitors,
        books,
        reports,
        evidence,
        desk,
    }
}

/// Work that nobody asks for: done again and again beside the requests, by whichever instance comes first.
pub struct Worker {
    /// What it is called in the server's log.
    pub name: &'static str,
    /// How long it rests between two turns.
    pub every: Duration,
    /// One turn. A failure is noted and the next turn tries again.
    pub turn: Box<dyn Fn() -> Turn + Send + Sync>,
}

/// A turn of a worker. Its error is only ever written to the server's log.
pub type Turn = BoxFuture<'static, Result<(), Box<dyn std::error::Error + Send + Sync>>>;

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The workers of all slices.
#[must_use]
pub fn workers(services: &Services) -> Vec<Worker> {
    let worker = |name, turn: fn(Services) -> Turn| {
        let services = services.clone();
        Worker { name, every: Duration::from_secs(1), turn: Box::new(move || turn(services.clone())) }
    };
    vec![
        worker("auth.tick", |s| Box::pin(async move { Ok(s.auth.tick().await?) })),
        worker("tally.fold", |s| Box::pin(async move { Ok(tally::fold(&s.core).await?) })),
        worker("org.tick", |s| Box::pin(async move { Ok(s.org.tick().await?) })),
        worker("study.tick", |s| Box::pin(async move { Ok(s.study.tick().await?) })),
        worker("study.count_turnouts", |s| Box::pin(async move { Ok(s.study.count_turnouts().await?) })),
        // Before the exam's own turn, which closes it once nobody sits it any more.
        worker("attempt.tick", |s| {
            Box::pin(async move {
                s.attempts.tick().await?;
                Ok(())
            })
        }),
        Worker {
            every: CONTACTS,
            ..worker("attempt.contacts", |s| Box::pin(async move { Ok(s.attempts.note_contacts().await?) }))
        },
        worker("exam.tick", |s| Box::pin(async move { Ok(s.exams.tick().await?) })),
        worker("report.freeze_month", |s| Box::pin(async move { Ok(s.reports.freeze_month().await?) })),
        worker("report.make_files", |s| Box::pin(async move { Ok(s.reports.make_files().await?) })),
        worker("http.forget_keys", |s| Box::pin(async move { Ok(s.idempotency.forget().await?) })),
        worker("statistics.tick", |s| Box::pin(async move { Ok(s.statistics.tick().await?) })),
        worker("log.sequence", |s| {
            Box::pin(async move {
                log::sequence(&s.core.db, &s.core.keys, s.core.now()).await?;
                Ok(())
            })
        }),
        // After the entries of this turn have their places.
        worker("log.check", |s| Box::pin(async move { Ok(s.evidence.tick().await?) })),
    ]
}

fn start(worker: Worker, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        // A turn that has begun ends before the worker stops.
        while stop.run_until_cancelled(tokio::time::sleep(worker.every)).await.is_some() {
            let begun = std::time::Instant::now();
            let turned = (worker.turn)().await;
            METRICS.turned(worker.name, begun.elapsed(), turned.is_ok());
            if let Err(error) = turned {
                tracing::warn!(worker = worker.name, %error, "a turn failed and will be tried again");
            }
        }
    })
}

/// Serves until `stop`: then accepts nothing more, finishes what runs, lets workers and writers end, and closes the
/// database.
pub async fn serve(
    bound: Bound,
    services: Services,
    workers: Vec<Worker>,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), BootError> {
    let halt = CancellationToken::new();
    // A stream goes on for as long as somebody looks.
    let monitors = Arc::clone(&services.monitors);
    let stop = async move {
        stop.await;
        monitors.close();
    };
    let running: Vec<_> = workers.into_iter().map(|w| start(w, halt.clone())).collect();
    let served = Server::new_with_acceptor(bound.acceptor)
        .name("kaofa")
        .idle_timeout(IDLE)
        .run_with_graceful_shutdown(router::app(&services), stop, Some(FAREWELL))
        .await;
    halt.cancel();
    for worker in running {
        if let Err(error) = worker.await {
            tracing::error!(%error, "a worker ended badly");
        }
    }
    let closed = close(services).await;
    served.map_err(BootError::Serve)?;
    closed
}

/// Lets the writers commit what was queued, and closes the database.
pub async fn close(services: Services) -> Result<(), BootError> {
    services.study.close().await;
    services.attempts.close().await;
    services.core.db.clone().close().await.map_err(BootError::Close)
}
