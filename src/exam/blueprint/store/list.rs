//! Lists of exams, and who may see what of them.

use entity::exam::exam::{self, ExamStatus};
use entity::id::{PersonId, UnitId};
use entity::instant::Instant;
use entity::org::roster_row::SubjectKind;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::model::{ExamBrief, ExamFilter};
use super::super::state::status_at;
use super::{light, opening, times};
use crate::db::Fault;
use crate::kernel::page::{Page, PageRequest};
use crate::org::on_rosters;
use crate::tree;

/// Whose exams somebody may see.
pub(in super::super) struct Reach {
    /// All of the units in these subtrees, drafts too.
    pub(in super::super) own: Vec<UnitId>,
    /// From sealing on, those on whose rosters people of these subtrees stand.
    pub(in super::super) rosters: Vec<UnitId>,
    /// And those on whose rosters this person stands.
    pub(in super::super) person: Option<PersonId>,
}

impl Reach {
    pub(in super::super) fn visible(&self) -> Condition {
        let concerned = on_rosters(SubjectKind::Exam, self.person, &self.rosters);
        let by_roster = Condition::all()
            .add(exam::Column::Status.ne(ExamStatus::Draft))
            .add(exam::Column::Id.in_subquery(concerned));
        Condition::any().add(exam::Column::UnitId.in_subquery(tree::within(&self.own))).add(by_roster)
    }
}

/// The exams that somebody may see, of those that the filter wants, newest first.
pub(in super::super) async fn list(
    conn: &impl ConnectionTrait,
    visible: Condition,
    filter: &ExamFilter,
    now: Instant,
    page: &PageRequest,
) -> Result<Page<ExamBrief>, Fault> {
    let mut query = light().filter(visible).order_by_desc(exam::Column::Id).limit(page.limit + 1);
    if let Some(year) = filter.year {
        query = query.filter(exam::Column::Year.eq(year));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(exam::Column::Kind.eq(kind));
    }
    if let Some(status) = filter.status {
        query = query.filter(has_status(status, now));
    }
    if let Some(after) = &page.after {
        query = query.filter(exam::Column::Id.lt(after));
    }
    let rows = query.all(conn).await?;
    Ok(Page::cut(rows, page, |row| row.id.to_string()).map(|row| brief_of(row, now)))
}

/// The same as [`status_at`] in the database.
fn has_status(status: ExamStatus, now: Instant) -> Condition {
    let is = exam::Column::Status.eq(status);
    let waits = || Condition::all().add(exam::Column::BeaconRule.is_not_null()).add(exam::Column::Beacon.is_null());
    match status {
        ExamStatus::Sealed => {
            Condition::all().add(is).add(Condition::any().add(exam::Column::OpensAt.gt(now)).add(waits()))
        }
        ExamStatus::Open => {
            let opened = Condition::all()
                .add(exam::Column::Status.eq(ExamStatus::Sealed))
                .add(exam::Column::OpensAt.lte(now))
                .add(waits().not());
            Condition::any().add(is).add(opened)
        }
        ExamStatus::Draft | ExamStatus::Paused | ExamStatus::Closed | ExamStatus::Released => Condition::all().add(is),
    }
}

/// In few words, as of a moment.
pub(in super::super) fn brief_of(row: exam::Model, now: Instant) -> ExamBrief {
    ExamBrief {
        status: status_at(row.status, opening(&row), now),
        times: times(&row),
        version: row.version,
        id: row.id,
        title: row.title,
        kind: row.kind,
        year: row.year,
        unit_id: row.unit_id,
        attempts_allowed: row.attempts_allowed,
        pass_points: row.pass_points,
        release: row.release,
        makes_up: row.makes_up_exam_id,
        contact: row.contact,
    }
}
