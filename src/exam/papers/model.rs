//! Where an item stands on a paper, found without reading the paper as a whole.

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Place {
    /// Its position, from 1.
    pub(in super::super) position: i32,
    /// The place of its section, from 0.
    pub(in super::super) section: usize,
}

/// Where an item stands on a paper in canonical JSON (draw.md); nothing if it is not there. A hundred thousand papers are
/// looked through at once, so they are not parsed: quotes within a text are escaped there, hence what is looked for is
/// nowhere else.
pub(in super::super) fn place_of(items: &str, item: &str) -> Option<Place> {
    const ITEM: &str = "\"item\":\"";
    const SECTION: &str = "\"section\":\"";
    let (before, rest) = items.split_once(&format!("{ITEM}{item}\""))?;
    let section = rest.split_once(SECTION)?.1.split_once('"')?.0;
    Some(Place {
        position: i32::try_from(before.matches(ITEM).count()).ok()?.checked_add(1)?,
        section: section.parse::<usize>().ok()?.checked_sub(1)?,
    })
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
    }
}
