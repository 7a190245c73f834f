//! Texts as they stand in files: plain ones in the encodings that offices use, and Word's.

use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::csv::encoding_of;
use super::table::{Limits, MOST_MISTAKES, Mistake, Unreadable};
use crate::kernel::field::FieldCode;

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLine {
    /// Its number, from 1; of a Word file the number of the paragraph, lines broken within one counted too.
    pub number: u32,
    /// What stands in it, without its end.
    pub text: String,
}

/// A text in lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// Its lines, empty ones included.
    pub lines: Vec<TextLine>,
    /// What was found wrong on the way: lines that hold bytes of no character, lines beyond the limits.
    pub mistakes: Vec<Mistake>,
}

impl Document {
    /// Takes a line, if there is room for it; whether there is room for more.
    pub(super) fn push(&mut self, text: &str, limits: Limits) -> bool {
        let number = u32::try_from(self.lines.len()).unwrap_or(u32::MAX).saturating_add(1);
        if number > limits.rows {
            self.note(Mistake::of_row(number, FieldCode::TooManyRows).with(limits.rows));
            return false;
        }
        let mut text = text.to_owned();
        if text.chars().count() > limits.cell {
            self.note(Mistake::of_row(number, FieldCode::TooLong).with(limits.cell));
            text = String::new();
        }
        self.lines.push(TextLine { number, text });
        true
    }

    fn note(&mut self, mistake: Mistake) {
        if self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(mistake);
        }
    }
}

/// How a packed file begins (docx), and how one of the older kind does.
const PACKED: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Reads a Word file (docx), or a plain text in UTF-8, UTF-16 with its mark, or GB18030. What kind it is is seen from its
/// bytes.
pub fn read_document(bytes: &[u8], limits: Limits) -> Result<Document, Unreadable> {
    if bytes.starts_with(PACKED) {
        super::docx::read(bytes, limits)
    } else if bytes.starts_with(COMPOUND) {
        Err(Unreadable::new(FieldCode::Damaged))
    } else {
        plain(bytes, limits)
    }
}

/// A text that somebody pasted.
#[must_use]
pub fn pasted(text: &str, limits: Limits) -> Document {
    let mut document = Document::default();
    for line in text.split('\n') {
        if !document.push(line.strip_suffix('\r').unwrap_or(line), limits) {
            break;
        }
    }
    document
}

fn plain(bytes: &[u8], limits: Limits) -> Result<Document, Unreadable> {
    for (mark, wide) in [(b"\xff\xfe".as_slice(), UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (text, broken) = wide.decode_without_bom_handling(rest);
            return if broken { Err(Unreadable::new(FieldCode::Encoding)) } else { Ok(pasted(&text, limits)) };
        }
    }
    let (encoding, bytes) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (UTF_8, rest),
        None => (encoding_of(bytes), bytes),
    };
    if bytes.contains(&0) {
        return Err(Unreadable::new(FieldCode::Damaged));
    }
    debug_assert!(encoding == UTF_8 || encoding == GB18030, "no other encoding is guessed");
    let mut document = Document::default();
    // Neither encoding has a longer character with the byte of a line's end in it, so lines are cut first: a broken
    // character is then found in its line.
    for line in bytes.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (text, broken) = encoding.decode_without_bom_handling(line);
        if !document.push(if broken { "" } else { &text }, limits) {
            break;
        }
        if broken {
            let number = u32::try_from(document.lines.len()).unwrap_or(u32::MAX);
            document.note(Mistake::of_row(number, FieldCode::Encoding));
        }
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(document: &Document) -> Vec<&str> {
        document.lines.iter().map(|line| line.text.as_str()).collect()
    }

    fn read(bytes: &[u8]) -> Document {
        read_document(bytes, Limits::default()).unwrap()
    }

    #[test]
    fn every_encoding_of_offices_says_the_same() {
        let text = "1．题干（　）。\r\n\r\nA、甲　B、乙\n答案：Ａ";
        let (gb, _, _) = GB18030.encode(text);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &gb, &wide, &big, &marked] {
            let found = read(bytes);
            assert_eq!(texts(&found), ["1．题干（　）。", "", "A、甲　B、乙", "答案：Ａ"]);
            assert_eq!(found.lines[3].number, 4);
        }
        assert_eq!(texts(&pasted(text, Limits::default())), texts(&read(text.as_bytes())));
    }

    #[test]
    fn a_broken_character_is_found_in_its_line() {
        let mut bytes = "第一行也有一些汉字\n".as_bytes().to_vec();
        bytes.extend(&"坏".as_bytes()[..2]);
        bytes.extend("\n末行\n".as_bytes());
        let found = read(&bytes);
        assert_eq!(found.mistakes, [Mistake::of_row(2, FieldCode::Encoding)]);
        assert_eq!(found.lines[2].text, "末行");
    }

    #[test]
    fn nothing_is_read_beyond_the_limits() {
        let limits = Limits { rows: 2, cell: 3, ..Limits::default() };
        let found = read_document("一二三四\n五\n六\n七".as_bytes(), limits).unwrap();
        assert_eq!(texts(&found), ["", "五"]);
        let wanted =
            [Mistake::of_row(1, FieldCode::TooLong).with(3), Mistake::of_row(3, FieldCode::TooManyRows).with(2)];
        assert_eq!(found.mistakes, wanted);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [b"PK\x03\x04 and nothing more".as_slice(), COMPOUND, b"a\0b"] {
            assert_eq!(read_document(bytes, Limits::default()).unwrap_err().code, FieldCode::Damaged);
        }
    }
}
