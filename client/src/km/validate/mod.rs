//! `km validate`: checks resource files without a Core.
//!
//! Every error and warning is told with its file, line and field, one a line on
//! standard output, as a sync would tell it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use varanus_proto::resource_file::{Files, Level};
use varanus_proto::{Error, Result};

use crate::show;

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
    let mut checked = Files::default();
    for path in &files {
        let text = fs::read_to_string(path).map_err(|error| {
            Error::invalid(format!("{} cannot be read", path.display())).cause(error)
        })?;
        // A folder may hold other TOML; a file that is named must be what it is said to be.
        let sure = paths.contains(path);
        checked.add(&path.display().to_string(), &text, sure);
    }
    let (mut errors, mut warnings) = (0, 0);
    for finding in &checked.findings {
        let is_error = match finding.level {
            Level::Error => true,
            Level::UnknownKey => strict,
            Level::Hint => false,
        };
        *(if is_error { &mut errors } else { &mut warnings }) += 1;
        let level = if is_error { "error" } else { "warning" };
        show::print(&format!("{}:{}: {level}: {finding}", finding.file, finding.line));
    }
    show::notice(&format!(
        "{} files, {} resources: {errors} errors, {warnings} warnings",
        files.len(),
        checked.declared()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    #[test]
    fn a_real_repository_passes() {
        let homeops = [root().join("client/fixtures/homeops")];
        assert_eq!(run(&homeops, true).unwrap(), ExitCode::SUCCESS);
    }

    #[test]
    fn every_example_of_the_documentation_passes() {
        let mut examples = 0;
        for entry in fs::read_dir(root().join("docs")).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|end| end != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for (number, block) in text.split("```toml\n").skip(1).enumerate() {
                let block = block.split("```").next().unwrap_or_default();
                let mut checked = Files::default();
                let name = format!("{} example {}", path.display(), number + 1);
                // Where only an alerter's endpoint is shown, the alerter is around it.
                let is_whole = block.lines().any(|line| line.starts_with("[["));
                let around = "[[alerter]]\nname = 'a'\n[alerter.config]\n";
                let text = format!("{}{block}", if is_whole { "" } else { around });
                checked.add(&name, &text, true);
                assert!(checked.findings.is_empty(), "{name}: {:?}", checked.findings);
                examples += 1;
            }
        }
        assert!(examples >= 8, "{examples} examples were found");
    }

    #[test]
    fn folders_are_searched_and_other_toml_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/servers.toml", "[[server]]\nname = 'a'\n");
        write("b/app.toml", "port = 3\n");
        write("b/readme.md", "no");
        let all = [home.path().to_owned()];
        assert_eq!(run(&all, true).unwrap(), ExitCode::SUCCESS);
        write("c.toml", "[[server]]\nname = 'c'\nnmae = 'd'\n");
        assert_eq!(run(&all, false).unwrap(), ExitCode::SUCCESS);
        assert_eq!(run(&all, true).unwrap(), ExitCode::FAILURE);
        write("d.toml", "[[server]]\nname = 'a'\n");
        assert_eq!(run(&all, false).unwrap(), ExitCode::FAILURE);
        assert!(run(&[home.path().join("none")], false).is_err());
    }
}
