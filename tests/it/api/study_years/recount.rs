//! Every figure of a year, counted the slow and obvious way.

use super::*;

impl Year {
    /// Everything that counts for somebody toward a plan: kind and hours of each session, once.
    fn earned(&self, plan: &Plan, person: PersonId) -> Vec<(SessionKind, i64)> {
        let counts = |held: &&Held| {
            if !held.closed || held.programme.is_some_and(|only| only != plan.id) {
                return false;
            }
            let own = match held.status.get(&person).map(|(status, _)| *status) {
                Some(AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::MadeUp) => true,
                Some(AttendanceStatus::LeftEarly) => plan.credits.left_early,
                Some(AttendanceStatus::Delegated) => plan.credits.delegated,
                _ => false,
            };
            own || held.status.values().any(|s| *s == (AttendanceStatus::Delegated, Some(person)))
        };
        self.held.iter().filter(counts).map(|held| (held.kind, held.hours)).collect()
    }

    fn held_by(&self, plan: &Plan, unit: UnitId, kind: SessionKind) -> i64 {
        let full = |s: AttendanceStatus| {
            matches!(s, AttendanceStatus::Present | AttendanceStatus::Late | AttendanceStatus::MadeUp)
        };
        let counts = |held: &&Held| {
            held.closed
                && held.kind == kind
                && held.programme.is_none_or(|only| only == plan.id)
                && (held.hosts.contains(&unit)
                    || held.status.iter().any(|(p, (s, _))| full(*s) && held.units[p] == unit))
        };
        i64::try_from(self.held.iter().filter(counts).count()).unwrap()
    }

    /// Participated, completed, completed by now.
    fn stands(&self, plan: &Plan, person: PersonId, stand: &Stand, today: Day) -> (bool, bool, bool) {
        let earned = self.earned(plan, person);
        let (mut completed, mut due) = (true, true);
        let mut ask = |met: bool, is_due: bool| {
            completed &= met;
            due &= met || !is_due;
        };
        if let Some(hours) = plan.hours {
            let asked = stand.share(hours, 12);
            ask(earned.iter().map(|(_, hours)| hours).sum::<i64>() >= asked, plan.closed);
        }
        for r in &plan.requirements {
            let done = match r.per {
                Per::Person => i64::try_from(earned.iter().filter(|(kind, _)| *kind == r.kind).count()).unwrap(),
                Per::Unit => self.held_by(plan, stand.unit, r.kind),
            };
            let months = r.due_on.map_or(12, |day| day.0.month());
            let asked = if r.per == Per::Unit { i64::from(r.count) } else { stand.share(r.count.into(), months) };
            ask(done >= asked, plan.closed || r.due_on.is_some_and(|day| day < today));
        }
        (!earned.is_empty(), completed, due)
    }

    /// Every figure against the recount.
    pub(super) async fn check(&self, seed: u64) {
        let (services, caller) = (&self.server.services, &self.coordinator);
        let today = services.core.today();
        for plan in &self.plans {
            let progress = services.study.progress(caller, plan.id).await.unwrap();
            let mut expected: BTreeMap<UnitId, [i64; 4]> = BTreeMap::new();
            let mut lacking = BTreeSet::new();
            for (person, stand) in plan.roster.iter().filter(|(_, stand)| stand.months(12) > 0) {
                let (participated, completed, due) = self.stands(plan, *person, stand, today);
                let counts = expected.entry(stand.unit).or_default();
                for (count, yes) in counts.iter_mut().zip([true, participated, completed, due]) {
                    *count += i64::from(yes);
                }
                if !completed {
                    lacking.insert(*person);
                }
            }
            let shown: BTreeMap<UnitId, [i64; 4]> = progress
                .units
                .iter()
                .map(|u| {
                    (u.unit_id, [u.counts.expected, u.counts.participated, u.counts.completed, u.counts.completed_due])
                })
                .filter(|(_, counts)| counts[0] > 0)
                .collect();
            assert_eq!(shown, expected, "seed {seed}, {:?}", plan.requirements);
            for unit in progress.units.iter().filter(|u| u.counts.expected > 0) {
                for r in &unit.requirements {
                    let done = self.held_by(plan, unit.unit_id, r.requirement.kind);
                    assert_eq!(r.done, done, "seed {seed}: what counts for a unit");
                }
            }
            let filter = PeopleProgressFilter { unit_id: Some(self.root), lacking: true, lacking_due: false };
            let page = PageRequest { limit: 200, after: None };
            let people = services.study.people_progress(caller, plan.id, &filter, &page).await.unwrap().items;
            assert_eq!(people.iter().map(|p| p.person_id).collect::<BTreeSet<_>>(), lacking, "seed {seed}");
            for person in people {
                let hours: i64 = self.earned(plan, person.person_id).iter().map(|(_, hours)| hours).sum();
                assert_eq!(person.progress.hours.0, hours, "seed {seed}: hours once");
            }
        }
        self.check_sessions(seed).await;
    }

    /// What was held, of the whole district and of each unit: sessions, persons, person-times.
    pub(super) async fn check_activities(&self, seed: u64) {
        for unit in std::iter::once(None).chain(self.units.iter().copied().map(Some)) {
            let mut by_kind: BTreeMap<SessionKind, (i64, BTreeSet<PersonId>, i64)> = BTreeMap::new();
            for held in self.held.iter().filter(|h| h.closed && unit.is_none_or(|unit| h.hosts.contains(&unit))) {
                let there = held.status.iter().filter(|(_, (s, _))| came(*s)).map(|(p, _)| *p);
                let counted = by_kind.entry(held.kind).or_default();
                counted.0 += 1;
                counted.2 += i64::try_from(there.clone().count()).unwrap();
                counted.1.extend(there);
            }
            let (_, activities) = self.server.services.study.activities(&self.coordinator, 2026, unit).await.unwrap();
            let shown: BTreeMap<_, _> =
                activities.iter().map(|a| (a.kind, (a.sessions, a.persons, a.person_times))).collect();
            let expected: BTreeMap<_, _> = by_kind
                .into_iter()
                .map(|(kind, (sessions, persons, times))| {
                    (kind, (sessions, i64::try_from(persons.len()).unwrap(), times))
                })
                .collect();
            assert_eq!(shown, expected, "seed {seed}, {unit:?}: sessions, persons, person-times");
        }
    }

    async fn check_sessions(&self, seed: u64) {
        let (services, caller) = (&self.server.services, &self.coordinator);
        for held in &self.held {
            let page = PageRequest { limit: 200, after: None };
            let rows = services.study.attendance(caller, held.id, &AttendanceFilter::default(), &page).await.unwrap();
            let shown: BTreeMap<_, _> =
                rows.items.into_iter().map(|r| (r.person_id, (r.status, r.delegate_person_id))).collect();
            assert_eq!(shown, held.status, "seed {seed}");
            let summary = services.study.summary(caller, held.id).await.unwrap();
            let there = held.status.values().filter(|(s, _)| came(*s)).count();
            let all = held.status.len();
            let leave = held.status.values().filter(|(s, _)| *s == AttendanceStatus::OnLeave).count();
            let rate = summary.attendance_rate();
            let number = |n: usize| i64::try_from(n).unwrap();
            assert_eq!((rate.numerator, rate.denominator), (number(there), number(all)), "seed {seed}");
            assert_eq!(summary.attendance_rate_without_leave().denominator, number(all - leave), "seed {seed}");
        }
        for unit in &self.units {
            let (_, ledger) = services.study.ledger(caller, 2026, Some(*unit)).await.unwrap();
            let shown: i64 = ledger.iter().map(|line| line.person_times).sum();
            let mine = |held: &&Held| held.closed;
            let expected: usize = self
                .held
                .iter()
                .filter(mine)
                .map(|h| h.status.iter().filter(|(p, (s, _))| came(*s) && h.units[p] == *unit).count())
                .sum();
            assert_eq!(shown, i64::try_from(expected).unwrap(), "seed {seed}: the ledger of a unit");
        }
        assert!(kaofa::tally::recount(services.core.db.read()).await.unwrap().is_empty(), "seed {seed}");
    }
}

fn came(status: AttendanceStatus) -> bool {
    !matches!(status, AttendanceStatus::Pending | AttendanceStatus::OnLeave | AttendanceStatus::Absent)
}
