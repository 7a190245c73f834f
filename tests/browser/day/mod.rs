//! The day of each role on the demonstration: an official with a phone, the others at a desk. What it takes to bring an
//! empty district to a closed year is in `path/`; here is what there is to do in one that is at work.

mod administrators;
mod auditor;
mod coordinator;
mod liaison;
mod no_script;
mod official;

use crate::chrome::Chrome;
use crate::demo::{Demo, PASSWORD};

/// Somebody begins at a page of theirs.
async fn begins(chrome: &Chrome, role: &str, page: &str) {
    chrome.log_in_with(role, PASSWORD, page).await;
    chrome.fits().await;
}

/// Opens a page until an element of it says so: the server does some things a moment later.
async fn comes_to_say(chrome: &Chrome, page: &str, css: &str, words: &str) {
    chrome
        .until(&format!("{words} on {page}"), async || {
            chrome.go(page).await;
            chrome.see(css).await.text().await.ok()?.contains(words).then_some(())
        })
        .await;
}

/// The number of a thing in the address of the page.
async fn number(chrome: &Chrome) -> String {
    let path = chrome.path().await;
    path.split(['/', '?']).find(|part| part.len() == 36).unwrap_or_else(|| panic!("no number in {path}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_and_an_exam_are_held() {
    let demo = Demo::start();
    let base = demo.base();
    let (desk, phone) = tokio::join!(Chrome::desk(&base), Chrome::phone(&base));

    begins(&desk, "coordinator", "/today").await;
    let (session, code) = coordinator::shows_the_code(&desk).await;
    begins(&phone, "official", "/tasks").await;
    official::sees_what_is_due(&phone).await;
    official::checks_in(&phone, &session, &code).await;
    official::asks_for_leave(&phone).await;
    official::subscribes(&phone).await;
    begins(&desk, "liaison", "/unit").await;
    let name = liaison::calls_the_roll(&desk, &session).await;
    let exempt = liaison::asks_for_an_exemption(&desk).await;
    begins(&desk, "coordinator", "/today").await;
    coordinator::follows_who_came(&desk, &session, &name).await;
    coordinator::decides_about_leave(&desk).await;
    coordinator::decides_about_an_exemption(&desk, &exempt).await;

    let exam = official::enters_the_exam(&phone).await;
    coordinator::gives_more_time(&desk, &exam).await;
    official::has_more_time(&phone).await;
    official::hands_in(&phone).await;
    begins(&desk, "liaison", "/unit").await;
    liaison::copies_who_is_missing(&desk, &exam).await;
    begins(&desk, "coordinator", "/today").await;
    coordinator::ends_the_exam(&desk, &exam).await;
    official::objects(&phone, &exam).await;
    coordinator::answers_the_objection(&desk, &exam).await;
    official::reads_the_answer(&phone).await;
    official::reads_their_file(&phone).await;
    coordinator::reads_results(&desk, &exam).await;
    tokio::join!(desk.quit(), phone.quit());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_district_is_audited_and_administered() {
    let demo = Demo::start();
    let desk = Chrome::desk(&demo.base()).await;
    begins(&desk, "auditor", "/rates").await;
    auditor::follows_a_gap_to_the_evidence(&desk).await;
    auditor::takes_files_away(&desk).await;
    auditor::keeps_and_checks(&desk).await;
    auditor::verifies_a_draw(&desk).await;
    auditor::proves_the_log(&desk).await;
    begins(&desk, "sysadmin", "/units").await;
    administrators::changes_a_unit(&desk).await;
    begins(&desk, "secadmin", "/accounts").await;
    let newcomer = administrators::makes_an_account(&desk).await;
    administrators::newcomer_begins(&desk, newcomer).await;
    begins(&desk, "secadmin", "/accounts").await;
    administrators::takes_it_away(&desk, newcomer).await;
    begins(&desk, "logadmin", "/log").await;
    administrators::is_seen_in_the_log(&desk, newcomer).await;
    desk.quit().await;
}
