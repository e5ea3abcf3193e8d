//! The git.

use crate::entity::build::Build;
use crate::entity::repo::Repo;
use crate::entity::stack::Stack;
use crate::entity::update::Log;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A latest commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatestCommit {
    pub hash: String,
    pub message: String,
}

named_enum_without_default! {
    /// A default repo folder.
    pub enum DefaultRepoFolder {
        Stacks = "Stacks",
        Builds = "Builds",
        Repos = "Repos",
        NotApplicable = "NotApplicable",
    }
}

/// A repo execution args.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoExecutionArgs {
    pub name: String,
    pub provider: String,
    pub https: bool,
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub repo: Option<String>,
    pub branch: String,
    #[serde(default)]
    pub commit: Option<String>,
    #[serde(default)]
    pub destination: Option<String>,
    pub default_folder: DefaultRepoFolder,
}

/// What the kinds that are in a repository say of it in fields of the same names.
macro_rules! args {
    ($of:expr, $destination:expr, $folder:ident) => {{
        let config = &$of.config;
        RepoExecutionArgs {
            name: $of.name.clone(),
            provider: config.git_provider.clone(),
            https: config.git_https,
            account: some(&config.git_account),
            repo: some(&config.repo),
            branch: config.branch.clone(),
            commit: some(&config.commit),
            destination: some($destination),
            default_folder: DefaultRepoFolder::$folder,
        }
    }};
}

impl RepoExecutionArgs {
    /// How an agent gets a repo.
    pub fn of_repo(repo: &Repo) -> Self {
        args!(repo, &repo.config.path, Repos)
    }

    /// How an agent gets the repository of a stack that has one of its own.
    pub fn of_stack(stack: &Stack) -> Self {
        args!(stack, &stack.config.clone_path, Stacks)
    }

    /// How a builder gets the repository of a build that has one of its own.
    pub fn of_build(build: &Build) -> Self {
        args!(build, "", Builds)
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A repo execution response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepoExecutionResponse {
    pub logs: Vec<Log>,
    pub path: String,
    #[serde(default)]
    pub commit_hash: Option<String>,
    #[serde(default)]
    pub commit_message: Option<String>,
}
