//! People as files: a unit's roster, the template to fill in, and a file back with its mistakes marked.

use std::collections::HashMap;

use entity::id::{PersonId, UnitId};
use entity::org::person;
use serde_json::json;

use super::imports::ImportFile;
use super::{AmendError, BUILDERS, KEEPERS, Org, ROSTER_READERS};
use crate::auth::{Caller, authorise};
use crate::files::{self, Field, Format, Page, WriteError, titles, write_csv, write_template, write_xlsx};
use crate::kernel::aside;
use crate::kernel::texts::Lang;
use crate::log;
use crate::org::import::marked::marked;
use crate::org::import::{people as people_file, units as units_file};
use crate::org::model::PeopleFilter;
use crate::org::store;

/// How wide the columns of [`people_file::COLUMNS`] and of [`units_file::COLUMNS`] are.
const PEOPLE_WIDTHS: &[u8] = &[14, 12, 26, 14, 26, 18, 24, 16, 14];
const UNITS_WIDTHS: &[u8] = &[16, 28, 16, 28, 10];

/// What the template of people says on its second sheet.
const PEOPLE_NOTES: &[&str] = &[
    "每人一行，请勿合并单元格，请勿使用公式；表头可调整顺序，不需要的列可以删除。",
    "姓名、单位（或单位编码）必填；新增人员须填人员类别。空白的单元格表示不改动原有内容。",
    "人员类别可填多项，用顿号分隔：领导干部、公务员、行政执法人员、执法辅助人员、其他人员。",
    "按工号、身份证号、手机号加姓名、姓名加单位的顺序认人；认不准的行会列出来请您确认。",
    "单位与系统不同的，按今天调动处理；单位内有而表中没有的人员只提示，不作改动。",
    "身份证号、手机号加密保存；带星号的内容表示不改动。日期写作 2026-01-31。",
];

/// The same of the template of units.
const UNITS_NOTES: &[&str] = &[
    "每个单位一行，请勿合并单元格，请勿使用公式；按单位编码认单位。",
    "新增单位须填上级单位编码或上级单位名称，上级单位可以在同一张表中新增。",
    "类型填单位或分组：人员只能在单位名册上，分组只用于归类。",
];

impl Org {
    /// Who is on the roster of a unit today, with its subtree if asked, as a file that can be brought in again: numbers are
    /// masked, and what is masked changes nothing. By those who may read the roster; the log keeps who took it.
    pub async fn export_people(
        &self,
        caller: &Caller,
        unit: UnitId,
        subtree: bool,
        format: Format,
    ) -> Result<Vec<u8>, AmendError> {
        let (conn, now, today) = (self.core.db.read(), self.core.now(), self.core.today());
        authorise::<AmendError>(conn, caller, ROSTER_READERS, unit, now).await?;
        let scope = caller.scope(ROSTER_READERS, now)?;
        let filter = PeopleFilter { unit_id: Some(unit), subtree, ..PeopleFilter::default() };
        let mut people = store::people_of(conn, &scope.0, &filter, today).await?;
        people.retain(|p| p.joined_on <= today && p.departed_on.is_none_or(|day| day > today));
        let units: HashMap<UnitId, (usize, String, String)> = store::units_within(conn, &[unit])
            .await?
            .into_iter()
            .enumerate()
            .map(|(place, u)| (u.id, (place, u.name, u.code)))
            .collect();
        aside(|| people.sort_by_cached_key(|p| (units.get(&p.unit_id).map(|(place, ..)| *place), p.sort_key.clone())));
        let ids: Vec<PersonId> = people.iter().map(|p| p.id).collect();
        let mut held: HashMap<PersonId, Vec<&'static str>> = HashMap::new();
        for part in ids.chunks(5_000) {
            for row in store::categories_of(conn, part, today).await? {
                held.entry(row.person_id).or_default().push(people_file::category_word(row.category));
            }
        }
        let line = |p: &person::Model| {
            let (_, name, code) = units.get(&p.unit_id).cloned().unwrap_or_default();
            self.exported(p, name, code, held.get(&p.id).map(Vec::as_slice).unwrap_or_default())
        };
        let rows: Vec<Vec<Field>> = aside(|| people.iter().map(line).collect());
        let data = json!({ "people": rows.len(), "subtree": subtree });
        let entry = self.entry(caller.actor(), "org.export_people", format!("unit:{unit}"), Some(unit), data);
        self.core
            .db
            .tx("org.export_people", |tx| {
                let entry = entry.clone();
                Box::pin(async move { Ok::<_, AmendError>(log::append(tx, entry).await?) })
            })
            .await?;
        written(rows, format).await
    }

    fn exported(&self, p: &person::Model, unit: String, code: String, categories: &[&str]) -> Vec<Field> {
        vec![
            p.staff_no.clone().into(),
            p.name.clone().into(),
            unit.into(),
            code.into(),
            categories.join("、").into(),
            p.post.clone().into(),
            self.masked_id(p).unwrap_or_default().into(),
            self.masked_phone(p).unwrap_or_default().into(),
            p.joined_on.to_string().into(),
        ]
    }

    /// The file to fill in with people. For coordinators.
    pub async fn people_template(&self, caller: &Caller) -> Result<Vec<u8>, AmendError> {
        caller.scope(KEEPERS, self.core.now())?;
        made(|| write_template("人员", people_file::COLUMNS, PEOPLE_WIDTHS, PEOPLE_NOTES)).await
    }

    /// The file to fill in with units. For system administrators.
    pub async fn units_template(&self, caller: &Caller) -> Result<Vec<u8>, AmendError> {
        caller.scope(BUILDERS, self.core.now())?;
        made(|| write_template("单位", units_file::COLUMNS, UNITS_WIDTHS, UNITS_NOTES)).await
    }

    /// A file of people as it came, with what is wrong in it marked. By a coordinator.
    pub async fn marked_people(&self, caller: &Caller, file: ImportFile, lang: Lang) -> Result<Vec<u8>, AmendError> {
        let (table, _permit) = self.table(caller, file.bytes).await?;
        let report = self.plan_of_people(caller, &table, &file.choices).await?;
        made(move || write_xlsx(&[marked(&table, &report, lang)])).await
    }

    /// A file of units as it came, with what is wrong in it marked. By a system administrator.
    pub async fn marked_units(&self, caller: &Caller, file: ImportFile, lang: Lang) -> Result<Vec<u8>, AmendError> {
        let (table, _permit) = self.table(caller, file.bytes).await?;
        let report = self.plan_of_units(caller, &table).await?;
        made(move || write_xlsx(&[marked(&table, &report, lang)])).await
    }
}

async fn written(rows: Vec<Vec<Field>>, format: Format) -> Result<Vec<u8>, AmendError> {
    made(move || {
        let mut all = vec![titles(people_file::COLUMNS)];
        all.extend(rows);
        match format {
            Format::Csv => Ok(write_csv(&all)),
            Format::Xlsx => write_xlsx(&[Page {
                name: "人员".to_owned(),
                widths: PEOPLE_WIDTHS.to_vec(),
                head: Some(0),
                rows: all,
            }]),
        }
    })
    .await
}

/// Makes a file where it stops nobody.
async fn made(make: impl FnOnce() -> Result<Vec<u8>, WriteError> + Send + 'static) -> Result<Vec<u8>, AmendError> {
    Ok(files::elsewhere(make).await??)
}
