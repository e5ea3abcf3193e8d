//! From the merged configuration to services: pure.

use serde_yaml_ng::Value;
use varanus_proto::entity::stack::{ComposeFile, StackServiceNames};
use varanus_proto::{Error, Result};

/// More containers than this no project has.
const MOST: usize = 10_000;

/// What stands in place of a value.
const HIDDEN: &str = "########";

/// The services of a project, with the names of their containers. A service
/// with replicas is listed once for each.
pub fn services(project: &str, merged: &str) -> Result<Vec<StackServiceNames>> {
    let parsed: ComposeFile = serde_yaml_ng::from_str(merged)
        .map_err(|error| Error::failed("compose printed what is no configuration").cause(error))?;
    let mut found = Vec::new();
    for (name, service) in parsed.services {
        let image = service.image.unwrap_or_default();
        let container = service.container_name.unwrap_or_else(|| format!("{project}-{name}"));
        let replicas =
            service.deploy.and_then(|deploy| deploy.replicas).map_or(1, |replicas| replicas.0);
        let names = |service_name: String, container_name: String| StackServiceNames {
            service_name,
            container_name,
            image: image.clone(),
            image_digest: None,
        };
        if found.len() >= MOST {
            return Err(Error::invalid(format!(
                "the project {project:?} has more than {MOST} containers"
            )));
        }
        if replicas > 1 {
            found.extend(
                (1..=replicas.min(1000))
                    .map(|n| names(format!("{name}-{n}"), format!("{project}-{name}-{n}"))),
            );
        } else {
            found.push(names(name, container));
        }
    }
    Ok(found)
}

/// The merged configuration as it may be kept and shown: the values of
/// environments are left out, for compose has filled in every secret.
pub fn sanitize(merged: &str) -> String {
    let Ok(mut value) = serde_yaml_ng::from_str::<Value>(merged) else {
        return String::new();
    };
    let services = value.get_mut("services").and_then(|services| services.as_mapping_mut());
    for (_, service) in services.into_iter().flatten() {
        for section in ["environment", "labels", "command", "entrypoint"] {
            hide(service.get_mut(section));
        }
        hide(service.get_mut("build").and_then(|build| build.get_mut("args")));
    }
    for section in ["configs", "secrets"] {
        let entries = value.get_mut(section).and_then(|section| section.as_mapping_mut());
        for (_, entry) in entries.into_iter().flatten() {
            hide(entry.get_mut("content"));
        }
    }
    serde_yaml_ng::to_string(&value).unwrap_or_default()
}

/// Hides the values of a mapping, and anything else as a whole: compose writes
/// commands as lists, and a password may be a word of one.
fn hide(section: Option<&mut Value>) {
    match section {
        Some(Value::Mapping(map)) => {
            map.iter_mut().for_each(|(_, value)| *value = HIDDEN.into());
        }
        Some(value) if !value.is_null() => *value = HIDDEN.into(),
        _ => {}
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use super::*;

    const MERGED: &str = "name: p\nservices:\n  web:\n    image: nginx\n    environment:\n      PASSWORD: hunter2\n  worker:\n    image: w\n    deploy:\n      replicas: 2\n  db:\n    image: pg\n    container_name: the-db\n";

    #[test]
    fn services_have_the_names_of_their_containers() {
        let found = services("p", MERGED).unwrap();
        let found: Vec<_> =
            found.iter().map(|s| (s.service_name.as_str(), s.container_name.as_str())).collect();
        assert_eq!(
            found,
            [
                ("web", "p-web"),
                ("worker-1", "p-worker-1"),
                ("worker-2", "p-worker-2"),
                ("db", "the-db")
            ]
        );
    }

    #[test]
    fn what_is_kept_of_the_configuration_holds_no_values() {
        let kept = sanitize(MERGED);
        assert!(kept.contains("PASSWORD") && !kept.contains("hunter2"), "{kept}");
    }
}
