//! `km validate`: checks resource files without a Core.
//!
//! Every error and warning is told with its file, line and field, one a line on
//! standard output. The shapes are those of `varanus-proto`, which a sync reads
//! too; this room must not know fields of its own.

mod file;
mod node;
mod reader;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use varanus_proto::{Error, Result};

use crate::show;
use file::{Finding, Level};

/// `km validate`: 0 when nothing is wrong, 1 when something is, an error when
/// a path cannot be read.
pub fn run(paths: &[PathBuf], strict: bool) -> Result<ExitCode> {
    let mut files = Vec::new();
    for path in paths {
        find(path, &mut files)?;
    }
    if files.is_empty() {
        return Err(Error::invalid("there is no .toml file"));
    }
    let mut checked = Checked::default();
    for path in &files {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::invalid(format!("{} cannot be read", path.display())).cause(error)
        })?;
        // A folder may hold other TOML; a file that is named must be what it is said to be.
        let sure = paths.contains(path);
        checked.add(path, &text, sure);
    }
    let (mut errors, mut warnings) = (0, 0);
    for (path, finding) in &checked.findings {
        let is_error = match finding.level {
            Level::Error => true,
            Level::UnknownKey => strict,
            Level::Hint => false,
        };
        *(if is_error { &mut errors } else { &mut warnings }) += 1;
        let level = if is_error { "error" } else { "warning" };
        show::print(&format!("{}:{}: {level}: {finding}", path.display(), finding.line));
    }
    show::notice(&format!(
        "{} files, {} resources: {errors} errors, {warnings} warnings",
        files.len(),
        checked.names.len()
    ));
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files at a path: itself, or every `.toml` below it in order of names.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::invalid(format!("{} cannot be read", path.display())).cause(error)
    };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries: Result<Vec<_>, _> = fs::read_dir(path).map_err(failed)?.collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, hidden) = (entry.path(), entry.file_name().as_encoded_bytes().starts_with(b"."));
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && !hidden {
            find(&path, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

/// What was found in all files.
#[derive(Default)]
struct Checked {
    findings: Vec<(PathBuf, Finding)>,
    /// Where each resource is declared, by kind and name.
    names: BTreeMap<(&'static str, String), (PathBuf, usize)>,
}

impl Checked {
    fn add(&mut self, path: &Path, text: &str, sure: bool) {
        let file = file::check(text, sure);
        let mut findings = file.findings;
        for declared in file.declared {
            let key = (declared.kind, declared.name);
            match self.names.get(&key) {
                Some((before, line)) => findings.push(Finding {
                    level: Level::Error,
                    line: declared.line,
                    place: format!("{} {:?}", key.0, key.1),
                    message: format!("is declared before, at {}:{line}", before.display()),
                }),
                None => {
                    self.names.insert(key, (path.to_owned(), declared.line));
                }
            }
        }
        findings.sort_by_key(|finding| finding.line);
        self.findings.extend(findings.into_iter().map(|finding| (path.to_owned(), finding)));
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
