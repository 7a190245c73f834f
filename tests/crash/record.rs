//! What clients sent and what was acknowledged to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A place on a paper and a sequence number.
pub(crate) type Key = (i32, i32);

/// The record of all clients, which no server can touch.
#[derive(Debug, Default)]
pub(crate) struct Record {
    books: Mutex<BTreeMap<String, Book>>,
    complaints: Mutex<Vec<String>>,
    refused: Mutex<u64>,
}

/// What one attempt's client knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    pub(crate) person: String,
    /// The digest of the paper that it was given.
    pub(crate) paper: String,
    /// Every response that ever left the client.
    pub(crate) sent: BTreeMap<Key, String>,
    /// Those that were acknowledged.
    pub(crate) kept: BTreeSet<Key>,
    /// When the server said that it was handed in.
    pub(crate) submitted_at: Option<String>,
    /// The client sent it off.
    pub(crate) submitting: bool,
}

impl Record {
    /// A paper came.
    pub(crate) fn started(&self, attempt: &str, person: &str, paper: &str) {
        let mut books = self.books.lock().unwrap();
        let book = books.entry(attempt.to_owned()).or_default();
        if book.paper.is_empty() {
            person.clone_into(&mut book.person);
            paper.clone_into(&mut book.paper);
        } else if book.paper != paper {
            self.complain(format!("{attempt}: another paper, {paper} instead of {}", book.paper));
        }
    }

    /// A response is about to leave.
    pub(crate) fn sends(&self, attempt: &str, key: Key, response: &str) {
        self.with(attempt, |book| {
            book.sent.insert(key, response.to_owned());
        });
    }

    /// A response was acknowledged.
    pub(crate) fn acknowledged(&self, attempt: &str, key: Key) {
        self.with(attempt, |book| {
            book.kept.insert(key);
        });
    }

    /// The paper is about to be handed in.
    pub(crate) fn submits(&self, attempt: &str) {
        self.with(attempt, |book| book.submitting = true);
    }

    /// The server says that it has the paper since then.
    pub(crate) fn submitted(&self, attempt: &str, at: &str) {
        self.with(attempt, |book| {
            if let Some(first) = book.submitted_at.replace(at.to_owned())
                && first != at
            {
                self.complain(format!("{attempt}: handed in at {first} and at {at}"));
            }
        });
    }

    /// Something came back that should not.
    pub(crate) fn complain(&self, what: String) {
        self.complaints.lock().unwrap().push(what);
    }

    /// The server said that it cannot take anything now.
    pub(crate) fn refused(&self) {
        *self.refused.lock().unwrap() += 1;
    }

    fn with(&self, attempt: &str, change: impl FnOnce(&mut Book)) {
        change(self.books.lock().unwrap().get_mut(attempt).expect("a paper that was started"));
    }

    /// What every client knows, by attempt.
    pub(crate) fn books(&self) -> BTreeMap<String, Book> {
        self.books.lock().unwrap().clone()
    }

    /// What came back that should not.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.lock().unwrap().clone()
    }

    /// How many answers were acknowledged.
    pub(crate) fn count(&self) -> usize {
        self.books.lock().unwrap().values().map(|book| book.kept.len()).sum()
    }

    /// Waits until so many more answers have been acknowledged.
    pub(crate) async fn grows_by(&self, answers: usize) {
        let (wanted, begun) = (self.count() + answers, Instant::now());
        while self.count() < wanted {
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not go on: {:?}", self.complaints());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many requests were refused for the time being.
    pub(crate) fn refusals(&self) -> u64 {
        *self.refused.lock().unwrap()
    }
}
