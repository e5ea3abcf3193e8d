//! Whether what was deployed is healthy.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use varanus_proto::docker::container::{ContainerListItem, ContainerStateStatusEnum as Container};
use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::entity::stack::Stack;
use varanus_proto::{Error, Result};

use super::order::Name;
use crate::Core;
use crate::observe::{self, ServerStatus};

/// Between two looks at what was heard, and before an agent is asked anew: one
/// that tells changes by itself was faster.
const LOOK: Duration = Duration::from_millis(100);
const ASK: Duration = Duration::from_secs(2);

/// For so long something without a health check must have run: what fails at
/// its start is not taken for healthy.
const STEADY: Duration = Duration::from_secs(1);

/// How much is known of something healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Well {
    /// It says so itself.
    Surely,
    /// It runs, and says nothing.
    Runs,
}

/// Why something is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ill {
    /// Its health check has not said anything yet.
    Begins(String),
    /// It may become healthy by itself.
    NotYet(String),
    /// It will not: what ran to its end failed.
    Failed(String),
}

/// Whether a container does what it is for: it runs, and its health check passes
/// if it has one, or it ran to its end and succeeded.
fn of_container(container: &ContainerListItem) -> std::result::Result<Well, Ill> {
    let status = container.status.as_deref().unwrap_or_default();
    let said = || format!("{} is {}", container.name, status.to_lowercase());
    match container.state {
        Container::Running if status.contains("(unhealthy)") => Err(Ill::NotYet(said())),
        Container::Running if status.contains("(health: starting)") => Err(Ill::Begins(said())),
        Container::Running if status.contains("(healthy)") => Ok(Well::Surely),
        Container::Running => Ok(Well::Runs),
        Container::Exited if status.starts_with("Exited (0)") => Ok(Well::Surely),
        Container::Exited | Container::Dead => Err(Ill::Failed(said())),
        _ => Err(Ill::NotYet(said())),
    }
}

/// Whether all services of a stack are healthy.
pub fn of_stack(status: &ServerStatus, stack: &Stack) -> std::result::Result<Well, Ill> {
    let Some(containers) = status.containers() else {
        return Err(Ill::NotYet("its server does not answer".to_owned()));
    };
    let ignored = &stack.config.ignore_services;
    let (mut well, mut ill): (_, Option<Ill>) = (Well::Surely, None);
    for service in observe::services(stack) {
        if ignored.contains(&service.service_name) {
            continue;
        }
        let of_service = containers
            .iter()
            .filter(|found| observe::is_container_of(&found.name, &service.container_name));
        let mut any = false;
        for container in of_service {
            any = true;
            match of_container(container) {
                Ok(found) => well = well.max(found),
                Err(failed @ Ill::Failed(_)) => return Err(failed),
                // What begins says less than what is ill.
                Err(begins @ Ill::Begins(_)) => ill = ill.or(Some(begins)),
                Err(not_yet) => ill = Some(not_yet),
            }
        }
        if !any {
            ill = Some(Ill::NotYet(format!("{} has no container", service.service_name)));
        }
    }
    ill.map_or(Ok(well), Err)
}

fn look(core: &Core, (kind, name): &Name) -> (String, std::result::Result<Well, Ill>) {
    let gone = || Err(Ill::Failed("it was deleted meanwhile".to_owned()));
    let (server, found) = match kind {
        Variant::Stack => match core.catalog.stacks.get(name) {
            None => return (String::new(), gone()),
            Some(stack) => {
                let server = stack.config.server_id.clone();
                let found = of_stack(&core.observed.server(&server), &stack);
                (server, found)
            }
        },
        _ => match core.catalog.deployments.get(name) {
            None => return (String::new(), gone()),
            Some(deployment) => {
                let server = deployment.config.server_id.clone();
                let status = core.observed.server(&server);
                let wanted = crate::deployment::container_name(&deployment);
                let found = match status.containers() {
                    None => Err(Ill::NotYet("its server does not answer".to_owned())),
                    Some(containers) => {
                        match containers.iter().find(|container| container.name == wanted) {
                            Some(container) => of_container(container),
                            None => Err(Ill::NotYet("it has no container".to_owned())),
                        }
                    }
                };
                (server, found)
            }
        },
    };
    (server, found)
}

/// Waits until something that was deployed is healthy.
///
/// Errors: `Failed` when it will not be, `Deadline` when it is not in time.
pub async fn wait(core: &Arc<Core>, name: &Name, longest: Duration) -> Result<()> {
    let end = Instant::now() + longest;
    let mut asked = Instant::now();
    let mut runs_since: Option<Instant> = None;
    loop {
        let (server, found) = look(core, name);
        let why = match found {
            Ok(Well::Surely) => return Ok(()),
            Ok(Well::Runs) => {
                if runs_since.get_or_insert_with(Instant::now).elapsed() >= STEADY {
                    return Ok(());
                }
                "it has just begun to run".to_owned()
            }
            Err(Ill::Failed(why)) => return Err(Error::failed(why)),
            Err(Ill::NotYet(why) | Ill::Begins(why)) => {
                runs_since = None;
                why
            }
        };
        if Instant::now() >= end {
            return Err(Error::deadline(format!(
                "it was not healthy within {} s: {why}",
                longest.as_secs()
            )));
        }
        if asked.elapsed() >= ASK {
            asked = Instant::now();
            observe::poke(core, &server);
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use varanus_proto::docker::lists::DockerLists;
    use varanus_proto::entity::server::ServerState;
    use varanus_proto::entity::stack::StackServiceNames;

    use super::*;

    fn found(containers: &[(&str, Container, &str)]) -> std::result::Result<Well, Ill> {
        let mut stack = Stack::default();
        stack.info.latest_services = ["web", "init"]
            .map(|name| StackServiceNames {
                service_name: name.to_owned(),
                container_name: format!("p-{name}"),
                ..Default::default()
            })
            .to_vec();
        let containers = containers.iter().map(|(name, state, status)| ContainerListItem {
            name: (*name).to_owned(),
            state: *state,
            status: Some((*status).to_owned()),
            ..Default::default()
        });
        let docker = DockerLists { containers: containers.collect(), ..Default::default() };
        let status = ServerStatus {
            state: ServerState::Ok,
            docker: Some(Arc::new(docker)),
            ..Default::default()
        };
        of_stack(&status, &stack)
    }

    #[test]
    fn healthy_is_what_runs_and_what_ran_to_its_end() {
        use Container::{Exited, Restarting, Running};
        let init = ("p-init-1", Exited, "Exited (0) 2 seconds ago");
        assert_eq!(
            found(&[("p-web-1", Running, "Up 2 seconds (healthy)"), init]),
            Ok(Well::Surely)
        );
        assert_eq!(found(&[("p-web-1", Running, "Up 2 seconds"), init]), Ok(Well::Runs));
        let not_yet = [
            vec![("p-web-1", Running, "Up 2 minutes (unhealthy)"), init],
            vec![("p-web-1", Restarting, "Restarting (1) 1 second ago"), init],
            vec![("p-web-1", Running, "Up 2 seconds"), ("p-web-2", Restarting, ""), init],
            vec![init],
        ];
        for containers in not_yet {
            assert!(matches!(found(&containers), Err(Ill::NotYet(_))), "{containers:?}");
        }
        let begins = ("p-web-1", Running, "Up 2 seconds (health: starting)");
        assert!(matches!(found(&[begins, init]), Err(Ill::Begins(_))));
        assert!(matches!(found(&[begins]), Err(Ill::NotYet(_))), "one is not there");
        let ill = ("p-web-2", Running, "Up 2 minutes (unhealthy)");
        for containers in [[begins, ill, init], [ill, begins, init]] {
            assert!(matches!(found(&containers), Err(Ill::NotYet(_))), "{containers:?}");
        }
        let failed = ("p-init-1", Exited, "Exited (3) 2 seconds ago");
        let Err(Ill::Failed(why)) = found(&[("p-web-1", Running, "Up"), failed]) else {
            panic!("a service that failed is taken for healthy");
        };
        assert_eq!(why, "p-init-1 is exited (3) 2 seconds ago");
    }
}
