//! The browsers of offices are old: script keeps to what they know.

use crate::chrome::Chrome;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn script_is_es2019() {
    let chrome = Chrome::desk("data:").await;
    chrome.run(&super::package("acorn/dist/acorn.js"), Vec::new()).await;
    let folder = format!("{}/src/web/static", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut parsed = 0;
    for file in files.filter(|file| file.extension().is_some_and(|e| e == "js")) {
        let source = std::fs::read_to_string(&file).unwrap();
        // What tells old browsers that they are too old must be read by them.
        let version = if file.ends_with("compat.js") { 5 } else { 2019 };
        let script =
            "try { acorn.parse(arguments[0], { ecmaVersion: arguments[1], sourceType: 'script' }); return ''; }
            catch (error) { return String(error); }";
        let error = chrome.run(script, vec![source.into(), version.into()]).await;
        assert_eq!(error, "", "{}", file.display());
        parsed += 1;
    }
    assert!(parsed >= 4, "{parsed} files");
    let newer = chrome
        .run("try { acorn.parse('a ??= b', { ecmaVersion: 2019 }) } catch (error) { return 'refused' }", Vec::new());
    assert_eq!(newer.await, "refused");
    chrome.quit().await;
}
