//! Running a sync: the plan is made anew and done, change by change.

use std::sync::Arc;

use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource_sync::{ResourceSync, ResourceSyncInfo};
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result};

use super::declared::Declared;
use super::kind::{Syncs, is_pending};
use super::look::{self, pending, scope, told, warnings};
use super::plan::Change;
use super::{apply, deploy, groups, guard, source, variables, write};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{self, Kind as _};
use crate::run::{Run, executions};

const PLAN: &str = "Plan";
const KEPT: &str = "Not deleted";
const APPLY: &str = "Sync Resources";

pub(super) fn api(api: &mut Api) {
    use varanus_proto::api::write::resource_sync::RefreshResourceSyncPending;
    executions!(api, RunSync);
    api.on(|call: Call, request: RefreshResourceSyncPending| async move {
        let level = PermissionLevel::Execute;
        let sync = resource::get::<Syncs>(&call.core, &call.caller, &request.sync, level)?;
        Ok((*refresh(&call.core, sync.id.as_str(), now()).await?).clone())
    });
}

/// Does an execution on a sync. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    match execution {
        Execution::RunSync(request) => Some(run_sync(core, run, request).await),
        Execution::CommitSync(_) => Some(write::perform(core, run).await),
        _ => None,
    }
}

/// Looks at the files of a sync again and keeps what was found. A fetch of its
/// repository that began after `since` is new enough.
pub async fn refresh(core: &Arc<Core>, id: &str, since: i64) -> Result<Arc<ResourceSync>> {
    /// Looks after which the last one counts, whoever else looks at the same time.
    const MOST: usize = 3;
    for round in 1..=MOST {
        let sync = resource::find::<Syncs>(core, id)?;
        let found = pending(core, &sync, since).await;
        if keep(core, &sync, found, round == MOST).await? {
            break;
        }
    }
    let sync = resource::find::<Syncs>(core, id)?;
    crate::alert::sync_pending(
        core,
        id,
        &sync.name,
        is_pending(&sync.info),
        sync.config.pending_alert,
    )
    .await;
    Ok(sync)
}

/// Keeps what a look at a sync found. When it was changed meanwhile, or somebody else
/// looked or ran it, what was found may be older than what is known: then nothing is
/// kept, unless that is to be done in any case.
async fn keep(
    core: &Core,
    before: &ResourceSync,
    found: ResourceSyncInfo,
    in_any_case: bool,
) -> Result<bool> {
    let id = before.id.as_str();
    let same = |now: &ResourceSync| now.config == before.config && now.info == before.info;
    let now = resource::find::<Syncs>(core, id)?;
    if !in_any_case && !same(&now) {
        return Ok(false);
    }
    if now.info == found {
        return Ok(true);
    }
    let mut kept = true;
    resource::update_info::<Syncs>(core, id, |info| {
        kept = in_any_case || *info == before.info;
        if kept {
            // A run that ended meanwhile has said when, and of which commit.
            *info = ResourceSyncInfo {
                last_sync_ts: info.last_sync_ts,
                last_sync_hash: info.last_sync_hash.take(),
                last_sync_message: info.last_sync_message.take(),
                ..found
            };
        }
    })
    .await?;
    Ok(kept)
}

/// The same, behind the caller's back: after a push, or a change of the files.
pub fn refresh_soon(core: &Arc<Core>, id: &str) {
    refresh_since(core, id, now());
}

/// The same; a fetch that began after `since` is new enough.
pub fn refresh_since(core: &Arc<Core>, id: &str, since: i64) {
    let (core, id) = (core.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = refresh(&core, &id, since).await {
            tracing::debug!(sync = id, %error, "a sync's files were not read");
        }
    });
}

/// The same after it was created or changed. One that has nothing to read yet, or
/// makes others, is left alone; so is one that runs, which looks at its end.
pub(super) fn refresh_changed(core: &Arc<Core>, id: &str) {
    let Some(sync) = core.catalog.syncs.get(id) else { return };
    let nothing_yet = source::is_inline(&sync)
        && sync.config.file_contents.is_empty()
        && sync.info == ResourceSyncInfo::default();
    let runs = core.runs.working_on(&Syncs::target(id)).contains(&Operation::RunSync);
    if !nothing_yet && !sync.template && !runs {
        refresh_soon(core, id);
    }
}

async fn run_sync(core: &Arc<Core>, run: &Arc<Run>, request: RunSync) -> Result<()> {
    let id = run.target.id().to_owned();
    let sync = resource::find::<Syncs>(core, &id)?;
    let caller = Caller::new(Arc::new(ServiceUser::ResourceSync.user()));
    let done = changes(core, run, &caller, &sync, request).await;
    // What is left to do is shown also when something failed.
    refresh(core, &id, run.fetched_since()).await?;
    done
}

async fn changes(
    core: &Arc<Core>,
    run: &Arc<Run>,
    caller: &Caller,
    sync: &ResourceSync,
    request: RunSync,
) -> Result<()> {
    let files = source::files(core, sync, run.fetched_since()).await?;
    let commit = files.commit.clone();
    if let Some((hash, message)) = &commit {
        run.info("Latest Commit", format!("hash: {hash}\nmessage: {message}"));
        run.amend(|update| update.commit_hash.clone_from(hash));
    }
    let read = source::read(&files)?;
    let notes = warnings(&read);
    let declared = Declared::new(read.resources);
    let some = request.resource_type.is_some() || request.resources.is_some();
    let mut scope = scope(core, sync);
    (scope.kind, scope.names) = (request.resource_type, request.resources);
    let mut changes = look::changes(core, sync, &declared, &scope)?;
    if !request.confirm {
        let kept = hold_back(core, sync, &mut changes);
        if !kept.is_empty() {
            run.info(KEPT, kept.join("\n"));
        }
    }
    let mut plan: Vec<_> = changes.iter().map(told).collect();
    let variables = match sync.config.include_variables && !some {
        true => variables::plan(core, &declared, look::deletes(sync)),
        false => Vec::new(),
    };
    plan.splice(0..0, variables.iter().map(variables::told));
    let groups = match sync.config.include_user_groups && !some {
        true => groups::plan(core, &declared, look::deletes(sync))?,
        false => Vec::new(),
    };
    plan.extend(groups.iter().map(groups::told));
    let deploys = deploy::plan(core, &declared, &scope, &changes)?;
    plan.extend(deploys.told());
    let waves = deploy::noted(core, run, &deploys).await?;
    if !notes.is_empty() {
        run.info("Files", notes);
    }
    if !some && !sync.info.resource_updates.is_empty() {
        let now = look::differences(core, sync, &declared, &changes)?;
        let other = look::since_shown(&sync.info.resource_updates, &now);
        if !other.is_empty() {
            run.info("Changed since the plan was shown", other.join("\n"));
        }
    }
    if plan.is_empty() && waves.is_empty() {
        run.info(PLAN, "nothing to do: everything is as declared");
        return note_success(core, sync, commit).await;
    }
    run.info(PLAN, plan.join("\n"));
    let mut failed = Vec::new();
    for change in &variables {
        if let Err(error) = variables::apply(core, caller, change).await {
            failed.push(format!("{}: {error}", variables::told(change)));
        }
    }
    for change in &changes {
        if let Err(error) = apply::apply(core, caller, &declared, change).await {
            failed.push(format!("{}: {error}", told(change)));
        }
    }
    for change in &groups {
        if let Err(error) = groups::apply(core, caller, change).await {
            failed.push(format!("{}: {error}", groups::told(change)));
        }
    }
    let total = changes.len() + variables.len() + groups.len();
    if !failed.is_empty() {
        let how_many = format!("{} of {total} changes failed", failed.len());
        run.error(APPLY, format!("{how_many}:\n{}", failed.join("\n")));
        return Err(Error::failed(format!(
            "{how_many}, and nothing was deployed; correct what is said of each and run the sync \
             again"
        )));
    }
    if total > 0 {
        run.info(APPLY, format!("{total} changes done"));
    }
    deploy::deploy(core, run, caller, &waves).await?;
    note_success(core, sync, commit).await
}

/// Takes what needs to be confirmed out of the changes, and says what that is.
fn hold_back(core: &Core, sync: &ResourceSync, changes: &mut Vec<Change>) -> Vec<String> {
    let mut kept = Vec::new();
    changes.retain(|change| match guard::needs_confirm(core, sync, change) {
        None => true,
        Some(why) => {
            kept.push(format!("{}: {why}. Run the sync with `confirm` to delete it", told(change)));
            false
        }
    });
    kept
}

async fn note_success(
    core: &Arc<Core>,
    sync: &ResourceSync,
    commit: Option<(String, String)>,
) -> Result<()> {
    let (hash, message) = commit.unzip();
    resource::note_info::<Syncs>(core, sync.id.as_str(), |info| {
        info.last_sync_ts = now();
        info.last_sync_hash.clone_from(&hash);
        info.last_sync_message.clone_from(&message);
    })
    .await
}
