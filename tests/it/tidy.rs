//! The house rules that a compiler does not know: floors, doors, orphans, entities on the wire, texts and templates.

mod floors;
mod source;
mod texts;
