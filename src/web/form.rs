//! Forms: what was typed, and what is wrong with it.

use std::fmt::Display;
use std::str::FromStr;

use chrono::NaiveDateTime;
use entity::instant::{Day, Instant};
use poem::http::{StatusCode, header};
use poem::{FromRequest, Request, RequestBody};

use super::texts::{TEXTS, Text};
use super::view::View;
use crate::auth::{csrf_token, identify};
use crate::http::{Address, Code, Problem};
use crate::kernel::calendar::Calendar;
use crate::kernel::field::{FieldCode, FieldError, Fields};
use crate::kernel::texts::Lang;

/// The field that shows that a form was loaded from here.
const CSRF_FIELD: &str = "csrf";

/// What a control offers: values and their words.
pub(super) type Options = Vec<(String, String)>;

/// What a browser sent from a form of ours. Taking it checks that it was one.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    values: Vec<(String, String)>,
    /// From where.
    pub(super) address: Option<String>,
}

impl Sent {
    /// The value of a field as it was typed; empty if it was not sent.
    pub(super) fn value(&self, name: &str) -> &str {
        value(&self.values, name)
    }

    /// Every value of a field of which several can be chosen.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every field whose name begins so, with the rest of its name.
    pub(super) fn starting<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.values.iter().filter_map(move |(n, v)| n.strip_prefix(start).map(|rest| (rest, v.as_str())))
    }

    /// Whether a box was ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Every value of a field, each read from its text. One that cannot be read is noted with its place.
    pub(super) fn list<T: FromStr>(&self, fields: &mut Fields, name: &str, code: FieldCode) -> Vec<T> {
        let values: Vec<String> = self.all(name).filter(|v| !v.is_empty()).map(str::to_owned).collect();
        fields.parse_all(name, &values, code)
    }

    /// What a `datetime-local` control was set to, by the district's clocks.
    pub(super) fn instant(&self, fields: &mut Fields, name: &str, calendar: Calendar) -> Option<Instant> {
        let typed = self.value(name);
        let read = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(typed, form).ok())
            .map(|at| calendar.at(Day(at.date()), at.time()));
        if read.is_none() {
            fields.reject(name, if typed.is_empty() { FieldCode::Required } else { FieldCode::Invalid });
        }
        read
    }

    /// What a `date` control was set to.
    pub(super) fn day(&self, fields: &mut Fields, name: &str) -> Option<Day> {
        let typed = self.value(name);
        if typed.is_empty() {
            fields.reject(name, FieldCode::Required);
            return None;
        }
        fields.parse(name, typed, FieldCode::Invalid)
    }

    /// A number, in ASCII digits.
    pub(super) fn number<T: FromStr>(&self, fields: &mut Fields, name: &str) -> Option<T> {
        let typed = self.value(name);
        if typed.trim().is_empty() {
            fields.reject(name, FieldCode::Required);
            return None;
        }
        let read = typed.trim().parse().ok();
        if read.is_none() {
            fields.reject(name, FieldCode::Invalid);
        }
        read
    }

    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self, Problem> {
        let form = poem::web::Form::<Vec<(String, String)>>::from_request(request, body).await;
        let values = form.map_err(|error| refused(&error))?.0;
        // No browser sends a NUL, and PostgreSQL takes no text with one.
        if values.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Problem::new(Code::Malformed));
        }
        let foreign = !from_here(request);
        if foreign {
            return Err(Problem::new(Code::CsrfFailed));
        }
        Ok(Self { values, address: Address::of(request).0 })
    }
}

/// What the framework said of a body that is no form.
fn refused(error: &poem::Error) -> Problem {
    match error.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Code::UnsupportedMediaType),
        _ => Problem::new(Code::Malformed).about(error),
    }
}

impl<'a> FromRequest<'a> for Sent {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let sent = Self::read(request, body).await?;
        let caller = identify(request).await?;
        if sent.value(CSRF_FIELD) == csrf_token(&caller.token_hash) {
            Ok(sent)
        } else {
            Err(Problem::new(Code::CsrfFailed).into())
        }
    }
}

/// A form of ours with a file in it, which may be empty.
#[derive(Debug, Clone)]
pub(super) struct SentFile {
    /// The other fields.
    pub(super) sent: Sent,
    /// The bytes of the field `file`.
    pub(super) file: Vec<u8>,
}

impl SentFile {
    async fn read(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let mut parts = poem::web::Multipart::from_request(request, body).await.map_err(|error| refused(&error))?;
        let (mut values, mut file) = (Vec::new(), Vec::new());
        let broken = |error: poem::error::ParseMultipartError| refused(&error.into());
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| Problem::new(Code::Malformed).about(error))?;
            if name == "file" {
                file = bytes;
            } else {
                let value = String::from_utf8(bytes).map_err(|error| Problem::new(Code::Malformed).about(error))?;
                values.push((name, value));
            }
        }
        if !from_here(request) {
            return Err(Problem::new(Code::CsrfFailed).into());
        }
        Ok(Self { sent: Sent { values, address: Address::of(request).0 }, file })
    }
}

impl<'a> FromRequest<'a> for SentFile {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let this = Self::read(request, body).await?;
        let caller = identify(request).await?;
        if this.sent.value(CSRF_FIELD) == csrf_token(&caller.token_hash) {
            Ok(this)
        } else {
            Err(Problem::new(Code::CsrfFailed).into())
        }
    }
}

/// What a browser sent before log-in: no token yet, but from a page of ours all the same.
#[derive(Debug, Clone)]
pub(super) struct GuestSent(pub(super) Sent);

impl<'a> FromRequest<'a> for GuestSent {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(Sent::read(request, body).await?))
    }
}

/// Whether the browser says that a page of ours sent this. One that says nothing is believed.
fn from_here(request: &Request) -> bool {
    let said = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = said(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = said(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let proxied = request.data::<std::sync::Arc<super::Services>>().map(|s| s.core.settings.public_url.clone());
    said(header::HOST) == Some(host) || proxied.as_deref() == Some(origin)
}

fn value<'a>(values: &'a [(String, String)], name: &str) -> &'a str {
    values.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

/// One thing that is wrong with a form.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    /// The path of the field: `sections[0].count`.
    pub(super) field: String,
    /// Its label.
    pub(super) label: String,
    /// What is wrong, in words.
    pub(super) message: String,
}

/// A field that somebody else has changed meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    /// Its label.
    pub(super) label: String,
    /// What it says now, in words; empty if nothing.
    pub(super) now: String,
}

/// A form as it is shown: with what was typed, and what is wrong.
///
/// A form of the name `exam-` takes the label of its field `title` from the text `exam-title`, the help under it from
/// `exam-title-help` and the words for an error from `exam-title-too_long`, where there are such texts.
#[derive(Debug, Clone)]
pub(super) struct Form {
    name: &'static str,
    lang: Lang,
    values: Vec<(String, String)>,
    /// What is wrong with its fields.
    pub(super) wrong: Vec<Wrong>,
    /// Why it was not taken as a whole; empty if it is the fields' fault.
    pub(super) refused: String,
    /// Where somebody else has changed meanwhile what it would overwrite.
    pub(super) changed: Vec<Changed>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub(super) fn new(name: &'static str, view: &View) -> Self {
        Self {
            name,
            lang: view.lang,
            values: Vec::new(),
            wrong: Vec::new(),
            refused: String::new(),
            changed: Vec::new(),
        }
    }

    /// With a field filled in.
    #[must_use]
    pub(super) fn set(mut self, field: &str, value: impl Display) -> Self {
        self.values.push((field.to_owned(), value.to_string()));
        self
    }

    /// With a field filled in anew, whatever it held.
    #[must_use]
    pub(super) fn set_to(mut self, field: &str, value: impl Display) -> Self {
        self.values.retain(|(name, _)| name != field);
        self.set(field, value)
    }

    /// With what was typed, nothing being wrong with it yet. Passwords are not shown again.
    #[must_use]
    pub(super) fn keep(mut self, sent: &Sent) -> Self {
        self.values.clone_from(&sent.values);
        self.values.retain(|(name, _)| !name.contains("password") && name != CSRF_FIELD);
        self
    }

    /// With what was typed and why it was not taken.
    #[must_use]
    pub(super) fn refuse(self, sent: &Sent, problem: &Problem) -> Self {
        self.keep(sent).note(problem)
    }

    /// With why what it is filled with was not taken.
    #[must_use]
    pub(super) fn note(self, problem: &Problem) -> Self {
        let mut this = self;
        this.wrong = problem
            .errors
            .iter()
            .map(|e| Wrong { field: e.field.clone(), label: this.label(&e.field), message: this.message(e) })
            .collect();
        if this.wrong.is_empty() {
            this.refused = words(problem, this.lang);
        }
        this
    }

    /// With what differs between it and what `theirs` holds, which somebody else has saved meanwhile; `words` says what a
    /// value of a field is called.
    #[must_use]
    pub(super) fn against(mut self, theirs: &Self, words: impl Fn(&str, &str) -> String) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in theirs.values.iter().chain(&self.values) {
            let about = !matches!(name.as_str(), CSRF_FIELD | "version");
            if about && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let all = |form: &Self, name: &str| {
            let mut values: Vec<String> = form.all(name).filter(|v| !v.is_empty()).map(str::to_owned).collect();
            values.sort_unstable();
            values
        };
        let differ = |name: &&str| all(&self, name) != all(theirs, name);
        let comma = Text::new(self.lang, "parts-comma").to_string();
        let now = |name: &str| {
            let said: Vec<String> =
                theirs.all(name).filter(|v| !v.is_empty()).map(|value| words(name, value)).collect();
            said.join(&comma)
        };
        let changed = |name: &str| Changed { label: self.label(name), now: now(name) };
        self.changed = names.into_iter().filter(differ).map(changed).collect();
        self
    }

    /// What is wrong with a field: in the form's own words, `password-repeat-password-conflict`, where it has some.
    fn message(&self, error: &FieldError) -> String {
        let own = format!("{}-{}", self.text_of(&error.field), error.code.as_str());
        if TEXTS.has(&own) {
            Text::new(self.lang, own).with("detail", &error.detail).to_string()
        } else {
            Problem::field_words(error, self.lang)
        }
    }

    /// The name of a field's texts.
    fn text_of(&self, field: &str) -> String {
        format!("{}{}", self.name, without_place(field).0.replace(['.', '_'], "-"))
    }

    /// What a field is filled with.
    #[must_use]
    pub(super) fn value(&self, field: &str) -> &str {
        value(&self.values, field)
    }

    /// Every value of a field of which several can be chosen.
    pub(super) fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(n, _)| n == field).map(|(_, v)| v.as_str())
    }

    /// Whether a value of a field is chosen.
    #[must_use]
    pub(super) fn chosen(&self, field: &str, choice: impl Display) -> bool {
        let choice = choice.to_string();
        self.values.iter().any(|(name, value)| name == field && *value == choice)
    }

    /// What is wrong with a field.
    #[must_use]
    pub(super) fn error(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|w| w.field == field).map(|w| w.message.as_str())
    }

    /// Whether anything is wrong.
    #[must_use]
    pub(super) fn is_wrong(&self) -> bool {
        !self.wrong.is_empty() || !self.refused.is_empty()
    }

    /// The label of a field.
    #[must_use]
    pub(super) fn label(&self, field: &str) -> String {
        let (text, place) = (self.text_of(field), without_place(field).1);
        let label = if TEXTS.has(&text) { Text::new(self.lang, text).to_string() } else { field.to_owned() };
        match place {
            Some(place) => Text::new(self.lang, "form-place").with("n", place + 1).with("label", label).to_string(),
            None => label,
        }
    }

    /// The label of a field within a group that says its place.
    #[must_use]
    pub(super) fn short(&self, field: &str) -> String {
        self.label(&without_place(field).0)
    }

    /// The help under a field.
    #[must_use]
    pub(super) fn help(&self, field: &str) -> Option<String> {
        let text = format!("{}-help", self.text_of(field));
        TEXTS.has(&text).then(|| Text::new(self.lang, text).to_string())
    }
}

/// Whether a problem is told above the form that met it, which keeps what was typed; any other is a page of its own.
pub(super) fn is_told_above(problem: &Problem) -> bool {
    let own = [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED, StatusCode::UNPROCESSABLE_ENTITY];
    own.contains(&problem.code.status())
}

/// `sections[2].count` is the field `sections.count` in the third place.
fn without_place(field: &str) -> (String, Option<usize>) {
    match field.split_once('[').and_then(|(head, rest)| rest.split_once(']').map(|(place, tail)| (head, place, tail))) {
        Some((head, place, tail)) => (format!("{head}{tail}"), place.parse().ok()),
        None => (field.to_owned(), None),
    }
}

/// A problem in one or two sentences.
pub(super) fn words(problem: &Problem, lang: Lang) -> String {
    let (title, detail) = problem.words(lang);
    let mut words = match lang {
        Lang::Zh => format!("{title}。"),
        Lang::En => format!("{title}. "),
    };
    if !detail.is_empty() {
        words.push_str(&detail);
    }
    if let Some(seconds) = problem.retry_after {
        words.push_str(
            &Text::new(lang, "form-wait").with("time", super::format::duration(lang, wait(seconds))).to_string(),
        );
    }
    words.trim_end().to_owned()
}

/// Whole minutes where it is more than one.
pub(super) fn wait(seconds: u64) -> i64 {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 2);
    if seconds > 60 { (seconds + 59) / 60 * 60 } else { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        Sent { values: pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(), address: None }
    }

    #[test]
    fn a_local_time_is_the_district_s() {
        let mut fields = Fields::new();
        let calendar = Calendar(chrono_tz::Asia::Shanghai);
        let at = sent(&[("opens_at", "2026-11-22T09:30")]).instant(&mut fields, "opens_at", calendar).unwrap();
        assert_eq!(at.to_string(), "2026-11-22T01:30:00.000Z");
        assert!(sent(&[("opens_at", "soon")]).instant(&mut fields, "opens_at", calendar).is_none());
        assert!(sent(&[]).instant(&mut fields, "closes_at", calendar).is_none());
        let wrong = fields.check().unwrap_err().0;
        assert_eq!(wrong.iter().map(|e| e.code.as_str()).collect::<Vec<_>>(), ["invalid", "required"]);
    }

    #[test]
    fn places_in_a_list_are_told_apart() {
        assert_eq!(without_place("sections[2].count"), ("sections.count".to_owned(), Some(2)));
        assert_eq!(without_place("title"), ("title".to_owned(), None));
    }
}
