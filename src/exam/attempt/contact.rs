//! When devices were last heard of: kept in memory, and written down now and then for other instances.

use std::collections::HashMap;

use entity::id::{AttemptId, ExamId};
use entity::instant::Instant;
use parking_lot::Mutex;

/// When the devices of attempts were last heard of by this instance.
#[derive(Default)]
pub(super) struct Contacts(Mutex<HashMap<AttemptId, Contact>>);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) exam: ExamId,
    pub(super) at: Instant,
    /// It was written down as it is.
    pub(super) written: bool,
}

impl Contacts {
    /// An attempt's device is heard of.
    pub(super) fn note(&self, exam: ExamId, attempt: AttemptId, at: Instant) {
        self.0.lock().insert(attempt, Contact { exam, at, written: false });
    }

    /// Puts what is known of an exam over what was written down, where it is newer.
    pub(super) fn over(&self, exam: ExamId, heard: &mut HashMap<AttemptId, Instant>) {
        for (attempt, contact) in self.0.lock().iter().filter(|(_, contact)| contact.exam == exam) {
            let at = heard.entry(*attempt).or_insert(contact.at);
            *at = contact.at.max(*at);
        }
    }

    /// Those that were not written down yet. What was, and is older than this, is forgotten.
    pub(super) fn take(&self, old: Instant) -> Vec<(AttemptId, Contact)> {
        let mut known = self.0.lock();
        known.retain(|_, contact| !contact.written || contact.at > old);
        let mut fresh = Vec::new();
        for (attempt, contact) in known.iter_mut().filter(|(_, contact)| !contact.written) {
            contact.written = true;
            fresh.push((*attempt, *contact));
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_was_written_once_is_not_written_again_until_it_is_heard_of() {
        let contacts = Contacts::default();
        let (exam, attempt) = (ExamId(Uuid::nil()), AttemptId(Uuid::nil()));
        contacts.note(exam, attempt, Instant(5));
        assert_eq!(contacts.take(Instant(0)).len(), 1);
        assert_eq!(contacts.take(Instant(0)).len(), 0);
        contacts.note(exam, attempt, Instant(9));
        assert_eq!(
            contacts.take(Instant(0)),
            [(attempt, Contact { exam, at: Instant(9), written: false })]
                .map(|(a, c)| (a, Contact { written: true, ..c }))
        );
        let mut heard = HashMap::from([(attempt, Instant(7))]);
        contacts.over(exam, &mut heard);
        assert_eq!(heard[&attempt], Instant(9));
        assert_eq!(contacts.take(Instant(9)).len(), 0);
        contacts.over(exam, &mut heard);
        let mut none = HashMap::new();
        contacts.over(exam, &mut none);
        assert!(none.is_empty());
    }
}
