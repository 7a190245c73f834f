//! That the demonstration's questions are sound: in shape, in what they cite, and no two alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::*;
use crate::bank::Kind;

/// The facts that were checked against the laws: id, law, article.
fn facts() -> HashMap<String, (String, String)> {
    let text = include_str!("../../../tests/data/law_facts.md");
    let fact = |line: &str| {
        let (head, _) = line.strip_prefix("- F")?.split_once('：')?;
        let mut words = head.split_whitespace();
        let (id, law, article) = (words.next()?, words.next()?, words.next()?);
        Some((format!("F{id}"), (law.to_owned(), article.to_owned())))
    };
    text.lines().filter_map(fact).collect()
}

/// Letters and digits alone: what is left of a text when its punctuation is taken away.
fn bare(text: &str) -> Vec<char> {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How alike two texts are, in thousandths: 1 − Levenshtein's distance / the longer length.
fn alike_permille(a: &[char], b: &[char]) -> usize {
    let longer = a.len().max(b.len()).max(1);
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    1000 - row[b.len()] * 1000 / longer
}

#[test]
fn likeness_is_levenshteins() {
    assert_eq!(alike_permille(&bare("kitten"), &bare("sitting")), 1000 - 3000 / 7);
    assert_eq!(alike_permille(&bare("行政、处罚"), &bare("行政处罚。")), 1000);
    assert_eq!(alike_permille(&bare("处罚"), &[]), 0);
}

#[test]
fn there_are_enough_of_every_kind() {
    let questions = questions();
    assert!(questions.len() >= 240, "{}", questions.len());
    let laws: BTreeSet<&str> = questions.iter().map(|q| q.citation().law.split('·').next().unwrap()).collect();
    assert!(laws.len() >= 20, "{laws:?}");
    for kind in [Kind::Single, Kind::Multiple, Kind::Judgement] {
        assert!(questions.iter().filter(|q| q.kind() == kind).count() >= 50, "{kind}");
    }
}

#[test]
fn every_citation_is_among_the_facts() {
    let facts = facts();
    assert_eq!(facts.len(), 246);
    for (fact, question) in inputs() {
        let cited = (question.law.clone(), question.article.clone());
        assert_eq!(facts.get(&fact), Some(&cited), "{fact}: {}", question.stem);
        assert!(!question.explanation.is_empty(), "{}", question.stem);
        assert!(question.explanation.contains(&question.article), "{}", question.explanation);
    }
}

#[test]
fn judgements_are_not_all_true() {
    let inputs = inputs();
    let answers: Vec<bool> = inputs.iter().filter_map(|(_, q)| q.answer).collect();
    let right = answers.iter().filter(|a| **a).count();
    assert!(right * 3 >= answers.len() && right * 3 <= answers.len() * 2, "{right} of {}", answers.len());
}

#[test]
fn the_place_of_an_option_tells_nothing() {
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let mut singles = 0;
    for (_, question) in inputs().into_iter().filter(|(_, q)| q.kind == "single") {
        let place = question.options.iter().position(|o| o.correct).unwrap();
        *places.entry(place).or_default() += 1;
        singles += 1;
    }
    assert!(places.values().all(|n| n * 2 < singles), "{places:?} of {singles}");
}

#[test]
fn no_two_are_alike() {
    let questions = questions();
    let bare: Vec<_> = questions.iter().map(|q| (bare(q.stem()), q)).collect();
    let mut close = Vec::new();
    for (i, (a, one)) in bare.iter().enumerate() {
        for (b, other) in &bare[i + 1..] {
            assert_ne!(a, b, "{}", one.stem());
            let together = one.group().is_some() && one.group() == other.group();
            let permille = alike_permille(a, b);
            if one.kind() == other.kind() && permille >= 700 && !together {
                close.push(format!("{permille} {} / {}", one.stem(), other.stem()));
            }
        }
    }
    assert!(close.is_empty(), "{}", close.join("\n"));
}

#[test]
fn a_group_holds_more_than_one() {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for question in questions() {
        if let Some(group) = question.group() {
            *groups.entry(group.to_owned()).or_default() += 1;
        }
    }
    assert!(groups.values().all(|n| *n > 1), "{groups:?}");
}
