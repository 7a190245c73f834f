//! Every page is whole.

use std::collections::BTreeMap;

use super::Demo;
use super::look::Looker;
use super::walk::Walk;

fn whole(wrong: &BTreeMap<String, Vec<String>>, of: usize) {
    let lines: Vec<String> = wrong.iter().map(|(page, what)| format!("{page}\n  {}", what.join("\n  "))).collect();
    assert!(lines.is_empty(), "{} of {of} pages:\n{}", lines.len(), lines.join("\n"));
}

/// An address that nothing leads to fails; so does a page that is wider than a phone, weighs too much, breaks a rule of
/// accessibility or shows what is not translated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_whole_on_a_phone() {
    let demo = Demo::start();
    let walk = Walk::through(&demo.base()).await;
    let missed = walk.missed();
    let (walk, looker) = (walk.chosen(), Looker::new());
    let wrong = walk.each(2, async |chrome, visit| looker.glance(chrome, visit).await).await;
    whole(&wrong, walk.visits.len());
    assert!(missed.is_empty(), "no link leads to {missed:?}");
}

/// Each page in both languages, both themes and at both widths.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes several minutes: make look"]
async fn every_page_is_whole_in_both_languages_and_themes() {
    let demo = Demo::start();
    let (walk, looker) = (Walk::through(&demo.base()).await.chosen(), Looker::new());
    let wrong = walk.each(2, async |chrome, visit| looker.look(chrome, visit).await).await;
    whole(&wrong, walk.visits.len());
}
