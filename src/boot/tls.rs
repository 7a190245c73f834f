//! HTTPS by a certificate of one's own: read, checked before it is used, and read again when it was renewed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use entity::instant::Instant;
use futures_util::Stream;
use poem::http::uri::Scheme;
use poem::listener::{Acceptor, AcceptorExt, BoxAcceptor, RustlsCertificate, RustlsConfig, TcpAcceptor};
use poem::web::{LocalAddr, RemoteAddr};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use tokio::sync::Semaphore;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::kernel::clock::Clock;

/// How often the files are looked at for a renewed certificate.
const LOOK: Duration = Duration::from_mins(1);
/// How long before its end a certificate is warned of.
const SOON: i64 = 21 * 24 * 3600;

/// The files of a certificate and its key, PEM both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why a certificate cannot be used, in one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{setting}: {} cannot be read: {cause}", .file.display())]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file holds something else.
    #[error("{setting}: {} holds no {what} in PEM", .file.display())]
    NoPem {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// What was wanted.
        what: &'static str,
    },
    /// The certificate cannot be read.
    #[error("KAOFA_TLS_CERT: the certificate in {} cannot be read: {why}", .file.display())]
    BadCertificate {
        /// The file.
        file: PathBuf,
        /// What the parser said.
        why: String,
    },
    /// Its time is over.
    #[error("KAOFA_TLS_CERT: the certificate in {} ended at {at}", .file.display())]
    Ended {
        /// The file.
        file: PathBuf,
        /// When.
        at: Instant,
    },
    /// Its time has not come.
    #[error("KAOFA_TLS_CERT: the certificate in {} is not valid before {at}", .file.display())]
    Early {
        /// The file.
        file: PathBuf,
        /// When.
        at: Instant,
    },
    /// The key is that of another certificate, or of a kind that is not taken.
    #[error("KAOFA_TLS_KEY: the key in {} does not go with the certificate in {}: {why}", .key.display(), .cert.display())]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        cert: PathBuf,
        /// What was said.
        why: String,
    },
}

/// A certificate and its key as they stood in their files.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Pair {
    /// Reads both and finds out whether they can be used now. The file of the key is secret and nothing of it is told.
    pub(super) fn read(files: &TlsFiles, now: Instant) -> Result<Self, TlsError> {
        let cert = bytes("KAOFA_TLS_CERT", &files.cert)?;
        let key = bytes("KAOFA_TLS_KEY", &files.key)?;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&cert).collect::<Result<_, _>>().unwrap_or_default();
        let no_pem = |setting, file: &Path, what| TlsError::NoPem { setting, file: file.to_owned(), what };
        let own = chain.first().ok_or_else(|| no_pem("KAOFA_TLS_CERT", &files.cert, "certificate"))?;
        check_time(own, &files.cert, now)?;
        let secret =
            PrivateKeyDer::from_pem_slice(&key).map_err(|_pem| no_pem("KAOFA_TLS_KEY", &files.key, "private key"))?;
        CertifiedKey::from_der(chain.clone(), secret, &aws_lc_rs::default_provider()).map_err(|error| {
            TlsError::Mismatch { key: files.key.clone(), cert: files.cert.clone(), why: error.to_string() }
        })?;
        Ok(Self { cert, key })
    }

    fn config(&self) -> RustlsConfig {
        RustlsConfig::new().fallback(RustlsCertificate::new().cert(self.cert.clone()).key(self.key.clone()))
    }
}

fn bytes(setting: &'static str, file: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(file).map_err(|cause| TlsError::Unreadable { setting, file: file.to_owned(), cause })
}

fn check_time(der: &CertificateDer<'_>, file: &Path, now: Instant) -> Result<(), TlsError> {
    let bad = |why: String| TlsError::BadCertificate { file: file.to_owned(), why };
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| bad(error.to_string()))?;
    let validity = certificate.validity();
    let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let moment = |seconds: i64| Instant(seconds.saturating_mul(1000));
    if now < moment(from) {
        return Err(TlsError::Early { file: file.to_owned(), at: moment(from) });
    }
    if now >= moment(to) {
        return Err(TlsError::Ended { file: file.to_owned(), at: moment(to) });
    }
    if now >= moment(to.saturating_sub(SOON)) {
        tracing::warn!(file = %file.display(), ends_at = %moment(to), "the certificate ends soon");
    }
    Ok(())
}

/// Lets connections in only once there is a certificate to meet them with: the framework drops those that come before.
pub(super) struct Gated {
    inner: TcpAcceptor,
    ready: Arc<Semaphore>,
}

impl Gated {
    /// An acceptor that stands behind the gate.
    pub(super) fn encrypt(inner: TcpAcceptor, files: TlsFiles, first: Pair, clock: Arc<dyn Clock>) -> BoxAcceptor {
        let ready = Arc::new(Semaphore::new(0));
        let configs = Box::pin(renewed(files, first, clock, Arc::clone(&ready)));
        AcceptorExt::rustls(Self { inner, ready }, configs).boxed()
    }
}

impl Acceptor for Gated {
    type Io = <TcpAcceptor as Acceptor>::Io;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.inner.local_addr()
    }

    async fn accept(&mut self) -> std::io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        drop(self.ready.acquire().await.map_err(std::io::Error::other)?);
        self.inner.accept().await
    }
}

/// The pair, and then each that comes to lie in its files and can be used; a bad one is told of and not taken.
fn renewed(
    files: TlsFiles,
    first: Pair,
    clock: Arc<dyn Clock>,
    ready: Arc<Semaphore>,
) -> impl Stream<Item = RustlsConfig> + Send + 'static {
    futures_util::stream::unfold((None, first), move |(last, next): (Option<Pair>, Pair)| {
        let (files, clock, ready) = (files.clone(), Arc::clone(&clock), Arc::clone(&ready));
        async move {
            let Some(used) = last else {
                ready.add_permits(1);
                return Some((next.config(), (Some(next.clone()), next)));
            };
            loop {
                tokio::time::sleep(LOOK).await;
                match Pair::read(&files, clock.now()) {
                    Ok(pair) if pair != used => return Some((pair.config(), (Some(pair.clone()), pair))),
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "the certificate in use is kept"),
                }
            }
        }
    })
}
