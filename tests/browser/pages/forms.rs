//! A form that is not taken: what was typed is there again, every error is told at the top, which has the focus, and at
//! its field.

use kaofa::auth::Role;
use serde_json::Value;

use crate::chrome::{Chrome, base};
use crate::harness::{Backend, PASSWORD, TestServer, run};

/// What is typed into a line of text.
const TYPED: &str = "已填写的内容 <b>&\"'";

/// Whether the page is a form that makes something new.
pub(super) async fn has_one(chrome: &Chrome, path: &str) -> bool {
    let ends = path.split('?').next().unwrap_or_default().ends_with("/new");
    ends && chrome.run("return !!document.querySelector('main form.form[method=post]')", Vec::new()).await == true
}

/// Leaves out the first thing that has to be filled in, fills in the others, sends it, and looks at what comes back.
pub(super) async fn send_wrong(chrome: &Chrome) -> Vec<String> {
    let script = "const form = document.querySelector('main form.form[method=post]');
        const first = [...form.elements].find(e => e.required && e.matches('input:not([type=hidden]), textarea'));
        const kept = {};
        [...form.elements].forEach(e => {
            if (!e.name || e.type === 'hidden' || e.type === 'submit' || e === first) return;
            if (e.tagName === 'SELECT') {
                e.selectedIndex = e.options.length - 1;
            } else if (e.type === 'checkbox' || e.type === 'radio') {
                e.checked = true;
            } else if (e.type === 'text' || e.tagName === 'TEXTAREA' || e.type === 'search') {
                e.value = arguments[0];
            } else if (e.type === 'number') {
                e.value = '7';
            } else if (e.type === 'date') {
                e.value = '2026-03-02';
            } else if (e.type === 'datetime-local') {
                e.value = '2026-03-02T09:30';
            }
        });
        if (first) first.value = '';
        new FormData(form).forEach((value, name) => {
            const field = form.elements[name];
            if (name === 'csrf' || name.includes('password') || (field && field.type === 'password')) return;
            (kept[name] = kept[name] || []).push(value);
        });
        return { kept, empty: first ? first.name : '' };";
    let sent = chrome.run(script, vec![TYPED.into()]).await;
    let push = "window.old = true; document.querySelector('main form.form[method=post] .btn.go').click()";
    chrome.run(push, Vec::new()).await;
    let script = "return window.old !== true && document.readyState === 'complete'";
    let answered = async || (chrome.ask(script, Vec::new()).await? == true).then_some(());
    chrome.until("the answer to a form", answered).await;
    let script = "const form = document.querySelector('main form.form[method=post]');
        if (!form) return ['the form is gone: ' + location.pathname + ' ' + document.title];
        const wrong = [];
        const summary = document.querySelector('.errors');
        if (!summary) return ['no summary of errors'];
        if (document.activeElement !== summary) wrong.push('the summary has not the focus');
        const links = [...summary.querySelectorAll('a')];
        if (links.length === 0) wrong.push('the summary leads nowhere: ' + summary.textContent.trim());
        links.forEach(a => {
            const id = decodeURIComponent(a.getAttribute('href').slice(1));
            const target = document.getElementById(id);
            if (!target) { wrong.push('no field ' + id + ': ' + a.textContent); return; }
            a.click();
            const reached = document.activeElement === target || target.contains(document.activeElement);
            if (!reached) wrong.push(id + ' does not take the focus');
            if (target.matches('input, select, textarea') && target.getAttribute('aria-invalid') !== 'true') wrong.push(id + ' is not marked');
        });
        const named = arguments[0].empty;
        if (named && !links.some(a => decodeURIComponent(a.getAttribute('href')) === '#f-' + named)) wrong.push(named + ' is not named');
        const now = {};
        new FormData(form).forEach((value, name) => (now[name] = now[name] || []).push(value));
        Object.entries(arguments[0].kept).forEach(([name, values]) => {
            const there = (now[name] || []).map(v => v.replace(/\\r\\n/g, '\\n'));
            values.filter(v => v !== '' && !there.includes(v)).forEach(v => wrong.push(name + ' has lost ' + v));
        });
        return wrong;";
    let wrong: Value = chrome.run(script, vec![sent]).await;
    let wrong: Vec<String> = serde_json::from_value(wrong).unwrap();
    wrong.into_iter().map(|what| format!("the form that is not taken: {what}")).collect()
}

/// The log-in ends while a form is being filled in.
async fn log_in_ends(server: TestServer) {
    let root = server.root().await;
    server.unit(root, "sfj", "区司法局").await;
    server.account("coordinator", None, &[(Role::Coordinator, root)], false).await;
    let chrome = Chrome::desk(&base(&server)).await;
    chrome.log_in("coordinator", "/people/new").await;
    let typed =
        async |name: &str| chrome.see(&format!("main [name='{name}']")).await.prop("value").await.unwrap().unwrap();
    chrome.fill("name", "张伟").await;
    chrome.fill("post", TYPED).await;
    chrome.tick("categories", "公务员").await;
    chrome.choose("unit_id", "区司法局").await;
    chrome.driver.delete_all_cookies().await.unwrap();
    chrome.press("录入").await;
    chrome.fill("username", "coordinator").await;
    chrome.fill("password", PASSWORD).await;
    chrome.tap("main .btn.go").await;
    chrome.says("main .notice", "下面是您当时填写的内容").await;
    assert_eq!((typed("name").await.as_str(), typed("post").await.as_str()), ("张伟", TYPED));
    assert_eq!(chrome.run("return sessionStorage.length", Vec::new()).await, 0, "it is kept no longer than needed");
    chrome.press("录入").await;
    chrome.says("main table", "张伟").await;
    chrome.go("/people/new").await;
    assert_eq!(typed("name").await, "", "what was taken does not come back");
    chrome.quit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_survives_the_end_of_a_log_in() {
    run(Backend::Sqlite, log_in_ends).await;
}
