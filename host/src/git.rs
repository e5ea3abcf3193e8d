//! Git repositories on this host, by the system's git.
//!
//! Credentials and settings are in the environment of that one process: never in
//! its arguments, in `.git/config` or on disk. A repository may be hostile: its
//! hooks and exotic transports are off. One command at a time works on a folder;
//! a fetch that is new enough for a request (it began after whoever asked knew of
//! their commit) is not made again.

mod ask;
mod commit;
mod remote;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

pub use commit::Edit;
pub use remote::Remote;

use crate::apart::exists;
use crate::process::{OF_AGENT, Output, Program};
use crate::work::{Work, log};

/// What came of a fetch.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    /// The stages.
    pub logs: Vec<Log>,
    /// The short hash of the commit that is checked out.
    pub hash: Option<String>,
    /// Its message.
    pub message: Option<String>,
}

impl Fetched {
    /// Whether every stage succeeded.
    pub fn success(&self) -> bool {
        self.logs.iter().all(|log| log.success)
    }
}

#[derive(Default)]
struct Folder {
    busy: tokio::sync::Mutex<Option<(Instant, Remembered)>>,
}

impl Folder {
    /// Waits for its turn on the folder, until a deadline or the end of the work.
    async fn lock(
        &self,
        work: &Work,
        path: &Path,
        deadline: Duration,
    ) -> Result<MutexGuard<'_, Option<(Instant, Remembered)>>> {
        tokio::select! {
            busy = self.busy.lock() => Ok(busy),
            () = work.cancel.cancelled() => Err(Error::cancelled(format!(
                "the run was cancelled while it waited for another one's git in {}",
                path.display()
            ))),
            () = tokio::time::sleep(deadline) => Err(Error::deadline(format!(
                "another run's git in {} did not end within {} s",
                path.display(),
                deadline.as_secs()
            ))),
        }
    }
}

#[derive(Clone)]
struct Remembered {
    url: String,
    branch: String,
    commit: String,
    fetched: Fetched,
}

/// Git on this host.
pub struct Git {
    folders: Mutex<HashMap<PathBuf, Arc<Folder>>>,
    deadline: Duration,
    hidden: &'static [&'static str],
}

impl Git {
    /// With the deadline of a command.
    pub fn new(deadline: Duration) -> Self {
        Self { folders: Mutex::default(), deadline, hidden: OF_AGENT }
    }

    /// Beginnings of the variables of this process that git does not get.
    #[must_use]
    pub fn hiding(self, beginnings: &'static [&'static str]) -> Self {
        Self { hidden: beginnings, ..self }
    }

    fn folder(&self, path: &Path) -> Arc<Folder> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.entry(path.to_owned()).or_default().clone()
    }

    /// Makes a folder a fresh clone.
    pub async fn clone(&self, work: &Work, remote: &Remote, path: &Path) -> Fetched {
        let folder = self.folder(path);
        let mut busy = match folder.lock(work, path, self.deadline).await {
            Ok(busy) => busy,
            Err(error) => return failed("Clone Repo", error),
        };
        *busy = None;
        if let Err(error) = remove(path).await {
            return failed("Clone Repo", error);
        }
        self.bring(work, remote, path, "Clone Repo").await
    }

    /// Brings a folder to the newest commit, or makes it a clone.
    pub async fn pull_or_clone(&self, work: &Work, remote: &Remote, path: &Path) -> Fetched {
        let folder = self.folder(path);
        let mut busy = match folder.lock(work, path, self.deadline).await {
            Ok(busy) => busy,
            Err(error) => return failed("Pull Repo", error),
        };
        let is_there = exists(&path.join(".git")).await;
        if let Some((begun, known)) = &*busy
            && *begun >= work.fetched_since
            && is_there
            && (&known.url, &known.branch, &known.commit)
                == (&remote.url, &remote.branch, &remote.commit)
        {
            return known.fetched.clone();
        }
        let begun = Instant::now();
        let stage = if is_there { "Pull Repo" } else { "Clone Repo" };
        let fetched = self.bring(work, remote, path, stage).await;
        *busy = fetched.success().then(|| {
            let known = Remembered {
                url: remote.url.clone(),
                branch: remote.branch.clone(),
                commit: remote.commit.clone(),
                fetched: fetched.clone(),
            };
            (begun, known)
        });
        fetched
    }

    async fn bring(&self, work: &Work, remote: &Remote, path: &Path, stage: &str) -> Fetched {
        self.hide_token(work, remote);
        match self.fetch(work, remote, path, stage).await {
            Ok(fetched) => fetched,
            Err(error) => failed(stage, error),
        }
    }

    fn hide_token(&self, work: &Work, remote: &Remote) {
        if let Some(secret) = &remote.authorization {
            let token = secret.expose().rsplit(' ').next().unwrap_or_default();
            work.redactor.add(token, "TOKEN");
        }
    }

    async fn fetch(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        stage: &str,
    ) -> Result<Fetched> {
        tokio::fs::create_dir_all(path).await.map_err(|error| {
            Error::failed(format!("the folder {} cannot be made", path.display())).cause(error)
        })?;
        // A lock left by a git that was killed: nobody else works here now.
        let _ = tokio::fs::remove_file(path.join(".git/index.lock")).await;
        let _ = tokio::fs::remove_file(path.join(".git/shallow.lock")).await;
        let fresh = !exists(&path.join(".git")).await;
        let known = match fresh {
            true => String::new(),
            false => self.origin(work, remote, path).await?,
        };
        match known.as_str() {
            known if known == remote.url => {}
            "" => {
                // New, or broken: this mends what a killed git left half made.
                self.must(work, remote, path, &["init", "-q"]).await?;
                self.must(work, remote, path, &["remote", "add", "origin", &remote.url]).await?;
            }
            _ => {
                let set = ["remote", "set-url", "origin", &remote.url];
                self.must(work, remote, path, &set).await?;
            }
        }
        let refspec = format!("+refs/heads/{0}:refs/remotes/origin/{0}", remote.branch);
        let shallow = fresh && remote.commit.is_empty() && !remote.history;
        let mut arguments = vec!["fetch", "--prune", "--no-tags", "--force"];
        if shallow {
            arguments.push("--depth=1");
        }
        arguments.extend(["--", "origin", &refspec]);
        let mut fetched = self.git(work, remote, path, &arguments).await?;
        if !fetched.success && shallow {
            arguments.retain(|argument| *argument != "--depth=1");
            fetched = self.git(work, remote, path, &arguments).await?;
        }
        if !fetched.success {
            return Err(remote.explain(&fetched));
        }
        let origin = format!("refs/remotes/origin/{}", remote.branch);
        let head = format!("ref: refs/heads/{}", remote.branch);
        let on_branch = tokio::fs::read_to_string(path.join(".git/HEAD")).await;
        let on_branch = on_branch.is_ok_and(|text| text.trim() == head);
        let bring = match on_branch {
            true => vec!["reset", "-q", "--hard", &origin, "--"],
            false => vec!["checkout", "-q", "-f", "-B", &remote.branch, &origin, "--"],
        };
        // Which commit that will be need not wait for its files.
        let (out, latest) = match remote.commit.is_empty() {
            true => tokio::join!(
                self.must(work, remote, path, &bring),
                self.told_of(work, path, &origin)
            ),
            false => (self.must(work, remote, path, &bring).await, Ok(Default::default())),
        };
        let (out, mut latest) = (out?, latest?);
        let mut logs = vec![log(
            stage,
            Ok(format!(
                "{} is at the newest commit of {}\n{}",
                remote.name, remote.branch, out.stderr
            )),
        )];
        if !remote.commit.is_empty() {
            logs.push(log("set commit", self.set_commit(work, remote, path).await));
            latest = self.latest(work, path).await?;
        }
        let (hash, message) = latest;
        logs.push(log("Latest Commit", Ok(format!("hash: {hash}\nmessage: {message}"))));
        Ok(Fetched { logs, hash: Some(hash), message: Some(message) })
    }

    async fn set_commit(&self, work: &Work, remote: &Remote, path: &Path) -> Result<String> {
        let reset = ["reset", "-q", "--hard", remote.commit.as_str(), "--"];
        if !self.git(work, remote, path, &reset).await?.success {
            // A shallow clone may not have it yet.
            let _ = self.git(work, remote, path, &["fetch", "--unshallow", "--", "origin"]).await;
            if !self.git(work, remote, path, &reset).await?.success {
                return Err(Error::not_found(format!(
                    "{} has no commit {} on branch {}",
                    remote.name, remote.commit, remote.branch
                )));
            }
        }
        Ok(format!("is at commit {}", remote.commit))
    }

    /// The address that a clone was made of; empty where it has none.
    async fn origin(&self, work: &Work, remote: &Remote, path: &Path) -> Result<String> {
        // As `git remote add` writes it. Whatever else is there git itself reads.
        let ours = format!("\n[remote \"origin\"]\n\turl = {}\n", remote.url);
        let plain =
            remote.url.bytes().all(|c| c.is_ascii_alphanumeric() || b":/.-_~@".contains(&c));
        let config = tokio::fs::read_to_string(path.join(".git/config")).await.unwrap_or_default();
        if plain && config.matches("[remote \"origin\"]").count() == 1 && config.contains(&ours) {
            return Ok(remote.url.clone());
        }
        // Of this folder's own repository: one around it is none of ours.
        let url = ["--git-dir=.git", "config", "--get", "remote.origin.url"];
        Ok(self.git(work, remote, path, &url).await?.stdout.trim().to_owned())
    }

    /// The short hash and the message of what is checked out.
    pub async fn latest(&self, work: &Work, path: &Path) -> Result<(String, String)> {
        self.told_of(work, path, "HEAD").await
    }

    /// The short hash and the message of a commit.
    async fn told_of(&self, work: &Work, path: &Path, of: &str) -> Result<(String, String)> {
        let here = Remote::here(path);
        let log = self.must(work, &here, path, &["log", "-1", "--pretty=%h%n%B", of, "--"]).await?;
        let (hash, message) = log.stdout.split_once('\n').unwrap_or((&log.stdout, ""));
        Ok((hash.trim().to_owned(), message.trim().to_owned()))
    }

    async fn git(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        arguments: &[&str],
    ) -> Result<Output> {
        work.quietly(&self.program(remote, path, arguments)).await
    }

    async fn must(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        arguments: &[&str],
    ) -> Result<Output> {
        let output = self.git(work, remote, path, arguments).await?;
        match output.success {
            true => Ok(output),
            false => Err(remote.explain(&output)),
        }
    }

    fn program(&self, remote: &Remote, path: &Path, arguments: &[&str]) -> Program {
        let mut settings = vec![
            ("safe.directory", "*"),
            ("core.hooksPath", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("protocol.ext.allow", "never"),
            ("credential.helper", ""),
            ("advice.detachedHead", "false"),
            // The same length in every clone, so that hashes can be compared.
            ("core.abbrev", "7"),
            ("gc.auto", "0"),
            // Two more programs at the end of each fetch, to find out that.
            ("maintenance.auto", "false"),
            ("submodule.recurse", "false"),
        ];
        if let Some(secret) = &remote.authorization {
            settings.push(("http.extraHeader", secret.expose()));
        }
        let argv = std::iter::once("git").chain(arguments.iter().copied());
        let mut program = Program::new(argv, self.deadline)
            .within(path)
            .hiding(self.hidden)
            .variable("GIT_TERMINAL_PROMPT", "0")
            // No transport that is a program of somebody's choice.
            .variable("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh")
            .variable("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
            .variable("LC_ALL", "C")
            .variable("GIT_CONFIG_COUNT", settings.len().to_string());
        for (at, (name, value)) in settings.into_iter().enumerate() {
            program = program
                .variable(format!("GIT_CONFIG_KEY_{at}"), name)
                .variable(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        program
    }
}

/// Removes a folder with all that is in it, if it is there.
pub async fn remove(path: &Path) -> Result<()> {
    match tokio::fs::remove_dir_all(path).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::failed(format!("the folder {} cannot be removed", path.display()))
                .cause(error))
        }
        _ => Ok(()),
    }
}

fn failed(stage: &str, error: Error) -> Fetched {
    Fetched { logs: vec![log(stage, Err(error))], hash: None, message: None }
}
