//! Long files as jobs: ordered, left, found again, fetched part by part.

use entity::id::{JobId, UnitId};
use entity::instant::Millis;
use entity::log::Outcome;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::files::{FileOrder, What};
use super::{ReportError, Reports};
use crate::auth::{Caller, Denied, READERS, authorise};
use crate::core::Core;
use crate::db::Fault;
use crate::files::Format;
use crate::jobs::{self, Job, JobState, NewJob};
use crate::log::{self, Entry};
use crate::report::model::Filter;

/// What the jobs are called.
const KIND: &str = "report.file";
/// For how long a turn is taken to be alive.
const ALIVE: Millis = Millis(60_000);
/// For how long a file is kept.
const KEPT: Millis = Millis(7 * 24 * 3_600_000);
/// How many of somebody's jobs are shown.
const SHOWN: u64 = 50;
/// How long a part is, about.
const PART: usize = 512 * 1024;

/// Where the bytes of a file go.
pub(super) enum Sink<'a> {
    /// Into an answer.
    Memory(&'a mut Vec<u8>),
    /// Into the parts of a job.
    Job(&'a mut Parts),
}

/// The file of a job that is being made.
pub(super) struct Parts {
    core: Core,
    job: Job,
    waiting: Vec<u8>,
    number: i32,
    size: i64,
    done: i64,
}

impl Sink<'_> {
    /// The next bytes.
    pub(super) async fn bytes(&mut self, bytes: Vec<u8>) -> Result<(), ReportError> {
        match self {
            Self::Memory(all) => {
                all.extend(bytes);
                Ok(())
            }
            Self::Job(parts) => {
                parts.waiting.extend(bytes);
                while parts.waiting.len() >= PART {
                    let rest = parts.waiting.split_off(PART);
                    let part = std::mem::replace(&mut parts.waiting, rest);
                    parts.put(part).await?;
                }
                Ok(())
            }
        }
    }

    /// So many rows are done.
    pub(super) async fn reached(&mut self, done: i64) -> Result<(), ReportError> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Job(parts) => {
                parts.done = done;
                parts.put(Vec::new()).await
            }
        }
    }
}

impl Parts {
    /// Keeps a part, if there is one, and shows that this turn is alive.
    async fn put(&mut self, part: Vec<u8>) -> Result<(), ReportError> {
        let (job, number, done) = (self.job.clone(), self.number, self.done);
        let until = self.core.now() + ALIVE;
        let length = i64::try_from(part.len()).unwrap_or(i64::MAX);
        let own = self
            .core
            .db
            .tx("report.put_part", |tx| {
                let (job, part) = (job.clone(), part.clone());
                Box::pin(async move {
                    let own = jobs::progress(tx, &job, done, until).await?;
                    if own && !part.is_empty() {
                        jobs::put_part(tx, job.id, number, part).await?;
                    }
                    Ok::<_, Fault>(own)
                })
            })
            .await?;
        if length > 0 {
            self.number += 1;
            self.size += length;
        }
        if own { Ok(()) } else { Err(ReportError::Abandoned) }
    }
}

impl Reports {
    /// Orders a file, however long it is. By coordinators and auditors; the log keeps who ordered what.
    pub async fn order_file(&self, caller: &Caller, order: &FileOrder) -> Result<Job, ReportError> {
        let (top, total) = self.rows_of(caller, order).await?;
        let order = FileOrder { filter: Filter { unit_id: Some(top), ..order.filter }, ..*order };
        let now = self.core.now();
        let new = NewJob {
            id: self.core.id(),
            kind: KIND,
            request: written(&order).to_string(),
            account_id: caller.account.id,
            unit_id: top,
            total,
            file_name: order.file_name(),
            created_at: now,
            expires_at: now + KEPT,
        };
        let entry = self.core.uuid();
        self.core
            .db
            .tx("report.order_file", |tx| {
                let (new, actor) = (new.clone(), caller.actor());
                let entry = Entry {
                    id: entry,
                    at: now,
                    actor,
                    action: "report.order_file",
                    subject: format!("job:{}", new.id),
                    unit: Some(top),
                    data: json!({ "request": written(&order), "rows": total }),
                    outcome: Outcome::Done,
                };
                Box::pin(async move {
                    let job = jobs::enqueue(tx, new).await?;
                    log::append(tx, entry).await?;
                    Ok(job)
                })
            })
            .await
    }

    /// The files that the caller ordered, the newest first.
    pub async fn orders(&self, caller: &Caller) -> Result<Vec<Job>, ReportError> {
        caller.scope(READERS, self.core.now())?;
        Ok(jobs::of_account(self.core.db.read(), caller.account.id, KIND, SHOWN).await?)
    }

    /// One of them.
    pub async fn order(&self, caller: &Caller, id: JobId) -> Result<Job, ReportError> {
        let conn = self.core.db.read();
        caller.scope(READERS, self.core.now())?;
        let own = |job: &Job| job.account_id == caller.account.id && job.kind == KIND;
        let job = jobs::one(conn, id).await?.filter(own).ok_or(Denied::NotFound)?;
        // Whoever lost the unit since may not have its people.
        authorise::<ReportError>(conn, caller, READERS, job.unit_id, self.core.now()).await?;
        Ok(job)
    }

    /// The file of one of them, part by part.
    pub async fn ordered_file(
        &self,
        caller: &Caller,
        id: JobId,
    ) -> Result<(Job, BoxStream<'static, Result<Vec<u8>, Fault>>), ReportError> {
        let job = self.order(caller, id).await?;
        if job.state != JobState::Done {
            return Err(ReportError::NoFile);
        }
        let core = self.core.clone();
        let parts = stream::try_unfold(0, move |number| {
            let core = core.clone();
            async move {
                let part = jobs::part(core.db.read(), id, number).await?;
                Ok::<_, Fault>(part.map(|bytes| (bytes, number + 1)))
            }
        });
        Ok((job, parts.inspect_err(|fault| tracing::warn!(%fault, "a file broke off")).boxed()))
    }

    /// Ends one of them, whatever has become of it, and forgets its file.
    pub async fn cancel_order(&self, caller: &Caller, id: JobId) -> Result<(), ReportError> {
        let job = self.order(caller, id).await?;
        let (now, entry) = (self.core.now(), self.core.uuid());
        self.core
            .db
            .tx("report.cancel_file", |tx| {
                let entry = Entry {
                    id: entry,
                    at: now,
                    actor: caller.actor(),
                    action: "report.cancel_file",
                    subject: format!("job:{id}"),
                    unit: Some(job.unit_id),
                    data: json!({}),
                    outcome: Outcome::Done,
                };
                Box::pin(async move {
                    if jobs::cancel(tx, id, now).await? {
                        log::append(tx, entry).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Makes the files that were ordered, one after another, and forgets those that nobody fetched in a week.
    pub async fn make_files(&self) -> Result<(), ReportError> {
        let now = self.core.now();
        self.core.db.tx("report.forget_files", |tx| Box::pin(jobs::forget(tx, now))).await?;
        loop {
            let now = self.core.now();
            let claimed = self.core.db.tx("report.claim_file", |tx| Box::pin(jobs::claim(tx, KIND, now, now + ALIVE)));
            let Some(job) = claimed.await? else { return Ok(()) };
            let mut parts =
                Parts { core: self.core.clone(), job: job.clone(), waiting: Vec::new(), number: 0, size: 0, done: 0 };
            match self.make_one(&job, &mut parts).await {
                Ok(()) => {}
                Err(ReportError::Abandoned) => tracing::info!(job = %job.id, "nobody wants the file any more"),
                // The next turn tries again.
                Err(ReportError::Fault(fault)) => return Err(fault.into()),
                Err(error) => {
                    let why = error.to_string();
                    let now = self.core.now();
                    self.core
                        .db
                        .tx("report.fail_file", |tx| {
                            let (job, why) = (job.clone(), why.clone());
                            Box::pin(async move { jobs::fail(tx, &job, &why, now).await })
                        })
                        .await?;
                }
            }
        }
    }

    async fn make_one(&self, job: &Job, parts: &mut Parts) -> Result<(), ReportError> {
        let order = serde_json::from_str(&job.request).ok().and_then(|request| read(&request, job.unit_id));
        let order = order.ok_or(ReportError::NoFile)?;
        self.make(&order, job.unit_id, &mut Sink::Job(parts)).await?;
        let last = std::mem::take(&mut parts.waiting);
        parts.put(last).await?;
        let (size, now) = (parts.size, self.core.now());
        let own = self
            .core
            .db
            .tx("report.finish_file", |tx| {
                let job = job.clone();
                Box::pin(async move { jobs::finish(tx, &job, size, now).await })
            })
            .await?;
        if own { Ok(()) } else { Err(ReportError::Abandoned) }
    }
}

/// What is asked for, as the job keeps it.
fn written(order: &FileOrder) -> Value {
    let filter = &order.filter;
    let (what, figure, depth, people) = match order.what {
        What::Rates { depth, people } => ("rates", None, Some(depth), people),
        What::People(figure) => ("people", Some(figure.to_string()), None, true),
        What::Missing => ("missing", None, None, true),
    };
    json!({
        "what": what, "figure": figure, "depth": depth, "people": people, "format": order.format.as_str(),
        "year": filter.year, "unit": filter.unit_id, "category": filter.category, "exam_kind": filter.exam_kind,
        "exam": filter.exam_id, "programme": filter.programme_id,
    })
}

/// The same, read again.
fn read(request: &Value, unit: UnitId) -> Option<FileOrder> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let filter = Filter {
        year: request.get("year").and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok())?,
        unit_id: Some(unit),
        category: text("category").and_then(|word| word.parse().ok()),
        exam_kind: text("exam_kind").and_then(|word| word.parse().ok()),
        exam_id: text("exam").and_then(|id| id.parse().ok()),
        programme_id: text("programme").and_then(|id| id.parse().ok()),
    };
    let depth = request.get("depth").and_then(Value::as_i64).and_then(|depth| i32::try_from(depth).ok());
    let people = request.get("people").and_then(Value::as_bool).unwrap_or_default();
    let what = match text("what")? {
        "rates" => What::Rates { depth: depth?, people },
        "people" => What::People(text("figure")?.parse().ok()?),
        "missing" => What::Missing,
        _ => return None,
    };
    let format = Format::of_word(text("format")?)?;
    Some(FileOrder { what, format, filter })
}

#[cfg(test)]
mod tests {
    use entity::exam::exam::ExamKind;
    use entity::org::person::Category;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_asked_for_is_read_again() {
        let unit = UnitId(Uuid::from_u128(7));
        let plain = Filter::of_year(2026, unit);
        let narrow = Filter {
            category: Some(Category::LeadingOfficial),
            exam_kind: Some(ExamKind::Qualification),
            exam_id: Some(Uuid::from_u128(8).into()),
            programme_id: Some(Uuid::from_u128(9).into()),
            ..plain
        };
        for filter in [plain, narrow] {
            for what in [
                What::Rates { depth: 3, people: true },
                What::Rates { depth: 0, people: false },
                What::People("exam.not_sat".parse().unwrap()),
                What::Missing,
            ] {
                for format in [Format::Xlsx, Format::Csv] {
                    let order = FileOrder { what, format, filter };
                    assert_eq!(read(&written(&order), unit), Some(order));
                }
            }
        }
        assert_eq!(read(&json!({ "what": "all" }), unit), None);
    }
}
