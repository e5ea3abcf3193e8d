//! One value that stands for everything a deploy depends on.
//!
//! It is a keyed digest: the record that holds it says nothing of the secrets
//! that went into it, not even to somebody who guesses them.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use varanus_proto::entity::stack::Stack;
use varanus_proto::{Context as _, Error, Result};

use super::reads::Files;
use crate::repo::write_secret_file;

/// Raised when the agent's way of deploying changes.
const FORM: &str = "1";

/// Settings that say nothing of what runs.
const UNRELATED: &[&str] = &[
    "links",
    "poll_for_updates",
    "auto_update",
    "auto_update_all_services",
    "auto_update_skip_services",
    "webhook_enabled",
    "webhook_secret",
    "webhook_force_deploy",
    "send_alerts",
    "run_deadline_seconds",
    "git_account",
    "git_https",
];

/// Variables that an init system gives anew at each start.
const FLEETING: &[&str] = &[
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "_",
    "SHLVL",
    "OLDPWD",
];

/// What a deploy depends on.
pub struct Inputs<'a> {
    /// The stack, with every variable filled in.
    pub stack: &'a Stack,
    /// The services asked for; empty for all.
    pub services: &'a [String],
    /// The project's name.
    pub project: &'a str,
    /// The words that call compose, with its options.
    pub command: &'a [String],
    /// Where it runs.
    pub folder: &'a Path,
    /// The agent's environment, as compose gets it.
    pub environment: Vec<(String, String)>,
    /// The engine.
    pub engine: &'a str,
    /// Every file.
    pub files: &'a Files,
}

/// This agent's key for digests: 32 bytes at random, made when missing.
pub async fn secret(folder: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let path = folder.join(".key");
    if let Ok(key) = tokio::fs::read(&path).await
        && key.len() == 32
    {
        return Ok(zeroize::Zeroizing::new(key));
    }
    let mut key = zeroize::Zeroizing::new(vec![0; 32]);
    getrandom::fill(&mut key)
        .map_err(|error| Error::internal("the system gives no randomness").cause(error))?;
    write_secret_file(&path, &key).await.context("the key of the records of deploys")?;
    Ok(key)
}

impl Inputs<'_> {
    /// The digest, in hex.
    pub fn digest(&self, secret: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
        let mut feed = |part: &[u8]| {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        };
        let mut config = serde_json::to_value(&self.stack.config).unwrap_or_default();
        if let Some(config) = config.as_object_mut() {
            config.retain(|name, _| !UNRELATED.contains(&name.as_str()));
        }
        for text in [FORM, &self.stack.name, self.project, self.engine, &config.to_string()] {
            feed(text.as_bytes());
        }
        feed(self.folder.as_os_str().as_encoded_bytes());
        for list in [self.services, self.command] {
            feed(list.len().to_string().as_bytes());
            list.iter().for_each(|word| feed(word.as_bytes()));
        }
        let mut environment: Vec<_> = self.environment.iter().collect();
        // A container's is its id, which says nothing where no file asks for it.
        let asked = |name: &str| {
            let mut files = self.files.values().flatten();
            files.any(|text| text.windows(name.len()).any(|part| part == name.as_bytes()))
        };
        environment.retain(|(name, _)| match name.as_str() {
            "HOSTNAME" => asked(name),
            name => !FLEETING.contains(&name),
        });
        environment.sort();
        feed(environment.len().to_string().as_bytes());
        for (name, value) in environment {
            feed(name.as_bytes());
            feed(value.as_bytes());
        }
        for (path, contents) in self.files {
            feed(path.as_os_str().as_encoded_bytes());
            feed(if contents.is_some() { b"there" } else { b"absent" });
            feed(contents.as_deref().unwrap_or_default());
        }
        hex::encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(change: impl FnOnce(&mut Stack, &mut Files, &mut Vec<(String, String)>)) -> String {
        let mut stack = Stack { name: "a".into(), ..Stack::default() };
        let mut files = Files::from([("/s/compose.yaml".into(), Some(b"services: {}".to_vec()))]);
        let mut environment = vec![("PATH".to_owned(), "/bin".to_owned())];
        change(&mut stack, &mut files, &mut environment);
        let inputs = Inputs {
            stack: &stack,
            services: &[],
            project: "a",
            command: &["docker".to_owned()],
            folder: Path::new("/s"),
            environment,
            engine: "e",
            files: &files,
        };
        inputs.digest(b"secret")
    }

    #[test]
    fn whatever_a_deploy_depends_on_changes_the_digest() {
        let same = digest(|_, _, _| {});
        assert_eq!(same, digest(|stack, _, _| stack.config.send_alerts = false));
        assert_eq!(same, digest(|_, _, env| env.push(("INVOCATION_ID".into(), "x".into()))));
        let others = [
            digest(|stack, _, _| stack.name = "b".into()),
            digest(|stack, _, _| stack.config.environment = "A=1".to_owned().into()),
            digest(|stack, _, _| stack.config.extra_args = vec!["--wait".to_owned()].into()),
            digest(|stack, _, _| stack.config.auto_pull = !stack.config.auto_pull),
            digest(|_, files, _| drop(files.insert("/s/.env".into(), Some(Vec::new())))),
            digest(|_, files, _| drop(files.insert("/s/.env".into(), None))),
            digest(|_, files, _| drop(files.insert("/s/compose.yaml".into(), Some(vec![1])))),
            digest(|_, _, env| env.push(("A".into(), "1".into()))),
            digest(|_, _, env| env[0].1 = "/usr/bin".into()),
        ];
        let mut all: Vec<_> = others.into_iter().chain([same]).collect();
        all.sort();
        let before = all.len();
        all.dedup();
        assert_eq!(all.len(), before);
    }

    #[tokio::test]
    async fn an_agent_keeps_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let first = secret(folder.path()).await.unwrap();
        assert_eq!(secret(folder.path()).await.unwrap(), first);
        assert_eq!(first.len(), 32);
    }
}
