//! What is done about branches that have moved: what a webhook would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use varanus_proto::api::execute::resource_sync::RunSync;
use varanus_proto::api::execute::stack::{DeployStack, DeployStackIfChanged};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::file::FileContents;
use varanus_proto::entity::resource::ResourceTargetVariant;
use varanus_proto::{Error, Result};

use super::sources::Source;
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::build::Builds;
use crate::resource;
use crate::run::{self, Origin};
use crate::stack::Stacks;
use crate::sync::Syncs;

/// Does what is due for each source, once for each commit.
pub async fn act(
    core: &Arc<Core>,
    sources: &[Source],
    heads: &BTreeMap<String, String>,
    done: &mut BTreeMap<String, String>,
    since: i64,
) {
    done.retain(|key, _| sources.iter().any(|source| source.key() == *key));
    let (mut stacks, mut others) = (Vec::new(), Vec::new());
    for source in sources {
        let Some(head) = heads.get(&source.place.branch) else {
            if done.get(&source.key()).is_none_or(|was| was != "gone") {
                let error =
                    Error::not_found(format!("there is no branch {}", source.place.shown()));
                report(core, std::slice::from_ref(source), &error).await;
                done.insert(source.key(), "gone".to_owned());
            }
            continue;
        };
        let known = match done.get(&source.key()) {
            Some(done) => Some(done),
            None => source.known.as_ref(),
        };
        if known.is_some_and(|known| !known.is_empty() && head.starts_with(known.as_str())) {
            continue;
        }
        match source.kind {
            ResourceTargetVariant::Stack => stacks.push((source, head)),
            _ => others.push((source, head)),
        }
    }
    deploys(core, &stacks, done, since).await;
    // What stacks had fetched is not fetched again for these.
    for (source, head) in others {
        if let Some(()) = told(source, follow(core, source, head, since).await) {
            done.insert(source.key(), head.clone());
        }
    }
}

/// Does what is due for something other than a stack.
async fn follow(core: &Arc<Core>, source: &Source, head: &str, since: i64) -> Result<()> {
    match source.kind {
        ResourceTargetVariant::Build => {
            crate::build::refresh(core, &source.id, since, Some(head)).await
        }
        ResourceTargetVariant::Repo => {
            crate::repo::moved(core, &source.id, &source.place, head).await
        }
        _ => sync(core, source, since).await,
    }
}

async fn deploys(
    core: &Arc<Core>,
    stacks: &[(&Source, &String)],
    done: &mut BTreeMap<String, String>,
    since: i64,
) {
    if stacks.is_empty() {
        return;
    }
    let ids: Vec<_> = stacks.iter().map(|(source, _)| source.id.clone()).collect();
    // All of them are looked at together; what is left begins a run.
    let settled = crate::stack::settled(core, &ids, since).await;
    for &(source, head) in stacks {
        let deployed = match source.acts && !settled.contains(&source.id) {
            true => deploy(core, source, since).await,
            false => Ok(()),
        };
        if let Some(()) = told(source, deployed) {
            done.insert(source.key(), head.clone());
        }
    }
}

/// What could not be begun now is begun at the next look, if that may help.
fn told(source: &Source, outcome: Result<()>) -> Option<()> {
    match outcome {
        Ok(()) => Some(()),
        Err(error) => {
            let branch = source.place.shown();
            tracing::warn!(branch, id = source.id, %error, "a push was found, and not followed");
            (!error.kind().retry_helps()).then_some(())
        }
    }
}

async fn begin(core: &Arc<Core>, execution: Execution, since: i64) -> Result<()> {
    let caller = Caller::from(ServiceUser::GitWebhook);
    if run::join_waiting(core, &caller, &execution).is_some() {
        // It reads the branch when it begins.
        return Ok(());
    }
    let origin = Origin { fetched_since: Some(since), ..Origin::default() };
    run::submit(core, &caller, execution, origin).await.map(drop)
}

async fn deploy(core: &Arc<Core>, source: &Source, since: i64) -> Result<()> {
    let stack = resource::find::<Stacks>(core, &source.id)?;
    let id = source.id.clone();
    let execution = match stack.config.webhook_force_deploy {
        true => {
            Execution::DeployStack(DeployStack { stack: id, services: Vec::new(), stop_time: None })
        }
        false => {
            Execution::DeployStackIfChanged(DeployStackIfChanged { stack: id, stop_time: None })
        }
    };
    begin(core, execution, since).await
}

async fn sync(core: &Arc<Core>, source: &Source, since: i64) -> Result<()> {
    if !source.acts {
        return crate::sync::refresh(core, &source.id, since).await.map(drop);
    }
    let sync = source.id.clone();
    let run = RunSync { sync, ..RunSync::default() };
    begin(core, Execution::RunSync(run), since).await
}

/// Writes what is wrong with a repository where the people of what is in it look.
pub async fn report(core: &Arc<Core>, sources: &[Source], error: &Error) {
    for source in sources {
        let text = format!("{}: {error}", source.place.shown());
        let kept = match source.kind {
            ResourceTargetVariant::Stack => {
                let file = FileContents { path: source.place.repo.clone(), contents: text };
                let keep = |info: &mut varanus_proto::entity::stack::StackInfo| {
                    info.remote_errors = Some(vec![file]);
                };
                resource::update_info::<Stacks>(core, &source.id, keep).await
            }
            ResourceTargetVariant::Build => {
                let keep = |info: &mut varanus_proto::entity::build::BuildInfo| {
                    info.remote_error = Some(text);
                };
                resource::update_info::<Builds>(core, &source.id, keep).await
            }
            // It has no place for it; what its stacks and builds say is the same.
            ResourceTargetVariant::Repo => Ok(()),
            _ => {
                let keep = |info: &mut varanus_proto::entity::resource_sync::ResourceSyncInfo| {
                    info.pending_error = Some(text);
                };
                resource::update_info::<Syncs>(core, &source.id, keep).await
            }
        };
        if let Err(error) = kept {
            tracing::debug!(id = source.id, %error, "what is wrong with a repository was not kept");
        }
    }
}
