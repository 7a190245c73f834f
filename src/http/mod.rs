//! Floor 3: the manners of HTTP that every operation shares: problem+json in the reader's language, request ids,
//! limits of bodies, where a request comes from.
//!
//! Never a business rule.

mod compress;
mod download;
mod etag;
mod idempotency;
mod json;
mod limit;
mod manners;
mod optional;
mod problem;
mod reader;
mod stream;
mod wire;

pub use compress::compress;
pub use download::{Download, FileFormat, Workbook};
pub use etag::{IfMatch, Tagged};
pub use idempotency::{HEADER as IDEMPOTENCY_KEY, Idempotency, mark};
pub use json::Json;
pub use manners::{Manners, PageOfProblem, RequestId};
pub use optional::OptionalJson;
pub use problem::{Code, Problem, TEXTS};
pub use reader::{Address, Language};
pub use stream::JsonStream;
pub use wire::{ApiPage, Decimal, PageQuery, RateDto};
