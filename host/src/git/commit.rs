//! Committing in somebody's name, and pushing.
//!
//! From the fetch to the push nobody else works on the folder. Where the remote
//! has moved meanwhile, the commit is put on top of what is there now, once. What
//! could not be pushed stays in the clone under a name that is told: a person's
//! words are not lost, and the next fetch finds the folder as it expects it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use super::{Fetched, Git, Remote, failed};
use crate::confine::{below, writable, write_secret_file};
use crate::process::{Output, Program};
use crate::work::{Work, log};

/// Where commits are kept that could not be pushed.
const KEPT: &str = "refs/varanus/unpushed";

/// What a file of a repository is readable for, where it was not there before.
const PLAIN: u32 = 0o644;

/// What is to be committed.
#[derive(Debug, Clone)]
pub struct Edit<'a> {
    /// In whose name; empty for Varanus itself.
    pub author: &'a str,
    /// What the commit says of itself.
    pub message: &'a str,
    /// Files below the clone with what is to be in them.
    pub files: &'a [(String, String)],
}

impl Git {
    /// Brings a clone to the newest commit, writes files, commits them and pushes.
    /// The logs say what came of it, and the hash is what is checked out then.
    pub async fn commit(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        edit: &Edit<'_>,
    ) -> Fetched {
        let folder = self.folder(path);
        let mut busy = match folder.lock(work, path, self.deadline).await {
            Ok(busy) => busy,
            Err(error) => return failed("Pull Repo", error),
        };
        // What is checked out is another commit afterwards.
        *busy = None;
        let mut fetched = self.bring(work, remote, path, "Pull Repo").await;
        if !fetched.success() {
            return fetched;
        }
        for (file, contents) in edit.files {
            let written = write(path, file, contents).await;
            let told = log("Write File", written.map(|()| format!("wrote {file}")));
            fetched.logs.push(told);
        }
        if fetched.success() {
            match self.commit_written(work, remote, path, edit).await {
                Ok(logs) => fetched.logs.extend(logs),
                Err(error) => fetched.logs.push(log("Commit", Err(error))),
            }
        }
        if let Ok((hash, message)) = self.latest(work, path).await {
            (fetched.hash, fetched.message) = (Some(hash), Some(message));
        }
        fetched
    }

    async fn commit_written(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        edit: &Edit<'_>,
    ) -> Result<Vec<Log>> {
        let mut add = vec!["add", "--"];
        add.extend(edit.files.iter().map(|(file, _)| file.as_str()));
        self.must(work, remote, path, &add).await?;
        if self.git(work, remote, path, &["diff", "--cached", "--quiet"]).await?.success {
            let told = "what is in the repository is the same already: nothing to commit";
            return Ok(vec![log("Commit", Ok(told.into()))]);
        }
        let commit = ["commit", "-q", "-m", edit.message];
        let mut logs = vec![work.stage("Commit", &self.signed(remote, path, &commit, edit)).await];
        if logs[0].success {
            logs.push(log("Push", self.push(work, remote, path, edit).await));
        }
        Ok(logs)
    }

    /// Pushes what is checked out; where the remote has moved, once more on top
    /// of it.
    async fn push(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        edit: &Edit<'_>,
    ) -> Result<String> {
        let branch = &remote.branch;
        let to = format!("HEAD:refs/heads/{branch}");
        let push = ["push", "--set-upstream", "--", "origin", &to];
        let refused = self.git(work, remote, path, &push).await?;
        if refused.success {
            return Ok(format!("pushed to {branch} of {}", remote.name));
        }
        let origin = format!("refs/remotes/origin/{branch}");
        if !is_behind(&refused) {
            return Err(self.keep(work, remote, path, &origin, remote.explain(&refused)).await);
        }
        let refspec = format!("+refs/heads/{branch}:{origin}");
        let fetch = ["fetch", "--no-tags", "--force", "--", "origin", &refspec];
        let again = async {
            self.must(work, remote, path, &fetch).await?;
            // What a git that was killed left half done.
            self.git(work, remote, path, &["rebase", "--quit"]).await?;
            let rebase = self.signed(remote, path, &["rebase", "-q", &origin], edit);
            if !work.quietly(&rebase).await?.success {
                self.git(work, remote, path, &["rebase", "--abort"]).await?;
                return Err(Error::conflict(format!(
                    "{} was changed in the same place meanwhile",
                    remote.name
                )));
            }
            let output = self.git(work, remote, path, &push).await?;
            match (output.success, is_behind(&output)) {
                (true, _) => Ok(format!(
                    "{branch} of {} had moved meanwhile; pushed on top of it",
                    remote.name
                )),
                (false, true) => Err(Error::conflict(format!(
                    "{branch} of {} moved twice while this was pushed",
                    remote.name
                ))),
                (false, false) => Err(remote.explain(&output)),
            }
        };
        match again.await {
            Ok(told) => Ok(told),
            Err(error) => Err(self.keep(work, remote, path, &origin, error).await),
        }
    }

    /// Keeps the commit that is checked out under a name of its own, and gives the
    /// folder back as the remote has it.
    async fn keep(
        &self,
        work: &Work,
        remote: &Remote,
        path: &Path,
        origin: &str,
        error: Error,
    ) -> Error {
        let kept = async {
            let (hash, _) = self.latest(work, path).await?;
            let name = format!("{KEPT}/{hash}");
            self.must(work, remote, path, &["update-ref", &name, "HEAD"]).await?;
            self.must(work, remote, path, &["reset", "-q", "--hard", origin, "--"]).await?;
            Ok::<_, Error>(name)
        };
        let place = path.display();
        let told = match kept.await {
            Ok(name) => format!(
                "nothing was pushed; the commit is kept as {name} in {place}. Look at what is in the \
                 repository now and write the change again"
            ),
            Err(_) => format!("nothing was pushed; the commit is in {place}"),
        };
        error.context(told)
    }

    /// A command that makes a commit: with a name for it.
    fn signed(&self, remote: &Remote, path: &Path, arguments: &[&str], edit: &Edit<'_>) -> Program {
        let who = if edit.author.is_empty() { "varanus" } else { edit.author };
        self.program(remote, path, arguments)
            .variable("GIT_AUTHOR_NAME", who)
            .variable("GIT_AUTHOR_EMAIL", format!("{}@varanus.local", who.replace(' ', ".")))
            .variable("GIT_COMMITTER_NAME", "Varanus")
            .variable("GIT_COMMITTER_EMAIL", "varanus@varanus.local")
    }
}

/// Whether a push was refused because the remote has commits that are not here.
fn is_behind(output: &Output) -> bool {
    let said = ["fetch first", "non-fast-forward", "cannot lock ref"];
    !output.success && said.iter().any(|words| output.stderr.contains(words))
}

/// Writes a file of a clone as git would check it out: others may read it.
async fn write(root: &Path, file: &str, contents: &str) -> Result<()> {
    let place = writable(root, &below(root, file)?).await?;
    let before = tokio::fs::symlink_metadata(&place).await.ok();
    let mode = before.filter(|about| about.is_file()).map_or(PLAIN, |a| a.permissions().mode());
    write_secret_file(&place, contents.as_bytes()).await?;
    tokio::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode & 0o777))
        .await
        .map_err(|error| Error::failed(format!("{file} cannot be made readable")).cause(error))
}
