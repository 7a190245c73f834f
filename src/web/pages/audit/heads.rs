//! 日志头比对: whether the log still begins with what a head covered that somebody kept.

use askama::Template;
use poem::handler;
use poem::http::StatusCode;

use super::log::newest_head;
use crate::evidence::{Kept, LOG_READERS};
use crate::http::Problem;
use crate::kernel::digest::Digest;
use crate::kernel::field::{FieldCode, Fields};
use crate::log::SignedHead;
use crate::web::form::{Form, Sent};
use crate::web::view::{Page, View, page, page_with};
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "audit/heads.html")]
struct HeadsPage {
    v: View,
    f: Form,
    /// The head of now, if anything is signed.
    head: Option<SignedHead>,
    /// What came out, of how many entries and under which root.
    found: Option<(u64, Digest, Kept)>,
}

async fn heads_page(visitor: Visitor, f: Form, found: Option<(u64, Digest, Kept)>) -> Result<HeadsPage, Problem> {
    let head = newest_head(&visitor.services.evidence).await?;
    Ok(HeadsPage { f, head, found, v: visitor.view })
}

/// The form for a head that was kept.
#[handler]
pub(in crate::web) async fn blank(visitor: Visitor) -> Page {
    visitor.caller.scope(LOG_READERS, visitor.view.now)?;
    let form = Form::new("heads-", &visitor.view);
    page(&heads_page(visitor, form, None).await?)
}

/// Compares one with the log.
#[handler]
pub(in crate::web) async fn compare(visitor: Visitor, sent: Sent) -> Page {
    let mut fields = Fields::new();
    let size = sent.number::<u64>(&mut fields, "size").map(|size| fields.within("size", size, 1, u64::MAX));
    let typed: String = sent.value("root").split_whitespace().collect::<String>().to_lowercase();
    let code = if typed.is_empty() { FieldCode::Required } else { FieldCode::Invalid };
    let root: Option<Digest> = fields.parse("root", &typed, code);
    let form = Form::new("heads-", &visitor.view);
    let kept = match fields.finish(size.zip(root)) {
        Ok(kept) => kept,
        Err(invalid) => {
            let form = form.refuse(&sent, &invalid.into());
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &heads_page(visitor, form, None).await?);
        }
    };
    let (size, root) = kept;
    let found = visitor.services.evidence.compare(&visitor.caller, size, root).await?;
    page(&heads_page(visitor, form.keep(&sent), Some((size, root, found))).await?)
}
