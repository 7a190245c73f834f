//! Which areas a role has.

use entity::instant::Instant;

use crate::auth::{Caller, READERS, Role};

/// An area of the pages.
pub(super) struct Area {
    /// Who has it.
    pub(super) roles: &'static [Role],
    /// Where it begins: `/rates` is called what the text `nav-rates` says.
    pub(super) path: &'static str,
}

/// Every area, in the order of the navigation. The first that somebody has is where they arrive after log-in.
pub(super) const AREAS: &[Area] = &[
    Area { roles: &[Role::Coordinator], path: "/today" },
    Area { roles: &[Role::Coordinator], path: "/programmes" },
    Area { roles: &[Role::Coordinator], path: "/sessions" },
    Area { roles: &[Role::Coordinator], path: "/people" },
    Area { roles: &[Role::Coordinator], path: "/banks" },
    Area { roles: &[Role::Coordinator], path: "/exams" },
    Area { roles: &[Role::SystemAdmin], path: "/units" },
    Area { roles: READERS, path: "/rates" },
    Area { roles: &[Role::Auditor], path: "/years" },
    Area { roles: READERS, path: "/draws" },
    Area { roles: &[Role::SecurityAdmin], path: "/accounts" },
    Area { roles: &[Role::Auditor, Role::AuditAdmin], path: "/log" },
    Area { roles: &[Role::Liaison], path: "/unit" },
    Area { roles: &[Role::Coordinator, Role::Liaison], path: "/codes" },
    Area { roles: &[Role::Official], path: "/tasks" },
    Area { roles: &[Role::Official], path: "/results" },
    Area { roles: &[Role::Official], path: "/record" },
];

/// The areas of a caller.
pub(super) fn areas(caller: &Caller, now: Instant) -> impl Iterator<Item = &'static Area> {
    AREAS.iter().filter(move |area| caller.has(area.roles, now))
}
