//! Programs that run while a test does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program of this workspace, beside the test that runs.
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a test knows where it is");
    // Tests are in target/PROFILE/deps, programs in target/PROFILE.
    let folders = here.ancestors().skip(1).take(2);
    let path = folders.map(|folder| folder.join(name)).find(|path| path.exists());
    path.unwrap_or_else(|| panic!("{name} is not built: use ./dev test, or cargo build"))
}

/// The folder of this repository's test tools.
pub fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools")
}

/// A program that runs; it ends with this value.
pub struct Process {
    name: String,
    child: std::process::Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to a file.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Self {
        let open =
            || std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log file");
        command.stdin(Stdio::null()).stdout(open()).stderr(open());
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory it has now, in MB (its resident set).
    pub fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            kilobytes.and_then(|text| text.trim().split(' ').next()?.parse::<f64>().ok());
        kilobytes.unwrap_or_default() * 1024.0 / 1e6
    }

    /// The time it has had on a core, without that of programs it started.
    pub fn cpu(&self) -> Duration {
        let path = format!("/proc/{}/stat", self.id());
        let stat = std::fs::read_to_string(path).unwrap_or_default();
        // The name before it may hold anything, also parentheses.
        let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').skip(11);
        let ticks: u64 = fields.take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("process ids are small");
        let _ = kill(Pid::from_raw(id), signal);
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it in an orderly way; kills it when that takes too long.
    pub fn end(&mut self) {
        self.signal(Signal::SIGTERM);
        for _ in 0..200 {
            if !self.is_running() {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        self.kill();
    }

    /// Whether it runs still.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it has written.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            self.end();
        }
        if std::thread::panicking() {
            let output = self.output();
            let last: Vec<_> = output.lines().rev().take(60).collect();
            eprintln!("--- the end of the log of {}", self.name);
            for line in last.into_iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Output {
    /// Whether with 0.
    pub success: bool,
    /// What it wrote.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Runs a program to its end, within a deadline.
pub async fn run(command: Command) -> Output {
    let shown = format!("{command:?}");
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let ended = tokio::time::timeout(crate::DEADLINE, child.wait_with_output()).await;
    let output = ended
        .unwrap_or_else(|_| panic!("{shown} did not end"))
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    Output {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
