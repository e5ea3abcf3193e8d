//! Running an action, and ending runs of one early.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use varanus_host::process::{self, OF_CORE, Program, Stream as HostStream};
use varanus_host::redact::Redactor;
use varanus_proto::api::execute::action::{BatchRunAction, CancelAction, RunAction};
use varanus_proto::entity::action::Action;
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::update::{Log, Operation};
use varanus_proto::{Context, Error, Result};

use super::arguments::arguments;
use super::folder::Folder;
use super::{Actions, folder};
use crate::Core;
use crate::auth::{ServiceUser, api_key};
use crate::core::now;
use crate::http::{Api, Call};
use crate::interpolate::Interpolator;
use crate::resource;
use crate::run::{self, Run, Stream, batch::batch, executions};

/// The stage that clients show as what an action wrote (Komodo 2.3 API).
const STAGE: &str = "Execute Action";

/// The run itself has a deadline, and ends its program.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

pub(super) fn api(api: &mut Api) {
    executions!(api, RunAction, CancelAction);
    api.on(|call: Call, request: BatchRunAction| async move {
        let BatchRunAction { pattern, tags } = request;
        batch::<Actions>(&call.core, &call.caller, &pattern, &tags, |action| {
            Execution::RunAction(RunAction { action, args: None })
        })
        .await
    });
}

/// Does an execution on an action. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::RunAction(request) => run_action(core, run, request).await,
        Execution::CancelAction(request) => cancel(core, run, &request),
        _ => return None,
    })
}

fn cancel(core: &Arc<Core>, run: &Run, request: &CancelAction) -> Result<()> {
    let action = resource::find::<Actions>(core, run.target.id())?;
    let what = format!("action {:?}", action.name);
    run::cancel_on(core, run, Operation::RunAction, request.update_id.as_deref(), &what)
}

async fn run_action(core: &Arc<Core>, run: &Arc<Run>, request: RunAction) -> Result<()> {
    let action = resource::find::<Actions>(core, run.target.id())?;
    let deno = deno()?;
    let key = api_key::temporary(core, ServiceUser::Action)?;
    let mut fill = Interpolator::new(core);
    fill.add_secret("ACTION_API_KEY", &key.key);
    fill.add_secret("ACTION_API_SECRET", key.secret.expose());
    let (mut script, mut text) =
        (action.config.file_contents.0.clone(), action.config.arguments.0.clone());
    fill.fill("file_contents", &mut script)?;
    fill.fill("arguments", &mut text)?;
    // A script may ask for any of them, and print it.
    let redactor = Redactor::new(&fill.all_secrets());
    redactor.add(key.secret.expose(), "ACTION_API_SECRET");
    fill.finish(run);
    let args = arguments(action.config.arguments_format, &text, request.args.unwrap_or_default())?;
    let folder = Folder::make(core, &run.id)?;
    let preset = serde_json::json!({
        "address": address(core),
        "key": key.key,
        "secret": key.secret.expose(),
        "args": args,
        "converter": std::env::current_exe().unwrap_or_else(|_| PathBuf::from("varanus-core")),
    });
    folder.write("preset.json", &preset.to_string())?;
    folder.write("action.ts", &wrapped(&script))?;
    for (name, text) in [
        ("main.js", include_str!("script/main.js")),
        ("formats.js", include_str!("script/formats.js")),
        ("lib.js", crate::http::client::LIB),
        ("types.js", crate::http::client::TYPES),
    ] {
        folder.write(name, text)?;
    }
    let program = program(core, &action, deno, &folder);
    let begun = now();
    let line = |stream, line: &str| {
        let stream = match stream {
            HostStream::Stdout => Stream::Stdout,
            HostStream::Stderr => Stream::Stderr,
        };
        run.line(STAGE, stream, line);
    };
    let output = process::run(&program, &redactor, &run.cancel, line).await?;
    run.push(Log {
        stage: STAGE.to_owned(),
        command: program.shown(),
        stdout: output.stdout,
        stderr: output.stderr,
        success: output.success,
        start_ts: begun,
        end_ts: now(),
    });
    Ok(())
}

fn program(core: &Core, action: &Action, deno: PathBuf, folder: &Folder) -> Program {
    // What V8 would keep of a script outlives its run.
    let mut words =
        vec!["deno", "run", "--allow-all", "--no-config", "--no-lock", "--no-code-cache"];
    if core.config.ssl_enabled {
        words.push("--unsafely-ignore-certificate-errors=localhost,127.0.0.1,::1");
    }
    if action.config.reload_deno_deps {
        words.push("--reload");
    }
    words.push("main.js");
    let mut program = Program::new(words, LONGEST)
        .with(deno, 1)
        .within(folder.path())
        .hiding(OF_CORE)
        .variable("NO_COLOR", "1")
        .variable("DENO_NO_PROMPT", "1")
        .variable("DENO_NO_UPDATE_CHECK", "1");
    program = program.variable("DENO_DIR", folder::cache(core).to_string_lossy());
    program.output_limit = core.config.run_log_limit.bytes();
    program
}

/// The script as a module: within a function, so that it may `return`, unless it
/// imports by itself. Its lines keep their numbers.
fn wrapped(script: &str) -> String {
    let own_module = script.lines().any(|line| {
        ["import ", "import{", "import\"", "export "].iter().any(|word| line.starts_with(word))
    });
    match own_module {
        true => script.to_owned(),
        false => format!("export async function main() {{ {script}\n}}\n"),
    }
}

/// Where the script reaches Core.
fn address(core: &Core) -> String {
    let listen = core.config.listen();
    let scheme = if core.config.ssl_enabled { "https" } else { "http" };
    match listen.ip() {
        ip if ip.is_unspecified() => format!("{scheme}://127.0.0.1:{}", listen.port()),
        _ => format!("{scheme}://{listen}"),
    }
}

/// The program that runs scripts.
fn deno() -> Result<PathBuf> {
    process::find("deno").ok_or_else(|| {
        Error::failed(
            "actions are run by deno, and there is none on the PATH of Core; get it with `npm install \
             -g deno`, `pip install deno`, or as https://docs.deno.com says (in a container: an image \
             built on Core's with deno in /usr/local/bin)",
        )
    })
    .context("the action cannot be run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_its_lines_and_may_return_or_import() {
        let plain = wrapped("const a = 1;\nif (a) return;\n");
        assert_eq!(plain.lines().nth(1), Some("if (a) return;"));
        assert!(plain.starts_with("export async function main() { const a = 1;"));
        let module = "import { a } from \"npm:a\";\nconsole.log(await a());\n";
        assert_eq!(wrapped(module), module);
    }
}
