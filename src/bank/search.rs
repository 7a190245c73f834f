//! How texts are found among many, and which say nearly the same. No database.

use std::collections::HashMap;

use super::content::Content;
use super::import::fold::plain;

/// Stands between the stem and each option, so that nothing is found across them; no text has it.
const BETWEEN: char = '\u{1f}';

/// The characters of a text and their pairs as 512 bits, two bits a character and one a pair, several of them a bit: whatever
/// holds another text has at least its bits (superimposed coding; Knuth, The Art of Computer Programming 3, 6.5). Kept with
/// questions, so it must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grams(pub(super) [i64; 8]);

impl Grams {
    pub(super) fn of(text: &str) -> Self {
        let mut bits = [0_u64; 8];
        // The upper bits of a product (as above, 6.4) choose one of 512, the next ones another.
        let product = |gram: u64| gram.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let pairs = grams(text).map(|gram| product(gram) >> 55);
        let single = |c: char| [product(u64::from(u32::from(c))) >> 55, product(u64::from(u32::from(c))) >> 46 & 511];
        for place in pairs.chain(text.chars().flat_map(single)) {
            if let Some(word) = usize::try_from(place / 64).ok().and_then(|word| bits.get_mut(word)) {
                *word |= 1 << (place % 64);
            }
        }
        Self(bits.map(u64::cast_signed))
    }

    /// Of all that is looked for in a question: its text and the article on which it rests.
    pub(super) fn of_question(search: &str, article: &str) -> Self {
        Self::of(&format!("{search}{BETWEEN}{article}"))
    }
}

/// The pairs of neighbouring characters of a text, one number each.
fn grams(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.chars().zip(text.chars().skip(1)).map(|(a, b)| (u64::from(u32::from(a)) << 32) | u64::from(u32::from(b)))
}

/// What a search for a text looks at: the stem and the options, as texts are compared.
pub(super) fn text_of(content: &Content) -> String {
    let mut text = plain(&content.stem);
    for option in &content.options {
        text.push(BETWEEN);
        text.push_str(&plain(&option.text));
    }
    text
}

/// The stem of such a text.
pub(super) fn stem_of(search: &str) -> &str {
    search.split(BETWEEN).next().unwrap_or_default()
}

/// How alike two stems must be to be told, in percent.
pub(super) const ALIKE: usize = 80;

/// Two stems that are alike, by their places, and how much, in percent.
pub(super) type Alike = (usize, usize, u32);

/// The pairs of stems that are alike: twice the pairs of characters in common over those of both (Dice 1945) is at least
/// [`ALIKE`] percent. At most `most` of them.
///
/// Stems of which at least so many pairs must be common share one of their rarest, so only those are compared (prefix
/// filtering; Chaudhuri, Ganti, Kaushik 2006).
pub(super) fn alike(stems: &[&str], most: usize) -> Vec<Alike> {
    let mut sets: Vec<Vec<u64>> = stems.iter().map(|stem| set(stem)).collect();
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for gram in sets.iter().flatten() {
        *counts.entry(*gram).or_default() += 1;
    }
    let mut order: Vec<usize> = (0..sets.len()).collect();
    order.sort_by_key(|place| sets.get(*place).map(Vec::len));
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut found = Vec::new();
    for place in order {
        let Some(own) = sets.get_mut(place) else { continue };
        let mut rare = own.clone();
        rare.sort_by_key(|gram| (counts.get(gram).copied(), *gram));
        // With a stem that has no more pairs than this one, at least o = t/(2-t) of the shorter one's are common; the
        // shorter one has at least t/(2-t) of this one's.
        let least = (rare.len() * ALIKE).div_ceil(200 - ALIKE);
        let prefix = rare.len() - least + 1;
        let mut candidates: Vec<usize> =
            rare.iter().take(prefix).filter_map(|gram| seen.get(gram)).flatten().copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        for other in candidates {
            let (Some(one), Some(two)) = (sets.get(place), sets.get(other)) else { continue };
            let percent = dice(one, two);
            if percent >= ALIKE {
                found.push((other.min(place), other.max(place), u32::try_from(percent).unwrap_or(100)));
                if found.len() >= most {
                    return found;
                }
            }
        }
        for gram in rare.into_iter().take(prefix) {
            seen.entry(gram).or_default().push(place);
        }
    }
    found.sort_unstable();
    found
}

/// Whether two stems are alike, in percent.
pub(super) fn likeness(one: &str, two: &str) -> usize {
    dice(&set(one), &set(two))
}

/// The pairs of characters of a stem, sorted, each once.
fn set(stem: &str) -> Vec<u64> {
    // Signs tell nothing of what is asked.
    let bare: String = stem.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut set: Vec<u64> = grams(&bare).collect();
    set.sort_unstable();
    set.dedup();
    set
}

fn dice(one: &[u64], two: &[u64]) -> usize {
    let (mut a, mut b, mut common) = (one.iter().peekable(), two.iter().peekable(), 0_usize);
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                common += 1;
                a.next();
                b.next();
            }
        }
    }
    (200 * common).checked_div(one.len() + two.len()).unwrap_or(0)
}

/// Places that belong together, for each the least likeness of the pairs that brought them together.
pub(super) fn clusters(count: usize, pairs: &[Alike]) -> Vec<(Vec<usize>, u32)> {
    let mut parent: Vec<usize> = (0..count).collect();
    let root = |parent: &[usize], mut at: usize| {
        while let Some(above) = parent.get(at).copied().filter(|above| *above != at) {
            at = above;
        }
        at
    };
    for (one, two, _) in pairs {
        let (one, two) = (root(&parent, *one), root(&parent, *two));
        if let Some(place) = parent.get_mut(one.max(two)) {
            *place = one.min(two);
        }
    }
    let mut found: std::collections::BTreeMap<usize, (Vec<usize>, u32)> = std::collections::BTreeMap::new();
    for (one, _, percent) in pairs {
        let entry = found.entry(root(&parent, *one)).or_insert_with(|| (Vec::new(), 100));
        entry.1 = entry.1.min(*percent);
    }
    for at in 0..count {
        if let Some((places, _)) = found.get_mut(&root(&parent, at)) {
            places.push(at);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_holds_a_text_has_its_bits() {
        let whole = Grams::of("行政处罚的追责时效一般为几年");
        let has = |text: &str| whole.0.iter().zip(Grams::of(text).0).all(|(own, wanted)| own & wanted == wanted);
        assert!(has("追责时效") && has("几年") && has("一") && has(""));
        assert!(!has("行政许可法") && !has("民法典") && !has("鲸"));
        // Kept in databases: another value would find nothing there.
        let places = |text: &str| -> Vec<u32> {
            let words = Grams::of(text).0.into_iter().zip(0..);
            words
                .flat_map(|(word, at)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at * 64 + bit))
                .collect()
        };
        assert_eq!(places("法"), [10, 23]);
        assert_eq!(Grams::of("行政处罚"), Grams([0; 8]).with(&["行政", "政处", "处罚"]));
        let question = Grams::of_question("行政处罚", "第三十六条").0;
        assert!(question.iter().zip(Grams::of("三十六").0).all(|(own, wanted)| own & wanted == wanted));
    }

    impl Grams {
        fn with(self, texts: &[&str]) -> Self {
            texts.iter().fold(self, |sum, text| {
                let more = Self::of(text);
                let mut both = sum.0;
                for (own, other) in both.iter_mut().zip(more.0) {
                    *own |= other;
                }
                Self(both)
            })
        }
    }

    #[test]
    fn nearly_the_same_stems_are_found() {
        let stems = [
            "行政处罚的追责时效一般为几年？",
            "行政许可的有效期届满前多少日申请延续？",
            "行政处罚的追责时效，一般为几年",
            "行政处罚的追责时效一般是几年？",
        ];
        let pairs = alike(&stems, 100);
        assert_eq!(pairs.iter().map(|(a, b, _)| (*a, *b)).collect::<Vec<_>>(), [(0, 2), (0, 3), (2, 3)]);
        let found = clusters(stems.len(), &pairs);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, [0, 2, 3]);
        assert_eq!(likeness(stems[0], stems[1]), dice(&set(stems[0]), &set(stems[1])));
        assert!(alike(&stems, 1).len() == 1 && alike(&[], 1).is_empty());
        // Their two pairs in common are not among the rarest of the longer one.
        assert_eq!(alike(&["六四五五", "四五五"], 1), [(0, 1, 80)]);
    }

    proptest! {
        /// What is compared only in part is found as by comparing all.
        #[test]
        fn no_pair_is_missed(stems in proptest::collection::vec("[一二三四五六]{0,12}", 0..14)) {
            let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
            let mut all = Vec::new();
            for (one, a) in stems.iter().enumerate() {
                for (two, b) in stems.iter().enumerate().skip(one + 1) {
                    if likeness(a, b) >= ALIKE {
                        all.push((one, two));
                    }
                }
            }
            let found: Vec<_> = alike(&stems, usize::MAX).into_iter().map(|(a, b, _)| (a, b)).collect();
            prop_assert_eq!(found, all);
        }
    }
}
