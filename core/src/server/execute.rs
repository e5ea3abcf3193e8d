//! What is done to a server's containers, images, networks and volumes.

use std::sync::Arc;

use varanus_proto::agent::{self, build, container, docker, image};
use varanus_proto::api::execute::server::*;
use varanus_proto::api::write::server::{CreateNetwork, RotateServerKeys};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::{Log, Operation, Update};
use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, Result};

use super::Servers;
use crate::Core;
use crate::agent::Ask;
use crate::catalog::Commit;
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{self, Doc};
use crate::run::{Audit, Run, executions};

pub(super) fn api(api: &mut Api) {
    executions!(
        api,
        StartContainer,
        RestartContainer,
        PauseContainer,
        UnpauseContainer,
        StopContainer,
        DestroyContainer,
        StartAllContainers,
        RestartAllContainers,
        PauseAllContainers,
        UnpauseAllContainers,
        StopAllContainers,
        PruneContainers,
        DeleteNetwork,
        PruneNetworks,
        DeleteImage,
        PruneImages,
        DeleteVolume,
        PruneVolumes,
        PruneDockerBuilders,
        PruneBuildx,
        PruneSystem
    );
    api.on(
        |call: Call, request: CreateNetwork| async move { create_network(&call, request).await },
    );
    api.on(|call: Call, request: RotateServerKeys| async move { rotate(&call, request).await });
}

/// Does an execution on a server. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    use Execution as E;
    let on = On { core, run };
    Some(match execution {
        E::StartContainer(r) => on.one(container::StartContainer { name: r.container }).await,
        E::RestartContainer(r) => on.one(container::RestartContainer { name: r.container }).await,
        E::PauseContainer(r) => on.one(container::PauseContainer { name: r.container }).await,
        E::UnpauseContainer(r) => on.one(container::UnpauseContainer { name: r.container }).await,
        E::StopContainer(r) => {
            let StopContainer { container: name, signal, time, .. } = r;
            on.one(container::StopContainer { name, signal, time }).await
        }
        E::DestroyContainer(r) => {
            let DestroyContainer { container: name, signal, time, .. } = r;
            on.one(container::RemoveContainer { name, signal, time }).await
        }
        E::StartAllContainers(_) => on.many(container::StartAllContainers {}).await,
        E::RestartAllContainers(_) => on.many(container::RestartAllContainers {}).await,
        E::PauseAllContainers(_) => on.many(container::PauseAllContainers {}).await,
        E::UnpauseAllContainers(_) => on.many(container::UnpauseAllContainers {}).await,
        E::StopAllContainers(_) => on.many(container::StopAllContainers {}).await,
        E::PruneContainers(_) => on.one(container::PruneContainers {}).await,
        E::DeleteNetwork(r) => on.one(docker::DeleteNetwork { name: r.name }).await,
        E::PruneNetworks(_) => on.one(docker::PruneNetworks {}).await,
        E::DeleteImage(r) => on.one(image::DeleteImage { name: r.name }).await,
        E::PruneImages(_) => on.one(image::PruneImages {}).await,
        E::DeleteVolume(r) => on.one(docker::DeleteVolume { name: r.name }).await,
        E::PruneVolumes(_) => on.one(docker::PruneVolumes {}).await,
        E::PruneDockerBuilders(_) => on.one(build::PruneBuilders {}).await,
        E::PruneBuildx(_) => on.one(build::PruneBuildx {}).await,
        E::PruneSystem(_) => on.one(docker::PruneSystem {}).await,
        _ => return None,
    })
}

struct On<'a> {
    core: &'a Arc<Core>,
    run: &'a Arc<Run>,
}

impl On<'_> {
    async fn ask<R: AgentRequest>(&self, request: R) -> Result<R::Response> {
        let server = self.run.target.id();
        super::reachable(self.core, server)?;
        let ask = Ask { run: Some(self.run.clone()), ..Ask::default() };
        let answer = self.core.agents.request(server, request, ask).await;
        crate::observe::look_again(self.core, server).await;
        answer
    }

    async fn one<R: AgentRequest<Response = Log>>(&self, request: R) -> Result<()> {
        self.run.push(self.ask(request).await?);
        Ok(())
    }

    async fn many<R: AgentRequest<Response = Vec<Log>>>(&self, request: R) -> Result<()> {
        let logs = self.ask(request).await?;
        if logs.is_empty() {
            self.run.info("Containers", "there was no container to do this to");
        }
        self.run.extend(logs);
        Ok(())
    }
}

fn writable(call: &Call, id_or_name: &str) -> Result<Arc<Doc<Servers>>> {
    let level = PermissionLevel::Write;
    let server = resource::get::<Servers>(&call.core, &call.caller, id_or_name, level)?;
    super::reachable(&call.core, server.id.as_str())
}

async fn create_network(call: &Call, request: CreateNetwork) -> Result<Update> {
    let server = writable(call, &request.server)?;
    let id = server.id.as_str();
    let ask = docker::CreateNetwork { name: request.name, driver: None };
    let log = call.core.agents.request(id, ask, Ask::default()).await?;
    crate::observe::look_again(&call.core, id).await;
    let target = ResourceTarget::Server(id.to_owned());
    let mut audit = Audit::new(&call.caller, Operation::CreateNetwork, target);
    audit.push(log);
    let mut commit = Commit::new();
    let update = audit.add_to(&call.core, &mut commit)?;
    commit.commit(&*call.core.store).await?;
    Ok(update)
}

/// Lets the agent make itself a new key, and expects that one from now on.
async fn rotate(call: &Call, request: RotateServerKeys) -> Result<Update> {
    let server = writable(call, &request.server)?;
    let id = server.id.as_str();
    let ask = agent::keys::RotatePrivateKey {};
    let answer = call.core.agents.request(id, ask, Ask::default()).await?;
    let _edit = call.core.edit().await;
    let gone = || Error::not_found(format!("server {:?} was deleted meanwhile", server.name));
    let mut after = (*call.core.catalog.servers.get(id).ok_or_else(gone)?).clone();
    after.info.public_key.clone_from(&answer.public_key);
    after.updated_at = now();
    let mut commit = Commit::new();
    commit.put(&call.core.catalog.servers, id, after)?;
    let target = ResourceTarget::Server(id.to_owned());
    let mut audit = Audit::new(&call.caller, Operation::UpdateServerKey, target);
    audit.log("Rotate Server Keys", format!("the agent's public key is now {}", answer.public_key));
    let update = audit.add_to(&call.core, &mut commit)?;
    commit.commit(&*call.core.store).await?;
    Ok(update)
}
