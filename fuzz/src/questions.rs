//! What reading questions from any text must come to.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::bank::draft::NewQuestion;
use crate::bank::import::{Defaults, Reading, read_text};
use crate::files::{Document, Limits, pasted, read_document};

const LIMITS: Limits = Limits { rows: 500, columns: 16, unpacked: 4 << 20, cell: 8_000 };
/// What begins the text of a Word file rather than a plain one: no character begins so.
const WORD: u8 = 0xff;

/// Reads questions from a file's bytes, and from the same as somebody would paste it.
///
/// # Panics
/// If something is lost or found twice.
pub fn check(bytes: &[u8]) {
    let packed = bytes.strip_prefix(&[WORD]).map(docx);
    if let Ok(document) = read_document(packed.as_deref().unwrap_or(bytes), LIMITS) {
        whole(&document);
    }
    whole(&pasted(&String::from_utf8_lossy(bytes), LIMITS));
}

fn whole(document: &Document) {
    let defaults = Defaults {
        law: "行政处罚法".to_owned(),
        law_version: "2021年修订".to_owned(),
        verified_on: "2025-04-19".to_owned(),
        ..Defaults::default()
    };
    let count = u32::try_from(document.lines.len()).unwrap_or(u32::MAX);
    let Reading { count: questions, found, faults } = read_text(document, &defaults);
    assert!(faults.iter().all(|f| f.row >= 1 && (f.row <= count || !document.mistakes.is_empty())), "{faults:?}");
    assert!(faults.windows(2).all(|two| two[0].row <= two[1].row));
    // Each is taken or has a fault, in the order of the text.
    assert!(questions == found.len() || !faults.is_empty());
    assert!(questions >= found.len() && found.windows(2).all(|two| two[0].row < two[1].row));
    for one in found {
        // What is taken can be asked, and says the same when it is written again.
        let again = NewQuestion::try_from(one.question.input());
        assert_eq!(again.as_ref().ok(), Some(&one.question));
    }
}

/// A Word file whose packing is sound, with this as its text.
fn docx(text: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", SimpleFileOptions::default()).expect("a short name");
    zip.write_all(text).expect("memory takes all");
    zip.finish().expect("memory takes all").into_inner()
}
