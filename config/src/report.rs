//! What is wrong with a configuration: collected, then told at once.

use std::fmt;

use crate::node::{Data, Node};

/// The place and the expectation a value is read for.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The dotted key, as `database.uri` or `git_providers[0].domain`.
    pub key: &'a str,
    /// What is expected, as "a port number 0–65535".
    pub shape: &'a str,
    /// Whether the value must not be shown.
    pub secret: bool,
}

/// Problems end the start, warnings are logged.
#[derive(Debug, Default)]
pub struct Report {
    /// Each a full sentence that starts with the place.
    pub problems: Vec<String>,
    /// Each a full sentence that starts with the place.
    pub warnings: Vec<String>,
}

impl Report {
    /// Says that a value is not what is expected.
    pub fn mismatch(&mut self, node: &Node, at: At<'_>) {
        let shown = match &node.data {
            Data::List(_) => "a list".into(),
            Data::Table(_) => "a table".into(),
            _ if at.secret => "the value (not shown)".into(),
            data => data.show(),
        };
        self.problem(node, at.key, format!("{shown} is not {}", at.shape));
    }

    /// Says what is wrong with the value at a key.
    pub fn problem(&mut self, node: &Node, key: &str, message: impl fmt::Display) {
        self.problems.push(format!("{}: {message}", node.source.describe(key)));
    }
}

/// A configuration that cannot be used: every problem, one a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The program whose `--help` lists the keys.
    pub program: &'static str,
    /// Each a full sentence that names its source.
    pub problems: Vec<String>,
}

impl Invalid {
    /// The exit code of a program that cannot use its configuration.
    pub const EXIT_CODE: u8 = 2;
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => writeln!(f, "{}: the configuration has a problem:", self.program)?,
            n => writeln!(f, "{}: the configuration has {n} problems:", self.program)?,
        }
        for problem in &self.problems {
            writeln!(f, "  {problem}")?;
        }
        write!(f, "`{} --help` lists every setting.", self.program)
    }
}

impl fmt::Debug for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Invalid {}

impl From<Invalid> for varanus_proto::Error {
    fn from(invalid: Invalid) -> Self {
        varanus_proto::Error::invalid(invalid.to_string())
    }
}
