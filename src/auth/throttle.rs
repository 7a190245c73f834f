//! Failures by address: a second, wide net behind the one by name, since a whole hall shares one address. It is kept by
//! each instance for itself.

use std::collections::HashMap;

use entity::instant::{Instant, Millis};
use parking_lot::Mutex;

/// How many failures from one address are borne within [`WINDOW`].
const LIMIT: u32 = 300;
/// For how long they count.
const WINDOW: Millis = Millis(10 * 60 * 1000);
/// How many addresses are remembered at most.
const ROOM: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Instant,
    failures: u32,
}

/// The failures by address.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    addresses: Mutex<HashMap<String, Window>>,
}

impl Throttle {
    /// The seconds to wait for an address with too many failures.
    pub(super) fn wait(&self, address: Option<&str>, now: Instant) -> Option<u64> {
        let window = *self.addresses.lock().get(address?)?;
        let ends = window.since + WINDOW;
        let full = window.failures >= LIMIT && now < ends;
        full.then(|| u64::try_from((ends - now).0 / 1000 + 1).unwrap_or(1))
    }

    /// Notes a failure.
    pub(super) fn note(&self, address: Option<&str>, now: Instant) {
        let Some(address) = address else { return };
        let mut addresses = self.addresses.lock();
        if addresses.len() >= ROOM {
            addresses.retain(|_, window| now < window.since + WINDOW);
        }
        if addresses.len() >= ROOM && !addresses.contains_key(address) {
            return;
        }
        let window = addresses.entry(address.to_owned()).or_insert(Window { since: now, failures: 0 });
        if now >= window.since + WINDOW {
            *window = Window { since: now, failures: 0 };
        }
        window.failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_slowed_down_for_a_while() {
        let throttle = Throttle::default();
        let (now, hall, home) = (Instant(1_000_000), Some("192.0.2.1"), Some("192.0.2.2"));
        for _ in 0..LIMIT {
            assert_eq!(throttle.wait(hall, now), None);
            throttle.note(hall, now);
        }
        assert_eq!(throttle.wait(hall, now), Some(601));
        assert_eq!(throttle.wait(home, now), None);
        assert_eq!(throttle.wait(None, now), None);
        assert_eq!(throttle.wait(hall, now + WINDOW), None);
        throttle.note(hall, now + WINDOW);
        assert_eq!(throttle.wait(hall, now + WINDOW), None);
    }
}
