//! What stands at the beginning of a line, and where a line begins anew: numbers, letters of options, words with a colon.

use super::super::fold::fold;
use super::super::words::{KEYS, Key, kind_of};
use crate::bank::content::Kind;

/// A line with its characters folded, place by place.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    own: Vec<char>,
    folded: Vec<char>,
}

/// The number before a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) number: u32,
    /// Where the text after it begins.
    pub(super) after: usize,
    /// It may as well be part of a text: believed only where it is the number that comes next.
    pub(super) weak: bool,
}

/// The letter before an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) name: char,
    /// Where the mark begins, and the text after it.
    pub(super) at: usize,
    pub(super) after: usize,
    /// Nothing but blanks stand after the letter.
    pub(super) bare: bool,
}

impl Marked {
    pub(super) fn new(line: &str) -> Self {
        let own: Vec<char> = line.chars().collect();
        Self { folded: own.iter().copied().map(fold).collect(), own }
    }

    pub(super) fn len(&self) -> usize {
        self.own.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.folded.get(at).copied()
    }

    /// What stands between two places, as it was written, without blanks around it.
    pub(super) fn text(&self, from: usize, to: usize) -> String {
        let part: String = self.own.get(from..to.min(self.own.len())).unwrap_or_default().iter().collect();
        trimmed(&part).to_owned()
    }

    /// The same, folded.
    pub(super) fn folded(&self, from: usize, to: usize) -> String {
        let part: String = self.folded.get(from..to.min(self.folded.len())).unwrap_or_default().iter().collect();
        part.trim().to_owned()
    }

    fn is(&self, at: usize, wanted: &str) -> bool {
        wanted.chars().enumerate().all(|(n, c)| self.get(at + n).is_some_and(|own| own.eq_ignore_ascii_case(&c)))
    }

    pub(super) fn skip(&self, mut at: usize) -> usize {
        while self.get(at) == Some(' ') {
            at += 1;
        }
        at
    }

    fn digits(&self, at: usize) -> Option<(u32, usize)> {
        let mut end = at;
        while self.get(end).is_some_and(|c| c.is_ascii_digit()) {
            end += 1;
        }
        if end == at || end - at > 4 {
            return None;
        }
        let text: String = self.folded.get(at..end)?.iter().collect();
        Some((text.parse().ok()?, end))
    }

    /// The number with which a line begins: `12.`, `12、`, `(12)`, `第12题`, or only `12` before blanks.
    pub(super) fn order(&self) -> Option<Order> {
        let start = self.skip(0);
        let (open, named) = (self.get(start) == Some('('), self.get(start) == Some('第'));
        let from = if open || named { self.skip(start + 1) } else { start };
        let (number, end) = self.digits(from)?;
        let at = self.skip(end);
        let mark = self.get(at);
        if open {
            return (mark == Some(')')).then(|| Order { number, after: self.skip(at + 1), weak: true });
        }
        if named {
            if mark != Some('题') {
                return None;
            }
            let next = self.skip(at + 1);
            let after =
                if matches!(self.get(next), Some('.' | '、' | ':' | ')')) { self.skip(next + 1) } else { next };
            return Some(Order { number, after, weak: false });
        }
        match mark {
            Some('.' | '、' | ')' | ':') => {
                let after = self.skip(at + 1);
                // `1.5` is a number, and `1.2021` a question about a year.
                let weak = mark == Some('.') && after == at + 1 && self.get(after).is_some_and(|c| c.is_ascii_digit());
                Some(Order { number, after, weak })
            }
            Some(_) if at > end => Some(Order { number, after: at, weak: true }),
            _ => None,
        }
    }

    /// The mark of an option at a place: `A.`, `A、`, `(A)`, or only `A` before blanks.
    pub(super) fn letter(&self, at: usize) -> Option<Letter> {
        let open = self.get(at) == Some('(');
        let place = if open { self.skip(at + 1) } else { at };
        let letter = self.get(place).filter(|c| matches!(c, 'A'..='H' | 'a'..='h'))?.to_ascii_uppercase();
        let next = self.skip(place + 1);
        let mark = self.get(next);
        if open {
            return (mark == Some(')')).then(|| Letter { name: letter, at, after: self.skip(next + 1), bare: false });
        }
        match mark {
            Some('.' | '、' | ':' | ')') => Some(Letter { name: letter, at, after: self.skip(next + 1), bare: false }),
            _ if next > place + 1 && next < self.len() => Some(Letter { name: letter, at, after: next, bare: true }),
            _ => None,
        }
    }

    /// The marks of options from a place on, one letter after the other, beginning with `first`. A mark without a sign
    /// after the letter is believed at the beginning of a line and after blanks.
    pub(super) fn letters(&self, from: usize, first: char) -> Vec<Letter> {
        let mut wanted = Some(first);
        let (mut found, mut at) = (Vec::new(), from);
        while at < self.len() {
            let before = if at == from { None } else { self.get(at.saturating_sub(1)) };
            let free = before.is_none_or(|c| !c.is_ascii_alphanumeric());
            let spaced = before.is_none_or(|c| c == ' ');
            let letter = self.letter(at).filter(|l| free && (spaced || !l.bare) && Some(l.name) == wanted);
            match letter {
                Some(letter) => {
                    wanted = next_letter(letter.name);
                    at = letter.after.max(at + 1);
                    found.push(letter);
                }
                None => at += 1,
            }
        }
        found
    }

    /// The words with a colon or in brackets: which, where each begins, and where its text does. Within a line one is
    /// believed in brackets and after blanks.
    pub(super) fn keys(&self) -> Vec<(Key, usize, usize)> {
        let mut found: Vec<(Key, usize, usize)> = Vec::new();
        let (start, mut at) = (self.skip(0), self.skip(0));
        while at < self.len() {
            let spaced = at == start || self.get(at - 1).is_none_or(|c| c == ' ');
            match self.key(at, spaced) {
                Some((key, after)) => {
                    found.push((key, at, after));
                    at = after.max(at + 1);
                }
                None => at += 1,
            }
        }
        found
    }

    fn key(&self, at: usize, spaced: bool) -> Option<(Key, usize)> {
        let bracket = match self.get(at) {
            Some('[') => Some(']'),
            Some('(') if spaced => Some(')'),
            _ => None,
        };
        if bracket.is_none() && !spaced {
            return None;
        }
        let from = if bracket.is_some() { self.skip(at + 1) } else { at };
        let (word, key) = KEYS.iter().find(|(word, _)| self.is(from, word))?;
        let mut end = self.skip(from + word.chars().count());
        if let Some(close) = bracket {
            // `(答案:A)` closes after its text, which is no bracket around the word alone.
            if self.get(end) == Some(close) {
                let next = self.skip(end + 1);
                return Some((*key, if self.get(next) == Some(':') { self.skip(next + 1) } else { next }));
            }
        }
        if self.get(end) != Some(':') {
            return None;
        }
        end = self.skip(end + 1);
        Some((*key, end))
    }

    /// The heading of a section, and the kind of questions that it announces: `一、单选题(每题2分)`, `判断题`.
    #[allow(clippy::option_option, reason = "a heading may announce no kind")]
    pub(super) fn heading(&self) -> Option<Option<Kind>> {
        let text = self.folded(0, self.len());
        if text.chars().count() > 60 {
            return None;
        }
        let bare = text.trim_start_matches(['第', '(']);
        let numeral = bare.trim_start_matches(['一', '二', '三', '四', '五', '六', '七', '八', '九', '十']);
        let numbered = numeral.len() < bare.len();
        let rest = numeral.trim_start_matches([')', '部', '分', '、', '.', ':', ' ', '章', '节']);
        let signed = rest.len() < numeral.len();
        let kind = kind_of(rest);
        let begins = ["单", "多", "不定项", "判断", "是非"].iter().any(|word| rest.starts_with(word));
        if let Some(kind) = kind.filter(|_| begins && !rest.contains(['?', '。', ',']) || numbered && signed && begins)
        {
            return Some(Some(kind));
        }
        (numbered && signed && rest.chars().count() <= 30 && !rest.contains(['。', '?'])).then_some(None)
    }
}

pub(super) fn next_letter(letter: char) -> Option<char> {
    let next = u32::from(letter).checked_add(1).and_then(char::from_u32)?;
    (next <= 'H').then_some(next)
}

/// Without what cannot be seen around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| fold(c) == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Option<(u32, String, bool)> {
        let marked = Marked::new(line);
        marked.order().map(|o| (o.number, marked.text(o.after, marked.len()), o.weak))
    }

    #[test]
    fn numbers_as_offices_write_them() {
        for line in ["12.题", "12．题", "12、题", "　12 、 题", "12）题", "第12题：题", "第 12 题 题", "１２．题"]
        {
            assert_eq!(order(line), Some((12, "题".to_owned(), false)), "{line}");
        }
        for line in ["(12)题", "（12） 题", "12  题", "1.2021年修订的"] {
            assert!(order(line).is_some_and(|(.., weak)| weak), "{line}");
        }
        for line in ["2021年修订的", "12", "第十二题", "12345.题", "A.题"] {
            assert_eq!(order(line), None, "{line}");
        }
    }

    fn letters(line: &str) -> Vec<(char, String)> {
        let marked = Marked::new(line);
        let found = marked.letters(0, 'A');
        let ends: Vec<usize> = found.iter().skip(1).map(|l| l.at).chain([marked.len()]).collect();
        found.iter().zip(ends).map(|(l, end)| (l.name, marked.text(l.after, end))).collect()
    }

    #[test]
    fn options_on_one_line() {
        let wanted = [('A', "警告".to_owned()), ('B', "罚款".to_owned()), ('C', "拘留".to_owned())];
        for line in [
            "A.警告B.罚款C.拘留",
            "A．警告　　B．罚款　C．拘留",
            "A、警告 B、罚款 C、拘留",
            "（A）警告（B）罚款（C）拘留",
            "(A) 警告  (B) 罚款  (C) 拘留",
            "a. 警告  b. 罚款  c. 拘留",
            "A 警告   B 罚款   C 拘留",
            "A:警告\tB:罚款\tC:拘留",
        ] {
            assert_eq!(letters(line), wanted, "{line}");
        }
        assert_eq!(letters("A.维生素C、D族 B.USB.C接口"), [('A', "维生素C、D族".into()), ('B', "USB.C接口".into())]);
    }

    #[test]
    fn words_with_a_colon() {
        let keys = |line: &str| Marked::new(line).keys().into_iter().map(|(key, ..)| key).collect::<Vec<_>>();
        assert_eq!(keys("答案：A 解析：因为 依据：《法》"), [Key::Answer, Key::Explanation, Key::Basis]);
        assert_eq!(keys("【答案】A【解析】因为"), [Key::Answer, Key::Explanation]);
        assert_eq!(keys("【答案】：A"), [Key::Answer]);
        assert_eq!(keys("（答案）A"), [Key::Answer]);
        assert_eq!(keys("正确答案: A"), [Key::Answer]);
        assert_eq!(keys("答案解析：因为"), [Key::Explanation]);
        assert_eq!(keys("以法律依据：为准"), []);
        assert_eq!(keys("答案是A"), []);
    }

    #[test]
    fn headings() {
        let heading = |line: &str| Marked::new(line).heading();
        assert_eq!(heading("一、单选题（每题2分，共20题）"), Some(Some(Kind::Single)));
        assert_eq!(heading("二、多项选择题"), Some(Some(Kind::Multiple)));
        assert_eq!(heading("第三部分 判断题"), Some(Some(Kind::Judgement)));
        assert_eq!(heading("判断题"), Some(Some(Kind::Judgement)));
        assert_eq!(heading("四、行政处罚法"), Some(None));
        assert_eq!(heading("判断当事人是否有过错，应当看什么？"), None);
        assert_eq!(heading("一般程序的期限为三十日。"), None);
    }
}
