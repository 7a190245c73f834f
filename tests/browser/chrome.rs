//! Chromium, driven by a chromedriver of the test's own.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::harness::{PASSWORD, TestServer};

/// How long a page may take to become what it is waited for on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(50);

/// A browser; it and its driver end with it.
pub(crate) struct Chrome {
    pub(crate) driver: WebDriver,
    /// Where chromedriver is.
    service: String,
    base: String,
    width: i64,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chrome {
    /// A small phone.
    pub(crate) async fn phone(base: &str) -> Self {
        Self::start(base, 360, 740, true).await
    }

    /// The screen of an office.
    pub(crate) async fn desk(base: &str) -> Self {
        Self::start(base, 1280, 900, false).await
    }

    async fn start(base: &str, width: i64, height: i64, mobile: bool) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver does not start ({error}): run `make test`, which installs it")
            });
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        let data = format!("--user-data-dir={}", profile.path().display());
        let size = format!("--window-size={width},{height}");
        for flag in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--lang=zh-CN",
            size.as_str(),
            data.as_str(),
        ] {
            capabilities.add_arg(flag).unwrap();
        }
        if mobile {
            let metrics = json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0 } });
            capabilities.add_experimental_option("mobileEmulation", metrics).unwrap();
        }
        capabilities.add_experimental_option("prefs", json!({ "intl.accept_languages": "zh-CN" })).unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let driver = loop {
            match WebDriver::new(&url, capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) if tries == 100 => panic!("chromedriver does not answer at {url}: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tries += 1;
        };
        Self { driver, service: url, base: base.to_owned(), width, process, _profile: profile }
    }

    /// Opens a page of the server's.
    pub(crate) async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// The path and query of the page.
    pub(crate) async fn path(&self) -> String {
        let url = self.driver.current_url().await.unwrap();
        url.as_str().strip_prefix(&self.base).unwrap_or(url.as_str()).to_owned()
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.driver.execute(script, args).await.unwrap().json().clone()
    }

    /// The same, nothing while the page is changing.
    pub(crate) async fn ask(&self, script: &str, args: Vec<Value>) -> Option<Value> {
        Some(self.driver.execute(script, args).await.ok()?.json().clone())
    }

    /// What a script hands to its last argument, a function.
    pub(crate) async fn run_async(&self, script: &str, args: Vec<Value>) -> Value {
        self.driver.execute_async(script, args).await.unwrap().json().clone()
    }

    /// A command of Chromium's own.
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let url = format!("{}/session/{}/goog/cdp/execute", self.service, self.driver.session_id());
        let body = json!({ "cmd": command, "params": parameters });
        let answer = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// Prefers `light` or `dark`.
    pub(crate) async fn theme(&self, theme: &str) {
        let preference = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        self.devtools("Emulation.setEmulatedMedia", preference).await;
    }

    /// Runs no script of a page any more.
    pub(crate) async fn without_script(&self) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// Becomes as narrow as a phone, or as wide as it was.
    pub(crate) async fn narrow(&self, narrow: bool) {
        if narrow {
            let metrics = json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true });
            self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        } else {
            self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        }
        let wanted = if narrow { 360 } else { self.width };
        // A page that is too wide for a phone widens what it says of the window.
        let widths = "return [innerWidth, document.documentElement.clientWidth].includes(arguments[0])";
        let fits = async || (self.ask(widths, vec![wanted.into()]).await? == true).then_some(());
        self.until(&format!("{wanted} px"), fits).await;
    }

    /// The page as a PNG: all of it, or as much as a picture may hold.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let size =
            "return [document.documentElement.clientWidth, Math.min(document.documentElement.scrollHeight, 6000)]";
        let size = self.run(size, Vec::new()).await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let whole = json!({ "captureBeyondViewport": true, "clip": clip });
        let taken = self.devtools("Page.captureScreenshot", whole).await;
        base64(taken["data"].as_str().unwrap())
    }

    /// Shows a page in a language.
    pub(crate) async fn speak(&self, lang: &str, path: &str) {
        let query = serde_urlencoded::to_string([("to", lang), ("next", path)]).unwrap();
        self.go(&format!("/language?{query}")).await;
    }

    /// Waits until something holds; says what it waited for, and what the page says instead, if it never does.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if Instant::now() > end {
                let text = match self.driver.find(By::Css("body")).await {
                    Ok(body) => body.text().await.unwrap_or_default(),
                    Err(error) => error.to_string(),
                };
                panic!("{what}: not on {} in {} s\n{text}", self.path().await, PATIENCE.as_secs());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    async fn shown(&self, by: By) -> Option<WebElement> {
        for element in self.driver.find_all(by).await.ok()? {
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    /// The first element that fits, once there is one to be seen.
    pub(crate) async fn see(&self, css: &str) -> WebElement {
        self.until(css, async || self.shown(By::Css(css)).await).await
    }

    async fn find(&self, xpath: &str) -> WebElement {
        self.until(xpath, async || self.shown(By::XPath(xpath)).await).await
    }

    /// Waits until an element says so; all that it says.
    pub(crate) async fn says(&self, css: &str, words: &str) -> String {
        self.until(&format!("{css} that says {words}"), async || {
            let text = self.driver.find(By::Css(css)).await.ok()?.text().await.ok()?;
            text.contains(words).then_some(text)
        })
        .await
    }

    /// Clicks what is called so: a link, a button, the head of an act that asks twice.
    pub(crate) async fn press(&self, words: &str) {
        let named = format!("//*[self::a or self::button or self::summary][normalize-space(.)='{words}']");
        self.click(&format!("{words} to press"), By::XPath(named)).await;
    }

    /// Clicks what fits.
    pub(crate) async fn tap(&self, css: &str) {
        self.click(css, By::Css(css)).await;
    }

    async fn click(&self, what: &str, by: By) {
        self.until(what, async || self.shown(by.clone()).await?.click().await.ok()).await;
    }

    /// Types into a field of a form in place of what is there.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        self.fill_in(&format!("main [name='{name}']"), text).await;
    }

    /// The same with the first field to be seen that fits.
    pub(crate) async fn fill_in(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Sets a control for days or moments. How it is typed into differs between the languages of the browser.
    pub(crate) async fn set(&self, name: &str, value: &str) {
        self.see(&format!("main [name='{name}']")).await;
        let script = "const field = document.querySelector(`main [name='${arguments[0]}']`);
            field.value = arguments[1];
            field.dispatchEvent(new Event('change', { bubbles: true }));
            return field.value;";
        let set = self.run(script, vec![name.into(), value.into()]).await;
        assert_eq!(set, value, "{name} takes no {value}");
    }

    /// Chooses one of a control's options by its words.
    pub(crate) async fn choose(&self, name: &str, words: &str) {
        let field = self.see(&format!("main select[name='{name}']")).await;
        let option =
            field.find(By::XPath(format!("./option[normalize-space(translate(., '\u{3000}', ' '))='{words}']"))).await;
        option.unwrap_or_else(|_| panic!("{name} offers no {words}")).click().await.unwrap();
    }

    /// Ticks one of several boxes by its words, unless it is ticked.
    pub(crate) async fn tick(&self, name: &str, words: &str) {
        let label = format!("//main//label[.//input[@name='{name}'] and starts-with(normalize-space(.), '{words}')]");
        let label = self.find(&label).await;
        let ticked = label.find(By::Css("input")).await.unwrap();
        if !ticked.is_selected().await.unwrap() {
            label.click().await.unwrap();
        }
    }

    /// How many rows the page's table has.
    pub(crate) async fn rows(&self) -> usize {
        self.driver.find_all(By::Css("main table tbody tr")).await.unwrap().len()
    }

    /// Logs somebody in, after whoever was before them.
    pub(crate) async fn log_in(&self, username: &str, next: &str) {
        self.log_in_with(username, PASSWORD, next).await;
    }

    /// The same with another password than that of the tests.
    pub(crate) async fn log_in_with(&self, username: &str, password: &str, next: &str) {
        self.driver.delete_all_cookies().await.unwrap();
        self.go(next).await;
        self.fill("username", username).await;
        self.fill("password", password).await;
        self.tap("main .btn.go").await;
        let next = next.to_owned();
        self.until(&format!("{username} at {next}"), async || (self.path().await == next).then_some(())).await;
    }

    /// Becomes whoever has these cookies.
    pub(crate) async fn become_bearer(&self, cookies: &[Cookie]) {
        // Cookies are given to the host of the page that is open.
        self.go("/compat").await;
        self.driver.delete_all_cookies().await.unwrap();
        for cookie in cookies {
            self.driver.add_cookie(cookie.clone()).await.unwrap();
        }
    }

    /// Nothing is wider than the screen.
    pub(crate) async fn fits(&self) {
        let wide = self.run("return document.documentElement.scrollWidth", Vec::new()).await;
        assert!(wide.as_i64().unwrap() <= self.width, "{wide} px wide: {}", self.path().await);
    }

    pub(crate) async fn quit(mut self) {
        let _ = self.driver.clone().quit().await;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads base64, which no library here is needed for otherwise.
fn base64(text: &str) -> Vec<u8> {
    let value =
        |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".iter().position(|b| *b == c);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.as_bytes().chunks(4) {
        let digits: Vec<usize> = four.iter().filter_map(|c| value(*c)).collect();
        let word = digits.iter().enumerate().fold(0, |word, (i, digit)| word | digit << (18 - 6 * i));
        let three = [word >> 16, word >> 8, word].map(|byte| u8::try_from(byte & 255).unwrap());
        bytes.extend(&three[..digits.len().saturating_sub(1)]);
    }
    bytes
}

/// Where a browser finds a server.
pub(crate) fn base(server: &TestServer) -> String {
    format!("http://{}", server.address)
}
