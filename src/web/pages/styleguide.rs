//! The style guide: every component in every state, for those who build pages and those who check them.

use askama::Template;
use poem::handler;

use crate::kernel::rate::Rate;
use crate::web::form::{Changed, Form, Wrong};
use crate::web::view::{Page, View, page};
use crate::web::visitor::Guest;

/// Every component in every state.
#[derive(Debug, Template)]
#[template(path = "styleguide.html")]
pub(in crate::web) struct StyleguidePage {
    v: View,
    /// Nothing has been sent yet.
    blank: Form,
    /// Something is wrong with every field.
    wrong: Form,
    /// Somebody else was faster.
    overtaken: Form,
    /// What controls offer.
    kinds: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    statuses: Vec<(String, String)>,
}

impl StyleguidePage {
    pub(in crate::web) fn new(v: View) -> Self {
        let form = || Form::new("styleguide-", &v);
        let blank = form().set("kind", "seminar").set("categories", "civil_servant").set("agree", "yes");
        let mut wrong = form().set("again.title", "<b>").set("again.count", "x");
        for (field, message) in [
            ("again.title", "styleguide-too-long"),
            ("again.count", "styleguide-no-number"),
            ("again.categories", "styleguide-none"),
        ] {
            let (field, message) = (field.to_owned(), v.word("", message).to_string());
            wrong.wrong.push(Wrong { label: wrong.label(&field), field, message });
        }
        let mut overtaken = form();
        for (field, now) in [("title", "2026 年度学法考试"), ("count", "")] {
            overtaken.changed.push(Changed { label: overtaken.label(field), now: now.to_owned() });
        }
        let words = |family: &str, words: &[&str]| {
            words.iter().map(|word| ((*word).to_owned(), v.word(family, word).to_string())).collect()
        };
        Self {
            kinds: words("sessions-kind-", &["collective_study", "seminar", "training"]),
            categories: words("category-", &["leading_official", "civil_servant", "enforcement_officer"]),
            statuses: words("attendance-", &["present", "late", "on_leave", "absent"]),
            blank,
            wrong,
            overtaken,
            v,
        }
    }

    /// A part of a whole of so many.
    fn rate(numerator: i64, denominator: i64) -> Rate {
        Rate { numerator, denominator }
    }
}

/// The guide, for anybody: it shows no data.
#[handler]
pub(in crate::web) fn show(guest: Guest) -> Page {
    page(&StyleguidePage::new(guest.view))
}
