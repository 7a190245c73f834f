//! A question that is being read from a text.

use std::collections::HashMap;

use super::super::fold::{fold, plain};
use super::super::report::{Defaults, ImportFault, Places, Reading};
use super::super::words::{Key, difficulty_of, kind_of, truth_of};
use super::marks::{Marked, next_letter, trimmed};
use crate::bank::content::Kind;
use crate::bank::draft::{NewOption, QuestionInput};
use crate::kernel::field::FieldCode;

/// The place for an answer that was taken out of a stem.
const GAP: &str = "（　　）";

/// A question that is being read.
#[derive(Debug)]
pub(super) struct Draft {
    row: u32,
    kind: Option<Kind>,
    stem: String,
    options: Vec<(u32, String)>,
    parts: HashMap<Key, (u32, String)>,
    /// Something was found wrong with it.
    pub(super) told: bool,
}

/// A key as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bank::import) enum Answer {
    Letters(Vec<char>),
    Truth(bool),
}

impl Draft {
    pub(super) fn new(row: u32, kind: Option<Kind>) -> Self {
        Self { row, kind, stem: String::new(), options: Vec::new(), parts: HashMap::new(), told: false }
    }

    /// The first line of the stem; the kind may stand before it in brackets.
    pub(super) fn begin(&mut self, text: &str) {
        text.clone_into(&mut self.stem);
        let marked = Marked::new(text);
        let close = match marked.get(0) {
            Some('[') => ']',
            Some('(') => ')',
            _ => return,
        };
        let Some(end) = (0..12.min(marked.len())).find(|at| marked.get(*at) == Some(close)) else { return };
        let tag = marked.folded(1, end);
        let bare = tag.trim_end_matches('题');
        let known = ["单选", "多选", "判断", "单项选择", "多项选择", "不定项选择", "是非"].contains(&bare);
        if let Some(kind) = kind_of(&tag).filter(|_| known) {
            self.kind = Some(kind);
            self.stem = marked.text(end + 1, marked.len());
        }
    }

    /// The letter of the option that comes next.
    pub(super) fn next_letter(&self) -> Option<char> {
        (0..self.options.len()).try_fold('A', |letter, _| next_letter(letter))
    }

    pub(super) fn has_letter(&self, letter: char) -> bool {
        self.next_letter().is_none_or(|next| letter < next)
    }

    pub(super) fn option(&mut self, row: u32, text: &str) {
        self.options.push((row, text.to_owned()));
    }

    /// More of the stem, or of the last option.
    pub(super) fn more(&mut self, of_option: bool, text: &str) {
        if let Some((_, option)) = self.options.last_mut().filter(|_| of_option) {
            join(option, text);
        } else {
            self.stem.push('\n');
            self.stem.push_str(text);
        }
    }

    /// Takes a part; false if it was there already.
    pub(super) fn put(&mut self, key: Key, row: u32, text: String) -> bool {
        self.parts.insert(key, (row, text)).is_none()
    }

    /// Goes on with a part; false if that is no part that has several lines.
    pub(super) fn continues(&mut self, key: Key, text: &str) -> bool {
        let Some((_, part)) = self.parts.get_mut(&key) else { return false };
        if part.is_empty() {
            text.clone_into(part);
            return true;
        }
        match key {
            Key::Explanation => {
                part.push('\n');
                part.push_str(text);
                true
            }
            Key::Basis => {
                join(part, text);
                true
            }
            _ => false,
        }
    }

    fn text(&self, key: Key) -> &str {
        self.parts.get(&key).map_or("", |(_, text)| text)
    }

    fn row_of(&self, key: Key) -> u32 {
        self.parts.get(&key).map_or(self.row, |(row, _)| *row)
    }

    /// What it comes to.
    pub(super) fn finish(mut self, defaults: &Defaults, reading: &mut Reading) {
        let answer = self.answer(reading);
        let texts: Vec<String> = self.options.iter().map(|(_, text)| text.clone()).collect();
        if let Some(kind) = kind_of(&plain(self.text(Key::Kind))) {
            self.kind = Some(kind);
        }
        let (kind, options, answer) = settled(self.kind, texts, answer);
        let basis = Basis::read(self.text(Key::Basis));
        let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
        let law = or(&basis.law, trimmed(&defaults.law));
        let difficulty = difficulty_of(&plain(self.text(Key::Difficulty)));
        let version = or(self.text(Key::Version), &or(&basis.version, &defaults.law_version));
        let input = QuestionInput {
            kind: kind.to_string(),
            topic: or(self.text(Key::Topic), &or(trimmed(&defaults.topic), &law)),
            difficulty: or(&difficulty, &or(trimmed(&defaults.difficulty), "medium")),
            stem: self.stem.clone(),
            options,
            answer,
            explanation: self.text(Key::Explanation).to_owned(),
            law,
            article: basis.article,
            law_version: version,
            verified_on: or(&day(self.text(Key::Verified)), trimmed(&defaults.verified_on)),
            group: Some(self.text(Key::Group).to_owned()).filter(|group| !group.is_empty()),
        };
        let mut places = Places::at(self.row);
        for key in self.parts.keys() {
            places.put(key.field(), self.row_of(*key), None);
        }
        for (at, (row, _)) in self.options.iter().enumerate() {
            places.put(&format!("options[{at}].text"), *row, None);
        }
        reading.take(input, &places, self.told);
    }

    /// The key, from its own line or from the brackets in the stem.
    fn answer(&mut self, reading: &mut Reading) -> Option<Answer> {
        let count = self.options.len();
        let inside = in_brackets(&self.stem, count > 0);
        let (row, written) = (self.row_of(Key::Answer), self.text(Key::Answer).to_owned());
        let texts: Vec<&str> = self.options.iter().map(|(_, text)| text.as_str()).collect();
        let said = if written.is_empty() { None } else { Some(answer_of(&written, &texts)) };
        let mut fault = |code, detail: String| reading.faults.push(ImportFault::of(row, "answer", code).with(detail));
        let answer = match (said, inside) {
            (None, None) => {
                fault(FieldCode::NoAnswer, String::new());
                None
            }
            (None, Some((stem, answer))) => {
                self.stem = stem;
                Some(answer)
            }
            (Some(Err(FieldCode::OutOfRange)), _) => {
                let last = (1..count).try_fold('A', |letter, _| next_letter(letter)).unwrap_or('H');
                fault(FieldCode::OutOfRange, format!("A–{last}"));
                None
            }
            (Some(Err(code)), _) => {
                fault(code, written);
                None
            }
            (Some(Ok(answer)), Some((stem, inside))) => {
                if inside == answer {
                    self.stem = stem;
                    Some(answer)
                } else {
                    fault(FieldCode::Conflict, written);
                    None
                }
            }
            (Some(Ok(answer)), None) => Some(answer),
        };
        self.told |= answer.is_none();
        answer
    }
}

/// Kind, options and truth that fit each other where the text leaves no doubt.
pub(in crate::bank::import) fn settled(
    kind: Option<Kind>,
    texts: Vec<String>,
    answer: Option<Answer>,
) -> (Kind, Vec<NewOption>, Option<bool>) {
    let truths: Vec<Option<bool>> = texts.iter().map(|text| truth_of(&plain(text))).collect();
    // 「A.正确 B.错误」 is a judgement in the dress of a choice.
    let dressed = matches!(truths.as_slice(), [Some(one), Some(other)] if one != other);
    let kind = kind.unwrap_or(match &answer {
        _ if texts.is_empty() || dressed => Kind::Judgement,
        Some(Answer::Letters(letters)) if letters.len() > 1 => Kind::Multiple,
        _ => Kind::Single,
    });
    if kind == Kind::Judgement && (texts.is_empty() || dressed) {
        let truth = match answer {
            Some(Answer::Truth(truth)) => Some(truth),
            Some(Answer::Letters(letters)) => match letters.as_slice() {
                [letter] => place_of(*letter).and_then(|place| truths.get(place).copied().flatten()),
                _ => None,
            },
            None => None,
        };
        return (kind, Vec::new(), truth);
    }
    let right = |place: usize| match &answer {
        Some(Answer::Letters(letters)) => letters.iter().any(|letter| place_of(*letter) == Some(place)),
        _ => false,
    };
    let option = |(place, text): (usize, String)| NewOption { pinned: is_pinned(&text), correct: right(place), text };
    (kind, texts.into_iter().enumerate().map(option).collect(), None)
}

/// Options that speak of the others keep their places.
fn is_pinned(text: &str) -> bool {
    let text = plain(text);
    ["以上", "上述"].iter().any(|word| text.starts_with(word)) && text.chars().count() <= 12
}

fn place_of(letter: char) -> Option<usize> {
    usize::try_from(u32::from(letter).checked_sub(u32::from('A'))?).ok()
}

/// A key as it is written: letters, a truth, or the text of an option.
pub(in crate::bank::import) fn answer_of(written: &str, options: &[&str]) -> Result<Answer, FieldCode> {
    let bare: String =
        plain(written).chars().filter(|c| !matches!(c, '、' | ',' | ';' | '/' | '.' | '。' | '|')).collect();
    let bare = bare.trim_matches(['(', ')', '[', ']']).to_owned();
    let letters: Option<Vec<char>> =
        bare.chars().map(|c| Some(c.to_ascii_uppercase()).filter(|c| matches!(c, 'A'..='H'))).collect();
    if let Some(letters) = letters.filter(|letters| !letters.is_empty() && !options.is_empty()) {
        let mut sorted = letters;
        sorted.sort_unstable();
        return if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            Err(FieldCode::Duplicate)
        } else if sorted.last().copied().and_then(place_of).is_some_and(|last| last >= options.len()) {
            Err(FieldCode::OutOfRange)
        } else {
            Ok(Answer::Letters(sorted))
        };
    }
    if let Some(place) = options.iter().position(|option| plain(option) == plain(written)) {
        let letter = (0..place).try_fold('A', |letter, _| next_letter(letter));
        return letter.map(|letter| Answer::Letters(vec![letter])).ok_or(FieldCode::Invalid);
    }
    match truth_of(&bare) {
        Some(truth) if options.is_empty() => Ok(Answer::Truth(truth)),
        _ => Err(FieldCode::Invalid),
    }
}

/// The key in brackets of a stem, and the stem without it.
fn in_brackets(stem: &str, letters: bool) -> Option<(String, Answer)> {
    let marked = Marked::new(stem);
    let mut found = None;
    let mut from = 0;
    while let Some(open) = (from..marked.len()).find(|at| matches!(marked.get(*at), Some('(' | '['))) {
        let Some(close) = (open..marked.len()).find(|at| matches!(marked.get(*at), Some(')' | ']'))) else { break };
        let inside = marked.folded(open + 1, close);
        let is_key = inside.chars().all(|c| {
            if letters {
                matches!(c, 'A'..='H' | 'a'..='h' | ' ' | '、' | ',')
            } else {
                matches!(c, '√' | '×' | '对' | '错' | '正' | '确' | '误' | ' ')
            }
        });
        let options: &[&str] = if letters { &["", "", "", "", "", "", "", ""] } else { &[] };
        if is_key
            && !inside.is_empty()
            && let Ok(answer) = answer_of(&inside, options)
        {
            if found.is_some() {
                return None;
            }
            found = Some((open, close, answer));
        }
        from = close + 1;
    }
    let (open, close, answer) = found?;
    let own: Vec<char> = stem.chars().collect();
    let part = |from: usize, to: usize| own.get(from..to).unwrap_or_default().iter().collect::<String>();
    let (before, after) = (part(0, open), part(close + 1, own.len()));
    let gap = if letters { GAP } else { "" };
    Some((trimmed(&format!("{before}{gap}{after}")).to_owned(), answer))
}

/// Joins what a line's end has parted: words of letters by a blank, Chinese by nothing.
fn join(text: &mut String, more: &str) {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if latin(text.chars().next_back()) && latin(more.chars().next()) {
        text.push(' ');
    }
    text.push_str(more);
}

/// A day as offices write it, in the form of the contract; what is none stays as it is.
pub(in crate::bank::import) fn day(text: &str) -> String {
    let numbers: Vec<u32> = text
        .chars()
        .map(fold)
        .collect::<String>()
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.parse().ok())
        .collect();
    match numbers.as_slice() {
        [year, month, day] if *year >= 1949 => format!("{year:04}-{month:02}-{day:02}"),
        _ => trimmed(text).to_owned(),
    }
}

/// What a question rests on, as it is written: `《行政处罚法》（2021年修订）第三十六条`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::bank::import) struct Basis {
    pub(in crate::bank::import) law: String,
    pub(in crate::bank::import) version: String,
    pub(in crate::bank::import) article: String,
}

impl Basis {
    pub(in crate::bank::import) fn read(text: &str) -> Self {
        let marked = Marked::new(text);
        let find = |from: usize, wanted: char| (from..marked.len()).find(|at| marked.get(*at) == Some(wanted));
        let (law, rest) = match (find(0, '《'), find(0, '》')) {
            (Some(open), Some(close)) if open < close => (marked.text(open + 1, close), close + 1),
            _ => {
                let end = find(0, '第').unwrap_or(marked.len());
                (marked.text(0, end), end)
            }
        };
        let mut basis = Self { law, ..Self::default() };
        let article = find(rest, '第');
        // The version stands in brackets, within the marks of the law or after them.
        if let Some((bare, version)) = split_brackets(&basis.law) {
            (basis.law, basis.version) = (bare, version);
        } else if let (Some(open), Some(close)) = (find(rest, '('), find(rest, ')'))
            && open < close
            && article.is_none_or(|article| open < article)
        {
            basis.version = marked.text(open + 1, close);
        }
        if let Some(article) = article {
            let text = marked.text(article, marked.len());
            text.trim_end_matches(['。', '；', ';', '.', '，', ',', '）', ')']).clone_into(&mut basis.article);
        }
        basis.law = basis.law.trim_end_matches(['，', ',', '：', ':', ' ']).to_owned();
        basis
    }
}

/// `行政处罚法（2021年修订）` in its two parts.
fn split_brackets(text: &str) -> Option<(String, String)> {
    let marked = Marked::new(text);
    let open = (0..marked.len()).find(|at| marked.get(*at) == Some('('))?;
    (marked.get(marked.len().checked_sub(1)?) == Some(')'))
        .then(|| (marked.text(0, open), marked.text(open + 1, marked.len() - 1)))
}
