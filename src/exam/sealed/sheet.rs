//! A paper set out for its candidate.

use std::fmt::Write as _;
use std::sync::Arc;

use entity::points::Points;

use super::model::{Mismatch, SealedExam, SealedItem, SealedSection};
use crate::bank::Choice;
use crate::exam::draw::PaperItem;

/// The paper of one attempt: which items of the sealed exam stand where, options in their order. It is small, so that
/// those of a whole hall fit into memory, and what it shows of an item never includes its key.
#[derive(Debug)]
pub struct Sheet {
    exam: Arc<SealedExam>,
    /// For each position its section and its item, by place.
    places: Box<[(usize, usize)]>,
    /// For each position in turn the stored places of its options, as many as its item has.
    orders: Box<[u8]>,
}

/// One position of a paper.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its number, from 1 over the whole paper.
    pub position: i32,
    /// The place of its section among the sections.
    pub section_at: usize,
    /// Its section.
    pub section: &'a SealedSection,
    /// Its item, key included.
    pub item: &'a SealedItem,
    order: &'a [u8],
}

impl<'a> Line<'a> {
    /// The options in the order of this paper.
    pub fn options(&self) -> impl Iterator<Item = &'a Choice> + use<'a> {
        let options = &self.item.content.options;
        self.order.iter().filter_map(|&at| options.get(usize::from(at)))
    }
}

impl Sheet {
    /// Sets a drawn paper out. Its items must be the exam's.
    pub fn new(exam: Arc<SealedExam>, items: &[PaperItem]) -> Result<Self, Mismatch> {
        let mut places = Vec::with_capacity(items.len());
        let mut orders = Vec::with_capacity(items.len() * 4);
        for drawn in items {
            let foreign = || Mismatch::Item(drawn.item.clone());
            let place = exam.place_of(&drawn.item).ok_or_else(foreign)?;
            let item = exam.item_at(place).ok_or_else(foreign)?;
            let section = drawn.section.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let section = section.filter(|&at| at < exam.sections().len()).ok_or(Mismatch::Sections)?;
            if drawn.options.len() != item.content.options.len() {
                return Err(foreign());
            }
            for id in &drawn.options {
                let at = item.content.options.iter().position(|o| o.id == *id);
                orders.push(at.and_then(|at| u8::try_from(at).ok()).ok_or_else(foreign)?);
            }
            places.push((section, place));
        }
        Ok(Self { exam, places: places.into(), orders: orders.into() })
    }

    /// The exam whose paper it is.
    #[must_use]
    pub fn exam(&self) -> &Arc<SealedExam> {
        &self.exam
    }

    /// The positions in order.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let mut orders = &self.orders[..];
        (1..).zip(&self.places).filter_map(move |(position, &(section_at, place))| {
            let (section, item) = (self.exam.sections().get(section_at)?, self.exam.item_at(place)?);
            let (order, rest) = orders.split_at_checked(item.content.options.len())?;
            orders = rest;
            Some(Line { position, section_at, section, item, order })
        })
    }

    /// The item at a position, numbered from 1.
    #[must_use]
    pub fn item(&self, position: i32) -> Option<&SealedItem> {
        let at = usize::try_from(position).ok()?.checked_sub(1)?;
        self.places.get(at).and_then(|&(_, place)| self.exam.item_at(place))
    }

    /// What the whole paper is worth.
    #[must_use]
    pub fn max_points(&self) -> Points {
        self.places.iter().filter_map(|&(section, _)| self.exam.sections().get(section)).map(|s| s.points_each).sum()
    }

    /// Appends the JSON list of its sections as the contract has it, put together from what was made ready with the exam:
    /// `[{title, points_each, items: [{position, item, kind, stem, options: [{id, text}]}]}]`.
    pub fn write_sections(&self, out: &mut String) {
        let mut current = None;
        out.push('[');
        for line in self.lines() {
            if current == Some(line.section_at) {
                out.push(',');
            } else {
                out.push_str(if current.is_some() { "]},{" } else { "{" });
                out.push_str(&line.section.json);
                out.push_str(",\"items\":[");
                current = Some(line.section_at);
            }
            write!(out, "{{\"position\":{},", line.position).expect("text takes everything");
            out.push_str(&line.item.json);
            out.push_str(",\"options\":[");
            for (nth, option) in line.order.iter().filter_map(|&at| line.item.options.get(usize::from(at))).enumerate()
            {
                if nth > 0 {
                    out.push(',');
                }
                out.push_str(option);
            }
            out.push_str("]}");
        }
        out.push_str(if current.is_some() { "]}]" } else { "]" });
    }
}

#[cfg(test)]
mod tests;
