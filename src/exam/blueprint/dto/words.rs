//! The words of an exam on the wire.

use entity::exam::exam::{AttemptScoring, ExamKind, ExamStatus, Release, ShowKey};
use entity::exam::section::Scoring;
use poem_openapi::Enum;

/// An enum of the wire that has the words of one of the entities.
macro_rules! words {
    ($($(#[$meta:meta])* $dto:ident = $name:literal of $entity:ident { $($(#[$vmeta:meta])* $variant:ident),+ $(,)? })+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[oai(rename = $name, rename_all = "snake_case")]
        pub(in crate::exam) enum $dto { $($(#[$vmeta])* $variant),+ }

        impl From<$entity> for $dto {
            fn from(word: $entity) -> Self {
                match word { $($entity::$variant => Self::$variant),+ }
            }
        }

        impl From<$dto> for $entity {
            fn from(word: $dto) -> Self {
                match word { $($dto::$variant => Self::$variant),+ }
            }
        }
    )+ };
}

words! {
    /// What an exam is for.
    ExamKindDto = "ExamKind" of ExamKind {
        /// For the qualification to enforce the law; reported by itself.
        Qualification,
        /// The year's exam; its rates are the year's.
        Annual,
        /// For practice.
        Mock,
    }
    /// How far an exam has come.
    ExamStatusDto = "ExamStatus" of ExamStatus {
        /// Being written.
        Draft,
        /// Frozen, and not yet open.
        Sealed,
        /// Being sat.
        Open,
        /// The clock is stopped: nobody starts, and nobody's time runs.
        Paused,
        /// Nobody sits it any more.
        Closed,
        /// Candidates see their results.
        Released,
    }
    /// Which of several attempts counts.
    AttemptScoringDto = "AttemptScoring" of AttemptScoring {
        /// The one with the most points.
        Highest,
        /// The last one.
        Latest,
    }
    /// When candidates see their results.
    ReleaseDto = "Release" of Release {
        /// As soon as they have handed in.
        OnSubmit,
        /// When the exam closes.
        OnClose,
        /// When somebody releases them.
        Manual,
    }
    /// Whether candidates ever see the key.
    ShowKeyDto = "ShowKey" of ShowKey {
        /// Never.
        Never,
        /// Once all have ended and results are released.
        AfterClose,
    }
    /// How a multiple choice is scored.
    ScoringDto = "Scoring" of Scoring {
        /// All points for exactly the key, else none.
        AllOrNothing,
        /// The share of the key that was chosen; nothing once a wrong option is.
        PartialNoWrong,
        /// Right less wrong, as a share of the key; never below nothing.
        Net,
    }
}
