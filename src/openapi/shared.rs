//! What many operations have in common and none declares: the manners of `http/`, put into the specification.

use poem::http::Method;
use poem_openapi::registry::{
    MetaApi, MetaHeader, MetaOperationParam, MetaParamIn, MetaResponse, MetaSchema, MetaSchemaRef,
};

use crate::http::IDEMPOTENCY_KEY;

const KEY: &str = "A name of the client's own for this request, 1–255 characters: sent again with the same key and the \
                   same body within a day, it is answered as it was and not carried out again.";

/// Declares headers that belong to the kind of an operation.
pub(super) fn declare(api: &mut MetaApi) {
    for path in &mut api.paths {
        for operation in &mut path.operations {
            if takes_key(&operation.method, &path.path) {
                operation.params.push(key());
            }
            merge(&mut operation.responses.responses);
            let list = operation.params.iter().any(|param| param.name == "cursor");
            for response in &mut operation.responses.responses {
                declare_headers(response, list);
            }
        }
    }
}

/// Declares that what may be left out may be null as well: so it is taken, and so it is given.
pub(super) fn allow_null(schema: &mut MetaSchema) {
    let required = schema.required.clone();
    for (name, property) in &mut schema.properties {
        if !required.contains(name) {
            *property = or_null(property);
        }
    }
}

fn or_null(schema: &MetaSchemaRef) -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(match schema {
        MetaSchemaRef::Inline(schema) => MetaSchema { nullable: true, ..schema.as_ref().clone() },
        reference @ MetaSchemaRef::Reference(_) => {
            MetaSchema { all_of: vec![reference.clone()], nullable: true, ..MetaSchema::ANY }
        }
    }))
}

/// Makes one answer of those of one status: a file of several kinds is declared as an answer for each, of which a document
/// would keep the last.
fn merge(responses: &mut Vec<MetaResponse>) {
    let mut merged: Vec<MetaResponse> = Vec::with_capacity(responses.len());
    for response in responses.drain(..) {
        let same = |m: &&mut MetaResponse| m.status == response.status && m.status_range == response.status_range;
        let Some(first) = merged.iter_mut().find(same) else {
            merged.push(response);
            continue;
        };
        for media in response.content {
            if first.content.iter().all(|known| known.content_type != media.content_type) {
                first.content.push(media);
            }
        }
        for header in response.headers {
            if first.headers.iter().all(|known| known.name != header.name) {
                first.headers.push(header);
            }
        }
    }
    *responses = merged;
}

fn declare_headers(response: &mut MetaResponse, list: bool) {
    match response.status {
        Some(200) if list => {
            response.headers.push(header("Link", "Where the next page is, `rel=\"next\"`; not on the last", "string"));
        }
        Some(401) => response.headers.push(header("WWW-Authenticate", "`Bearer`", "string")),
        Some(405) => response.headers.push(header("Allow", "The methods that the path knows", "string")),
        Some(429 | 503) => response.headers.push(header("Retry-After", "Seconds to wait", "integer")),
        _ => {}
    }
    response.headers.push(header("X-Request-Id", "Finds the request in the server's log", "string"));
}

fn header(name: &str, description: &str, ty: &'static str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: false,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new(ty))),
    }
}

fn key() -> MetaOperationParam {
    let length = |schema| MetaSchema { min_length: Some(1), max_length: Some(255), ..schema };
    MetaOperationParam {
        name: IDEMPOTENCY_KEY.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(length(MetaSchema::new("string")))),
        in_type: MetaParamIn::Header,
        description: Some(KEY.to_owned()),
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    }
}

/// Whether an operation takes a key: every POST but those that may be sent again as they are, those that give out a token
/// or one-time codes, which no database should keep, and the view of a national ID, each of which is an entry of the log.
pub(crate) fn takes_key(method: &Method, path: &str) -> bool {
    let path = path.trim_start_matches("/api/v1");
    let sitting = path.starts_with("/attempts/") && path.ends_with("/submit") || path.ends_with("/attempts");
    let checking = path.ends_with("/check-ins") || path.ends_with("/check-outs");
    let viewing = path.ends_with("/id-number");
    let secret = path.starts_with("/auth/") || path.contains("/activation");
    *method == Method::POST && !secret && !sitting && !checking && !viewing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_by_nature_takes_no_key() {
        for path in [
            "/auth/login",
            "/exams/x/attempts",
            "/attempts/x/submit",
            "/sessions/x/check-ins",
            "/people/x/id-number",
            "/units/x/activations",
        ] {
            assert!(!takes_key(&Method::POST, &format!("/api/v1{path}")), "{path}");
        }
        for path in ["/exams", "/questions/x/submit", "/attempts/x/objections", "/exams/x/seal"] {
            assert!(takes_key(&Method::POST, &format!("/api/v1{path}")), "{path}");
        }
        assert!(!takes_key(&Method::PATCH, "/api/v1/exams/x"));
    }
}
