//! HTTPS by a certificate of one's own, and requests that come through a proxy.

use std::path::Path;
use std::sync::Arc;

use kaofa::auth::Role;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::cli::{Serving, folder, kaofa, refused};

/// A certificate that signed itself, valid in these years, with its key, beside each other in a folder.
fn certificate(folder: &TempDir, name: &str, years: (i32, i32)) -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let cert = params.self_signed(&key).unwrap();
    let write = |kind: &str, pem: String| {
        let file = folder.path().join(format!("{name}.{kind}"));
        std::fs::write(&file, pem).unwrap();
        file.display().to_string()
    };
    [write("crt", cert.pem()), write("key", key.serialize_pem())]
}

fn serve(folder: &TempDir, cert: &str, key: &str) -> std::process::Command {
    kaofa(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key])
}

/// Sends a request over TLS, trusting this certificate alone, and gives the whole answer.
async fn ask(address: &str, cert: &str, request: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(Path::new(cert)).unwrap()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that closes without a farewell is as good here.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn it_serves_https_with_its_own_certificate() {
    let folder = folder();
    let [cert, key] = certificate(&folder, "own", (2000, 2100));
    let create = ["account", "create-security-admin", "--username", "sec", "--district", "示范区", "--code", "430202"];
    let printed = crate::cli::done(&mut kaofa(folder.path(), &create));
    let password = printed.lines().find_map(|l| l.strip_prefix("password:")).unwrap().trim();
    let serving = Serving::start(serve(&folder, &cert, &key));
    let address = serving.address.strip_prefix("https://").expect("it says that it encrypts").to_owned();

    let answer = ask(&address, &cert, "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    // The cookie of a page is bound to this host and to encryption.
    let form = format!("username=sec&password={password}");
    let length = form.len();
    let head = "POST /login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: text/html\r\n";
    let kind = "content-type: application/x-www-form-urlencoded\r\norigin: https://localhost\r\n";
    let answer = ask(&address, &cert, &format!("{head}{kind}content-length: {length}\r\n\r\n{form}")).await;
    let cookie = answer
        .lines()
        .find(|l| l.to_lowercase().starts_with("set-cookie: __host-kaofa="))
        .unwrap_or_else(|| panic!("{answer}"));
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");

    // In plain text there is nothing to be had.
    assert!(reqwest::get(format!("http://{address}/healthz")).await.is_err());
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
}

#[test]
fn a_certificate_that_cannot_be_used_is_named() {
    let folder = folder();
    let [cert, key] = certificate(&folder, "own", (2000, 2100));
    let [_, foreign] = certificate(&folder, "foreign", (2000, 2100));
    let [ended, ended_key] = certificate(&folder, "ended", (2000, 2001));
    let [early, early_key] = certificate(&folder, "early", (2098, 2100));
    let letter = folder.path().join("letter.txt").display().to_string();
    std::fs::write(&letter, "dear mayor").unwrap();
    for (cert, key, setting, said) in [
        ("none.crt", key.as_str(), "KAOFA_TLS_CERT", "none.crt cannot be read"),
        (&cert, "none.key", "KAOFA_TLS_KEY", "none.key cannot be read"),
        (&letter, &key, "KAOFA_TLS_CERT", "letter.txt holds no certificate"),
        (&cert, &letter, "KAOFA_TLS_KEY", "letter.txt holds no private key"),
        (&cert, &foreign, "KAOFA_TLS_KEY", "does not go with"),
        (&ended, &ended_key, "KAOFA_TLS_CERT", "ended at 2001-01-01"),
        (&early, &early_key, "KAOFA_TLS_CERT", "not valid before 2098-01-01"),
    ] {
        let line = refused(&mut serve(&folder, cert, key));
        assert!(line.contains(setting) && line.contains(said), "{line}");
        assert!(!line.contains("dear mayor") && !line.contains("BEGIN"), "{line}");
    }
    assert!(!folder.path().join("data").exists(), "nothing was made");
    let line = refused(&mut kaofa(folder.path(), &["serve", "--tls-cert", &cert]));
    assert!(line.contains("KAOFA_TLS_KEY"), "{line}");
}

both_databases! {
    async fn an_address_that_a_client_makes_up_is_not_believed(server: TestServer) {
        let root = server.root().await;
        let admin = server.user("logadmin", Role::AuditAdmin, root).await;
        let client = server.client();
        let body = json!({ "username": "logadmin", "password": "wrong" });
        let login = client.request(Method::POST, "/api/v1/auth/login").header("x-forwarded-for", "192.0.2.7").json(&body);
        client.send(login).await.expect_problem(401, "wrong_credentials");
        server.work().await;
        let entries = server.as_(&admin).get("/api/v1/log/entries?action=auth.log_in").await.ok();
        assert_eq!(entries["items"][0]["outcome"], "refused", "{entries}");
        assert_eq!(entries["items"][0]["address"], "127.0.0.1", "{entries}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_last_hop_is_the_clients_address() {
    let folder = folder();
    let create = ["account", "create-security-admin", "--username", "sec", "--district", "示范区", "--code", "430202"];
    crate::cli::done(&mut kaofa(folder.path(), &create));
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let public = ["serve", "--listen", &listen, "--public-url", "https://kaofa.example"];
    let serving = Serving::start(kaofa(folder.path(), &public));
    assert_eq!(serving.address, "https://kaofa.example");
    let login = reqwest::Client::new().post(format!("http://{listen}/api/v1/auth/login"));
    let body = json!({ "username": "sec", "password": "wrong" });
    let login = login.header("x-forwarded-for", "10.0.0.9, 192.0.2.7").json(&body).send().await.unwrap();
    assert_eq!(login.status(), 401);
    serving.signal("TERM");
    assert_eq!(serving.end(), Some(0));
    let url = format!("sqlite:{}", folder.path().join("data/kaofa.db").display());
    let db = kaofa::db::Db::open_to_read(&url).await.unwrap();
    let refused = "SELECT address FROM log_entries WHERE outcome = 'refused'";
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, refused);
    let row = sea_orm::ConnectionTrait::query_one_raw(db.read(), statement).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<String>(0).unwrap(), "192.0.2.7");
    db.close().await.unwrap();
}
