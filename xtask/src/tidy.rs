//! The rules of the house that can be read off its files. Each rule looks at one file, or at all names, and says what is
//! wrong, where, and why it matters. Knows nothing of what the code does.

mod crates;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

/// One file of the repository.
pub struct File {
    /// Its path from the root, with `/` between.
    pub path: String,
    /// Its text; empty for what is not text.
    pub text: String,
}

impl File {
    /// Whether its name ends in one of these.
    fn is(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    /// Whether a program wrote it, by its own word in the first lines.
    fn is_generated(&self) -> bool {
        self.text
            .lines()
            .take(3)
            .any(|line| line.contains("Do not edit") || line.contains("@generated"))
    }
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// All that is untidy: `path:line: what: why`, in the order of the paths.
pub fn findings(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(root, root, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut findings: Vec<String> = files.iter().flat_map(text::rules).collect();
    findings.extend(crates::rules(&files));
    findings
}

/// What is made by building, fetched or a person's own, and so not part of the house.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "data", "dist"];

fn collect(root: &Path, directory: &Path, files: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, files);
        } else if kind.is_file() {
            let name =
                path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { path: name, text: fs::read_to_string(&path).unwrap_or_default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        let findings = findings(&root());
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }
}
