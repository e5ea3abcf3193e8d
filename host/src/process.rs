//! The only room that starts programs.
//!
//! A program is started with a vector of arguments in a process group of its
//! own, with a deadline, and can be cancelled. At the end of either the group is
//! asked to end, then killed. Its lines are redacted and passed on as they come.

pub mod leftover;
pub mod lines;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use varanus_proto::{Error, Kind, Result};

use crate::apart::{apart, exists};
use crate::redact::Redactor;

/// Between asking a program to end and killing it.
const GRACE: Duration = Duration::from_secs(5);

/// How long a program that outlives the agent may take to begin.
const BEGIN: Duration = Duration::from_secs(30);

/// Variables of the agent that no program has a use for, by their beginnings.
pub const OF_AGENT: &[&str] = &["PERIPHERY_", "SOPS_AGE_KEY"];

/// Variables of Core that no program has a use for, by their beginnings.
pub const OF_CORE: &[&str] = &["KOMODO_", "PERIPHERY_", "SOPS_AGE_KEY"];

/// The variable in which a shell gets the command of a person.
const COMMAND: &str = "VARANUS_COMMAND";

/// Does what the variable says; what is started there does not get it.
const SHELL: &str = "command=$VARANUS_COMMAND; unset VARANUS_COMMAND; eval \"$command\"";

/// The file that a program's name stands for on the PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH")?, program)
}

/// The same, on a PATH that is given.
pub fn find_in(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(program)).find(|file| is_program(file))
}

/// Whether a file may be executed.
pub fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Which stream a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Stream {
    Stdout,
    Stderr,
}

/// A program to start.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// What is started instead of the first words, and how many these are.
    pub stands_for: Option<(PathBuf, usize)>,
    /// Where it runs.
    pub folder: Option<PathBuf>,
    /// Variables beside those of the agent.
    pub variables: Vec<(String, String)>,
    /// What it reads.
    pub input: Option<Vec<u8>>,
    /// How long it may take.
    pub deadline: Duration,
    /// Whether it gets the agent's own variables too: a person's hook does.
    pub trusted: bool,
    /// Beginnings of the variables that it does not get otherwise.
    pub hidden: &'static [&'static str],
    /// How much of its output is kept, in bytes.
    pub output_limit: usize,
}

impl Program {
    /// A program with arguments.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>, deadline: Duration) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            stands_for: None,
            folder: None,
            variables: Vec::new(),
            input: None,
            deadline,
            trusted: false,
            hidden: OF_AGENT,
            output_limit: 4 << 20,
        }
    }

    /// A person's own command, in a shell. It may hold secrets, so that it comes
    /// to the shell in a variable: arguments are seen by every user of the host.
    pub fn shell(command: &str, deadline: Duration) -> Self {
        let shell = Self::new(["sh", "-c", SHELL], deadline).variable(COMMAND, command);
        Self { trusted: true, ..shell }
    }

    /// Where it runs.
    #[must_use]
    pub fn within(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Started is `file` with what follows the first words; people read the
    /// words.
    #[must_use]
    pub fn with(mut self, file: PathBuf, words: usize) -> Self {
        self.stands_for = Some((file, words));
        self
    }

    /// Beginnings of the variables of this process that are kept from it.
    #[must_use]
    pub fn hiding(mut self, beginnings: &'static [&'static str]) -> Self {
        self.hidden = beginnings;
        self
    }

    /// One more variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The command line as people read it.
    pub fn shown(&self) -> String {
        match self.argv.as_slice() {
            [_, _, shell] if shell == SHELL => {
                let command = self.variables.iter().find(|(name, _)| name == COMMAND);
                command.map(|(_, command)| command.clone()).unwrap_or_default()
            }
            argv => argv
                .iter()
                .map(|word| {
                    shlex::try_quote(word).map_or_else(|_| word.clone(), |word| word.into())
                })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// Whether it ended with 0.
    pub success: bool,
    /// What it wrote, redacted.
    pub stdout: String,
    /// What it wrote to stderr, redacted.
    pub stderr: String,
    /// Its exit code, if it was not ended by a signal.
    pub code: Option<i32>,
}

/// Starts a program and waits for its end.
///
/// Errors: `Failed` when it cannot be started, `Deadline`, `Cancelled`. A
/// program that ends with another code than 0 is no error here.
pub async fn run(
    program: &Program,
    redactor: &Redactor,
    cancel: &CancellationToken,
    mut line: impl FnMut(Stream, &str),
) -> Result<Output> {
    let name = program.argv.first().cloned().unwrap_or_default();
    let deadline = sleep(program.deadline);
    tokio::pin!(deadline);
    let spawned = tokio::select! {
        spawned = spawn(program, &name) => spawned,
        () = &mut deadline => Err(Error::deadline(String::new())),
        () = cancel.cancelled() => Err(Error::cancelled(String::new())),
    };
    let said = |error| explain(error, &name, program, redactor);
    let mut child = spawned.map_err(said)?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let mut guard = KillOnDrop(group);
    if let (Some(input), Some(mut stdin)) = (program.input.clone(), child.stdin.take()) {
        tokio::spawn(async move {
            let _ = stdin.write_all(&input).await;
        });
    }
    let (sender, mut received) = mpsc::channel(256);
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(lines::read(stdout, Stream::Stdout, redactor.clone(), sender.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(lines::read(stderr, Stream::Stderr, redactor.clone(), sender.clone()));
    }
    drop(sender);
    let mut output = Output::default();
    let mut kept = 0;
    let mut take = |stream: Stream, text: String, output: &mut Output| {
        line(stream, &text);
        let into = match stream {
            Stream::Stdout => &mut output.stdout,
            Stream::Stderr => &mut output.stderr,
        };
        if kept <= program.output_limit {
            kept += text.len() + 1;
            into.push_str(&text);
            into.push('\n');
            if kept > program.output_limit {
                into.push_str("… the output is too long; what comes after is left out\n");
            }
        }
    };
    let ended = loop {
        tokio::select! {
            next = received.recv() => match next {
                Some((stream, text)) => take(stream, text, &mut output),
                // Both streams are at their end: the program is ending too.
                None => break wait(&mut child, &mut deadline, cancel).await,
            },
            status = child.wait() => {
                // What is still in the pipes belongs to it; a daemon that it
                // left behind may hold them open for ever.
                while let Ok(Some((stream, text))) =
                    timeout(Duration::from_millis(300), received.recv()).await
                {
                    take(stream, text, &mut output);
                }
                break status.map_err(|error| Error::failed(format!("{name} was lost")).cause(error));
            }
            () = &mut deadline => break Err(Error::deadline(String::new())),
            () = cancel.cancelled() => break Err(Error::cancelled(String::new())),
        }
    };
    match ended {
        Ok(status) => {
            guard.0 = None;
            output.success = status.success();
            output.code = status.code();
            Ok(output)
        }
        Err(error) => {
            end(&mut child, group).await;
            guard.0 = None;
            Err(said(error))
        }
    }
}

/// What a deadline or the end of a run means for a program.
fn explain(error: Error, name: &str, program: &Program, redactor: &Redactor) -> Error {
    match error.kind() {
        Kind::Deadline => Error::deadline(format!(
            "{name} did not end within {} s and was stopped: {}",
            program.deadline.as_secs(),
            redactor.redact(&program.shown())
        )),
        Kind::Cancelled => Error::cancelled(format!("{name} was stopped: the run was cancelled")),
        _ => error,
    }
}

/// Starts a program that outlives the agent, with the agent's own variables and
/// its output in a file; waits until it has begun.
///
/// Errors: `Failed` when it cannot be started or ends badly before it has begun,
/// `Deadline` when it takes too long.
pub async fn launch<F>(argv: Vec<String>, log: &Path, begun: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = bool>,
{
    let name = argv.first().cloned().unwrap_or_default();
    let wrong = |error| Error::failed(format!("{name} cannot be started")).cause(error);
    let log = std::fs::File::create(log).map_err(wrong)?;
    let mut command = Command::new(&name);
    command.args(argv.iter().skip(1)).stdin(Stdio::null());
    command.stdout(log.try_clone().map_err(wrong)?).stderr(log);
    let mut child = command.spawn().map_err(wrong)?;
    let waited = timeout(BEGIN, async {
        while !begun().await {
            if let Some(status) = child.try_wait().map_err(wrong)? {
                return match status.success() {
                    true => Ok(()),
                    false => Err(Error::failed(format!("{name} ended at once: {status}"))),
                };
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    });
    match waited.await {
        Ok(outcome) => outcome,
        Err(_) => {
            let _ = child.start_kill();
            Err(Error::deadline(format!("{name} did not begin within {} s", BEGIN.as_secs())))
        }
    }
}

async fn wait(
    child: &mut Child,
    deadline: &mut std::pin::Pin<&mut tokio::time::Sleep>,
    cancel: &CancellationToken,
) -> Result<std::process::ExitStatus> {
    tokio::select! {
        status = child.wait() => status.map_err(|error| Error::failed("a program was lost").cause(error)),
        () = deadline => Err(Error::deadline(String::new())),
        () = cancel.cancelled() => Err(Error::cancelled(String::new())),
    }
}

fn is_own(variable: &OsStr, own: &[&str]) -> bool {
    let variable = variable.to_string_lossy();
    own.iter().any(|prefix| variable.starts_with(prefix))
}

/// The variables that programs get from the agent's own environment.
pub fn inherited() -> Vec<(String, String)> {
    let passed = std::env::vars_os().filter(|(variable, _)| !is_own(variable, OF_AGENT));
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    passed.map(|(name, value)| (text(name), text(value))).collect()
}

async fn spawn(program: &Program, name: &str) -> Result<Child> {
    let mut command = command(program, name);
    // It waits until the program is in its folder, which may be on a mount that hangs. What
    // nobody waits for any more is killed when it comes.
    let error = match apart(move || command.spawn()).await? {
        Ok(child) => return Ok(child),
        Err(error) => error,
    };
    let hint = match (error.kind(), &program.folder) {
        (ErrorKind::NotFound, Some(folder)) if !exists(folder).await => {
            format!("the folder {} is not there", folder.display())
        }
        (ErrorKind::NotFound, _) => format!("is {name} installed, and on the PATH?"),
        _ => error.to_string(),
    };
    Err(Error::failed(format!("{name} cannot be started: {hint}")))
}

fn command(program: &Program, name: &str) -> Command {
    let (file, words) = match &program.stands_for {
        Some((file, words)) => (file.as_os_str(), *words),
        None => (name.as_ref(), 1),
    };
    let mut command = Command::new(file);
    command
        .args(program.argv.iter().skip(words))
        .stdin(if program.input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(folder) = &program.folder {
        command.current_dir(folder);
    }
    if !program.trusted {
        for (variable, _) in
            std::env::vars_os().filter(|(variable, _)| is_own(variable, program.hidden))
        {
            command.env_remove(variable);
        }
    }
    if let Some(mark) = leftover::mark() {
        command.env(leftover::MARK, mark);
    }
    command.envs(program.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Ends the whole group: children of children too.
async fn end(child: &mut Child, group: Option<Pid>) {
    if let Some(group) = group {
        let _ = killpg(group, Signal::SIGTERM);
        if timeout(GRACE, child.wait()).await.is_err() {
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
    let _ = timeout(GRACE, child.wait()).await;
    if let Some(group) = group {
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Whoever stops waiting leaves nothing behind.
struct KillOnDrop(Option<Pid>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    async fn shell(text: &str, deadline: Duration) -> (Result<Output>, Vec<String>) {
        let mut lines = Vec::new();
        let program = Program::shell(text, deadline);
        let redactor = Redactor::new(&[("hunter2".into(), "PASSWORD".into())]);
        let output =
            run(&program, &redactor, &CancellationToken::new(), |_, line| lines.push(line.into()))
                .await;
        (output, lines)
    }

    #[tokio::test]
    async fn lines_come_redacted_and_the_code_is_told() {
        let (output, lines) =
            shell("echo a; echo is hunter2 >&2; exit 3", Duration::from_secs(10)).await;
        let output = output.unwrap();
        assert_eq!((output.success, output.code), (false, Some(3)));
        assert_eq!(output.stdout, "a\n");
        assert_eq!(output.stderr, "is <PASSWORD>\n");
        assert_eq!(lines.len(), 2);
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_stopped_with_its_children() {
        let begun = Instant::now();
        let (output, _) = shell("sleep 60 & sleep 60", Duration::from_millis(200)).await;
        assert_eq!(output.unwrap_err().kind(), varanus_proto::Kind::Deadline);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let program = Program::new(["no-such-program"], Duration::from_secs(5));
        let error = run(&program, &Redactor::default(), &CancellationToken::new(), |_, _| {})
            .await
            .unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }

    #[tokio::test]
    async fn a_command_of_a_person_is_not_among_the_arguments() {
        let text =
            "tr '\\0' ' ' < /proc/$$/cmdline; echo; env; printf '%s\\n' \"it's\" #hunter3\nexit 4";
        let (output, _) = shell(text, Duration::from_secs(10)).await;
        let output = output.unwrap();
        assert!(output.stdout.ends_with("it's\n"), "{}", output.stdout);
        assert!(!output.stdout.contains("hunter3"), "{}", output.stdout);
        assert_eq!(output.code, Some(4));
        assert_eq!(Program::shell(text, Duration::from_secs(1)).shown(), text);
    }

    #[tokio::test]
    async fn a_cancelled_program_ends() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let program = Program::shell("sleep 60", Duration::from_secs(60));
        let error = run(&program, &Redactor::default(), &cancel, |_, _| {}).await.unwrap_err();
        assert_eq!(error.kind(), varanus_proto::Kind::Cancelled);
    }
}
