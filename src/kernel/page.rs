//! Pages of a list: where one ended is where the next begins.

/// The most that one page may hold.
pub const MAX_LIMIT: u64 = 200;

/// Which page is asked for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// How many items at most, `1..=200`.
    pub limit: u64,
    /// The sort key of the last item seen; nothing for the first page.
    pub after: Option<String>,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: 50, after: None }
    }
}

impl PageRequest {
    /// From what a client sends: the cursor is the hex of the last item's key.
    ///
    /// A cursor that is none gives the field's name.
    pub fn new(limit: Option<u64>, cursor: Option<&str>) -> Result<Self, super::field::Invalid> {
        let mut fields = super::field::Fields::new();
        let limit = fields.within("limit", limit.unwrap_or(50), 1, MAX_LIMIT);
        let after = cursor.map(|c| {
            let key = hex::decode(c).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            // PostgreSQL takes no text with a NUL in it.
            let key = key.filter(|key| !key.contains('\0'));
            if key.is_none() {
                fields.reject("cursor", super::field::FieldCode::Invalid);
            }
            key.unwrap_or_default()
        });
        fields.finish(Some(Self { limit, after }))
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// What to ask with for the next page; nothing at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From one row more than asked for, which tells whether there is a next page.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, key: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| hex::encode(key(last)));
        Self { items: rows, next_cursor }
    }

    /// The same page of something made from each item.
    #[must_use]
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}
