//! The containers of this machine, as `docker` shows them.

use std::process::Command;

use serde_json::Value;

use crate::process::run;

/// Names that begin alike belong to one scenario; its containers are removed at
/// its end.
pub struct Docker {
    /// The beginning of the names of the scenario's projects.
    pub prefix: String,
}

impl Docker {
    /// The image that every machine of tests has.
    pub const IMAGE: &'static str = "busybox:local";

    /// For a scenario.
    pub async fn new() -> Self {
        let version = run(docker(&["version"])).await;
        assert!(version.success, "docker is needed, ./dev test starts it: {}", version.stderr);
        let image = run(docker(&["image", "inspect", Self::IMAGE])).await;
        assert!(image.success, "the image {} is needed; ./dev test makes it", Self::IMAGE);
        let id = std::process::id();
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.subsec_nanos());
        Self { prefix: format!("vt{id}-{}-", nanos % 1_000_000) }
    }

    /// A container in full, if there is one.
    pub async fn container(&self, name: &str) -> Option<Value> {
        let found = run(docker(&["container", "inspect", "--", name])).await;
        let parsed: Value = serde_json::from_str(&found.stdout).ok()?;
        parsed.get(0).cloned()
    }

    /// The label of a running container.
    pub async fn label(&self, name: &str, label: &str) -> Option<String> {
        let container = self.container(name).await?;
        let running = container["State"]["Running"] == true;
        let label = container["Config"]["Labels"][label].as_str()?;
        running.then(|| label.to_owned())
    }

    /// The label of an image.
    pub async fn image_label(&self, name: &str, label: &str) -> Option<String> {
        let found = run(docker(&["image", "inspect", "--", name])).await;
        let parsed: Value = serde_json::from_str(&found.stdout).ok()?;
        Some(parsed.get(0)?["Config"]["Labels"][label].as_str()?.to_owned())
    }

    /// The id of a container.
    pub async fn id(&self, name: &str) -> Option<String> {
        Some(self.container(name).await?["Id"].as_str()?.to_owned())
    }

    /// A variable that a container was given.
    pub async fn variable(&self, name: &str, variable: &str) -> Option<String> {
        let container = self.container(name).await?;
        let given = container["Config"]["Env"].as_array()?;
        let pairs = given.iter().filter_map(|pair| pair.as_str()?.split_once('='));
        pairs.filter(|(name, _)| *name == variable).map(|(_, value)| value.to_owned()).next()
    }
}

fn docker(words: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(words);
    command
}

impl Drop for Docker {
    #[allow(clippy::disallowed_methods)] // the end of a test waits for its own containers
    fn drop(&mut self) {
        let filter = format!("name=^{}", self.prefix);
        let list = |kind: &str, quiet: &[&str]| {
            let mut words = vec![kind, "ls", "-q", "--filter", &filter];
            words.extend(quiet);
            let found = docker(&words).output().map(|out| out.stdout).unwrap_or_default();
            let found = String::from_utf8_lossy(&found).into_owned();
            found.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        for id in list("container", &["-a"]) {
            let _ = docker(&["rm", "-f", &id]).output();
        }
        let images = format!("reference={}*", self.prefix);
        let found = docker(&["images", "-q", "--filter", &images]).output().map(|out| out.stdout);
        for id in String::from_utf8_lossy(&found.unwrap_or_default()).split_whitespace() {
            let _ = docker(&["rmi", "-f", id]).output();
        }
        for id in list("network", &[]) {
            let _ = docker(&["network", "rm", &id]).output();
        }
    }
}
