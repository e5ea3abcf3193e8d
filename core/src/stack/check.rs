//! Are there newer images?

use varanus_proto::Result;
use varanus_proto::api::write::stack::CheckStackForUpdateResponse;
use varanus_proto::entity::file::ImageDigest;
use varanus_proto::entity::provider::registry_of;
use varanus_proto::entity::stack::{StackServiceNames, StackServiceWithUpdate};

use super::{Stacks, server_of};
use crate::Core;
use crate::observe::ServerStatus;
use crate::resource::{self, Doc};

/// Whether the registry has another image than the one that runs.
pub fn update_available(status: &ServerStatus, service: &StackServiceNames) -> bool {
    let Some(latest) = &service.image_digest else { return false };
    let Some(digest) = latest.0.split_once('@').map(|(_, digest)| digest) else { return false };
    let Some(docker) = &status.docker else { return false };
    let container = docker.containers.iter().find(|container| {
        crate::observe::is_container_of(&container.name, &service.container_name)
    });
    let Some(image_id) = container.and_then(|container| container.image_id.as_ref()) else {
        return false;
    };
    let Some(image) = docker.images.iter().find(|image| image.id == *image_id) else {
        return false;
    };
    !image.digests.is_empty() && !image.digests.iter().any(|known| known.ends_with(digest))
}

/// Asks the registries, through the stack's agent, and keeps what they say. What
/// is skipped is not asked for.
pub async fn check(
    core: &Core,
    stack: &Doc<Stacks>,
    skipped: &[String],
) -> Result<CheckStackForUpdateResponse> {
    let server = server_of(core, stack)?;
    let config = &stack.config;
    let mut found = Vec::new();
    for service in crate::observe::services(stack) {
        let image = &service.image;
        if image.is_empty() || image.contains('@') || skipped.contains(&service.service_name) {
            continue;
        }
        // A login is for its own registry alone.
        let account = match registry_of(image) == config.registry_provider {
            true => config.registry_account.as_str(),
            false => "",
        };
        let latest = crate::image::latest(core, &server, image, account).await?;
        found.push((service.service_name.clone(), latest));
    }
    resource::update_info::<Stacks>(core, stack.id.as_str(), |info| {
        let lists = [Some(&mut info.latest_services), info.deployed_services.as_mut()];
        for service in lists.into_iter().flatten().flatten() {
            let digest = found.iter().find(|(name, _)| *name == service.service_name);
            if let Some((_, digest)) = digest {
                service.image_digest = Some(ImageDigest(digest.clone()));
            }
        }
    })
    .await?;
    let stack = resource::find::<Stacks>(core, stack.id.as_str())?;
    let status = core.observed.server(&server);
    Ok(CheckStackForUpdateResponse {
        stack: stack.id.to_string(),
        services: crate::observe::services(&stack)
            .iter()
            .map(|service| StackServiceWithUpdate {
                service: service.service_name.clone(),
                image: service.image.clone(),
                latest_image: service.image_digest.as_ref().map(|digest| digest.0.clone()),
                update_available: update_available(&status, service),
            })
            .collect(),
    })
}
