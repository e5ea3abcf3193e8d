//! What comes before compose: a person's `pre_deploy` hook.

use std::path::Path;

use varanus_proto::Result;
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::update::Log;

use crate::agent::Agent;
use crate::repo;
use crate::work::Work;

/// Runs what comes before compose. Whether the deploy goes on.
pub async fn pre_deploy(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    folder: &Path,
    logs: &mut Vec<Log>,
) -> Result<bool> {
    let hook = &stack.config.pre_deploy;
    let done = repo::run_hook(agent, work, "Pre Deploy", hook, folder).await?;
    let success = done.as_ref().is_none_or(|log| log.success);
    logs.extend(done);
    Ok(success)
}
