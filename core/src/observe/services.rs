//! From containers to the state of services and stacks: pure.

use varanus_proto::docker::container::{ContainerListItem, ContainerStateStatusEnum as Container};
use varanus_proto::entity::stack::{Stack, StackServiceNames, StackServiceState, StackState};

use super::ServerStatus;

/// The services a stack consists of: as deployed, else as last read.
pub fn services(stack: &Stack) -> &[StackServiceNames] {
    stack.info.deployed_services.as_deref().unwrap_or(&stack.info.latest_services)
}

/// Whether a container is one of a service: its name, with a number where
/// compose adds one.
pub fn is_container_of(container: &str, service_container: &str) -> bool {
    let Some(rest) = container.strip_prefix(service_container) else { return false };
    let number = rest.strip_prefix('-').unwrap_or(rest);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The container of a service, if it is there.
pub fn container_of<'a>(
    containers: &'a [ContainerListItem],
    service: &StackServiceNames,
) -> Option<&'a ContainerListItem> {
    containers.iter().find(|container| is_container_of(&container.name, &service.container_name))
}

/// What a service is doing.
pub fn service_state(
    status: &ServerStatus,
    service: &StackServiceNames,
) -> (StackServiceState, Option<ContainerListItem>) {
    let Some(containers) = status.containers() else { return (StackServiceState::Unknown, None) };
    let Some(container) = container_of(containers, service) else {
        return (StackServiceState::Down, None);
    };
    let health = container.status.as_deref().unwrap_or_default();
    let state = match container.state {
        Container::Running if health.contains("(healthy)") => StackServiceState::Healthy,
        Container::Running if health.contains("(unhealthy)") => StackServiceState::Unhealthy,
        Container::Running => StackServiceState::Running,
        Container::Created => StackServiceState::Created,
        Container::Restarting => StackServiceState::Restarting,
        Container::Stopping => StackServiceState::Stopping,
        Container::Removing => StackServiceState::Removing,
        Container::Paused => StackServiceState::Paused,
        Container::Exited => StackServiceState::Exited,
        Container::Dead => StackServiceState::Dead,
        Container::Unspecified => StackServiceState::Unknown,
    };
    (state, Some(container.clone()))
}

/// What a stack as a whole is doing, by the containers of its services.
pub fn stack_state(stack: &Stack, status: &ServerStatus) -> StackState {
    if stack.config.server_id.is_empty() {
        return StackState::Down;
    }
    let Some(containers) = status.containers() else { return StackState::Unknown };
    let ignored = &stack.config.ignore_services;
    let wanted: Vec<_> =
        services(stack).iter().filter(|service| !ignored.contains(&service.service_name)).collect();
    let found: Vec<_> =
        wanted.iter().filter_map(|service| container_of(containers, service)).collect();
    let all = |state: Container| found.iter().all(|container| container.state == state);
    if found.is_empty() {
        StackState::Down
    } else if found.len() < wanted.len() {
        StackState::Unhealthy
    } else if all(Container::Running) {
        StackState::Running
    } else if all(Container::Paused) {
        StackState::Paused
    } else if all(Container::Exited) {
        StackState::Stopped
    } else if all(Container::Restarting) {
        StackState::Restarting
    } else if all(Container::Dead) {
        StackState::Dead
    } else if all(Container::Removing) {
        StackState::Removing
    } else {
        StackState::Unhealthy
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use varanus_proto::docker::lists::DockerLists;
    use varanus_proto::entity::server::ServerState;

    use super::*;

    fn status(containers: &[(&str, Container)]) -> ServerStatus {
        let containers = containers.iter().map(|(name, state)| ContainerListItem {
            name: (*name).to_owned(),
            state: *state,
            ..Default::default()
        });
        let docker = DockerLists { containers: containers.collect(), ..Default::default() };
        ServerStatus {
            state: ServerState::Ok,
            docker: Some(Arc::new(docker)),
            ..Default::default()
        }
    }

    fn stack(services: &[&str], ignored: &[&str]) -> Stack {
        let mut stack = Stack::default();
        stack.config.server_id = "s".into();
        stack.config.ignore_services = ignored.iter().map(|name| (*name).to_owned()).collect();
        stack.info.latest_services = services
            .iter()
            .map(|name| StackServiceNames {
                service_name: (*name).to_owned(),
                container_name: format!("p-{name}"),
                ..Default::default()
            })
            .collect();
        stack
    }

    #[test]
    fn a_stack_is_what_the_containers_of_its_services_are() {
        use Container as C;
        let cases: &[(&[(&str, C)], StackState)] = &[
            (&[], StackState::Down),
            (&[("p-a-1", C::Running), ("p-b-1", C::Running)], StackState::Running),
            (&[("p-a-1", C::Running)], StackState::Unhealthy),
            (&[("p-a", C::Paused), ("p-b", C::Paused)], StackState::Paused),
            (&[("p-a-1", C::Exited), ("p-b-1", C::Exited)], StackState::Stopped),
            (&[("p-a-1", C::Restarting), ("p-b-1", C::Restarting)], StackState::Restarting),
            (&[("p-a-1", C::Running), ("p-b-1", C::Exited)], StackState::Unhealthy),
            (&[("p-another", C::Running), ("q-b-1", C::Running)], StackState::Down),
        ];
        for (containers, expected) in cases {
            assert_eq!(stack_state(&stack(&["a", "b"], &[]), &status(containers)), *expected);
        }
    }

    #[test]
    fn services_that_run_to_completion_can_be_left_out() {
        let containers = status(&[("p-a-1", Container::Running), ("p-init-1", Container::Exited)]);
        assert_eq!(
            stack_state(&stack(&["a", "init"], &["init"]), &containers),
            StackState::Running
        );
    }

    #[test]
    fn nothing_is_claimed_of_a_server_that_does_not_answer() {
        let mut away = status(&[("p-a-1", Container::Running)]);
        away.state = ServerState::NotOk;
        assert_eq!(stack_state(&stack(&["a"], &[]), &away), StackState::Unknown);
    }
}
