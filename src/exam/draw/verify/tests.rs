//! Draw files that hold, and what is said of those that do not.

use serde_json::{Value, json};

use super::super::file::{DrawFileWriter, WriteError, write};
use super::super::fixtures;
use super::super::paper::candidate;
use super::*;

/// A head with a log of five entries, the seal's being the fourth.
fn head(manifest: Manifest, secret: Secret, beacon: Option<String>) -> Head {
    let manifest_digest = manifest.digest();
    let entry =
        json!({"at": 1_796_086_800_000_u64, "action": "exam.seal", "data": {"manifest_digest": manifest_digest}});
    let mut leaves: Vec<_> = (0_u8..5).map(|n| merkle::leaf(&[n])).collect();
    leaves[3] = merkle::leaf(&jcs::canonical(&entry).unwrap());
    let path = merkle::inclusion_path(&leaves, 3).unwrap();
    let log = LogProof { entry, index: 3, size: 5, root: merkle::root(&leaves), path };
    Head { manifest, manifest_digest, secret, beacon, log }
}

fn small() -> (Head, Vec<FilePaper>) {
    let manifest = fixtures::manifest(30, &[3, 2]);
    let sealed = Sealed::new(manifest.clone(), &fixtures::SECRET, None).unwrap();
    let attempts = |n: u32| (1..=n % 2 + 1).map(move |attempt| (candidate("e", &n.to_string()), attempt));
    let mut papers: Vec<FilePaper> = (0..10).flat_map(attempts).map(|(c, a)| sealed.paper(&c, a).into()).collect();
    papers.sort_by_key(|paper| (paper.candidate, paper.attempt));
    (head(manifest, fixtures::SECRET, None), papers)
}

fn text(head: &Head, papers: Vec<FilePaper>) -> String {
    String::from_utf8(write(Vec::new(), head, papers).unwrap()).unwrap()
}

/// The small file after a change to its head and papers.
fn spoilt(spoil: impl FnOnce(&mut Head, &mut Vec<FilePaper>)) -> VerifyError {
    let (mut head, mut papers) = small();
    spoil(&mut head, &mut papers);
    verify(text(&head, papers).as_bytes()).unwrap_err()
}

#[test]
fn worked_examples_hold_as_files() {
    for case in fixtures::vectors().cases {
        let head = head(case.manifest, case.secret, case.beacon);
        let mut papers: Vec<FilePaper> = case.papers.iter().map(|paper| paper.paper().into()).collect();
        papers.sort_by_key(|paper| (paper.candidate, paper.attempt));
        let count = u64::try_from(papers.len()).unwrap();
        let verified = verify(text(&head, papers).as_bytes()).unwrap();
        assert_eq!((verified.papers, verified.manifest_digest), (count, case.manifest_digest), "{}", case.name);
        assert_eq!((verified.beacon, verified.beacon_rule), (head.beacon, head.manifest.beacon_rule));
    }
}

#[test]
fn a_file_is_json_with_its_keys_in_order() {
    let (head, papers) = small();
    let file = text(&head, papers.clone());
    let value: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(value["papers"], serde_json::to_value(&papers).unwrap());
    assert_eq!(value["log"]["entry"]["data"]["manifest_digest"], value["manifest_digest"]);
    let keys = ["manifest", "manifest_digest", "secret", "beacon", "log", "papers"];
    let places: Vec<_> = keys.iter().map(|key| file.rfind(&format!("\n\"{key}\":")).unwrap_or(0)).collect();
    assert!(places.is_sorted(), "{places:?}");
    let verified = verify(file.as_bytes()).unwrap();
    assert_eq!((verified.papers, verified.candidates, verified.log_index), (15, 10, 3));
    assert_eq!(verify(text(&head, Vec::new()).as_bytes()).unwrap().papers, 0);
}

#[test]
fn the_head_is_checked() {
    let other = Digest::from_bytes([1; 32]);
    assert!(
        matches!(spoilt(|h, _| h.manifest_digest = other), VerifyError::ManifestDigest { stated, .. } if stated == other)
    );
    assert!(matches!(spoilt(|h, _| h.manifest.exam.push('x')), VerifyError::ManifestDigest { .. }));
    let secret = Secret::from_bytes([1; 32]);
    assert!(matches!(spoilt(|h, _| h.secret = secret), VerifyError::Sealed(SealedError::Commitment)));
    let unruled = |h: &mut Head, _: &mut Vec<FilePaper>| h.beacon = Some("7".into());
    assert!(matches!(spoilt(unruled), VerifyError::Sealed(SealedError::BeaconUnruled)));
    assert!(matches!(spoilt(|h, _| h.log.entry = json!({"data": {}})), VerifyError::EntryManifest));
    assert!(matches!(spoilt(|h, _| h.log.entry["n"] = json!(1)), VerifyError::Log(ProofError::Root)));
    assert!(matches!(spoilt(|h, _| h.log.entry["n"] = json!(0.5)), VerifyError::EntryForm(_)));
    assert!(matches!(spoilt(|h, _| h.log.index = 2), VerifyError::Log(ProofError::Root)));
    assert!(matches!(spoilt(|h, _| h.log.index = 5), VerifyError::Log(ProofError::Position)));
    assert!(matches!(spoilt(|h, _| h.log.path.clear()), VerifyError::Log(ProofError::Length)));
}

#[test]
fn the_first_paper_that_differs_is_named() {
    let found = |spoil: fn(&mut Vec<FilePaper>)| match spoilt(|_, papers| spoil(papers)) {
        VerifyError::Paper { position, difference, .. } => (position, difference),
        other => panic!("{other}"),
    };
    assert_eq!(found(|p| p[4].k = 1), (5, Difference::Try { stated: 1, drawn: 0 }));
    assert_eq!(found(|p| p[6].items.truncate(4)), (7, Difference::Count { stated: 4, drawn: 5 }));
    assert_eq!(found(|p| p[0].items.swap(0, 1)), (1, Difference::Item(1)));
    assert_eq!(found(|p| p[3].items[4].options.swap(0, 3)), (4, Difference::Item(5)));
    assert_eq!(found(|p| p[3].items[2].section = "2".into()), (4, Difference::Item(3)));
    assert_eq!(found(|p| p[14].digest = Digest::from_bytes([0; 32])), (15, Difference::Digest));
    // Two are wrong: the first is named, with its candidate and attempt.
    let (_, papers) = small();
    let error = spoilt(|_, p| {
        p[9].k = 1;
        p[2].k = 1;
    });
    let named = format!("paper 3, attempt {} of candidate {}: ", papers[2].attempt, papers[2].candidate);
    assert!(error.to_string().starts_with(&named), "{error}");
}

#[test]
fn papers_out_of_order_are_neither_written_nor_believed() {
    let (head, mut papers) = small();
    let lines =
        |papers: &[FilePaper]| papers.iter().map(|p| serde_json::to_string(p).unwrap()).collect::<Vec<_>>().join(",");
    let empty = text(&head, Vec::new());
    for (first, second) in [(0, 0), (1, 0)] {
        let pair = [papers[first].clone(), papers[second].clone()];
        assert!(matches!(write(Vec::new(), &head, pair.clone()), Err(WriteError::Order { .. })));
        let file = empty.replace("\"papers\":[", &format!("\"papers\":[{}", lines(&pair)));
        let error = verify(file.as_bytes()).unwrap_err();
        assert!(matches!(error, VerifyError::Paper { position: 2, difference: Difference::Order, .. }), "{error}");
    }
    papers.truncate(1);
    let mut file = DrawFileWriter::start(Vec::new(), &head).unwrap();
    assert!(std::mem::take(file.out()).starts_with(b"{\"manifest\":"));
    file.paper(&papers[0]).unwrap();
    assert_eq!(String::from_utf8(file.finish().unwrap()).unwrap(), format!("\n{}\n]}}\n", lines(&papers)));
}

#[test]
fn what_is_not_a_draw_file() {
    let (head, papers) = small();
    let file = text(&head, papers);
    let unreadable = |text: &str| match verify(text.as_bytes()) {
        Err(VerifyError::Unreadable(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    unreadable("");
    unreadable("[]");
    assert!(unreadable("{}").contains("\"manifest\" is missing"));
    assert!(unreadable(&file[..file.len() / 2]).contains("EOF"));
    assert!(unreadable(&format!("{file}0")).contains("trailing"));
    assert!(unreadable(&file.replace("\n\"secret\":", "\n\"Secret\":")).contains("expected the key \"secret\""));
    assert!(unreadable(&file.replace("\n]}\n", "\n],\"more\":1}")).contains("\"more\""));
    assert!(unreadable(&file.replace("\"attempt\":1", "\"attempt\":1,\"note\":1")).contains("note"));
}

/// What stands between the fences of draw.md that begin with this text.
fn example(of: &str) -> &'static str {
    let text = include_str!("../../../../openapi/draw.md");
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
    blocks.filter(|block| block.starts_with(of)).last().unwrap()
}

#[test]
fn the_example_of_the_description_holds() {
    let file = example("{\"manifest\":{\"algorithm\"");
    let signed: SignedHead = serde_json::from_str(example("{\"size\": 3")).unwrap();
    let mut held = Vec::new();
    let verified = verify_telling(file.as_bytes(), Some(&signed), &mut |check| held.push(check)).unwrap();
    assert_eq!((verified.papers, verified.candidates, verified.log_size), (3, 2, 3));
    assert!(matches!(
        held.as_slice(),
        [
            Held::Manifest { pool: 6, sections: 2, .. },
            Held::Log { index: 1, size: 3, .. },
            Held::Head(_),
            Held::Seal { beacon: Some(_), .. },
            Held::Papers { papers: 3, candidates: 2 },
        ]
    ));
    // The head of another log, and one whose signature is of something else.
    let keys = crate::keys::Keys::new([1; 32]);
    let other = |size, root| SignedHead::sign(&keys, size, root, signed.at);
    let refused = |other: &SignedHead| verify_telling(file.as_bytes(), Some(other), &mut |_| {}).unwrap_err();
    assert!(matches!(refused(&other(3, verified.manifest_digest)), VerifyError::OtherHead { .. }));
    assert!(matches!(refused(&other(4, signed.root)), VerifyError::OtherHead { signed: 4, stated: 3 }));
    assert!(matches!(refused(&SignedHead { size: 4, ..signed.clone() }), VerifyError::Signature(_)));
    assert!(verify_telling(file.as_bytes(), Some(&other(3, signed.root)), &mut |_| {}).is_ok());
}

#[test]
fn an_entry_that_two_parsers_read_differently_is_refused() {
    let file = example("{\"manifest\":{\"algorithm\"");
    let twice = file.replace("\"expected\":2,", "\"expected\":1,\"expected\":2,");
    assert!(twice != file && verify(twice.as_bytes()).unwrap_err().to_string().contains("duplicate field"));
    for number in ["2.0", "2e0", "-0"] {
        let odd = file.replace("\"expected\":2,", &format!("\"expected\":{number},"));
        assert!(odd != file && verify(odd.as_bytes()).is_err(), "{number}");
    }
}

#[test]
fn attempts_count_from_one() {
    let zero = |_: &mut Head, papers: &mut Vec<FilePaper>| papers[0].attempt = 0;
    assert!(matches!(spoilt(zero), VerifyError::Paper { position: 1, difference: Difference::Attempt, .. }));
}
