//! Is there a newer image?

use varanus_proto::Result;
use varanus_proto::api::write::deployment::CheckDeploymentForUpdateResponse;
use varanus_proto::entity::file::ImageDigest;

use super::{Deployments, container, execute, requests::server_of};
use crate::Core;
use crate::resource::{self, Doc};

/// Asks the registry, through the deployment's agent, and keeps what it says;
/// the newest image as `NAME@DIGEST` comes with the answer. An image that is named
/// by its digest has no newer one.
pub async fn check(
    core: &Core,
    deployment: &Doc<Deployments>,
) -> Result<(CheckDeploymentForUpdateResponse, String)> {
    let server = server_of(core, deployment)?;
    let image = execute::image(core, deployment)?;
    if image.name.contains('@') {
        let deployment = deployment.id.to_string();
        let answer = CheckDeploymentForUpdateResponse { deployment, update_available: false };
        return Ok((answer, image.name));
    }
    let latest = crate::image::latest(core, &server, &image.name, &image.account).await?;
    resource::update_info::<Deployments>(core, deployment.id.as_str(), |info| {
        info.latest_image_digest = ImageDigest(latest.clone());
    })
    .await?;
    let deployment = resource::find::<Deployments>(core, deployment.id.as_str())?;
    let status = core.observed.server(&server);
    let answer = CheckDeploymentForUpdateResponse {
        deployment: deployment.id.to_string(),
        update_available: container::update_available(&deployment, &status),
    };
    Ok((answer, latest))
}
