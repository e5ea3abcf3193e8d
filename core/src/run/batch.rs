//! One execution for each resource that a pattern means.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::entity::execution::{
    BatchExecutionResponseItem, BatchExecutionResponseItemErr, Execution,
};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::{ResourceQuery, ResourceTarget};
use varanus_proto::entity::update::{Operation, UpdateStatus};

use super::pattern::Pattern;
use super::{Origin, record, simple_log, submit};
use crate::auth::Caller;
use crate::auth::access;
use crate::resource::{Doc, Kind};
use crate::{Core, Row};

/// The resources of a kind that a pattern and tags mean and on which the caller
/// may execute; templates are only there to be copied.
pub fn chosen<K: Kind>(
    core: &Core,
    caller: &Caller,
    pattern: &str,
    tags: &[String],
) -> Result<Vec<Arc<Doc<K>>>>
where
    Doc<K>: Row,
{
    let pattern = Pattern::parse(pattern)?;
    let query = ResourceQuery { tags: tags.to_vec().into(), ..ResourceQuery::default() };
    let mut found = crate::resource::query::<K>(core, caller, &query)?;
    found.retain(|resource| {
        !resource.template
            && pattern.matches(&resource.name)
            && access::effective(core, caller, &K::target(resource.id.as_str())).level
                >= PermissionLevel::Execute
    });
    Ok(found)
}

/// Submits an execution for each; one that cannot be accepted does not keep the
/// others back.
pub async fn batch<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    pattern: &str,
    tags: &[String],
    execution: impl Fn(String) -> Execution,
) -> Result<Vec<BatchExecutionResponseItem>>
where
    Doc<K>: Row,
{
    let chosen = chosen::<K>(core, caller, pattern, tags)?;
    let mut items = Vec::new();
    for resource in &chosen {
        let execution = execution(resource.id.to_string());
        items.push(one(core, caller, &resource.name, execution, Origin::default()).await);
    }
    if items.is_empty() {
        tracing::info!(pattern, kind = %K::TARGET, "a batch matched nothing");
    }
    Ok(items)
}

/// Submits one execution of a batch.
pub async fn one(
    core: &Arc<Core>,
    caller: &Caller,
    name: &str,
    execution: Execution,
    origin: Origin,
) -> BatchExecutionResponseItem {
    match submit(core, caller, execution, origin).await {
        Ok(update) => BatchExecutionResponseItem::Ok(update),
        Err(error) => BatchExecutionResponseItem::Err(BatchExecutionResponseItemErr {
            name: name.to_owned(),
            error: error.body(),
        }),
    }
}

/// What a batch answers for a resource about which nothing is to be done: no run
/// begins, so the update has no id (Komodo 2.3 API).
pub fn nothing(
    caller: &Caller,
    operation: Operation,
    target: ResourceTarget,
    stage: &str,
    why: &str,
) -> BatchExecutionResponseItem {
    let mut update = record::new_update(caller.id(), operation, target, UpdateStatus::Complete);
    update.logs.push(simple_log(stage, why.to_owned()));
    update.end_ts = Some(update.start_ts);
    BatchExecutionResponseItem::Ok(update)
}
