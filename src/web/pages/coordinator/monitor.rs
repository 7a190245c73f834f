//! An exam while it is sat: who has started, whose device is heard of, who has handed in.

use askama::Template;
use entity::id::ExamId;
use poem::handler;
use poem::web::Path;
use uuid::Uuid;

use super::parts::{filter, filter_form, unit_options, units};
use crate::auth::READERS;
use crate::exam::{Exam, MonitorRow, Sight};
use crate::web::form::{Form, Options};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Visitor;

/// So many candidates are shown one by one; of more, those of one unit.
const ROWS: usize = 400;

#[derive(Template)]
#[template(path = "coordinator/monitor.html")]
struct MonitorPage {
    v: View,
    f: Form,
    exam: Exam,
    units: Options,
    sight: Sight,
    /// The reader can act for candidates.
    acts: bool,
    /// Where a script hears of what changes.
    stream: String,
    /// How far the district's clocks are ahead of UTC.
    offset_ms: i64,
}

impl MonitorPage {
    fn too_many(&self) -> bool {
        self.sight.rows.len() > ROWS
    }

    fn rows(&self) -> &[MonitorRow] {
        if self.too_many() { &[] } else { &self.sight.rows }
    }

    fn unit_name(&self, row: &MonitorRow) -> String {
        let unit = self.sight.units.iter().find(|unit| unit.unit_id == row.unit_id);
        unit.map(|unit| unit.unit_name.clone()).unwrap_or_default()
    }

    fn tone(row: &MonitorRow) -> &'static str {
        match row.standing.as_str() {
            "sitting" if row.connected => "info",
            "sitting" => "warn",
            "submitted" => "ok",
            "voided" => "bad",
            _ => "",
        }
    }

    /// How they stand, as a word of the texts `monitor-state-…`.
    fn state(row: &MonitorRow) -> &'static str {
        match row.standing.as_str() {
            "sitting" if !row.connected => "silent",
            other => other,
        }
    }
}

/// The page, as it is at this moment; a script keeps it so, and without one it is loaded again now and then.
#[handler]
pub(in crate::web) async fn show(visitor: Visitor, Path(id): Path<Uuid>) -> Page {
    let (v, caller, id) = (&visitor.view, &visitor.caller, ExamId(id));
    let exam = visitor.services.exams.exam(caller, id).await?;
    let unit = filter(v, "unit_id");
    let (sight, acts) = visitor.services.monitors.sight(caller, id, unit).await?;
    let query = unit.map(|unit: entity::id::UnitId| format!("?unit_id={unit}")).unwrap_or_default();
    let wall = v.calendar.wall(v.now).and_utc().timestamp_millis();
    page(&MonitorPage {
        f: filter_form(v, "parts-", &["unit_id"]),
        exam,
        units: unit_options(&units(&visitor, READERS).await?),
        sight,
        acts,
        stream: format!("/api/v1/exams/{id}/monitor{query}"),
        offset_ms: wall - v.now.0,
        v: visitor.view,
    })
}
