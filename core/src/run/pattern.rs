//! Which resources a pattern means: wildcards, `\regex\`, names left out.
//!
//! A pattern is a list, split at newlines and commas (Komodo 2.3: `*` and `?`
//! are wildcards, an item between backslashes is a regular expression). As an
//! extension an item that begins with `!` leaves out what it matches.

use regex::Regex;
use varanus_proto::lenient::parse_string_list;
use varanus_proto::{Error, Result};

/// A pattern, ready to match names.
#[derive(Debug)]
pub struct Pattern {
    wanted: Vec<Regex>,
    left_out: Vec<Regex>,
}

impl Pattern {
    /// Reads a pattern. Errors name the item that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let mut pattern = Self { wanted: Vec::new(), left_out: Vec::new() };
        for item in parse_string_list(text) {
            match item.strip_prefix('!') {
                Some(item) => pattern.left_out.push(item_regex(item.trim())?),
                None => pattern.wanted.push(item_regex(&item)?),
            }
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
    Regex::new(&source).map_err(|error| {
        Error::invalid(format!("the pattern {item:?} is not a regular expression")).cause(error)
    })
}

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
