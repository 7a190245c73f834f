//! Which person a row means: by staff number, by national ID, by phone and name, by name and unit.

use std::collections::{HashMap, HashSet};

use entity::id::{PersonId, UnitId};

use super::people::{At, PersonRow};
use super::report::{Choice, at};
use crate::files::{Heads, Mistake};
use crate::kernel::field::FieldCode;

/// Somebody who is there already.
#[derive(Debug, Clone)]
pub(in crate::org) struct Known {
    pub(in crate::org) id: PersonId,
    pub(in crate::org) staff_no: String,
    pub(in crate::org) name: String,
    pub(in crate::org) unit: UnitId,
    pub(in crate::org) id_hash: Option<String>,
    pub(in crate::org) phone_hash: Option<String>,
}

/// A row with the hashes of its numbers.
#[derive(Debug, Clone)]
pub(in crate::org) struct Hashed<'a> {
    pub(in crate::org) row: &'a PersonRow,
    pub(in crate::org) id_hash: Option<String>,
    pub(in crate::org) phone_hash: Option<String>,
}

/// Whom a row means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) enum Match {
    /// Nobody who is there.
    New,
    /// The one at that place of the known.
    Known(usize),
    /// One of these, or somebody new: it must be asked.
    Several(Vec<usize>),
}

/// The known, by what a row may tell of them.
pub(in crate::org) struct Index<'a> {
    known: &'a [Known],
    by_staff_no: HashMap<&'a str, usize>,
    by_id: HashMap<&'a str, usize>,
    by_phone: HashMap<&'a str, Vec<usize>>,
    by_name: HashMap<(&'a str, UnitId), Vec<usize>>,
}

/// A staff number that was made because none was given says nothing against another.
pub(in crate::org) fn was_made(staff_no: &str) -> bool {
    staff_no.strip_prefix('K').is_some_and(|rest| rest.len() == 10 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl<'a> Index<'a> {
    pub(in crate::org) fn new(known: &'a [Known]) -> Self {
        let mut index = Self {
            known,
            by_staff_no: HashMap::new(),
            by_id: HashMap::new(),
            by_phone: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (place, person) in known.iter().enumerate() {
            index.by_staff_no.insert(&person.staff_no, place);
            if let Some(hash) = &person.id_hash {
                index.by_id.insert(hash, place);
            }
            if let Some(hash) = &person.phone_hash {
                index.by_phone.entry(hash).or_default().push(place);
            }
            index.by_name.entry((&person.name, person.unit)).or_default().push(place);
        }
        index
    }

    fn at(&self, place: usize) -> Option<&Known> {
        self.known.get(place)
    }

    /// Whether the row and the known have different national IDs.
    fn other_id(&self, row: &Hashed<'_>, place: usize) -> bool {
        let known = self.at(place).and_then(|known| known.id_hash.as_ref());
        matches!((&row.id_hash, known), (Some(new), Some(old)) if new != old)
    }

    fn other_staff_no(&self, row: &Hashed<'_>, place: usize) -> bool {
        let known = self.at(place).map(|known| known.staff_no.as_str()).filter(|number| !was_made(number));
        matches!((row.row.staff_no.as_deref(), known), (Some(new), Some(old)) if new != old)
    }

    /// Whom a row means.
    pub(in crate::org) fn find(&self, row: &Hashed<'_>) -> Match {
        let by_staff_no = row.row.staff_no.as_deref().and_then(|number| self.by_staff_no.get(number)).copied();
        let by_id = row.id_hash.as_deref().and_then(|hash| self.by_id.get(hash)).copied();
        match (by_staff_no, by_id) {
            (Some(one), Some(other)) if one != other => Match::Several(vec![one, other]),
            // The number of somebody with another national ID.
            (Some(place), None) if self.other_id(row, place) => Match::Several(vec![place]),
            (Some(place), _) | (None, Some(place)) => Match::Known(place),
            (None, None) => self.find_by_name(row),
        }
    }

    fn find_by_name(&self, row: &Hashed<'_>) -> Match {
        let possible = |place: &usize| !self.other_id(row, *place);
        let namesake = |place: &usize| self.at(*place).is_some_and(|known| known.name == row.row.name);
        let by_phone = row.phone_hash.as_deref().and_then(|hash| self.by_phone.get(hash));
        let by_phone: Vec<usize> = by_phone.into_iter().flatten().copied().filter(possible).filter(namesake).collect();
        match by_phone.as_slice() {
            [] => {}
            [one] if !self.other_staff_no(row, *one) => return Match::Known(*one),
            _ => return Match::Several(by_phone),
        }
        let by_name = self.by_name.get(&(row.row.name.as_str(), row.row.unit));
        let by_name: Vec<usize> = by_name.into_iter().flatten().copied().filter(possible).collect();
        match by_name.as_slice() {
            [] => Match::New,
            [one] if !self.other_staff_no(row, *one) => Match::Known(*one),
            _ => Match::Several(by_name),
        }
    }
}

/// Whom every row means, with the answers to what was asked. Rows that speak of the same person, and new ones that nothing
/// tells apart, are mistakes.
pub(in crate::org) fn resolve(
    rows: &[Hashed<'_>],
    known: &[Known],
    choices: &HashMap<u32, Choice>,
    heads: &Heads,
) -> (Vec<Match>, Vec<Mistake>) {
    let index = Index::new(known);
    let mut mistakes = Vec::new();
    let (mut staff_nos, mut ids, mut people, mut names) =
        (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
    let matches = rows.iter().map(|row| {
        let mut wrong = |column: At, code| mistakes.push(at(row.row.number, heads.place(column.index()), code));
        if let Some(number) = &row.row.staff_no
            && !staff_nos.insert(number.as_str())
        {
            wrong(At::StaffNo, FieldCode::Duplicate);
        }
        if let Some(hash) = &row.id_hash
            && !ids.insert(hash.as_str())
        {
            wrong(At::IdNumber, FieldCode::Duplicate);
        }
        let found = match (index.find(row), choices.get(&row.row.number)) {
            (Match::Several(_), Some(Choice::New)) => Match::New,
            (Match::Several(places), Some(Choice::Person(id))) => {
                let chosen = places.iter().copied().find(|place| index.at(*place).is_some_and(|k| k.id == *id));
                chosen.map_or(Match::Several(places), Match::Known)
            }
            (found, _) => found,
        };
        match &found {
            Match::Known(place) if !people.insert(*place) => wrong(At::Name, FieldCode::Duplicate),
            Match::New => {
                let told_apart = row.row.staff_no.is_some() || row.id_hash.is_some() || row.phone_hash.is_some();
                if !names.insert((row.row.name.as_str(), row.row.unit)) && !told_apart {
                    wrong(At::Name, FieldCode::Duplicate);
                }
            }
            Match::Known(_) | Match::Several(_) => {}
        }
        found
    });
    (matches.collect(), mistakes)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::people::Number;
    use super::*;

    const A: UnitId = UnitId(Uuid::from_u128(1));
    const B: UnitId = UnitId(Uuid::from_u128(2));

    fn known(n: u128, staff_no: &str, name: &str, unit: UnitId, id: &str, phone: &str) -> Known {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Known {
            id: PersonId(Uuid::from_u128(n)),
            staff_no: staff_no.into(),
            name: name.into(),
            unit,
            id_hash: some(id),
            phone_hash: some(phone),
        }
    }

    fn row(staff_no: &str, name: &str, unit: UnitId) -> PersonRow {
        PersonRow {
            number: 2,
            staff_no: (!staff_no.is_empty()).then(|| staff_no.to_owned()),
            name: name.into(),
            unit,
            categories: None,
            post: None,
            id_number: Number::Absent,
            phone: Number::Absent,
            joined_on: None,
        }
    }

    fn find(row: &PersonRow, id: &str, phone: &str) -> Match {
        let people = [
            known(10, "001", "张三", A, "id-1", "phone-1"),
            known(11, "002", "李四", A, "", "phone-2"),
            known(12, "003", "李四", A, "", ""),
            known(13, "K0123456789", "王五", B, "", "office"),
            known(14, "005", "赵六", B, "", "office"),
        ];
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Index::new(&people).find(&Hashed { row, id_hash: some(id), phone_hash: some(phone) })
    }

    #[test]
    fn the_strongest_mark_decides() {
        assert_eq!(find(&row("001", "张三", A), "", ""), Match::Known(0));
        assert_eq!(find(&row("001", "张三丰", B), "", ""), Match::Known(0));
        assert_eq!(find(&row("", "张三", B), "id-1", ""), Match::Known(0));
        assert_eq!(find(&row("", "张三", B), "", "phone-1"), Match::Known(0));
        assert_eq!(find(&row("", "张三", A), "", ""), Match::Known(0));
        assert_eq!(find(&row("", "张三", B), "", ""), Match::New);
        assert_eq!(find(&row("", "李四", A), "", "phone-2"), Match::Known(1));
        assert_eq!(find(&row("009", "王五", B), "", ""), Match::Known(3));
        assert_eq!(find(&row("", "孙七", B), "", "office"), Match::New);
    }

    #[test]
    fn what_contradicts_itself_is_asked() {
        assert_eq!(find(&row("", "李四", A), "", ""), Match::Several(vec![1, 2]));
        assert_eq!(find(&row("002", "张三", A), "id-1", ""), Match::Several(vec![1, 0]));
        assert_eq!(find(&row("001", "张三", A), "id-9", ""), Match::Several(vec![0]));
        assert_eq!(find(&row("009", "赵六", B), "", ""), Match::Several(vec![4]));
        // Another national ID is another person.
        assert_eq!(find(&row("", "张三", A), "id-9", ""), Match::New);
    }
}
