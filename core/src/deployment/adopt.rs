//! A deployment from a container that is there already.
//!
//! What a deployment has no field for (devices, capabilities, limits, …) is not
//! taken over; what belongs to the image is left to the image.

use std::fmt::Write as _;

use varanus_proto::agent::container::InspectContainer;
use varanus_proto::agent::image::InspectImage;
use varanus_proto::api::write::deployment::CreateDeploymentFromContainer;
use varanus_proto::docker::container::{Container, MountPoint, RestartPolicyNameEnum as Policy};
use varanus_proto::docker::image::{Image, ImageConfig};
use varanus_proto::entity::deployment::{
    Deployment, DeploymentImage, DeploymentInfo, PartialDeploymentConfig, RestartMode,
};
use varanus_proto::entity::permission::{PermissionLevel, SpecificPermission};
use varanus_proto::{Error, Result};

use super::Deployments;
use crate::agent::Ask;
use crate::auth::access::need;
use crate::http::Call;
use crate::resource;
use crate::server::Servers;

/// Creates a deployment of the name of a container, configured as that runs.
pub(super) async fn adopt(
    call: &Call,
    request: CreateDeploymentFromContainer,
) -> Result<Deployment> {
    let (core, caller) = (&call.core, &call.caller);
    let specifics = [SpecificPermission::Inspect, SpecificPermission::Attach];
    let needed = need(PermissionLevel::Read, &specifics);
    let server = resource::get_with::<Servers>(core, caller, &request.server, &needed)?;
    crate::server::reachable(core, server.id.as_str())?;
    let name = request.name;
    let ask = InspectContainer { name: name.clone() };
    let container = core.agents.request(server.id.as_str(), ask, Ask::default()).await?;
    let image = match &container.image {
        Some(image) => {
            let ask = InspectImage { name: image.clone() };
            core.agents.request(server.id.as_str(), ask, Ask::default()).await?
        }
        None => Image::default(),
    };
    let mut config = configured(&container, &image.config.unwrap_or_default())?;
    config.server_id = Some(server.id.to_string());
    let info = DeploymentInfo { deployed_name: name.clone(), ..Default::default() };
    let made = resource::create::<Deployments>(core, caller, &name, config, info).await?;
    Ok((*made).clone())
}

/// The configuration with which a deploy makes such a container.
fn configured(container: &Container, image: &ImageConfig) -> Result<PartialDeploymentConfig> {
    let config = container.config.clone().unwrap_or_default();
    let host = container.host_config.clone().unwrap_or_default();
    let mut ports = String::new();
    for (inside, outside) in &host.port_bindings {
        let inside = inside.strip_suffix("/tcp").unwrap_or(inside);
        for binding in outside {
            let address = binding.host_ip.as_deref().unwrap_or_default();
            let address = match address {
                "" | "0.0.0.0" | "::" => String::new(),
                v6 if v6.contains(':') => format!("[{v6}]:"),
                v4 => format!("{v4}:"),
            };
            let outside = binding.host_port.as_deref().unwrap_or_default();
            _ = writeln!(ports, "{address}{outside}:{inside}");
        }
    }
    let own_env = |line: &&String| !image.env.as_ref().is_some_and(|env| env.contains(line));
    let mut environment = String::new();
    for line in config.env.iter().filter(own_env) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        if value.contains('\n') {
            return Err(Error::invalid(format!(
                "the container's variable {name} has several lines, which the environment of a \
                 deployment cannot hold; create the deployment by hand"
            )));
        }
        _ = writeln!(environment, "{name}={value}");
    }
    let mut labels = String::new();
    for (name, value) in &config.labels {
        if image.labels.as_ref().and_then(|labels| labels.get(name)) != Some(value) {
            _ = writeln!(labels, "{name}: {value}");
        }
    }
    let same_entrypoint = *image.entrypoint.as_deref().unwrap_or_default() == *config.entrypoint;
    let same_command = *image.cmd.as_deref().unwrap_or_default() == *config.cmd;
    let mut extra_args = Vec::new();
    let mut words: Vec<&String> = Vec::new();
    if let (false, Some((first, rest))) = (same_entrypoint, config.entrypoint.split_first()) {
        extra_args.push(format!("--entrypoint={}", quoted(first)));
        words.extend(rest);
    }
    if !same_command || !same_entrypoint {
        words.extend(&config.cmd);
    }
    let restart = match host.restart_policy.map(|policy| policy.name).unwrap_or_default() {
        Policy::Unspecified | Policy::No => RestartMode::No,
        Policy::Always => RestartMode::Always,
        Policy::UnlessStopped => RestartMode::UnlessStopped,
        Policy::OnFailure => RestartMode::OnFailure,
    };
    let volumes: String = container.mounts.iter().filter_map(volume).collect();
    Ok(PartialDeploymentConfig {
        image: Some(DeploymentImage::Image { image: config.image.unwrap_or_default() }),
        network: Some(host.network_mode.unwrap_or_default()),
        restart: Some(restart),
        command: Some(words.into_iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
        extra_args: Some(extra_args.into()),
        ports: Some(ports.into()),
        volumes: Some(volumes.into()),
        environment: Some(environment.into()),
        labels: Some(labels.into()),
        ..Default::default()
    })
}

/// The line of a mount. One without a name in the file or on the host is not
/// there to be mounted again.
fn volume(mount: &MountPoint) -> Option<String> {
    let outside = match mount.r#type.as_deref() {
        Some("volume") => mount.name.as_ref()?,
        Some("bind") => mount.source.as_ref()?,
        _ => return None,
    };
    let mode = if mount.rw == Some(false) { ":ro" } else { "" };
    Some(format!("{outside}:{}{mode}\n", mount.destination.as_ref()?))
}

/// A word of a command as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_from_the_image_is_taken_over() {
        let container = serde_json::from_value(json!({
            "Config": {
                "Image": "app:1", "Env": ["PATH=/bin", "MODE=fast"], "Cmd": ["serve", "a b"],
                "Labels": { "of": "image", "mine": "yes" }, "Entrypoint": ["/app"],
            },
            "HostConfig": {
                "NetworkMode": "bridge", "RestartPolicy": { "Name": "unless-stopped" },
                "PortBindings": {
                    "80/tcp": [{ "HostIp": "", "HostPort": "8080" }],
                    "53/udp": [{ "HostIp": "127.0.0.1", "HostPort": "5353" }],
                },
            },
            "Mounts": [
                { "Type": "volume", "Name": "data", "Destination": "/data", "RW": true },
                { "Type": "bind", "Source": "/etc/app", "Destination": "/etc/app", "RW": false },
                { "Type": "tmpfs", "Destination": "/tmp" },
            ],
        }))
        .unwrap();
        let image = serde_json::from_value(json!({
            "Env": ["PATH=/bin"], "Cmd": ["serve"], "Labels": { "of": "image" },
            "Entrypoint": ["/app"],
        }))
        .unwrap();
        let config = configured(&container, &image).unwrap();
        assert_eq!(config.image, Some(DeploymentImage::Image { image: "app:1".into() }));
        assert_eq!(config.environment.unwrap().0, "MODE=fast\n");
        assert_eq!(config.labels.unwrap().0, "mine: yes\n");
        assert_eq!(config.command.unwrap(), "serve 'a b'");
        assert_eq!(config.ports.unwrap().0, "8080:80\n127.0.0.1:5353:53/udp\n");
        assert_eq!(config.volumes.unwrap().0, "data:/data\n/etc/app:/etc/app:ro\n");
        assert_eq!(config.restart, Some(RestartMode::UnlessStopped));
        assert_eq!(config.network.unwrap(), "bridge");
    }
}
