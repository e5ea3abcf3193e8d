//! Resource files: TOML in which a person declares what is to be (Komodo 2.3
//! resource files).
//!
//! Text in, declarations and findings out, and back: no file is opened here. Everything
//! wrong is told at once, with its line and field. What a file says beside what
//! is known is no error, for files are shared with other versions; a caller may
//! be strict.

mod file;
mod node;
mod reader;
mod write;

#[cfg(test)]
mod broken;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use crate::entity::toml::ResourcesToml;

pub use write::write;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A sync would refuse it.
    Error,
    /// A sync would pass over it, and a person surely did not mean that.
    UnknownKey,
    /// It may well be meant.
    Hint,
}

/// Something to tell about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// How bad it is.
    pub level: Level,
    /// The resource and the field, or nothing for the file.
    pub place: String,
    /// What is wrong, and the cure.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

/// What some files declare together, and what is to be told of them.
#[derive(Debug, Default)]
pub struct Files {
    /// What is declared and could be read, in the order of the files.
    pub resources: ResourcesToml,
    /// In the order of the files and their lines.
    pub findings: Vec<Finding>,
    /// Where each resource is declared, by kind and name.
    names: BTreeMap<(&'static str, String), (String, usize)>,
}

impl Files {
    /// Reads one more file. Unless it is `sure` that it is a resource file, one
    /// that declares nothing of ours is left alone: folders hold other TOML too.
    pub fn add(&mut self, name: &str, text: &str, sure: bool) {
        let file = file::read(text, sure, &mut self.resources);
        let mut findings = file.findings;
        for declared in file.declared {
            let key = (declared.kind, declared.name);
            match self.names.get(&key) {
                Some((before, line)) => findings.push(Finding {
                    file: String::new(),
                    level: Level::Error,
                    line: declared.line,
                    place: format!("{} {:?}", key.0, key.1),
                    message: format!(
                        "is declared before, at {before}:{line}; remove one of them or give it \
                         another name"
                    ),
                }),
                None => {
                    self.names.insert(key, (name.to_owned(), declared.line));
                }
            }
        }
        findings.sort_by_key(|finding| finding.line);
        let named = |finding| Finding { file: name.to_owned(), ..finding };
        self.findings.extend(findings.into_iter().map(named));
    }

    /// How many resources have been declared.
    pub fn declared(&self) -> usize {
        self.names.len()
    }

    /// What is of this level, one a line: `FILE:LINE: PLACE: MESSAGE`.
    pub fn told(&self, level: Level) -> Vec<String> {
        let wanted = self.findings.iter().filter(|finding| finding.level == level);
        wanted.map(|finding| format!("{}:{}: {finding}", finding.file, finding.line)).collect()
    }
}
