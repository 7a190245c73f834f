//! Writing what an import comes to, in steps.
//!
//! SQLite has one writer, and a hall may be sitting an exam while a district brings its people in: no step holds the
//! writer for longer than a hall can wait.

use entity::id::{PersonId, UnitId};
use entity::org::{person, person_category, posting};
use serde_json::json;

use super::super::changes::propose;
use super::super::people::NewRows;
use super::super::{AmendError, Org};
use crate::auth::Caller;
use crate::log::{self, Entry};
use crate::org::import::report::ImportReport;
use crate::org::proposal::Moved;
use crate::org::store;

/// How many people one step writes.
const STEP: usize = 250;

/// What one transaction of an import writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Writing {
    pub(super) new: NewRows,
    /// Changed people, with the version that they had.
    pub(super) changed: Vec<person::Model>,
    pub(super) categories: Vec<person_category::Model>,
    pub(super) postings: Vec<posting::Model>,
    pub(super) moved: Vec<Moved>,
    pub(super) told: Vec<Told>,
}

/// What the log is to tell of one person.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) person: PersonId,
    pub(super) unit: UnitId,
    pub(super) action: &'static str,
    pub(super) fields: Vec<&'static str>,
}

/// Everything that an import writes, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Steps(Vec<Writing>);

impl Steps {
    /// The step into which the next person goes: all that is written of one goes into the same.
    pub(super) fn next(&mut self) -> &mut Writing {
        if self.0.last().is_none_or(|step| step.told.len() >= STEP) {
            self.0.push(Writing::default());
        }
        self.0.last_mut().expect("there is one now")
    }
}

impl Org {
    /// Writes all steps, and with the last of them that the file was brought in: an import whose own entry the log lacks
    /// was broken off.
    pub(super) async fn write_people(
        &self,
        caller: &Caller,
        digest: &str,
        report: &ImportReport,
        steps: Steps,
    ) -> Result<(), AmendError> {
        let import = self.core.uuid();
        let data = json!({
            "file": digest, "rows": report.rows, "created": report.created, "updated": report.updated,
            "moved": report.moved.count,
        });
        let one = |told: &Told| {
            let data = json!({ "import": import, "fields": told.fields });
            self.entry(caller.actor(), told.action, format!("person:{}", told.person), Some(told.unit), data)
        };
        let mut steps = steps.0;
        let last = steps.pop().unwrap_or_default();
        for step in steps {
            let entries = step.told.iter().map(one).collect();
            self.write_step(step, entries, false).await?;
        }
        let whole = self.entry(caller.actor(), "org.import_people", format!("import:{import}"), None, data);
        let mut entries = vec![whole];
        entries.extend(last.told.iter().map(one));
        self.write_step(last, entries, true).await
    }

    async fn write_step(&self, step: Writing, entries: Vec<Entry>, last: bool) -> Result<(), AmendError> {
        self.core
            .db
            .tx("org.import_people", |tx| {
                let (core, step, entries) = (self.core.clone(), step.clone(), entries.clone());
                Box::pin(async move {
                    let Writing { new, changed, categories, postings, moved, told: _ } = step;
                    if !store::unchanged_since(tx, &changed).await? {
                        return Err(AmendError::Stale);
                    }
                    store::insert_people(tx, new.people, new.categories, new.postings).await?;
                    store::put_people(tx, changed).await?;
                    store::put_categories(tx, categories).await?;
                    store::put_postings(tx, postings).await?;
                    propose(tx, &core, moved).await?;
                    let written =
                        if last { log::append_all(tx, entries).await } else { log::append_part(tx, entries).await };
                    Ok(written?)
                })
            })
            .await
    }
}
