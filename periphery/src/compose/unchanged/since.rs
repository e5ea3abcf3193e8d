//! Which files differ from those of a stack's last deploy, of a stack whose files
//! are on this host: those that its compose files name, and no other.
//!
//! After a deploy that succeeded a digest of each is kept. It is keyed, so that it
//! says nothing of the secrets that may be in them. Which files there are is found
//! as compose does; one whose name has a variable in it, and what is built, is not
//! known and not compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use varanus_proto::Result;
use varanus_proto::agent::compose::{Deployed, FilesChanged};
use varanus_proto::entity::stack::{Stack, StackFileDependency};
use varanus_proto::stack_files::{compose_files, default_env, tracked};

use super::{folder as records, key, reads};
use crate::agent::{Agent, folder_name};
use crate::apart::apart;
use crate::compose::files::Placed;
use crate::repo::write_secret_file;

/// Digests by paths, relative to the run directory where they are in it.
type Digests = BTreeMap<String, String>;

fn record(agent: &Agent, project: &str) -> Result<PathBuf> {
    Ok(records(agent).join(format!("{}.files.json", folder_name(project)?)))
}

/// How the files are before a deploy; `None` for stacks of which Core knows it
/// otherwise, and for a part of a stack.
pub async fn before(
    agent: &Agent,
    stack: &Stack,
    services: &[String],
    placed: &Placed,
) -> Option<String> {
    if !stack.config.files_on_host || !services.is_empty() {
        return None;
    }
    let env_file = default_env(&stack.config.env_file_path).to_owned();
    let folder = placed.folder.clone();
    let found = digests(agent, folder, compose_files(stack), tracked(stack), env_file).await;
    serde_json::to_string(&found.ok()?).ok()
}

/// Keeps how they were, once they are deployed.
pub async fn keep(agent: &Agent, project: &str, before: Option<String>) {
    let Some(text) = before else { return };
    let kept = async { write_secret_file(&record(agent, project)?, text.as_bytes()).await };
    if let Err(error) = kept.await {
        tracing::warn!(project, %error, "which files were deployed was not kept");
    }
}

/// What differs from the last deploy.
pub async fn changed(
    agent: &Agent,
    folder: PathBuf,
    files: Vec<StackFileDependency>,
    of: Deployed,
) -> Result<FilesChanged> {
    let Ok(text) = tokio::fs::read(record(agent, &of.project)?).await else {
        return Ok(FilesChanged::Unknown);
    };
    let Ok(before) = serde_json::from_slice::<Digests>(&text) else {
        return Ok(FilesChanged::Unknown);
    };
    let named = files.iter().take(of.compose_files).map(|file| file.path.clone()).collect();
    let now = digests(agent, folder, named, files, of.env_file).await?;
    let differs = |path: &&String| before.get(*path) != now.get(*path);
    let paths: BTreeSet<_> = before.keys().chain(now.keys()).filter(differs).cloned().collect();
    Ok(FilesChanged::Paths(paths.into_iter().collect()))
}

async fn digests(
    agent: &Agent,
    folder: PathBuf,
    compose_files: Vec<String>,
    tracked: Vec<StackFileDependency>,
    env_file: String,
) -> Result<Digests> {
    let secret = key::secret(&records(agent)).await?;
    let read = move || {
        let mut files = reads::known(&folder, &compose_files);
        if !env_file.is_empty() {
            let path = folder.join(env_file);
            let contents = std::fs::read(&path).ok();
            files.entry(path).or_insert(contents);
        }
        for file in tracked {
            // Core compares these itself, and knows what a change of each asks for.
            files.remove(&folder.join(file.path));
        }
        files.into_iter().map(|(path, contents)| digest(&secret, &folder, path, contents)).collect()
    };
    apart(read).await
}

fn digest(
    secret: &[u8],
    folder: &Path,
    path: PathBuf,
    contents: Option<Vec<u8>>,
) -> (String, String) {
    // What is decrypted for a deploy alone may be gone after it.
    let (path, contents) = match crate::secrets::encrypted_of_now(&path) {
        Some(name) => {
            let path = path.with_file_name(name);
            let contents = std::fs::read(&path).ok();
            (path, contents)
        }
        None => (path, contents),
    };
    let shown = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
    let Some(contents) = contents else { return (shown, String::new()) };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(&contents);
    (shown, hex::encode(&mac.finalize().into_bytes()[..16]))
}
