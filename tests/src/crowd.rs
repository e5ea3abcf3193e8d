//! A crowd of agents that only say what agents say: over the real link, without
//! a host behind them.
//!
//! Each is a task with a key of its own that dials Core, comes back for ever,
//! reports ten containers, and brings up any stack at once. What they brought up
//! is counted, so that a test can tell whether a run ran once.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use varanus_link::frame::Login;
use varanus_link::handshake::Talk;
use varanus_link::key::PrivateKey;
use varanus_link::{Backoff, Context, Dialed, Driver, Handler, Link, Timings, Tls, address, dial};
use varanus_proto::{Error, Result};

use crate::{Api, until};

/// How many servers are created beside each other.
const SIDE_BY_SIDE: usize = 16;

/// How a crowd is.
#[derive(Debug, Clone)]
pub struct CrowdOptions {
    /// How many agents.
    pub count: usize,
    /// Their servers are called this, with a number.
    pub prefix: String,
    /// Whether they are ours: they keep what came of a job, and say so. Others
    /// know the protocol of Komodo 2.3 alone.
    pub ours: bool,
    /// How many containers each of them reports.
    pub containers: usize,
}

impl CrowdOptions {
    /// So many agents of ours, with ten containers each.
    pub fn of(count: usize) -> Self {
        Self { count, prefix: "crowd-".into(), ours: true, containers: 10 }
    }
}

/// One stack that was brought up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// The name of the stack.
    pub stack: String,
    /// The commit that its branch was at.
    pub commit: String,
    /// The key it was asked for with; empty without one.
    pub job: String,
}

#[derive(Default)]
struct Seen {
    /// What each of them reports: they are all alike, so that they cost little.
    report: Vec<u8>,
    connected: AtomicUsize,
    logins: AtomicUsize,
    failures: AtomicUsize,
    failure: Mutex<String>,
    reports: AtomicUsize,
    deployed: Mutex<Vec<Deployed>>,
    /// What a git host would say: the commit of each repository's branch.
    tips: Mutex<HashMap<String, String>>,
}

/// Agents that run until this is dropped.
pub struct Crowd {
    options: CrowdOptions,
    seen: Arc<Seen>,
    tasks: Vec<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crowd {
    /// Makes a server for each agent, and lets all of them dial.
    pub async fn start(options: CrowdOptions, api: &Api) -> Self {
        let keys: Vec<_> =
            (0..options.count).map(|_| PrivateKey::generate().expect("a key")).collect();
        stream::iter(keys.iter().enumerate())
            .for_each_concurrent(SIDE_BY_SIDE, |(index, key)| {
                let params = json!({
                    "name": name(&options, index),
                    "config": { "enabled": true },
                    "public_key": key.public().to_string(),
                });
                async move {
                    api.write("CreateServer", params).await;
                }
            })
            .await;
        let report = report(options.containers).to_string().into_bytes();
        let seen = Arc::new(Seen { report, ..Seen::default() });
        let timings = Timings::default();
        let tasks = keys.into_iter().enumerate().map(|(index, key)| {
            let host = Host { key, ours: options.ours, seen: seen.clone() };
            let url = format!("{}/ws/periphery?server={}", api.address, name(&options, index));
            tokio::spawn(stay(Arc::new(host), url, timings.clone()))
        });
        let tasks = tasks.collect();
        Self { options, seen, tasks }
    }

    /// The name of the server of an agent.
    pub fn server(&self, index: usize) -> String {
        name(&self.options, index)
    }

    /// How many are connected now.
    pub fn connected(&self) -> usize {
        self.seen.connected.load(Ordering::Relaxed)
    }

    /// How often one of them has logged in.
    pub fn logins(&self) -> usize {
        self.seen.logins.load(Ordering::Relaxed)
    }

    /// How often one of them has reported its state.
    pub fn reports(&self) -> usize {
        self.seen.reports.load(Ordering::Relaxed)
    }

    /// How often one of them could not log in.
    pub fn failures(&self) -> usize {
        self.seen.failures.load(Ordering::Relaxed)
    }

    /// Waits until all are connected.
    pub async fn all_connected(&self) {
        self.all_connected_within(crate::DEADLINE).await;
    }

    /// The same, with a deadline for more of them.
    pub async fn all_connected_within(&self, deadline: Duration) {
        let (count, begun) = (self.options.count, Instant::now());
        while self.connected() < count {
            assert!(
                begun.elapsed() < deadline,
                "{} of {count} agents are connected after {deadline:?}; {} logins failed, the last \
                 one: {}",
                self.connected(),
                self.failures(),
                lock(&self.seen.failure)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until Core shows all servers as well.
    pub async fn all_seen(&self, api: &Api) {
        let count = self.options.count;
        until(&format!("Core sees {count} servers as well"), || async {
            let servers = api.read("ListServers", json!({ "limit": 0 })).await;
            let well = |server: &&Value| server["info"]["state"] == "Ok";
            (servers.as_array()?.iter().filter(well).count() == count).then_some(())
        })
        .await;
    }

    /// Somebody has pushed to the repository of a stack.
    pub fn pushed(&self, stack: &str, commit: &str) {
        lock(&self.seen.tips).insert(stack.to_owned(), commit.to_owned());
    }

    /// Everything that was brought up, in order.
    pub fn deployed(&self) -> Vec<Deployed> {
        lock(&self.seen.deployed).clone()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn name(options: &CrowdOptions, index: usize) -> String {
    format!("{}{index:05}", options.prefix)
}

struct Host {
    key: PrivateKey,
    ours: bool,
    seen: Arc<Seen>,
}

/// Dials for ever, as agents do.
async fn stay(host: Arc<Host>, url: String, timings: Timings) {
    let requests = Arc::new(Requests { host: host.clone(), done: Mutex::default() });
    let (_link, mut driver) = Link::new(Some(requests), timings.clone());
    let mut backoff = Backoff::new(&timings);
    loop {
        if let Err(error) = once(&host, &url, &timings, &mut driver, &mut backoff).await {
            host.seen.failures.fetch_add(1, Ordering::Relaxed);
            *lock(&host.seen.failure) = error.to_string();
        }
        tokio::time::sleep(backoff.pause()).await;
    }
}

async fn once(
    host: &Host,
    url: &str,
    timings: &Timings,
    driver: &mut Driver,
    backoff: &mut Backoff,
) -> Result<()> {
    let Dialed { mut socket, identifiers } = dial(&address(url)?, Tls::Checked, timings).await?;
    let mut talk = Talk::new(&mut socket, timings);
    match talk.receive().await? {
        Login::OnboardingFlow(false) => {}
        _ => return Err(Error::unauthorized("Core does not know this server yet")),
    }
    talk.join(&identifiers, &host.key, |_| Ok(())).await?;
    backoff.reset();
    host.seen.logins.fetch_add(1, Ordering::Relaxed);
    let _here = Here::new(&host.seen.connected);
    driver.drive(socket).await;
    Ok(())
}

/// Counts one more for as long as it is there.
struct Here<'a>(&'a AtomicUsize);

impl<'a> Here<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Requests {
    host: Arc<Host>,
    /// What came of each job.
    done: Mutex<HashMap<String, Vec<u8>>>,
}

impl Handler for Requests {
    fn handle(
        &self,
        request: Vec<u8>,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>> {
        let answer = self.answer(&request, &context);
        Box::pin(async move { answer })
    }
}

impl Requests {
    fn answer(&self, request: &[u8], context: &Context) -> Result<Vec<u8>> {
        let request: Value = serde_json::from_slice(request)
            .map_err(|error| Error::invalid("the request is no JSON").cause(error))?;
        let (params, seen) = (&request["params"], &self.host.seen);
        let answer = match request["type"].as_str().unwrap_or_default() {
            "GetVersion" if self.host.ours && params["varanus"].is_array() => {
                context.extend();
                json!({ "version": "2.3.0", "varanus": ["log-lines", "jobs"] })
            }
            "GetVersion" => json!({ "version": "2.3.0" }),
            "PollStatus" => {
                seen.reports.fetch_add(1, Ordering::Relaxed);
                return Ok(seen.report.clone());
            }
            "ComposeUp" => return Ok(self.up(&request)),
            other => return Err(Error::invalid(format!("this agent cannot do {other}"))),
        };
        Ok(answer.to_string().into_bytes())
    }

    fn up(&self, request: &Value) -> Vec<u8> {
        let job = request["job"].as_str().unwrap_or_default();
        let mut done = lock(&self.done);
        if let Some(answer) = done.get(job) {
            return answer.clone();
        }
        let stack = request["params"]["stack"]["name"].as_str().unwrap_or_default();
        let commit = lock(&self.host.seen.tips).get(stack).cloned().unwrap_or_default();
        let answer = json!({
            "missing_files": [], "logs": [], "deployed": true, "services": [],
            "file_contents": [], "remote_errors": [], "commit_hash": commit,
        });
        let answer = answer.to_string().into_bytes();
        let deployed = Deployed { stack: stack.into(), commit, job: job.into() };
        lock(&self.host.seen.deployed).push(deployed);
        if !job.is_empty() {
            done.insert(job.to_owned(), answer.clone());
        }
        answer
    }
}

/// What an agent of a small host reports.
fn report(containers: usize) -> Value {
    let containers: Vec<_> = (0..containers).map(container).collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_millis() as u64);
    let networks = ["bridge", "host", "none"].map(|name| json!({ "name": name, "in_use": true }));
    json!({
        "periphery_info": {
            "version": "2.3.0", "public_key": "", "terminals_disabled": false,
            "container_terminals_disabled": false, "stats_polling_rate": "5-sec",
            "docker_connected": true, "public_ip": null,
        },
        "system_info": {
            "name": "Debian", "os": "Linux 13", "kernel": "6.12.0", "core_count": 4,
            "host_name": "a-small-host", "cpu_brand": "Cortex-A76",
        },
        "system_stats": {
            "cpu_perc": 3.5, "load_average": { "one": 0.1, "five": 0.2, "fifteen": 0.2 },
            "mem_free_gb": 5.5, "mem_used_gb": 2.5, "mem_total_gb": 8.0,
            "disks": [{ "mount": "/", "file_system": "ext4", "used_gb": 20.0, "total_gb": 64.0 }],
            "network_ingress_bytes": 1000.0, "network_egress_bytes": 2000.0,
            "polling_rate": "5-sec", "refresh_ts": now, "refresh_list_ts": now,
        },
        "docker": {
            "containers": containers,
            "networks": networks,
            "images": [], "volumes": [], "projects": [],
        },
    })
}

fn container(at: usize) -> Value {
    json!({
        "name": format!("app-{at}-web-1"), "id": format!("{at:064x}"),
        "image": "registry.example.com/home/app:1.4.2", "image_id": format!("sha256:{at:064x}"),
        "created": 1_760_000_000, "state": "running", "status": "Up 3 days (healthy)",
        "network_mode": format!("app-{at}_default"), "networks": [format!("app-{at}_default")],
        "ports": [{ "IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8000 + at, "Type": "tcp" }],
        "volumes": [format!("app-{at}_data")],
        "labels": {
            "com.docker.compose.project": format!("app-{at}"),
            "com.docker.compose.service": "web",
            "com.docker.compose.project.working_dir": format!("/etc/komodo/stacks/app-{at}"),
        },
    })
}

/// How long agents may take to be back after a restart of Core, at most: the
/// goal is a quarter of that, with a release build.
pub const BACK: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use varanus_proto::agent::poll::PollStatusResponse;

    use super::*;

    #[test]
    fn what_they_report_can_be_read() {
        let read: PollStatusResponse = serde_json::from_value(report(10)).unwrap();
        assert_eq!(read.docker.unwrap().containers.len(), 10);
    }
}
