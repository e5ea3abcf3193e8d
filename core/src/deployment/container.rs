//! From a deployment to its container, as it was last observed.

use varanus_proto::docker::container::{ContainerListItem, ContainerStateStatusEnum as Container};
use varanus_proto::entity::deployment::{Deployment, DeploymentImage, DeploymentState};
use varanus_proto::entity::update::{Log, Operation};
use varanus_proto::{Error, Result};

use super::Deployments;
use crate::Core;
use crate::observe::ServerStatus;
use crate::resource::Kind;

/// The name of the container: as deployed, else as the next deploy names it.
pub fn container_name(deployment: &Deployment) -> String {
    let names = [&deployment.info.deployed_name, &deployment.config.custom_name];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or(&deployment.name).clone()
}

/// The container as it is now, if that is known.
pub(super) fn observed<'a>(
    deployment: &Deployment,
    status: &'a ServerStatus,
) -> Option<&'a ContainerListItem> {
    let name = container_name(deployment);
    status.containers()?.iter().find(|container| container.name == name)
}

/// What a deployment is doing: deploying, or what its container says.
pub fn state(core: &Core, deployment: &Deployment) -> DeploymentState {
    let target = Deployments::target(deployment.id.as_str());
    match core.runs.working_on(&target).contains(&Operation::Deploy) {
        true => DeploymentState::Deploying,
        false => of_container(deployment, &core.observed.server(&deployment.config.server_id)),
    }
}

fn of_container(deployment: &Deployment, status: &ServerStatus) -> DeploymentState {
    if deployment.config.server_id.is_empty() {
        return DeploymentState::NotDeployed;
    }
    if status.containers().is_none() {
        return DeploymentState::Unknown;
    }
    let Some(container) = observed(deployment, status) else { return DeploymentState::NotDeployed };
    let health = container.status.as_deref().unwrap_or_default();
    match container.state {
        Container::Running if health.contains("(unhealthy)") => DeploymentState::Unhealthy,
        Container::Running => DeploymentState::Running,
        Container::Created => DeploymentState::Created,
        Container::Restarting => DeploymentState::Restarting,
        Container::Stopping => DeploymentState::Stopping,
        Container::Removing => DeploymentState::Removing,
        Container::Paused => DeploymentState::Paused,
        Container::Exited => DeploymentState::Exited,
        Container::Dead => DeploymentState::Dead,
        Container::Unspecified => DeploymentState::Unknown,
    }
}

/// The image that runs; else the one that is configured.
pub(super) fn image(
    core: &Core,
    deployment: &Deployment,
    container: Option<&ContainerListItem>,
) -> String {
    if let Some(image) = container.and_then(|container| container.image.clone()) {
        return image;
    }
    match &deployment.config.image {
        DeploymentImage::Image { image } => image.clone(),
        DeploymentImage::Build { build_id, version } => {
            let name = crate::build::name(core, build_id);
            match version.is_none() {
                true => format!("{name}:latest"),
                false => format!("{name}:{version}"),
            }
        }
    }
}

/// Whether the registry has another image than the one that runs.
pub(super) fn update_available(deployment: &Deployment, status: &ServerStatus) -> bool {
    let Some((_, latest)) = deployment.info.latest_image_digest.0.split_once('@') else {
        return false;
    };
    let running = observed(deployment, status).and_then(|container| container.image_id.as_ref());
    let (Some(running), Some(docker)) = (running, &status.docker) else { return false };
    let Some(image) = docker.images.iter().find(|image| image.id == *running) else {
        return false;
    };
    !image.digests.is_empty() && !image.digests.iter().any(|known| known.ends_with(latest))
}

/// Whether what an agent did succeeded.
pub(super) fn done(log: Log) -> Result<()> {
    match log.success {
        true => Ok(()),
        false => Err(Error::failed(format!("{}{}", log.stdout, log.stderr).trim().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use varanus_proto::docker::lists::DockerLists;
    use varanus_proto::entity::server::ServerState;

    use super::*;

    fn status(name: &str, state: Container, text: &str) -> ServerStatus {
        let container = ContainerListItem {
            name: name.into(),
            state,
            status: Some(text.into()),
            ..Default::default()
        };
        let docker = DockerLists { containers: vec![container], ..Default::default() };
        let docker = Some(Arc::new(docker));
        ServerStatus { state: ServerState::Ok, docker, ..Default::default() }
    }

    #[test]
    fn a_deployment_is_what_the_container_of_exactly_its_name_is() {
        let mut web = Deployment { name: "web".into(), ..Default::default() };
        let running = status("web", Container::Running, "Up 2 hours");
        assert_eq!(of_container(&web, &running), DeploymentState::NotDeployed, "on no server");
        web.config.server_id = "s".into();
        assert_eq!(of_container(&web, &running), DeploymentState::Running);
        let ill = status("web", Container::Running, "Up 2 hours (unhealthy)");
        assert_eq!(of_container(&web, &ill), DeploymentState::Unhealthy);
        let exited = status("web", Container::Exited, "Exited (0)");
        assert_eq!(of_container(&web, &exited), DeploymentState::Exited);
        let other = status("web-1", Container::Running, "Up");
        assert_eq!(of_container(&web, &other), DeploymentState::NotDeployed);
        let mut away = running;
        away.state = ServerState::NotOk;
        assert_eq!(of_container(&web, &away), DeploymentState::Unknown, "nothing is claimed");
    }

    #[test]
    fn the_name_that_was_deployed_counts_until_the_next_deploy() {
        let mut web = Deployment { name: "web".into(), ..Default::default() };
        assert_eq!(container_name(&web), "web");
        web.config.custom_name = "front".into();
        assert_eq!(container_name(&web), "front");
        web.info.deployed_name = "web".into();
        assert_eq!(container_name(&web), "web");
    }
}
