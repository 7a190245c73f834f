//! 日志: the entries that the reader may see, and the signed head over all of them.

use askama::Template;
use chrono::NaiveTime;
use entity::instant::{Day, Instant};
use poem::handler;

use crate::evidence::{Check, EntryFilter, Evidence, EvidenceError, LogEntry, Outcome};
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::kernel::page::PageRequest;
use crate::log::SignedHead;
use crate::web::form::Sent;
use crate::web::texts::TEXTS;
use crate::web::view::{Page, View, go_to, page};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "audit/log.html")]
struct LogPage {
    v: View,
    head: Option<SignedHead>,
    last: Option<(Instant, Outcome)>,
    running: Option<Check>,
    entries: Vec<LogEntry>,
    next_cursor: Option<String>,
    action: String,
    subject: String,
    from: String,
    to: String,
}

impl LogPage {
    fn at(&self, entry: &LogEntry) -> String {
        let at = Instant(entry.entry.at);
        let wall = self.v.calendar.wall(at);
        wall.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn actor(&self, entry: &LogEntry) -> String {
        match &entry.actor_name {
            Some(name) => name.clone(),
            None if entry.entry.actor == "system" => self.v.t("log-system").to_string(),
            None if entry.entry.actor == "nobody" => self.v.t("log-nobody").to_string(),
            None => entry.entry.actor.clone(),
        }
    }

    /// What was done, in words where there are some.
    fn act(&self, entry: &LogEntry) -> String {
        let name = format!("log-act-{}", entry.entry.action.replace('.', "-"));
        if TEXTS.has(&name) {
            self.v.word("log-act-", entry.entry.action.replace('.', "-")).to_string()
        } else {
            String::new()
        }
    }

    fn areas(&self) -> [&'static str; 8] {
        ["auth.", "org.", "study.", "bank.", "exam.", "report.", "log.", "file."]
    }

    fn is_area(&self) -> bool {
        self.areas().contains(&self.action.as_str())
    }

    fn is_filtered(&self) -> bool {
        [&self.action, &self.subject, &self.from, &self.to].iter().any(|filter| !filter.is_empty())
    }
}

/// The newest signed head; nothing before the first entry was signed.
pub(super) async fn newest_head(evidence: &Evidence) -> Result<Option<SignedHead>, Problem> {
    match evidence.head().await {
        Ok(head) => Ok(Some(head)),
        Err(EvidenceError::Denied(_)) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The entries, the newest first.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let view = visitor.view.clone();
    let typed = |name: &str| view.query(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let [action, subject, from, to] = ["action", "subject", "from", "to"].map(typed);
    let mut fields = Fields::new();
    let day = |fields: &mut Fields, name: &str, text: &str| -> Option<Day> {
        fields.parse_optional(name, Some(text), FieldCode::Invalid)
    };
    let first = day(&mut fields, "from", &from);
    let last = day(&mut fields, "to", &to);
    fields.check()?;
    let midnight = |day: Day| view.calendar.at(day, NaiveTime::MIN);
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let filter = EntryFilter {
        action: given(&action),
        subject: given(&subject),
        from: first.map(midnight),
        to: last.and_then(|day| day.0.succ_opt()).map(|day| midnight(Day(day))),
        ..EntryFilter::default()
    };
    let request = PageRequest::new(Some(50), view.query("cursor").as_deref())?;
    let evidence = &visitor.services.evidence;
    let found = evidence.entries(&visitor.caller, &filter, &request).await?;
    let head = newest_head(evidence).await?;
    let (last, running) = evidence.checks(&visitor.caller).await?;
    let last = last.and_then(|check| check.done);
    page(&LogPage {
        head,
        last,
        running,
        entries: found.items,
        next_cursor: found.next_cursor,
        action,
        subject,
        from,
        to,
        v: view,
    })
}

/// Asks for a check of the whole log.
#[handler]
pub(in crate::web) async fn verify(visitor: Visitor, _sent: Sent) -> Page {
    visitor.services.evidence.ask_for_check(&visitor.caller).await?;
    Ok(go_to("/log?done=log_check"))
}
