//! What a candidate answered to one item.

use std::collections::BTreeSet;
use std::fmt;

use crate::bank::Kind;

/// A response to one item. As text, which is how it is kept: the ids of the chosen options in bytewise order with spaces
/// between, `true`, `false`, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Response {
    /// No answer, or one taken back.
    #[default]
    Blank,
    /// To a judgement.
    Truth(bool),
    /// The options chosen; never none of them.
    Options(BTreeSet<String>),
}

impl Response {
    /// From the text that was kept of a response to an item of this kind; nothing if it is none.
    #[must_use]
    pub fn read(kind: Kind, text: &str) -> Option<Self> {
        match (kind, text) {
            (_, "") => Some(Self::Blank),
            (Kind::Judgement, _) => text.parse().ok().map(Self::Truth),
            (Kind::Single | Kind::Multiple, _) => {
                let chosen: BTreeSet<String> = text.split(' ').map(str::to_owned).collect();
                (chosen.iter().all(|id| !id.is_empty())).then_some(Self::Options(chosen))
            }
        }
    }

    /// Whether nothing is answered.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        *self == Self::Blank
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => Ok(()),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Options(chosen) => {
                for (at, id) in chosen.iter().enumerate() {
                    if at > 0 {
                        f.write_str(" ")?;
                    }
                    f.write_str(id)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_survives_text() {
        let options = |ids: &[&str]| Response::Options(ids.iter().map(|&id| id.to_owned()).collect());
        for (kind, response, text) in [
            (Kind::Single, Response::Blank, ""),
            (Kind::Single, options(&["x3"]), "x3"),
            (Kind::Multiple, options(&["x4", "x1", "x10"]), "x1 x10 x4"),
            (Kind::Judgement, Response::Truth(true), "true"),
            (Kind::Judgement, Response::Truth(false), "false"),
            (Kind::Judgement, Response::Blank, ""),
        ] {
            assert_eq!(response.to_string(), text);
            assert_eq!(Response::read(kind, text), Some(response));
        }
        assert_eq!(Response::read(Kind::Judgement, "x1"), None);
        assert_eq!(Response::read(Kind::Multiple, "x1  x2"), None);
    }
}
