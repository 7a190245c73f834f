//! Shapes on the wire that every slice shares.

use poem_openapi::Object;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};

use crate::kernel::page::{Page, PageRequest};

/// A page of a list.
#[derive(Debug, Object)]
pub struct ApiPage<T: Type + ParseFromJSON + ToJSON + Send + Sync> {
    /// The items, in a stable order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl<T, U> From<Page<U>> for ApiPage<T>
where
    T: Type + ParseFromJSON + ToJSON + Send + Sync + From<U>,
{
    fn from(page: Page<U>) -> Self {
        let page = page.map(T::from);
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Reads `limit` and `cursor`.
#[derive(Debug)]
pub struct PageQuery;

impl PageQuery {
    /// The page that is asked for; bad values name their parameter.
    pub fn read(limit: Option<u64>, cursor: Option<String>) -> Result<PageRequest, super::Problem> {
        Ok(PageRequest::new(limit, cursor.as_deref())?)
    }
}
