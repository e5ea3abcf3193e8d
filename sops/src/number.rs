//! Floating point numbers as text, in the three ways SOPS files have them. All print
//! the fewest digits that read back as the same number; they differ in when they use
//! an exponent.

/// Never an exponent: what is encrypted and what the checksum sees.
pub(crate) fn fixed(f: f64) -> String {
    if f.is_infinite() {
        return if f > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    format!("{f}")
}

/// An exponent of at least two digits below 1e-4 and from 1e6 on: YAML.
pub(crate) fn yaml(f: f64) -> String {
    if f.is_nan() {
        return ".nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let (mantissa, exponent) = scientific(f);
    if f == 0.0 || (-4..YAML_LARGE).contains(&exponent) {
        return format!("{f}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

const YAML_LARGE: i32 = 6;

/// An exponent without padding below 1e-6 and from 1e21 on: JSON. `None` for what JSON
/// cannot say.
pub(crate) fn json(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    if f == 0.0 || (1e-6..1e21).contains(&f.abs()) {
        return Some(format!("{f}"));
    }
    let (mantissa, exponent) = scientific(f);
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{mantissa}e{sign}{}", exponent.abs()))
}

fn scientific(f: f64) -> (String, i32) {
    let text = format!("{f:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa.to_owned(), exponent.parse().unwrap_or(0)),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ways() {
        assert_eq!(fixed(1.2345678901234568e29), "123456789012345680000000000000");
        assert_eq!(yaml(1.2345678901234568e29), "1.2345678901234568e+29");
        assert_eq!(json(1e-7).as_deref(), Some("1e-7"));
        assert_eq!(yaml(1e-5), "1e-05");
        assert_eq!(yaml(1000.0), "1000");
        assert_eq!(yaml(1e6), "1e+06");
        assert_eq!(yaml(123_456_789.5), "1.234567895e+08");
        assert_eq!(yaml(f64::NEG_INFINITY), "-.inf");
        assert_eq!(json(f64::NAN), None);
    }
}
