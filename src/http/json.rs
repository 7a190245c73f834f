//! JSON bodies. The framework tells of a bad body in one sentence that names types, not fields; here the body is held
//! against the declared schema, and every bad field is named at once.

use std::ops::{Deref, DerefMut};

use poem::{FromRequest, IntoResponse, Request, RequestBody, Response};
use poem_openapi::error::ContentTypeError;
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{
    MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use serde_json::Value;
use uuid::Uuid;

use super::problem::{Code, Problem};
use super::wire::Decimal;
use crate::kernel::field::{FieldCode, Fields, Invalid};

/// Where the page goes on that an answer holds; the address of the request with it is told in a header.
#[derive(Debug, Clone)]
pub(super) struct NextCursor(pub(super) String);

/// A JSON body, of a request or of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        poem_openapi::payload::Json::<T>::check_content_type(content_type)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ParseFromJSON> ParsePayload for Json<T> {
    const IS_REQUIRED: bool = T::IS_REQUIRED;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        // Nothing at all is read as null, as the framework does it.
        let read = || match bytes.as_slice() {
            [] => Ok(Value::Null),
            bytes => serde_json::from_slice::<Value>(bytes),
        };
        let malformed = |error: String| Problem::new(Code::Malformed).about(error);
        // PostgreSQL takes no text with a NUL in it, and nobody means one.
        if bytes.windows(NUL.len()).any(|part| part == NUL) {
            let mut fields = Fields::new();
            find_nul(&read().map_err(|error| malformed(error.to_string()))?, "", &mut fields);
            fields.check().map_err(Problem::from)?;
        }
        match T::parse_from_json(Some(read().map_err(|error| malformed(error.to_string()))?)) {
            Ok(value) => Ok(Self(value)),
            Err(error) => {
                let value = read().map_err(|error| malformed(error.to_string()))?;
                match check::<T>(&value) {
                    // The whole has no name: it is not even an object.
                    Err(invalid) if invalid.0.iter().all(|e| !e.field.is_empty()) => Err(Problem::from(invalid).into()),
                    _ => Err(malformed(error.into_message()).into()),
                }
            }
        }
    }
}

impl<T: ToJSON> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let value = self.0.to_json().unwrap_or_default();
        let mut response = Response::builder().content_type(Self::CONTENT_TYPE).body(value.to_string());
        if let Some(Value::String(cursor)) = value.get("next_cursor") {
            response.extensions_mut().insert(NextCursor(cursor.clone()));
        }
        response
    }
}

impl<T: ToJSON> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() }];
        let done =
            MetaResponse { description: "Done", status: Some(200), status_range: None, content, headers: vec![] };
        MetaResponses { responses: vec![done] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Json<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: T::IS_REQUIRED })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        match request.content_type() {
            Some(kind) if Self::check_content_type(kind) => <Self as ParsePayload>::from_request(request, body).await,
            Some(kind) => Err(ContentTypeError::NotSupported { content_type: kind.to_owned() }.into()),
            None => Err(ContentTypeError::ExpectContentType.into()),
        }
    }
}

/// How JSON writes a NUL.
const NUL: &[u8] = b"\\u0000";

/// Names every text with a NUL in it.
fn find_nul(value: &Value, path: &str, fields: &mut Fields) {
    match value {
        Value::String(text) if text.contains('\0') => fields.reject(path, FieldCode::ControlCharacters),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_nul(item, &format!("{path}[{index}]"), fields);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                find_nul(member, &join(path, name), fields);
            }
        }
        _ => {}
    }
}

/// Holds a body against the schema of `T`.
fn check<T: Type>(value: &Value) -> Result<(), Invalid> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let mut fields = Fields::new();
    walk(&registry, &T::schema_ref(), value, "", &mut fields);
    fields.check()
}

fn walk(registry: &Registry, schema: &MetaSchemaRef, value: &Value, path: &str, fields: &mut Fields) {
    let schema = match schema {
        MetaSchemaRef::Inline(schema) => schema,
        MetaSchemaRef::Reference(name) => match registry.schemas.get(name) {
            Some(schema) => schema,
            None => return,
        },
    };
    for part in &schema.all_of {
        walk(registry, part, value, path, fields);
    }
    match (schema.ty, value) {
        ("object", Value::Object(members)) => {
            for name in &schema.required {
                let may_be_null =
                    || schema.properties.iter().any(|(property, part)| property == name && nullable(part));
                if members.get(*name).is_none_or(|member| member.is_null() && !may_be_null()) {
                    fields.reject(join(path, name), FieldCode::Required);
                }
            }
            for (name, member) in members {
                let known = schema.properties.iter().find(|(property, _)| property == name).map(|(_, schema)| schema);
                match known.or(schema.additional_properties.as_deref()) {
                    // A null that is not wanted was told of above, any other is as good as nothing.
                    Some(_) if member.is_null() => {}
                    Some(schema) => walk(registry, schema, member, &join(path, name), fields),
                    None => fields.reject(join(path, name), FieldCode::UnknownField),
                }
            }
        }
        ("array", Value::Array(items)) => {
            for (index, (item, schema)) in items.iter().zip(schema.items.iter().cycle()).enumerate() {
                walk(registry, schema, item, &format!("{path}[{index}]"), fields);
            }
        }
        ("object" | "array", _) => fields.reject(path, FieldCode::Invalid),
        _ => single(schema, value, path, fields),
    }
}

fn nullable(schema: &MetaSchemaRef) -> bool {
    matches!(schema, MetaSchemaRef::Inline(schema) if schema.nullable)
}

/// A value without parts.
fn single(schema: &MetaSchema, value: &Value, path: &str, fields: &mut Fields) {
    if !schema.enum_items.is_empty() && !schema.enum_items.contains(value) {
        let words: Vec<&str> = schema.enum_items.iter().filter_map(Value::as_str).collect();
        return fields.reject_with(path, FieldCode::UnknownValue, words.join(", "));
    }
    let right = match (schema.ty, schema.format) {
        ("string", Some("uuid")) => value.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok()),
        ("string", _) => value.is_string(),
        ("boolean", _) => value.is_boolean(),
        ("number", Some("decimal")) => Decimal::parse_from_json(Some(value.clone())).is_ok(),
        ("number", _) => value.is_number(),
        ("integer", format) => match (value.as_i64(), bounds(format)) {
            (Some(number), (low, high)) if number < low || number > high => {
                return fields.reject_with(path, FieldCode::OutOfRange, format!("{low}–{high}"));
            }
            (number, _) => number.is_some(),
        },
        _ => true,
    };
    if !right {
        fields.reject(path, FieldCode::Invalid);
    }
}

fn bounds(format: Option<&str>) -> (i64, i64) {
    match format {
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64") => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{Enum, Object};
    use serde_json::json;

    use super::*;

    #[derive(Debug, Enum)]
    #[oai(rename_all = "snake_case")]
    enum Colour {
        Red,
    }

    #[derive(Debug, Object)]
    #[oai(deny_unknown_fields)]
    struct Inner {
        count: u32,
        points: Decimal,
        #[oai(default)]
        words: Vec<String>,
    }

    #[derive(Debug, Object)]
    #[oai(deny_unknown_fields)]
    struct Outer {
        name: String,
        id: Uuid,
        colour: Option<Colour>,
        inner: Vec<Inner>,
        one: Option<Inner>,
    }

    fn errors(value: &Value) -> Vec<(String, FieldCode)> {
        let found = check::<Outer>(value).err().map(|invalid| invalid.0).unwrap_or_default();
        assert_eq!(found.is_empty(), Outer::parse_from_json(Some(value.clone())).is_ok(), "{value}");
        found.into_iter().map(|e| (e.field, e.code)).collect()
    }

    #[test]
    fn every_bad_field_is_named() {
        let id = "0190a000-0000-7000-8000-000000000000";
        let inner = json!({ "count": 1, "points": 2.5 });
        assert_eq!(errors(&json!({ "name": "x", "id": id, "colour": null, "inner": [inner] })), []);
        let bad = json!({
            "id": "x", "colour": "blue", "size": 3, "one": [],
            "inner": [{ "count": -1, "points": 1.234, "words": [1] }, { "count": "1", "points": 0 }, 7],
        });
        let mut found = errors(&bad);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let wanted = [
            ("colour", FieldCode::UnknownValue),
            ("id", FieldCode::Invalid),
            ("inner[0].count", FieldCode::OutOfRange),
            ("inner[0].points", FieldCode::Invalid),
            ("inner[0].words[0]", FieldCode::Invalid),
            ("inner[1].count", FieldCode::Invalid),
            ("inner[2]", FieldCode::Invalid),
            ("name", FieldCode::Required),
            ("one", FieldCode::Invalid),
            ("size", FieldCode::UnknownField),
        ];
        assert_eq!(found, wanted.map(|(field, code)| (field.to_owned(), code)));
    }
}
