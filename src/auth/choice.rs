//! Which passwords may be chosen.

use pinyin::ToPinyin;
use zxcvbn::{Score, zxcvbn};

use crate::kernel::field::{FieldCode, Fields};

/// The shortest password allowed, in characters.
const MIN_LENGTH: usize = 10;
/// The longest.
const MAX_LENGTH: usize = 128;
/// A part of somebody's name or number that is shorter than this stands in many passwords by chance.
const PART: usize = 4;
/// Words that everybody here would try first.
const LOCAL: &[&str] = &["kaofa", "xuefa", "kaoshi", "mima", "gongwuyuan", "woaini", "zhongguo", "admin"];

/// Whose password it is to be: what an acquaintance would try.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// What they log in with.
    pub(super) username: &'a str,
    /// Their name.
    pub(super) name: &'a str,
    /// Their number; empty if there is none.
    pub(super) staff_no: &'a str,
}

/// Whether a password is of an allowed length; says nothing of whose it is.
pub(super) fn check_length(fields: &mut Fields, field: &str, password: &str) {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        fields.reject_with(field, FieldCode::TooShort, MIN_LENGTH);
    } else if length > MAX_LENGTH {
        fields.reject_with(field, FieldCode::TooLong, MAX_LENGTH);
    }
}

/// Whether a password may be chosen by its owner: long enough, without their name, written or in pinyin, or number, and
/// not one that is found by trying common ones.
pub(super) fn check_choice(fields: &mut Fields, field: &str, password: &str, owner: Owner<'_>) {
    check_length(fields, field, password);
    if fields.has(field) {
        return;
    }
    let plain = password.to_lowercase();
    let spoken = pinyin_of(owner.name);
    let own = [owner.username.to_lowercase(), owner.staff_no.to_lowercase(), owner.name.to_lowercase(), spoken];
    let long = |part: &&String| part.chars().count() >= PART || part.chars().any(|c| !c.is_ascii() && part.len() > 3);
    if own.iter().filter(long).any(|part| plain.contains(part.as_str())) || plain == owner.username.to_lowercase() {
        fields.reject(field, FieldCode::Conflict);
    } else if is_common(password, &own) {
        fields.reject(field, FieldCode::TooEasy);
    }
}

/// Whether it falls to 10^8 guesses by frequent passwords, words, names, dates, keys in a row and repetitions of them
/// (D. Wheeler, zxcvbn: Low-Budget Password Strength Estimation, USENIX Security 2016).
fn is_common(password: &str, own: &[String]) -> bool {
    let words: Vec<&str> = own.iter().map(String::as_str).chain(LOCAL.iter().copied()).collect();
    zxcvbn(password, &words).score() < Score::Three
}

/// A name as it is typed where only letters can be: `李明` is `liming`.
fn pinyin_of(name: &str) -> String {
    name.chars().filter_map(|c| c.to_pinyin()).map(pinyin::Pinyin::plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Option<FieldCode> {
        let mut fields = Fields::new();
        let owner = Owner { username: "ht00012", name: "欧阳建国", staff_no: "HT00012" };
        check_choice(&mut fields, "password", password, owner);
        fields.check().err().map(|invalid| invalid.0[0].code)
    }

    #[test]
    fn a_good_one_is_taken() {
        for good in ["correct horse battery", "竹影扫阶尘不动月穿潭", "Tq8-wz5-Lm2k", "yue guang ru shui 39"]
        {
            assert_eq!(verdict(good), None, "{good}");
        }
    }

    #[test]
    fn length_counts_in_characters() {
        assert_eq!(verdict("短短短"), Some(FieldCode::TooShort));
        assert_eq!(verdict("a1!"), Some(FieldCode::TooShort));
        assert_eq!(verdict(&"长".repeat(129)), Some(FieldCode::TooLong));
    }

    #[test]
    fn what_belongs_to_its_owner_is_refused() {
        for own in ["my HT00012 pass", "OuyangJianguo!77", "欧阳建国的密码是这个"] {
            assert_eq!(verdict(own), Some(FieldCode::Conflict), "{own}");
        }
    }

    #[test]
    fn common_ones_are_refused() {
        let common =
            ["1234567890", "password123", "qwertyuiop", "aaaaaaaaaaaa", "20260101abc", "woaini1314520", "Admin@123456"];
        for password in common {
            assert_eq!(verdict(password), Some(FieldCode::TooEasy), "{password}");
        }
    }
}
