//! Where a setting comes from, and what is said of a wrong one.

#![allow(clippy::unwrap_used)]

use super::*;

fn read(flags: &Flags, environment: &[(&str, &str)], toml: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, toml).unwrap();
    let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::from(flags, environment, &file)
}

fn refused(environment: &[(&str, &str)], toml: &str) -> String {
    read(&Flags::default(), environment, toml).unwrap_err().to_string()
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let toml = "listen = '127.0.0.1:1'\nlog = 'debug'\ntime_zone = 'UTC'";
    let environment = [("LISTEN", "127.0.0.1:2"), ("LOG", "warn"), ("DEMO_PASSWORD", "1234567890")];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..Flags::default() };
    let config = read(&flags, &environment, toml).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.log, "warn");
    assert_eq!(config.calendar.0, Tz::UTC);
    assert_eq!(config.demo_password.as_deref(), Some("1234567890"));
}

#[test]
fn the_key_lies_beside_the_database_unless_it_is_named() {
    let key_file = |environment: &[(&str, &str)]| {
        read(&Flags::default(), environment, "").unwrap().key_file().display().to_string()
    };
    assert_eq!(key_file(&[]), "data/kaofa.key");
    assert_eq!(key_file(&[("DATABASE_URL", "sqlite:///srv/kaofa/law.db?mode=rwc")]), "/srv/kaofa/law.key");
    assert_eq!(key_file(&[("DATABASE_URL", "postgres://db/kaofa")]), "data/kaofa.key");
    assert_eq!(key_file(&[("SECRET_KEY_FILE", "/run/secrets/kaofa")]), "/run/secrets/kaofa");
}

#[test]
fn what_is_unknown_is_named() {
    assert_eq!(refused(&[("LISTNE", "x")], ""), "KAOFA_LISTNE: there is no such setting");
    assert!(refused(&[], "listne = 'x'").ends_with("kaofa.toml: listne: there is no such setting"));
    assert!(refused(&[], "listen = 8080").contains("kaofa.toml: listen: "));
    assert!(!refused(&[], "listen = ").contains('\n'));
}

#[test]
fn what_is_wrong_is_named() {
    for (key, value) in [
        ("LISTEN", "8080"),
        ("TIME_ZONE", "Zhuzhou"),
        ("LOG_FORMAT", "xml"),
        ("PUBLIC_URL", "kaofa.example"),
        ("PUBLIC_URL", "https://kaofa.example/path"),
        ("ALLOW_PLAIN_HTTP", "perhaps"),
        ("DEMO_PASSWORD", "short"),
    ] {
        let error = refused(&[(key, value)], "");
        assert!(error.starts_with(&format!("KAOFA_{key}: ")), "{error}");
    }
}

#[test]
fn a_certificate_needs_its_key_and_an_address_of_https() {
    let pair = [("TLS_CERT", "a.pem"), ("TLS_KEY", "a.key")];
    assert!(refused(&pair[..1], "").starts_with("KAOFA_TLS_KEY: "));
    assert!(refused(&pair[1..], "").starts_with("KAOFA_TLS_CERT: "));
    let plain = [pair[0], pair[1], ("PUBLIC_URL", "http://kaofa.example")];
    assert!(refused(&plain, "").starts_with("KAOFA_PUBLIC_URL: "));
    let settings = |environment: &[(&str, &str)]| {
        read(&Flags::default(), environment, "").unwrap().settings("127.0.0.1:8443".parse().unwrap(), false)
    };
    let own = settings(&pair);
    assert!(own.https() && !own.proxied && own.public_url == "https://127.0.0.1:8443");
    let proxied = settings(&[("PUBLIC_URL", "https://kaofa.example")]);
    assert!(proxied.https() && proxied.proxied);
    assert!(!settings(&[]).https() && !settings(&[]).proxied);
}

#[test]
fn strangers_are_not_served_in_plain_text() {
    let open = ("LISTEN", "0.0.0.0:80");
    let check = |more: &[(&str, &str)]| {
        let environment: Vec<_> = std::iter::once(open).chain(more.iter().copied()).collect();
        read(&Flags::default(), &environment, "").unwrap().check_exposure()
    };
    assert!(matches!(check(&[]), Err(ConfigError::Exposed(_))));
    assert!(check(&[("PUBLIC_URL", "http://kaofa.example")]).is_err());
    assert!(check(&[("PUBLIC_URL", "https://kaofa.example/")]).is_ok());
    assert!(check(&[("ALLOW_PLAIN_HTTP", "true")]).is_ok());
    assert!(check(&[("TLS_CERT", "a.pem"), ("TLS_KEY", "a.key")]).is_ok());
    assert!(read(&Flags::default(), &[("LISTEN", "[::1]:80")], "").unwrap().check_exposure().is_ok());
}
