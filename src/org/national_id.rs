//! National identity numbers as GB 11643 has them: 17 digits and a check character.

use std::fmt;
use std::str::FromStr;

use entity::instant::Day;

/// An identity number whose date exists and whose check character fits. It is personal data: what shows it writes its mask.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NationalId(String);

/// Why a text is no identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NationalIdError {
    /// Not 17 digits with a digit or X behind.
    #[error("not 17 digits with a digit or X behind them")]
    Form,
    /// The seventh to the fourteenth digit are no day between 1900 and 2099.
    #[error("there is no such day of birth")]
    Day,
    /// The last character is not the one that the others give.
    #[error("the check character does not fit")]
    Check,
}

impl NationalId {
    /// All 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How it is shown: the first and the last four characters, asterisks between.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0, 4, 4)
    }
}

/// A text of which only the beginning and the end are shown. A short one shows nothing.
pub(super) fn mask(text: &str, first: usize, last: usize) -> String {
    let length = text.chars().count();
    let hidden = |place: usize| length < first + last + 3 || (place >= first && place + last < length);
    text.chars().enumerate().map(|(place, c)| if hidden(place) { '*' } else { c }).collect()
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// ISO 7064, MOD 11-2: the sum of all characters, each times 2 to the power of its place from the right, leaves 1 when it is
/// divided by 11; X stands for 10. So the check character is (12 - the sum of the others mod 11) mod 11.
fn check_character(digits: &[u8]) -> u8 {
    let remainder = digits.iter().fold(0_u32, |sum, digit| (sum + u32::from(*digit)) * 2 % 11);
    match (12 - remainder) % 11 {
        10 => b'X',
        digit => b'0' + u8::try_from(digit).unwrap_or_default(),
    }
}

impl FromStr for NationalId {
    type Err = NationalIdError;

    fn from_str(text: &str) -> Result<Self, NationalIdError> {
        let text = text.trim().to_ascii_uppercase();
        let Some((digits, check)) = text.as_bytes().split_at_checked(17) else { return Err(NationalIdError::Form) };
        let values: Vec<u8> = digits.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect();
        if values.len() != 17 || !matches!(check, [b'0'..=b'9' | b'X']) {
            return Err(NationalIdError::Form);
        }
        let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
        let day = match (number(6, 10), number(10, 12), number(12, 14)) {
            (Some(year @ 1900..=2099), Some(month), Some(day)) => {
                i32::try_from(year).ok().and_then(|year| Day::new(year, month, day))
            }
            _ => None,
        };
        if day.is_none() {
            return Err(NationalIdError::Day);
        }
        if check != [check_character(&values)] {
            return Err(NationalIdError::Check);
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_numbers_check_out() {
        // The area 990000 belongs to no place. The sums were worked out by hand from the weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2
        // of GB 11643-1999.
        for text in ["990000199003078795", "99000019900307003X", " 99000019900307003x "] {
            let id = text.parse::<NationalId>();
            assert!(id.is_ok(), "{text}: {id:?}");
        }
        let id: NationalId = "99000019900307003x".parse().unwrap();
        assert_eq!((id.as_str(), id.masked().as_str()), ("99000019900307003X", "9900**********003X"));
        assert_eq!(format!("{id:?}"), "9900**********003X");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("", NationalIdError::Form),
            ("990000900307001", NationalIdError::Form),
            ("99000019900307001Y", NationalIdError::Form),
            ("9900001990030700 1", NationalIdError::Form),
            ("９９００００199003070", NationalIdError::Form),
            ("99000019900307003XX", NationalIdError::Form),
            ("990000199002300015", NationalIdError::Day),
            ("990000189912310012", NationalIdError::Day),
            ("990000199003070012", NationalIdError::Check),
        ] {
            assert_eq!(text.parse::<NationalId>(), Err(error), "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_are_always_found() {
        let sound = "990000199003078795";
        for place in 0..17 {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = sound.chars().collect();
                if wrong[place] != digit {
                    wrong[place] = digit;
                    assert!(wrong.iter().collect::<String>().parse::<NationalId>().is_err());
                }
            }
            let mut swapped: Vec<char> = sound.chars().collect();
            swapped.swap(place, place + 1);
            let swapped: String = swapped.into_iter().collect();
            assert!(swapped == sound || swapped.parse::<NationalId>().is_err(), "{swapped}");
        }
    }

    #[test]
    fn short_texts_are_hidden_whole() {
        assert_eq!((mask("13800138000", 3, 4).as_str(), mask("28222222", 3, 4).as_str()), ("138****8000", "********"));
    }
}
