//! Repos: git repositories that servers have a clone of.

mod execute;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::agent::repo::DeleteRepo;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::repo::{
    PartialRepoConfig, Repo, RepoConfig, RepoInfo, RepoListItemInfo, RepoQuerySpecifics, RepoState,
};
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::update::Operation;

pub use execute::perform;
pub use requests::api;

use crate::Core;
use crate::agent::Ask;
use crate::auth::Caller;
use crate::catalog::{Catalog, Commit, Table};
use crate::interpolate::Interpolator;
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Repos;

#[async_trait]
impl Kind for Repos {
    type Config = RepoConfig;
    type Info = RepoInfo;
    type ListInfo = RepoListItemInfo;
    type Specifics = RepoQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Repo;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.repos
    }

    fn normalize_name(name: &str) -> String {
        name.trim().replace([' ', '\n'], "_")
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        crate::resource::any_user_may_create(core, caller)
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialRepoConfig,
    ) -> Result<()> {
        if let Some(server) = &mut partial.server_id {
            *server = crate::server::attach(core, caller, server)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, repo: &Doc<Self>) -> RepoListItemInfo {
        let config = &repo.config;
        let scheme = if config.git_https { "https" } else { "http" };
        RepoListItemInfo {
            server_id: config.server_id.clone(),
            server_name: crate::server::name(core, &config.server_id),
            builder_id: config.builder_id.clone(),
            last_pulled_at: repo.info.last_pulled_at,
            last_built_at: repo.info.last_built_at,
            git_provider: config.git_provider.clone(),
            repo: config.repo.clone(),
            branch: config.branch.clone(),
            repo_link: format!("{scheme}://{}/{}", config.git_provider, config.repo),
            state: state(core, repo),
            cloned_hash: repo.info.latest_hash.clone(),
            cloned_message: repo.info.latest_message.clone(),
            built_hash: repo.info.built_hash.clone(),
            latest_hash: repo.info.latest_hash.clone(),
        }
    }

    fn passes(core: &Core, repo: &Doc<Self>, specifics: &RepoQuerySpecifics) -> bool {
        let one_of = |wanted: &[String], given: &str| {
            wanted.is_empty() || wanted.iter().any(|wanted| wanted == given)
        };
        one_of(&specifics.repos, &repo.config.repo)
            && one_of(&specifics.server_ids, &repo.config.server_id)
            && (specifics.states.is_empty() || specifics.states.contains(&state(core, repo)))
    }

    fn with_names(core: &Core, mut config: RepoConfig) -> RepoConfig {
        config.server_id = crate::server::name(core, &config.server_id);
        config
    }

    async fn before_rename(core: &Arc<Core>, repo: &Doc<Self>, name: &str) -> Result<()> {
        // Where the clone was moved too, the next pull finds it; elsewhere it
        // clones anew.
        if !repo.config.server_id.is_empty() {
            let ask = varanus_proto::agent::repo::RenameRepo {
                curr_name: repo.name.clone(),
                new_name: name.to_owned(),
            };
            if let Err(error) =
                core.agents.request(&repo.config.server_id, ask, Ask::default()).await
            {
                tracing::warn!(repo = repo.name, %error, "the clone on the server was not renamed");
            }
        }
        Ok(())
    }

    async fn before_delete(
        core: &Arc<Core>,
        repo: &Doc<Self>,
        commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        for (id, stack) in core.catalog.stacks.entries() {
            if stack.config.linked_repo == repo.id.as_str() {
                let mut stack = (*stack).clone();
                stack.config.linked_repo.clear();
                notes.push(format!("stack {:?} has no linked repo now", stack.name));
                commit.put(&core.catalog.stacks, &id, stack)?;
            }
        }
        if !repo.config.server_id.is_empty() {
            let ask = DeleteRepo { name: repo.name.clone(), is_build: false };
            notes.push(
                match core.agents.request(&repo.config.server_id, ask, Ask::default()).await {
                    Ok(_) => "its clone on the server was removed".to_owned(),
                    Err(error) => format!("its clone on the server is still there: {error}"),
                },
            );
        }
        Ok(notes)
    }
}

/// The id of a repo given by name or id, if the caller may see it. Empty stays
/// empty.
pub fn link(core: &Core, caller: &Caller, id_or_name: &str) -> Result<String> {
    if id_or_name.is_empty() {
        return Ok(String::new());
    }
    let repo = crate::resource::get::<Repos>(core, caller, id_or_name, PermissionLevel::Read)?;
    Ok(repo.id.to_string())
}

/// What a repo is doing, or what came of the last time it was cloned or pulled.
pub fn state(core: &Core, repo: &Doc<Repos>) -> RepoState {
    for operation in core.runs.working_on(&Repos::target(repo.id.as_str())) {
        match operation {
            Operation::CloneRepo => return RepoState::Cloning,
            Operation::PullRepo => return RepoState::Pulling,
            Operation::BuildRepo => return RepoState::Building,
            _ => {}
        }
    }
    match core.runs.last_success(&Repos::target(repo.id.as_str())) {
        Some(true) => RepoState::Ok,
        Some(false) => RepoState::Failed,
        None if repo.info.last_pulled_at > 0 || repo.info.latest_hash.is_some() => RepoState::Ok,
        None => RepoState::Unknown,
    }
}

/// Interpolates what a repo runs and writes.
pub fn fill(fill: &mut Interpolator, repo: &mut Repo) -> Result<()> {
    fill.fill("repo environment", &mut repo.config.environment.0)?;
    fill.fill("repo on_clone.command", &mut repo.config.on_clone.command.0)?;
    fill.fill("repo on_pull.command", &mut repo.config.on_pull.command.0)
}
