//! The manifest's digest and commitment against the worked examples, and what is refused.

use serde_json::{Value, json};

use super::super::fixtures;
use super::*;

#[test]
fn worked_examples() {
    for case in fixtures::vectors().cases {
        assert_eq!(case.manifest.digest(), case.manifest_digest, "{}", case.name);
        assert_eq!(case.secret.commitment(), case.manifest.commitment, "{}", case.name);
        assert_eq!(case.manifest.check(), Ok(()), "{}", case.name);
    }
}

#[test]
fn every_key_is_there_and_no_other() {
    let whole = serde_json::to_value(fixtures::manifest(6, &[1])).unwrap();
    for key in ["beacon_rule", "balance", "pool"] {
        let mut short = whole.clone();
        short.as_object_mut().unwrap().remove(key);
        assert!(serde_json::from_value::<Manifest>(short).is_err(), "{key}");
    }
    let with = |key: &str, value: Value| {
        let mut changed = whole.clone();
        changed[key] = value;
        serde_json::from_value::<Manifest>(changed)
    };
    assert!(with("balance", Value::Null).is_ok());
    assert!(with("more", json!(1)).is_err());
    assert!(with("algorithm", json!("kaofa-draw/2")).is_err());
}

#[test]
fn what_the_check_refuses() {
    let refuse = |spoil: fn(&mut Manifest)| {
        let mut manifest = fixtures::manifest(6, &[1, 1]);
        spoil(&mut manifest);
        manifest.check().unwrap_err()
    };
    let last = || fixtures::manifest(6, &[1]).pool[5].item.clone();
    assert_eq!(refuse(|m| m.sections.clear()), ManifestError::NoSections);
    assert_eq!(refuse(|m| m.sections[1].section = "3".into()), ManifestError::SectionName("3".into()));
    assert_eq!(refuse(|m| m.sections[0].count = 0), ManifestError::EmptySection("1".into()));
    let tries = |tries| Some(Balance { target_permille: 700, tolerance_permille: 20, tries });
    let mut manifest = fixtures::manifest(6, &[1]);
    manifest.balance = tries(0);
    assert_eq!(manifest.check(), Err(ManifestError::Tries(0)));
    manifest.balance = tries(10_001);
    assert_eq!(manifest.check(), Err(ManifestError::Tries(10_001)));
    assert_eq!(refuse(|m| m.pool.swap(4, 5)), {
        ManifestError::PoolOrder(fixtures::manifest(6, &[1]).pool[4].item.clone())
    });
    assert_eq!(refuse(|m| m.pool[5].facility_permille = 1001), ManifestError::Facility(last()));
    assert_eq!(refuse(|m| m.pool[5].options.clear()), ManifestError::Options(last()));
    assert_eq!(refuse(|m| m.pool[5].kind = Kind::Judgement), ManifestError::Options(last()));
    assert_eq!(refuse(|m| m.pool[5].options[0] = "x2".into()), ManifestError::OptionIds(last()));
    assert_eq!(refuse(|m| m.pool[5].pinned = vec!["x9".into()]), ManifestError::OptionIds(last()));
    for name in ["z", "z@", "z@0", "z@01", "z@+1", "@1", "z@1.0"] {
        let mut manifest = fixtures::manifest(6, &[1]);
        manifest.pool[5].item = name.into();
        let wrong = if name < "q" { ManifestError::PoolOrder } else { ManifestError::ItemName };
        assert_eq!(manifest.check(), Err(wrong(name.into())));
    }
    // "q@1" and "q@2" have "q@10" between them: versions need not stand side by side.
    let mut manifest = fixtures::manifest(3, &[1]);
    for (item, name) in manifest.pool.iter_mut().zip(["q@1", "q@a@1", "q@2"]) {
        item.item = name.into();
    }
    manifest.pool.sort_by(|a, b| a.item.cmp(&b.item));
    assert_eq!(manifest.check(), Err(ManifestError::TwoVersions("q@2".into())));
}

#[test]
fn secrets_do_not_print() {
    assert_eq!(format!("{:?}", Secret::from_bytes([1; 32])), "Secret(…)");
}
