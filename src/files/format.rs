//! The kinds of files that are made.

/// The kind of a file that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For Excel and WPS.
    Xlsx,
    /// UTF-8 with its mark.
    Csv,
}

impl Format {
    /// As names of files end, and as it is called on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// The name of a file of this kind.
    #[must_use]
    pub fn named(self, stem: &str) -> String {
        format!("{stem}.{}", self.as_str())
    }

    /// Which kind of file has this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.rsplit_once('.').and_then(|(_, ending)| Self::of_word(ending))
    }

    /// What is called so.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Xlsx, Self::Csv].into_iter().find(|format| format.as_str() == word)
    }
}
