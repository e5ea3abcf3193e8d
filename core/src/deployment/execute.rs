//! What is done to a deployment.

use std::sync::Arc;

use varanus_proto::agent::container as agent;
use varanus_proto::agent::image::PullImage;
use varanus_proto::api::execute::deployment::*;
use varanus_proto::entity::deployment::{Deployment, DeploymentImage};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::file::TerminationSignal;
use varanus_proto::entity::provider::registry_of;
use varanus_proto::entity::update::Log;
use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, Result, Version};

use super::{Deployments, container_name, requests::server_of};
use crate::Core;
use crate::agent::Ask;
use crate::http::{Api, Call};
use crate::interpolate::Interpolator;
use crate::resource;
use crate::run::{Run, batch::batch, executions};
use crate::stack::registry_token;

pub(super) fn api(api: &mut Api) {
    executions!(
        api,
        Deploy,
        PullDeployment,
        StartDeployment,
        RestartDeployment,
        PauseDeployment,
        UnpauseDeployment,
        StopDeployment,
        DestroyDeployment
    );
    api.on(|call: Call, request: BatchDeploy| async move {
        let BatchDeploy { pattern, tags } = request;
        batch::<Deployments>(&call.core, &call.caller, &pattern, &tags, |deployment| {
            Execution::Deploy(Deploy { deployment, ..Default::default() })
        })
        .await
    });
    api.on(|call: Call, request: BatchDestroyDeployment| async move {
        let BatchDestroyDeployment { pattern, tags } = request;
        batch::<Deployments>(&call.core, &call.caller, &pattern, &tags, |deployment| {
            Execution::DestroyDeployment(DestroyDeployment { deployment, ..Default::default() })
        })
        .await
    });
}

/// Does an execution on a deployment. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    use Execution as E;
    Some(match execution {
        E::Deploy(r) => deploy(core, run, r.stop_signal, r.stop_time).await,
        E::PullDeployment(_) => pull(core, run).await,
        E::StartDeployment(_) => act(core, run, |name| agent::StartContainer { name }).await,
        E::RestartDeployment(_) => act(core, run, |name| agent::RestartContainer { name }).await,
        E::PauseDeployment(_) => act(core, run, |name| agent::PauseContainer { name }).await,
        E::UnpauseDeployment(_) => act(core, run, |name| agent::UnpauseContainer { name }).await,
        E::StopDeployment(r) => {
            let (signal, time) = ending(core, run, r.signal, r.time);
            act(core, run, |name| agent::StopContainer { name, signal, time }).await
        }
        E::DestroyDeployment(r) => destroy(core, run, r).await,
        _ => return None,
    })
}

/// How a container is ended: as asked, else as configured.
fn ending(
    core: &Core,
    run: &Run,
    signal: Option<TerminationSignal>,
    time: Option<i32>,
) -> (Option<TerminationSignal>, Option<i32>) {
    let Some(deployment) = core.catalog.deployments.get(run.target.id()) else {
        return (signal, time);
    };
    let config = &deployment.config;
    (signal.or(Some(config.termination_signal)), time.or(Some(config.termination_timeout)))
}

/// Asks the agent to do something with the deployment's container.
async fn act<R: AgentRequest<Response = Log>>(
    core: &Arc<Core>,
    run: &Arc<Run>,
    request: impl FnOnce(String) -> R,
) -> Result<()> {
    let deployment = resource::find::<Deployments>(core, run.target.id())?;
    let server = server_of(core, &deployment)?;
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let log = core.agents.request(&server, request(container_name(&deployment)), ask).await;
    crate::observe::look_again(core, &server).await;
    run.push(log?);
    Ok(())
}

async fn destroy(core: &Arc<Core>, run: &Arc<Run>, request: DestroyDeployment) -> Result<()> {
    let (signal, time) = ending(core, run, request.signal, request.time);
    act(core, run, |name| agent::RemoveContainer { name, signal, time }).await?;
    if run.failed() {
        return Ok(());
    }
    // The next deploy names its container as it is configured then.
    resource::note_info::<Deployments>(core, run.target.id(), |info| info.deployed_name.clear())
        .await
}

/// What a deployment's image is now.
pub(super) struct Image {
    /// With its registry and tag.
    pub name: String,
    /// The account to pull it with; empty for none.
    pub account: String,
    /// The version of the build that it is of.
    pub version: Version,
}

/// The image as configured; of a build, the version that is wanted, or the
/// latest.
pub(super) fn image(core: &Core, deployment: &Deployment) -> Result<Image> {
    let (name, config) = (&deployment.name, &deployment.config);
    let (image, account, version) = match &config.image {
        DeploymentImage::Image { image } => (image.clone(), String::new(), Version::default()),
        DeploymentImage::Build { build_id, .. } if build_id.is_empty() => {
            return Err(Error::invalid(format!(
                "deployment {name:?} has no build; set one, or an image, in its configuration"
            )));
        }
        DeploymentImage::Build { build_id, version } => {
            let build = resource::find::<crate::build::Builds>(core, build_id)?;
            varanus_proto::image::deployed(&build, *version)?
        }
    };
    if image.is_empty() {
        return Err(Error::invalid(format!(
            "deployment {name:?} has no image; set one in its configuration"
        )));
    }
    let own = &config.image_registry_account;
    Ok(Image { account: if own.is_empty() { account } else { own.clone() }, name: image, version })
}

impl Image {
    /// The token of its account. An account that Core does not know may be one
    /// of the agent's own.
    fn token(&self, core: &Core) -> Option<String> {
        registry_token(core, registry_of(&self.name), &self.account).ok().flatten()
    }
}

async fn deploy(
    core: &Arc<Core>,
    run: &Arc<Run>,
    stop_signal: Option<TerminationSignal>,
    stop_time: Option<i32>,
) -> Result<()> {
    let deployment = resource::find::<Deployments>(core, run.target.id())?;
    let server = server_of(core, &deployment)?;
    let mut deployment = (*deployment).clone();
    let image = image(core, &deployment)?;
    if !image.version.is_none() {
        run.amend(|update| update.version = image.version);
    }
    let registry_token = image.token(core);
    let mut replacers = Vec::new();
    if !deployment.config.skip_secret_interp {
        let mut fill = Interpolator::new(core);
        let config = &mut deployment.config;
        fill.fill_lines("environment", &mut config.environment.0)?;
        fill.fill_lines("labels", &mut config.labels.0)?;
        fill.fill("ports", &mut config.ports.0)?;
        fill.fill("volumes", &mut config.volumes.0)?;
        fill.fill("command", &mut config.command)?;
        fill.fill_all("extra_args", &mut config.extra_args)?;
        replacers = fill.finish(run);
    }
    deployment.config.image_registry_account = image.account;
    deployment.config.image = DeploymentImage::Image { image: image.name };
    let name = match deployment.config.custom_name.is_empty() {
        true => deployment.name.clone(),
        false => deployment.config.custom_name.clone(),
    };
    let request =
        agent::RunContainer { deployment, stop_signal, stop_time, registry_token, replacers };
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let log = core.agents.request(&server, request, ask).await;
    crate::observe::look_again(core, &server).await;
    run.push(log?);
    if run.failed() {
        return Ok(());
    }
    resource::note_info::<Deployments>(core, run.target.id(), |info| {
        info.deployed_name.clone_from(&name);
    })
    .await
}

async fn pull(core: &Arc<Core>, run: &Arc<Run>) -> Result<()> {
    let deployment = resource::find::<Deployments>(core, run.target.id())?;
    let server = server_of(core, &deployment)?;
    let image = image(core, &deployment)?;
    let token = image.token(core);
    let account = Some(image.account).filter(|account| !account.is_empty());
    let ask = Ask { run: Some(run.clone()), ..Ask::default() };
    let request = PullImage { name: image.name, account, token };
    run.push(core.agents.request(&server, request, ask).await?);
    Ok(())
}
