//! What is on this host, as lists.

use std::collections::{BTreeMap, HashSet};

use bollard::models::{ContainerSummary, ImageSummary, Network, Volume};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptions, ListNetworksOptions, ListVolumesOptions,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use varanus_proto::Result;
use varanus_proto::docker::container::ContainerListItem;
use varanus_proto::docker::image::ImageListItem;
use varanus_proto::docker::lists::DockerLists;
use varanus_proto::docker::network::NetworkListItem;
use varanus_proto::docker::volume::VolumeListItem;
use varanus_proto::entity::stack::ComposeProject;

use super::Docker;

impl Docker {
    /// Everything on this host.
    pub async fn lists(&self) -> Result<DockerLists> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let (containers, images, networks, volumes) = tokio::try_join!(
            self.ask(|api| api.list_containers(Some(options))),
            self.ask(|api| api.list_images(None::<ListImagesOptions>)),
            self.ask(|api| api.list_networks(None::<ListNetworksOptions>)),
            self.ask(|api| api.list_volumes(None::<ListVolumesOptions>)),
        )?;
        let projects = projects(&containers);
        let used_images: HashSet<_> =
            containers.iter().filter_map(|container| container.image_id.as_deref()).collect();
        let measured = self.measured();
        let mut listed: Vec<_> = containers.iter().map(container).collect();
        for item in &mut listed {
            item.stats = measured.get(&item.name).cloned();
        }
        let used_networks: HashSet<_> = listed.iter().flat_map(|item| &item.networks).collect();
        let used_volumes: HashSet<_> = listed.iter().flat_map(|item| &item.volumes).collect();
        Ok(DockerLists {
            images: images.into_iter().map(|found| image(found, &used_images)).collect(),
            networks: networks
                .into_iter()
                .map(|found| {
                    let used = found.name.as_ref().is_some_and(|name| used_networks.contains(name));
                    network(found, used)
                })
                .collect(),
            volumes: volumes
                .volumes
                .unwrap_or_default()
                .into_iter()
                .map(|found| {
                    let used = used_volumes.contains(&found.name);
                    volume(found, used)
                })
                .collect(),
            projects,
            containers: listed,
        })
    }
}

/// A value of the engine's API in our own type of the same names on the wire.
pub(super) fn same<T: DeserializeOwned + Default>(value: impl Serialize) -> T {
    serde_json::to_value(value).and_then(serde_json::from_value).unwrap_or_default()
}

fn container(found: &ContainerSummary) -> ContainerListItem {
    let name = found.names.iter().flatten().next();
    let networks = found.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let mut networks: Vec<String> =
        networks.into_iter().flat_map(|map| map.keys().cloned()).collect();
    networks.sort_unstable();
    ContainerListItem {
        server_id: None,
        server_name: None,
        name: name.map(|name| name.trim_start_matches('/').to_owned()).unwrap_or_default(),
        id: found.id.clone(),
        image: found.image.clone(),
        image_id: found.image_id.clone(),
        created: found.created,
        size_rw: found.size_rw,
        size_root_fs: found.size_root_fs,
        state: same(found.state),
        status: found.status.clone(),
        network_mode: found.host_config.as_ref().and_then(|config| config.network_mode.clone()),
        networks,
        ports: found.ports.iter().flatten().map(same).collect(),
        volumes: found.mounts.iter().flatten().filter_map(|mount| mount.name.clone()).collect(),
        stats: None,
        labels: found.labels.clone().unwrap_or_default().into_iter().collect(),
    }
}

fn image(found: ImageSummary, used: &HashSet<&str>) -> ImageListItem {
    let tag = |tag: &&String| !tag.contains("<none>");
    let name = found.repo_tags.iter().find(tag).cloned();
    let name = name.or_else(|| found.repo_digests.first().cloned());
    ImageListItem {
        name: name.unwrap_or_else(|| found.id.clone()),
        in_use: used.contains(found.id.as_str()),
        id: found.id,
        parent_id: found.parent_id,
        tags: found.repo_tags,
        digests: found.repo_digests,
        created: found.created,
        size: found.size,
    }
}

fn network(found: Network, used: bool) -> NetworkListItem {
    let (mut ipam_driver, mut ipam_subnet, mut ipam_gateway) = (None, None, None);
    if let Some(ipam) = found.ipam {
        ipam_driver = ipam.driver;
        if let Some(config) = ipam.config.into_iter().flatten().next() {
            ipam_subnet = config.subnet;
            ipam_gateway = config.gateway;
        }
    }
    // The engine's own networks are always in use.
    let own = found.name.as_deref().is_some_and(|name| ["none", "host", "bridge"].contains(&name));
    NetworkListItem {
        name: found.name,
        id: found.id,
        created: found.created.map(|date| date.to_string()),
        scope: found.scope,
        driver: found.driver,
        enable_ipv6: found.enable_ipv6,
        ipam_driver,
        ipam_subnet,
        ipam_gateway,
        internal: found.internal,
        attachable: found.attachable,
        ingress: found.ingress,
        in_use: used || own,
    }
}

fn volume(found: Volume, in_use: bool) -> VolumeListItem {
    VolumeListItem {
        name: found.name,
        driver: found.driver,
        mountpoint: found.mountpoint,
        created: found.created_at.map(|date| date.to_string()),
        scope: same(found.scope),
        size: found.usage_data.map(|usage| usage.size),
        in_use,
    }
}

/// Compose's projects, from the labels that compose leaves on containers.
fn projects(containers: &[ContainerSummary]) -> Vec<ComposeProject> {
    let mut found: BTreeMap<&str, (BTreeMap<String, usize>, &str)> = BTreeMap::new();
    for container in containers {
        let Some(labels) = &container.labels else { continue };
        let Some(name) = labels.get("com.docker.compose.project") else { continue };
        let (states, files) = found.entry(name).or_default();
        if let Some(state) = container.state {
            *states.entry(state.to_string()).or_default() += 1;
        }
        if let Some(given) = labels.get("com.docker.compose.project.config_files") {
            *files = given;
        }
    }
    found
        .into_iter()
        .map(|(name, (states, files))| ComposeProject {
            name: name.to_owned(),
            status: Some(
                states
                    .iter()
                    .map(|(state, n)| format!("{state}({n})"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            compose_files: files.split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use bollard::models::ContainerSummaryStateEnum;

    use super::*;

    fn summary(
        name: &str,
        state: ContainerSummaryStateEnum,
        labels: &[(&str, &str)],
    ) -> ContainerSummary {
        ContainerSummary {
            id: Some(format!("id-{name}")),
            names: Some(vec![format!("/{name}")]),
            state: Some(state),
            labels: Some(
                labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<HashMap<_, _>>(),
            ),
            ..ContainerSummary::default()
        }
    }

    #[test]
    fn projects_are_found_by_their_labels() {
        let labels = [
            ("com.docker.compose.project", "p"),
            ("com.docker.compose.project.config_files", "/a/compose.yaml,/a/more.yaml"),
        ];
        let all = [
            summary("p-a", ContainerSummaryStateEnum::RUNNING, &labels),
            summary("p-b", ContainerSummaryStateEnum::EXITED, &labels),
            summary("other", ContainerSummaryStateEnum::RUNNING, &[]),
        ];
        let found = projects(&all);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].status.as_deref(), Some("exited(1), running(1)"));
        assert_eq!(found[0].compose_files, ["/a/compose.yaml", "/a/more.yaml"]);
        let item = container(&all[0]);
        assert_eq!(item.name, "p-a");
        assert_eq!(serde_json::to_value(item.state).unwrap(), "running");
    }
}
