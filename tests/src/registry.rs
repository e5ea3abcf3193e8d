//! A registry of images on this machine, which asks for a login.

use std::path::PathBuf;
use std::process::Command;

use crate::core::free_port;
use crate::process::{run, tools};

/// The token, as the registry keeps it.
const HASHED: &str = "robot:$2y$05$abcdefghijklmnopqrstuuNRweEzI9UKMXKNrJkgHo56lhwdzGx56";

/// A registry that is stopped with this value.
pub struct Registry {
    port: u16,
    folder: tempfile::TempDir,
}

fn tool(words: &[&str]) -> Command {
    let path: PathBuf = tools().join("docker-up.sh");
    let mut command = Command::new(path);
    command.args(words);
    command
}

impl Registry {
    /// The account.
    pub const USER: &'static str = "robot";
    /// Its token.
    pub const TOKEN: &'static str = "token-of-a-robot";

    /// Starts one without images.
    pub async fn start() -> Self {
        let registry = Self { port: free_port(), folder: tempfile::tempdir().expect("a folder") };
        let file = registry.folder.path().join("htpasswd");
        std::fs::write(&file, HASHED).expect("a file");
        let mut command = tool(&["registry", &registry.port.to_string()]);
        command.env("DOCKER_UP_HTPASSWD", &file);
        let started = run(command).await;
        assert!(started.success, "{}", started.stderr);
        let domain = registry.domain();
        registry.docker(&["login", "-u", Self::USER, "-p", Self::TOKEN, &domain]).await;
        registry
    }

    /// `localhost:PORT`.
    pub fn domain(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The image that [`push`](Self::push) pushes.
    pub fn image(&self) -> String {
        format!("{}/app:1", self.domain())
    }

    /// Docker of somebody who may push; what it writes.
    pub async fn docker(&self, words: &[&str]) -> String {
        let mut command = Command::new("docker");
        command.args(words).env("DOCKER_CONFIG", self.folder.path().join("docker"));
        let output = run(command).await;
        assert!(output.success, "docker {words:?}: {}", output.stderr);
        output.stdout
    }

    /// Pushes an image as the application's, and leaves no trace of it here.
    pub async fn push(&self, image: &str) {
        self.docker(&["tag", image, &self.image()]).await;
        self.docker(&["push", &self.image()]).await;
        self.docker(&["rmi", &self.image()]).await;
    }
}

impl Drop for Registry {
    #[allow(clippy::disallowed_methods)] // the end of a test waits for its own registry
    fn drop(&mut self) {
        forget_images(&self.domain());
        let _ = tool(&["registry-down", &self.port.to_string()]).output();
    }
}

/// Removes what docker has here of a registry's images. By their names: an image
/// may have others, like the one that every test runs.
#[allow(clippy::disallowed_methods)] // the end of a test waits for its own images
pub(crate) fn forget_images(domain: &str) {
    let name = "{{.Repository}} {{.Tag}} {{.Digest}}";
    for pattern in ["*/*", "*"] {
        let filter = format!("reference={domain}/{pattern}");
        let words = ["images", "--digests", "--format", name, "--filter", &filter];
        let found = Command::new("docker").args(words).output();
        let found = found.map(|found| found.stdout).unwrap_or_default();
        for line in String::from_utf8_lossy(&found).lines() {
            let image = match line.split(' ').collect::<Vec<_>>()[..] {
                [name, "<none>", digest] => format!("{name}@{digest}"),
                [name, tag, ..] => format!("{name}:{tag}"),
                _ => continue,
            };
            let _ = Command::new("docker").args(["rmi", "-f", &image]).output();
        }
    }
}
