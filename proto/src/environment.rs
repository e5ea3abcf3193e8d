//! Environments and commands as people write them in configurations (Komodo 2.3
//! resource files).

use crate::lenient::EnvironmentVar;
use crate::{Error, Result};

/// Reads lines `KEY=value` or `KEY: value`.
///
/// A leading `- ` is dropped, so are lines that begin with `#` or `//` and what
/// follows ` #`. Quotes around a whole pair are removed; quotes around a value
/// alone are a part of it.
///
/// Errors: a line without `=` or `:`, by its number; never its content, which
/// may be a secret.
pub fn parse_environment(text: &str) -> Result<Vec<EnvironmentVar>> {
    let mut variables = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let line = line.split_once(" #").map_or(line, |(before, _)| before).trim();
        let line = line.strip_prefix('-').map_or(line, str::trim_start);
        let line = unquote(line);
        let Some(split) = line.find(['=', ':']) else {
            return Err(Error::invalid(format!(
                "line {} of the environment has neither `=` nor `:` after a name",
                at + 1
            )));
        };
        let variable = line[..split].trim();
        if variable.is_empty() {
            return Err(Error::invalid(format!("line {} of the environment has no name", at + 1)));
        }
        variables.push(EnvironmentVar {
            variable: variable.to_owned(),
            value: line[split + 1..].trim().to_owned(),
        });
    }
    Ok(variables)
}

/// Removes quotes that enclose the whole of a text.
fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote)
            && let Some(inner) = inner.strip_suffix(quote)
            && !inner.contains(quote)
        {
            return inner;
        }
    }
    text
}

/// A command of several lines as one: comments are dropped, lines that end with
/// ` \` go on in the next, and the others are joined with ` && `.
pub fn parse_command(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut continues = false;
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.split_once(" #").map_or(line, |(before, _)| before).trim_end();
        let (line, more) = match line.strip_suffix(" \\") {
            Some(line) => (line.trim_end(), true),
            None => (line, line == "\\"),
        };
        match lines.last_mut() {
            Some(last) if continues => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
        continues = more;
    }
    lines.join(" && ")
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let variables = parse_environment(text).unwrap();
        variables.into_iter().map(|var| (var.variable, var.value)).collect()
    }

    #[test]
    fn every_way_to_write_a_variable_is_read() {
        let text = "A=1\n# no\n// no\n- B: two words # why\n\"C=3\"\n  D = \"quoted\"\nE=a=b:c\nURL: http://x";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "3"),
            ("D", "\"quoted\""),
            ("E", "a=b:c"),
            ("URL", "http://x"),
        ];
        let found = read(text);
        let found: Vec<_> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_without_a_name_is_told_by_its_number_alone() {
        let error = parse_environment("A=1\nhunter2").unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn lines_of_a_command_are_joined() {
        assert_eq!(parse_command("a\n# no\nb \\\n  --c\n\nd # why"), "a && b --c && d");
        assert_eq!(parse_command(""), "");
    }
}
