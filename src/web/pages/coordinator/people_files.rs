//! People brought in as a file, looked at before anything is written.

use poem::handler;

use crate::auth::MANAGERS;
use crate::http::{Problem, Workbook};
use crate::web::form::SentFile;
use crate::web::pages::import::{ImportPage, Of, file_of};
use crate::web::view::{Page, go_to, page};
use crate::web::visitor::Visitor;

/// The form.
#[handler]
pub(in crate::web) fn blank(visitor: Visitor) -> Page {
    visitor.caller.scope(MANAGERS, visitor.view.now)?;
    page(&ImportPage::blank(visitor.view, Of::People))
}

/// Tells what would come of a file, or does it.
#[handler]
pub(in crate::web) async fn bring(visitor: Visitor, sent: SentFile) -> Page {
    let for_good = sent.sent.value("go_on") == "yes";
    let file = match file_of(&sent) {
        Ok(file) => file,
        Err(problem) => return ImportPage::told(visitor.view, Of::People, &[], Err(problem)),
    };
    let bytes = file.bytes.clone();
    let told = visitor.services.org.import_people(&visitor.caller, file, !for_good).await;
    match told {
        Ok(report) if report.applied => Ok(go_to("/people?done=imported")),
        told => ImportPage::told(visitor.view, Of::People, &bytes, told.map_err(Problem::from)),
    }
}

/// The file back with its mistakes marked.
#[handler]
pub(in crate::web) async fn mark(visitor: Visitor, sent: SentFile) -> Page {
    let marked = visitor.services.org.marked_people(&visitor.caller, file_of(&sent)?, visitor.view.lang).await?;
    Ok(Workbook::of_form(marked, "people-marked"))
}
