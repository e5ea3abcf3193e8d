//! Is there a newer image?

use varanus_proto::agent::image::GetLatestImageDigest;
use varanus_proto::api::write::deployment::CheckDeploymentForUpdateResponse;
use varanus_proto::entity::deployment::{Deployment, DeploymentImage};
use varanus_proto::entity::file::ImageDigest;
use varanus_proto::{Error, Result};

use super::{Deployments, container, requests::server_of};
use crate::Core;
use crate::agent::Ask;
use crate::resource::{self, Doc};
use crate::stack::registry_token;

/// Asks the registry, through the deployment's agent, and keeps what it says. An
/// image that is named by its digest has no newer one.
pub(super) async fn check(
    core: &Core,
    deployment: &Doc<Deployments>,
) -> Result<CheckDeploymentForUpdateResponse> {
    let server = server_of(core, deployment)?;
    let image = image(core, deployment, &server)?;
    if !image.contains('@') {
        let (domain, account) = (domain(&image), &deployment.config.image_registry_account);
        let token = registry_token(core, domain, account)?;
        let account = token.as_ref().map(|_| account.clone());
        let ask = GetLatestImageDigest { name: image.clone(), account, token };
        let digest = core.agents.request(&server, ask, Ask::default()).await?.digest;
        resource::update_info::<Deployments>(core, deployment.id.as_str(), |info| {
            info.latest_image_digest = ImageDigest(format!("{image}@{digest}"));
        })
        .await?;
    }
    let deployment = resource::find::<Deployments>(core, deployment.id.as_str())?;
    Ok(CheckDeploymentForUpdateResponse {
        deployment: deployment.id.to_string(),
        update_available: container::update_available(&deployment, &core.observed.server(&server)),
    })
}

/// The image to ask for: as configured, or of a build what runs of it.
fn image(core: &Core, deployment: &Deployment, server: &str) -> Result<String> {
    let name = &deployment.name;
    let image = match &deployment.config.image {
        DeploymentImage::Image { image } => image.clone(),
        DeploymentImage::Build { .. } => {
            let status = core.observed.server(server);
            let running = container::observed(deployment, &status);
            running.and_then(|container| container.image.clone()).ok_or_else(|| {
                Error::invalid(format!(
                    "deployment {name:?} has no container of its build yet; deploy it first"
                ))
            })?
        }
    };
    match image.is_empty() {
        true => Err(Error::invalid(format!(
            "deployment {name:?} has no image; set one in its configuration"
        ))),
        false => Ok(image),
    }
}

/// The registry of an image.
fn domain(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_names_its_registry_or_is_of_docker() {
        for (image, registry) in [
            ("nginx", "docker.io"),
            ("nginx:1.2", "docker.io"),
            ("library/nginx", "docker.io"),
            ("ghcr.io/a/b:1", "ghcr.io"),
            ("localhost:5000/a", "localhost:5000"),
            ("localhost/a", "localhost"),
        ] {
            assert_eq!(domain(image), registry, "{image}");
        }
    }
}
