//! Hosts with a docker of their own, each on a network of its own
//! (`tools/docker-up.sh host`). They are as good as machines, but for their
//! agents, which run beside the test.

use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::process::{run, tools};

/// Where `docker-up.sh` keeps what runs.
const RUN: &str = "/run/docker-up";

/// Numbers from here on are not those of hosts that a person plays with.
const FIRST: usize = 71;

/// Hosts; they end with this value.
pub struct Hosts {
    numbers: Vec<usize>,
}

impl Hosts {
    /// Starts so many, with the image [`crate::Docker::IMAGE`] and no container.
    pub async fn start(count: usize) -> Self {
        let mut hosts = Self { numbers: Vec::new() };
        for number in FIRST..FIRST + count {
            // What is half started is ended too.
            hosts.numbers.push(number);
            let number = number.to_string();
            let started = run(script(&["host", &number])).await;
            assert!(started.success, "host {number} is needed: {}", started.stderr);
        }
        for host in 0..count {
            let old = run(hosts.docker(host, &["ps", "-aq"])).await.stdout;
            for id in old.split_whitespace() {
                run(hosts.docker(host, &["rm", "-f", id])).await;
            }
        }
        hosts
    }

    /// The address of a host's docker, for `DOCKER_HOST`. Hosts count from 0.
    pub fn docker_host(&self, host: usize) -> String {
        format!("unix://{}", self.folder(host).join("s.sock").display())
    }

    /// The container of a name on a host, in full.
    pub async fn container(&self, host: usize, name: &str) -> Option<Value> {
        let found = run(self.docker(host, &["container", "inspect", "--", name])).await;
        let parsed: Value = serde_json::from_str(&found.stdout).ok()?;
        parsed.get(0).cloned()
    }

    /// Ends a container by hand, without Varanus.
    pub async fn kill_container(&self, host: usize, name: &str) {
        let killed = run(self.docker(host, &["kill", "--", name])).await;
        assert!(killed.success, "{}", killed.stderr);
    }

    /// Docker on a host hangs: connections are taken, and nothing is answered.
    pub fn freeze_docker(&self, host: usize) {
        self.signal(host, Signal::SIGSTOP);
    }

    /// It goes on.
    pub fn thaw_docker(&self, host: usize) {
        self.signal(host, Signal::SIGCONT);
    }

    fn folder(&self, host: usize) -> PathBuf {
        PathBuf::from(format!("{RUN}/{}", self.numbers[host]))
    }

    fn signal(&self, host: usize, signal: Signal) {
        let id = std::fs::read_to_string(self.folder(host).join("pid")).unwrap_or_default();
        if let Ok(id) = id.trim().parse() {
            let _ = kill(Pid::from_raw(id), signal);
        }
    }

    fn docker(&self, host: usize, words: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(words).env("DOCKER_HOST", self.docker_host(host));
        command
    }
}

fn script(words: &[&str]) -> Command {
    let mut command = Command::new(tools().join("docker-up.sh"));
    command.args(words);
    command
}

impl Drop for Hosts {
    #[allow(clippy::disallowed_methods)] // the end of a test waits for what it started
    fn drop(&mut self) {
        for host in 0..self.numbers.len() {
            // What is stopped does not hear that it is to end.
            self.thaw_docker(host);
        }
        let numbers: Vec<_> = self.numbers.iter().map(usize::to_string).collect();
        let mut words = vec!["host-down"];
        words.extend(numbers.iter().map(String::as_str));
        let ended = script(&words).output();
        if !ended.is_ok_and(|output| output.status.success()) {
            eprintln!("not all hosts have ended: docker-up.sh {}", words.join(" "));
        }
    }
}
