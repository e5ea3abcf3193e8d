//! Where the files of something come from: a repository of its own, or the one
//! of a linked repo.

use crate::Core;

/// A branch of a repository at a git host.
pub struct Source {
    /// The host's domain.
    pub provider: String,
    /// Whether the host is asked by https.
    pub https: bool,
    /// `owner/name`; empty where there is none.
    pub repo: String,
    /// The branch.
    pub branch: String,
}

impl Source {
    /// What something is configured with itself.
    pub fn new(provider: &str, https: bool, repo: &str, branch: &str) -> Self {
        let (provider, repo, branch) = (provider.to_owned(), repo.to_owned(), branch.to_owned());
        Self { provider, https, repo, branch }
    }

    /// The one of a linked repo in its place, where one is linked.
    pub fn unless_linked(self, core: &Core, linked_repo: &str) -> Self {
        let Some(linked) = core.catalog.repos.get(linked_repo) else { return self };
        let config = &linked.config;
        Self::new(&config.git_provider, config.git_https, &config.repo, &config.branch)
    }

    /// The address of its page.
    pub fn link(&self) -> String {
        let Self { provider, https, repo, branch } = self;
        let scheme = if *https { "https" } else { "http" };
        format!("{scheme}://{provider}/{repo}/tree/{branch}")
    }
}
