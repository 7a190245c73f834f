//! What an installation decides for itself; read by `config.rs`, used by every slice.

use entity::instant::Millis;

use super::calendar::Calendar;

/// The settings that slices read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The district's calendar.
    pub calendar: Calendar,
    /// The address by which people reach the service, without a slash at the end.
    pub public_url: String,
    /// A proxy stands before the service, and says from where a request came.
    pub proxied: bool,
    /// A token ends when it has not been used for so long.
    pub token_idle: Millis,
    /// A token ends so long after log-in, however much it is used.
    pub token_life: Millis,
    /// The demonstration district is being served; pages say so.
    pub demo: bool,
}

impl Settings {
    /// Whether people reach it over HTTPS, so that cookies must be bound to it.
    #[must_use]
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
