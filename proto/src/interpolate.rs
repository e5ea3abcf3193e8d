//! `[[NAME]]` in texts of a configuration (Komodo 2.3 resource files).
//!
//! A text goes through several passes: Core's variables, Core's secrets, the
//! agent's secrets. A name that a pass does not know stays as it is, so that a
//! later one may fill it. `[[[NAME]]]` yields the literal `[[NAME]]`. Nothing is
//! trimmed between the brackets.

use std::collections::BTreeSet;

use crate::{Error, Result};

/// What came of one pass over a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interpolated {
    /// The text with the known names filled in.
    pub text: String,
    /// The names that were filled in.
    pub used: BTreeSet<String>,
    /// The names that this pass does not know.
    pub unknown: BTreeSet<String>,
}

/// Fills in the names that `value` knows.
///
/// Errors: a `[[` without its `]]`, with the beginning of what follows it.
pub fn interpolate<'v>(
    text: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Result<Interpolated> {
    let mut done = Interpolated { text: String::with_capacity(text.len()), ..Default::default() };
    let mut rest = text;
    // Where the next `]]]` is, counted from the end; looked for again only when
    // it was passed, so that a long text takes time in proportion.
    let mut literal_end = Some(usize::MAX);
    while let Some(start) = rest.find("[[") {
        done.text.push_str(&rest[..start]);
        let inside = &rest[start + 2..];
        if let Some(literal) = inside.strip_prefix('[')
            && let Some(end) = next_literal_end(literal, &mut literal_end)
            && !literal[..end].contains("[[")
        {
            done.text.push_str("[[");
            done.text.push_str(&literal[..end]);
            done.text.push_str("]]");
            rest = &literal[end + 3..];
            continue;
        }
        let Some(end) = inside.find("]]") else {
            // The text may hold a secret elsewhere; only what a name could be is shown.
            let shown: String =
                inside.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
            return Err(Error::invalid(format!(
                "`[[{shown}` has no closing `]]`; write `[[[{shown}]]]` for literal brackets"
            )));
        };
        let name = &inside[..end];
        match value(name) {
            Some(value) => {
                done.text.push_str(value);
                done.used.insert(name.to_owned());
            }
            None => {
                done.text.push_str("[[");
                done.text.push_str(name);
                done.text.push_str("]]");
                done.unknown.insert(name.to_owned());
            }
        }
        rest = &inside[end + 2..];
    }
    done.text.push_str(rest);
    Ok(done)
}

/// The place of the first `]]]`. `known` is where the last one that was found is,
/// from the end of the text: `MAX` before the first search, `None` when there is
/// no other.
fn next_literal_end(literal: &str, known: &mut Option<usize>) -> Option<usize> {
    if (*known)? > literal.len() {
        *known = literal.find("]]]").map(|end| literal.len() - end);
    }
    (*known).map(|from_end| literal.len() - from_end)
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    fn pass(text: &str) -> Result<Interpolated> {
        interpolate(text, |name| match name {
            "A" => Some("1"),
            "B" => Some("[[A]]"),
            " A" => Some("spaced"),
            _ => None,
        })
    }

    #[test]
    fn known_names_are_filled_in_and_unknown_ones_stay() {
        let done = pass("x=[[A]] y=[[C]] z=[[B]]").unwrap();
        assert_eq!(done.text, "x=1 y=[[C]] z=[[A]]");
        assert_eq!(done.used.into_iter().collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(done.unknown.into_iter().collect::<Vec<_>>(), ["C"]);
    }

    #[test]
    fn nothing_is_trimmed() {
        assert_eq!(pass("[[ A]]").unwrap().text, "spaced");
        assert_eq!(pass("[[A ]]").unwrap().text, "[[A ]]");
    }

    #[test]
    fn three_brackets_are_literal_for_this_pass() {
        assert_eq!(pass("[[[A]]]").unwrap().text, "[[A]]");
        assert_eq!(pass("a [[[A]]] [[A]]").unwrap().text, "a [[A]] 1");
    }

    #[test]
    fn an_unclosed_name_is_an_error_that_shows_where() {
        for text in ["[[A", "x [[", "[[A]] [[B"] {
            assert!(pass(text).unwrap_err().message().contains("no closing"), "{text}");
        }
        assert!(
            pass("[[SECRET_NAME and the rest").unwrap_err().message().contains("[[SECRET_NAME`")
        );
    }
}
