//! Paths below a folder that others fill.
//!
//! A repository may hold symbolic links, and a stack's configuration may come
//! from a repository too. What is read or written for them stays inside the
//! folder that is theirs, wherever a link points. An absolute path is a person's
//! own choice of another place on the host, and is left to its caller.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use varanus_proto::{Error, Result};

use crate::apart::apart;

/// A file of a repository that is larger is not read: it is no configuration.
const LARGEST: u64 = 8 << 20;

/// The real place of a path, when it is inside `root`, links followed. What is
/// not there yet is taken as written.
///
/// Errors: `Invalid` for a path that leads out of `root`, or through a link to
/// nowhere; `Failed` when the file system refuses.
pub async fn inside(root: &Path, path: &Path) -> Result<PathBuf> {
    let (root, path) = (root.to_owned(), path.to_owned());
    apart(move || inside_now(&root, &path)).await?
}

/// The same for a file that is to be written. Its last part is not followed, as
/// the new file takes the place of a link; and git's own files are nobody's.
pub async fn writable(root: &Path, path: &Path) -> Result<PathBuf> {
    let (root, path) = (root.to_owned(), path.to_owned());
    apart(move || writable_now(&root, &path)).await?
}

/// [`inside`], for whoever waits for the file system anyway.
pub fn inside_now(root: &Path, path: &Path) -> Result<PathBuf> {
    let (root, found) = (real(root)?, real(path)?);
    match found.starts_with(&root) {
        true => Ok(found),
        false => Err(Error::invalid(format!(
            "{} leads out of {}, to {}; a file of a repository must be inside it. If another \
             place on this host is meant, give its absolute path",
            path.display(),
            root.display(),
            found.display()
        ))),
    }
}

fn writable_now(root: &Path, path: &Path) -> Result<PathBuf> {
    let named = path.file_name().filter(|_| !path.as_os_str().as_encoded_bytes().ends_with(b"/"));
    let (Some(name), Some(folder)) = (named, path.parent()) else {
        return Err(Error::invalid(format!("{} is no name of a file", path.display())));
    };
    let folder = inside_now(root, folder)?;
    let root = real(root)?;
    let below = folder.strip_prefix(&root).unwrap_or(&folder);
    let is_git = |part: &OsStr| part.eq_ignore_ascii_case(".git");
    if is_git(name) || below.iter().any(is_git) {
        return Err(Error::invalid(format!(
            "{} belongs to git itself and is not written",
            path.display()
        )));
    }
    Ok(folder.join(name))
}

/// A path with every link in it followed, as far as it exists.
fn real(path: &Path) -> Result<PathBuf> {
    let wrong = |error: std::io::Error| {
        Error::failed(format!("the path {} cannot be followed", path.display())).cause(error)
    };
    let mut missing = Vec::new();
    let mut there = path;
    loop {
        match std::fs::canonicalize(there) {
            Ok(found) => return Ok(missing.iter().rev().fold(found, |path, part| path.join(part))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
        }
        if there.symlink_metadata().is_ok() {
            return Err(Error::invalid(format!("the link {} leads nowhere", there.display())));
        }
        match (there.components().next_back(), there.parent()) {
            (Some(Component::Normal(part)), Some(parent)) => {
                missing.push(part);
                // The parent of a relative name is where one is.
                there = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            }
            _ => {
                return Err(Error::not_found(format!("{} is not there", there.display())));
            }
        }
    }
}

/// Reads a file of a person or a repository: a plain file of a bounded size.
/// With a root, it must be inside of it.
pub async fn read(root: Option<&Path>, path: &Path) -> Result<String> {
    let (root, path) = (root.map(Path::to_owned), path.to_owned());
    let work = move || {
        let found = match &root {
            Some(root) => inside_now(root, &path)?,
            None => path.clone(),
        };
        let unreadable = |error: std::io::Error| {
            Error::not_found(format!("the file {} cannot be read", path.display())).cause(error)
        };
        let about = std::fs::metadata(&found).map_err(unreadable)?;
        let what = match (about.is_file(), about.len()) {
            (false, _) => "is no file".to_owned(),
            (true, size) if size > LARGEST => {
                format!("has {size} bytes; {LARGEST} are the most")
            }
            (true, _) => return std::fs::read_to_string(&found).map_err(unreadable),
        };
        Err(Error::invalid(format!("{} {what}", path.display())))
    };
    apart(work).await?
}

/// A path that a person or a repository gives, below a folder. An absolute one
/// is refused, so is one that leads out of the folder.
pub fn below(folder: &Path, path: &str) -> Result<PathBuf> {
    let given = Path::new(path);
    let escapes = given.components().any(|part| {
        matches!(part, Component::ParentDir | Component::RootDir | Component::Prefix(_))
    });
    match escapes {
        false => Ok(folder.join(given)),
        true => Err(Error::invalid(format!("the path {path:?} leads out of {}", folder.display()))),
    }
}

/// A name as the name of a folder (Komodo 2.3: spaces and newlines become `_`).
pub fn folder_name(name: &str) -> Result<String> {
    let name = name.trim().replace([' ', '\n'], "_");
    let escapes = name.is_empty() || name == "." || name == ".." || name.contains('/');
    // What comes of a longer name, as a temporary file's, must fit too.
    match escapes || name.len() > 200 || name.chars().any(char::is_control) {
        false => Ok(name),
        true => Err(Error::invalid(format!("{name:?} cannot be the name of a folder"))),
    }
}

/// Writes a file that nobody else may read, all of it or nothing. Never follows
/// a link that a repository may have left in its place.
pub async fn write_secret_file(path: &Path, contents: &[u8]) -> Result<()> {
    let (path, contents) = (path.to_owned(), contents.to_vec());
    let failed = move |error: std::io::Error, path: &Path| {
        Error::failed(format!("the file {} cannot be written", path.display())).cause(error)
    };
    apart(move || {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let wrong = |error| failed(error, &path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.varanus-new"));
        let _ = std::fs::remove_file(&temporary);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(wrong)?;
        file.write_all(&contents).map_err(wrong)?;
        file.sync_all().map_err(wrong)?;
        std::fs::rename(&temporary, &path).map_err(wrong)
    })
    .await?
}

#[cfg(test)]
mod tests;
