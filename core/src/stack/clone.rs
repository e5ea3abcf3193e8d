//! The files of stacks that are in a repository, read from Core's own clone: one
//! fetch a repository and one comparison of two commits, however many stacks are
//! in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use varanus_host::apart::apart;
use varanus_host::{confine, sops};
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::stack::{Stack, StackFileDependency, StackRemoteFileContents};
use varanus_proto::stack_files::tracked;
use varanus_proto::{Error, Result};

use super::contents::{Beside, Latest};
use super::own::{Own, plain};
use crate::Core;
use crate::git::{self, Checkout, Place};

/// Larger files are not read.
const LARGEST: u64 = 8 << 20;

/// Up to which commit it is known that a stack's own files are as deployed, so
/// that later pushes are compared with that one: the same for all stacks.
#[derive(Default)]
pub struct Compared(Mutex<HashMap<String, Known>>);

#[derive(Clone, PartialEq, Eq)]
struct Known {
    deployed: String,
    folder: String,
    files: Vec<String>,
    commit: String,
}

impl Compared {
    /// The commit to compare with. `None` where nothing is known to be deployed.
    fn base(&self, stack: &Stack) -> Option<String> {
        let deployed = stack.info.deployed_hash.clone().filter(|hash| !hash.is_empty())?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let commit = known.get(stack.id.as_str()).filter(|known| {
            known.deployed == deployed
                && known.folder == stack.config.run_directory
                && known.files == *stack.config.file_paths
        });
        Some(commit.map_or(deployed, |known| known.commit.clone()))
    }

    /// Up to this commit nothing of a stack's own differs from what is deployed.
    pub(super) fn same(&self, stack: &Stack, commit: &str) {
        let Some(deployed) = stack.info.deployed_hash.clone() else { return };
        let known = Known {
            deployed,
            folder: stack.config.run_directory.clone(),
            files: stack.config.file_paths.to_vec(),
            commit: commit.to_owned(),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(stack.id.to_string(), known);
    }
}

/// What the files of stacks of one branch say, in their order. A fetch that began
/// after `since` is new enough; none is made where the clone is at `head`.
pub(super) async fn read(
    core: &Core,
    place: &Place,
    stacks: &[Arc<Stack>],
    since: i64,
    head: Option<&str>,
) -> Result<Vec<Latest>> {
    let clone = git::checkout_unless(core, place, since, head).await?;
    let mut questions = Vec::new();
    for stack in stacks {
        questions.push((stack.clone(), changed(core, &clone, stack).await));
    }
    let others = run_directories(core, place);
    let (root, hash, message) = (clone.path.clone(), clone.hash.clone(), clone.message.clone());
    let work = move || {
        let one = |(stack, changed): &(Arc<Stack>, Changed)| {
            let mut latest = of_stack(&root, stack, &others, changed.as_deref());
            (latest.hash, latest.message) = (Some(hash.clone()), Some(message.clone()));
            latest
        };
        questions.iter().map(one).collect()
    };
    let found = apart(work).await;
    drop(clone);
    found
}

/// The paths that differ from what a stack was compared with last; `None` when
/// that cannot be known.
type Changed = Option<Arc<Vec<String>>>;

async fn changed(core: &Core, clone: &Checkout, stack: &Stack) -> Changed {
    let base = core.compared.base(stack)?;
    if base.starts_with(&clone.hash) || clone.hash.starts_with(&base) {
        return Some(Arc::default());
    }
    match git::differing(core, clone, &base).await {
        Ok(changed) => changed,
        Err(error) => {
            tracing::debug!(stack = stack.name, %error, "two commits were not compared");
            None
        }
    }
}

/// The run directories of all stacks of a branch.
fn run_directories(core: &Core, place: &Place) -> Vec<String> {
    let of_place = |stack: &Arc<Stack>| {
        let theirs = Place::of_stack(core, stack).ok().flatten();
        theirs.is_some_and(|theirs| {
            (&theirs.provider, &theirs.repo, &theirs.branch)
                == (&place.provider, &place.repo, &place.branch)
        })
    };
    let stacks = core.catalog.stacks.all().into_iter().filter(of_place);
    let mut found: Vec<_> =
        stacks.filter_map(|stack| plain("", &stack.config.run_directory)).collect();
    found.retain(|folder| !folder.is_empty());
    found.sort();
    found.dedup();
    found
}

fn of_stack(
    root: &Path,
    stack: &Stack,
    others: &[String],
    changed: Option<&Vec<String>>,
) -> Latest {
    let mut latest = Latest::default();
    let folder = &stack.config.run_directory;
    let is_changed = |path: &str| {
        let path = plain(folder, path);
        changed.is_none_or(|changed| changed.iter().any(|one| Some(one) == path.as_ref()))
    };
    let deployed = stack.info.deployed_contents.as_deref().unwrap_or_default();
    for file in tracked(stack) {
        let before = deployed.iter().find(|before| before.path == file.path);
        let read = read_file(root, folder, &file.path);
        let contents = match (read, before) {
            // What is not in git is made on the host.
            (Err(_), Some(before)) if !is_changed(&file.path) => before.contents.clone(),
            (Ok(contents), Some(before))
                if !is_changed(&file.path) && is_shown_as(&contents, &before.contents) =>
            {
                before.contents.clone()
            }
            (Ok(contents), _) => contents,
            (Err(error), _) => {
                let contents = error.to_string();
                latest.errors.push(FileContents { path: file.path, contents });
                continue;
            }
        };
        let StackFileDependency { path, services, requires } = file;
        latest.contents.push(StackRemoteFileContents { path, contents, services, requires });
    }
    latest.beside = match changed {
        None => Beside::Unknown,
        Some(changed) if changed.is_empty() => Beside::Same,
        Some(changed) => {
            let own = Own::of(stack, others, |path| read_file(root, "", path).ok());
            match own.among(changed).as_slice() {
                [] => Beside::Same,
                paths => Beside::Differ(paths.iter().map(|path| (*path).to_owned()).collect()),
            }
        }
    };
    latest
}

/// Whether one text may be the other with secrets taken out: `<NAME>` in their
/// places.
fn is_shown_as(text: &str, shown: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (mut parts, mut part, mut rest) = (Vec::new(), String::new(), shown);
    while let Some((before, after)) = rest.split_once('<') {
        part.push_str(before);
        match after.split_once('>') {
            Some((name, after)) if is_name(name) => {
                parts.push(std::mem::take(&mut part));
                rest = after;
            }
            _ => {
                part.push('<');
                rest = after;
            }
        }
    }
    part.push_str(rest);
    let Some((first, middle)) = parts.split_first() else { return text == part };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some(at) = text.find(part.as_str()) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(&part)
}

fn read_file(root: &Path, folder: &str, path: &str) -> Result<String> {
    let path = plain(folder, path)
        .ok_or_else(|| Error::invalid(format!("{path:?} leads out of the repository")))?;
    if let Some(from) = sops::encrypted_name(&path)
        && root.join(&from).is_file()
    {
        let name = from.rsplit('/').next().unwrap_or(&from);
        return Ok(sops::in_place_of(name));
    }
    let place = confine::inside_now(root, &root.join(&path))?;
    let unreadable = |error: std::io::Error| {
        Error::not_found(format!("the file {path} cannot be read")).cause(error)
    };
    let about = std::fs::metadata(&place).map_err(unreadable)?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(Error::invalid(format!("{path} is no file, or larger than {LARGEST} bytes")));
    }
    std::fs::read_to_string(&place).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_without_its_secrets() {
        for (text, shown, same) in [
            ("a: 1", "a: 1", true),
            ("a: 1", "a: 2", false),
            ("a: hunter2\nb: 3", "a: <PASS_1>\nb: 3", true),
            ("a: hunter2\nb: 4", "a: <PASS_1>\nb: 3", false),
            ("x < y > z", "x < y > z", true),
            ("1 2 3", "<A> 2 <B>", true),
            ("1 3 3", "<A> 2 <B>", false),
        ] {
            assert_eq!(is_shown_as(text, shown), same, "{text} as {shown}");
        }
    }

    #[test]
    fn a_stack_is_compared_with_the_commit_that_was_looked_at_last() {
        let mut stack = Stack::default();
        let compared = Compared::default();
        assert_eq!(compared.base(&stack), None);
        stack.info.deployed_hash = Some("aaaaaaa".into());
        assert_eq!(compared.base(&stack).as_deref(), Some("aaaaaaa"));
        compared.same(&stack, "bbbbbbb");
        assert_eq!(compared.base(&stack).as_deref(), Some("bbbbbbb"));
        // Another folder has other files, and another deploy another beginning.
        stack.config.run_directory = "other".into();
        assert_eq!(compared.base(&stack).as_deref(), Some("aaaaaaa"));
        stack.config.run_directory.clear();
        stack.info.deployed_hash = Some("ccccccc".into());
        assert_eq!(compared.base(&stack).as_deref(), Some("ccccccc"));
    }
}
