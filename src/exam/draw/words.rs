//! The stream of random words a key and a label give, and what is drawn from it: a number below a bound, a shuffle.
//!
//! `rand`'s generators and its shuffle may change between versions; a draw must be the same in ten years, so all of it
//! is spelt out here on top of HMAC-SHA-256 alone.

use std::array;
use std::collections::HashMap;
use std::num::NonZeroU64;

use crate::kernel::digest::{Digest, Mac};

/// `words(k, label…)`: the blocks `MAC(k, LP(label1) || LP(label2) || … || LP(i))` for i = 0, 1, 2 …, i as decimal
/// text, each read as four big-endian 64-bit words.
#[derive(Debug, Clone)]
pub struct Words {
    /// Key and labels already absorbed: a block costs its counter and no more.
    labelled: Mac,
    /// The number of the next block.
    block: u64,
    ready: array::IntoIter<u64, 4>,
}

impl Words {
    /// The stream under `key` for these labels, from its beginning.
    #[must_use]
    pub fn new(key: &Digest, labels: &[&str]) -> Self {
        let labelled = labels.iter().fold(Mac::new(key.as_bytes()), |mac, label| mac.lp(label.as_bytes()));
        let mut ready = [0; 4].into_iter();
        ready.by_ref().for_each(drop);
        Self { labelled, block: 0, ready }
    }

    /// The next word of the stream, which has no end.
    #[must_use = "a word thrown away shifts all that follow"]
    pub fn word(&mut self) -> u64 {
        loop {
            if let Some(word) = self.ready.next() {
                return word;
            }
            let block = self.labelled.clone().lp(self.block.to_string().as_bytes()).finish();
            self.block += 1;
            let mut four = [0; 4];
            let (words, _) = block.as_bytes().as_chunks();
            for (place, word) in four.iter_mut().zip(words) {
                *place = u64::from_be_bytes(*word);
            }
            self.ready = four.into_iter();
        }
    }

    /// A number below `bound`, every one equally likely: the next word `w < 2^64 − (2^64 mod bound)`, modulo `bound`;
    /// words at or past that are thrown away. A bound of 1 takes a word too.
    #[must_use = "a number thrown away shifts all that follow"]
    pub fn below(&mut self, bound: NonZeroU64) -> u64 {
        // −bound and 2^64 are congruent modulo bound, and the former fits the type.
        let excess = bound.get().wrapping_neg() % bound;
        loop {
            let word = self.word();
            if word <= u64::MAX - excess {
                return word % bound;
            }
        }
    }

    /// Shuffles the whole list, its last place included: one number for each of its places.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for place in 0..list.len() {
            let other = self.place_from(place, list.len());
            list.swap(place, other);
        }
    }

    /// The shuffle of a list of `len` dealt place by place, as the indices of its items; it takes a word only for what
    /// is dealt, and memory likewise.
    pub fn deal(&mut self, len: usize) -> Deal<'_> {
        Deal { words: self, len, place: 0, moved: HashMap::new() }
    }

    /// A place from `place` to the end of a list of `len`.
    fn place_from(&mut self, place: usize, len: usize) -> usize {
        let left = len.checked_sub(place).and_then(|left| u64::try_from(left).ok()).and_then(NonZeroU64::new);
        let ahead = self.below(left.expect("a place is dealt only while one is left"));
        place + usize::try_from(ahead).expect("below a length that is a usize")
    }
}

/// A shuffle dealt lazily; see [`Words::deal`]. The Fisher–Yates shuffle of a list that is never copied: only the places
/// that hold another item than at first are remembered.
#[derive(Debug)]
pub struct Deal<'a> {
    words: &'a mut Words,
    len: usize,
    /// The place to be dealt next.
    place: usize,
    /// Place → index of the item there, where that is no longer the place itself. Places already dealt are left out.
    moved: HashMap<usize, usize>,
}

impl Iterator for Deal<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.place == self.len {
            return None;
        }
        let place = self.place;
        let other = self.words.place_from(place, self.len);
        self.place += 1;
        let here = self.moved.remove(&place).unwrap_or(place);
        if other == place {
            return Some(here);
        }
        Some(self.moved.insert(other, here).unwrap_or(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures;
    use super::*;

    fn words(seed: u8) -> Words {
        Words::new(&Digest::from_bytes([seed; 32]), &["test"])
    }

    #[test]
    fn worked_examples() {
        let example = fixtures::vectors().words;
        let labels: Vec<_> = example.labels.iter().map(String::as_str).collect();
        let mut stream = Words::new(&example.key, &labels);
        let first: Vec<_> = example.first.iter().map(|_| stream.word().to_string()).collect();
        assert_eq!(first, example.first);
        let mut stream = Words::new(&example.key, &labels);
        for (bound, value) in &example.below {
            assert_eq!(stream.below(bound.parse().unwrap()).to_string(), *value, "below {bound}");
        }
    }

    #[test]
    fn labels_do_not_run_together() {
        let key = Digest::from_bytes([7; 32]);
        assert_ne!(Words::new(&key, &["ab", "c"]).word(), Words::new(&key, &["a", "bc"]).word());
    }

    #[test]
    fn below_one_takes_a_word() {
        let (mut one, mut other) = (words(1), words(1));
        assert_eq!(one.below(NonZeroU64::MIN), 0);
        let _ = other.word();
        assert_eq!(one.word(), other.word());
    }

    #[test]
    fn every_place_is_about_as_likely() {
        // 24,000 shuffles of four: each of the 24 orders about 1,000 times. The words are fixed, so is the outcome.
        let mut stream = words(3);
        let mut seen: HashMap<[u8; 4], u32> = HashMap::new();
        for _ in 0..24_000 {
            let mut list = [0, 1, 2, 3];
            stream.shuffle(&mut list);
            *seen.entry(list).or_default() += 1;
        }
        assert_eq!(seen.len(), 24);
        // The 99.9 % point of chi-square with 23 degrees of freedom is 49.7.
        let chi_square: i64 = seen.values().map(|&n| (i64::from(n) - 1_000).pow(2)).sum::<i64>() / 1_000;
        assert!(chi_square < 50, "{chi_square}");
    }

    proptest! {
        #[test]
        fn below_is_below(seed: u8, bound in 1_u64..) {
            let mut stream = words(seed);
            for _ in 0..20 {
                prop_assert!(stream.below(NonZeroU64::new(bound).unwrap()) < bound);
            }
        }

        #[test]
        fn a_shuffle_is_a_permutation_dealt_alike(seed: u8, len in 0_usize..200, wanted in 0_usize..200) {
            let mut list: Vec<_> = (0..len).collect();
            words(seed).shuffle(&mut list);
            let mut sorted = list.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..len));

            let mut stream = words(seed);
            let dealt: Vec<_> = stream.deal(len).take(wanted).collect();
            prop_assert_eq!(&dealt, &list[..wanted.min(len)]);
            // It took as many words as it dealt (none is ever refused for bounds this small, but one in 2^56).
            let mut counted = words(seed);
            for _ in &dealt {
                let _ = counted.word();
            }
            prop_assert_eq!(stream.word(), counted.word());
        }
    }
}
