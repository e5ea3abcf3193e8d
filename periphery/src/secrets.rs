//! Secrets of a stack's repository: SOPS files, decrypted where compose needs
//! them.
//!
//! A person's `pre_deploy` hook runs before compose. The hook `sops-decrypt.sh`
//! is one that every host has: where no such program is installed, the agent
//! itself decrypts `*.sops.env`, `*.sops.json`, `*.sops.yaml` and `*.sops.yml`
//! of that folder next to them, without `.sops` in the name.

use std::path::{Path, PathBuf};

use varanus_proto::agent::compose::DeployStackResponse;
use varanus_proto::entity::stack::Stack;
use varanus_proto::environment::parse_command;
use varanus_proto::{Context as _, Error, Result};
use varanus_sops::{Format, Identities};

use crate::agent::Agent;
use crate::compose::files::Placed;
use crate::repo;
use crate::work::{Work, log};

/// The hook that the agent knows itself.
const DECRYPT: &str = "sops-decrypt.sh";

/// Endings of encrypted files.
const ENDINGS: [&str; 4] = ["env", "json", "yaml", "yml"];

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
            let folder = placed.hook_folder(hook)?;
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
    parse_command(&hook.command).trim() == DECRYPT && !is_on_path(DECRYPT)
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
    let files = encrypted(&placed.hook_folder(&stack.config.pre_deploy)?).await?;
    Ok(files.into_iter().map(|(_, plain)| plain).collect())
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// `app.sops.env` → `app.env`, `.sops.env` → `.env`.
fn plain_name(name: &str) -> Option<String> {
    let (rest, ending) = name.rsplit_once('.')?;
    let stem = rest.strip_suffix(".sops")?;
    ENDINGS.contains(&ending).then(|| format!("{stem}.{ending}"))
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
        if let Some(plain) = entry.file_name().to_str().and_then(plain_name) {
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

/// The values of an env file are hidden in everything that comes after.
fn hide(work: &Work, from: &Path, text: &[u8]) {
    if from.extension().is_some_and(|ending| ending == "env")
        && let Ok(text) = std::str::from_utf8(text)
    {
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = value.trim().trim_matches(['"', '\'']);
            // Numbers and switches are no secrets; hiding them garbles logs.
            if value.len() >= 6 && !name.starts_with('#') {
                work.redactor.add(value, name.trim());
            }
        }
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
    fn decrypted_files_lose_sops_from_their_name() {
        for (from, to) in [
            (".sops.env", Some(".env")),
            ("app.sops.env", Some("app.env")),
            ("a.b.sops.yaml", Some("a.b.yaml")),
            ("sops.env", None),
            (".env", None),
            ("app.env", None),
            ("app.sops.txt", None),
        ] {
            assert_eq!(plain_name(from).as_deref(), to, "{from}");
        }
    }
}
