//! The addresses of the pages as they are put together: a test looks whether each can be reached.

use std::sync::LazyLock;

use poem::Route;

use super::methods::Methods;

/// An address of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// Its path; a segment that begins with `:` stands for anything.
    pub path: &'static str,
    /// Its methods, as the header `Allow` lists them.
    pub methods: &'static str,
}

/// Addresses with what answers there.
#[derive(Default)]
pub(super) struct Addresses {
    pub(super) route: Route,
    known: Vec<Address>,
}

impl Addresses {
    /// With one more.
    pub(super) fn at(mut self, path: &'static str, methods: Methods) -> Self {
        self.known.push(Address { path, methods: methods.allow() });
        Self { route: self.route.at(path, methods), known: self.known }
    }
}

/// Every address of the pages and static files.
#[must_use]
pub fn addresses() -> &'static [Address] {
    static ALL: LazyLock<Vec<Address>> = LazyLock::new(|| super::router::all().known);
    &ALL
}
