//! How much a request may bring, by where it goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt;
use poem::{Body, Request};

use super::problem::{Code, Problem};

/// The largest body of an operation or a form, in bytes.
const MAX_BODY: usize = 1 << 20;
/// The largest body of an address that takes a file, and where those are.
const MAX_FILE: usize = 20 << 20;
const FILES: &[&str] = &[
    "/api/v1/imports/",
    "/api/v1/attachments",
    "/attendance/import/",
    "/people/import",
    "/questions/import",
    "/units/import",
    "/years/past/import",
];
/// How much more of a body is read before the connection is broken off.
const MAX_SENT: usize = 16 << 20;

/// The limit of a request.
#[derive(Debug, Clone)]
pub(super) struct Limited {
    most: usize,
    exceeded: Arc<AtomicBool>,
}

impl Limited {
    /// That the body was larger, and than what; nothing if it was not.
    pub(super) fn problem(&self) -> Option<Problem> {
        let exceeded = self.exceeded.load(Ordering::Relaxed);
        exceeded.then(|| Problem::new(Code::TooLarge).about(format!("{} MiB", self.most >> 20)))
    }
}

fn most(path: &str) -> usize {
    if FILES.iter().any(|files| path.starts_with(files)) { MAX_FILE } else { MAX_BODY }
}

/// Refuses a body that is larger than allowed, whether or not it said so beforehand. What is too much is read on for a
/// while and thrown away: whoever is cut off in the midst of sending never gets to see the answer.
pub(super) fn limit(request: &mut Request) -> Limited {
    let limited = Limited { most: most(request.uri().path()), exceeded: Arc::default() };
    let body = Box::pin(request.take_body().into_bytes_stream());
    let rest =
        futures_util::stream::unfold((body, 0_usize, limited.clone()), |(mut body, mut taken, limited)| async move {
            loop {
                let too_large = |limited: &Limited| {
                    limited.exceeded.store(true, Ordering::Relaxed);
                    io::Error::new(io::ErrorKind::FileTooLarge, "the body is too large")
                };
                match body.next().await {
                    Some(Ok(chunk)) => {
                        taken = taken.saturating_add(chunk.len());
                        if taken <= limited.most {
                            return Some((Ok(chunk), (body, taken, limited)));
                        }
                        if taken > limited.most.saturating_add(MAX_SENT) {
                            return Some((Err(too_large(&limited)), (body, 0, limited)));
                        }
                    }
                    Some(Err(error)) => return Some((Err(error), (body, 0, limited))),
                    None if taken > limited.most => return Some((Err(too_large(&limited)), (body, 0, limited))),
                    None => return None,
                }
            }
        });
    request.set_body(Body::from_bytes_stream(rest));
    limited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_larger_than_a_form() {
        assert_eq!(most("/api/v1/imports/people"), MAX_FILE);
        assert_eq!(most("/api/v1/exams"), MAX_BODY);
    }
}
