//! Canonical JSON after RFC 8785 (JCS): one text for one value, so that a value can be hashed.
//!
//! Only integers are taken, and only those a double holds exactly. What we hash has no other numbers, and with those
//! left out two implementations have nothing to disagree about: RFC 8785's number format is the one hard part of it.

use serde::Serialize;
use serde_json::{Number, Value};

/// The largest integer RFC 8785 (through I-JSON, RFC 7493) writes without loss: 2^53 − 1.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// Why a value has no canonical form here.
#[derive(Debug, thiserror::Error)]
pub enum JcsError {
    /// A number with a fraction or an exponent.
    #[error("{0} is not an integer, and only integers are hashed")]
    NotInteger(Number),
    /// An integer past 2^53 − 1 in size; such ones are written as text.
    #[error("{0} is past what a double holds exactly; write it as text")]
    TooLarge(Number),
    /// The value could not be turned into JSON at all (a map with keys that are not text, for instance).
    #[error("not a JSON value")]
    NotJson(#[from] serde_json::Error),
}

/// The canonical bytes of anything that serialises to JSON: no white space, keys sorted by UTF-16 code units.
///
/// A `NaN` becomes `null` in `serde_json` before it is seen here; hashed types have no floats to begin with.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, JcsError> {
    let mut out = Vec::new();
    write_value(&mut out, &serde_json::to_value(value)?)?;
    Ok(out)
}

/// Appends `text` as a canonical JSON string, quotes included (RFC 8785, 3.2.2.2).
///
/// It is public for the few hot documents that are written field by field instead of through [`canonical`].
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            0x00..=0x1f => {
                out.extend_from_slice(b"\\u00");
                out.extend(hex::encode([byte]).into_bytes());
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn write_value(out: &mut Vec<u8>, value: &Value) -> Result<(), JcsError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(out, number)?,
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            // serde_json sorts by UTF-8 bytes or not at all, as its features have it. UTF-16 differs from both: a
            // character past U+FFFF stands before U+E000 there.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (at, (key, value)) in fields.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(out, key);
                out.push(b':');
                write_value(out, value)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(out: &mut Vec<u8>, number: &Number) -> Result<(), JcsError> {
    let (sign, size) = match (number.as_u64(), number.as_i64()) {
        (Some(size), _) => ("", size),
        (None, Some(negative)) => ("-", negative.unsigned_abs()),
        (None, None) => return Err(JcsError::NotInteger(number.clone())),
    };
    if size > MAX_SAFE {
        return Err(JcsError::TooLarge(number.clone()));
    }
    out.extend_from_slice(format!("{sign}{size}").as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(canonical(value).unwrap()).unwrap()
    }

    #[test]
    fn keys_are_sorted_by_utf_16() {
        // The example of RFC 8785, 3.2.3: U+1F600 goes before U+FB33.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            text(&value),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn strings_are_escaped_as_little_as_can_be() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{2028}\u{8}\u{c}\t\r\u{0}\u{1f}");
        assert_eq!(text(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}\\b\\f\\t\\r\\u0000\\u001f\"");
    }

    #[test]
    fn nesting_has_no_white_space() {
        assert_eq!(text(&json!({"b": [1, -2, [], {}], "a": {"d": null, "c": [true, false]}})), {
            r#"{"a":{"c":[true,false],"d":null},"b":[1,-2,[],{}]}"#
        });
    }

    #[test]
    fn numbers_are_safe_integers() {
        assert_eq!(text(&json!([0, MAX_SAFE, -9_007_199_254_740_991_i64])), "[0,9007199254740991,-9007199254740991]");
        for text in ["0.5", "1.0", "1e2", "-0.0", "18446744073709551616"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(matches!(canonical(&value), Err(JcsError::NotInteger(_))), "{text}");
        }
        for text in ["9007199254740992", "-9007199254740992", "18446744073709551615"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(matches!(canonical(&value), Err(JcsError::TooLarge(_))), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn strings_read_back(text: String) {
            let mut out = Vec::new();
            write_string(&mut out, &text);
            proptest::prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
