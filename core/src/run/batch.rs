//! One execution for each resource that a pattern means.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::entity::execution::{
    BatchExecutionResponseItem, BatchExecutionResponseItemErr, Execution,
};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceQuery;

use super::pattern::Pattern;
use super::submit;
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
    let mut items = Vec::new();
    for resource in chosen::<K>(core, caller, pattern, tags)? {
        let execution = execution(resource.id.to_string());
        items.push(match submit(core, caller, execution, Default::default()).await {
            Ok(update) => BatchExecutionResponseItem::Ok(update),
            Err(error) => BatchExecutionResponseItem::Err(BatchExecutionResponseItemErr {
                name: resource.name.clone(),
                error: error.body(),
            }),
        });
    }
    if items.is_empty() {
        tracing::info!(pattern, kind = %K::TARGET, "a batch matched nothing");
    }
    Ok(items)
}
