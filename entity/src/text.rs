//! Types that are stored as text: enums with a `CHECK` in the schema, and lists of words.

use std::fmt::{self, Display};
use std::str::FromStr;

/// A stored or received text is not one of the values that its type allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTextError {
    /// The type that was wanted, as it is called in code.
    pub wanted: &'static str,
    /// What stood there.
    pub found: String,
}

impl Display for ParseTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no {}", self.found, self.wanted)
    }
}

impl std::error::Error for ParseTextError {}

/// Lets a text type be part of a primary key: sea-orm asks whether a row number could become one.
macro_rules! text_key {
    ($name:ident) => {
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    };
}

/// An enum that is one word of text in the database and on the wire.
macro_rules! text_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType,
        )]
        #[sea_orm(value_type = "String")]
        #[allow(missing_docs, reason = "the word says it where no comment does")]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for it in the database and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        text_key!($name);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::ParseTextError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err($crate::ParseTextError { wanted: stringify!($name), found: other.to_owned() }),
                }
            }
        }
    };
}

/// A list of values without white space, stored as one text with spaces between.
///
/// For short lists that are always read whole: categories, topics, unit ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Display> Display for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_ascii_whitespace().map(T::from_str).collect::<Result<_, _>>().map(Self)
    }
}

impl<T: Display> From<List<T>> for sea_orm::Value {
    fn from(list: List<T>) -> Self {
        Self::String(Some(list.to_string()))
    }
}

impl<T> sea_orm::TryGetable for List<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    fn try_get_by<I: sea_orm::ColIdx>(res: &sea_orm::QueryResult, index: I) -> Result<Self, sea_orm::TryGetError> {
        String::try_get_by(res, index)?.parse().map_err(|error| {
            sea_orm::TryGetError::DbErr(sea_orm::DbErr::TryIntoErr {
                from: "String",
                into: "List",
                source: std::sync::Arc::new(error),
            })
        })
    }
}

impl<T: FromStr> sea_orm::sea_query::ValueType for List<T> {
    fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
        <String as sea_orm::sea_query::ValueType>::try_from(value)?
            .parse()
            .map_err(|_error| sea_orm::sea_query::ValueTypeErr)
    }
    fn type_name() -> String {
        "List".to_owned()
    }
    fn array_type() -> sea_orm::sea_query::ArrayType {
        sea_orm::sea_query::ArrayType::String
    }
    fn column_type() -> sea_orm::sea_query::ColumnType {
        sea_orm::sea_query::ColumnType::Text
    }
}

impl<T> sea_orm::sea_query::Nullable for List<T> {
    fn null() -> sea_orm::Value {
        sea_orm::Value::String(None)
    }
}

impl<T> sea_orm::IntoActiveValue<List<T>> for List<T>
where
    sea_orm::Value: From<List<T>>,
{
    fn into_active_value(self) -> sea_orm::ActiveValue<List<T>> {
        sea_orm::ActiveValue::Set(self)
    }
}
