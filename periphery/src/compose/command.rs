//! How compose is called.

use varanus_proto::entity::stack::Stack;
use varanus_proto::environment::parse_command;
use varanus_proto::stack_files::compose_files;
use varanus_proto::{Error, Result};

use crate::agent::Agent;
use crate::process::Program;

/// Where the command of a wrapper goes.
const PLACE: &str = "[[COMPOSE_COMMAND]]";

/// Everything that the commands of one stack share.
pub struct Compose<'a> {
    agent: &'a Agent,
    stack: &'a Stack,
    /// The name of the project.
    pub project: String,
    /// `-f` for each file and `--env-file` for each env file.
    pub options: Vec<String>,
    folder: std::path::PathBuf,
}

/// Compose with these words.
pub fn compose(agent: &Agent, words: impl IntoIterator<Item = String>) -> Program {
    let base: &[&str] = match agent.config.legacy_compose_cli {
        true => &["docker-compose"],
        false => &["docker", "compose"],
    };
    let argv = base.iter().map(|word| (*word).to_owned()).chain(words);
    let program = Program::new(argv, agent.config.deadlines.compose.duration());
    match super::plugin::find() {
        Some(file) if base.len() == 2 => program.with(file, base.len()),
        _ => program,
    }
}

impl<'a> Compose<'a> {
    /// For a stack whose files are in a folder.
    pub fn new(
        agent: &'a Agent,
        stack: &'a Stack,
        project: &str,
        folder: &std::path::Path,
        env_file: Option<String>,
    ) -> Self {
        let config = &stack.config;
        let mut options = Vec::new();
        for file in compose_files(stack) {
            options.extend(["-f".to_owned(), file]);
        }
        let own = env_file.as_deref();
        for file in config.additional_env_files.iter().map(|file| file.path.as_str()) {
            if Some(file) != own {
                options.extend(["--env-file".to_owned(), file.to_owned()]);
            }
        }
        if let Some(file) = env_file {
            options.extend(["--env-file".to_owned(), file]);
        }
        Self { agent, stack, project: project.to_owned(), options, folder: folder.to_owned() }
    }

    /// A command with extra arguments as a person wrote them, and services.
    pub fn program(
        &self,
        subcommand: &str,
        flags: &[&str],
        extra: &[String],
        services: &[String],
    ) -> Result<Program> {
        let mut argv = vec!["-p".to_owned(), self.project.clone()];
        argv.extend(self.options.iter().cloned());
        argv.push(subcommand.to_owned());
        argv.extend(flags.iter().map(|flag| (*flag).to_owned()));
        for arguments in extra {
            let words = shlex::split(arguments).ok_or_else(|| {
                Error::invalid(format!("the extra argument {arguments:?} has an open quote"))
            })?;
            argv.extend(words);
        }
        if !services.is_empty() {
            argv.push("--".to_owned());
            argv.extend(services.iter().cloned());
        }
        let program = compose(self.agent, argv).within(&self.folder);
        self.wrapped(subcommand, program)
    }

    /// Puts a command into the stack's wrapper, where it has one for it.
    fn wrapped(&self, subcommand: &str, program: Program) -> Result<Program> {
        let config = &self.stack.config;
        let wrapper = parse_command(&config.compose_cmd_wrapper);
        if wrapper.is_empty() {
            return Ok(program);
        }
        let wanted = match config.compose_cmd_wrapper_include.is_empty() {
            true => subcommand == "up",
            false => config.compose_cmd_wrapper_include.iter().any(|wanted| wanted == subcommand),
        };
        if !wanted {
            return Ok(program);
        }
        if !wrapper.contains(PLACE) {
            return Err(Error::invalid(format!("compose_cmd_wrapper does not contain {PLACE}")));
        }
        let command = wrapper.replace(PLACE, &program.shown());
        let shell = Program::shell(&command, program.deadline);
        Ok(match program.folder {
            Some(folder) => shell.within(folder),
            None => shell,
        })
    }
}
