//! The saves of one attempt: what is new, what is known already, what counts.

use std::collections::BTreeMap;

use entity::instant::Instant;

use crate::kernel::digest::{Digest, sha256};
use crate::kernel::jcs::write_string;

/// A response as a device sent it, checked against the paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Save {
    /// The place on the paper, from 1.
    pub position: i32,
    /// Grows with each response to a position.
    pub seq: i32,
    /// The response as it is kept.
    pub response: String,
}

/// The sequence number that counts at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The place on the paper, from 1.
    pub position: i32,
    /// The highest number there.
    pub seq: i32,
}

/// The saves of an attempt, all of them or those at some positions.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    saves: BTreeMap<(i32, i32), Kept>,
}

/// What was kept of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// The response as it is kept.
    pub response: String,
    /// When it arrived.
    pub at: Instant,
}

impl Ledger {
    /// Notes a save that the database holds.
    pub(super) fn note(&mut self, position: i32, seq: i32, kept: Kept) {
        self.saves.insert((position, seq), kept);
    }

    /// Whether a save says something else than the ledger holds under its number.
    fn contradicts(&self, save: &Save) -> bool {
        self.saves.get(&(save.position, save.seq)).is_some_and(|kept| kept.response != save.response)
    }

    /// Whether every one of these was taken before.
    pub(super) fn knows(&self, saves: &[Save]) -> bool {
        saves.iter().all(|s| self.saves.get(&(s.position, s.seq)).is_some_and(|kept| kept.response == s.response))
    }

    /// Takes these saves, all or none, and gives those that are new. One whose number is taken by another response
    /// refuses all; its place in the list is given back.
    pub(super) fn take<'a>(&mut self, saves: &'a [Save], at: Instant) -> Result<Vec<&'a Save>, usize> {
        let mut fresh: Vec<&Save> = Vec::new();
        for (index, save) in saves.iter().enumerate() {
            if self.contradicts(save) {
                for save in fresh {
                    self.saves.remove(&(save.position, save.seq));
                }
                return Err(index);
            }
            self.saves.entry((save.position, save.seq)).or_insert_with(|| {
                fresh.push(save);
                Kept { response: save.response.clone(), at }
            });
        }
        Ok(fresh)
    }

    /// What counts at the positions of these saves, each position once, in order.
    pub(super) fn counted(&self, saves: &[Save]) -> Vec<Counted> {
        let mut positions: Vec<i32> = saves.iter().map(|s| s.position).collect();
        positions.sort_unstable();
        positions.dedup();
        let highest = |position| {
            let (&(_, seq), _) = self.saves.range((position, i32::MIN)..=(position, i32::MAX)).next_back()?;
            Some(Counted { position, seq })
        };
        positions.into_iter().filter_map(highest).collect()
    }

    /// For each position with saves the one that counts, in order.
    pub(super) fn answers(&self) -> BTreeMap<i32, (i32, &str)> {
        // Ascending by number, so the last of a position stays.
        self.saves.iter().map(|(&(position, seq), kept)| (position, (seq, kept.response.as_str()))).collect()
    }

    /// How many saves there are.
    pub(super) fn len(&self) -> usize {
        self.saves.len()
    }

    /// SHA-256 over the canonical JSON of all saves by position and number,
    /// `[{"at":<ms>,"position":1,"response":"x1 x3","seq":1}]`. It goes into the log when the paper is handed in, so that
    /// no save can be changed, added or taken away afterwards without it being seen.
    pub(super) fn digest(&self) -> Digest {
        let mut out = Vec::with_capacity(16 + self.saves.len() * 80);
        out.push(b'[');
        for (nth, ((position, seq), kept)) in self.saves.iter().enumerate() {
            let comma = if nth > 0 { "," } else { "" };
            let head = format!("{comma}{{\"at\":{},\"position\":{position},\"response\":", kept.at.0);
            out.extend_from_slice(head.as_bytes());
            write_string(&mut out, &kept.response);
            out.extend_from_slice(format!(",\"seq\":{seq}}}").as_bytes());
        }
        out.push(b']');
        sha256(&[&out])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::kernel::jcs;

    const AT: Instant = Instant(5);

    fn save(position: i32, seq: i32, response: &str) -> Save {
        Save { position, seq, response: response.to_owned() }
    }

    fn counted(position: i32, seq: i32) -> Counted {
        Counted { position, seq }
    }

    #[test]
    fn the_same_save_again_changes_nothing() {
        let mut ledger = Ledger::default();
        let saves = [save(1, 1, "x1"), save(2, 1, "true")];
        assert_eq!(ledger.take(&saves, AT).unwrap().len(), 2);
        let before = ledger.digest();
        assert_eq!(ledger.take(&saves, Instant(9)).unwrap(), Vec::<&Save>::new());
        assert_eq!(ledger.digest(), before);
        assert!(ledger.knows(&saves) && !ledger.knows(&[save(1, 2, "x1")]) && !ledger.knows(&[save(1, 1, "")]));
    }

    #[test]
    fn one_number_holds_one_response_and_all_is_refused() {
        let mut ledger = Ledger::default();
        ledger.take(&[save(1, 1, "x1")], AT).unwrap();
        let before = ledger.digest();
        assert_eq!(ledger.take(&[save(2, 1, "x2"), save(1, 1, "x2"), save(3, 1, "x3")], AT), Err(1));
        assert_eq!(ledger.digest(), before);
        assert_eq!(ledger.take(&[save(2, 1, "x2"), save(2, 1, "x3")], AT), Err(1));
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger.take(&[save(2, 1, "x2"), save(2, 1, "x2")], AT).unwrap().len(), 1);
    }

    #[test]
    fn the_highest_number_counts_whenever_it_came() {
        let mut ledger = Ledger::default();
        ledger.take(&[save(1, 7, "x1")], AT).unwrap();
        let late = [save(1, 3, "x2"), save(2, 1, "x4")];
        assert_eq!(ledger.take(&late, AT).unwrap().len(), 2);
        assert_eq!(ledger.counted(&late), [counted(1, 7), counted(2, 1)]);
        assert_eq!(ledger.answers().into_iter().collect::<Vec<_>>(), [(1, (7, "x1")), (2, (1, "x4"))]);
        ledger.take(&[save(1, 8, "")], AT).unwrap();
        assert_eq!(ledger.answers()[&1], (8, ""));
        assert_eq!(ledger.counted(&[save(1, 8, ""), save(1, 8, "")]), [counted(1, 8)]);
    }

    proptest! {
        #[test]
        fn the_digest_is_over_canonical_json(
            saves in proptest::collection::vec((1..20_i32, 1..5_i32, "[a-z\"\\\\é ]{0,6}", 0..9_i64), 0..20),
        ) {
            let mut ledger = Ledger::default();
            for (position, seq, response, at) in saves {
                ledger.note(position, seq, Kept { response, at: Instant(at) });
            }
            let list: Vec<_> = (ledger.saves.iter())
                .map(|((position, seq), kept)| {
                    json!({ "position": position, "seq": seq, "response": kept.response, "at": kept.at.0 })
                })
                .collect();
            prop_assert_eq!(ledger.digest(), sha256(&[&jcs::canonical(&list).unwrap()]));
        }
    }
}
