//! Resource syncs as a kind: what is configured of them, and what state they
//! are in.

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::entity::resource_sync::{
    PartialResourceSyncConfig, ResourceSyncConfig, ResourceSyncInfo, ResourceSyncListItemInfo,
    ResourceSyncQuerySpecifics, ResourceSyncState,
};
use varanus_proto::entity::update::Operation;

use crate::Core;
use crate::auth::Caller;
use crate::catalog::{Catalog, Table};
use crate::repo::Source;
use crate::resource::refer::one_of;
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Syncs;

#[async_trait]
impl Kind for Syncs {
    type Config = ResourceSyncConfig;
    type Info = ResourceSyncInfo;
    type ListInfo = ResourceSyncListItemInfo;
    type Specifics = ResourceSyncQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::ResourceSync;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.syncs
    }

    /// A sync changes everything, so only an admin may bring one.
    fn may_create(_core: &Core, caller: &Caller) -> Result<()> {
        caller.require_admin("create resource syncs")
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialResourceSyncConfig,
    ) -> Result<()> {
        if let Some(repo) = &mut partial.linked_repo {
            *repo = crate::repo::link(core, caller, repo)?;
        }
        crate::hook::check_secret(partial.webhook_secret.as_deref())
    }

    fn list_info(core: &Core, sync: &Doc<Self>) -> ResourceSyncListItemInfo {
        let (config, info) = (&sync.config, &sync.info);
        let ResourceSyncConfig { git_provider, git_https, repo, branch, .. } = config;
        let source = Source::new(git_provider, *git_https, repo, branch)
            .unless_linked(core, &config.linked_repo);
        ResourceSyncListItemInfo {
            last_sync_ts: info.last_sync_ts,
            files_on_host: config.files_on_host,
            file_contents: !config.file_contents.is_empty(),
            managed: config.managed,
            resource_path: config.resource_path.0.clone(),
            linked_repo: config.linked_repo.clone(),
            linked_repo_name: crate::repo::name(core, &config.linked_repo),
            repo_link: source.link(),
            git_provider: source.provider,
            repo: source.repo,
            branch: source.branch,
            last_sync_hash: info.last_sync_hash.clone(),
            last_sync_message: info.last_sync_message.clone(),
            state: state(core, sync),
        }
    }

    fn passes(_core: &Core, sync: &Doc<Self>, specifics: &ResourceSyncQuerySpecifics) -> bool {
        one_of(&specifics.repos, &sync.config.repo)
            && one_of(&specifics.linked_repos, &sync.config.linked_repo)
    }

    fn with_names(core: &Core, mut config: ResourceSyncConfig) -> ResourceSyncConfig {
        config.linked_repo = crate::repo::name(core, &config.linked_repo);
        config
    }

    fn after_change(core: &Arc<Core>, id: &str) {
        super::execute::refresh_changed(core, id);
    }

    fn hide_secrets(config: &mut ResourceSyncConfig) {
        config.webhook_secret.clear();
    }
}

/// Whether a sync runs; else what was last found out: files that cannot be read
/// or an attempt that failed, changes that wait, or nothing to do.
pub fn state(core: &Core, sync: &Doc<Syncs>) -> ResourceSyncState {
    let target = Syncs::target(sync.id.as_str());
    if core.runs.working_on(&target).contains(&Operation::RunSync) {
        return ResourceSyncState::Syncing;
    }
    let info = &sync.info;
    let success = core.runs.last_success(&target);
    let wrong = info.pending_error.is_some() || !info.remote_errors.is_empty();
    let looked_at = info.last_sync_ts > 0 || !info.remote_contents.is_empty();
    match success {
        _ if wrong => ResourceSyncState::Failed,
        Some(false) => ResourceSyncState::Failed,
        _ if is_pending(info) => ResourceSyncState::Pending,
        Some(true) => ResourceSyncState::Ok,
        None if looked_at => ResourceSyncState::Ok,
        None => ResourceSyncState::Unknown,
    }
}

/// Whether something is to be done, as last found out.
pub fn is_pending(info: &ResourceSyncInfo) -> bool {
    !info.resource_updates.is_empty()
        || !info.variable_updates.is_empty()
        || !info.user_group_updates.is_empty()
        || !info.pending_deploys.is_empty()
}
