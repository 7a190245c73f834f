//! 定稿: closing years, opening them again, and what was frozen.

use askama::Template;
use entity::id::{SnapshotId, UnitId};
use poem::handler;
use poem::web::Path;
use serde_json::Value;

use super::subject::Asked;
use crate::auth::Role;
use crate::http::Problem;
use crate::kernel::field::{FieldCode, Fields};
use crate::report::{Closing, PersonChange, RecordFinding, Snapshot, SnapshotBrief, Today, Year};
use crate::web::form::{Form, Sent, is_told_above};
use crate::web::view::{Page, View, go_to, page, page_with};
use crate::web::visitor::Visitor;

/// A year, and what keeps it open.
struct Shown {
    year: Year,
    open: Vec<String>,
}

impl Shown {
    /// The act of closing that stands, if it was for this very unit.
    fn own(&self, unit: UnitId) -> Option<&Closing> {
        self.standing().filter(|closing| closing.unit_id == unit)
    }

    fn standing(&self) -> Option<&Closing> {
        self.year.closings.iter().find(|closing| closing.reopened_at.is_none())
    }
}

#[derive(Template)]
#[template(path = "audit/years.html")]
struct YearsPage {
    v: View,
    f: Form,
    asked: Asked,
    years: Vec<Shown>,
    snapshots: Vec<SnapshotBrief>,
    /// The reader closes years and reads the log; others only look.
    audits: bool,
    /// What the check of the records found, if it was asked for, and how many snapshots it looked at.
    checked: Option<(Vec<RecordFinding>, usize)>,
}

impl YearsPage {
    /// What does not hold, in words.
    fn fails(&self, finding: &RecordFinding) -> crate::web::texts::Text {
        self.v.word("records-fails-", finding.fails.as_str())
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates hand references")]
    fn keeps(&self, year: &i32) -> bool {
        self.snapshots.iter().any(|s| s.year == *year)
    }

    fn kind(&self, snapshot: &SnapshotBrief) -> crate::web::texts::Text {
        self.v.word("snapshot-kind-", snapshot.kind)
    }
}

async fn years_page(visitor: &Visitor, unit: Option<UnitId>, form: Form) -> Result<YearsPage, Problem> {
    let mut asked = Asked::read(visitor).await?;
    let (services, caller) = (&visitor.services, &visitor.caller);
    if let Some(id) = unit {
        asked.unit = services.org.unit(caller, id).await?;
    }
    let (unit, found) = services.reports.years(caller, Some(asked.unit.id)).await?;
    let mut years = Vec::new();
    for year in found {
        let open = if year.closed { Vec::new() } else { services.reports.still_open(caller, year.year, unit).await? };
        years.push(Shown { year, open });
    }
    let snapshots = services.reports.snapshots(caller, Some(unit), None).await?;
    let asks = visitor.view.query("check").is_some();
    let checked = if asks { Some(services.reports.verify(caller).await?) } else { None };
    let mut v = visitor.view.clone();
    v.unit.clone_from(&asked.unit.name);
    let audits = caller.has(&[Role::Auditor], v.now);
    Ok(YearsPage { v, f: form, asked, years, snapshots, audits, checked })
}

/// The years of a unit.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor) -> Page {
    let form = Form::new("years-", &visitor.view);
    page(&years_page(&visitor, None, form).await?)
}

/// The year, unit and reason that a form of this page sends.
fn read(year: &str, sent: &Sent) -> Result<(i32, UnitId, String), Problem> {
    let mut fields = Fields::new();
    let year: Option<i32> = fields.parse("year", year, FieldCode::Invalid);
    let unit: Option<UnitId> = fields.parse("unit_id", sent.value("unit_id"), FieldCode::UnknownReference);
    let reason = fields.text("reason", sent.value("reason"), 400);
    let read = year.zip(unit).map(|(year, unit)| (year, unit, reason));
    Ok(fields.finish(read)?)
}

async fn refused(visitor: &Visitor, sent: &Sent, problem: &Problem) -> Page {
    let form = Form::new("years-", &visitor.view).refuse(sent, problem);
    let unit = sent.value("unit_id").parse().ok();
    page_with(problem.code.status(), &years_page(visitor, unit, form).await?)
}

/// Closes a year.
#[handler]
pub(in crate::web) async fn close(visitor: Visitor, Path(year): Path<String>, sent: Sent) -> Page {
    let closed = match read(&year, &sent) {
        Ok((year, unit, reason)) => {
            visitor.services.reports.close_year(&visitor.caller, year, unit, &reason).await.map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    match closed {
        Ok(snapshot) => Ok(go_to(&format!("/years/snapshots/{}?done=year_closed", snapshot.id))),
        Err(problem) if is_told_above(&problem) => refused(&visitor, &sent, &problem).await,
        Err(problem) => Err(problem),
    }
}

/// Freezes a year's figures by hand.
#[handler]
pub(in crate::web) async fn freeze(visitor: Visitor, Path(year): Path<String>, sent: Sent) -> Page {
    let taken = match read(&year, &sent) {
        Ok((year, unit, reason)) => {
            visitor.services.reports.freeze(&visitor.caller, year, unit, &reason).await.map_err(Problem::from)
        }
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(snapshot) => Ok(go_to(&format!("/years/snapshots/{}?done=frozen", snapshot.id))),
        Err(problem) if is_told_above(&problem) => refused(&visitor, &sent, &problem).await,
        Err(problem) => Err(problem),
    }
}

/// Opens a year again.
#[handler]
pub(in crate::web) async fn reopen(visitor: Visitor, Path(year): Path<String>, sent: Sent) -> Page {
    let opened = match read(&year, &sent) {
        Ok((year, unit, reason)) => visitor
            .services
            .reports
            .reopen_year(&visitor.caller, year, unit, &reason)
            .await
            .map(|()| unit)
            .map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match opened {
        Ok(unit) => Ok(go_to(&format!("/years?unit={unit}&done=year_reopened"))),
        Err(problem) if is_told_above(&problem) => refused(&visitor, &sent, &problem).await,
        Err(problem) => Err(problem),
    }
}

/// A row of a frozen report.
struct Frozen {
    level: i64,
    name: String,
    on_roster: i64,
    /// 参学率, 参考率, 合格率: percentage, numerator, denominator.
    rates: Vec<(Option<String>, i64, i64)>,
    streak: i64,
}

impl Frozen {
    fn new(row: &Value) -> Self {
        let number = |path: &str| row.pointer(path).and_then(Value::as_i64).unwrap_or_default();
        let text = |path: &str| row.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let rate = |name: &str| {
            let part = |part: &str| format!("/figures/{name}/{part}");
            (text(&part("percent")), number(&part("numerator")), number(&part("denominator")))
        };
        Self {
            level: number("/depth"),
            name: text("/unit_name").unwrap_or_default(),
            on_roster: number("/figures/persons"),
            rates: ["study/participation_rate", "exam/sitting_rate", "exam/pass_rate"].map(rate).to_vec(),
            streak: number("/figures/streak_years"),
        }
    }
}

#[derive(Template)]
#[template(path = "audit/snapshot.html")]
struct SnapshotPage {
    v: View,
    s: Snapshot,
    definition: String,
    total: Frozen,
    rows: Vec<Frozen>,
    names: [&'static str; 3],
    today: Today,
    /// The reader reads the log.
    audits: bool,
}

impl SnapshotPage {
    /// What is not as it was of somebody, in words.
    fn differs(&self, change: &PersonChange) -> crate::web::texts::Text {
        self.v.word("snapshot-differs-", change.differs.as_str())
    }

    fn kind(&self) -> crate::web::texts::Text {
        self.v.word("snapshot-kind-", self.s.kind)
    }

    fn acts(&self, action: &str) -> String {
        let name = format!("log-act-{}", action.replace('.', "-"));
        if crate::web::texts::TEXTS.has(&name) {
            self.v.word("log-act-", action.replace('.', "-")).to_string()
        } else {
            action.to_owned()
        }
    }

    /// A figure by its name in the columns, where there is one.
    fn figure(&self, name: &str) -> String {
        let text = format!("figure-{}", name.replace('.', "-"));
        if crate::web::texts::TEXTS.has(&text) {
            self.v.word("figure-", name.replace('.', "-")).to_string()
        } else {
            name.to_owned()
        }
    }
}

/// A frozen report with its digest.
#[handler]
pub(in crate::web) async fn frozen(visitor: Visitor, Path(id): Path<String>) -> Page {
    let id: SnapshotId = id.parse().map_err(|_none| Problem::from(crate::auth::Denied::NotFound))?;
    let found = visitor.services.reports.snapshot(&visitor.caller, id).await?;
    let today = visitor.services.reports.today(&visitor.caller, id).await?;
    let mut v = visitor.view;
    v.unit.clone_from(&found.unit_name);
    let report = &found.report;
    let rows = report.get("rows").and_then(Value::as_array).map(|rows| rows.iter().map(Frozen::new).collect());
    let definition = report.get("definition").and_then(Value::as_str).unwrap_or_default().to_owned();
    let total = Frozen::new(report.get("total").unwrap_or(&Value::Null));
    page(&SnapshotPage {
        definition,
        total,
        rows: rows.unwrap_or_default(),
        names: ["rates-participation", "rates-sitting", "rates-pass"],
        audits: visitor.caller.has(&[Role::Auditor], v.now),
        s: found,
        today,
        v,
    })
}
