//! Newer images: what registries have ([`digests`]), and what becomes of it.
//!
//! Whoever only wants to know is told once of each; what is to be updated is
//! deployed by a run of its own. This room asks the rooms of stacks and
//! deployments what they run, and starts no container itself.

mod digests;
mod global;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use varanus_proto::Result;
use varanus_proto::api::execute::deployment::{Deploy, PullDeployment};
use varanus_proto::api::execute::stack::{DeployStack, PullStack};
use varanus_proto::api::write::deployment::CheckDeploymentForUpdateResponse;
use varanus_proto::api::write::stack::CheckStackForUpdateResponse;
use varanus_proto::entity::alert::{AlertData, SeverityLevel};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::resource::ResourceTarget;

pub use digests::{Digests, latest};
pub use global::{api, perform};

use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::deployment::Deployments;
use crate::resource::{Doc, Kind as _};
use crate::run::{Origin, Run, submit, wait};
use crate::stack::Stacks;

/// Of which newer images somebody was told, by resource and service.
#[derive(Default)]
pub struct Told(Mutex<HashSet<(ResourceTarget, String)>>);

impl Told {
    /// Whether this is news.
    fn tell(&self, target: &ResourceTarget, service: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert((target.clone(), service.to_owned()))
    }

    fn forget(&self, target: &ResourceTarget, service: &str) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(&(target.clone(), service.to_owned()));
    }
}

/// What is to become of a newer image.
#[derive(Default, Clone)]
pub struct Wish {
    /// Nothing, whatever the resource is configured for.
    pub skip_auto_update: bool,
    /// The answer comes when the update is complete.
    pub wait: bool,
    /// The run that looks at everything.
    pub whole: Option<Arc<Run>>,
}

/// Whether what is newer may be deployed by itself.
fn is_old_enough(core: &Core, image: Option<&str>) -> bool {
    let least = Duration::from_secs(core.config.auto_update_min_age_hours.saturating_mul(3600));
    least.is_zero() || image.is_some_and(|image| core.digests.age(image) >= least)
}

/// Looks for newer images of a stack's services, and does what is wished.
pub async fn check_stack(
    core: &Arc<Core>,
    stack: &Doc<Stacks>,
    wish: Wish,
) -> Result<CheckStackForUpdateResponse> {
    let (config, target) = (&stack.config, Stacks::target(stack.id.as_str()));
    let skipped = match &wish.whole {
        Some(_) => config.auto_update_skip_services.to_vec(),
        None => Vec::new(),
    };
    let answer = crate::stack::check(core, stack, &skipped).await?;
    let updates = config.auto_update && !wish.skip_auto_update;
    let mut services = Vec::new();
    let mut images = Vec::new();
    for service in &answer.services {
        if !service.update_available || skipped.contains(&service.service) {
            core.newer.forget(&target, &service.service);
        } else if updates && is_old_enough(core, service.latest_image.as_deref()) {
            services.push(service.service.clone());
            images.push(service.image.clone());
        } else if config.send_alerts && core.newer.tell(&target, &service.service) {
            let data = AlertData::StackImageUpdateAvailable {
                id: stack.id.to_string(),
                name: stack.name.clone(),
                server_id: Some(config.server_id.clone()),
                server_name: Some(crate::server::name(core, &config.server_id)),
                swarm_id: None,
                swarm_name: None,
                service: service.service.clone(),
                image: service.image.clone(),
            };
            crate::alert::record(core, target.clone(), SeverityLevel::Ok, data).await?;
        }
    }
    if services.is_empty() {
        return Ok(answer);
    }
    if config.auto_update_all_services {
        services.clear();
    }
    let id = stack.id.to_string();
    let mut steps = Vec::new();
    if !config.auto_pull {
        steps.push(Execution::PullStack(PullStack {
            stack: id.clone(),
            services: services.clone(),
        }));
    }
    steps.push(Execution::DeployStack(DeployStack {
        stack: id.clone(),
        services,
        stop_time: None,
    }));
    let data = AlertData::StackAutoUpdated {
        id,
        name: stack.name.clone(),
        server_id: Some(config.server_id.clone()),
        server_name: Some(crate::server::name(core, &config.server_id)),
        swarm_id: None,
        swarm_name: None,
        images,
    };
    update(core, target, steps, config.send_alerts.then_some(data), wish).await?;
    Ok(answer)
}

/// The same for a deployment.
pub async fn check_deployment(
    core: &Arc<Core>,
    deployment: &Doc<Deployments>,
    wish: Wish,
) -> Result<CheckDeploymentForUpdateResponse> {
    let (config, target) = (&deployment.config, Deployments::target(deployment.id.as_str()));
    let (answer, latest) = crate::deployment::check(core, deployment).await?;
    if !answer.update_available {
        core.newer.forget(&target, "");
        return Ok(answer);
    }
    let (id, name) = (deployment.id.to_string(), deployment.name.clone());
    let server_id = Some(config.server_id.clone());
    let server_name = Some(crate::server::name(core, &config.server_id));
    let image = latest.split('@').next().unwrap_or_default().to_owned();
    let (swarm_id, swarm_name) = (None, None);
    let updates = config.auto_update && !wish.skip_auto_update;
    if updates && is_old_enough(core, Some(&latest)) {
        let data = AlertData::DeploymentAutoUpdated {
            id: id.clone(),
            name,
            server_id,
            server_name,
            swarm_id,
            swarm_name,
            image,
        };
        let steps = vec![
            Execution::PullDeployment(PullDeployment { deployment: id.clone() }),
            Execution::Deploy(Deploy { deployment: id, ..Default::default() }),
        ];
        update(core, target, steps, config.send_alerts.then_some(data), wish).await?;
    } else if config.send_alerts && core.newer.tell(&target, "") {
        let data = AlertData::DeploymentImageUpdateAvailable {
            id,
            name,
            server_id,
            server_name,
            swarm_id,
            swarm_name,
            image,
        };
        crate::alert::record(core, target, SeverityLevel::Ok, data).await?;
    }
    Ok(answer)
}

/// Deploys, and tells that it was.
async fn update(
    core: &Arc<Core>,
    target: ResourceTarget,
    steps: Vec<Execution>,
    data: Option<AlertData>,
    wish: Wish,
) -> Result<()> {
    let waits = wish.wait;
    let (core, whole) = (core.clone(), wish.whole);
    let work = async move {
        for step in steps {
            let origin = Origin { parent: whole.clone(), ..Origin::default() };
            let caller = Caller::from(ServiceUser::AutoRedeploy);
            let update = submit(&core, &caller, step, origin).await?;
            let update = wait(&core, update.id.as_str()).await?;
            if !update.success {
                return Err(varanus_proto::Error::failed(format!(
                    "a newer image could not be deployed: see update {}",
                    update.id
                )));
            }
        }
        match data {
            Some(data) => crate::alert::record(&core, target, SeverityLevel::Ok, data).await,
            None => Ok(()),
        }
    };
    if waits {
        return work.await;
    }
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tracing::warn!(%error, "an update to a newer image ended badly");
        }
    });
    Ok(())
}
