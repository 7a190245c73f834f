//! What every template is handed: the reader, their language, where they are and what time it is; and how a page leaves.

use std::fmt::Display;

use askama::Template;
use entity::instant::{Day, Instant};
use entity::org::person::Category;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};

use super::texts::{TEXTS, Text};
use super::{Services, assets, format, nav};
use crate::auth::{Caller, Role, csrf_token};
use crate::files::{Mistake, letters};
use crate::http::{Code, Language, Problem};
use crate::kernel::calendar::Calendar;
use crate::kernel::texts::Lang;
use crate::org::mistake_words;

/// A value, however many references a template puts before it.
pub(super) trait Plain<T> {
    /// The value itself.
    fn plain(&self) -> T;
}

impl Plain<Instant> for Instant {
    fn plain(&self) -> Instant {
        *self
    }
}

impl Plain<Day> for Day {
    fn plain(&self) -> Day {
        *self
    }
}

impl Plain<Category> for Category {
    fn plain(&self) -> Category {
        *self
    }
}

impl Plain<i64> for i64 {
    fn plain(&self) -> i64 {
        *self
    }
}

impl Plain<i64> for i32 {
    fn plain(&self) -> i64 {
        i64::from(*self)
    }
}

impl Plain<u32> for u32 {
    fn plain(&self) -> u32 {
        *self
    }
}

impl Plain<Option<u32>> for Option<u32> {
    fn plain(&self) -> Option<u32> {
        *self
    }
}

impl<T, P: Plain<T> + ?Sized> Plain<T> for &P {
    fn plain(&self) -> T {
        (*self).plain()
    }
}

/// What a handler of a page answers.
pub(super) type Page = Result<Response, Problem>;

/// Who reads a page.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// The name to show.
    pub(super) name: String,
    /// What they log in with.
    pub(super) username: String,
    /// The roles they hold now, each once, in words.
    pub(super) roles: Vec<String>,
}

/// A link of the navigation.
#[derive(Debug, Clone)]
pub(super) struct NavLink {
    /// Where it leads.
    pub(super) path: &'static str,
    /// What it is called.
    pub(super) text: Text,
    /// The page lies in this area.
    pub(super) current: bool,
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The reader's language.
    pub(super) lang: Lang,
    /// When the page was made.
    pub(super) now: Instant,
    /// Its address: path and query.
    pub(super) address: String,
    /// The reader, once logged in.
    pub(super) who: Option<Who>,
    /// What its forms must send; empty before log-in.
    pub(super) csrf: String,
    /// The reader's areas.
    pub(super) nav: Vec<NavLink>,
    /// The unit whose page it is, printed on every sheet; empty if none.
    pub(super) unit: String,
    /// The demonstration is being served.
    pub(super) demo: bool,
    /// The district's calendar.
    pub(super) calendar: Calendar,
}

#[allow(clippy::unused_self, reason = "a template asks its view for everything")]
impl View {
    /// For a request, and for whom if they are logged in.
    #[must_use]
    pub(super) fn new(request: &Request, services: &Services, caller: Option<&Caller>) -> Self {
        let core = &services.core;
        let (lang, now) = (Language::of(request).0, core.now());
        let uri = request.original_uri();
        let address = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
        let mut view = Self {
            lang,
            now,
            address,
            who: None,
            csrf: String::new(),
            nav: Vec::new(),
            unit: String::new(),
            demo: core.settings.demo,
            calendar: core.settings.calendar,
        };
        if let Some(caller) = caller {
            view.csrf = csrf_token(&caller.token_hash);
            view.nav = view.links(caller, uri.path());
            view.who = Some(who(caller, now, lang));
        }
        view
    }

    /// A text of the pages.
    #[must_use]
    pub(super) fn t(&self, name: &'static str) -> Text {
        Text::new(self.lang, name)
    }

    /// A text whose name ends with a word of the domain: `v.word("role-", "auditor")` is `role-auditor`.
    #[must_use]
    pub(super) fn word(&self, family: &str, word: impl Display) -> Text {
        Text::new(self.lang, format!("{family}{word}"))
    }

    /// What a person is.
    #[must_use]
    pub(super) fn category(&self, category: impl Plain<Category>) -> Text {
        self.word("category-", category.plain())
    }

    /// How a state in a word is shown: the kind of its tag.
    #[must_use]
    pub(super) fn state(&self, word: impl Display) -> &'static str {
        match word.to_string().as_str() {
            "running" | "open" => "info",
            "present" | "made_up" | "approved" | "released" | "graded" => "ok",
            "draft" | "paused" | "submitted" | "pending" | "late" | "left_early" => "warn",
            "absent" | "voided" => "bad",
            _ => "",
        }
    }

    /// The link to an area.
    pub(super) fn link(&self, path: &'static str, current: bool) -> NavLink {
        NavLink { path, text: self.word("nav-", path.trim_start_matches('/')), current }
    }

    fn links(&self, caller: &Caller, path: &str) -> Vec<NavLink> {
        let within = |area: &str| path.strip_prefix(area).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let areas: Vec<&'static str> = nav::areas(caller, self.now).map(|a| a.path).collect();
        let here = areas.iter().copied().filter(|a| within(a)).max_by_key(|a| a.len());
        areas.into_iter().map(|area| self.link(area, Some(area) == here)).collect()
    }

    /// The BCP 47 tag of the language.
    #[must_use]
    pub(super) fn tag(&self) -> &'static str {
        self.lang.tag()
    }

    /// The tag of the other language.
    #[must_use]
    pub(super) fn other_tag(&self) -> &'static str {
        match self.lang {
            Lang::Zh => Lang::En.tag(),
            Lang::En => Lang::Zh.tag(),
        }
    }

    /// The address of a static file, which changes with its content.
    #[must_use]
    pub(super) fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// What was just done, from `?done=` of the address: the text `done-…`, if there is one.
    #[must_use]
    pub(super) fn done(&self) -> Option<Text> {
        let word = self.query("done")?;
        let name = format!("done-{word}");
        TEXTS.has(&name).then(|| Text::new(self.lang, name))
    }

    /// A place in a file: its row, or its cell as a spreadsheet names it.
    #[must_use]
    pub(super) fn place(&self, row: impl Plain<u32>, column: impl Plain<Option<u32>>) -> String {
        let row = row.plain();
        column.plain().map_or_else(|| row.to_string(), |column| format!("{}{row}", letters(column)))
    }

    /// What is wrong with a place in a file.
    #[must_use]
    pub(super) fn mistake(&self, mistake: &Mistake) -> String {
        mistake_words(mistake, self.lang)
    }

    /// A parameter of the address.
    #[must_use]
    pub(super) fn query(&self, name: &str) -> Option<String> {
        pairs(&self.address).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// This page with one parameter set to another value and its place in a list kept out unless it is that:
    /// filters survive a change of page, a change of filter begins at the first page.
    #[must_use]
    pub(super) fn link_with(&self, name: &str, value: impl Display) -> String {
        let mut query = self.others(name);
        query.push((name.to_owned(), value.to_string()));
        address_of(&self.address, &query)
    }

    /// This page without one parameter.
    #[must_use]
    pub(super) fn link_without(&self, name: &str) -> String {
        address_of(&self.address, &self.others(name))
    }

    fn others(&self, name: &str) -> Vec<(String, String)> {
        let passing = ["done", "cursor"];
        pairs(&self.address).into_iter().filter(|(k, _)| k != name && !passing.contains(&k.as_str())).collect()
    }

    /// `2026 年 11 月 22 日 09:30`.
    #[must_use]
    pub(super) fn date_time(&self, at: impl Plain<Instant>) -> String {
        format::date_time(self.lang, self.calendar.wall(at.plain()))
    }

    /// The same without this year.
    #[must_use]
    pub(super) fn near(&self, at: impl Plain<Instant>) -> String {
        format::near(self.lang, self.calendar.wall(at.plain()), self.calendar.day(self.now).0)
    }

    /// `2026 年 11 月 22 日`.
    #[must_use]
    pub(super) fn date(&self, day: impl Plain<Day>) -> String {
        format::date(self.lang, day.plain().0)
    }

    /// The day on which the page was made.
    #[must_use]
    pub(super) fn today(&self) -> String {
        self.date(self.calendar.day(self.now))
    }

    /// The day of a moment: `2026 年 11 月 22 日`.
    #[must_use]
    pub(super) fn day_of(&self, at: impl Plain<Instant>) -> String {
        format::date(self.lang, self.calendar.day(at.plain()).0)
    }

    /// `09:30`.
    #[must_use]
    pub(super) fn time(&self, at: impl Plain<Instant>) -> String {
        format::time(self.calendar.wall(at.plain()))
    }

    /// `2026 年 11 月 22 日 09:30—11:00`.
    #[must_use]
    pub(super) fn span(&self, from: impl Plain<Instant>, to: impl Plain<Instant>) -> String {
        format::span(self.lang, self.calendar.wall(from.plain()), self.calendar.wall(to.plain()))
    }

    /// What a `datetime-local` control is filled with: `2026-11-22T09:30`.
    #[must_use]
    pub(super) fn control(&self, at: impl Plain<Instant>) -> String {
        self.calendar.wall(at.plain()).format("%Y-%m-%dT%H:%M").to_string()
    }

    /// `60 分钟`.
    #[must_use]
    pub(super) fn duration(&self, seconds: impl Plain<i64>) -> String {
        format::duration(self.lang, seconds.plain())
    }

    /// `1,112`.
    #[must_use]
    pub(super) fn number(&self, number: impl Display) -> String {
        format::thousands(&number.to_string())
    }

    /// `66.3 %`, from thousandths.
    #[must_use]
    pub(super) fn permille(&self, permille: impl Plain<u32>) -> String {
        let permille = permille.plain();
        format!("{}.{} %", permille / 10, permille % 10)
    }
}

fn who(caller: &Caller, now: Instant, lang: Lang) -> Who {
    let mut roles: Vec<Role> = Vec::new();
    for grant in &caller.account.grants {
        if caller.has(&[grant.role], now) && !roles.contains(&grant.role) {
            roles.push(grant.role);
        }
    }
    Who {
        name: caller.account.display_name.clone(),
        username: caller.account.username.clone(),
        roles: roles.iter().map(|r| Text::new(lang, format!("role-{r}")).to_string()).collect(),
    }
}

fn pairs(address: &str) -> Vec<(String, String)> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    serde_urlencoded::from_str(query).unwrap_or_default()
}

fn address_of(address: &str, query: &[(String, String)]) -> String {
    let path = address.split('?').next().unwrap_or_default();
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// A page from its template.
pub(super) fn page(template: &impl Template) -> Page {
    page_with(StatusCode::OK, template)
}

/// A page with a status of its own: a form that was not taken, a problem.
pub(super) fn page_with(status: StatusCode, template: &impl Template) -> Page {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a template that cannot be rendered");
        Problem::new(Code::Internal)
    })?;
    let mut response =
        Response::builder().status(status).content_type("text/html; charset=utf-8").body(html.into_bytes());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Cookie, Accept-Language"));
    Ok(response)
}

/// On to another page, after a form or where somebody has to go first.
pub(super) fn go_to(address: &str) -> Response {
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, location)
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
}

/// An address of our own, from what a client names as the place to go on to; anything else leads to the start.
pub(super) fn own_address(next: Option<&str>) -> &str {
    let safe = |next: &&str| {
        let plain = !next.chars().any(|c| c.is_control() || c == '\\' || c == ' ');
        plain && next.is_ascii() && next.starts_with('/') && !next.starts_with("//")
    };
    next.filter(safe).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_are_gone_on_to() {
        assert_eq!(own_address(Some("/rates?year=2026")), "/rates?year=2026");
        for bad in ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a\nb", "/\t/evil.example"] {
            assert_eq!(own_address(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(own_address(None), "/");
    }

    #[test]
    fn an_address_keeps_its_other_parameters() {
        assert_eq!(pairs("/people?q=%E6%9D%8E&cursor=1").len(), 2);
        assert_eq!(address_of("/people?q=1", &[("q".into(), "李 明".into())]), "/people?q=%E6%9D%8E+%E6%98%8E");
        assert_eq!(address_of("/people?q=1", &[]), "/people");
    }
}
