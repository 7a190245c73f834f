//! Word files: the text of the main part, with the numbers that Word shows and does not keep as text.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;

use super::document::Document;
use super::table::{Limits, Unreadable};
use crate::kernel::field::FieldCode;

/// The main text, and how its lists are numbered.
const BODY: &str = "word/document.xml";
const NUMBERING: &str = "word/numbering.xml";
/// Lists within lists: Word has nine levels.
const LEVELS: usize = 9;

/// Reads a Word file.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Document, Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = limits.unpacked;
    let body = part(&mut archive, BODY, &mut left)?.ok_or_else(|| damaged(()))?;
    let lists = match part(&mut archive, NUMBERING, &mut left)? {
        Some(text) => Lists::read(&text)?,
        None => Lists::default(),
    };
    text(&body, lists, limits)
}

fn damaged<E>(_why: E) -> Unreadable {
    Unreadable::new(FieldCode::Damaged)
}

/// A part of the package, unpacked until the bound is reached: sizes that a packed file declares may be lies.
fn part(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str, left: &mut u64) -> Result<Option<String>, Unreadable> {
    let Some(index) = archive.index_for_name(name) else { return Ok(None) };
    let mut file = archive.by_index(index).map_err(damaged)?;
    let mut bytes = Vec::new();
    file.by_ref().take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(damaged)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    *left =
        left.checked_sub(size).ok_or_else(|| Unreadable::with(FieldCode::TooLarge, format!("{} MB", *left >> 20)))?;
    String::from_utf8(bytes).map(Some).map_err(damaged)
}

/// How a level of a list is numbered.
#[derive(Debug, Clone, Default)]
struct Level {
    format: String,
    /// The text around the numbers, `%1` standing for that of the first level.
    text: String,
    start: u32,
}

/// The numbered lists of a file, and how far each has come.
#[derive(Debug, Default)]
struct Lists {
    /// The levels by the id that paragraphs name.
    levels: HashMap<String, Vec<Level>>,
    counts: HashMap<String, [Option<u32>; LEVELS]>,
}

impl Lists {
    fn read(xml: &str) -> Result<Self, Unreadable> {
        let mut reader = Reader::from_str(xml);
        let mut kinds: HashMap<String, Vec<Level>> = HashMap::new();
        let mut lists = Self::default();
        let (mut kind, mut number, mut level) = (None::<String>, None::<String>, 0_usize);
        loop {
            let event = reader.read_event().map_err(damaged)?;
            let (start, closed) = match &event {
                Event::Eof => return Ok(lists),
                Event::Start(start) => (start, false),
                Event::Empty(start) => (start, true),
                _ => continue,
            };
            match start.local_name().as_ref() {
                "abstractNum" => kind = attribute(start, "abstractNumId").filter(|_| !closed),
                "num" => {
                    kind = None;
                    number = attribute(start, "numId").filter(|_| !closed);
                }
                "abstractNumId" => {
                    let levels = attribute(start, "val").and_then(|kind| kinds.get(&kind)).cloned();
                    if let (Some(number), Some(levels)) = (number.clone(), levels) {
                        lists.levels.insert(number, levels);
                    }
                }
                "lvl" => {
                    level = attribute(start, "ilvl").and_then(|n| n.parse().ok()).unwrap_or(LEVELS);
                }
                name @ ("numFmt" | "lvlText" | "start") => {
                    let Some(kind) = kind.as_ref().filter(|_| level < LEVELS) else { continue };
                    let levels = kinds.entry(kind.clone()).or_insert_with(|| vec![Level::default(); LEVELS]);
                    let (Some(place), Some(value)) = (levels.get_mut(level), attribute(start, "val")) else { continue };
                    match name {
                        "numFmt" => place.format = value,
                        "lvlText" => place.text = value,
                        _ => place.start = value.parse().unwrap_or(1),
                    }
                }
                _ => {}
            }
        }
    }

    /// What Word shows before the next paragraph of a list; nothing where it shows no number.
    fn next(&mut self, list: &str, level: usize) -> Option<String> {
        let levels = self.levels.get(list)?;
        let own = levels.get(level)?;
        let counts = self.counts.entry(list.to_owned()).or_default();
        let count = counts.get(level).copied().flatten().map_or(own.start, |n| n.saturating_add(1));
        for deeper in counts.iter_mut().skip(level) {
            *deeper = None;
        }
        *counts.get_mut(level)? = Some(count);
        if matches!(own.format.as_str(), "bullet" | "none" | "") {
            return None;
        }
        let mut shown = own.text.clone();
        for (place, level) in levels.iter().enumerate() {
            let count = counts.get(place).copied().flatten().unwrap_or(level.start);
            shown = shown.replace(&format!("%{}", place + 1), &numeral(&level.format, count));
        }
        Some(shown)
    }
}

/// A number as a format of Word writes it; those that nobody numbers questions with come out in digits.
fn numeral(format: &str, n: u32) -> String {
    let letter = |first: u8| match u8::try_from(n) {
        Ok(n @ 1..=26) => char::from(first + n - 1).to_string(),
        _ => n.to_string(),
    };
    match format {
        "upperLetter" => letter(b'A'),
        "lowerLetter" => letter(b'a'),
        "chineseCounting" | "chineseCountingThousand" | "ideographDigital" | "japaneseCounting" => chinese(n),
        _ => n.to_string(),
    }
}

/// 一 to 九十九.
fn chinese(n: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: u32| usize::try_from(n).ok().and_then(|n| DIGITS.get(n)).copied().unwrap_or_default();
    match (n / 10, n % 10) {
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens @ 2..=9, ones) => format!("{}十{}", digit(tens), digit(ones)),
        _ => n.to_string(),
    }
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    list: Option<String>,
    level: usize,
}

fn text(xml: &str, mut lists: Lists, limits: Limits) -> Result<Document, Unreadable> {
    let mut reader = Reader::from_str(xml);
    let mut document = Document::default();
    // Paragraphs lie within paragraphs where there are text boxes.
    let mut open: Vec<Paragraph> = Vec::new();
    // What stands in a part that is there for older programs would be read twice.
    let (mut fallback, mut run) = (0_u32, false);
    loop {
        let event = reader.read_event().map_err(damaged)?;
        match &event {
            Event::Eof => return Ok(document),
            Event::Start(start) if start.local_name().as_ref() == "Fallback" => fallback += 1,
            Event::End(end) if end.local_name().as_ref() == "Fallback" => fallback = fallback.saturating_sub(1),
            _ if fallback > 0 => {}
            Event::Start(start) => match start.local_name().as_ref() {
                "p" => open.push(Paragraph::default()),
                "t" => run = true,
                _ => mark(start, open.last_mut()),
            },
            Event::Empty(start) if start.local_name().as_ref() == "p" => {
                let room = document.push("", limits);
                if !room {
                    return Ok(document);
                }
            }
            Event::Empty(start) => mark(start, open.last_mut()),
            Event::End(end) => match end.local_name().as_ref() {
                "t" => run = false,
                "p" => {
                    let Some(done) = open.pop() else { continue };
                    let number = done.list.as_deref().and_then(|list| lists.next(list, done.level));
                    let whole = format!("{}{}", number.unwrap_or_default(), done.text);
                    for line in whole.split('\n') {
                        if !document.push(line, limits) {
                            return Ok(document);
                        }
                    }
                }
                _ => {}
            },
            Event::Text(text) if run => add(&mut open, &text.xml10_content()),
            Event::CData(text) if run => add(&mut open, &text.xml10_content()),
            Event::GeneralRef(named) if run => {
                let known = match named.as_ref() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => named.resolve_char_ref().map_err(damaged)?,
                };
                let known = known.ok_or_else(|| damaged(()))?;
                add(&mut open, known.encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
    }
}

fn add(open: &mut [Paragraph], text: &str) {
    if let Some(paragraph) = open.last_mut() {
        paragraph.text.push_str(text);
    }
}

/// What an element without text means for its paragraph.
fn mark(start: &BytesStart<'_>, paragraph: Option<&mut Paragraph>) {
    let Some(paragraph) = paragraph else { return };
    match start.local_name().as_ref() {
        "tab" => paragraph.text.push('\t'),
        "br" | "cr" => paragraph.text.push('\n'),
        "noBreakHyphen" => paragraph.text.push('-'),
        "sym" => paragraph.text.push(symbol(start)),
        "numId" => paragraph.list = attribute(start, "val").filter(|list| list != "0"),
        "ilvl" => paragraph.level = attribute(start, "val").and_then(|n| n.parse().ok()).unwrap_or_default(),
        _ => {}
    }
}

/// Ticks and crosses of the fonts of signs.
fn symbol(start: &BytesStart<'_>) -> char {
    match attribute(start, "char").unwrap_or_default().to_ascii_uppercase().as_str() {
        "F0FC" | "F050" | "F0FE" => '√',
        "F0FB" | "F04F" | "F0FD" => '×',
        _ => ' ',
    }
}

/// An attribute by its name without prefix.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::super::document::read_document;
    use super::*;

    fn docx(body: &str, numbering: Option<&str>) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let space = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;
        let mut write = |name: &str, text: String| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        };
        write(BODY, format!(r#"<?xml version="1.0"?><w:document {space}><w:body>{body}</w:body></w:document>"#));
        if let Some(numbering) = numbering {
            write(NUMBERING, format!("<w:numbering {space}>{numbering}</w:numbering>"));
        }
        zip.finish().unwrap().into_inner()
    }

    fn lines(bytes: &[u8]) -> Vec<String> {
        read_document(bytes, Limits::default()).unwrap().lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn runs_breaks_and_signs_make_lines() {
        let body = r#"<w:p><w:pPr><w:jc w:val="left"/></w:pPr><w:r><w:t>1．题</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">干 &lt;一&#12290;</w:t></w:r></w:p>
            <w:p/><w:p><w:r><w:t>A．甲</w:t><w:tab/><w:t>B．乙</w:t><w:br/><w:t>C．丙</w:t></w:r></w:p>
            <w:p><w:r><w:t>答案：</w:t><w:sym w:font="Wingdings" w:char="F0FC"/><w:delText>旧</w:delText></w:r></w:p>"#;
        assert_eq!(lines(&docx(body, None)), ["1．题干 <一。", "", "A．甲\tB．乙", "C．丙", "答案：√"]);
    }

    #[test]
    fn numbers_that_word_shows_are_read_too() {
        let level = |n: u8, format: &str, text: &str| {
            format!(
                r#"<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{format}"/><w:lvlText w:val="{text}"/></w:lvl>"#
            )
        };
        let numbering = format!(
            r#"<w:abstractNum w:abstractNumId="4">{}{}</w:abstractNum><w:abstractNum w:abstractNumId="5">{}</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="4"/></w:num><w:num w:numId="8"><w:abstractNumId w:val="5"/></w:num>"#,
            level(0, "decimal", "%1."),
            level(1, "upperLetter", "%2、"),
            level(0, "chineseCounting", "%1、"),
        );
        let p = |list: u8, level: u8, text: &str| {
            format!(
                r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list}"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"#
            )
        };
        let body = [
            p(8, 0, "单选题"),
            p(7, 0, "题一"),
            p(7, 1, "甲"),
            p(7, 1, "乙"),
            p(7, 0, "题二"),
            p(7, 1, "丙"),
            p(0, 0, "无号"),
            p(8, 0, "判断题"),
        ];
        let wanted = ["一、单选题", "1.题一", "A、甲", "B、乙", "2.题二", "A、丙", "无号", "二、判断题"];
        assert_eq!(lines(&docx(&body.concat(), Some(&numbering))), wanted);
    }

    #[test]
    fn what_is_there_for_older_programs_is_not_read_twice() {
        let inner = "<w:p><w:r><w:t>框内</w:t></w:r></w:p>";
        let body = format!(
            "<w:p><w:r><w:t>框外</w:t><AlternateContent><Choice>{inner}</Choice><Fallback>{inner}</Fallback></AlternateContent></w:r></w:p>"
        );
        assert_eq!(lines(&docx(&body, None)), ["框内", "框外"]);
    }

    #[test]
    fn chinese_numbers() {
        let shown: Vec<String> = [1, 10, 11, 20, 99, 100].into_iter().map(chinese).collect();
        assert_eq!(shown, ["一", "十", "十一", "二十", "九十九", "100"]);
    }

    #[test]
    fn damage_is_told() {
        let cut = docx("<w:p><w:r><w:t>未完", None);
        assert_eq!(read_document(&cut, Limits::default()).unwrap_err().code, FieldCode::Damaged);
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("other.xml", SimpleFileOptions::default()).unwrap();
        let other = zip.finish().unwrap().into_inner();
        assert_eq!(read_document(&other, Limits::default()).unwrap_err().code, FieldCode::Damaged);
        let small = Limits { unpacked: 100, ..Limits::default() };
        assert_eq!(read_document(&docx("<w:p/>", None), small).unwrap_err().code, FieldCode::TooLarge);
    }
}
