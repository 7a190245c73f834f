//! The order of Chinese: by pinyin, as the root collation of `zh` has it (CLDR, UTS #10). A key that is kept beside a name
//! lets a database sort by it without knowing any of this.

use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use icu_locale_core::locale;

/// What every key of these tables begins with. Keys of other tables (another edition of CLDR) don't compare with them: raise
/// this with every new edition of `icu_collator`, and kept keys are made anew.
pub const EDITION: &str = "01";

static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
    Collator::try_new(locale!("zh").into(), CollatorOptions::default()).expect("the tables are part of the program")
});

/// The key of a text: as texts, keys are in the order of what they were made of. Only digits and small letters from a to f,
/// which every database sorts alike.
#[must_use]
pub fn sort_key(text: &str) -> String {
    let mut key = Vec::new();
    let Ok(()) = COLLATOR.write_sort_key_to(text, &mut key);
    format!("{EDITION}{}", hex::encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_sorts_by_pinyin_before_other_scripts() {
        let sorted = ["安静", "曹操", "李四", "欧阳锋", "王五", "张飞", "张三", "赵云", "周瑜", "Anna"];
        let mut names = sorted;
        names.reverse();
        names.sort_by_cached_key(|name| sort_key(name));
        assert_eq!(names, sorted);
    }

    #[test]
    fn rare_characters_have_their_place_and_no_two_names_one_key() {
        let names = ["㐀", "𬱖", "𠮷", "张三", "张叁", "张三 ", "a", "A", ""];
        let mut keys: Vec<String> = names.iter().map(|name| sort_key(name)).collect();
        keys.sort();
        keys.dedup();
        assert!(keys.len() >= names.len() - 1);
        assert!(keys.iter().all(|key| key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))));
    }
}
