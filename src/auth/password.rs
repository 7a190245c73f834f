//! Passwords: Argon2id, computed off the threads that serve requests, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::kernel::entropy::Entropy;

/// How many hashes are computed at once; each takes 19 MiB (OWASP's first choice for Argon2id: m = 19 MiB, t = 2, p = 1).
const AT_ONCE: usize = 2;

/// Computes and checks password hashes.
#[derive(Debug, Clone)]
pub struct Passwords {
    room: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The hash of a password in PHC form, with a new salt.
    pub async fn hash(&self, rng: &dyn Entropy, password: &str) -> String {
        let salt = rng.bytes::<16>();
        let password = password.to_owned();
        self.off_thread(move || {
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .expect("the default parameters and a salt of 16 bytes are valid")
                .to_string()
        })
        .await
    }

    /// Whether the password has this hash. Without a hash as long is taken, so that nobody learns who has an account.
    pub async fn verify(&self, hash: Option<String>, password: &str) -> bool {
        let password = password.to_owned();
        self.off_thread(move || {
            let Some(hash) = hash else {
                let _ = Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16]);
                return false;
            };
            PasswordHash::new(&hash)
                .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _place = self.room.acquire().await.expect("the semaphore is never closed");
        tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
    }
}
