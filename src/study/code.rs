//! What proves that somebody is in the room: the rotating code, the QR's key, and the ticket that opening its address
//! gives. All are HMAC-SHA-256 under the session's own secret (RFC 2104); nothing of them is stored.

use entity::id::SessionId;
use entity::instant::{Instant, Millis};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

/// How long one code is shown.
const SLOT: i64 = 10_000;
/// How long a ticket is good for.
const TICKET_LIFE: Millis = Millis(5 * 60 * 1000);
/// For how many slots it is remembered that a code was shown: ten minutes.
const REMEMBERED: i64 = 60;
/// How many bytes of the MAC the QR's key and a ticket carry.
const KEY_BYTES: usize = 16;

/// The codes of one session.
pub(super) struct Codes {
    session: SessionId,
    secret: Vec<u8>,
}

/// The time slot in which `at` lies.
fn slot(at: Instant) -> i64 {
    at.0.div_euclid(SLOT)
}

/// When the code that is shown at `at` gives way to the next.
pub(super) fn next_code_at(at: Instant) -> Instant {
    Instant((slot(at) + 1) * SLOT)
}

/// Until when the code that is shown at `at` is taken: to the end of the next slot.
pub(super) fn taken_until(at: Instant) -> Instant {
    Instant((slot(at) + 2) * SLOT)
}

impl Codes {
    /// Of a session, with its secret in hex.
    pub(super) fn new(session: SessionId, secret: &str) -> Self {
        // The secret was written as hex by this program; were it none, its text would still be a secret.
        let secret = hex::decode(secret).unwrap_or_else(|_| secret.as_bytes().to_vec());
        Self { session, secret }
    }

    fn mac(&self, what: &str, of: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(format!("kaofa check-in {what}\n{}\n{of}", self.session).as_bytes());
        mac
    }

    /// The six digits shown at that moment, cut from the MAC as RFC 4226, section 5.3 does it.
    pub(super) fn digits(&self, at: Instant) -> String {
        self.digits_of(slot(at))
    }

    fn digits_of(&self, slot: i64) -> String {
        let bytes = self.mac("digits", &slot.to_string()).finalize().into_bytes();
        let start = bytes.last().map_or(0, |last| usize::from(last & 0x0f));
        let number = bytes.iter().skip(start).take(4).fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// The QR's key at that moment.
    pub(super) fn key(&self, at: Instant) -> String {
        let bytes = self.mac("key", &slot(at).to_string()).finalize().into_bytes();
        hex::encode(bytes.get(..KEY_BYTES).unwrap_or_default())
    }

    /// Whether these digits are shown at that moment or were in the slot before; or what they were once.
    pub(super) fn judge_digits(&self, digits: &str, at: Instant) -> Verdict {
        self.judge(at, |slot| self.digits_of(slot) == digits)
    }

    /// The same of the QR's key.
    pub(super) fn judge_key(&self, key: &str, at: Instant) -> Verdict {
        let Some(key) = hex::decode(key).ok().filter(|key| key.len() == KEY_BYTES) else { return Verdict::Wrong };
        self.judge(at, |slot| self.mac("key", &slot.to_string()).verify_truncated_left(&key).is_ok())
    }

    fn judge(&self, at: Instant, is_of: impl Fn(i64) -> bool) -> Verdict {
        let now = slot(at);
        if [now, now - 1].into_iter().any(&is_of) {
            Verdict::Taken
        } else if (2..=REMEMBERED).any(|ago| is_of(now - ago)) {
            Verdict::Expired
        } else {
            Verdict::Wrong
        }
    }

    /// The ticket for opening the QR's address at `opened_at` in the browser that keeps `nonce`: the moment, what the nonce
    /// hashes to, and the MAC of both.
    pub(super) fn ticket(&self, opened_at: Instant, nonce: &str) -> String {
        let bound = format!("{}.{}", opened_at.0, nonce_hash(nonce));
        let bytes = self.mac("ticket", &bound).finalize().into_bytes();
        format!("{bound}.{}", hex::encode(bytes.get(..KEY_BYTES).unwrap_or_default()))
    }

    /// When the address was opened, if the ticket is this session's, this browser's and still good at `at`.
    pub(super) fn opened_at(&self, ticket: &str, nonce: &str, at: Instant) -> Result<Instant, TicketFault> {
        let (bound, mac) = ticket.rsplit_once('.').ok_or(TicketFault::Wrong)?;
        let (opened, hash) = bound.split_once('.').ok_or(TicketFault::Wrong)?;
        let opened_at = opened.parse().map(Instant).map_err(|_number| TicketFault::Wrong)?;
        let mac = hex::decode(mac).ok().filter(|mac| mac.len() == KEY_BYTES).ok_or(TicketFault::Wrong)?;
        self.mac("ticket", bound).verify_truncated_left(&mac).map_err(|_mac| TicketFault::Wrong)?;
        if hash != nonce_hash(nonce) {
            return Err(TicketFault::Foreign);
        }
        if opened_at <= at && at < ticket_ends(opened_at) { Ok(opened_at) } else { Err(TicketFault::Expired) }
    }
}

/// What a code or key is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is taken.
    Taken,
    /// It was shown some minutes ago: remembered from somewhere, or photographed.
    Expired,
    /// It was never shown, or very long ago.
    Wrong,
}

/// Why a ticket is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TicketFault {
    /// Given to another browser.
    Foreign,
    /// Too old.
    Expired,
    /// Not one of this session.
    Wrong,
}

fn nonce_hash(nonce: &str) -> String {
    hex::encode(Sha256::digest(nonce.as_bytes()).get(..8).unwrap_or_default())
}

/// When a ticket ends.
pub(super) fn ticket_ends(opened_at: Instant) -> Instant {
    opened_at + TICKET_LIFE
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const START: Instant = Instant(1_795_310_000_000);

    fn codes() -> Codes {
        Codes::new(SessionId(Uuid::from_u128(7)), "00112233445566778899aabbccddeeff")
    }

    fn later(seconds: i64) -> Instant {
        START + Millis::seconds(seconds)
    }

    #[test]
    fn a_code_is_taken_in_its_slot_and_the_next() {
        let (codes, shown) = (codes(), codes().digits(later(3)));
        assert_eq!(shown.len(), 6);
        let both = |seconds| {
            let verdict = codes.judge_digits(&shown, later(seconds));
            assert_eq!(codes.judge_key(&codes.key(later(3)), later(seconds)), verdict, "{seconds}");
            verdict
        };
        for seconds in [0, 9, 10, 19] {
            assert_eq!(both(seconds), Verdict::Taken, "{seconds}");
        }
        assert_eq!((both(20), both(600)), (Verdict::Expired, Verdict::Expired));
        assert_eq!((both(-1), both(3600)), (Verdict::Wrong, Verdict::Wrong));
        assert_eq!(next_code_at(later(3)), later(10));
        assert_eq!(taken_until(later(3)), later(20));
    }

    #[test]
    fn another_session_shows_other_codes() {
        let other = Codes::new(SessionId(Uuid::from_u128(8)), "00112233445566778899aabbccddeeff");
        assert_ne!(codes().key(START), other.key(START));
        for key in [codes().key(START).as_str(), "", "00", "no hex"] {
            assert_eq!(other.judge_key(key, START), Verdict::Wrong, "{key}");
        }
        let ticket = codes().ticket(START, "nonce");
        assert_eq!(other.opened_at(&ticket, "nonce", START), Err(TicketFault::Wrong));
    }

    #[test]
    fn a_ticket_belongs_to_its_browser_and_ends() {
        let codes = codes();
        let ticket = codes.ticket(START, "nonce");
        assert_eq!(codes.opened_at(&ticket, "nonce", later(0)), Ok(START));
        assert_eq!(codes.opened_at(&ticket, "nonce", later(299)), Ok(START));
        assert_eq!(codes.opened_at(&ticket, "nonce", later(300)), Err(TicketFault::Expired));
        assert_eq!(codes.opened_at(&ticket, "nonce", later(-1)), Err(TicketFault::Expired), "from the future");
        assert_eq!(codes.opened_at(&ticket, "another", later(1)), Err(TicketFault::Foreign));
        let earlier = ticket.replacen(&START.0.to_string(), &later(-60).0.to_string(), 1);
        assert_eq!(codes.opened_at(&earlier, "nonce", later(1)), Err(TicketFault::Wrong), "an earlier arrival");
        let other = ticket.replacen(&nonce_hash("nonce"), &nonce_hash("another"), 1);
        assert_eq!(codes.opened_at(&other, "another", later(1)), Err(TicketFault::Wrong), "made one's own");
        for bad in ["", ".", "..", "1.", "x.00.00", "1.00.00112233445566778899aabbccddeeff"] {
            assert_eq!(codes.opened_at(bad, "nonce", later(1)), Err(TicketFault::Wrong), "{bad}");
        }
    }
}
