//! Deployments: single containers on a server, from an image or from a build.
//!
//! [`container`] finds a deployment's container among those that were observed,
//! [`adopt`] makes a deployment of a container that is there already, [`execute`]
//! replaces, starts and stops it.

mod adopt;
mod check;
mod container;
mod execute;
mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::agent::container::{RemoveContainer, RenameContainer};
use varanus_proto::entity::deployment::{
    DeploymentConfig, DeploymentImage, DeploymentInfo, DeploymentListItemInfo,
    DeploymentQuerySpecifics, DeploymentState, PartialDeploymentConfig,
};
use varanus_proto::entity::permission::SpecificPermission;
use varanus_proto::entity::resource::ResourceTargetVariant;

pub use check::check;
pub use container::{container_name, state};
pub use execute::perform;
pub use requests::api;

use crate::Core;
use crate::agent::Ask;
use crate::auth::Caller;
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::refer::one_of;
use crate::resource::{Doc, Kind};

/// The kind.
pub struct Deployments;

#[async_trait]
impl Kind for Deployments {
    type Config = DeploymentConfig;
    type Info = DeploymentInfo;
    type ListInfo = DeploymentListItemInfo;
    type Specifics = DeploymentQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Deployment;
    const CREATOR_SPECIFICS: &'static [SpecificPermission] =
        &[SpecificPermission::Inspect, SpecificPermission::Logs, SpecificPermission::Terminal];

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.deployments
    }

    /// It names a container.
    fn normalize_name(name: &str) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let name: String = name.trim().chars().map(|c| if allowed(c) { c } else { '_' }).collect();
        name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
    }

    fn may_create(core: &Core, caller: &Caller) -> Result<()> {
        crate::resource::any_user_may_create(core, caller)
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialDeploymentConfig,
    ) -> Result<()> {
        if let Some(server) = &mut partial.server_id {
            *server = crate::server::attach(core, caller, server)?;
        }
        if let Some(DeploymentImage::Build { build_id, .. }) = &mut partial.image {
            *build_id = crate::build::link(core, caller, build_id)?;
        }
        Ok(())
    }

    fn list_info(core: &Core, deployment: &Doc<Self>) -> DeploymentListItemInfo {
        let config = &deployment.config;
        let status = core.observed.server(&config.server_id);
        let container = container::observed(deployment, &status);
        let build_id = match &config.image {
            DeploymentImage::Build { build_id, .. } if !build_id.is_empty() => Some(build_id),
            _ => None,
        };
        DeploymentListItemInfo {
            state: state(core, deployment),
            status: container.and_then(|container| container.status.clone()),
            custom_name: config.custom_name.clone(),
            image: container::image(core, deployment, container),
            update_available: container::update_available(deployment, &status),
            swarm_id: config.swarm_id.clone(),
            swarm_name: String::new(),
            server_id: config.server_id.clone(),
            server_name: crate::server::name(core, &config.server_id),
            build_id: build_id.cloned(),
        }
    }

    fn passes(core: &Core, deployment: &Doc<Self>, specifics: &DeploymentQuerySpecifics) -> bool {
        let config = &deployment.config;
        let build = match &config.image {
            DeploymentImage::Build { build_id, .. } => build_id.as_str(),
            DeploymentImage::Image { .. } => "",
        };
        let states = &specifics.states;
        one_of(&specifics.server_ids, &config.server_id)
            && one_of(&specifics.swarm_ids, &config.swarm_id)
            && one_of(&specifics.build_ids, build)
            && (states.is_empty() || states.contains(&state(core, deployment)))
            && (!specifics.update_available || {
                let status = core.observed.server(&config.server_id);
                container::update_available(deployment, &status)
            })
    }

    fn with_names(core: &Core, mut config: DeploymentConfig) -> DeploymentConfig {
        config.server_id = crate::server::name(core, &config.server_id);
        if let DeploymentImage::Build { build_id, .. } = &mut config.image {
            *build_id = crate::build::name(core, build_id);
        }
        config
    }

    async fn before_rename(core: &Arc<Core>, deployment: &Doc<Self>, name: &str) -> Result<()> {
        // A container that has a name of its own, or that nobody has seen, stays
        // as it is.
        let server = &deployment.config.server_id;
        if !deployment.config.custom_name.is_empty()
            || container::observed(deployment, &core.observed.server(server)).is_none()
        {
            return Ok(());
        }
        let ask =
            RenameContainer { curr_name: container_name(deployment), new_name: name.to_owned() };
        container::done(core.agents.request(server, ask, Ask::default()).await?)?;
        crate::observe::poke(core, server);
        Ok(())
    }

    fn renamed(deployment: &mut Doc<Self>) {
        if deployment.config.custom_name.is_empty() && !deployment.info.deployed_name.is_empty() {
            deployment.info.deployed_name.clone_from(&deployment.name);
        }
    }

    async fn before_delete(
        core: &Arc<Core>,
        deployment: &Doc<Self>,
        _commit: &mut Commit,
    ) -> Result<Vec<String>> {
        let config = &deployment.config;
        if matches!(
            state(core, deployment),
            DeploymentState::NotDeployed | DeploymentState::Unknown
        ) {
            return Ok(Vec::new());
        }
        let ask = RemoveContainer {
            name: container_name(deployment),
            signal: Some(config.termination_signal),
            time: Some(config.termination_timeout),
        };
        let log = core.agents.request(&config.server_id, ask, Ask::default()).await;
        crate::observe::poke(core, &config.server_id);
        Ok(vec![match log.and_then(container::done) {
            Ok(()) => "its container was removed".to_owned(),
            Err(error) => format!("its container could not be removed: {error}"),
        }])
    }

    fn hide_secrets(_config: &mut DeploymentConfig) {}
}
