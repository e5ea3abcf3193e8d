//! The container that this agent runs in, if it runs in one of this engine.

use bollard::models::{ContainerCreateBody, ContainerInspectResponse, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, StartContainerOptions,
};
use varanus_proto::{Error, Kind, Result};

use super::{Docker, SKIP};

/// Says which job a container works on.
const JOB: &str = "varanus.job";

/// This agent's own container.
pub struct Own {
    /// Its id.
    pub id: String,
    /// The compose project that it belongs to.
    pub project: Option<String>,
    found: ContainerInspectResponse,
}

impl Docker {
    /// The agent's own container; `None` for an agent that runs on the host
    /// itself, or in a container of another engine.
    pub async fn own(&self) -> Result<Option<Own>> {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let id = own_id(&read("/proc/self/mountinfo"), &read("/proc/self/cgroup"));
        let Some(id) = id else { return Ok(None) };
        let name = id.as_str();
        let asked =
            self.ask(|api| async move {
                api.inspect_container(name, None::<InspectContainerOptions>).await
            })
            .await;
        let found = match asked {
            Ok(found) => found,
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let labels = found.config.as_ref().and_then(|config| config.labels.as_ref());
        let project = labels.and_then(|labels| labels.get("com.docker.compose.project")).cloned();
        Ok(Some(Own { id, project, found }))
    }

    /// Starts a container like the agent's own, with the same image, mounts and
    /// variables, that outlives it and removes itself at its end.
    pub async fn beside(&self, own: &Own, job: &str, argv: Vec<String>) -> Result<String> {
        let mut words = argv.into_iter();
        let image = own.found.image.clone();
        let given = own.found.config.clone().unwrap_or_default();
        let host = own.found.host_config.clone().unwrap_or_default();
        // The project's own networks may be made anew by the very deploy.
        let over_network = std::env::var("DOCKER_HOST").is_ok_and(|host| !host.starts_with("unix"));
        let body = ContainerCreateBody {
            image,
            entrypoint: words.next().map(|program| vec![program]),
            cmd: Some(words.collect()),
            env: given.env,
            user: given.user,
            working_dir: given.working_dir,
            labels: Some([(JOB, job), (SKIP, "true")].map(|(k, v)| (k.into(), v.into())).into()),
            host_config: Some(HostConfig {
                volumes_from: Some(vec![own.id.clone()]),
                network_mode: host.network_mode.filter(|_| over_network),
                auto_remove: Some(true),
                privileged: host.privileged,
                pid_mode: host.pid_mode,
                userns_mode: host.userns_mode,
                security_opt: host.security_opt,
                group_add: host.group_add,
                cap_add: host.cap_add,
                extra_hosts: host.extra_hosts,
                dns: host.dns,
                init: host.init,
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let made =
            self.ask(|api| async move {
                api.create_container(None::<CreateContainerOptions>, body).await
            })
            .await?;
        let id = made.id;
        let name = id.as_str();
        self.ask(
            |api| async move { api.start_container(name, None::<StartContainerOptions>).await },
        )
        .await
        .map_err(|error| {
            Error::new(error.kind(), format!("the container {id} of a job: {error}"))
        })?;
        Ok(id)
    }
}

/// The id of the container that a process is in: the engine mounts files of the
/// container's folder, and names its control group after it.
fn own_id(mounts: &str, groups: &str) -> Option<String> {
    let after = |text: &str, marker: &str| {
        let rest = text.split_once(marker)?.1;
        let id = rest.get(..64)?;
        id.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| id.to_owned())
    };
    let mounted = mounts.lines().filter(|line| {
        ["/hostname", "/resolv.conf", "/hosts"].iter().any(|file| line.contains(file))
    });
    let mounted = mounted.filter_map(|line| after(line, "/containers/")).next();
    mounted.or_else(|| {
        let markers = ["/docker/", "/docker-"];
        groups.lines().find_map(|line| markers.iter().find_map(|marker| after(line, marker)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_its_container() {
        let id = "0123456789abcdef".repeat(4);
        let mounts = format!(
            "1 0 8:1 / / rw - overlay overlay rw\n2 1 8:1 /var/lib/docker/containers/{id}/hostname \
             /etc/hostname rw - ext4 /dev/sda1 rw\n"
        );
        assert_eq!(own_id(&mounts, ""), Some(id.clone()));
        assert_eq!(own_id("", &format!("12:pids:/docker/{id}\n")), Some(id.clone()));
        let slice = format!("0::/system.slice/docker-{id}.scope\n");
        assert_eq!(own_id("", &slice), Some(id.clone()));
        assert_eq!(own_id("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", "0::/user.slice\n"), None);
        // A folder of other containers that somebody mounted is not one's own.
        let other = format!("3 1 8:1 /var/lib/docker/containers/{id} /data rw - ext4 x rw\n");
        assert_eq!(own_id(&other, "0::/\n"), None);
    }
}
