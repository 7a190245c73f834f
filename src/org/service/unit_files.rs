//! Units from a file: what would come of it, and doing it.

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::org::unit;
use serde_json::json;

use super::imports::ImportFile;
use super::{AmendError, BUILDERS, Org};
use crate::auth::Caller;
use crate::files::Table;
use crate::kernel::digest::sha256;
use crate::kernel::field::{FieldCode, Invalid};
use crate::kernel::pinyin::sort_key;
use crate::log::{self, Entry};
use crate::org::import::report::{ImportReport, Line, MOST_LINES};
use crate::org::import::units::{self as rows, KnownNode, Node, UnitStep};
use crate::org::store;

/// What an import of units writes.
#[derive(Debug, Clone, Default)]
struct Writing {
    /// From the top of the tree down.
    new: Vec<unit::Model>,
    changed: Vec<unit::Model>,
    /// Whether a node that is there hangs elsewhere afterwards.
    moves: bool,
}

impl Org {
    /// Brings units in from a file: all of it, or nothing if anything in it is wrong. A dry run tells what would come of it.
    /// By a system administrator.
    pub async fn import_units(
        &self,
        caller: &Caller,
        file: ImportFile,
        dry_run: bool,
    ) -> Result<ImportReport, AmendError> {
        let digest = sha256(&[&file.bytes]).to_string();
        let (table, _permit) = self.table(caller, file.bytes).await?;
        let (mut report, writing) = self.plan_units(caller, &table).await?;
        report.dry_run = dry_run;
        if dry_run || !report.errors.is_empty() {
            return Ok(report);
        }
        match self.write_units(caller, &digest, &report, writing).await {
            Err(AmendError::Fault(fault)) if fault.breaks_unique("units", "code") => {
                Err(Invalid::one("code", FieldCode::Duplicate).into())
            }
            Err(error) => Err(error),
            Ok(()) => {
                report.applied = true;
                Ok(report)
            }
        }
    }

    /// What a file of units would do; for the file back with its mistakes marked too.
    pub(super) async fn plan_of_units(&self, caller: &Caller, table: &Table) -> Result<ImportReport, AmendError> {
        Ok(self.plan_units(caller, table).await?.0)
    }

    async fn plan_units(&self, caller: &Caller, table: &Table) -> Result<(ImportReport, Writing), AmendError> {
        let (scope, today) = (caller.scope(BUILDERS, self.core.now())?, self.core.today());
        let conn = self.core.db.read();
        let units = store::units_within(conn, &scope.0).await?;
        let peopled: HashSet<UnitId> = store::peopled(conn, &scope.0, today).await?.into_iter().collect();
        let known: Vec<KnownNode> = units
            .iter()
            .map(|u| KnownNode {
                id: u.id,
                parent: u.parent_id,
                code: u.code.clone(),
                name: u.name.clone(),
                open: u.active_to.is_none_or(|last| last >= today),
                peopled: peopled.contains(&u.id),
            })
            .collect();
        let mine: HashSet<&str> = known.iter().map(|node| node.code.as_str()).collect();
        let others: Vec<String> = rows::codes(table).into_iter().filter(|code| !mine.contains(code.as_str())).collect();
        let elsewhere: HashSet<String> = store::taken_codes(conn, &others).await?.into_iter().collect();
        let read = rows::read(table, &known, &elsewhere);
        let mut report = ImportReport { rows: read.count, errors: read.mistakes, ..ImportReport::default() };
        let writing = self.unit_steps(&units, &known, &read.steps, &mut report);
        report.errors.sort_by_key(|mistake| (mistake.row, mistake.column));
        report.errors.truncate(MOST_LINES);
        Ok((report, writing))
    }

    fn unit_steps(
        &self,
        units: &[unit::Model],
        known: &[KnownNode],
        steps: &[UnitStep],
        report: &mut ImportReport,
    ) -> Writing {
        let mut writing = Writing::default();
        // Steps come from the top down, so whatever a new node hangs under has been made when its turn comes.
        let mut made: HashMap<usize, (UnitId, &str)> = HashMap::new();
        for step in steps {
            let parent = step.parent.and_then(|node| match node {
                Node::Known(place) => known.get(place).map(|node| (node.id, node.name.as_str())),
                Node::New(place) => made.get(&place).copied(),
            });
            let line = Line {
                row: Some(step.row.number),
                number: step.row.code.clone(),
                name: step.row.name.clone(),
                unit: parent.map(|(_, name)| name.to_owned()).unwrap_or_default(),
                ..Line::default()
            };
            let Some(before) = step.known.and_then(|place| units.get(place)) else {
                let row = unit::Model {
                    id: self.core.id(),
                    parent_id: parent.map(|(id, _)| id),
                    code: step.row.code.clone(),
                    name: step.row.name.clone(),
                    sort_key: sort_key(&step.row.name),
                    kind: step.row.kind.unwrap_or(unit::UnitKind::Unit),
                    position: 0,
                    active_from: self.core.today(),
                    active_to: None,
                    merged_into_id: None,
                    version: 1,
                };
                made.insert(step.place, (row.id, step.row.name.as_str()));
                report.created += 1;
                report.added.push(line);
                writing.new.push(row);
                continue;
            };
            let mut after = before.clone();
            after.name.clone_from(&step.row.name);
            after.sort_key = sort_key(&step.row.name);
            after.kind = step.row.kind.unwrap_or(before.kind);
            if let Some((parent, _)) = parent {
                after.parent_id = Some(parent);
            }
            let mut fields = Vec::new();
            if after.name != before.name {
                fields.push("name");
            }
            if after.kind != before.kind {
                fields.push("kind");
            }
            let moves = after.parent_id != before.parent_id;
            if fields.is_empty() && !moves {
                report.unchanged += 1;
                continue;
            }
            report.updated += 1;
            let line = Line { id: Some(before.id.to_string()), fields, ..line };
            if moves {
                let from = before.parent_id.and_then(|id| known.iter().find(|node| node.id == id));
                report.moved.push(Line { from: from.map(|node| node.name.clone()), ..line });
            } else {
                report.changed.push(line);
            }
            writing.moves |= moves;
            writing.changed.push(after);
        }
        note_missing(known, steps, report);
        writing
    }

    async fn write_units(
        &self,
        caller: &Caller,
        digest: &str,
        report: &ImportReport,
        writing: Writing,
    ) -> Result<(), AmendError> {
        let import = self.core.uuid();
        let data = json!({
            "file": digest, "rows": report.rows, "created": report.created, "updated": report.updated,
            "moved": report.moved.count,
        });
        let mut entries: Vec<Entry> =
            vec![self.entry(caller.actor(), "org.import_units", format!("import:{import}"), None, data)];
        for (rows, action) in [(&writing.new, "org.create_unit"), (&writing.changed, "org.amend_unit")] {
            entries.extend(rows.iter().map(|u| {
                let data =
                    json!({ "import": import, "code": u.code, "name": u.name, "kind": u.kind, "parent": u.parent_id });
                self.entry(caller.actor(), action, format!("unit:{}", u.id), Some(u.id), data)
            }));
        }
        self.core
            .db
            .tx("org.import_units", |tx| {
                let (writing, entries) = (writing.clone(), entries.clone());
                Box::pin(async move {
                    for row in writing.new {
                        store::insert_unit(tx, row).await?;
                    }
                    for row in writing.changed {
                        if !store::update_unit(tx, row).await? {
                            return Err(AmendError::Stale);
                        }
                    }
                    if writing.moves && !store::rebuild_tree(tx).await? {
                        return Err(AmendError::Stale);
                    }
                    Ok(log::append_all(tx, entries).await?)
                })
            })
            .await
    }
}

/// Units that go on beside those of the file, under the same nodes, and are not in it.
fn note_missing(known: &[KnownNode], steps: &[UnitStep], report: &mut ImportReport) {
    let named: HashSet<usize> = steps.iter().filter_map(|step| step.known).collect();
    let parents: HashSet<UnitId> = steps
        .iter()
        .filter_map(|step| match step.parent {
            Some(Node::Known(place)) => known.get(place).map(|node| node.id),
            Some(Node::New(_)) | None => None,
        })
        .collect();
    for (place, node) in known.iter().enumerate().filter(|(_, node)| node.open) {
        let Some(parent) = node.parent.filter(|parent| parents.contains(parent)) else { continue };
        if !named.contains(&place) {
            let unit = known.iter().find(|node| node.id == parent).map(|node| node.name.clone());
            report.missing.push(Line {
                id: Some(node.id.to_string()),
                number: node.code.clone(),
                name: node.name.clone(),
                unit: unit.unwrap_or_default(),
                ..Line::default()
            });
        }
    }
}
