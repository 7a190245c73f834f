//! Sessions and their attendance, as the demonstration's years need them.

use std::collections::HashSet;

use entity::id::{PersonId, UnitId};
use entity::instant::{Instant, Millis};
use entity::points::Hours;

use super::fill::{DemoError, Stage};
use super::people::Official;
use crate::auth::Caller;
use crate::kernel::page::{MAX_LIMIT, PageRequest};
use crate::org::{Audience, Category};
use crate::study::{
    AttendanceStatus, CheckInRule, NewSession, Presenter, RollCallRow, Scope, Session, SessionFilter, SessionKind,
    SessionStatus,
};

/// A meeting of the story.
pub(super) struct Meeting {
    /// Its title.
    pub(super) title: String,
    /// What kind.
    pub(super) kind: SessionKind,
    /// Who holds it.
    pub(super) host: UnitId,
    /// When it begins.
    pub(super) starts_at: Instant,
    /// How long it lasts.
    pub(super) minutes: i64,
    /// Where.
    pub(super) place: &'static str,
    /// What it earns, in hundredths of an hour.
    pub(super) hours: i64,
    /// Who is invited.
    pub(super) audience: Audience,
    /// Who reports.
    pub(super) presenters: Vec<Presenter>,
    /// How many people and enterprises it reaches.
    pub(super) reached: Option<(i32, i32)>,
}

/// Everybody of these units.
pub(super) fn everybody_of(units: &[UnitId]) -> Audience {
    Audience { unit_ids: units.to_vec(), ..Audience::default() }
}

/// The leading officials of the whole district.
pub(super) fn leaders(root: UnitId) -> Audience {
    Audience { unit_ids: vec![root], categories: vec![Category::LeadingOfficial], person_ids: Vec::new() }
}

/// These people.
pub(super) fn only(people: Vec<PersonId>) -> Audience {
    Audience { person_ids: people, ..Audience::default() }
}

impl Stage<'_> {
    /// Every session that begins between two moments.
    pub(super) async fn sessions(&self, from: Instant, to: Instant) -> Result<Vec<Session>, DemoError> {
        let filter = SessionFilter { from: Some(from), to: Some(to), ..SessionFilter::default() };
        let (mut sessions, mut page) = (Vec::new(), PageRequest { limit: MAX_LIMIT, after: None });
        loop {
            let found = self.services.study.sessions(&self.ground.coordinator, &filter, &page).await?;
            sessions.extend(found.items);
            match found.next_cursor.as_deref() {
                Some(cursor) => page = PageRequest::new(Some(page.limit), Some(cursor))?,
                None => return Ok(sessions),
            }
        }
    }

    /// Plans a meeting and invites people to it, unless that was done before.
    pub(super) async fn invite(&self, known: &[Session], meeting: &Meeting) -> Result<Session, DemoError> {
        let (study, coordinator) = (&self.services.study, &self.ground.coordinator);
        let same = |s: &&Session| s.title == meeting.title && s.starts_at == meeting.starts_at;
        let session = match known.iter().find(same) {
            Some(session) => session.clone(),
            None => {
                study
                    .create_session(
                        coordinator,
                        NewSession {
                            title: meeting.title.clone(),
                            kind: meeting.kind,
                            host_unit_ids: vec![meeting.host],
                            starts_at: meeting.starts_at,
                            ends_at: meeting.starts_at + Millis::seconds(meeting.minutes * 60),
                            place: meeting.place.to_owned(),
                            credit_hours: Hours(meeting.hours),
                            audience: meeting.audience.clone(),
                            check_in: CheckInRule {
                                opens_before_seconds: 1800,
                                late_after_seconds: 900,
                                closes_after_seconds: 5400,
                                require_check_out: false,
                            },
                            programme_id: None,
                            contact: "区司法局普法与依法治理股".to_owned(),
                            presenters: meeting.presenters.clone(),
                            audience_count: meeting.reached.map(|(people, _)| people),
                            enterprises: meeting.reached.map(|(_, enterprises)| enterprises),
                            evidence_id: None,
                            recurrence: None,
                        },
                    )
                    .await?
            }
        };
        if session.status == SessionStatus::Draft {
            study.publish_session(coordinator, session.id, Scope::One).await?;
        }
        Ok(study.session(coordinator, session.id).await?)
    }

    /// Holds a meeting: invited a week before, attended as `status` says of each, closed in the evening.
    pub(super) async fn hold(
        &self,
        known: &[Session],
        meeting: &Meeting,
        status: impl Fn(&Official, usize) -> AttendanceStatus,
    ) -> Result<(), DemoError> {
        let done = |s: &Session| {
            s.title == meeting.title && s.starts_at == meeting.starts_at && s.status == SessionStatus::Closed
        };
        if known.iter().any(done) {
            return Ok(());
        }
        let (study, coordinator) = (&self.services.study, &self.ground.coordinator);
        self.clock.set(meeting.starts_at - Millis::seconds(7 * 24 * 3600));
        let session = self.invite(known, meeting).await?;
        self.clock.set(meeting.starts_at + Millis::seconds(20 * 60));
        let rows: Vec<RollCallRow> = self
            .meant(&meeting.audience)?
            .into_iter()
            .map(|(number, official, person_id)| RollCallRow {
                person_id,
                status: status(official, number),
                reason: None,
            })
            .collect();
        for rows in rows.chunks(ROLL) {
            study.roll_call(coordinator, session.id, rows.to_vec()).await?;
        }
        self.clock.set(meeting.starts_at + Millis::seconds(meeting.minutes * 60 + 3600));
        study.close_session(coordinator, session.id).await?;
        Ok(())
    }

    /// The people whom an audience means, with their place among everybody.
    pub(super) fn meant(&self, audience: &Audience) -> Result<Vec<(usize, &Official, PersonId)>, DemoError> {
        let ground = &self.ground;
        let groups: HashSet<UnitId> = audience.unit_ids.iter().copied().collect();
        let mut meant = Vec::new();
        for (number, (official, caller)) in ground.people.iter().enumerate() {
            let person = person_of(caller)?;
            let within = groups.contains(&ground.root)
                || ground.group_of(official).is_some_and(|group| groups.contains(&group))
                || ground.unit_of(caller).is_some_and(|unit| groups.contains(&unit));
            let fits =
                audience.categories.is_empty() || official.categories.iter().any(|c| audience.categories.contains(c));
            if (within && fits) || audience.person_ids.contains(&person) {
                meant.push((number, official, person));
            }
        }
        Ok(meant)
    }
}

/// How many rows one roll call takes.
const ROLL: usize = 2_000;

/// Whose account it is.
pub(super) fn person_of(caller: &Caller) -> Result<PersonId, DemoError> {
    caller.account.person_id.ok_or(DemoError::Inconsistent("a person's account"))
}
