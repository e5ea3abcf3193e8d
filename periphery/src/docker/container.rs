//! Commands on containers, images, networks and volumes.

use futures_util::future::join_all;
use varanus_proto::Result;
use varanus_proto::docker::container::ContainerStateStatusEnum as State;
use varanus_proto::entity::file::TerminationSignal;
use varanus_proto::entity::update::Log;

use super::{Docker, SKIP, checked};
use crate::process::Program;
use crate::work::Work;

/// What can be done with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum ContainerCommand {
    Start,
    Restart,
    Pause,
    Unpause,
    Stop,
}

impl ContainerCommand {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Stop => "stop",
        }
    }

    fn stage(self) -> &'static str {
        match self {
            Self::Start => "Docker Start",
            Self::Restart => "Docker Restart",
            Self::Pause => "Docker Pause",
            Self::Unpause => "Docker Unpause",
            Self::Stop => "Docker Stop",
        }
    }

    /// Whether there is anything to do in a state.
    fn fits(self, state: State) -> bool {
        match self {
            Self::Start => !matches!(state, State::Running | State::Paused | State::Restarting),
            Self::Restart => true,
            Self::Pause => state == State::Running,
            Self::Unpause => state == State::Paused,
            Self::Stop => matches!(state, State::Running | State::Restarting | State::Paused),
        }
    }
}

impl Docker {
    /// A docker command as a stage, with names after `--`.
    pub async fn command(&self, work: &Work, stage: &str, words: &[&str], names: &[&str]) -> Log {
        let mut argv = vec!["docker"];
        argv.extend(words);
        if !names.is_empty() {
            argv.push("--");
            argv.extend(names);
        }
        work.stage(stage, &Program::new(argv, self.change)).await
    }

    /// Does something with one container.
    pub async fn act(&self, work: &Work, command: ContainerCommand, name: &str) -> Result<Log> {
        let name = checked("a container", name)?;
        Ok(self.command(work, command.stage(), &[command.word()], &[name]).await)
    }

    /// Does something with every container that it fits, except those with the
    /// label `komodo.skip`.
    pub async fn act_on_all(&self, work: &Work, command: ContainerCommand) -> Result<Vec<Log>> {
        let all = self.lists().await?.containers;
        let wanted = all.iter().filter(|container| {
            let skipped = container.labels.get(SKIP).is_some_and(|value| value != "false");
            !skipped && command.fits(container.state)
        });
        let logs = wanted.map(|container| self.act(work, command, &container.name));
        join_all(logs).await.into_iter().collect()
    }

    /// Stops a container.
    pub async fn stop(
        &self,
        work: &Work,
        name: &str,
        signal: Option<TerminationSignal>,
        time: Option<i32>,
    ) -> Result<Log> {
        let name = checked("a container", name)?;
        let (signal, time) = (signal.map(|signal| signal.to_string()), time.map(|t| t.to_string()));
        let mut words = vec!["stop"];
        if let Some(signal) = signal.as_deref().filter(|signal| !signal.is_empty()) {
            words.extend(["--signal", signal]);
        }
        if let Some(time) = &time {
            words.extend(["--time", time]);
        }
        let log = self.command(work, "Docker Stop", &words, &[name]).await;
        if log.success || !log.stderr.contains("unknown flag: --signal") {
            return Ok(log);
        }
        // Docker before 23 has no `--signal`.
        let time: Vec<&str> = time.iter().flat_map(|time| ["--time", time.as_str()]).collect();
        let words: Vec<&str> = std::iter::once("stop").chain(time).collect();
        Ok(self.command(work, "Docker Stop", &words, &[name]).await)
    }

    /// Stops a container and removes it.
    pub async fn remove(
        &self,
        work: &Work,
        name: &str,
        signal: Option<TerminationSignal>,
        time: Option<i32>,
    ) -> Result<Log> {
        let stopped = self.stop(work, name, signal, time).await?;
        if !stopped.success {
            return Ok(stopped);
        }
        let mut log = self.command(work, "Docker Remove", &["container", "rm"], &[name]).await;
        log.stdout = format!("{}{}", stopped.stdout, log.stdout);
        log.start_ts = stopped.start_ts;
        Ok(log)
    }

    /// The last lines of a container's log.
    pub async fn container_log(
        &self,
        work: &Work,
        name: &str,
        tail: u64,
        timestamps: bool,
    ) -> Result<Log> {
        let name = checked("a container", name)?;
        let tail = tail.to_string();
        let mut argv = vec!["docker", "logs", "--tail", &tail];
        if timestamps {
            argv.push("--timestamps");
        }
        argv.extend(["--", name]);
        Ok(work.stage("Get Container Log", &Program::new(argv, self.query)).await)
    }
}
