//! Bringing people and units in as files: pure rules. A file is read into rows, the rows are matched with what is there, and
//! what would come of it is told before anything is done.

pub(super) mod marked;
pub(super) mod matching;
pub(super) mod people;
pub(super) mod report;
pub(super) mod units;
