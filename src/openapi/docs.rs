//! The reference page: the specification as HTML, made on the server, loading nothing but its style sheet.

use std::fmt::Write as _;
use std::sync::LazyLock;

use poem::{Response, handler};
use serde_json::Value;

const STYLE: &str = include_str!("docs.css");

/// The reference page.
#[handler]
pub(crate) fn page() -> Response {
    static PAGE: LazyLock<String> = LazyLock::new(|| {
        let document = serde_json::from_str(super::document()).expect("the specification is JSON");
        render(&document)
    });
    Response::builder().content_type("text/html; charset=utf-8").body(PAGE.as_str())
}

/// Its style sheet.
#[handler]
pub(crate) fn style() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body(STYLE)
}

/// Text as it may stand in HTML, in an attribute too.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn render(document: &Value) -> String {
    let mut operations = String::new();
    let mut contents = String::new();
    for (path, methods) in members(document, "/paths") {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let id = escape(text(operation, "operationId"));
            let method = escape(&method.to_uppercase());
            let _ = write!(contents, "<li><a href=\"#{id}\"><b>{method}</b> {}</a></li>", escape(path));
            render_operation(&mut operations, &id, &method, path, operation);
        }
    }
    let mut schemas = String::new();
    for (name, schema) in members(document, "/components/schemas") {
        render_schema(&mut schemas, name, schema);
    }
    let title = escape(super::TITLE);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} {version}</title>\
         <link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body>\
         <header><h1>{title} {version}</h1><p>The operations of this server. For programs: \
         <a href=\"/openapi.json\">openapi.json</a>.</p></header>\
         <nav aria-label=\"Operations\"><ul>{contents}</ul></nav>\
         <main><h2>Operations</h2>{operations}<h2>Schemas</h2>{schemas}</main></body></html>",
        version = super::VERSION,
    )
}

fn render_operation(html: &mut String, id: &str, method: &str, path: &str, operation: &Value) {
    let _ = write!(html, "<section id=\"{id}\"><h3><b>{method}</b> <code>{}</code></h3>", escape(path));
    for part in ["summary", "description"] {
        let words = text(operation, part);
        if !words.is_empty() {
            let _ = write!(html, "<p>{}</p>", escape(words));
        }
    }
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        html.push_str("<table><thead><tr><th>Parameter<th>In<th>Type<th>Meaning</thead><tbody>");
        for parameter in parameters {
            let required = if parameter["required"] == true { " *" } else { "" };
            let _ = write!(
                html,
                "<tr><td><code>{}</code>{required}<td>{}<td>{}<td>{}",
                escape(text(parameter, "name")),
                escape(text(parameter, "in")),
                kind(&parameter["schema"]),
                escape(text(parameter, "description")),
            );
        }
        html.push_str("</tbody></table>");
    }
    for (content_type, media) in members(operation, "/requestBody/content") {
        let _ = write!(html, "<p>Body: {} <small>{}</small></p>", kind(&media["schema"]), escape(content_type));
    }
    for (status, answer) in members(operation, "/responses").into_iter().filter(|(status, _)| status.starts_with('2')) {
        let contents = members(answer, "/content");
        if contents.is_empty() {
            let _ = write!(html, "<p>Answer {}: nothing more</p>", escape(status));
        }
        for (content_type, media) in contents {
            let (status, content_type) = (escape(status), escape(content_type));
            let _ = write!(html, "<p>Answer {status}: {} <small>{content_type}</small></p>", kind(&media["schema"]));
        }
    }
    html.push_str("</section>");
}

fn render_schema(html: &mut String, name: &str, schema: &Value) {
    let name = escape(name);
    let _ = write!(html, "<section id=\"schema-{name}\"><h3><code>{name}</code></h3>");
    let _ = write!(html, "<p>{}</p>", escape(text(schema, "description")));
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|w| format!("<code>{}</code>", escape(w))).collect();
        let _ = write!(html, "<p>{}</p>", words.join(", "));
    }
    let properties = members(schema, "/properties");
    if !properties.is_empty() {
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        html.push_str("<table><thead><tr><th>Field<th>Type<th>Meaning</thead><tbody>");
        for (field, schema) in properties {
            let star = if required.iter().any(|r| r == field) { " *" } else { "" };
            let _ = write!(
                html,
                "<tr><td><code>{}</code>{star}<td>{}<td>{}",
                escape(field),
                kind(schema),
                escape(text(schema, "description")),
            );
        }
        html.push_str("</tbody></table>");
    }
    html.push_str("</section>");
}

/// A schema in a word, with a link to what it refers to.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["allOf", "anyOf", "oneOf"] {
        if let Some(of) = schema[several].as_array() {
            let kinds: Vec<String> = of.iter().map(kind).filter(|k| !k.is_empty()).collect();
            return kinds.join(if several == "allOf" { " + " } else { " or " });
        }
    }
    match text(schema, "type") {
        "array" => format!("list of {}", kind(&schema["items"])),
        word => match text(schema, "format") {
            "" => escape(word),
            format => format!("{} ({})", escape(word), escape(format)),
        },
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn members<'a>(value: &'a Value, pointer: &str) -> Vec<(&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten().collect()
}
