//! How a question goes from one status to the next.

use entity::bank::question::QuestionStatus::{self, Approved, Draft, Retired, Submitted};

/// What can be done to a question besides writing a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It is finished and may be reviewed.
    Submit,
    /// Somebody found it right.
    Approve,
    /// Somebody found that it must be written better.
    Return,
    /// It is to be used no more.
    Retire,
}

/// Why an act is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The question's status does not allow it.
    Status,
    /// The author of the newest version would approve it themselves.
    OwnWork,
}

impl Act {
    /// Its name in the log.
    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::Submit => "question.submit",
            Self::Approve => "question.approve",
            Self::Return => "question.return",
            Self::Retire => "question.retire",
        }
    }

    /// The status that follows. `reviewed`: the bank asks for review; `own`: whoever acts wrote the newest version.
    pub(super) const fn on(self, status: QuestionStatus, reviewed: bool, own: bool) -> Result<QuestionStatus, Refused> {
        match (self, status) {
            (Self::Submit, Draft) if reviewed => Ok(Submitted),
            (Self::Approve, Submitted) if reviewed && own => Err(Refused::OwnWork),
            (Self::Submit, Draft) | (Self::Approve, Submitted) => Ok(Approved),
            (Self::Return, Submitted) => Ok(Draft),
            (Self::Retire, Draft | Submitted | Approved) => Ok(Retired),
            (Self::Submit, Submitted | Approved | Retired)
            | (Self::Approve | Self::Return, Draft | Approved | Retired)
            | (Self::Retire, Retired) => Err(Refused::Status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn review_takes_two() {
        assert_eq!(Act::Submit.on(Draft, true, true), Ok(Submitted));
        assert_eq!(Act::Approve.on(Submitted, true, true), Err(Refused::OwnWork));
        assert_eq!(Act::Approve.on(Submitted, true, false), Ok(Approved));
    }

    #[test]
    fn without_review_submitting_is_enough() {
        assert_eq!(Act::Submit.on(Draft, false, true), Ok(Approved));
        // Submitted while the bank still asked for review.
        assert_eq!(Act::Approve.on(Submitted, false, true), Ok(Approved));
    }

    #[test]
    fn nothing_is_done_twice() {
        for status in [Submitted, Approved, Retired] {
            assert_eq!(Act::Submit.on(status, true, false), Err(Refused::Status));
        }
        for status in [Draft, Approved, Retired] {
            assert_eq!(Act::Approve.on(status, true, false), Err(Refused::Status));
        }
        assert_eq!(Act::Return.on(Submitted, true, true), Ok(Draft));
        for status in [Draft, Approved, Retired] {
            assert_eq!(Act::Return.on(status, true, false), Err(Refused::Status));
        }
        for status in [Draft, Submitted, Approved] {
            assert_eq!(Act::Retire.on(status, true, false), Ok(Retired));
        }
        assert_eq!(Act::Retire.on(Retired, false, false), Err(Refused::Status));
    }
}
