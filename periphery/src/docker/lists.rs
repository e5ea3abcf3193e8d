//! What is on this host, as lists.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;

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

/// Parts of what is on a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub struct Sections {
    pub containers: bool,
    pub images: bool,
    pub networks: bool,
    pub volumes: bool,
}

impl Sections {
    /// Everything.
    pub const ALL: Self = Self { containers: true, images: true, networks: true, volumes: true };

    /// Whether there is anything to read.
    pub fn any(self) -> bool {
        self.containers || self.images || self.networks || self.volumes
    }

    /// These and others.
    pub fn and(self, other: Self) -> Self {
        Self {
            containers: self.containers || other.containers,
            images: self.images || other.images,
            networks: self.networks || other.networks,
            volumes: self.volumes || other.volumes,
        }
    }
}

impl Docker {
    /// Everything on this host.
    pub async fn lists(&self) -> Result<DockerLists> {
        let mut lists = DockerLists::default();
        self.read(Sections::ALL, &mut lists).await?;
        Ok(lists)
    }

    /// Reads parts anew, and sets what follows from them. Nothing is changed
    /// when something cannot be read.
    pub async fn read(&self, wanted: Sections, lists: &mut DockerLists) -> Result<()> {
        let options = ListContainersOptionsBuilder::new().all(true).build();
        let (containers, images, networks, volumes) = tokio::try_join!(
            when(
                wanted.containers,
                self.ask(|api| async move { api.list_containers(Some(options)).await })
            ),
            when(
                wanted.images,
                self.ask(|api| async move { api.list_images(None::<ListImagesOptions>).await })
            ),
            when(
                wanted.networks,
                self.ask(|api| async move { api.list_networks(None::<ListNetworksOptions>).await })
            ),
            when(
                wanted.volumes,
                self.ask(|api| async move { api.list_volumes(None::<ListVolumesOptions>).await })
            ),
        )?;
        if let Some(found) = containers {
            lists.containers = found.into_iter().map(container).collect();
        }
        if let Some(found) = images {
            lists.images = found.into_iter().map(image).collect();
        }
        if let Some(found) = networks {
            lists.networks = found.into_iter().map(network).collect();
        }
        if let Some(found) = volumes {
            lists.volumes = found.volumes.unwrap_or_default().into_iter().map(volume).collect();
        }
        relate(lists);
        self.show_measured(&mut lists.containers);
        Ok(())
    }
}

/// What is wanted.
async fn when<T>(wanted: bool, answer: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    match wanted {
        true => answer.await.map(Some),
        false => Ok(None),
    }
}

/// What follows from the containers: which images, networks and volumes are in
/// use, and the compose projects.
pub fn relate(lists: &mut DockerLists) {
    let containers = &lists.containers;
    let used: HashSet<_> = containers.iter().filter_map(|item| item.image_id.as_ref()).collect();
    for image in &mut lists.images {
        image.in_use = used.contains(&image.id);
    }
    let used: HashSet<_> = containers.iter().flat_map(|item| &item.networks).collect();
    for network in &mut lists.networks {
        // The engine's own networks are always in use.
        let own = ["none", "host", "bridge"];
        network.in_use =
            network.name.as_ref().is_some_and(|name| used.contains(name) || own.contains(&&**name));
    }
    let used: HashSet<_> = containers.iter().flat_map(|item| &item.volumes).collect();
    for volume in &mut lists.volumes {
        volume.in_use = used.contains(&volume.name);
    }
    lists.projects = projects(containers);
}

/// A value of the engine's API in our own type of the same names on the wire.
pub(super) fn same<T: DeserializeOwned + Default>(value: impl Serialize) -> T {
    serde_json::to_value(value).and_then(serde_json::from_value).unwrap_or_default()
}

fn container(found: ContainerSummary) -> ContainerListItem {
    let name = found.names.into_iter().flatten().next();
    let networks = found.network_settings.and_then(|settings| settings.networks);
    let mut networks: Vec<String> = networks.into_iter().flatten().map(|(name, _)| name).collect();
    networks.sort_unstable();
    let mut labels: Vec<_> = found.labels.into_iter().flatten().collect();
    labels.sort_unstable();
    ContainerListItem {
        server_id: None,
        server_name: None,
        name: name.map(|name| name.trim_start_matches('/').to_owned()).unwrap_or_default(),
        id: found.id,
        image: found.image,
        image_id: found.image_id,
        created: found.created,
        size_rw: found.size_rw,
        size_root_fs: found.size_root_fs,
        state: same(found.state),
        status: found.status,
        network_mode: found.host_config.and_then(|config| config.network_mode),
        networks,
        ports: found.ports.iter().flatten().map(same).collect(),
        volumes: found.mounts.into_iter().flatten().filter_map(|mount| mount.name).collect(),
        stats: None,
        labels: labels.into_iter().collect(),
    }
}

fn image(found: ImageSummary) -> ImageListItem {
    let tag = |tag: &&String| !tag.contains("<none>");
    let name = found.repo_tags.iter().find(tag).cloned();
    let name = name.or_else(|| found.repo_digests.first().cloned());
    ImageListItem {
        name: name.unwrap_or_else(|| found.id.clone()),
        in_use: false,
        id: found.id,
        parent_id: found.parent_id,
        tags: found.repo_tags,
        digests: found.repo_digests,
        created: found.created,
        size: found.size,
    }
}

fn network(found: Network) -> NetworkListItem {
    let (mut ipam_driver, mut ipam_subnet, mut ipam_gateway) = (None, None, None);
    if let Some(ipam) = found.ipam {
        ipam_driver = ipam.driver;
        if let Some(config) = ipam.config.into_iter().flatten().next() {
            ipam_subnet = config.subnet;
            ipam_gateway = config.gateway;
        }
    }
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
        in_use: false,
    }
}

fn volume(found: Volume) -> VolumeListItem {
    VolumeListItem {
        name: found.name,
        driver: found.driver,
        mountpoint: found.mountpoint,
        created: found.created_at.map(|date| date.to_string()),
        scope: same(found.scope),
        size: found.usage_data.map(|usage| usage.size),
        in_use: false,
    }
}

/// Compose's projects, from the labels that compose leaves on containers.
fn projects(containers: &[ContainerListItem]) -> Vec<ComposeProject> {
    let mut found: BTreeMap<&str, (BTreeMap<&str, usize>, &str)> = BTreeMap::new();
    for container in containers {
        let labels = &container.labels;
        let Some(name) = labels.get("com.docker.compose.project") else { continue };
        let (states, files) = found.entry(name).or_default();
        *states.entry(container.state.as_str()).or_default() += 1;
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
        let all: Vec<_> = all.into_iter().map(container).collect();
        let found = projects(&all);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].status.as_deref(), Some("exited(1), running(1)"));
        assert_eq!(found[0].compose_files, ["/a/compose.yaml", "/a/more.yaml"]);
        let item = &all[0];
        assert_eq!(item.name, "p-a");
        assert_eq!(serde_json::to_value(item.state).unwrap(), "running");
    }
}
