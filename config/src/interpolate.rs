//! `${VAR}` and `$(word)` in the values of configuration files.
//!
//! As in Komodo 2.3: `${VAR}` is replaced twice (so a variable may name
//! another), then `$(word)` once. A name that is not set stays as it is, and a
//! warning names it: an empty value in its place could open a door.

use crate::environment::Environment;
use crate::node::{Data, Node};
use crate::report::Report;

/// Replaces the variables in every text of the tree.
pub(crate) fn interpolate(node: &mut Node, env: &Environment, key: &str, report: &mut Report) {
    match &mut node.data {
        Data::Text(text) if text.contains('$') => {
            let lookup = |name: &str| env.get(name);
            let once = braces(text, &lookup);
            let twice = braces(&once, &lookup);
            *text = replace(&twice, '(', ')', &lookup);
            for (open, close) in [('{', '}'), ('(', ')')] {
                for name in names(text, open, close) {
                    report.warnings.push(format!(
                        "{}: ${open}{name}{close} is not set in the environment and stays as it is",
                        node.source.describe(key)
                    ));
                }
            }
        }
        Data::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                interpolate(item, env, &format!("{key}[{index}]"), report);
            }
        }
        Data::Table(table) => {
            for (name, child) in table {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                interpolate(child, env, &key, report);
            }
        }
        _ => {}
    }
}

/// Replaces `${NAME}` once.
pub(crate) fn braces<'a>(text: &str, lookup: &dyn Fn(&str) -> Option<&'a str>) -> String {
    replace(text, '{', '}', lookup)
}

fn replace<'a>(
    text: &str,
    open: char,
    close: char,
    lookup: &dyn Fn(&str) -> Option<&'a str>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = next(rest, open, close) {
        out.push_str(before);
        match lookup(name) {
            Some(value) => out.push_str(value),
            None => out.extend([
                "$",
                open.encode_utf8(&mut [0; 4]),
                name,
                close.encode_utf8(&mut [0; 4]),
            ]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn names(text: &str, open: char, close: char) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, name, after)) = next(rest, open, close) {
        found.push(name.to_owned());
        rest = after;
    }
    found
}

/// The next `${NAME}`: what stands before, the name, what stands after.
fn next(text: &str, open: char, close: char) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find('$').map(|at| at + from) {
        if let Some(inner) = text[start + 1..].strip_prefix(open)
            && let Some(end) = inner.find(close)
        {
            let name = &inner[..end];
            if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Some((&text[..start], name, &inner[end + close.len_utf8()..]));
            }
        }
        from = start + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_twice_and_words_once() {
        let env = Environment::from([("A", "a"), ("B", "${A}"), ("C", "${B}"), ("W", "w")]);
        let cases = [
            ("x${A}y", "xay", 0),
            ("${B}", "a", 0),
            ("${C}", "${A}", 1),
            ("$(W)-${A}", "w-a", 0),
            ("${MISSING}", "${MISSING}", 1),
            ("$(MISSING)", "$(MISSING)", 1),
            ("$A ${} ${a b} $", "$A ${} ${a b} $", 0),
            ("${A:-b}", "${A:-b}", 0),
            ("$${A}", "$a", 0),
            ("ä${A}ö", "äaö", 0),
        ];
        for (text, expected, warnings) in cases {
            let mut node = Data::from(text).from_nowhere();
            let mut report = Report::default();
            interpolate(&mut node, &env, "key", &mut report);
            assert_eq!(node.data.show(), format!("\"{expected}\""), "{text}");
            assert_eq!(report.warnings.len(), warnings, "{text}: {:?}", report.warnings);
        }
    }
}
