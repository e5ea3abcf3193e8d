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

/// A remote that takes pushes, and a clone of somebody else.
struct Shared {
    origin: Origin,
    git: Git,
    path: PathBuf,
}

impl Shared {
    fn new() -> Self {
        let origin = Origin::new();
        let folder = origin.folder.path();
        sh(folder, "git clone -q --bare o/r bare; mkdir p; mv bare p/r; git clone -q p/r other");
        let path = folder.join("clone");
        Self { origin, git: Git::new(Duration::from_secs(60)), path }
    }

    fn remote(&self) -> Remote {
        let url = format!("file://{}/p/r", self.origin.folder.path().display());
        Remote { url, ..self.origin.remote("main", "") }
    }

    fn other(&self, text: &str) {
        sh(&self.origin.folder.path().join("other"), &format!("git pull -q; {text}; git push -q"));
    }

    async fn writes(&self, file: &str, contents: &str) -> Fetched {
        let files = [(file.to_owned(), contents.to_owned())];
        let edit = Edit { author: "Ada L", message: "a change", files: &files };
        self.git.commit(&work(), &self.remote(), &self.path, &edit).await
    }

    /// What the remote has in a file.
    fn has(&self, file: &str) -> String {
        self.other("true");
        std::fs::read_to_string(self.origin.folder.path().join("other").join(file)).unwrap()
    }
}

#[tokio::test]
async fn a_file_is_committed_in_a_persons_name() {
    let shared = Shared::new();
    let done = shared.writes("b/c.toml", "1\n").await;
    assert!(done.success(), "{:?}", done.logs);
    assert_eq!(done.message.as_deref(), Some("a change"));
    assert_eq!(shared.has("b/c.toml"), "1\n");
    shared.other("git log -1 --pretty='%an %ae %cn' > ../said");
    let said = std::fs::read_to_string(shared.origin.folder.path().join("said")).unwrap();
    assert_eq!(said, "Ada L Ada.L@varanus.local Varanus\n");
    // The same again is no commit, and no failure.
    let again = shared.writes("b/c.toml", "1\n").await;
    assert!(again.success(), "{:?}", again.logs);
    assert_eq!(again.hash, done.hash);
    for bad in ["../x", ".git/config", "/etc/x"] {
        assert!(!shared.writes(bad, "1\n").await.success(), "{bad}");
    }
}

/// Lets the remote move between the fetch and the push: by a hook of the remote
/// itself, once.
fn moves_once(shared: &Shared, text: &str) {
    let folder = shared.origin.folder.path();
    let hook = format!(
        "#!/bin/sh\ncd {other} && unset GIT_DIR GIT_QUARANTINE_PATH && rm {bare}/hooks/pre-receive && \
         git pull -q && {text} && git push -q\necho fetch first >&2\nexit 1\n",
        other = folder.join("other").display(),
        bare = folder.join("p/r").display(),
    );
    let place = folder.join("p/r/hooks/pre-receive");
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, hook).unwrap();
    std::fs::set_permissions(&place, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn a_push_that_comes_second_is_put_on_top() {
    let shared = Shared::new();
    moves_once(&shared, "(echo theirs > t; git add t; git commit -qm theirs)");
    let done = shared.writes("mine", "mine\n").await;
    assert!(done.success(), "{:?}", done.logs);
    assert!(done.logs.last().unwrap().stdout.contains("on top of it"), "{:?}", done.logs);
    assert_eq!((shared.has("mine"), shared.has("t")), ("mine\n".into(), "theirs\n".into()));
}

#[tokio::test]
async fn a_change_of_the_same_lines_is_said_and_kept() {
    let shared = Shared::new();
    moves_once(&shared, "(echo theirs > a; git commit -qam theirs)");
    let done = shared.writes("a", "mine\n").await;
    let told = &done.logs.last().unwrap().stderr;
    assert!(told.contains("refs/varanus/unpushed/"), "{told}");
    assert_eq!(shared.has("a"), "theirs\n");
    sh(
        &shared.path,
        "test \"$(git show $(git for-each-ref --format='%(refname)' refs/varanus):a)\" = mine",
    );
    // The clone is as the remote has it, and works on.
    assert_eq!(std::fs::read_to_string(shared.path.join("a")).unwrap(), "theirs\n");
    assert!(shared.writes("a", "mine\n").await.success());
    assert_eq!(shared.has("a"), "mine\n");
}

#[tokio::test]
async fn branches_are_asked_for_in_one_request_and_differences_are_told() {
    let origin = Origin::new();
    origin.commit("git branch x; echo 2 > b; git add b; git commit -qm two");
    let git = Git::new(Duration::from_secs(60));
    let remote = Remote { history: true, ..origin.remote("main", "") };
    let names = ["main".to_owned(), "x".to_owned(), "nope".to_owned()];
    let heads = git.heads(&work(), &remote, &names).await.unwrap();
    assert_eq!(heads.keys().collect::<Vec<_>>(), ["main", "x"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c");
    assert!(git.pull_or_clone(&work(), &remote, &path).await.success());
    let differing = git.differing(&work(), &path, &heads["x"], &heads["main"]).await.unwrap();
    assert_eq!(differing, Some(vec!["b".to_owned()]));
    let unknown = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(git.differing(&work(), &path, unknown, &heads["main"]).await.unwrap(), None);
    assert_eq!(git.differing(&work(), &path, "0123456", &heads["main"]).await.unwrap(), None);
    assert!(git.differing(&work(), &path, "--output=x", "HEAD").await.is_err());
}
