//! Shapes on the wire that every slice shares.

use std::borrow::Cow;

use entity::points::{Hours, Points};
use poem_openapi::Object;
use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use crate::kernel::page::{Page, PageRequest};
use crate::kernel::rate::Rate;

/// A page of a list.
#[derive(Debug, Object)]
pub struct ApiPage<T: Type + ParseFromJSON + ToJSON + Send + Sync> {
    /// The items, in a stable order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl<T, U> From<Page<U>> for ApiPage<T>
where
    T: Type + ParseFromJSON + ToJSON + Send + Sync + From<U>,
{
    fn from(page: Page<U>) -> Self {
        let page = page.map(T::from);
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Reads `limit` and `cursor`.
#[derive(Debug)]
pub struct PageQuery;

impl PageQuery {
    /// The page that is asked for; bad values name their parameter.
    #[allow(clippy::needless_pass_by_value, reason = "a parameter comes as it is extracted")]
    pub fn read(limit: Option<u64>, cursor: Option<String>) -> Result<PageRequest, super::Problem> {
        Ok(PageRequest::new(limit, cursor.as_deref())?)
    }
}

/// A JSON number with at most two decimals: points or hours. Kept as hundredths; no float takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal(pub i64);

impl Type for Decimal {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "number_decimal".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("number", "decimal")))
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromJSON for Decimal {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let Some(Value::Number(number)) = value else {
            return Err(ParseError::custom("a number with at most two decimals is wanted"));
        };
        let text = number.to_string();
        let points: Points = text
            .strip_suffix(".0")
            .unwrap_or(&text)
            .parse()
            .map_err(|_error| ParseError::custom("a number with at most two decimals is wanted"))?;
        Ok(Self(points.0))
    }
}

impl ToJSON for Decimal {
    fn to_json(&self) -> Option<Value> {
        Points(self.0).to_string().parse().ok().map(Value::Number)
    }
}

impl From<Points> for Decimal {
    fn from(points: Points) -> Self {
        Self(points.0)
    }
}

impl From<Decimal> for Points {
    fn from(decimal: Decimal) -> Self {
        Self(decimal.0)
    }
}

impl From<Hours> for Decimal {
    fn from(hours: Hours) -> Self {
        Self(hours.0)
    }
}

impl From<Decimal> for Hours {
    fn from(decimal: Decimal) -> Self {
        Self(decimal.0)
    }
}

/// A share with what it was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Object)]
#[oai(rename = "Rate")]
pub struct RateDto {
    /// How many.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
    /// Half up to two decimals, but `100.00` only when all are and `0.00` only when none is; null for a zero denominator.
    pub percent: Option<String>,
}

impl From<Rate> for RateDto {
    fn from(rate: Rate) -> Self {
        Self { numerator: rate.numerator, denominator: rate.denominator, percent: rate.percent() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_survive_json() {
        for text in ["0", "2", "1.5", "0.25", "60", "99999999.99"] {
            let value: Value = serde_json::from_str(text).unwrap();
            let decimal = Decimal::parse_from_json(Some(value)).unwrap();
            assert_eq!(decimal.to_json_string(), text);
        }
        for text in ["1.234", "-1", "\"2\"", "1e20"] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(Decimal::parse_from_json(Some(value)).is_err(), "{text}");
        }
    }
}
