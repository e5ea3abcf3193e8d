//! Values with a form of their own: lengths of time, sizes, networks, lists.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::node::{Data, Node};
use crate::report::{At, Report};
use crate::setting::Setting;

/// The items of a text list: commas or line ends between, `#` comments.
pub(crate) fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// The lengths of time of Komodo 2.3's API, with their seconds.
const TIMELENGTHS: [(&str, u64); 26] = [
    ("1-sec", 1),
    ("2-sec", 2),
    ("3-sec", 3),
    ("5-sec", 5),
    ("10-sec", 10),
    ("15-sec", 15),
    ("30-sec", 30),
    ("1-min", 60),
    ("2-min", 120),
    ("3-min", 180),
    ("5-min", 300),
    ("10-min", 600),
    ("15-min", 900),
    ("30-min", 1800),
    ("1-hr", 3600),
    ("2-hr", 7200),
    ("3-hr", 10800),
    ("6-hr", 21600),
    ("8-hr", 28800),
    ("12-hr", 43200),
    ("1-day", 86400),
    ("2-day", 172_800),
    ("3-day", 259_200),
    ("1-wk", 604_800),
    ("2-wk", 1_209_600),
    ("30-day", 2_592_000),
];

/// A length of time out of the list that Komodo's clients know (`15-sec`,
/// `1-hr`, `1-day` …): it is sent to them, so others are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timelength(&'static str, u64);

impl Timelength {
    /// The form on the wire, as `15-sec`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// How long it is.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.1)
    }
}

impl fmt::Display for Timelength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Timelength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        TIMELENGTHS
            .iter()
            .find(|(known, _)| *known == text.trim())
            .map(|(known, seconds)| Timelength(known, *seconds))
            .ok_or_else(|| format!("\"{text}\" is not {}", Self::shape()))
    }
}

/// Any length of time of our own settings: `20-sec`, `45-min`, `6-hr`, `90-day`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(u64, &'static str);

impl Span {
    const UNITS: [(&'static str, u64); 5] =
        [("sec", 1), ("min", 60), ("hr", 3600), ("day", 86400), ("wk", 604_800)];

    /// How long it is.
    pub fn duration(self) -> Duration {
        let seconds = Self::UNITS.iter().find(|(unit, _)| *unit == self.1).map_or(1, |(_, s)| *s);
        Duration::from_secs(self.0.saturating_mul(seconds))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (number, unit) = text.trim().split_once('-')?;
            let (unit, _) = Self::UNITS.iter().find(|(known, _)| *known == unit)?;
            let number = number.parse().ok().filter(|number| *number > 0)?;
            Some(Span(number, unit))
        };
        read().ok_or_else(|| format!("\"{text}\" is not {}", Self::shape()))
    }
}

/// A number of bytes: `1048576`, `512KiB`, `25MiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    /// How many bytes.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let factor = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => Some(1),
            "k" | "kib" | "kb" => Some(1 << 10),
            "m" | "mib" | "mb" => Some(1 << 20),
            "g" | "gib" | "gb" => Some(1 << 30),
            _ => None,
        };
        factor
            .zip(text[..digits].parse::<u64>().ok())
            .and_then(|(factor, number)| number.checked_mul(factor))
            .map(Size)
            .ok_or_else(|| format!("\"{text}\" is not {}", Self::shape()))
    }
}

/// An address or a network: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(ipnet::IpNet);

impl Network {
    /// Whether an address belongs to it. An IPv4 address that arrives in its
    /// IPv6 form (as on a socket bound to `[::]`) is looked at as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        text.parse::<ipnet::IpNet>()
            .ok()
            .or_else(|| text.parse::<IpAddr>().ok().map(|ip| ipnet::IpNet::from(ip.to_canonical())))
            .map(Network)
            .ok_or_else(|| format!("\"{text}\" is not {}", Self::shape()))
    }
}

macro_rules! by_text {
    ($($ty:ty: $shape:expr),* $(,)?) => {$(
        impl Setting for $ty {
            fn shape() -> String {
                $shape
            }

            fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
                let read = match &node.data {
                    Data::Text(text) => text.parse().ok(),
                    Data::Int(number) => number.to_string().parse().ok(),
                    _ => None,
                };
                if read.is_none() {
                    report.mismatch(node, at);
                }
                read
            }
        }
    )*};
}

by_text! {
    Timelength: {
        let known: Vec<_> = TIMELENGTHS.iter().map(|(known, _)| *known).collect();
        format!("one of {}", known.join(", "))
    },
    Span: "a length of time, as 20-sec, 45-min, 6-hr, 2-day or 1-wk".into(),
    Size: "a size in bytes, as 1048576, 512KiB, 25MiB or 1GiB".into(),
    Network: "an IP address or network, as 10.0.0.7 or 10.0.0.0/8".into(),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let cases: [(&str, &[&str]); 5] = [
            ("a,b", &["a", "b"]),
            (" a , b ,, ", &["a", "b"]),
            ("a\nb # two\n# none\nc#d", &["a", "b", "c#d"]),
            ("", &[]),
            ("# all, of, it", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(split_list(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn lengths_and_sizes() {
        assert_eq!("1-hr".parse::<Timelength>().unwrap().duration().as_secs(), 3600);
        assert_eq!("1-hr".parse::<Timelength>().unwrap().to_string(), "1-hr");
        assert!("4-sec".parse::<Timelength>().is_err());
        assert_eq!("4-sec".parse::<Span>().unwrap().duration().as_secs(), 4);
        for bad in ["0-sec", "4", "4-s", "-4-sec", "x-min"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        let sizes = [("0", 0), ("12", 12), ("2KiB", 2048), ("25 MiB", 25 << 20), ("1g", 1 << 30)];
        for (text, bytes) in sizes {
            assert_eq!(text.parse::<Size>().unwrap().bytes(), bytes, "{text}");
        }
        for bad in ["", "MiB", "1.5MiB", "1 TB", "99999999999GiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_know_both_forms_of_an_ipv4_address() {
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert!(network.contains("10.1.2.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("11.1.2.3".parse().unwrap()));
        let one: Network = "::ffff:10.0.0.7".parse().unwrap();
        assert!(one.contains("10.0.0.7".parse().unwrap()));
        assert!("10.0.0.300".parse::<Network>().is_err());
    }
}
