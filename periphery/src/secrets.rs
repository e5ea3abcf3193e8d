//! Secrets of a stack's repository: SOPS files, decrypted where compose needs
//! them.
//!
//! A person's `pre_deploy` hook runs before compose. The hook `sops-decrypt.sh`
//! is one that every host has: where no such program is installed, the agent
//! itself decrypts `*.sops.env`, `*.sops.json`, `*.sops.yaml` and `*.sops.yml`
//! of that folder next to them, without `.sops` in the name.

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use varanus_proto::agent::compose::DeployStackResponse;
use varanus_proto::entity::stack::Stack;
use varanus_proto::environment::parse_command;
use varanus_proto::{Context as _, Error, Result};
use varanus_sops::{Format, Identities};

use crate::agent::Agent;
use crate::apart::apart;
use crate::compose::files::Placed;
use crate::process;
use crate::repo;
use crate::sops;
use crate::work::{Work, log};

/// The hook that the agent knows itself.
const DECRYPT: &str = "sops-decrypt.sh";

/// Larger files are not decrypted: they are no settings.
const LARGEST: u64 = 8 << 20;

/// Runs what comes before compose. Whether the deploy goes on.
pub async fn pre_deploy(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    placed: &Placed,
    response: &mut DeployStackResponse,
) -> Result<bool> {
    const STAGE: &str = "Pre Deploy";
    let hook = &stack.config.pre_deploy;
    let done = match is_ours(stack) {
        true => {
            let folder = placed.hook_folder(hook).await?;
            let done = decrypt_folder(agent, work, &folder).await;
            let mut log = log(STAGE, done);
            log.command = format!("{DECRYPT} (by the agent itself)");
            Some(log)
        }
        false => placed.run_hook(agent, work, STAGE, hook).await?,
    };
    let success = done.as_ref().is_none_or(|log| log.success);
    response.logs.extend(done);
    Ok(success)
}

/// Whether the agent itself does what the hook asks for.
fn is_ours(stack: &Stack) -> bool {
    let hook = &stack.config.pre_deploy;
    parse_command(&hook.command).trim() == DECRYPT && process::find(DECRYPT).is_none()
}

/// Whether a person's own command comes before compose.
pub fn is_own_hook(stack: &Stack) -> bool {
    !repo::hook_command(&stack.config.pre_deploy).is_empty() && !is_ours(stack)
}

/// The files that the agent itself decrypts for a stack, by their plain names.
pub async fn decrypted(stack: &Stack, placed: &Placed) -> Result<Vec<PathBuf>> {
    if !is_ours(stack) {
        return Ok(Vec::new());
    }
    let files = encrypted(&placed.hook_folder(&stack.config.pre_deploy).await?).await?;
    Ok(files.into_iter().map(|(_, plain)| plain).collect())
}

/// The name of the encrypted file that stands beside a decrypted one.
pub async fn encrypted_of(path: &Path) -> Option<String> {
    let path = path.to_owned();
    apart(move || encrypted_of_now(&path)).await.ok().flatten()
}

/// The same, for whoever waits for the file system anyway.
pub fn encrypted_of_now(path: &Path) -> Option<String> {
    let name = sops::encrypted_name(path.file_name()?.to_str()?)?;
    let about = std::fs::metadata(path.with_file_name(&name));
    about.is_ok_and(|about| about.is_file()).then_some(name)
}

/// The encrypted files of a folder with the names of what comes of them.
async fn encrypted(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let unreadable = |error: std::io::Error| {
        Error::failed(format!("the folder {} cannot be read", folder.display())).cause(error)
    };
    let mut entries = tokio::fs::read_dir(folder).await.map_err(unreadable)?;
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(unreadable)? {
        // No links: a repository must not make the agent read other files.
        if !entry.file_type().await.map_err(unreadable)?.is_file() {
            continue;
        }
        if let Some(plain) = entry.file_name().to_str().and_then(sops::plain_name) {
            found.push((entry.path(), folder.join(plain)));
        }
    }
    found.sort();
    Ok(found)
}

/// Decrypts every SOPS file of a folder; says which. Either all are written or
/// none is.
async fn decrypt_folder(agent: &Agent, work: &Work, folder: &Path) -> Result<String> {
    let files = encrypted(folder).await?;
    if files.is_empty() {
        return Ok(format!(
            "there is no *.sops.env, *.sops.json, *.sops.yaml or *.sops.yml in {}",
            folder.display()
        ));
    }
    let keys = identities(agent).await?;
    let mut plain = Vec::new();
    for (from, to) in files {
        let text = decrypt(&from, &keys)
            .await
            .with_context(|| format!("the file {} cannot be decrypted", from.display()))?;
        hide(work, &from, &text);
        plain.push((from, to, text));
    }
    let mut done = String::new();
    for (from, to, text) in plain {
        repo::write_secret_file(&to, &text).await?;
        done.push_str(&format!("decrypted {} to {}\n", from.display(), to.display()));
    }
    Ok(done)
}

async fn decrypt(path: &Path, keys: &Identities) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let format =
        Format::of_path(path).ok_or_else(|| Error::invalid("its name does not say its format"))?;
    let size = tokio::fs::metadata(path).await.map_or(0, |found| found.len());
    if size > LARGEST {
        return Err(Error::invalid(format!("it has {size} bytes; {LARGEST} are the most")));
    }
    let text = tokio::fs::read(path)
        .await
        .map_err(|error| Error::failed("it cannot be read").cause(error))?;
    varanus_sops::decrypt(&text, format, keys).map_err(|error| Error::failed(error.to_string()))
}

/// The values of a decrypted file are hidden in everything that comes after.
fn hide(work: &Work, from: &Path, text: &[u8]) {
    // Numbers and switches are no secrets; hiding them garbles logs.
    const SHORTEST: usize = 6;
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut values: Vec<(String, String)> = Vec::new();
    if from.extension().is_some_and(|ending| ending == "env") {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        for (name, value) in pairs.filter(|(name, _)| !name.starts_with('#')) {
            let value = value.trim().trim_matches(['"', '\'']);
            values.push((value.to_owned(), name.trim().to_owned()));
        }
    } else {
        // JSON is YAML, and either may have more than one document.
        for document in serde_yaml_ng::Deserializer::from_str(text) {
            if let Ok(value) = serde_yaml_ng::Value::deserialize(document) {
                leaves("SECRET", &value, &mut values);
            }
        }
    }
    values.retain(|(value, _)| value.len() >= SHORTEST);
    work.redactor.add_all(values.iter().map(|(value, name)| (value.as_str(), name.as_str())));
}

/// The texts of a document, each with the name of its field.
fn leaves(name: &str, value: &serde_yaml_ng::Value, found: &mut Vec<(String, String)>) {
    use serde_yaml_ng::Value;
    match value {
        Value::String(text) => found.push((text.clone(), name.to_owned())),
        Value::Sequence(items) => items.iter().for_each(|item| leaves(name, item, found)),
        Value::Mapping(map) => {
            for (key, value) in map {
                leaves(key.as_str().unwrap_or(name), value, found);
            }
        }
        Value::Tagged(tagged) => leaves(name, &tagged.value, found),
        _ => {}
    }
}

async fn identities(agent: &Agent) -> Result<Identities> {
    let config = &agent.config;
    if let Some(text) = &config.sops_age_key {
        return Identities::parse(text.expose())
            .map_err(|error| Error::invalid("SOPS_AGE_KEY holds no age key").cause(error));
    }
    let path = &config.sops_age_key_file;
    let text = tokio::fs::read_to_string(path).await.map_err(|error| {
        Error::invalid(format!(
            "the file of age keys {} cannot be read; put the host's key there, or set \
             SOPS_AGE_KEY or SOPS_AGE_KEY_FILE for the agent",
            path.display()
        ))
        .cause(error)
    })?;
    let text = zeroize::Zeroizing::new(text);
    Identities::parse(&text).map_err(|error| {
        Error::invalid(format!("{} holds no age key", path.display())).cause(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decrypted_is_hidden() {
        let work = Work::new(
            std::sync::Arc::new(crate::work::Silent),
            Default::default(),
            Default::default(),
        );
        hide(&work, Path::new("a.sops.env"), b"A=hunter2\nB=\"hunter3\"\nC=true\n");
        hide(&work, Path::new("a.sops.json"), br#"{"db": {"pass": ["hunter4", 5]}}"#);
        hide(&work, Path::new("a.sops.yaml"), b"x: |\n  hunter5\n---\ny: hunter6\n");
        let shown = work.redactor.redact("hunter2 hunter3 true hunter4 hunter5\n hunter6");
        assert_eq!(shown, "<A> <B> true <pass> <x> <y>");
    }
}
