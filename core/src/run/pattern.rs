//! Which resources a pattern means: wildcards, `\regex\`, names left out.
//!
//! A pattern is a list, split at newlines and commas (Komodo 2.3: `*` and `?`
//! are wildcards, an item between backslashes is a regular expression). As an
//! extension an item that begins with `!` leaves out what it matches.

use regex::{Regex, RegexBuilder};
use varanus_proto::lenient::parse_string_list;
use varanus_proto::{Error, Result};

/// The longest pattern, in bytes: the names of some thousand resources.
const LONGEST: usize = 128 << 10;

/// The most expressions and wildcards in one; names alone are not counted.
const MOST: usize = 200;

/// How much memory one expression may take, in bytes.
const LARGEST: usize = 512 << 10;

/// A pattern, ready to match names.
#[derive(Debug)]
pub struct Pattern {
    wanted: Vec<Item>,
    left_out: Vec<Item>,
}

#[derive(Debug)]
enum Item {
    Name(String),
    Expression(Regex),
}

impl Item {
    fn parse(item: &str) -> Result<Self> {
        let expression = item.starts_with('\\') && item.len() > 1 && item.ends_with('\\');
        match expression || item.contains(['*', '?']) {
            true => item_regex(item).map(Self::Expression),
            false => Ok(Self::Name(item.to_owned())),
        }
    }

    fn is_match(&self, name: &str) -> bool {
        match self {
            Self::Name(item) => item == name,
            Self::Expression(regex) => regex.is_match(name),
        }
    }
}

impl Pattern {
    /// Reads a pattern. Errors name the item that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > LONGEST {
            return Err(Error::invalid(format!(
                "the pattern has {} bytes; {LONGEST} are the most",
                text.len()
            )));
        }
        let mut pattern = Self { wanted: Vec::new(), left_out: Vec::new() };
        let mut expressions = 0;
        for item in parse_string_list(text) {
            let (into, item) = match item.strip_prefix('!') {
                Some(item) => (&mut pattern.left_out, item.trim()),
                None => (&mut pattern.wanted, item.as_str()),
            };
            let item = Item::parse(item)?;
            expressions += usize::from(matches!(item, Item::Expression(_)));
            if expressions > MOST {
                return Err(Error::invalid(format!(
                    "the pattern has more than {MOST} wildcards and expressions"
                )));
            }
            into.push(item);
        }
        Ok(pattern)
    }

    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        self.wanted.iter().any(|item| item.is_match(name))
            && !self.left_out.iter().any(|item| item.is_match(name))
    }
}

fn item_regex(item: &str) -> Result<Regex> {
    let source = match item.strip_prefix('\\').and_then(|item| item.strip_suffix('\\')) {
        Some(regex) => regex.to_owned(),
        None => {
            let escaped = regex::escape(item).replace("\\*", ".*").replace("\\?", ".");
            format!("^{escaped}$")
        }
    };
    let built = RegexBuilder::new(&source).size_limit(LARGEST).dfa_size_limit(LARGEST).build();
    built.map_err(|error| {
        Error::invalid(format!("the pattern {item:?} is not a regular expression")).cause(error)
    })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    fn matching(pattern: &str) -> Vec<&'static str> {
        let pattern = Pattern::parse(pattern).unwrap();
        ["web", "web-1", "db", "a.b"].into_iter().filter(|name| pattern.matches(name)).collect()
    }

    #[test]
    fn wildcards_lists_and_expressions_match_names() {
        assert_eq!(matching("web"), ["web"]);
        assert_eq!(matching("web*"), ["web", "web-1"]);
        assert_eq!(matching("w?b, db # both"), ["web", "db"]);
        assert_eq!(matching("a.b"), ["a.b"]);
        assert_eq!(matching(r"\^(web|db)$\"), ["web", "db"]);
        assert_eq!(matching(""), [""; 0]);
    }

    #[test]
    fn names_can_be_left_out() {
        assert_eq!(matching("*, !web*"), ["db", "a.b"]);
        assert_eq!(matching("!web"), [""; 0]);
    }

    #[test]
    fn a_broken_expression_is_named() {
        assert!(Pattern::parse(r"ok, \(\").unwrap_err().message().contains(r"\(\"));
    }
}
