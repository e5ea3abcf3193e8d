//! Where a repository is, and who asks for it.

use std::path::{Path, PathBuf};

use varanus_host::git::Remote;
use varanus_proto::entity::build::{Build, BuildConfig};
use varanus_proto::entity::git::{DefaultRepoFolder, RepoExecutionArgs};
use varanus_proto::entity::repo::{Repo, RepoConfig};
use varanus_proto::entity::resource_sync::{ResourceSync, ResourceSyncConfig};
use varanus_proto::entity::stack::{Stack, StackConfig};
use varanus_proto::{Result, Secret};

use crate::Core;
use crate::resource;

/// A branch of a repository at a git host, and the account that reads it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The host's domain.
    pub provider: String,
    /// Whether the host is asked by https.
    pub https: bool,
    /// The account; empty for none.
    pub account: String,
    /// `owner/name`.
    pub repo: String,
    /// The branch.
    pub branch: String,
    /// A commit to stay at; empty for the newest.
    pub commit: String,
}

/// A repository, and the account that asks: what one question to a host is about.
pub type Repository = (String, bool, String, String);

/// The fields that several kinds have alike.
macro_rules! place {
    ($config:expr, $kind:ident) => {{
        let $kind { git_provider, git_https, git_account, repo, branch, commit, .. } = $config;
        Place {
            provider: git_provider.clone(),
            https: *git_https,
            account: git_account.clone(),
            repo: repo.clone(),
            branch: branch.clone(),
            commit: commit.clone(),
        }
    }};
}

impl Place {
    /// Where a repo is.
    pub fn of_repo(repo: &Repo) -> Self {
        place!(&repo.config, RepoConfig)
    }

    /// Where the files of a sync are; `None` when in no repository.
    pub fn of_sync(core: &Core, sync: &ResourceSync) -> Result<Option<Self>> {
        let config = &sync.config;
        match config.files_on_host {
            true => Ok(None),
            false => Self::linked(core, &config.linked_repo, place!(config, ResourceSyncConfig)),
        }
    }

    /// Where the Dockerfile of a build is; `None` when in no repository.
    pub fn of_build(core: &Core, build: &Build) -> Result<Option<Self>> {
        let config = &build.config;
        match config.files_on_host {
            true => Ok(None),
            false => Self::linked(core, &config.linked_repo, place!(config, BuildConfig)),
        }
    }

    /// Where the files of a stack are; `None` when in no repository.
    pub fn of_stack(core: &Core, stack: &Stack) -> Result<Option<Self>> {
        let config = &stack.config;
        match config.files_on_host {
            true => Ok(None),
            false => Self::linked(core, &config.linked_repo, place!(config, StackConfig)),
        }
    }

    fn linked(core: &Core, linked_repo: &str, own: Self) -> Result<Option<Self>> {
        if !linked_repo.is_empty() {
            let repo = resource::find::<crate::repo::Repos>(core, linked_repo)?;
            return Ok(Some(Self::of_repo(&repo)));
        }
        Ok((!own.repo.is_empty()).then_some(own))
    }

    /// What git is told. The token is looked up now: it may have been changed.
    pub(super) fn remote(&self, core: &Core) -> Result<Remote> {
        let token = crate::stack::git_token(core, &self.provider, &self.account)?;
        let token = token.map(Secret::new);
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let args = RepoExecutionArgs {
            name: self.repo.clone(),
            provider: self.provider.clone(),
            https: self.https,
            account: some(&self.account),
            repo: some(&self.repo),
            branch: self.branch.clone(),
            commit: some(&self.commit),
            destination: None,
            default_folder: DefaultRepoFolder::NotApplicable,
        };
        let token = token.as_ref().map(|token| token.expose().as_str());
        // Differences to older commits are asked for.
        let mut remote = Remote::new(&args, token)?;
        remote.history = true;
        Ok(remote)
    }

    /// The repository, and who asks.
    pub fn asked(&self) -> Repository {
        (self.provider.clone(), self.https, self.account.clone(), self.repo.clone())
    }

    /// Whether Core can be expected to see what an agent sees: not a path of the
    /// agent's own host.
    pub fn is_reachable(&self) -> bool {
        !self.provider.starts_with('/') && !self.provider.starts_with("file:")
    }

    /// The repository, as the name of a folder: what is of one repository, of any
    /// branch, is done one after the other.
    pub(super) fn repository(&self) -> PathBuf {
        Path::new(&part(&self.provider)).join(part(&self.repo))
    }

    /// The clone below the folder of all (Komodo 2.3:
    /// `provider/owner-name/branch/latest`, or the commit in place of `latest`).
    pub(super) fn folder(&self) -> PathBuf {
        let at = if self.commit.is_empty() { "latest" } else { &self.commit };
        self.repository().join(part(&self.branch)).join(part(at))
    }

    /// Where commits are kept of which nobody wants the files: beside the branches,
    /// by a name that no branch's folder has.
    pub(super) fn commits(&self) -> PathBuf {
        self.repository().join(".commits").join(part(&self.branch))
    }

    /// How people name it.
    pub fn shown(&self) -> String {
        format!("{} of {}/{}", self.branch, self.provider, self.repo)
    }
}

/// A text as one name of a folder.
fn part(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = text.chars().take(100).map(plain).collect();
    // Neither hidden, nor a way out.
    match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_has_the_folder_that_komodo_gives_it() {
        let place = Place {
            provider: "git.example.com".into(),
            https: true,
            account: String::new(),
            repo: "ada/stacks".into(),
            branch: "main".into(),
            commit: String::new(),
        };
        assert_eq!(place.folder(), Path::new("git.example.com/ada-stacks/main/latest"));
        let place = Place { branch: "a/../b".into(), commit: "abc123".into(), ..place };
        assert_eq!(place.folder(), Path::new("git.example.com/ada-stacks/a-..-b/abc123"));
        let place = Place { branch: "..".into(), provider: "../../etc".into(), ..place };
        assert_eq!(place.folder(), Path::new("_.-..-etc/ada-stacks/_./abc123"));
    }
}
