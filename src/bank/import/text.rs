//! Questions from plain text, as offices keep them in Word: numbered stems, options by letters, 答案：, 解析：, 依据：.
//!
//! A line that cannot be understood is a fault with its number, never passed over: what is read is the whole file or a
//! list of what is wrong with it. Only what stands before the first question, headings and empty lines say nothing.

mod draft;
mod marks;

use draft::Draft;
pub(in crate::bank::import) use draft::{answer_of, day, settled};
use marks::{Marked, trimmed};

use super::report::{Defaults, ImportFault, Reading};
use super::words::Key;
use crate::bank::content::Kind;
use crate::files::{Document, TextLine};
use crate::kernel::field::FieldCode;

/// How much of a line a fault shows, in characters.
const SHOWN: usize = 40;

/// Reads a text.
#[must_use]
pub fn read(document: &Document, defaults: &Defaults) -> Reading {
    let mut reader = Reader { lines: &document.lines, defaults, ..Reader::new(&document.lines, defaults) };
    for mistake in &document.mistakes {
        reader.reading.faults.push(ImportFault::of(mistake.row, "", mistake.code).with(&mistake.detail));
    }
    for (place, line) in document.lines.iter().enumerate() {
        reader.line(place, line);
    }
    reader.finish();
    let mut reading = reader.reading;
    for fault in &mut reading.faults {
        let place = usize::try_from(fault.row).ok().and_then(|row| row.checked_sub(1));
        let line = place.and_then(|place| document.lines.get(place));
        fault.line = line.map(|line| trimmed(&line.text).chars().take(SHOWN).collect()).unwrap_or_default();
    }
    reading.faults.sort_by_key(|fault| fault.row);
    reading
}

/// What part of a question was read last, and so goes on in a line without a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Nothing yet.
    Before,
    Stem,
    Options,
    Key(Key),
}

struct Reader<'a> {
    lines: &'a [TextLine],
    defaults: &'a Defaults,
    reading: Reading,
    part: Part,
    draft: Option<Draft>,
    /// The kind that the last heading announced.
    kind: Option<Kind>,
    /// The number of the last question; none after a heading.
    number: Option<u32>,
    last: u32,
}

impl<'a> Reader<'a> {
    fn new(lines: &'a [TextLine], defaults: &'a Defaults) -> Self {
        let reading = Reading::default();
        Self { lines, defaults, reading, part: Part::Before, draft: None, kind: None, number: None, last: 0 }
    }

    fn fault(&mut self, row: u32, field: &str, code: FieldCode, detail: impl std::fmt::Display) {
        self.reading.faults.push(ImportFault::of(row, field, code).with(detail));
        if let Some(draft) = &mut self.draft {
            draft.told = true;
        }
    }

    fn line(&mut self, place: usize, line: &TextLine) {
        let marked = Marked::new(&line.text);
        if marked.skip(0) >= marked.len() {
            return;
        }
        let keys = marked.keys();
        let at_start = keys.first().is_some_and(|(_, at, _)| *at == marked.skip(0));
        if !at_start && self.begins(place, &marked) {
            return self.question(line, &marked);
        }
        if !at_start && self.is_heading(place, &marked) {
            self.finish();
            self.kind = marked.heading().flatten();
            self.number = None;
            return;
        }
        let head = keys.first().map_or(marked.len(), |(_, at, _)| *at);
        if head > marked.skip(0) {
            self.goes_on(line.number, &marked, 0, head);
        }
        self.keys(line.number, &marked, &keys);
    }

    /// Whether a question begins here.
    fn begins(&self, place: usize, marked: &Marked) -> bool {
        let Some(order) = marked.order() else { return false };
        if order.after >= marked.len() {
            return false;
        }
        let next = match self.number {
            Some(number) => number.checked_add(1) == Some(order.number),
            // The first of a section goes on counting or begins anew.
            None => order.number == 1 || self.last.checked_add(1) == Some(order.number),
        };
        match self.part {
            _ if next => true,
            Part::Before => !order.weak,
            _ if order.weak => false,
            // A list within an explanation, unless what follows has an answer of its own.
            Part::Key(Key::Explanation | Key::Basis) => order.number > self.last || self.is_answered(place),
            Part::Stem | Part::Options | Part::Key(_) => true,
        }
    }

    /// Whether an answer or options follow before the next number.
    fn is_answered(&self, place: usize) -> bool {
        for line in self.lines.iter().skip(place + 1) {
            let marked = Marked::new(&line.text);
            if marked.order().is_some_and(|order| !order.weak) {
                return false;
            }
            if marked.keys().iter().any(|(key, ..)| *key == Key::Answer) || marked.letters(0, 'A').len() > 1 {
                return true;
            }
        }
        false
    }

    /// A heading announces a kind; one that does not is believed only where a question is complete, and a question or
    /// another heading follows.
    fn is_heading(&self, place: usize, marked: &Marked) -> bool {
        match marked.heading() {
            None => false,
            Some(Some(_)) => !matches!(self.part, Part::Stem | Part::Options),
            Some(None) => {
                let complete = !matches!(self.part, Part::Stem | Part::Options);
                let following = self.lines.iter().skip(place + 1).map(|line| Marked::new(&line.text));
                let next = following.into_iter().find(|line| line.skip(0) < line.len());
                complete
                    && next.is_some_and(|line| line.order().is_some_and(|o| o.number == 1) || line.heading().is_some())
            }
        }
    }

    fn question(&mut self, line: &TextLine, marked: &Marked) {
        self.finish();
        let Some(order) = marked.order() else { return };
        (self.number, self.last) = (Some(order.number), order.number);
        self.draft = Some(Draft::new(line.number, self.kind));
        self.part = Part::Stem;
        let keys: Vec<_> = marked.keys().into_iter().filter(|(_, at, _)| *at >= order.after).collect();
        let head = keys.first().map_or(marked.len(), |(_, at, _)| *at);
        // Options may stand on the line of the stem.
        let letters = marked.letters(order.after, 'A');
        let split = letters.first().filter(|first| letters.len() > 1 && first.at > order.after && first.at < head);
        let stem = split.map_or(head, |first| first.at);
        if let Some(draft) = &mut self.draft {
            draft.begin(&marked.text(order.after, stem));
        }
        if stem < head {
            self.goes_on(line.number, marked, stem, head);
        }
        self.keys(line.number, marked, &keys);
    }

    /// Words with a colon, each with its text up to the next.
    fn keys(&mut self, row: u32, marked: &Marked, keys: &[(Key, usize, usize)]) {
        let ends = keys.iter().skip(1).map(|(_, at, _)| *at).chain([marked.len()]);
        for ((key, at, after), end) in keys.iter().zip(ends) {
            let Some(draft) = &mut self.draft else {
                self.fault(row, key.field(), FieldCode::Misplaced, marked.text(*at, end));
                continue;
            };
            let mut text = marked.text(*after, end);
            // `(答案:A)`
            if marked.get(*at) == Some('(') && marked.folded(*after, end).ends_with(')') && !text.contains(['(', '（'])
            {
                text.pop();
                let bare = trimmed(&text).to_owned();
                text = bare;
            }
            if draft.put(*key, row, text) {
                self.part = Part::Key(*key);
            } else {
                self.fault(row, key.field(), FieldCode::Duplicate, "");
            }
        }
    }

    /// A line, or the beginning of one, without a number or word: options, or more of what came before.
    fn goes_on(&mut self, row: u32, marked: &Marked, from: usize, to: usize) {
        let from = marked.skip(from);
        let text = marked.text(from, to);
        let Some(draft) = &mut self.draft else {
            // Titles stand before the first question; options do not.
            let lost = marked.letters(from, 'A').first().is_some_and(|l| l.at == from && !l.bare);
            if lost {
                self.fault(row, "options", FieldCode::Misplaced, text);
            }
            return;
        };
        match self.part {
            Part::Stem | Part::Options => {
                let wanted = draft.next_letter();
                let letters: Vec<_> = wanted.map(|wanted| marked.letters(from, wanted)).unwrap_or_default();
                let letters: Vec<_> = letters.into_iter().filter(|l| l.at < to).collect();
                if letters.first().is_some_and(|first| first.at == from) {
                    let ends: Vec<usize> = letters.iter().skip(1).map(|l| l.at).chain([to]).collect();
                    for (letter, end) in letters.iter().zip(ends) {
                        draft.option(row, &marked.text(letter.after, end));
                    }
                    self.part = Part::Options;
                } else if let Some(other) = marked.letter(from).filter(|l| !l.bare && l.at == from) {
                    let code = if draft.has_letter(other.name) { FieldCode::Duplicate } else { FieldCode::OutOfOrder };
                    let detail = wanted.map(String::from).unwrap_or_default();
                    self.fault(row, "options", code, detail);
                    self.part = Part::Options;
                } else {
                    draft.more(self.part == Part::Options, &text);
                }
            }
            Part::Key(key) => {
                if !draft.continues(key, &text) {
                    self.fault(row, "", FieldCode::Misplaced, text);
                }
            }
            Part::Before => {}
        }
    }

    /// The question that was being read is whole, or wrong.
    fn finish(&mut self) {
        self.part = Part::Before;
        if let Some(draft) = self.draft.take() {
            draft.finish(self.defaults, &mut self.reading);
        }
    }
}

#[cfg(test)]
mod tests;
