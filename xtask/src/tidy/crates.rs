//! Rules about the crates and what they depend on.

use super::File;

/// Everything wrong with the manifests.
pub fn rules(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    let Some(workspace) = files.iter().find(|file| file.path == "Cargo.toml") else { return found };
    let manifests: Vec<&File> = files.iter().filter(|file| file.is(&["/Cargo.toml"])).collect();
    reasons(workspace, files, &mut found);
    forbidden(files, &mut found);
    for name in names(&workspace.text, "workspace.dependencies") {
        if !manifests.iter().any(|file| mentions(&file.text, &name)) {
            found.push(format!("Cargo.toml: no crate depends on `{name}`: take it away"));
        }
    }
    for manifest in manifests {
        for inherited in ["license.workspace = true", "[lints]\nworkspace = true"] {
            if !manifest.text.contains(inherited) {
                found.push(format!(
                    "{}: no `{}`: license and lints are the same for every crate",
                    manifest.path,
                    inherited.replace('\n', " ")
                ));
            }
        }
        unused(manifest, files, &mut found);
    }
    found
}

/// The names in `[workspace.dependencies]` or another table, our own crates apart.
fn names(manifest: &str, table: &str) -> Vec<String> {
    let header = format!("[{table}]");
    let lines = manifest.lines().skip_while(|line| *line != header).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['=', '.', ' ']).next().filter(|_| line.contains('=')))
        .filter(|name| !name.is_empty() && !name.starts_with('#') && !name.starts_with("varanus-"))
        .map(str::to_owned)
        .collect()
}

/// Every dependency has its row with a reason in docs/dependencies.md, and no row is left over.
fn reasons(workspace: &File, files: &[File], found: &mut Vec<String>) {
    let page = "docs/dependencies.md";
    let text = files.iter().find(|file| file.path == page).map_or("", |file| &file.text);
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let used = names(&workspace.text, "workspace.dependencies");
    for name in used.iter().filter(|name| !rows.contains(&name.as_str())) {
        found.push(format!(
            "{page}: no row for `{name}`: a dependency is chosen, for a reason that can be read"
        ));
    }
    for row in rows.iter().filter(|row| !used.iter().any(|name| name == *row)) {
        found.push(format!("{page}: `{row}` is no dependency any more: take its row away"));
    }
}

/// A crate that forbids more calls than the others forbids what the others do: clippy reads one file alone.
fn forbidden(files: &[File], found: &mut Vec<String>) {
    let common = files.iter().find(|file| file.path == "clippy.toml").map_or("", |file| &file.text);
    for own in files.iter().filter(|file| file.is(&["/clippy.toml"])) {
        for call in common.lines().filter(|line| line.trim_start().starts_with("{ path")) {
            if !own.text.lines().any(|line| line == call) {
                found.push(format!(
                    "{}: not the same as in clippy.toml: {}",
                    own.path,
                    call.trim()
                ));
            }
        }
    }
}

/// A dependency that no source of the crate names.
fn unused(manifest: &File, files: &[File], found: &mut Vec<String>) {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let sources: Vec<&File> =
        files.iter().filter(|file| file.path.starts_with(folder) && file.is(&[".rs"])).collect();
    let mut all = names(&manifest.text, "dependencies");
    all.extend(names(&manifest.text, "dev-dependencies"));
    for name in all {
        let word = name.replace('-', "_");
        if !sources.iter().any(|file| mentions(&file.text, &word)) {
            found.push(format!("{}: `{name}` is not used: it costs every build", manifest.path));
        }
    }
}

/// Whether the text has that word, not as a part of another.
fn mentions(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    const MANIFEST: &str = "[package]\nlicense.workspace = true\n\n[lints]\nworkspace = true\n\n[dependencies]\nserde.workspace = true\n";

    #[test]
    fn a_dependency_needs_a_reason_and_a_use() {
        let files = [
            file(
                "Cargo.toml",
                "[workspace.dependencies]\nserde = \"1\"\nvaranus-x = { path = \"x\" }\n",
            ),
            file("a/Cargo.toml", MANIFEST),
            file("a/src/lib.rs", "use serde_json;"),
            file("docs/dependencies.md", "| `old` | gone |\n"),
        ];
        let found = rules(&files).join("\n");
        assert!(found.contains("no row for `serde`"), "{found}");
        assert!(found.contains("`old` is no dependency any more"), "{found}");
        assert!(found.contains("a/Cargo.toml: `serde` is not used"), "{found}");
    }

    #[test]
    fn a_tidy_crate_has_nothing_to_say() {
        let files = [
            file("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n"),
            file("a/Cargo.toml", MANIFEST),
            file("a/src/lib.rs", "use serde::Serialize;"),
            file("docs/dependencies.md", "| `serde` | reads and writes |\n"),
        ];
        assert_eq!(rules(&files), [""; 0]);
    }

    #[test]
    fn a_dependency_that_no_crate_has_goes() {
        let files = [file("Cargo.toml", "[workspace.dependencies]\nold = \"1\"\n")];
        assert!(rules(&files).join("\n").contains("no crate depends on `old`"));
    }

    #[test]
    fn a_crate_that_forbids_more_forbids_what_all_do() {
        let common = "disallowed-methods = [\n    { path = \"a\" },\n    { path = \"b\" },\n]\n";
        let own = "disallowed-methods = [\n    { path = \"a\" },\n    { path = \"c\" },\n]\n";
        let files =
            [file("Cargo.toml", ""), file("clippy.toml", common), file("a/clippy.toml", own)];
        let found = rules(&files);
        assert_eq!(found, ["a/clippy.toml: not the same as in clippy.toml: { path = \"b\" },"]);
    }

    #[test]
    fn license_and_lints_are_inherited() {
        let files = [file("Cargo.toml", ""), file("a/Cargo.toml", "[package]\n")];
        assert_eq!(rules(&files).len(), 2);
    }
}
