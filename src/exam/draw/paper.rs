//! A paper: who it is for, what stands on it in which order, and its digest.

use serde::{Deserialize, Serialize};

use crate::kernel::digest::{Digest, lp, sha256};
use crate::kernel::jcs::write_string;

/// A paper drawn for one attempt of one candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Who it is for; see [`candidate`].
    pub candidate: Digest,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// Which try of the balance it is, from 0; always 0 without a balance.
    pub k: u32,
    /// Its questions in order, section by section.
    pub items: Vec<PaperItem>,
}

/// A question on a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperItem {
    /// The section it stands in, by place from "1".
    pub section: String,
    /// `question id@version`.
    pub item: String,
    /// The ids of its options in the order shown; none for a judgement.
    pub options: Vec<String>,
}

/// The candidate's name in a draw file, `H(LP(exam id) || LP(person id))`: it joins the papers of one person in one
/// exam, and nothing across exams.
#[must_use]
pub fn candidate(exam: &str, person: &str) -> Digest {
    sha256(&[&lp(exam.as_bytes()), &lp(person.as_bytes())])
}

impl Paper {
    /// `H(JCS({"candidate","attempt","k","items"}))`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest_with(&self.items_text())
    }

    /// Its items as they are kept, which is their canonical JSON, and its digest.
    #[must_use]
    pub fn written(&self) -> (String, Digest) {
        let items = self.items_text();
        let digest = self.digest_with(&items);
        (items, digest)
    }

    fn digest_with(&self, items: &str) -> Digest {
        let Self { attempt, candidate, k, .. } = self;
        let head = format!("{{\"attempt\":{attempt},\"candidate\":\"{candidate}\",\"items\":");
        sha256(&[head.as_bytes(), items.as_bytes(), format!(",\"k\":{k}}}").as_bytes()])
    }

    /// The canonical JSON of the items, written field by field in sorted order: a `serde_json::Value` of a paper costs
    /// several times as much as drawing it. A test holds it to [`jcs::canonical`](crate::kernel::jcs::canonical).
    fn items_text(&self) -> String {
        let mut out = Vec::with_capacity(16 + self.items.len() * 128);
        out.push(b'[');
        for (at, item) in self.items.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"{\"item\":" } else { b",{\"item\":" });
            write_string(&mut out, &item.item);
            out.extend_from_slice(b",\"options\":[");
            for (at, option) in item.options.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(&mut out, option);
            }
            out.extend_from_slice(b"],\"section\":");
            write_string(&mut out, &item.section);
            out.push(b'}');
        }
        out.push(b']');
        String::from_utf8(out).expect("it is put together from texts")
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::fixtures;
    use super::*;
    use crate::kernel::jcs;

    #[test]
    fn worked_examples() {
        for case in fixtures::vectors().cases {
            for example in case.papers {
                assert_eq!(candidate(&case.manifest.exam, &example.person), example.candidate, "{}", case.name);
                assert_eq!(example.paper().digest(), example.digest, "{}", case.name);
            }
        }
    }

    prop_compose! {
        fn item()(section: String, item: String, options in vec(any::<String>(), 0..5)) -> PaperItem {
            PaperItem { section, item, options }
        }
    }

    proptest! {
        #[test]
        fn the_short_cut_is_canonical(attempt: u32, k: u32, items in vec(item(), 0..5), candidate: [u8; 32]) {
            let paper = Paper { candidate: Digest::from_bytes(candidate), attempt, k, items };
            let (items, digest) = paper.written();
            prop_assert_eq!(items.into_bytes(), jcs::canonical(&paper.items).unwrap());
            prop_assert_eq!((digest, digest), (paper.digest(), sha256(&[&jcs::canonical(&paper).unwrap()])));
        }
    }
}
