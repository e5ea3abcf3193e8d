//! An agent of its own for each scenario.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Canaries;
use crate::canary::nothing_got_out;
use crate::core::free_port;
use crate::process::{Process, program};

/// What is particular about an agent.
#[derive(Default, Clone)]
pub struct AgentOptions {
    /// The Core to dial; it listens without one.
    pub dial: Option<String>,
    /// The server it is.
    pub name: String,
    /// Makes itself known with this key.
    pub onboarding_key: Option<String>,
    /// More settings.
    pub settings: Vec<(String, String)>,
    /// Secrets that are looked for at its end, beside its own.
    pub canaries: Canaries,
}

/// An agent that runs.
pub struct Agent {
    /// Where it listens, if it does.
    pub port: u16,
    /// Its folder.
    pub root: PathBuf,
    /// The process.
    pub process: Process,
    options: AgentOptions,
    folder: tempfile::TempDir,
}

impl Agent {
    /// Starts an agent.
    pub fn start(options: &AgentOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let canaries = &options.canaries;
        canaries.keep("onboarding key", options.onboarding_key.clone().unwrap_or_default());
        canaries.keep_settings(&options.settings);
        let (root, port) = (folder.path().join("root"), free_port());
        let process = begin(options, folder.path(), port);
        Self { port, root, process, options: options.clone(), folder }
    }

    /// Ends the agent as a power cut would, and starts it again.
    pub fn kill_and_start(&mut self) {
        self.process.kill();
        self.process = begin(&self.options, self.folder.path(), self.port);
    }

    /// Stops the process as a machine that hangs would.
    pub fn freeze(&self) {
        self.process.signal(nix::sys::signal::Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.signal(nix::sys::signal::Signal::SIGCONT);
    }
}

impl Drop for Agent {
    /// What the agent leaves behind holds no secret, but where that is by design.
    fn drop(&mut self) {
        self.thaw();
        self.process.end();
        nothing_got_out(&self.options.canaries.search_folder("the agent", self.folder.path()));
    }
}

fn begin(options: &AgentOptions, folder: &Path, port: u16) -> Process {
    let mut command = Command::new(program("varanus-periphery"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("PERIPHERY_ROOT_DIRECTORY", folder.join("root"))
        .env("PERIPHERY_LOGGING_LEVEL", "debug");
    for passed in ["DOCKER_HOST", "DOCKER_CONFIG"] {
        if let Some(value) = std::env::var_os(passed) {
            command.env(passed, value);
        }
    }
    match &options.dial {
        Some(core) => {
            command.env("PERIPHERY_CORE_ADDRESS", core).env("PERIPHERY_CONNECT_AS", &options.name);
        }
        None => {
            command.env("PERIPHERY_BIND_IP", "127.0.0.1").env("PERIPHERY_PORT", port.to_string());
        }
    }
    if let Some(key) = &options.onboarding_key {
        command.env("PERIPHERY_ONBOARDING_KEY", key);
    }
    command.envs(options.settings.iter().cloned());
    Process::start("the agent", command, &folder.join("agent.log"))
}
