//! What stands where on a paper and what was answered there, found without reading the paper as a whole.

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Place {
    /// Its position, from 1.
    pub(in super::super) position: i32,
    /// The place of its section, from 0.
    pub(in super::super) section: usize,
}

const ITEM: &str = "\"item\":\"";
const SECTION: &str = "\"section\":\"";

/// Stands between the responses of a paper; no response has it.
pub(in super::super) const BETWEEN: char = ';';

/// The response at a position, numbered from 1, of those kept with a paper: nothing if it was left open.
pub(in super::super) fn response_at(responses: &str, position: i32) -> &str {
    let at = usize::try_from(position).ok().and_then(|position| position.checked_sub(1));
    at.and_then(|at| responses.split(BETWEEN).nth(at)).unwrap_or_default()
}

/// The items of a paper in canonical JSON (draw.md) with the places of their sections, from 0; nothing in place of one that
/// cannot be read. A hundred thousand papers are looked through at once, so they are not parsed: quotes within a text are
/// escaped there, hence what is looked for is nowhere else.
pub(in super::super) fn places(items: &str) -> impl Iterator<Item = Option<(&str, usize)>> {
    items.split(ITEM).skip(1).map(|rest| {
        let (item, rest) = rest.split_once('"')?;
        Some((item, section_of(rest)?))
    })
}

/// Where an item stands on such a paper; nothing if it is not there.
pub(in super::super) fn place_of(items: &str, item: &str) -> Option<Place> {
    let (before, rest) = items.split_once(&format!("{ITEM}{item}\""))?;
    Some(Place {
        position: i32::try_from(before.matches(ITEM).count()).ok()?.checked_add(1)?,
        section: section_of(rest)?,
    })
}

/// The place of the section that is named first.
fn section_of(rest: &str) -> Option<usize> {
    rest.split_once(SECTION)?.1.split_once('"')?.0.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::draw::PaperItem;
    use crate::exam::sealed::fixtures;
    use crate::kernel::jcs;

    #[test]
    fn items_are_found_where_they_stand() {
        let paper = fixtures::exam().paper(fixtures::person(), 1);
        let text = String::from_utf8(jcs::canonical(&paper.items).unwrap()).unwrap();
        for (at, PaperItem { item, section, .. }) in paper.items.iter().enumerate() {
            let place = place_of(&text, item).unwrap();
            assert_eq!(usize::try_from(place.position).unwrap(), at + 1);
            assert_eq!((place.section + 1).to_string(), *section);
        }
        assert_eq!(place_of(&text, "00000000-0000-0000-0000-000000000063@2"), None);
        assert_eq!(place_of("[]", ""), None);
        let found: Vec<_> = places(&text).collect::<Option<_>>().unwrap();
        let wanted = paper.items.iter().map(|i| (i.item.as_str(), i.section.parse::<usize>().unwrap() - 1));
        assert_eq!(found, wanted.collect::<Vec<_>>());
        assert_eq!(places("[{\"item\":\"a\"}]").collect::<Vec<_>>(), [None]);
    }
}
