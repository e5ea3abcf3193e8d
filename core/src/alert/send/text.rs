//! What an alert says to people, for endpoints that take a text.

use varanus_proto::ErrorBody;
use varanus_proto::entity::alert::{Alert, AlertData, SeverityLevel};

/// An alert in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// One line: how bad it is, and what.
    pub title: String,
    /// The rest, perhaps empty.
    pub details: String,
}

impl Words {
    /// Both, with a line between; at most so many characters.
    pub(super) fn text(&self, most: usize) -> String {
        match self.details.is_empty() {
            true => cut(&self.title, most),
            false => cut(&format!("{}\n\n{}", self.title, self.details), most),
        }
    }
}

/// The beginning of a text, so that an endpoint takes it.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The words for an alert.
pub(super) fn words(alert: &Alert) -> Words {
    let (what, details) = said(&alert.data, alert.resolved && alert.level == SeverityLevel::Ok);
    let level = match alert.level {
        SeverityLevel::Ok => "🟢 OK",
        SeverityLevel::Warning => "🟡 WARNING",
        SeverityLevel::Critical => "🔴 CRITICAL",
    };
    Words { title: format!("{level}: {what}"), details: details.trim().to_owned() }
}

/// What it is about, and more of it. `over` says that it is not so any more.
fn said(data: &AlertData, over: bool) -> (String, String) {
    use AlertData as A;
    let none = String::new;
    match data {
        A::None {} => ("an alert about nothing".into(), none()),
        A::Test { name, .. } => {
            (format!("test of alerter {name}"), "Alerts of Varanus arrive here.".into())
        }
        A::SwarmUnhealthy { name, .. } if over => {
            (format!("swarm {name} is healthy again"), none())
        }
        A::SwarmUnhealthy { name, err, .. } => (format!("swarm {name} is unhealthy"), reason(err)),
        A::ServerUnreachable { name, region, .. } if over => {
            (format!("server {} is reachable again", placed(name, region)), none())
        }
        A::ServerUnreachable { name, region, err, .. } => {
            (format!("server {} is unreachable", placed(name, region)), reason(err))
        }
        A::ServerCpu { name, region, percentage, .. } => {
            (format!("server {} uses {percentage:.1} % of its CPU", placed(name, region)), none())
        }
        A::ServerMem { name, region, used_gb, total_gb, .. } => {
            let share = share(*used_gb, *total_gb);
            (
                format!("server {} uses {share:.1} % of its memory", placed(name, region)),
                format!("{used_gb:.2} GiB of {total_gb:.2} GiB"),
            )
        }
        A::ServerDisk { name, region, path, used_gb, total_gb, .. } => {
            let share = share(*used_gb, *total_gb);
            (
                format!("server {} uses {share:.1} % of its disk {path}", placed(name, region)),
                format!("{used_gb:.1} GiB of {total_gb:.1} GiB"),
            )
        }
        A::ServerVersionMismatch { name, region, server_version, core_version, .. } => {
            let agent = format!("the agent of server {}", placed(name, region));
            match over {
                true => (format!("{agent} has the version of Core"), none()),
                false => (
                    format!("{agent} has another version than Core"),
                    format!("The agent has {server_version}, Core {core_version}."),
                ),
            }
        }
        A::ContainerStateChange { name, server_name, swarm_name, from, to, .. } => {
            (format!("deployment {name} went from {from} to {to}"), on(server_name, swarm_name))
        }
        A::DeploymentImageUpdateAvailable { name, server_name, swarm_name, image, .. } => (
            format!("deployment {name}: there is a newer image"),
            format!("{image}\n{}", on(server_name, swarm_name)),
        ),
        A::DeploymentAutoUpdated { name, server_name, swarm_name, image, .. } => (
            format!("deployment {name} was updated"),
            format!("{image}\n{}", on(server_name, swarm_name)),
        ),
        A::StackStateChange { name, server_name, swarm_name, from, to, .. } => {
            (format!("stack {name} went from {from} to {to}"), on(server_name, swarm_name))
        }
        A::StackImageUpdateAvailable { name, server_name, swarm_name, service, image, .. } => (
            format!("stack {name}: there is a newer image for service {service}"),
            format!("{image}\n{}", on(server_name, swarm_name)),
        ),
        A::StackAutoUpdated { name, server_name, swarm_name, images, .. } => (
            format!("stack {name} was updated"),
            format!("{}\n{}", images.join("\n"), on(server_name, swarm_name)),
        ),
        A::AwsBuilderTerminationFailed { instance_id, message } => {
            (format!("the builder instance {instance_id} was not ended"), message.clone())
        }
        A::ResourceSyncPendingUpdates { name, .. } => {
            (format!("sync {name} has changes to apply"), none())
        }
        A::BuildFailed { name, version, .. } => {
            (format!("build {name} failed"), format!("Version {version}"))
        }
        A::RepoBuildFailed { name, .. } => (format!("the build of repo {name} failed"), none()),
        A::ProcedureFailed { name, .. } => (format!("procedure {name} failed"), none()),
        A::ActionFailed { name, .. } => (format!("action {name} failed"), none()),
        A::ScheduleRun { resource_type, name, .. } => {
            let kind = resource_type.to_string().to_lowercase();
            (format!("{kind} {name} began on its schedule"), none())
        }
        A::Custom { message, details } => (message.clone(), details.clone()),
    }
}

fn share(used: f64, total: f64) -> f64 {
    if total > 0.0 { used / total * 100.0 } else { 0.0 }
}

fn placed(name: &str, region: &Option<String>) -> String {
    match region.as_deref().filter(|region| !region.is_empty()) {
        Some(region) => format!("{name} ({region})"),
        None => name.to_owned(),
    }
}

fn on(server: &Option<String>, swarm: &Option<String>) -> String {
    let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    match (named(server), named(swarm)) {
        (Some(server), _) => format!("On server {server}"),
        (None, Some(swarm)) => format!("On swarm {swarm}"),
        (None, None) => String::new(),
    }
}

fn reason(error: &Option<ErrorBody>) -> String {
    let Some(error) = error else { return String::new() };
    let causes = error.trace.iter().map(String::as_str);
    std::iter::once(error.error.as_str()).chain(causes).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use varanus_proto::entity::resource::ResourceTarget;

    use super::*;

    fn alert(level: SeverityLevel, resolved: bool, data: AlertData) -> Alert {
        Alert {
            id: Default::default(),
            ts: 0,
            resolved,
            level,
            target: ResourceTarget::system(),
            data,
            resolved_ts: None,
        }
    }

    #[test]
    fn an_alert_says_what_is_wrong_and_when_it_is_over() {
        let data = AlertData::ServerUnreachable {
            id: "1".into(),
            name: "attic".into(),
            region: Some("home".into()),
            err: Some(ErrorBody { error: "no answer".into(), trace: vec!["timed out".into()] }),
        };
        let said = words(&alert(SeverityLevel::Critical, false, data.clone()));
        assert_eq!(said.title, "🔴 CRITICAL: server attic (home) is unreachable");
        assert_eq!(said.details, "no answer\ntimed out");
        let said = words(&alert(SeverityLevel::Ok, true, data));
        assert_eq!(said.text(100), "🟢 OK: server attic (home) is reachable again");
    }

    #[test]
    fn a_text_is_as_long_as_an_endpoint_takes() {
        let data = AlertData::Custom { message: "ä".repeat(10), details: "b".repeat(100) };
        let said = words(&alert(SeverityLevel::Warning, true, data));
        let text = said.text(40);
        assert_eq!(text.chars().count(), 40);
        assert!(text.ends_with("bb…"), "{text}");
    }
}
