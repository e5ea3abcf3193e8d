//! Which files are read, and in which order.
//!
//! A configuration path is a file, or a directory of which the files that
//! match a wildcard keyword are taken, sorted by the keyword's position, then
//! by path. An include file (`.kcoreinclude` and the like) of such a directory
//! lists further paths, one a line, relative to it; they come after the
//! directory's own files and are treated the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::format::Format;

/// The files of the paths, in the order they are merged.
pub(crate) struct Found {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) problems: Vec<String>,
}

/// Where to look. `origin` says who named the paths, for messages; paths that
/// nobody named may be missing.
pub(crate) struct Search<'a> {
    pub(crate) keywords: &'a [String],
    pub(crate) include_file: &'a str,
    pub(crate) origin: Option<&'a str>,
}

impl Search<'_> {
    pub(crate) fn run(&self, paths: &[PathBuf]) -> Found {
        let mut found = Found { files: Vec::new(), problems: Vec::new() };
        let mut seen = BTreeSet::new();
        for path in paths {
            self.path(path, self.origin, &mut seen, &mut found);
        }
        found
    }

    fn path(
        &self,
        path: &Path,
        origin: Option<&str>,
        seen: &mut BTreeSet<PathBuf>,
        found: &mut Found,
    ) {
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                if let Some(origin) = origin {
                    found.problems.push(format!("{origin}: {}: {error}", path.display()));
                }
                return;
            }
        };
        // A file named twice, or an include that names its own directory.
        if !seen.insert(real.clone()) {
            return;
        }
        if real.is_dir() {
            self.directory(path, seen, found);
        } else if Format::of(path).is_some() {
            found.files.push(path.to_owned());
        } else {
            found.problems.push(format!(
                "{}: {}: the name of a configuration file ends in .toml, .yaml, .yml or .json",
                origin.unwrap_or("configuration path"),
                path.display()
            ));
        }
    }

    fn directory(&self, directory: &Path, seen: &mut BTreeSet<PathBuf>, found: &mut Found) {
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => {
                found.problems.push(format!("{}: cannot be listed: {error}", directory.display()));
                return;
            }
        };
        let mut own: Vec<(usize, PathBuf)> = entries
            .filter_map(|entry| entry.ok())
            .filter(|entry| entry.path().is_file() && Format::of(&entry.path()).is_some())
            .filter_map(|entry| {
                let name = entry.file_name().to_string_lossy().into_owned();
                let rank = self.keywords.iter().position(|keyword| matches(keyword, &name))?;
                Some((rank, entry.path()))
            })
            .collect();
        own.sort();
        for (_, path) in own {
            self.path(&path, None, seen, found);
        }

        let include = directory.join(self.include_file);
        let Ok(text) = std::fs::read_to_string(&include) else { return };
        for (number, line) in text.lines().enumerate() {
            let line = line.split(" #").next().unwrap_or_default().trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let origin = format!("{}:{}", include.display(), number + 1);
            self.path(&directory.join(line), Some(&origin), seen, found);
        }
    }
}

/// Whether a name matches a pattern of `*` (any text) and `?` (one character).
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let cases = [
            ("*config.*", "config.toml", true),
            ("*config.*", "core.config.toml", true),
            ("*config.*", "config", false),
            ("*config.*", "configs.toml", false),
            ("*komodo.cli*.*", "my.komodo.cli.prod.toml", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("", "", true),
            ("*", "", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_come_by_keyword_then_path_and_includes_last() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        std::fs::create_dir_all(dir.join("more")).unwrap();
        for name in [
            "b.config.toml",
            "a.config.yaml",
            "z.first.json",
            "config.toml.bak",
            "note.md",
            "more/x.config.toml",
            "single.toml",
        ] {
            std::fs::write(dir.join(name), "").unwrap();
        }
        std::fs::write(dir.join(".include"), "# comment\nmore\nsingle.toml # one file\n.\n")
            .unwrap();
        let keywords = ["*first*".to_owned(), "*config.*".to_owned()];
        let search = Search { keywords: &keywords, include_file: ".include", origin: Some("X") };
        let found = search.run(&[dir.to_owned()]);
        let names: Vec<_> = found
            .files
            .iter()
            .map(|path| path.strip_prefix(dir).unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(
            names,
            ["z.first.json", "a.config.yaml", "b.config.toml", "more/x.config.toml", "single.toml"]
        );
        assert!(found.problems.is_empty(), "{:?}", found.problems);
    }

    #[test]
    fn a_path_somebody_named_must_exist() {
        let keywords = ["*".to_owned()];
        let mut search =
            Search { keywords: &keywords, include_file: ".i", origin: Some("KOMODO_CONFIG_PATHS") };
        let found = search.run(&["/nowhere/here".into()]);
        assert!(found.problems[0].starts_with("KOMODO_CONFIG_PATHS: /nowhere/here: "));
        search.origin = None;
        assert!(search.run(&["/nowhere/here".into()]).problems.is_empty());
    }
}
