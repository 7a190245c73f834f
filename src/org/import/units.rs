//! The columns of a file of units, its rows, and what they mean for the tree.

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::org::unit::UnitKind;

use super::people::{PASSED_OVER, RowReader, tight};
use super::report::at;
use crate::files::{Column, Heads, Mistake, Table};
use crate::kernel::field::FieldCode;

/// The columns of a file of units, in the order of the template.
pub(in crate::org) const COLUMNS: &[Column] = &[
    Column { name: "code", titles: &["单位编码", "单位代码", "编码"], required: true },
    Column { name: "name", titles: &["单位名称", "单位", "名称"], required: true },
    Column { name: "parent_code", titles: &["上级单位编码", "上级编码"], required: false },
    Column { name: "parent", titles: &["上级单位", "上级单位名称"], required: false },
    Column { name: "kind", titles: &["类型", "单位类型"], required: false },
];

const CODE: usize = 0;
const NAME: usize = 1;
const PARENT_CODE: usize = 2;
const PARENT: usize = 3;
const KIND: usize = 4;

/// A unit that is there already and within the caller's reach.
#[derive(Debug, Clone)]
pub(in crate::org) struct KnownNode {
    pub(in crate::org) id: UnitId,
    /// The node above; none at the top.
    pub(in crate::org) parent: Option<UnitId>,
    pub(in crate::org) code: String,
    pub(in crate::org) name: String,
    /// Whether it goes on.
    pub(in crate::org) open: bool,
    /// Whether people are on its roster.
    pub(in crate::org) peopled: bool,
}

/// A node that is or will be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::org) enum Node {
    /// One that is there, by its place among the known.
    Known(usize),
    /// One that the file brings, by its place among the rows.
    New(usize),
}

/// A unit as a row tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) struct UnitRow {
    pub(in crate::org) number: u32,
    pub(in crate::org) code: String,
    pub(in crate::org) name: String,
    pub(in crate::org) kind: Option<UnitKind>,
    parent_code: Option<String>,
    parent: Option<String>,
}

/// A row and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::org) struct UnitStep {
    /// Its place among the rows, by which [`Node::New`] names it.
    pub(in crate::org) place: usize,
    pub(in crate::org) row: UnitRow,
    /// The unit that it is, if that is there.
    pub(in crate::org) known: Option<usize>,
    /// The node above it afterwards; what it was if the row names none.
    pub(in crate::org) parent: Option<Node>,
}

/// The rows of a file of units, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(in crate::org) struct Read {
    /// How many rows there are below the heads.
    pub(in crate::org) count: usize,
    /// The rows, nodes that are new after those above them.
    pub(in crate::org) steps: Vec<UnitStep>,
    pub(in crate::org) mistakes: Vec<Mistake>,
}

/// Reads a table of units. `elsewhere` are codes that are taken outside of the caller's reach.
pub(in crate::org) fn read(table: &Table, known: &[KnownNode], elsewhere: &HashSet<String>) -> Read {
    let mut mistakes = table.mistakes.clone();
    let heads = match Heads::find(table, COLUMNS, PASSED_OVER) {
        Ok(heads) => heads,
        Err(found) => {
            mistakes.extend(found);
            return Read { mistakes, ..Read::default() };
        }
    };
    let (mut rows, mut count) = (Vec::new(), 0);
    for row in heads.rows(table) {
        count += 1;
        rows.extend(RowReader { row, heads: &heads, mistakes: &mut mistakes, sound: true }.unit_row());
    }
    let tree = Tree::new(known, &rows);
    let steps = tree.steps(&heads, elsewhere, &mut mistakes);
    Read { count, steps, mistakes }
}

/// The codes that a table names, for a look at whether they are taken elsewhere.
pub(in crate::org) fn codes(table: &Table) -> Vec<String> {
    let Ok(heads) = Heads::find(table, COLUMNS, PASSED_OVER) else { return Vec::new() };
    heads.rows(table).map(|row| tight(heads.cell(row, CODE).text())).filter(|code| !code.is_empty()).collect()
}

impl RowReader<'_> {
    fn unit_row(&mut self) -> Option<UnitRow> {
        let code = self.needed(CODE, 40);
        let name = self.needed(NAME, 80);
        let parent_code = self.line(PARENT_CODE, 40);
        let parent = self.line(PARENT, 80);
        let kind = self.line(KIND, 20).and_then(|word| {
            let kind = match word.as_str() {
                "单位" | "unit" => Some(UnitKind::Unit),
                "分组" | "group" => Some(UnitKind::Group),
                _ => None,
            };
            if kind.is_none() {
                self.wrong(KIND, FieldCode::UnknownValue, word);
            }
            kind
        });
        let row = UnitRow { number: self.row.number, code: code?, name: name?, kind, parent_code, parent };
        self.sound.then_some(row)
    }
}

/// The tree as it is, and as the rows would have it.
struct Tree<'a> {
    known: &'a [KnownNode],
    rows: &'a [UnitRow],
    known_by_code: HashMap<&'a str, usize>,
    by_code: HashMap<&'a str, Node>,
    by_name: HashMap<&'a str, Vec<Node>>,
    by_id: HashMap<UnitId, usize>,
}

impl<'a> Tree<'a> {
    fn new(known: &'a [KnownNode], rows: &'a [UnitRow]) -> Self {
        let known_by_code: HashMap<&str, usize> =
            known.iter().enumerate().map(|(place, node)| (node.code.as_str(), place)).collect();
        let mut by_code: HashMap<&str, Node> =
            known_by_code.iter().map(|(code, place)| (*code, Node::Known(*place))).collect();
        let mut by_name: HashMap<&str, Vec<Node>> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            by_code.entry(row.code.as_str()).or_insert(Node::New(place));
        }
        for (place, node) in known.iter().enumerate().filter(|(_, node)| node.open) {
            by_name.entry(node.name.as_str()).or_default().push(Node::Known(place));
        }
        for (place, row) in rows.iter().enumerate() {
            let is_known = known_by_code.contains_key(row.code.as_str());
            let first = by_code.get(row.code.as_str()) == Some(&Node::New(place));
            if !is_known && first {
                by_name.entry(row.name.as_str()).or_default().push(Node::New(place));
            }
        }
        let by_id = known.iter().enumerate().map(|(place, node)| (node.id, place)).collect();
        Self { known, rows, known_by_code, by_code, by_name, by_id }
    }

    /// The node that a row names as the one above it.
    fn named(&self, row: &UnitRow) -> Result<Option<Node>, (usize, FieldCode, String)> {
        if let Some(code) = &row.parent_code {
            let found = self.by_code.get(code.as_str()).copied();
            return found.map(Some).ok_or((PARENT_CODE, FieldCode::UnknownReference, String::new()));
        }
        let Some(name) = &row.parent else { return Ok(None) };
        match self.by_name.get(name.as_str()).map(Vec::as_slice) {
            Some([node]) => Ok(Some(*node)),
            Some([]) | None => Err((PARENT, FieldCode::UnknownReference, String::new())),
            Some(_) => Err((PARENT, FieldCode::Ambiguous, name.clone())),
        }
    }

    fn steps(&self, heads: &Heads, elsewhere: &HashSet<String>, mistakes: &mut Vec<Mistake>) -> Vec<UnitStep> {
        let mut wrong = |row: u32, column: usize, code, detail: &str| {
            mistakes.push(at(row, heads.place(column), code).with(detail));
        };
        let mut seen = HashSet::new();
        let mut above: HashMap<Node, Option<Node>> = HashMap::new();
        for (place, node) in self.known.iter().enumerate() {
            let parent = node.parent.and_then(|id| self.by_id.get(&id)).map(|place| Node::Known(*place));
            above.insert(Node::Known(place), parent);
        }
        let mut steps = Vec::new();
        for (place, row) in self.rows.iter().enumerate() {
            if !seen.insert(row.code.as_str()) {
                wrong(row.number, CODE, FieldCode::Duplicate, "");
                continue;
            }
            if elsewhere.contains(&row.code) {
                wrong(row.number, CODE, FieldCode::Elsewhere, "");
                continue;
            }
            let known = self.known_by_code.get(row.code.as_str()).copied();
            let node = known.map_or(Node::New(place), Node::Known);
            let parent = match self.named(row) {
                Ok(Some(parent)) => Some(parent),
                Ok(None) if known.is_none() => {
                    let column = if heads.place(PARENT_CODE).is_some() { PARENT_CODE } else { PARENT };
                    wrong(row.number, column, FieldCode::Required, "");
                    continue;
                }
                Ok(None) => above.get(&node).copied().flatten(),
                Err((column, code, detail)) => {
                    wrong(row.number, column, code, &detail);
                    continue;
                }
            };
            let before = known.and_then(|place| self.known.get(place));
            if row.kind == Some(UnitKind::Group) && before.is_some_and(|node| node.peopled) {
                wrong(row.number, KIND, FieldCode::Conflict, "");
            }
            above.insert(node, parent);
            steps.push((UnitStep { place, row: row.clone(), known, parent }, node));
        }
        for (step, node) in &steps {
            if runs_in_a_circle(*node, &above) {
                let column = if step.row.parent_code.is_some() { PARENT_CODE } else { PARENT };
                wrong(step.row.number, column, FieldCode::Cycle, "");
            }
        }
        // Nodes that are new are made from the top down.
        steps.sort_by_cached_key(|(_, node)| depth(*node, &above));
        steps.into_iter().map(|(step, _)| step).collect()
    }
}

fn runs_in_a_circle(node: Node, above: &HashMap<Node, Option<Node>>) -> bool {
    let mut upper = above.get(&node).copied().flatten();
    for _ in 0..=above.len() {
        match upper {
            None => return false,
            Some(same) if same == node => return true,
            Some(next) => upper = above.get(&next).copied().flatten(),
        }
    }
    // A circle further up, of which another row is told.
    false
}

fn depth(node: Node, above: &HashMap<Node, Option<Node>>) -> usize {
    let mut depth = 0;
    let mut upper = above.get(&node).copied().flatten();
    while let Some(next) = upper.filter(|_| depth <= above.len()) {
        depth += 1;
        upper = above.get(&next).copied().flatten();
    }
    depth
}

#[cfg(test)]
mod tests;
