//! What liaisons do for their units: the roster, roll calls, and who has not studied or sat.

pub(in crate::web) mod roll;
pub(in crate::web) mod unit;
