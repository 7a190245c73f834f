//! Settings: from flags, else from the environment, else from a TOML file, else as they are by default.
//!
//! The one room that reads the environment. What it does not understand is an error that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use entity::instant::Millis;
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::boot::TlsFiles;
use crate::kernel::calendar::Calendar;
use crate::kernel::settings::Settings;

/// What every variable of the environment begins with.
const PREFIX: &str = "KAOFA_";
/// The file that is read when it is there and no other is named.
const FILE: &str = "kaofa.toml";

/// The flags that every command takes which needs settings.
#[derive(Debug, Clone, Default, Serialize, clap::Args)]
#[allow(clippy::doc_markdown, reason = "these lines are the help of the command line")]
pub struct Flags {
    /// Read settings from this TOML file instead of kaofa.toml (KAOFA_CONFIG)
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Listen on this address and port (KAOFA_LISTEN; 127.0.0.1:8080 by default)
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME (KAOFA_DATABASE_URL; sqlite:data/kaofa.db by default)
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// Keep the secret key in this file, which is made if there is none (KAOFA_SECRET_KEY_FILE; beside a SQLite file by default)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_file: Option<PathBuf>,
    /// Serve HTTPS with the certificate in this PEM file, those that lead to its root after it (KAOFA_TLS_CERT)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, PEM (KAOFA_TLS_KEY)
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// The address by which people reach the service; https://… without a certificate means that a proxy stands before it
    /// (KAOFA_PUBLIC_URL)
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Serve others than this machine without encryption (KAOFA_ALLOW_PLAIN_HTTP)
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_plain_http: bool,
    /// The district's time zone (KAOFA_TIME_ZONE; Asia/Shanghai by default)
    #[arg(long, value_name = "ZONE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Log people out who do nothing for so many minutes, 5–1440 (KAOFA_TOKEN_IDLE_MINUTES; 120 by default)
    #[arg(long, value_name = "MINUTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_idle_minutes: Option<String>,
    /// Log people out so many hours after log-in, 1–168 (KAOFA_TOKEN_HOURS; 12 by default)
    #[arg(long, value_name = "HOURS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_hours: Option<String>,
    /// How the server's log is written: text or json (KAOFA_LOG_FORMAT; text by default)
    #[arg(long, value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<String>,
    /// What the server's log holds, such as info or kaofa=debug (KAOFA_LOG; info by default)
    #[arg(long, value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// How the server's log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

/// The settings of an installation.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database's address.
    pub database_url: String,
    /// The file that holds the secret key, where one was named.
    pub secret_key_file: Option<PathBuf>,
    /// The certificate with which to serve HTTPS.
    pub tls: Option<TlsFiles>,
    /// The address by which people reach the service, without a slash at the end.
    pub public_url: Option<String>,
    /// The password of the demonstration's accounts.
    pub demo_password: Option<String>,
    /// Others than this machine may be served without encryption.
    pub allow_plain_http: bool,
    /// The district's calendar.
    pub calendar: Calendar,
    /// A token ends when it has not been used for so long.
    pub token_idle: Millis,
    /// A token ends so long after log-in, however much it is used.
    pub token_life: Millis,
    /// How the server's log is written.
    pub log_format: LogFormat,
    /// What the server's log holds.
    pub log: String,
}

// Addresses of databases and passwords are no business of a log.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("listen", &self.listen).finish_non_exhaustive()
    }
}

/// Why the settings cannot be used, in one line for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No such setting.
    #[error("{0}: there is no such setting")]
    Unknown(String),
    /// A setting's value is bad.
    #[error("{PREFIX}{}: {why}", .key.to_uppercase())]
    Bad {
        /// The setting, as a file calls it.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The settings cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// It would serve strangers in plain text.
    #[error(
        "KAOFA_LISTEN: {0} is open to others than this machine; set KAOFA_TLS_CERT and KAOFA_TLS_KEY, or \
         KAOFA_PUBLIC_URL=https://… where a proxy encrypts, or give --allow-plain-http"
    )]
    Exposed(SocketAddr),
}

/// The settings as they are written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    listen: String,
    database_url: String,
    secret_key_file: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    public_url: Option<String>,
    demo_password: Option<String>,
    #[serde(deserialize_with = "yes_or_no")]
    allow_plain_http: bool,
    time_zone: String,
    #[serde(deserialize_with = "number_or_text")]
    token_idle_minutes: String,
    #[serde(deserialize_with = "number_or_text")]
    token_hours: String,
    log_format: String,
    log: String,
}

/// The names of [`Raw`]'s fields.
const KEYS: &[&str] = &[
    "listen",
    "database_url",
    "secret_key_file",
    "tls_cert",
    "tls_key",
    "public_url",
    "demo_password",
    "allow_plain_http",
    "time_zone",
    "token_idle_minutes",
    "token_hours",
    "log_format",
    "log",
];

impl Default for Raw {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            database_url: "sqlite:data/kaofa.db".to_owned(),
            secret_key_file: None,
            tls_cert: None,
            tls_key: None,
            public_url: None,
            demo_password: None,
            allow_plain_http: false,
            time_zone: "Asia/Shanghai".to_owned(),
            token_idle_minutes: "120".to_owned(),
            token_hours: "12".to_owned(),
            log_format: "text".to_owned(),
            log: "info,sea_orm_migration=warn".to_owned(),
        }
    }
}

/// A truth value; the environment knows only text.
fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Visitor;
    impl de::Visitor<'_> for Visitor {
        type Value = bool;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true or false")
        }
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<bool, E> {
            match value {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
            }
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A whole number: in a file it may be one, the environment knows only text.
fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Visitor;
    impl de::Visitor<'_> for Visitor {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<String, E> {
            Ok(value.to_string())
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<String, E> {
            Ok(value.to_string())
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
            Ok(value.to_owned())
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A span of time in whole units within bounds.
fn span(key: &'static str, text: &str, unit: i64, low: i64, high: i64) -> Result<Millis, ConfigError> {
    match text.trim().parse::<i64>() {
        Ok(count) if (low..=high).contains(&count) => Ok(Millis(count * unit)),
        _ => Err(ConfigError::Bad { key, why: format!("`{text}` is no whole number from {low} to {high}") }),
    }
}

impl Config {
    /// Reads the settings of this process.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read(flags: &Flags) -> Result<Self, ConfigError> {
        let mut environment = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(key) = name.to_str().and_then(|n| n.strip_prefix(PREFIX)) else { continue };
            let value = value
                .into_string()
                .map_err(|_raw| ConfigError::Unreadable(format!("{PREFIX}{key}: this is no text")))?;
            environment.insert(key.to_owned(), value);
        }
        Self::from(flags, environment, Path::new(FILE))
    }

    /// From flags, the variables of the environment without their prefix, and the file that is read if no other is named.
    fn from(flags: &Flags, mut environment: BTreeMap<String, String>, file: &Path) -> Result<Self, ConfigError> {
        let named = environment.remove("CONFIG").map(PathBuf::from);
        let named = flags.config.clone().or(named);
        let mut figment = Figment::new();
        if named.is_some() || file.exists() {
            figment = figment.merge(from_file(named.as_deref().unwrap_or(file))?);
        }
        if let Some(unknown) = environment.keys().find(|k| !KEYS.contains(&k.to_lowercase().as_str())) {
            return Err(ConfigError::Unknown(format!("{PREFIX}{unknown}")));
        }
        let environment: BTreeMap<_, _> = environment.into_iter().map(|(k, v)| (k.to_lowercase(), v)).collect();
        let raw: Raw = figment
            .merge(Serialized::defaults(environment))
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| of_figment(&error, PREFIX))?;
        raw.try_into()
    }

    /// Ok, unless it would serve strangers in plain text.
    pub fn check_exposure(&self) -> Result<(), ConfigError> {
        if self.tls.is_some() || self.proxied() || self.allow_plain_http || self.listen.ip().is_loopback() {
            Ok(())
        } else {
            Err(ConfigError::Exposed(self.listen))
        }
    }

    /// Whether a proxy encrypts in front of it.
    fn proxied(&self) -> bool {
        self.tls.is_none() && self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The file of the secret key: the one that was named, else beside a SQLite file, under its name.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        let beside = |path: &str| {
            let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
            Path::new(path).with_extension("key")
        };
        let default =
            || self.database_url.strip_prefix("sqlite:").map_or_else(|| PathBuf::from("data/kaofa.key"), beside);
        self.secret_key_file.clone().unwrap_or_else(default)
    }

    /// What slices read, once it is known where the server listens.
    #[must_use]
    pub fn settings(&self, address: SocketAddr, demo: bool) -> Settings {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let public_url = self.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
        let (token_idle, token_life) = (self.token_idle, self.token_life);
        Settings { calendar: self.calendar, public_url, token_idle, token_life, proxied: self.proxied(), demo }
    }
}

impl TryFrom<Raw> for Config {
    type Error = ConfigError;

    fn try_from(raw: Raw) -> Result<Self, ConfigError> {
        let listen = raw.listen.parse().map_err(|_error: std::net::AddrParseError| ConfigError::Bad {
            key: "listen",
            why: format!("`{}` is no address and port such as 127.0.0.1:8080", raw.listen),
        })?;
        let time_zone: Tz = raw.time_zone.parse().map_err(|_error: chrono_tz::ParseError| ConfigError::Bad {
            key: "time_zone",
            why: format!("`{}` is no time zone such as Asia/Shanghai", raw.time_zone),
        })?;
        let log_format = match raw.log_format.as_str() {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            other => {
                let why = format!("`{other}` is neither text nor json");
                return Err(ConfigError::Bad { key: "log_format", why });
            }
        };
        let public_url = raw.public_url.map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) = &public_url {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if host.is_none_or(|h| h.is_empty() || h.contains(['/', '?', '#', '@']) || h.contains(char::is_whitespace))
            {
                let why = format!("`{url}` is no address such as https://kaofa.example");
                return Err(ConfigError::Bad { key: "public_url", why });
            }
        }
        let tls = tls(raw.tls_cert, raw.tls_key)?;
        if let Some(url) = public_url.as_ref().filter(|url| tls.is_some() && !url.starts_with("https://")) {
            let why = format!("`{url}` is no address of HTTPS, which KAOFA_TLS_CERT serves");
            return Err(ConfigError::Bad { key: "public_url", why });
        }
        if raw.demo_password.as_ref().is_some_and(|p| p.chars().count() < 10) {
            let why = "a password has at least 10 characters".to_owned();
            return Err(ConfigError::Bad { key: "demo_password", why });
        }
        let token_idle = span("token_idle_minutes", &raw.token_idle_minutes, 60_000, 5, 1440)?;
        let token_life = span("token_hours", &raw.token_hours, 3_600_000, 1, 168)?;
        Ok(Self {
            token_idle,
            token_life,
            listen,
            database_url: raw.database_url,
            secret_key_file: raw.secret_key_file,
            tls,
            public_url,
            demo_password: raw.demo_password,
            allow_plain_http: raw.allow_plain_http,
            calendar: Calendar(time_zone),
            log_format,
            log: raw.log,
        })
    }
}

/// A certificate and its key: both or neither.
fn tls(cert: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<TlsFiles>, ConfigError> {
    let lacks = |key, other: &str| ConfigError::Bad { key, why: format!("it is needed together with KAOFA_{other}") };
    match (cert, key) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (Some(_), None) => Err(lacks("tls_key", "TLS_CERT")),
        (None, Some(_)) => Err(lacks("tls_cert", "TLS_KEY")),
        (None, None) => Ok(None),
    }
}

/// The settings of a file, whose names are all known.
fn from_file(path: &Path) -> Result<Figment, ConfigError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable(format!("the settings in {shown} cannot be read: {error}")))?;
    let figment = Figment::from(Toml::string(&text));
    let values: BTreeMap<String, figment::value::Value> = figment
        .extract()
        .map_err(|error| ConfigError::Unreadable(format!("{shown}: {}", one_line(&error.to_string()))))?;
    let keys: BTreeSet<&str> = values.keys().map(String::as_str).collect();
    if let Some(unknown) = keys.into_iter().find(|key| !KEYS.contains(key)) {
        return Err(ConfigError::Unknown(format!("{shown}: {unknown}")));
    }
    // A value of another type is told of by the name of its file.
    figment.extract::<Raw>().map_err(|error| of_figment(&error, &format!("{shown}: ")))?;
    Ok(figment)
}

/// The first mistake that figment found, by its name.
fn of_figment(error: &figment::Error, source: &str) -> ConfigError {
    let key = error.path.join(".");
    let key = if source == PREFIX { key.to_uppercase() } else { key };
    ConfigError::Unreadable(format!("{source}{key}: {}", one_line(&error.kind.to_string())))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
