//! The one error that clients see: RFC 9457 `application/problem+json`.

use std::fmt::Display;
use std::sync::LazyLock;

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Enum, Object};

use crate::db::Fault;
use crate::kernel::field::{FieldError, Invalid};
use crate::kernel::texts::{Lang, Texts};

/// The texts of problems and field errors.
pub static TEXTS: LazyLock<Texts> =
    LazyLock::new(|| Texts::new(include_str!("locales/zh-CN.ftl"), include_str!("locales/en.ftl")));

/// Declares the codes with their status and their word.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $text:literal $status:ident),+ $(,)?) => {
        /// What went wrong: a closed list that clients may rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
        #[oai(rename_all = "snake_case")]
        pub enum Code { $($(#[$meta])* $name),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on the wire and the name of its texts.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The status it is sent with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    /// The request could not be read as HTTP, JSON or parameters.
    Malformed = "malformed" BAD_REQUEST,
    /// Fields are bad; `errors` names each.
    InvalidFields = "invalid_fields" UNPROCESSABLE_ENTITY,
    /// No valid token.
    Unauthenticated = "unauthenticated" UNAUTHORIZED,
    /// User name or password is wrong.
    WrongCredentials = "wrong_credentials" UNAUTHORIZED,
    /// User name or one-time code is wrong, or the code is no longer good.
    WrongActivation = "wrong_activation" UNAUTHORIZED,
    /// The account is out of use.
    AccountDisabled = "account_disabled" FORBIDDEN,
    /// The password was set by somebody else and must be changed first.
    PasswordChangeRequired = "password_change_required" FORBIDDEN,
    /// The caller's roles do not allow this.
    Forbidden = "forbidden" FORBIDDEN,
    /// The author of a question cannot approve it.
    OwnWork = "own_work" FORBIDDEN,
    /// The caller is to sit an exam over this bank that is not released: its keys are kept from them.
    KeyWithheld = "key_withheld" FORBIDDEN,
    /// A page's form was sent without its token.
    CsrfFailed = "csrf_failed" FORBIDDEN,
    /// Nothing there, or outside the caller's units.
    NotFound = "not_found" NOT_FOUND,
    /// The path knows other methods.
    MethodNotAllowed = "method_not_allowed" METHOD_NOT_ALLOWED,
    /// The state of the thing does not allow this now.
    WrongState = "wrong_state" CONFLICT,
    /// Something of it is still open.
    StillOpen = "still_open" CONFLICT,
    /// Something else depends on it, or is still in it.
    InUse = "in_use" CONFLICT,
    /// The bank does not fill the blueprint.
    Infeasible = "infeasible" CONFLICT,
    /// Nobody would be on the roster.
    EmptyRoster = "empty_roster" CONFLICT,
    /// Somebody changed it meanwhile.
    Stale = "stale" PRECONDITION_FAILED,
    /// The change does not say which version it is meant for; send `If-Match`.
    PreconditionRequired = "precondition_required" PRECONDITION_REQUIRED,
    /// The code is not, or no longer, valid.
    CodeInvalid = "code_invalid" CONFLICT,
    /// The code was right, but is older than two turns.
    CodeExpired = "code_expired" CONFLICT,
    /// The code of another session.
    CodeOfAnotherSession = "code_of_another_session" CONFLICT,
    /// The ticket is older than five minutes.
    TicketExpired = "ticket_expired" CONFLICT,
    /// The ticket was given to another browser.
    TicketForeign = "ticket_foreign" CONFLICT,
    /// Checking out before checking in.
    NotCheckedIn = "not_checked_in" CONFLICT,
    /// Nobody checks out of this session.
    NoCheckOut = "no_check_out" CONFLICT,
    /// Study elsewhere is not credited without evidence.
    EvidenceRequired = "evidence_required" CONFLICT,
    /// Somebody is on the roster already.
    AlreadyOnRoster = "already_on_roster" CONFLICT,
    /// A request of the same kind waits for its decision.
    AlreadyAsked = "already_asked" CONFLICT,
    /// Check-in has not opened yet or has closed.
    CheckInClosed = "check_in_closed" CONFLICT,
    /// The caller is not on the roster.
    NotOnRoster = "not_on_roster" FORBIDDEN,
    /// The exam has not opened yet.
    NotOpenYet = "not_open_yet" CONFLICT,
    /// An exemption was granted: the candidate need not sit.
    Exempt = "exempt" CONFLICT,
    /// The exam is paused; nobody starts until it goes on.
    Paused = "paused" CONFLICT,
    /// Too late to start.
    StartClosed = "start_closed" CONFLICT,
    /// All attempts are used.
    NoAttemptLeft = "no_attempt_left" CONFLICT,
    /// The attempt has ended.
    AttemptClosed = "attempt_closed" CONFLICT,
    /// Another device holds the attempt.
    TakenOver = "taken_over" CONFLICT,
    /// The same sequence number with another response.
    SeqConflict = "seq_conflict" CONFLICT,
    /// Results have not been released.
    NotReleased = "not_released" CONFLICT,
    /// The same was objected to before.
    AlreadyObjected = "already_objected" CONFLICT,
    /// Nobody may object to the results, or not any more.
    ObjectionsClosed = "objections_closed" CONFLICT,
    /// It was decided before; a decision stands.
    AlreadyDecided = "already_decided" CONFLICT,
    /// The `Idempotency-Key` came before with another request.
    IdempotencyKeyReused = "idempotency_key_reused" UNPROCESSABLE_ENTITY,
    /// The request with this `Idempotency-Key` is still being carried out; see `Retry-After`.
    InProgress = "in_progress" CONFLICT,
    /// The request with this `Idempotency-Key` was carried out, and its answer was lost; `detail` names what it changed.
    AnswerLost = "answer_lost" CONFLICT,
    /// The body is larger than this operation takes.
    TooLarge = "too_large" PAYLOAD_TOO_LARGE,
    /// The file would be too long for an answer; order it as a job (`POST /reports/exports`), and fetch it when it is whole.
    AnswerTooLarge = "answer_too_large" CONFLICT,
    /// Not a content type that this operation takes.
    UnsupportedMediaType = "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE,
    /// Too many tries; see `Retry-After`.
    TooManyRequests = "too_many_requests" TOO_MANY_REQUESTS,
    /// A mistake of the server; the request id finds it in the log.
    Internal = "internal" INTERNAL_SERVER_ERROR,
    /// The database is out of reach or too much is waiting; see `Retry-After`.
    Unavailable = "unavailable" SERVICE_UNAVAILABLE,
}

/// An error on its way to a client. It is put into words when it leaves, in the language of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What went wrong.
    pub code: Code,
    /// The bad fields.
    pub errors: Vec<FieldError>,
    /// What the text of the code mentions: whom to ask, what is still open.
    pub about: String,
    /// After how many seconds to try again.
    pub retry_after: Option<u64>,
    /// The methods that the address knows, where another was used.
    pub allow: Option<String>,
}

impl Problem {
    /// A problem that needs no further words.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, errors: Vec::new(), about: String::new(), retry_after: None, allow: None }
    }

    /// With what its text mentions.
    #[must_use]
    pub fn about(mut self, about: impl Display) -> Self {
        self.about = about.to_string();
        self
    }

    /// With the seconds after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Its title and its detail in a language. The detail is empty where the title says it all.
    #[must_use]
    pub fn words(&self, lang: Lang) -> (String, String) {
        let code = self.code.as_str();
        let title = TEXTS.get(lang, &format!("problem-{code}"), &[]);
        let detail_name = format!("problem-{code}-detail");
        let detail = if TEXTS.has(&detail_name) && !self.about.is_empty() {
            TEXTS.get(lang, &detail_name, &[("about", &self.about)])
        } else {
            self.about.clone()
        };
        (title, detail)
    }

    /// The text of one bad field in a language.
    #[must_use]
    pub fn field_words(error: &FieldError, lang: Lang) -> String {
        TEXTS.get(lang, &format!("field-{}", error.code.as_str()), &[("detail", &error.detail)])
    }

    /// The answer for the client.
    #[must_use]
    pub fn render(&self, lang: Lang, request_id: &str) -> Response {
        let (title, detail) = self.words(lang);
        let body = ProblemBody {
            r#type: format!("urn:kaofa:problem:{}", self.code.as_str()),
            title,
            status: self.code.status().as_u16(),
            detail,
            code: self.code,
            request_id: request_id.to_owned(),
            errors: self
                .errors
                .iter()
                .map(|e| ProblemField {
                    field: e.field.clone(),
                    code: e.code.as_str().to_owned(),
                    message: Self::field_words(e, lang),
                })
                .collect(),
        };
        let json = poem_openapi::types::ToJSON::to_json_string(&body);
        let mut response = Response::builder()
            .status(self.code.status())
            .content_type("application/problem+json")
            .header("Content-Language", lang.tag())
            .header("Cache-Control", "no-store");
        if let Some(seconds) = self.retry_after {
            response = response.header("Retry-After", seconds);
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response = response.header("WWW-Authenticate", "Bearer");
        }
        response.body(json)
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code.as_str(), self.about)
    }
}

impl std::error::Error for Problem {}

impl poem::error::ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.code.status()
    }

    fn as_response(&self) -> Response
    where
        Self: std::error::Error + Send + Sync + 'static,
    {
        self.render(Lang::default(), "")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.render(Lang::default(), "")
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self { errors: invalid.0, ..Self::new(Code::InvalidFields) }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        if fault.is_outage() {
            tracing::warn!(%fault, "the database did not take it");
            return Self::new(Code::Unavailable).retry_after(2);
        }
        tracing::error!(%fault, "a database fault that should not happen");
        Self::new(Code::Internal)
    }
}

impl From<crate::db::Rejected> for Problem {
    fn from(rejected: crate::db::Rejected) -> Self {
        use crate::db::Rejected;
        match rejected {
            Rejected::QueueFull | Rejected::Stopping => Self::new(Code::Unavailable).retry_after(1),
            Rejected::Fault(fault) => fault.into(),
        }
    }
}

/// The body of an error, RFC 9457.
#[derive(Debug, Object)]
#[oai(rename = "Problem")]
struct ProblemBody {
    /// A URI that stands for the kind of problem.
    r#type: String,
    /// What went wrong, in the language of the request.
    title: String,
    /// The HTTP status again.
    status: u16,
    /// What to know of this very case; may be empty.
    detail: String,
    /// What went wrong, for programs.
    code: Code,
    /// Finds the request in the server's log.
    request_id: String,
    /// Every bad field at once.
    errors: Vec<ProblemField>,
}

/// One bad field.
#[derive(Debug, Object)]
struct ProblemField {
    /// The path of the field: `sections[0].count`.
    field: String,
    /// What is wrong with it.
    code: String,
    /// The same in words.
    message: String,
}

/// The statuses that any operation may answer with.
const STATUSES: &[(u16, &str)] = &[
    (400, "The request could not be read"),
    (401, "No valid token"),
    (403, "Not allowed"),
    (404, "Nothing there, or outside the caller's units"),
    (405, "The path knows other methods"),
    (409, "The state of things does not allow it"),
    (412, "Somebody changed it meanwhile"),
    (413, "The body is too large"),
    (415, "Not a content type that is taken"),
    (422, "Fields are bad"),
    (428, "The change does not name the version that it is meant for"),
    (429, "Too many tries"),
    (500, "A mistake of the server"),
    (503, "Come again in a moment"),
];

impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        let response = |&(status, description): &(u16, &'static str)| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/problem+json",
                schema: ProblemBody::schema_ref(),
            }],
            headers: vec![],
        };
        MetaResponses { responses: STATUSES.iter().map(response).collect() }
    }

    fn register(registry: &mut Registry) {
        ProblemBody::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::field::FieldCode;

    #[test]
    fn every_code_has_its_words() {
        for code in Code::ALL {
            assert!(TEXTS.has(&format!("problem-{}", code.as_str())), "{code:?}");
            assert!(STATUSES.iter().any(|(s, _)| *s == code.status().as_u16()), "{code:?}");
            let json = poem_openapi::types::ToJSON::to_json_string(code);
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }

    #[test]
    fn a_field_error_mentions_its_bound() {
        let error = FieldError { field: "title".into(), code: FieldCode::TooLong, detail: "80".into() };
        assert!(Problem::field_words(&error, Lang::Zh).contains("80"));
        assert!(Problem::field_words(&error, Lang::En).contains("80"));
    }
}
