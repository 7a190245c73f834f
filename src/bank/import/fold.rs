//! Characters as they are compared: wide and narrow forms, kinds of brackets, ticks and blanks are one and the same.

/// A character in its plainest form. One character always becomes one, so that places stay what they are.
pub(in crate::bank) fn fold(c: char) -> char {
    match c {
        // The wide forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        '【' | '〔' | '〖' => '[',
        '】' | '〕' | '〗' => ']',
        '﹒' | '․' => '.',
        '﹕' | '∶' => ':',
        '✓' | '✔' | '☑' | '✅' => '√',
        '✗' | '✘' | '╳' | '❌' | '✕' | '✖' | '☒' => '×',
        c if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') => ' ',
        c => c,
    }
}

/// A text as it is looked for: folded, in small letters, without blanks.
pub(in crate::bank) fn plain(text: &str) -> String {
    text.chars().map(fold).filter(|c| *c != ' ').flat_map(char::to_lowercase).collect()
}

/// The name of a law as it is compared: without the state's name before it and marks around it.
pub(in crate::bank) fn law(name: &str) -> String {
    let bare: String = plain(name).chars().filter(|c| !matches!(c, '《' | '》' | '〈' | '〉')).collect();
    bare.strip_prefix("中华人民共和国").map_or(bare.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        assert_eq!(plain(" Ａ．《行政　处罚法》（ ）\u{200b}"), "a.《行政处罚法》()");
        assert_eq!(law("《中华人民共和国行政处罚法》"), law("行政处罚法"));
        assert!(['✓', '☑'].into_iter().map(fold).all(|c| c == '√'));
    }
}
