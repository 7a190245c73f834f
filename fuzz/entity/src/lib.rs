//! As much of the entities as the rooms under test know, said as the program says it.
#![allow(missing_docs)]

macro_rules! text_enum {
    ($name:ident { $($variant:ident = $text:literal),+ }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

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
                    _ => Err($crate::ParseTextError),
                }
            }
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such value")]
pub struct ParseTextError;

pub mod bank {
    pub mod key_view {
        text_enum! { SeenHow { Wrote = "wrote", Read = "read", Exported = "exported" } }
    }
    pub mod question {
        text_enum! {
            QuestionStatus { Draft = "draft", Submitted = "submitted", Approved = "approved", Retired = "retired" }
        }
    }
    pub mod question_version {
        text_enum! { QuestionKind { Single = "single", Multiple = "multiple", Judgement = "judgement" } }
        text_enum! { Difficulty { Easy = "easy", Medium = "medium", Hard = "hard" } }
    }
}

pub mod id {
    macro_rules! id {
        ($($name:ident),+) => { $(
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
            pub struct $name(pub uuid::Uuid);

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    self.0.fmt(f)
                }
            }
        )+ };
    }
    id!(AccountId, BankId, QuestionId, UnitId);
}

pub mod instant {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Instant(pub i64);

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
    pub struct Day(pub chrono::NaiveDate);

    impl Day {
        pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
            chrono::NaiveDate::from_ymd_opt(year, month, day).map(Self)
        }
    }

    impl std::fmt::Display for Day {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.0.format("%Y-%m-%d"))
        }
    }

    impl std::str::FromStr for Day {
        type Err = super::ParseTextError;
        fn from_str(text: &str) -> Result<Self, Self::Err> {
            let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
            day.map(Self).ok_or(super::ParseTextError)
        }
    }
}
