//! The files that compose reads for a project, found without compose.
//!
//! Files name others: `include`, `extends`, `env_file`, `label_file`, and the
//! `file` of a config or secret. Where a path is relative to is compose's own
//! affair; here every place is taken that it may mean. What cannot be known for
//! sure is an error, and then the deploy goes its whole way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_yaml_ng::Value;

/// A file's contents, or that it is not there.
pub type Files = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// Why it cannot be known what compose reads.
pub type Unknown = String;

/// More files than this are not followed.
const MOST_FILES: usize = 500;

/// A larger file is not read.
const LARGEST: u64 = 8 << 20;

/// Nor are more bytes in all.
const LARGEST_SUM: u64 = 64 << 20;

/// Below these keys are values that name no files.
const VALUES: &[&str] =
    &["environment", "labels", "annotations", "sysctls", "driver_opts", "command", "entrypoint"];

/// Sections whose work is never left out.
const NEVER: &[&str] = &["build", "provider", "credential_spec", "use_api_socket", "models"];

/// Every file that compose reads for these compose files, run in a folder; and
/// the optional ones that are not there.
pub fn files(folder: &Path, compose_files: &[String]) -> Result<Files, Unknown> {
    let mut walk = Walk::default();
    walk.project(folder, compose_files)?;
    Ok(walk.files)
}

/// The same without what cannot be known.
pub fn known(folder: &Path, compose_files: &[String]) -> Files {
    let mut walk = Walk { leaves_out: true, ..Walk::default() };
    // Whatever was found until then counts.
    let _ = walk.project(folder, compose_files);
    walk.files
}

#[derive(Default)]
struct Walk {
    files: Files,
    seen: BTreeSet<(PathBuf, Vec<PathBuf>)>,
    /// Bytes of all files so far.
    bytes: u64,
    /// What cannot be known is left out, rather than being an error.
    leaves_out: bool,
}

impl Walk {
    fn project(&mut self, folder: &Path, compose_files: &[String]) -> Result<(), Unknown> {
        let first = compose_files.first().map(|file| folder.join(file));
        let project = first.as_deref().and_then(Path::parent).unwrap_or(folder).to_owned();
        for base in [folder, &project] {
            self.take(&base.join(".env")).map(drop).or_else(|unknown| self.leave_out(unknown))?;
        }
        for file in compose_files {
            self.compose_file(&folder.join(file), std::slice::from_ref(&project))
                .or_else(|unknown| self.leave_out(unknown))?;
        }
        Ok(())
    }

    /// Goes on without what is not known, where that is wanted.
    fn leave_out(&self, unknown: Unknown) -> Result<(), Unknown> {
        if self.leaves_out { Ok(()) } else { Err(unknown) }
    }

    /// Takes a file as it is. Whether it is there.
    fn take(&mut self, path: &Path) -> Result<bool, Unknown> {
        if let Some(known) = self.files.get(path) {
            return Ok(known.is_some());
        }
        if self.files.len() >= MOST_FILES {
            return Err(format!("it names more than {MOST_FILES} files"));
        }
        let unreadable = |error: std::io::Error| format!("{}: {error}", path.display());
        let contents = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(error)),
            Ok(about) if !about.is_file() || about.len() > LARGEST => {
                return Err(format!("{} is no file, or a large one", path.display()));
            }
            Ok(about) => {
                self.bytes += about.len();
                if self.bytes > LARGEST_SUM {
                    return Err(format!("its files have more than {LARGEST_SUM} bytes"));
                }
                Some(std::fs::read(path).map_err(unreadable)?)
            }
        };
        let there = contents.is_some();
        self.files.insert(path.to_owned(), contents);
        Ok(there)
    }

    /// Takes a compose file, and what it names relative to itself or to any of
    /// the bases.
    fn compose_file(&mut self, path: &Path, bases: &[PathBuf]) -> Result<(), Unknown> {
        if !self.seen.insert((path.to_owned(), bases.to_vec())) {
            return Ok(());
        }
        if self.seen.len() > MOST_FILES {
            return Err(format!("it names more than {MOST_FILES} files"));
        }
        if !self.take(path)? {
            return Err(format!("{} is not there", path.display()));
        }
        let text = self.files.get(path).and_then(Option::as_deref).unwrap_or_default();
        let value: Value = serde_yaml_ng::from_slice(text)
            .map_err(|error| format!("{} is no YAML: {error}", path.display()))?;
        let mut bases = bases.to_vec();
        if let Some(own) = path.parent()
            && !bases.iter().any(|base| base == own)
        {
            bases.push(own.to_owned());
        }
        self.value(&value, &bases)
    }

    fn value(&mut self, value: &Value, bases: &[PathBuf]) -> Result<(), Unknown> {
        match value {
            Value::Mapping(map) => {
                for (key, value) in map {
                    let key = key.as_str().unwrap_or_default();
                    let taken = match key {
                        _ if NEVER.contains(&key) => Err(format!("it has {key:?}")),
                        _ if VALUES.contains(&key) || key.starts_with("x-") => Ok(()),
                        "include" => self.includes(untagged(value), bases),
                        "extends" => self.extends(untagged(value), bases),
                        "env_file" | "label_file" | "file" => self.named(untagged(value), bases),
                        "security_opt" => security(untagged(value)),
                        _ => self.value(value, bases),
                    };
                    taken.or_else(|unknown| self.leave_out(unknown))?;
                }
                Ok(())
            }
            Value::Sequence(items) => items.iter().try_for_each(|item| self.value(item, bases)),
            Value::Tagged(tagged) => self.value(&tagged.value, bases),
            _ => Ok(()),
        }
    }

    /// A path, a list of paths, or of `{path, required}`.
    fn named(&mut self, value: &Value, bases: &[PathBuf]) -> Result<(), Unknown> {
        match value {
            Value::Null => Ok(()),
            Value::String(path) => self.path(path, bases, true).map(drop),
            Value::Sequence(items) => {
                items.iter().try_for_each(|item| self.named(untagged(item), bases))
            }
            Value::Mapping(map) => {
                let required = !matches!(map.get("required"), Some(Value::Bool(false)));
                match map.get("path").map(untagged) {
                    Some(Value::String(path)) => self.path(path, bases, required).map(drop),
                    _ => Err("it names a file in an unknown form".into()),
                }
            }
            _ => Err("it names a file in an unknown form".into()),
        }
    }

    /// Takes a path at every place that it may mean; gives those that are there.
    fn path(
        &mut self,
        path: &str,
        bases: &[PathBuf],
        required: bool,
    ) -> Result<Vec<PathBuf>, Unknown> {
        if path.contains('$') || path.contains("://") || path.starts_with('~') {
            return Err(format!("it names the file {path:?}, which is not known before"));
        }
        let mut there = Vec::new();
        for base in bases {
            let place = base.join(path);
            if self.take(&place)? && !there.contains(&place) {
                there.push(place);
            }
        }
        match required && there.is_empty() {
            true => Err(format!("it names {path:?}, which is not there")),
            false => Ok(there),
        }
    }

    fn extends(&mut self, value: &Value, bases: &[PathBuf]) -> Result<(), Unknown> {
        let Value::Mapping(map) = value else { return Ok(()) };
        match map.get("file").map(untagged) {
            None | Some(Value::Null) => Ok(()),
            Some(Value::String(file)) => {
                for place in self.path(file, bases, true)? {
                    self.compose_file(&place, bases)?;
                }
                Ok(())
            }
            Some(_) => Err("it extends a file in an unknown form".into()),
        }
    }

    /// A path, a list of them, or of `{path, project_directory, env_file}`.
    fn includes(&mut self, value: &Value, bases: &[PathBuf]) -> Result<(), Unknown> {
        match value {
            Value::Null => Ok(()),
            Value::String(path) => self.include(std::slice::from_ref(path), bases.to_vec(), bases),
            Value::Sequence(items) => {
                items.iter().try_for_each(|item| self.includes(untagged(item), bases))
            }
            Value::Mapping(map) => {
                let paths = match map.get("path").map(untagged) {
                    Some(Value::String(path)) => vec![path.clone()],
                    Some(Value::Sequence(paths)) => paths
                        .iter()
                        .map(|path| path.as_str().map(str::to_owned))
                        .collect::<Option<_>>()
                        .ok_or("it includes a file in an unknown form")?,
                    _ => return Err("it includes a file in an unknown form".into()),
                };
                if let Some(env_file) = map.get("env_file") {
                    self.named(untagged(env_file), bases)?;
                }
                let mut within = bases.to_vec();
                match map.get("project_directory").map(untagged) {
                    None | Some(Value::Null) => {}
                    Some(Value::String(folder)) if !folder.contains('$') => {
                        within.extend(bases.iter().map(|base| base.join(folder)));
                    }
                    Some(_) => return Err("it includes a file in an unknown form".into()),
                }
                self.include(&paths, within, bases)
            }
            _ => Err("it includes a file in an unknown form".into()),
        }
    }

    fn include(
        &mut self,
        paths: &[String],
        mut within: Vec<PathBuf>,
        bases: &[PathBuf],
    ) -> Result<(), Unknown> {
        let mut found = Vec::new();
        for path in paths {
            found.extend(self.path(path, bases, true)?);
        }
        // The first one's folder is the project's.
        within.extend(found.iter().filter_map(|path| Some(path.parent()?.to_owned())));
        within.sort();
        within.dedup();
        for base in within.clone() {
            self.take(&base.join(".env"))?;
        }
        found.iter().try_for_each(|path| self.compose_file(path, &within))
    }
}

/// A seccomp profile is a file that the program reads.
fn security(value: &Value) -> Result<(), Unknown> {
    let options = value.as_sequence().into_iter().flatten().filter_map(Value::as_str);
    let mut profiles = options.filter(|option| option.starts_with("seccomp"));
    match profiles.find(|option| !option.ends_with("unconfined")) {
        None => Ok(()),
        Some(option) => Err(format!("it has {option:?}")),
    }
}

/// `!override` and `!reset` are compose's own affair.
fn untagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => untagged(&tagged.value),
        other => other,
    }
}

#[cfg(test)]
mod tests;
