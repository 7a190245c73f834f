//! One-time codes: short enough to be read off a slip, of characters that are not taken for one another.

use entity::id::AccountId;

use crate::kernel::digest::Mac;
use crate::kernel::entropy::Entropy;

/// Digits and letters without 0 O, 1 I L, 2 Z, 5 S, 8 B: 25 of them.
const ALPHABET: &[u8; 25] = b"34679ACDEFGHJKMNPQRTUVWXY";
/// So many of them; 25^8 is more than 2^37.
const LENGTH: usize = 8;

/// A new code.
pub(super) fn generate(rng: &dyn Entropy) -> String {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let [byte] = rng.bytes::<1>();
        // 250 is the largest multiple of 25 in a byte: beyond it some characters would come more often.
        if byte < 250
            && let Some(character) = ALPHABET.get(usize::from(byte) % ALPHABET.len())
        {
            code.push(char::from(*character));
        }
    }
    code
}

/// As it is printed: `ACDE-3467`.
pub(super) fn printed(code: &str) -> String {
    match code.split_at_checked(LENGTH / 2) {
        Some((head, tail)) => format!("{head}-{tail}"),
        None => code.to_owned(),
    }
}

/// As it was meant, from what was typed: small letters, full-width ones, blanks and hyphens are all the same.
pub(super) fn meant(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    typed.chars().map(narrow).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(64).collect()
}

/// What is kept of a code. The key makes it worthless to somebody who has the database alone, short as it is.
pub(super) fn hash(key: &[u8; 32], account: AccountId, code: &str) -> String {
    Mac::new(key).lp(account.to_string().as_bytes()).lp(code.as_bytes()).finish().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::SeededEntropy;

    #[test]
    fn a_code_survives_paper() {
        let code = generate(&SeededEntropy::new(3));
        assert_eq!(code.len(), LENGTH);
        assert!(code.bytes().all(|b| ALPHABET.contains(&b)));
        let shown = printed(&code);
        let wide: String = shown.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for typed in [shown.clone(), shown.to_lowercase(), format!(" {} ", shown.replace('-', " - ")), wide] {
            assert_eq!(meant(&typed), code, "{typed}");
        }
    }

    #[test]
    fn every_character_comes_about_as_often() {
        let rng = SeededEntropy::new(4);
        let codes: String = (0..5_000).map(|_| generate(&rng)).collect();
        for character in ALPHABET {
            let often = codes.bytes().filter(|b| b == character).count();
            assert!((1_400..1_800).contains(&often), "{}: {often}", char::from(*character));
        }
    }

    #[test]
    fn a_code_is_one_accounts_alone() {
        let [one, other] = [1, 2].map(|n| AccountId(uuid::Uuid::from_u128(n)));
        assert_eq!(hash(&[7; 32], one, "ACDE3467"), hash(&[7; 32], one, "ACDE3467"));
        assert_ne!(hash(&[7; 32], one, "ACDE3467"), hash(&[7; 32], other, "ACDE3467"));
        assert_ne!(hash(&[7; 32], one, "ACDE3467"), hash(&[8; 32], one, "ACDE3467"));
    }
}
