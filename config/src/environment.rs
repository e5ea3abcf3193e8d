//! The environment, taken once: the process's variables and a `.env` file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::interpolate;
use crate::node::Source;

/// The variables a program may look at. Tests build their own.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, Variable>,
    pub(crate) problems: Vec<String>,
}

#[derive(Clone)]
struct Variable {
    value: String,
    dotenv: Option<Arc<Path>>,
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), Variable { value: value.into(), dotenv: None }))
            .collect();
        Self { variables, problems: Vec::new() }
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Environment {
    fn from(pairs: [(K, V); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl Environment {
    /// The environment of this process, and `.env` of its working directory.
    /// For `main` only; everything else is given an `Environment`.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .map(|(name, value)| {
                (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
            })
            .collect::<Self>()
            .with_dotenv(Path::new(".env"))
    }

    /// Adds the variables of a `.env` file that are not set already. No file
    /// is no problem; a line that cannot be read is one, told when the
    /// configuration is loaded.
    #[must_use]
    pub fn with_dotenv(mut self, path: &Path) -> Self {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return self,
            Err(error) => {
                self.problems.push(format!("{}: cannot be read: {error}", path.display()));
                return self;
            }
        };
        let path: Arc<Path> = path.into();
        for line in dotenv(&text) {
            match line {
                Ok((name, value, expand)) => {
                    if self.variables.contains_key(&name) {
                        continue;
                    }
                    let value = match expand {
                        true => interpolate::braces(&value, &|name| self.get(name)),
                        false => value,
                    };
                    self.variables.insert(name, Variable { value, dotenv: Some(path.clone()) });
                }
                Err(line) => self.problems.push(format!(
                    "{}:{line}: is not NAME=value; quotes must be closed, comments start with #",
                    path.display()
                )),
            }
        }
        self
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }

    pub(crate) fn source(&self, name: &str) -> Source {
        let dotenv = self.variables.get(name).and_then(|variable| variable.dotenv.clone());
        Source::Environment { name: name.to_owned(), dotenv }
    }
}

/// Reads `NAME=value` lines: `export`, comments, single quotes (literal),
/// double quotes (escapes, several lines). Yields the name, the value and
/// whether `${NAME}` in it is to be replaced; or the number of a bad line.
fn dotenv(text: &str) -> Vec<Result<(String, String, bool), usize>> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            found.push(Err(number + 1));
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        {
            found.push(Err(number + 1));
            continue;
        }
        let read = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let mut quoted = value[1..].to_owned();
                loop {
                    if let Some(inner) = unquote(&quoted, quote) {
                        break Some((inner, quote == '"'));
                    }
                    match lines.next() {
                        Some((_, more)) => {
                            quoted.push('\n');
                            quoted.push_str(more);
                        }
                        None => break None,
                    }
                }
            }
            _ => {
                let end = value.find(" #").unwrap_or(value.len());
                Some((value[..end].trim_end().to_owned(), true))
            }
        };
        found.push(match read {
            Some((value, expand)) => Ok((name.to_owned(), value, expand)),
            None => Err(number + 1),
        });
    }
    found
}

/// What stands before the closing quote, or nothing when it is not closed.
fn unquote(text: &str, quote: char) -> Option<String> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Some(value),
            '\\' if quote == '"' => match chars.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                c @ ('"' | '\\' | '$' | '\'') => value.push(c),
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, process: Environment) -> Environment {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(".env");
        std::fs::write(&path, text).unwrap();
        process.with_dotenv(&path)
    }

    #[test]
    fn a_dotenv_file_speaks_the_usual_dialect() {
        let cases = [
            ("A=1", "1"),
            ("export A=1", "1"),
            ("A = 1 ", "1"),
            ("A=one # comment", "one"),
            ("A=one#two", "one#two"),
            ("A='$literal \\n' # c", "$literal \\n"),
            ("A=\"two\\nlines\"", "two\nlines"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("B=x\nA=${B}y", "xy"),
            ("A=${HOST}", "outer"),
            ("A='${HOST}'", "${HOST}"),
            ("# nothing\n\nA=", ""),
            ("A=a=b", "a=b"),
        ];
        for (text, value) in cases {
            let env = with(text, Environment::from([("HOST", "outer")]));
            assert_eq!(env.get("A"), Some(value), "{text}");
            assert!(env.problems.is_empty(), "{text}: {:?}", env.problems);
        }
    }

    #[test]
    fn the_process_wins_over_dotenv() {
        let env = with("A=file\nB=file", Environment::from([("A", "process")]));
        assert_eq!((env.get("A"), env.get("B")), (Some("process"), Some("file")));
    }

    #[test]
    fn a_bad_line_is_named_without_its_content() {
        let env = with("A=1\nhunter2\nB=\"open", Environment::default());
        assert_eq!(env.problems.len(), 2);
        assert!(env.problems[0].contains(".env:2: "));
        assert!(env.problems[1].contains(".env:3: "));
        assert!(!env.problems.concat().contains("hunter2"));
    }
}
