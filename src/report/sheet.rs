//! What a snapshot keeps besides its figures: everybody who is counted, by programme or exam and unit, each with a digest of
//! the rows behind them. So a row that was changed later is found, and named.
//!
//! A sheet is kept under its own digest: a unit in which nothing happened in a month costs nothing.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{PersonId, UnitId};
use entity::org::person::Category;

use crate::kernel::digest::sha256;
use crate::tally::{Figure, Figures, Subject};

/// Somebody on a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Who.
    pub(super) person: PersonId,
    /// Their name on the roster.
    pub(super) name: String,
    /// Their categories.
    pub(super) categories: Vec<Category>,
    /// How they stand.
    pub(super) figures: Figures,
    /// The digest of their line of the roster and of their attempts, or credits and attendance.
    pub(super) facts: String,
}

/// The people of a unit who owe a programme or exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    /// What they owe.
    pub(super) subject: Subject,
    /// The unit.
    pub(super) unit: UnitId,
    /// The people, in the order of their ids.
    pub(super) lines: Vec<Line>,
}

impl Sheet {
    /// As it is kept: a line a person.
    pub(super) fn text(&self) -> String {
        let line = |line: &Line| {
            let categories: Vec<&str> = line.categories.iter().map(|c| c.as_str()).collect();
            let figures: Vec<String> = Figure::ALL.iter().map(|f| line.figures.get(*f).to_string()).collect();
            // No name holds a tab: it would not have come through an import or a form.
            let name = line.name.replace(['\t', '\n', '\r'], " ");
            format!("{}\t{name}\t{}\t{}\t{}\n", line.person, categories.join(" "), figures.join(","), line.facts)
        };
        self.lines.iter().map(line).collect()
    }

    /// The same, read again. Nothing if somebody wrote something else there.
    pub(super) fn read(subject: Subject, unit: UnitId, text: &str) -> Option<Self> {
        let lines = text.lines().map(|line| {
            let mut parts = line.split('\t');
            let mut next = || parts.next();
            let person = next()?.parse().ok()?;
            let name = next()?.to_owned();
            let categories =
                next()?.split(' ').filter(|c| !c.is_empty()).map(str::parse).collect::<Result<_, _>>().ok()?;
            let figures: Vec<i64> = next()?.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
            let facts = next()?.to_owned();
            Some(Line { person, name, categories, figures: Figures::of_list(&figures)?, facts })
        });
        Some(Self { subject, unit, lines: lines.collect::<Option<_>>()? })
    }

    /// The digest of what is kept.
    pub(super) fn digest(text: &str) -> String {
        sha256(&[text.as_bytes()]).to_string()
    }
}

/// One digest over all sheets: of `kind subject unit digest`, a line each, in this order.
pub(super) fn digest_of(sheets: &[(Subject, UnitId, String)]) -> String {
    let lines: BTreeSet<String> =
        sheets.iter().map(|(s, unit, digest)| format!("{} {} {unit} {digest}\n", s.kind, s.id)).collect();
    let text: String = lines.into_iter().collect();
    sha256(&[text.as_bytes()]).to_string()
}

/// What is not as it was on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// Somebody has come.
    Added,
    /// Somebody is there no more.
    Removed,
    /// Their figures.
    Figures,
    /// Their name or categories, or the rows behind their figures, though the figures are the same.
    Facts,
}

impl Differs {
    /// Its word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Figures => "figures",
            Self::Facts => "facts",
        }
    }
}

/// Somebody who does not stand as they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) differs: Differs,
    pub(super) then: Option<Figures>,
    pub(super) now: Option<Figures>,
}

/// How two sheets of the same unit differ, person by person.
pub(super) fn differences(then: &[Line], now: &[Line]) -> Vec<Difference> {
    let before: BTreeMap<PersonId, &Line> = then.iter().map(|line| (line.person, line)).collect();
    let after: BTreeMap<PersonId, &Line> = now.iter().map(|line| (line.person, line)).collect();
    let everybody: BTreeSet<PersonId> = before.keys().chain(after.keys()).copied().collect();
    let differs = |person: &PersonId| match (before.get(person), after.get(person)) {
        (None, Some(_)) => Some(Differs::Added),
        (Some(_), None) => Some(Differs::Removed),
        (Some(a), Some(b)) if a.figures != b.figures => Some(Differs::Figures),
        (Some(a), Some(b)) if a != b => Some(Differs::Facts),
        _ => None,
    };
    everybody
        .into_iter()
        .filter_map(|person| {
            let differs = differs(&person)?;
            let (then, now) = (before.get(&person), after.get(&person));
            let name = then.or(now).map(|line| line.name.clone()).unwrap_or_default();
            let figures = |line: Option<&&Line>| line.map(|line| line.figures);
            Some(Difference { person, name, differs, then: figures(then), now: figures(now) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use entity::org::roster_row::SubjectKind;
    use uuid::Uuid;

    use super::*;

    fn line(n: u128, sat: i64, facts: &str) -> Line {
        Line {
            person: PersonId(Uuid::from_u128(n)),
            name: format!("张{n}"),
            categories: vec![Category::CivilServant, Category::EnforcementOfficer],
            figures: Figures { on_roster: 1, expected: 1, sat, points: 80_05, ..Figures::none() },
            facts: facts.to_owned(),
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let subject = Subject { kind: SubjectKind::Exam, id: Uuid::from_u128(9).into() };
        let unit = UnitId(Uuid::from_u128(8));
        let plain = Line { categories: Vec::new(), ..line(2, 0, "bb") };
        let sheet = Sheet { subject, unit, lines: vec![line(1, 1, "aa"), plain] };
        let text = sheet.text();
        assert_eq!(Sheet::read(subject, unit, &text).as_ref(), Some(&sheet));
        assert_eq!(Sheet::read(subject, unit, ""), Some(Sheet { lines: Vec::new(), ..sheet }));
        for broken in ["x", "\t\t\t\t", &text.replace("civil_servant", "king"), &text.replace(",8005", "")] {
            assert_eq!(Sheet::read(subject, unit, broken), None, "{broken}");
        }
    }

    #[test]
    fn whoever_does_not_stand_as_they_did_is_named() {
        let then = [line(1, 1, "aa"), line(2, 1, "bb"), line(3, 0, "cc"), line(4, 1, "dd")];
        let now = [line(1, 1, "aa"), line(2, 1, "xx"), line(3, 1, "cc"), line(5, 1, "ee")];
        let found: Vec<(String, Differs)> = differences(&then, &now).into_iter().map(|d| (d.name, d.differs)).collect();
        let wanted =
            [("张2", Differs::Facts), ("张3", Differs::Figures), ("张4", Differs::Removed), ("张5", Differs::Added)];
        assert_eq!(found, wanted.map(|(name, differs)| (name.to_owned(), differs)));
        assert!(differences(&then, &then).is_empty());
    }
}
