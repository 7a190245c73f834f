//! Who is exempt from an exam, who sits it later, and the make-up that is open.

use entity::id::ExamId;
use entity::instant::Millis;

use super::fill::{DemoError, Stage};
use super::sitting::{Doing, Plan, SHORT};
use super::study::{only, person_of};
use crate::auth::Caller;
use crate::exam::{ExamError, ExamStatus, ExemptionFilter, ExemptionKind, ExemptionState, NewExemption};
use crate::kernel::page::PageRequest;
use crate::org::{Audience, Category};

/// A request of the story.
struct Wish {
    kind: ExemptionKind,
    ground: &'static str,
    /// What the unit says, and the decision; nothing while it waits.
    granted: Option<(&'static str, &'static str)>,
}

const WISHES: [Wish; 3] = [
    Wish {
        kind: ExemptionKind::Exempt,
        ground: "休产假，考试期间不在岗，申请免考。",
        granted: Some(("情况属实，建议免考。", "同意免考")),
    },
    Wish {
        kind: ExemptionKind::Deferred,
        ground: "住院手术，考试期间不能参加，申请缓考。",
        granted: Some(("情况属实，建议缓考。", "同意缓考，参加补考")),
    },
    Wish {
        kind: ExemptionKind::Deferred, ground: "赴省参加业务培训，与考试时间冲突，申请缓考。", granted: None
    },
];

impl Stage<'_> {
    /// Lets the first of these people be exempt from an exam, the second be deferred, and, if some still `wait`, the third
    /// ask. What was asked before the filling was broken off is not asked again.
    pub(super) async fn excuse(&self, exam: ExamId, people: &[&Caller], wait: bool) -> Result<(), DemoError> {
        let (exemptions, coordinator) = (&self.services.exemptions, &self.ground.coordinator);
        for (caller, wish) in people.iter().zip(&WISHES) {
            if wish.granted.is_none() && !wait {
                continue;
            }
            let new =
                NewExemption { kind: wish.kind.to_string(), ground: wish.ground.to_owned(), ..NewExemption::default() };
            match exemptions.ask(caller, exam, &new).await {
                Ok(_) | Err(ExamError::AlreadyAsked) => {}
                Err(error) => return Err(error.into()),
            }
            let Some((opinion, decision)) = wish.granted else { continue };
            let filter = ExemptionFilter { exam: Some(exam), state: Some(ExemptionState::Pending) };
            let own = exemptions.list(caller, filter, &PageRequest::default()).await?;
            for asked in own.items {
                exemptions.opine(coordinator, asked.id, true, opinion).await?;
                exemptions.decide(coordinator, asked.id, true, decision).await?;
            }
        }
        Ok(())
    }

    /// A qualification exam that is over, in which some failed and some did not come, and its make-up, which is open.
    pub(super) async fn open_make_up(&self, year: i32) -> Result<(), DemoError> {
        let day = |n: i64| Millis(n * 24 * 3600 * 1000);
        let Some(group) = self.ground.groups.first().copied() else { return Ok(()) };
        // Not longer ago than the year is old whenever it is lived through.
        let mut plan = Plan {
            title: format!("{year} 年度行政执法资格考试"),
            kind: "qualification",
            year,
            opens_at: super::year::midday(self, self.now - day(7)),
            closes_at: super::year::midday(self, self.now - day(5)),
            audience: Audience {
                unit_ids: vec![group],
                categories: vec![Category::EnforcementOfficer],
                person_ids: Vec::new(),
            },
            makes_up: None,
            sections: SHORT,
            release: "on_close",
        };
        let numbers: Vec<usize> = self.meant(&plan.audience)?.into_iter().map(|(number, _, _)| number).collect();
        let doing = |number: usize| match numbers.iter().position(|n| *n == number).map(|place| place % 12) {
            Some(3) => Doing::Absent,
            Some(7) => Doing::Fails,
            _ => Doing::Wrong(1),
        };
        let main = super::year::examine(self, &plan, doing).await?;
        plan.title = format!("{year} 年度行政执法资格考试补考");
        plan.opens_at = super::year::midday(self, self.now - day(2));
        plan.closes_at = super::year::midday(self, self.now + day(13));
        plan.makes_up = Some(main);
        let yet: Vec<usize> = numbers.iter().copied().filter(|n| !matches!(doing(*n), Doing::Wrong(_))).collect();
        let of = |number: &usize| self.ground.people.get(*number).map(|(_, caller)| person_of(caller));
        plan.audience = only(yet.iter().filter_map(of).collect::<Result<_, _>>()?);
        self.clock.set(plan.opens_at - day(1));
        let (make_up, status) = self.seal(&plan).await?;
        if matches!(status, ExamStatus::Closed | ExamStatus::Released) {
            return Ok(());
        }
        // One of three has come by now.
        let came = |number: usize| yet.iter().position(|n| *n == number).is_some_and(|place| place % 3 == 0);
        let until = self.now - Millis::seconds(3600);
        self.sit(make_up, &plan, until, |n| if came(n) { Doing::Wrong(0) } else { Doing::Absent }).await
    }
}
