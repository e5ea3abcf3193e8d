//! Commands on a project that need none of its files.

use varanus_proto::agent::compose::{
    ComposeExecution, GetComposeLog, GetComposeLogSearch, WriteComposeContentsToHost,
};
use varanus_proto::entity::update::Log;
use varanus_proto::{Error, Result};

use super::{command, files};
use crate::agent::{Agent, below};
use crate::logs::search;
use crate::process::Program;
use crate::repo::write_secret_file;
use crate::work::{Work, log};

/// `docker compose -p PROJECT …`.
pub fn program(agent: &Agent, project: &str, words: &[String], services: &[String]) -> Program {
    let mut argv = vec!["-p".to_owned(), project.to_owned()];
    argv.extend(words.iter().cloned());
    if !services.is_empty() {
        argv.push("--".to_owned());
        argv.extend(services.iter().cloned());
    }
    command::compose(agent, argv)
}

/// A command as Core writes it, as `restart web`.
pub async fn execute(agent: &Agent, work: &Work, request: ComposeExecution) -> Result<Log> {
    let words = shlex::split(&request.command)
        .filter(|words| !words.is_empty())
        .ok_or_else(|| Error::invalid(format!("{:?} is no command of compose", request.command)))?;
    Ok(work.stage("Compose Command", &program(agent, &request.project, &words, &[])).await)
}

/// The last lines of a project's log.
pub async fn logs(agent: &Agent, work: &Work, request: GetComposeLog) -> Log {
    let mut words = vec!["logs".to_owned(), "--tail".to_owned(), request.tail.to_string()];
    if request.timestamps {
        words.push("--timestamps".to_owned());
    }
    let mut program = program(agent, &request.project, &words, &request.services);
    program.deadline = agent.config.deadlines.query.duration();
    work.stage("Get Stack Log", &program).await
}

/// The lines of a project's log that hold terms.
pub async fn search_logs(agent: &Agent, work: &Work, request: GetComposeLogSearch) -> Log {
    let ask = GetComposeLog {
        project: request.project,
        services: request.services,
        tail: 5000,
        timestamps: request.timestamps,
    };
    let log = logs(agent, work, ask).await;
    search(log, &request.terms, request.combinator, request.invert)
}

/// Writes a file of a stack whose files are on the host.
pub async fn write(agent: &Agent, request: WriteComposeContentsToHost) -> Result<Log> {
    let folder = files::host_folder(agent, &request.name, &request.run_directory)?;
    let file = below(&folder, &request.file_path)?;
    let written = write_secret_file(&file, request.contents.as_bytes()).await;
    Ok(log("Write File", written.map(|()| format!("wrote {}", file.display()))))
}
