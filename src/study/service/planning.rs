//! Drafting programmes, changing and removing drafts, and taking over last year's plan.

use entity::id::ProgrammeId;
use entity::instant::Day;
use entity::study::programme::{self, ProgrammeStatus};
use serde_json::{Value, json};

use super::super::model::{NewProgramme, Programme};
use super::super::requirement::Requirement;
use super::super::store;
use super::programme::shown;
use super::{Study, StudyError, programme_subject};
use crate::auth::{Caller, Denied, MANAGERS, authorise};
use crate::http::IfMatch;
use crate::kernel::field::{FieldCode, Invalid};
use crate::log;
use crate::org::Audience;

impl Study {
    /// Drafts a programme. By a coordinator of its unit and of everybody whom it concerns.
    pub async fn create_programme(&self, caller: &Caller, new: NewProgramme) -> Result<Programme, StudyError> {
        self.check_programme(caller, &new).await?;
        let now = self.core.now();
        let row = programme::Model {
            id: self.core.id(),
            year: new.year,
            title: new.title.clone(),
            unit_id: new.unit_id,
            audience: new.audience.to_text(),
            required_hours: new.required_hours,
            credits_left_early: new.credits.left_early,
            credits_delegated: new.credits.delegated,
            status: ProgrammeStatus::Draft,
            published_at: None,
            closed_at: None,
            due_stated_on: None,
            amended_to: 0,
            version: 1,
            created_by: caller.account.id,
            created_at: now,
        };
        let subject = programme_subject(row.id);
        let entry = self.entry(&caller.actor(), "study.create_programme", subject, row.unit_id, told(&new));
        self.core
            .db
            .tx("study.create_programme", |tx| {
                let (row, requirements, entry) = (row.clone(), new.requirements.clone(), entry.clone());
                Box::pin(async move {
                    store::insert_programme(tx, row, requirements).await?;
                    Ok::<_, StudyError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(shown(row, new.requirements)?)
    }

    async fn check_programme(&self, caller: &Caller, new: &NewProgramme) -> Result<(), StudyError> {
        let now = self.core.now();
        match authorise::<StudyError>(self.core.db.read(), caller, MANAGERS, new.unit_id, now).await {
            Err(StudyError::Denied(Denied::NotFound)) => {
                return Err(Invalid::one("unit_id", FieldCode::UnknownReference).into());
            }
            other => other?,
        }
        Ok(self.org.check_audience(caller, &new.audience).await?)
    }

    /// Changes a draft. By a coordinator of its unit, before and after.
    pub async fn change_programme(
        &self,
        caller: &Caller,
        id: ProgrammeId,
        if_match: &IfMatch,
        new: NewProgramme,
    ) -> Result<Programme, StudyError> {
        let old = self.managed_programme(caller, id).await?;
        if !if_match.allows(old.version) {
            return Err(StudyError::Stale);
        }
        if old.status != ProgrammeStatus::Draft {
            return Err(StudyError::WrongState);
        }
        self.check_programme(caller, &new).await?;
        let row = programme::Model {
            year: new.year,
            title: new.title.clone(),
            unit_id: new.unit_id,
            audience: new.audience.to_text(),
            required_hours: new.required_hours,
            credits_left_early: new.credits.left_early,
            credits_delegated: new.credits.delegated,
            version: old.version + 1,
            ..old
        };
        let entry =
            self.entry(&caller.actor(), "study.change_programme", programme_subject(id), row.unit_id, told(&new));
        self.core
            .db
            .tx("study.change_programme", |tx| {
                let (row, requirements, entry) = (row.clone(), new.requirements.clone(), entry.clone());
                Box::pin(async move {
                    if !store::replace_programme(tx, row, requirements).await? {
                        return Err(StudyError::Stale);
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await?;
        Ok(shown(row, new.requirements)?)
    }

    /// Removes a draft that no session names. By a coordinator of its unit.
    pub async fn delete_programme(
        &self,
        caller: &Caller,
        id: ProgrammeId,
        if_match: &IfMatch,
    ) -> Result<(), StudyError> {
        let row = self.managed_programme(caller, id).await?;
        if row.status != ProgrammeStatus::Draft {
            return Err(StudyError::WrongState);
        }
        if !if_match.allows(row.version) {
            return Err(StudyError::Stale);
        }
        let data = json!({ "year": row.year, "title": row.title });
        let entry = self.entry(&caller.actor(), "study.delete_programme", programme_subject(id), row.unit_id, data);
        self.core
            .db
            .tx("study.delete_programme", |tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    if let Some(session) = store::session_naming(tx, id).await? {
                        return Err(StudyError::StillOpen(session));
                    }
                    if !store::delete_programme(tx, id, row.version).await? {
                        return Err(StudyError::Stale);
                    }
                    Ok(log::append(tx, entry).await?)
                })
            })
            .await
    }

    /// Drafts the plan of another year like this one: the same people, the same requirements, their last days moved
    /// along, and the years in its title too. By a coordinator of its unit.
    pub async fn copy_programme(
        &self,
        caller: &Caller,
        id: ProgrammeId,
        year: i32,
        title: Option<String>,
    ) -> Result<Programme, StudyError> {
        let row = self.managed_programme(caller, id).await?;
        let requirements =
            store::requirements(self.core.db.read(), &[id]).await?.remove(&id).unwrap_or_default().into_iter();
        let same_day = |r: Requirement| Requirement { due_on: r.due_on.map(|day| in_year(day, year)), ..r };
        let new = NewProgramme {
            year,
            title: title.unwrap_or_else(|| row.title.replace(&row.year.to_string(), &year.to_string())),
            unit_id: row.unit_id,
            audience: Audience::from_text(&row.audience)?,
            required_hours: row.required_hours,
            requirements: requirements.map(same_day).collect(),
            credits: super::super::requirement::CreditRule {
                left_early: row.credits_left_early,
                delegated: row.credits_delegated,
            },
        };
        self.create_programme(caller, new).await
    }
}

/// The same day of another year; 29 February becomes the 28th where there is none.
fn in_year(day: Day, year: i32) -> Day {
    use chrono::Datelike;
    let same = |d: u32| Day::new(year, day.0.month(), d);
    same(day.0.day()).or_else(|| same(28)).unwrap_or(day)
}

/// A programme as the log keeps it.
fn told(new: &NewProgramme) -> Value {
    json!({
        "year": new.year,
        "title": new.title,
        "audience": new.audience,
        "required_hours": new.required_hours.map(|h| h.0),
        "required_sessions": new.requirements.iter().map(described).collect::<Vec<_>>(),
        "credits": { "left_early": new.credits.left_early, "delegated": new.credits.delegated },
    })
}

/// A requirement as the log keeps it.
fn described(requirement: &Requirement) -> serde_json::Value {
    json!({
        "kind": requirement.kind, "count": requirement.count, "per": requirement.per, "due_on": requirement.due_on,
    })
}
