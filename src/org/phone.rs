//! Phone numbers, as they are compared.

use std::fmt;
use std::str::FromStr;

use super::national_id::mask;

/// A phone number: digits alone, without the country's prefix.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// A text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 7 to 15 digits")]
pub struct PhoneError;

impl Phone {
    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it is shown: the first three and the last four digits of a mobile number, nothing of a shorter one.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 3, 4)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let bare: String =
            text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '（' | '）')).collect();
        let bare = bare.strip_prefix("+86").or_else(|| bare.strip_prefix("0086")).unwrap_or(&bare);
        let sound = (7..=15).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_digit());
        if sound { Ok(Self(bare.to_owned())) } else { Err(PhoneError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_their_digits() {
        for text in ["13800138000", " 138 0013 8000", "+86 138-0013-8000", "008613800138000"] {
            assert_eq!(text.parse::<Phone>().unwrap().as_str(), "13800138000", "{text}");
        }
        assert_eq!("(0731)2822 2222".parse::<Phone>().unwrap().as_str(), "073128222222");
        assert_eq!("13800138000".parse::<Phone>().unwrap().masked(), "138****8000");
        for text in ["", "110", "1380013800x", "1234567890123456"] {
            assert_eq!(text.parse::<Phone>(), Err(PhoneError), "{text}");
        }
    }
}
