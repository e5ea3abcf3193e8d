//! Running a procedure, and ending one early.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use varanus_proto::api::execute::procedure::{BatchRunProcedure, CancelProcedure, RunProcedure};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::procedure::ProcedureStage;
use varanus_proto::entity::update::{Operation, Update};
use varanus_proto::{Error, Result};

use super::expand::Batch;
use super::{Procedures, cycle, refer};
use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource;
use crate::run::record::Part;
use crate::run::{self, Run, Stream, batch::batch, executions, parts};

/// The stage that tells what happens while it happens.
const STAGE: &str = "Execute procedure";

pub(super) fn api(api: &mut Api) {
    executions!(api, RunProcedure, CancelProcedure);
    api.on(|call: Call, request: BatchRunProcedure| async move {
        let BatchRunProcedure { pattern, tags } = request;
        batch::<Procedures>(&call.core, &call.caller, &pattern, &tags, |procedure| {
            Execution::RunProcedure(RunProcedure { procedure })
        })
        .await
    });
}

/// Does an execution on a procedure. `None` when it is none.
pub async fn perform(core: &Arc<Core>, run: &Arc<Run>, execution: Execution) -> Option<Result<()>> {
    Some(match execution {
        Execution::RunProcedure(_) => run_stages(core, run).await,
        Execution::CancelProcedure(request) => cancel(core, run, request),
        _ => return None,
    })
}

/// A line of the live log.
fn say(run: &Run, text: impl AsRef<str>) {
    run.line(STAGE, Stream::Stdout, text.as_ref());
}

async fn run_stages(core: &Arc<Core>, run: &Arc<Run>) -> Result<()> {
    let procedure = resource::find::<Procedures>(core, run.target.id())?;
    let stages = &procedure.config.stages;
    cycle::check(core, &procedure.name, stages)?;
    let begun = Instant::now();
    say(run, format!("procedure {:?}: {}", procedure.name, count(stages.len(), "stage")));
    let mut done = 0;
    let mut failure = None;
    for (index, stage) in stages.iter().enumerate() {
        let label = refer::label(index, stage);
        if let Some((failed, _)) = &failure {
            say(run, format!("{label}: not tried, because {failed} failed"));
            continue;
        }
        match run_stage(core, run, index, &label, stage).await {
            Ok(executed) => done += executed,
            Err(error) => failure = Some((label, error)),
        }
    }
    run.settle();
    if let Some((label, error)) = failure {
        run.error("Execution error", format!("{label} failed: {error}"));
    } else if done == 0 {
        let why = "nothing was run: every stage is empty or disabled, or no pattern matched \
                   anything; the log above says which";
        run.info("Execution ok", why);
    } else {
        let text = format!("{} in {}", count(done, "execution"), spoken(begun.elapsed()));
        run.info("Execution ok", text);
    }
    Ok(())
}

/// Runs what is enabled in a stage, all of it in parallel, to the end; returns
/// how many that were.
async fn run_stage(
    core: &Arc<Core>,
    run: &Arc<Run>,
    index: usize,
    label: &str,
    stage: &ProcedureStage,
) -> Result<usize> {
    if !stage.enabled {
        say(run, format!("{label}: disabled, skipped"));
        return Ok(0);
    }
    let settled = match run.stage(index) {
        // Which parts there are was noted before a restart.
        Some(_) => Vec::new(),
        None => settled(core, run, stage).await?,
    };
    let executions = || executions_of(core, run, label, stage, &settled);
    let parts = parts::parts(core, run, index, executions).await?;
    if parts.is_empty() && !settled.is_empty() {
        return Ok(settled.len());
    }
    if parts.is_empty() {
        let why = match stage.executions.iter().any(|entry| entry.enabled) {
            _ if stage.executions.is_empty() => "it has no executions",
            true => "its patterns matched nothing",
            false => "all of its executions are disabled",
        };
        say(run, format!("{label}: nothing to run, {why}"));
        return Ok(0);
    }
    let names: Vec<_> = parts.iter().map(|part| refer::spoken(core, &part.execution)).collect();
    say(run, format!("{label}: running {}", names.join(", ")));
    let each = parts
        .iter()
        .zip(&names)
        .map(|(part, name)| async move { run_one(core, run, label, name, part).await });
    let all = parts.len();
    let failed: Vec<_> = join_all(each).await.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() {
        say(run, format!("{label}: ok"));
        return Ok(all);
    }
    let list: Vec<_> = failed.iter().map(|error| format!("\n- {}", error.message())).collect();
    Err(Error::invalid(format!(
        "{} of {} failed{}",
        failed.len(),
        count(all, "execution"),
        list.concat()
    )))
}

/// Those stacks of batches that deploy what has changed about which nothing is to
/// be done: they are found together, and begin no runs.
async fn settled(core: &Arc<Core>, run: &Run, stage: &ProcedureStage) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for entry in stage.executions.iter().filter(|entry| entry.enabled) {
        if let Execution::BatchDeployStackIfChanged(_) = &entry.execution
            && let Some(batch) = Batch::of(&entry.execution)?
        {
            ids.extend(batch.members(core)?.into_iter().map(|member| member.id));
        }
    }
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(ids);
    }
    let since = parts::fetched_since(run).unwrap_or_else(now);
    Ok(crate::stack::settled(core, &ids, since).await)
}

/// What is enabled, batches expanded; says what was left out and why.
fn executions_of(
    core: &Core,
    run: &Run,
    label: &str,
    stage: &ProcedureStage,
    settled: &[String],
) -> Result<Vec<Execution>> {
    let mut executions = Vec::new();
    for entry in &stage.executions {
        if !entry.enabled {
            let name = refer::spoken(core, &entry.execution);
            say(run, format!("{label}: {name} is disabled, skipped"));
            continue;
        }
        let Some(batch) = Batch::of(&entry.execution)? else {
            executions.push(entry.execution.clone());
            continue;
        };
        let (members, pattern) = (batch.members(core)?, batch.spoken());
        if members.is_empty() {
            let kind = batch.kind.to_string().to_lowercase();
            say(run, format!("{label}: {pattern} matched no {kind}"));
            continue;
        }
        let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
        say(run, format!("{label}: {pattern} matched {}", names.join(", ")));
        let if_changed = matches!(entry.execution, Execution::BatchDeployStackIfChanged(_));
        let is_settled = |id: &String| if_changed && settled.contains(id);
        let (same, members): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| is_settled(&member.id));
        if !same.is_empty() {
            let of = count(same.len(), "stack");
            say(run, format!("{label}: {of} of these are as deployed, and nothing is done there"));
        }
        for member in &members {
            executions.push(batch.execution(member)?);
        }
    }
    Ok(executions)
}

/// Runs one execution to its end. The error says where to read more.
async fn run_one(
    core: &Arc<Core>,
    run: &Arc<Run>,
    label: &str,
    name: &str,
    part: &Part,
) -> Result<()> {
    let begun = Instant::now();
    match &part.execution {
        Execution::None(_) => return Ok(()),
        Execution::Sleep(sleep) => {
            let duration = u64::try_from(sleep.duration_ms).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(duration)).await;
            say(run, format!("{label}: {name}: ok"));
            return Ok(());
        }
        _ => {}
    }
    let caller = Caller::from(ServiceUser::Procedure);
    let update = match parts::begin(core, run, &caller, part).await {
        Ok(update) => update,
        Err(error) => {
            say(run, format!("{label}: {name}: not begun: {error}"));
            return Err(Error::invalid(format!("{name} was not begun: {error}")));
        }
    };
    let link = run::link(core, &update);
    say(run, format!("{label}: {name}: accepted, {link}"));
    let update = parts::end(core, part).await?;
    let took = spoken(begun.elapsed());
    if update.success {
        say(run, format!("{label}: {name}: ok in {took}, {link}"));
        return Ok(());
    }
    let reason = reason(&update);
    say(run, format!("{label}: {name}: failed after {took}{reason}, {link}"));
    Err(Error::invalid(format!("{name} failed{reason}, {link}")))
}

/// The first failed log, in one line.
fn reason(update: &Update) -> String {
    let Some(log) = update.logs.iter().find(|log| !log.success) else { return String::new() };
    let text = if log.stderr.trim().is_empty() { &log.stdout } else { &log.stderr };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut line: String = line.chars().take(300).collect();
    if !line.is_empty() {
        line.insert_str(0, ": ");
    }
    format!(" ({}{line})", log.stage)
}

fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

fn spoken(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// Ends the run of a procedure, and with it the runs it waits for.
fn cancel(core: &Core, run: &Run, request: CancelProcedure) -> Result<()> {
    let procedure = resource::find::<Procedures>(core, run.target.id())?;
    let what = format!("procedure {:?}", procedure.name);
    run::cancel_on(core, run, Operation::RunProcedure, request.update_id.as_deref(), &what)
}
