//! What an unquoted YAML word means. These are the rules of the YAML library `sops` is
//! built on (YAML 1.2 with octals, dates and underscores of 1.1), because the checksum
//! is taken of the meaning, and because what would mean something else must be quoted.

/// The meaning of an unquoted word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number that needs the 64th bit; `sops` refuses those.
    TooLarge,
    Float(f64),
    /// RFC 3339.
    Time(String),
    /// `<<`, which includes another map.
    Merge,
    Text,
}

pub(super) fn meaning(word: &str) -> Meaning {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Meaning::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Meaning::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Meaning::Float(f64::NEG_INFINITY),
        "<<" => return Meaning::Merge,
        _ => {}
    }
    match word.as_bytes()[0] {
        b'.' => float(word).map_or(Meaning::Text, Meaning::Float),
        b'0'..=b'9' | b'+' | b'-' => time(word).map_or_else(|| number(word), Meaning::Time),
        _ => Meaning::Text,
    }
}

/// Whether a text may stand unquoted and still be that text. Words that older readers
/// take for truth or for base 60 are quoted as well.
pub(super) fn is_plain_text(text: &str) -> bool {
    const OLD_TRUTH: [&str; 16] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
        "OFF",
    ];
    !OLD_TRUTH.contains(&text) && !is_base_60(text) && meaning(text) == Meaning::Text
}

fn number(word: &str) -> Meaning {
    let plain = word.replace('_', "");
    let (negative, digits) = match plain.as_bytes() {
        [b'-', ..] => (true, &plain[1..]),
        [b'+', ..] => (false, &plain[1..]),
        _ => (false, plain.as_str()),
    };
    let prefixed = |prefixes: [&str; 2]| prefixes.iter().find_map(|p| digits.strip_prefix(p));
    let (digits, radix) = if let Some(hex) = prefixed(["0x", "0X"]) {
        (hex, 16)
    } else if let Some(binary) = prefixed(["0b", "0B"]) {
        (binary, 2)
    } else if let Some(octal) = prefixed(["0o", "0O"]) {
        (octal, 8)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if digits.bytes().all(|b| b.is_ascii_alphanumeric())
        && !digits.is_empty()
        && let Ok(n) = i128::from_str_radix(digits, radix)
    {
        let n = if negative { -n } else { n };
        if let Ok(n) = i64::try_from(n) {
            return Meaning::Int(n);
        }
        if u64::try_from(n).is_ok() && !word.starts_with('+') {
            return Meaning::TooLarge;
        }
    }
    float(&plain).map_or(Meaning::Text, Meaning::Float)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and not beyond any number.
fn float(word: &str) -> Option<f64> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)));
    if !mantissa_fits || !exponent_fits {
        return None;
    }
    word.parse().ok().filter(|f: &f64| f.is_finite())
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base_60(word: &str) -> bool {
    let word = word.strip_prefix(['-', '+']).unwrap_or(word);
    let mut parts = word.split(':');
    let first = parts.next().unwrap_or_default();
    let underscored = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !underscored(first) {
        return false;
    }
    let mut parts = parts.peekable();
    let mut some = false;
    while let Some(part) = parts.next() {
        some = true;
        let sixtieth = match part.split_once('.') {
            Some((part, fraction)) if parts.peek().is_none() && underscored(fraction) => part,
            _ => part,
        };
        match sixtieth.as_bytes() {
            [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'] => {}
            _ => return false,
        }
    }
    some
}

/// A date, or a date with a time, as RFC 3339 with the shortest fraction.
pub(super) fn time(word: &str) -> Option<String> {
    let year_digits = word.bytes().take_while(u8::is_ascii_digit).count();
    if year_digits != 4 || word.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (date, rest) = match word.find(['T', 't', ' ']) {
        Some(at) => (&word[..at], Some((word.as_bytes()[at], &word[at + 1..]))),
        None => (word, None),
    };
    let mut parts = date.split('-');
    let year: i16 = parts.next()?.parse().ok()?;
    let month: i8 = short(parts.next()?)?;
    let day: i8 = short(parts.next()?)?;
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let Some((separator, clock)) = rest else {
        return Some(format!("{date}T00:00:00Z"));
    };
    let (clock, zone) = match clock.find(['Z', '+', '-']) {
        Some(at) => (&clock[..at], Some(&clock[at..])),
        None => (clock, None),
    };
    let zone = match (separator, zone) {
        // With a space there is no zone, and without one there must be.
        (b' ', None) => "Z",
        (b'T' | b't', Some(zone)) => offset(zone)?,
        _ => return None,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
        return None;
    }
    let mut parts = clock.split(':');
    let hour: i8 = short(parts.next()?)?;
    let minute: i8 = short(parts.next()?)?;
    let second: i8 = short(parts.next()?)?;
    let valid = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    valid.then(|| format!("{date}T{hour:02}:{minute:02}:{second:02}{dot}{fraction}{zone}"))
}

fn short(digits: &str) -> Option<i8> {
    let fits = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| fits)
}

fn offset(zone: &str) -> Option<&str> {
    match zone.as_bytes() {
        b"Z" => Some("Z"),
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let number = |tens: &u8, ones: &u8| {
                (tens.is_ascii_digit() && ones.is_ascii_digit())
                    .then(|| (tens - b'0') * 10 + ones - b'0')
            };
            let (hours, minutes) = (number(h1, h2)?, number(m1, m2)?);
            let zero = hours == 0 && minutes == 0;
            (hours < 24 && minutes < 60).then_some(if zero { "Z" } else { zone })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_they_mean_to_sops() {
        let cases = [
            ("0x1f", Meaning::Int(31)),
            ("0o17", Meaning::Int(15)),
            ("017", Meaning::Int(15)),
            ("0b101", Meaning::Int(5)),
            ("1_000", Meaning::Int(1000)),
            ("-7", Meaning::Int(-7)),
            ("08", Meaning::Float(8.0)),
            ("1e3", Meaning::Float(1000.0)),
            (".5", Meaning::Float(0.5)),
            ("18446744073709551615", Meaning::TooLarge),
            ("18446744073709551616", Meaning::Float(18_446_744_073_709_551_616.0)),
            ("1e999", Meaning::Text),
            ("1.2.3", Meaning::Text),
            ("yes", Meaning::Text),
            ("~", Meaning::Null),
            ("2026-01-02", Meaning::Time("2026-01-02T00:00:00Z".to_owned())),
            (
                "2001-12-14t21:59:43.10-05:00",
                Meaning::Time("2001-12-14T21:59:43.1-05:00".to_owned()),
            ),
            ("2001-12-14 21:59:43.10", Meaning::Time("2001-12-14T21:59:43.1Z".to_owned())),
            ("2026-02-30", Meaning::Text),
        ];
        for (word, expected) in cases {
            assert_eq!(meaning(word), expected, "{word}");
        }
        for quoted in ["yes", "12:30", "1:2.5", "", "null", "<<", "0x10", "off"] {
            assert!(!is_plain_text(quoted), "{quoted}");
        }
        for plain in ["12:75x", "t", "hello", "a:b", "1.2.3.4"] {
            assert!(is_plain_text(plain), "{plain}");
        }
    }
}
