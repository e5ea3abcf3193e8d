//! Against real repositories of the system's git.

use std::process::Command;

use tokio_util::sync::CancellationToken;
use varanus_proto::entity::git::{DefaultRepoFolder, RepoExecutionArgs};

use super::*;
use crate::redact::Redactor;
use crate::work::Silent;

fn work() -> Work {
    Work::new(Arc::new(Silent), CancellationToken::new(), Redactor::default())
}

struct Origin {
    folder: tempfile::TempDir,
}

#[allow(clippy::disallowed_methods)] // a test waits for its own git
fn sh(folder: &Path, text: &str) {
    let status = Command::new("sh")
        .args(["-ec", text])
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "t")
        .env("GIT_AUTHOR_EMAIL", "t@t")
        .env("GIT_COMMITTER_NAME", "t")
        .env("GIT_COMMITTER_EMAIL", "t@t")
        .status()
        .unwrap();
    assert!(status.success(), "{text}");
}

impl Origin {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        sh(
            folder.path(),
            "git init -q -b main o/r; cd o/r; echo 1 > a; git add a; git commit -qm one",
        );
        Self { folder }
    }

    fn commit(&self, text: &str) {
        sh(&self.folder.path().join("o/r"), text);
    }

    fn remote(&self, branch: &str, commit: &str) -> Remote {
        let args = RepoExecutionArgs {
            name: "r".into(),
            provider: format!("file://{}", self.folder.path().display()),
            https: true,
            account: None,
            repo: Some("o/r".into()),
            branch: branch.into(),
            commit: Some(commit.into()),
            destination: None,
            default_folder: DefaultRepoFolder::Repos,
        };
        Remote::new(&args, None).unwrap()
    }
}

#[tokio::test]
async fn a_folder_follows_its_branch_through_everything() {
    let origin = Origin::new();
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("clone");
    let git = Git::new(Duration::from_secs(30));
    let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap_or_default();
    // A folder that is there already, with a file in the way.
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("a"), "mine").unwrap();
    let first = git.pull_or_clone(&work(), &origin.remote("main", ""), &path).await;
    assert!(first.success(), "{:?}", first.logs);
    assert_eq!(read("a"), "1\n");
    assert_eq!(first.message.as_deref(), Some("one"));
    // A new commit, and a change here that nobody wants.
    origin.commit("echo 2 > a; git commit -qam two");
    std::fs::write(path.join("a"), "mine").unwrap();
    std::fs::write(path.join(".git/index.lock"), "").unwrap();
    let second = git.pull_or_clone(&work(), &origin.remote("main", ""), &path).await;
    assert!(second.success(), "{:?}", second.logs);
    assert_eq!((read("a").as_str(), second.message.as_deref()), ("2\n", Some("two")));
    // History rewritten; another branch; a commit to stay at.
    origin.commit("git commit -q --amend -m three; git checkout -q -b other; echo 3 > a; git commit -qam x; git checkout -q main");
    let third = git.pull_or_clone(&work(), &origin.remote("main", ""), &path).await;
    assert_eq!(third.message.as_deref(), Some("three"));
    let other = git.pull_or_clone(&work(), &origin.remote("other", ""), &path).await;
    assert!(other.success(), "{:?}", other.logs);
    assert_eq!(read("a"), "3\n");
    let hash = third.hash.unwrap();
    let pinned = git.pull_or_clone(&work(), &origin.remote("main", &hash), &path).await;
    assert!(pinned.success(), "{:?}", pinned.logs);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_cure() {
    let origin = Origin::new();
    let here = tempfile::tempdir().unwrap();
    let git = Git::new(Duration::from_secs(30));
    let missing =
        git.pull_or_clone(&work(), &origin.remote("nope", ""), &here.path().join("a")).await;
    assert!(missing.logs[0].stderr.contains("no branch \"nope\""), "{:?}", missing.logs);
    let mut remote = origin.remote("main", "");
    remote.url.push('x');
    let missing = git.pull_or_clone(&work(), &remote, &here.path().join("b")).await;
    assert!(missing.logs[0].stderr.contains("no such repository"), "{:?}", missing.logs);
}

#[test]
fn names_that_look_like_options_are_refused() {
    let mut args = RepoExecutionArgs {
        name: "r".into(),
        provider: "github.com".into(),
        https: true,
        account: None,
        repo: Some("--upload-pack=x".into()),
        branch: "main".into(),
        commit: None,
        destination: None,
        default_folder: DefaultRepoFolder::Repos,
    };
    assert!(Remote::new(&args, None).is_err());
    args.repo = Some("o/r".into());
    args.branch = "-b".into();
    assert!(Remote::new(&args, None).is_err());
    args.branch = "main".into();
    assert!(Remote::new(&args, None).is_ok());
    for bad in ["--upload-pack=x://y", "ext::sh -c x://y", "-c", "a\nb", "a\u{0}b"] {
        args.provider = bad.into();
        assert!(Remote::new(&args, None).is_err(), "{bad:?}");
    }
    args.provider = "github.com".into();
    for bad in ["", "a:refs/heads/b", "*", "a..b", "@{-1}", "a b", "a^", "a\u{1b}b"] {
        args.branch = bad.into();
        assert!(Remote::new(&args, None).is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_fetch_that_began_after_the_push_is_not_made_again() {
    let origin = Origin::new();
    let git = Git::new(Duration::from_secs(60));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clone");
    let remote = origin.remote("main", "");
    let pushed = work();
    let first = git.pull_or_clone(&pushed, &remote, &path).await;
    assert!(first.success(), "{:?}", first.logs);
    origin.commit("echo 2 > a; git commit -qam two");
    // What belongs to the same push sees the same commit.
    let same = git.pull_or_clone(&pushed, &remote, &path).await;
    assert_eq!(same.hash, first.hash);
    // The next push sees its own.
    let next = git.pull_or_clone(&work(), &remote, &path).await;
    assert_ne!(next.hash, first.hash);
    assert_eq!(std::fs::read_to_string(path.join("a")).unwrap(), "2\n");
    // Neither does a clone that somebody removed count.
    std::fs::remove_dir_all(&path).unwrap();
    let again = git.pull_or_clone(&pushed, &remote, &path).await;
    assert_eq!(again.hash, next.hash);
}

#[tokio::test]
async fn who_waits_for_another_ones_git_can_be_cancelled() {
    let (origin, folder) = (Origin::new(), tempfile::tempdir().unwrap());
    let git = Git::new(Duration::from_secs(60));
    let other = git.folder(folder.path());
    let _busy = other.busy.lock().await;
    let work = work();
    work.cancel.cancel();
    let fetched = git.pull_or_clone(&work, &origin.remote("main", ""), folder.path()).await;
    assert!(fetched.logs[0].stderr.contains("waited for another one's git"), "{fetched:?}");
}
