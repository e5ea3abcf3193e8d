//! A git host on loopback, as people have one: HTTP with a login.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::core::free_port;
use crate::process::{Process, run, tools};
use crate::until;

/// A git host with one repository, `home/stacks`.
pub struct GitHost {
    /// `127.0.0.1:PORT`: the provider.
    pub domain: String,
    /// A clone to commit in.
    pub work: PathBuf,
    process: Process,
    _folder: tempfile::TempDir,
}

impl GitHost {
    /// The account.
    pub const USER: &'static str = "robot";
    /// Its token.
    pub const TOKEN: &'static str = "tok-5f2e8a1c9d";
    /// The repository.
    pub const REPO: &'static str = "home/stacks";

    /// Starts a host with an empty repository.
    pub async fn start() -> Self {
        Self::of(Self::REPO, &format!("{}:{}", Self::USER, Self::TOKEN)).await
    }

    /// The same with a repository that everybody may read and write.
    pub async fn public(repo: &str) -> Self {
        Self::of(repo, "").await
    }

    async fn of(repo: &str, login: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, work) = (folder.path().join("root"), folder.path().join("work"));
        let bare = root.join(repo).with_extension("git");
        std::fs::create_dir_all(&bare).expect("a folder");
        git(&bare, &["init", "-q", "--bare", "-b", "main"]).await;
        // Smart HTTP serves it under the name without `.git` too.
        std::os::unix::fs::symlink(&bare, root.join(repo)).expect("a link");
        std::fs::create_dir_all(&work).expect("a folder");
        git(&work, &["init", "-q", "-b", "main"]).await;
        git(&work, &["remote", "add", "origin", &bare.display().to_string()]).await;
        let port = free_port();
        let mut command = Command::new("python3");
        command.arg(tools().join("githttp.py")).arg(&root).arg(port.to_string()).arg(login);
        let process = Process::start("the git host", command, &folder.path().join("git.log"));
        until("the git host answers", || async {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        })
        .await;
        Self { domain: format!("127.0.0.1:{port}"), work, process, _folder: folder }
    }

    /// The requests that it has answered so far, one a line: method, path, status.
    pub fn requests(&self) -> Vec<String> {
        let lines = self.process.output();
        lines.lines().filter(|line| line.contains(" HTTP/1.1\" ")).map(str::to_owned).collect()
    }

    /// Takes what others pushed to a branch into the clone.
    pub async fn pull(&self, branch: &str) {
        git(&self.work, &["pull", "-q", "--rebase", "origin", branch]).await;
    }

    /// Asks git something in the clone.
    pub async fn ask(&self, arguments: &[&str]) -> String {
        git(&self.work, arguments).await
    }

    /// Writes a file in the clone.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.work.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Commits all and pushes it; returns the short hash.
    pub async fn push(&self, branch: &str, message: &str) -> String {
        git(&self.work, &["add", "-A"]).await;
        git(&self.work, &["commit", "-q", "--allow-empty", "-m", message]).await;
        git(&self.work, &["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")]).await;
        git(&self.work, &["rev-parse", "--short", "HEAD"]).await
    }
}

async fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com");
    let output = run(command).await;
    assert!(output.success, "git {arguments:?}: {}", output.stderr);
    output.stdout.trim().to_owned()
}
