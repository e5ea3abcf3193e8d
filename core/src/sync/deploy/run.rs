//! Deploying, wave after wave.

use std::sync::Arc;

use futures_util::future::join_all;
use varanus_proto::api::execute::deployment::Deploy;
use varanus_proto::api::execute::stack::DeployStack;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::{Error, Result};

use super::order::Name;
use super::{Plan, healthy};
use crate::Core;
use crate::auth::Caller;
use crate::run::record::Part;
use crate::run::{Run, Stream, parts};

/// The stage that tells what happens while it happens.
const STAGE: &str = "Sync Deploy";

fn execution((kind, name): &Name) -> Execution {
    match kind {
        Variant::Stack => {
            Execution::DeployStack(DeployStack { stack: name.clone(), ..Default::default() })
        }
        _ => Execution::Deploy(Deploy { deployment: name.clone(), ..Default::default() }),
    }
}

fn name_of(execution: &Execution) -> Name {
    match execution {
        Execution::DeployStack(request) => (Variant::Stack, request.stack.clone()),
        Execution::Deploy(request) => (Variant::Deployment, request.deployment.clone()),
        _ => (Variant::System, String::new()),
    }
}

/// The waves of this run: those that it noted before a restart of Core, else
/// these, which are noted now. Nothing of them has begun: what is changed
/// afterwards takes the reasons away for which they are deployed.
pub async fn noted(core: &Core, run: &Run, plan: &Plan) -> Result<Vec<Vec<Part>>> {
    let mut waves = Vec::new();
    for at in 0.. {
        let wave = plan.waves.get(at);
        if wave.is_none() && !run.is_resumed() {
            break;
        }
        let executions =
            || Ok(wave.into_iter().flatten().map(|one| execution(&one.name)).collect());
        let parts = parts::parts(core, run, at, executions).await?;
        if parts.is_empty() {
            break;
        }
        waves.push(parts);
    }
    Ok(waves)
}

/// Deploys wave after wave. A wave begins when all of the former is healthy;
/// after one that fails the others are not tried.
pub async fn deploy(
    core: &Arc<Core>,
    run: &Arc<Run>,
    caller: &Caller,
    waves: &[Vec<Part>],
) -> Result<()> {
    let say = |text: String| run.line(STAGE, Stream::Stdout, &text);
    let mut failed: Option<String> = None;
    for (at, wave) in waves.iter().enumerate() {
        let names: Vec<_> = wave.iter().map(|part| spoken(&name_of(&part.execution))).collect();
        let label = format!("wave {} of {}: {}", at + 1, waves.len(), names.join(", "));
        if failed.is_some() {
            say(format!("{label}: not tried"));
            continue;
        }
        say(label);
        let last = at + 1 == waves.len();
        let each = wave.iter().map(|part| one(core, run, caller, part, last));
        let wrong: Vec<_> = join_all(each).await.into_iter().filter_map(Result::err).collect();
        if !wrong.is_empty() {
            failed = Some(wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
    }
    run.settle();
    match failed {
        None => Ok(()),
        Some(why) => Err(Error::failed(format!("{why}. What comes after it was not tried"))),
    }
}

fn spoken((kind, name): &Name) -> String {
    format!("{} {name:?}", kind.to_string().to_lowercase())
}

/// Deploys one and waits until it is healthy.
async fn one(
    core: &Arc<Core>,
    run: &Arc<Run>,
    caller: &Caller,
    part: &Part,
    last: bool,
) -> Result<()> {
    let name = name_of(&part.execution);
    let (say, spoken) = (|text: String| run.line(STAGE, Stream::Stdout, &text), spoken(&name));
    let update = match parts::begin(core, run, caller, part).await {
        Ok(update) => update,
        Err(error) => {
            say(format!("{spoken}: not begun: {error}"));
            return Err(Error::failed(format!("{spoken} was not begun: {error}")));
        }
    };
    let link = crate::run::link(core, &update);
    let update = parts::end(core, part).await?;
    if !update.success {
        say(format!("{spoken}: failed, {link}"));
        return Err(Error::failed(format!("{spoken} failed, {link}")));
    }
    // Nobody waits for the last: what its containers do is watched anyway.
    if last {
        say(format!("{spoken}: deployed"));
        return Ok(());
    }
    match healthy::wait(core, &name, core.config.run_deadlines.healthy.duration()).await {
        Ok(()) => {
            say(format!("{spoken}: healthy"));
            Ok(())
        }
        Err(error) => {
            say(format!("{spoken}: deployed, and not healthy: {error}"));
            Err(Error::failed(format!("{spoken} was deployed and is not healthy: {error}")))
        }
    }
}
