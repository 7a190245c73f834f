//! Floor 5: the tree of units as everybody needs it: which units lie below which.
//!
//! Only look-ups, no policy: who may see a unit is decided in `auth`, what a unit is in `org`.

mod store;

pub use store::{
    Node, above, changed, children, down_to, is_within, last_change, levels, path_of, paths, subtree, tops, unit_names,
    within,
};
