//! Questions as files: a bank, and the template to fill in.

use entity::bank::key_view::SeenHow;
use entity::id::{BankId, QuestionId};
use entity::log::Outcome;
use serde_json::json;

use super::super::draft::QuestionInput;
use super::super::import::sheet::{COLUMNS, WIDTHS, row};
use super::super::model::QuestionFilter;
use super::{Bank, BankError, managed, store};
use crate::auth::{Caller, MANAGERS};
use crate::files::{self, Page, WriteError, titles, write_template, write_xlsx};
use crate::kernel::page::PageRequest;
use crate::log::{self, Entry};

/// What the template says on its second sheet.
const NOTES: &[&str] = &[
    "每行一题，请勿合并单元格，请勿使用公式；表头可调整顺序，不需要的列可以删除。",
    "题干、答案必填。题型可填单选题、多选题、判断题；不填时，没有选项的是判断题，答案有多个字母的是多选题，其余是单选题。",
    "答案填字母（如 B、ACD），判断题填正确或错误（√、×也可以）。",
    "法律、条款、法律版本、核对日期是命题依据；表中没有的，可在导入时统一填写。日期写作 2026-01-31。",
    "难度填易、中、难。同一题组的试题，一份试卷最多抽取一题。",
    "固定选项填字母，这些选项（如“以上都对”）在试卷上不变换位置。",
];

/// How many questions a file holds at most: about as many as a sheet has rows.
const MOST: u64 = 1_000_000;

impl Bank {
    /// The questions of a bank in their newest versions, with their keys, as an xlsx file that can be brought in again. By a
    /// coordinator of its unit or above who is not to sit an exam over it; who took it is kept, and who has seen which key.
    pub async fn export(&self, caller: &Caller, bank: BankId, filter: &QuestionFilter) -> Result<Vec<u8>, BankError> {
        let (conn, now) = (self.core.db.read(), self.core.now());
        let home = managed(conn, caller, bank, now).await?;
        self.check_keys(caller, bank).await?;
        let scope = caller.scope(MANAGERS, now)?;
        let filter = QuestionFilter { bank_id: Some(bank), ..filter.clone() };
        let every = PageRequest { limit: MOST, after: None };
        let found = store::list(conn, &scope.0, &filter, &every).await?.items;
        let wanted: Vec<(QuestionId, i32)> = found.iter().map(|q| (q.id, q.version)).collect();
        let mut versions = store::versions(conn, &wanted).await?;
        for (version, shown) in versions.iter_mut().zip(&found) {
            version.group.clone_from(&shown.group);
        }
        let entry = Entry {
            id: self.core.uuid(),
            at: now,
            actor: caller.actor(),
            action: "bank.export",
            subject: format!("bank:{bank}"),
            unit: Some(home.unit_id),
            data: json!({ "questions": versions.len() }),
            outcome: Outcome::Done,
        };
        let account = caller.account.id;
        self.core
            .db
            .tx("bank.export", |tx| {
                let (wanted, entry) = (wanted.clone(), entry.clone());
                Box::pin(async move {
                    store::note_keys(tx, account, &wanted, SeenHow::Exported, now).await?;
                    Ok::<_, BankError>(log::append(tx, entry).await?)
                })
            })
            .await?;
        made(move || {
            let mut rows = vec![titles(COLUMNS)];
            rows.extend(versions.iter().map(|version| row(&QuestionInput::from(version))));
            write_xlsx(&[Page { name: "试题".to_owned(), widths: WIDTHS.to_vec(), head: Some(0), rows }])
        })
        .await
    }

    /// The file to fill in with questions. For coordinators.
    pub async fn template(&self, caller: &Caller) -> Result<Vec<u8>, BankError> {
        caller.scope(MANAGERS, self.core.now())?;
        made(|| write_template("试题", COLUMNS, WIDTHS, NOTES)).await
    }
}

/// Makes a file where it stops nobody.
async fn made(make: impl FnOnce() -> Result<Vec<u8>, WriteError> + Send + 'static) -> Result<Vec<u8>, BankError> {
    Ok(files::elsewhere(make).await??)
}
