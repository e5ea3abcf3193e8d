//! A deploy that can be held in its middle.

use std::path::PathBuf;

use serde_json::json;

use crate::{Scene, until};

/// A stack whose hook counts how often it runs, and waits until it is let go.
pub struct Gate {
    begun: PathBuf,
    go: PathBuf,
}

impl Gate {
    /// Creates the stack of a name (without the scene's prefix) on the scene's server.
    pub async fn new(scene: &Scene, name: &str) -> Self {
        Self::on(scene, Scene::SERVER, name).await
    }

    /// The same on another server.
    pub async fn on(scene: &Scene, server: &str, name: &str) -> Self {
        let folder = scene.core.data();
        let gate = Self {
            begun: folder.join(format!("{name}.begun")),
            go: folder.join(format!("{name}.go")),
        };
        let command = format!(
            "echo once >> {}; while [ ! -e {} ]; do sleep 0.05; done",
            gate.begun.display(),
            gate.go.display()
        );
        let config = json!({
            "server_id": server,
            "file_contents": "services:\n  app:\n    image: busybox:local\n    init: true\n    \
                              pull_policy: never\n    command: [\"httpd\", \"-f\", \"-p\", \"8080\"]\n",
            "pre_deploy": { "command": command, "shell_mode": true },
            "auto_pull": false,
        });
        let stack = json!({ "name": scene.stack(name), "config": config });
        scene.api().write("CreateStack", stack).await;
        gate
    }

    /// How often the hook has run.
    pub fn times(&self) -> usize {
        std::fs::read_to_string(&self.begun).unwrap_or_default().lines().count()
    }

    /// Waits until the hook runs.
    pub async fn reached(&self) {
        until("the hook runs", || async { (self.times() > 0).then_some(()) }).await;
    }

    /// Lets the hook end, now and ever after.
    pub fn open(&self) {
        std::fs::write(&self.go, "").expect("the folder of Core can be written");
    }
}
