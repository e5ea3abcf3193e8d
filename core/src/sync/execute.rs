//! Running a sync: the plan is made anew and done, change by change.

use std::sync::Arc;

use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource_sync::ResourceSync;
use varanus_proto::{Error, Result};

use super::kind::{Syncs, is_pending};
use super::look::{self, pending, scope, told, warnings};
use super::plan::Change;
use super::{apply, deploy, groups, guard, source, variables, write};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource;
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
    let sync = resource::find::<Syncs>(core, id)?;
    let found = pending(core, &sync, since).await;
    if sync.info != found {
        resource::update_info::<Syncs>(core, id, |info| *info = found.clone()).await?;
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

/// The same, behind the caller's back: after a push, or a change of the files.
pub fn refresh_soon(core: &Arc<Core>, id: &str) {
    let (core, id) = (core.clone(), id.to_owned());
    tokio::spawn(async move {
        if let Err(error) = refresh(&core, &id, now()).await {
            tracing::debug!(sync = id, %error, "a sync's files were not read");
        }
    });
}

async fn run_sync(core: &Arc<Core>, run: &Arc<Run>, request: RunSync) -> Result<()> {
    let id = run.target.id().to_owned();
    let sync = resource::find::<Syncs>(core, &id)?;
    let caller = Caller::new(Arc::new(ServiceUser::ResourceSync.user()));
    let done = changes(core, run, &caller, &sync, request).await;
    // What is left to do is shown also when something failed.
    refresh(core, &id, run.record.fetched_since()).await?;
    done
}

async fn changes(
    core: &Arc<Core>,
    run: &Arc<Run>,
    caller: &Caller,
    sync: &ResourceSync,
    request: RunSync,
) -> Result<()> {
    let files = source::files(core, sync, run.record.fetched_since()).await?;
    let commit = files.commit.clone();
    if let Some((hash, message)) = &commit {
        run.info("Latest Commit", format!("hash: {hash}\nmessage: {message}"));
        run.amend(|update| update.commit_hash.clone_from(hash));
    }
    let read = source::read(&files)?;
    let some = request.resource_type.is_some() || request.resources.is_some();
    let mut scope = scope(core, sync);
    (scope.kind, scope.names) = (request.resource_type, request.resources);
    let mut changes = look::changes(core, sync, &read.resources, &scope)?;
    if !request.confirm {
        let kept = hold_back(core, sync, &mut changes);
        if !kept.is_empty() {
            run.info(KEPT, kept.join("\n"));
        }
    }
    let mut plan: Vec<_> = changes.iter().map(told).collect();
    let variables = match sync.config.include_variables && !some {
        true => variables::plan(core, &read.resources, look::deletes(sync)),
        false => Vec::new(),
    };
    plan.splice(0..0, variables.iter().map(variables::told));
    let groups = match sync.config.include_user_groups && !some {
        true => groups::plan(core, &read.resources, look::deletes(sync))?,
        false => Vec::new(),
    };
    plan.extend(groups.iter().map(groups::told));
    let deploys = deploy::plan(core, &read.resources, &scope, &changes)?;
    plan.extend(deploys.told());
    let waves = deploy::noted(core, run, &deploys).await?;
    let notes = warnings(&read);
    if !notes.is_empty() {
        run.info("Files", notes);
    }
    if !some {
        let now = look::differences(core, sync, &read.resources, &changes)?;
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
    let mut failed = 0;
    let mut lines = Vec::new();
    for change in &variables {
        if let Err(error) = variables::apply(core, caller, change).await {
            failed += 1;
            lines.push(format!("{}: {error}", variables::told(change)));
        }
    }
    for change in &changes {
        if let Err(error) = apply::apply(core, caller, &read.resources, change).await {
            failed += 1;
            lines.push(format!("{}: {error}", told(change)));
        }
    }
    for change in &groups {
        if let Err(error) = groups::apply(core, caller, change).await {
            failed += 1;
            lines.push(format!("{}: {error}", groups::told(change)));
        }
    }
    let total = changes.len() + variables.len() + groups.len();
    if failed > 0 {
        run.error(APPLY, format!("{failed} of {total} changes failed:\n{}", lines.join("\n")));
        return Err(Error::failed(format!(
            "{failed} of {total} changes failed, and nothing was deployed; correct what is said of \
             each and run the sync again"
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
