//! Where the files of a sync are, and what they say.

use std::path::{Component, Path, PathBuf};

use varanus_host::apart::apart;
use varanus_proto::entity::resource_sync::{ResourceSync, SyncFileContents};
use varanus_proto::resource_file::{self, Level};
use varanus_proto::{Error, Result};

use crate::Core;
use crate::git::{self, Place};

/// Bytes of one file, and how many files a sync reads at most.
const LARGEST: u64 = 4 << 20;
const MOST: usize = 2_000;
/// Folders within folders.
const DEEPEST: usize = 20;

/// The files of a sync.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What could be read.
    pub contents: Vec<SyncFileContents>,
    /// What could not, with the reason in place of the contents.
    pub errors: Vec<SyncFileContents>,
    /// The commit that they are of, and its message; for a repository.
    pub commit: Option<(String, String)>,
}

/// Reads the files of a sync. A fetch of its repository that began after `since`
/// (Unix milliseconds) is new enough.
pub async fn files(core: &Core, sync: &ResourceSync, since: i64) -> Result<Files> {
    let config = &sync.config;
    let paths = config.resource_path.0.clone();
    if config.files_on_host {
        let root = core.config.sync_directory.join(folder_name(&sync.name)?);
        return apart(move || from_host(&root, &paths)).await;
    }
    if let Some(place) = Place::of_sync(core, sync)? {
        let clone = git::checkout(core, &place, since).await?;
        let root = clone.path.clone();
        let mut files = apart(move || from_host(&root, &paths)).await?;
        files.commit = Some((clone.hash.clone(), clone.message.clone()));
        return Ok(files);
    }
    if config.file_contents.is_empty() {
        return Err(Error::invalid(format!(
            "sync {:?} has no files: set file_contents, files_on_host or a repository",
            sync.name
        )));
    }
    let contents = config.file_contents.0.clone();
    let path = "the sync's file_contents".to_owned();
    let file = SyncFileContents { resource_path: String::new(), path, contents };
    Ok(Files { contents: vec![file], ..Files::default() })
}

/// Whether the files of a sync are a part of its configuration.
pub(super) fn is_inline(sync: &ResourceSync) -> bool {
    let config = &sync.config;
    !config.files_on_host && config.linked_repo.is_empty() && config.repo.is_empty()
}

/// What the files declare. Every error of every file is told.
pub fn read(files: &Files) -> Result<resource_file::Files> {
    let mut read = resource_file::Files::default();
    for file in &files.contents {
        // A folder may hold other TOML; a file that is named must be ours.
        let sure = file.resource_path.is_empty() || file.resource_path == file.path;
        read.add(&file.path, &file.contents, sure);
    }
    let broken = files.errors.iter().map(|file| format!("{}: {}", file.path, file.contents));
    let errors: Vec<_> = broken.chain(read.told(Level::Error)).collect();
    match errors.is_empty() {
        true => Ok(read),
        false => Err(Error::invalid(format!(
            "the files cannot be read, so nothing is changed:\n{}",
            errors.join("\n")
        ))),
    }
}

/// The name of a sync as the name of its folder.
pub(super) fn folder_name(name: &str) -> Result<&str> {
    let mut parts = Path::new(name).components();
    match parts.all(|part| matches!(part, Component::Normal(_))) && !name.is_empty() {
        true => Ok(name),
        false => Err(Error::invalid(format!("{name:?} is no name of a folder; rename the sync"))),
    }
}

fn from_host(root: &Path, paths: &[String]) -> Files {
    let mut files = Files::default();
    for path in paths {
        if let Err(error) = take(root, path, &mut files) {
            let contents = error.to_string();
            files.errors.push(SyncFileContents {
                resource_path: path.clone(),
                path: path.clone(),
                contents,
            });
        }
    }
    files
}

fn take(root: &Path, path: &str, files: &mut Files) -> Result<()> {
    let missing = |what: &Path, error: std::io::Error| {
        Error::not_found(format!("{} cannot be read on Core's host", what.display())).cause(error)
    };
    let root = root.canonicalize().map_err(|error| missing(root, error))?;
    let within = root.join(path);
    let place = within.canonicalize().map_err(|error| missing(&within, error))?;
    if !place.starts_with(&root) {
        return Err(Error::invalid(format!(
            "{path:?} leads out of {}; a resource_path stays within it",
            root.display()
        )));
    }
    let mut found = Vec::new();
    match place.is_dir() {
        true => list(&place, 0, &mut found)?,
        false => found.push(place),
    }
    found.sort();
    for file in found {
        if files.contents.len() >= MOST {
            return Err(Error::invalid(format!("there are more than {MOST} files")));
        }
        let shown = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        let size = file.metadata().map_err(|error| missing(&file, error))?.len();
        if size > LARGEST {
            return Err(Error::invalid(format!(
                "{shown} has {size} bytes; {LARGEST} are the most"
            )));
        }
        let contents = std::fs::read_to_string(&file).map_err(|error| missing(&file, error))?;
        files.contents.push(SyncFileContents { resource_path: path.into(), path: shown, contents });
    }
    Ok(())
}

/// The resource files of a folder and of those within. Links are not followed:
/// they may lead anywhere, and back.
fn list(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::failed(format!("{} cannot be listed", folder.display())).cause(error)
    };
    if depth > DEEPEST {
        return Err(Error::invalid(format!("{} is too deep", folder.display())));
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_dir() && entry.file_name() != ".git" {
            list(&path, depth + 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
    Ok(())
}
