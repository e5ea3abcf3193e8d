//! `km execute`: runs an execution, shows its log as it is written, and ends
//! with 1 when it failed. Knows the executions by a table ([`table`]), Core only
//! by its client.

mod request;
mod table;

pub use request::Request;

use serde_json::Value;
use varanus_client::{Client, Line, Stream};
use varanus_proto::entity::execution::BatchExecutionResponseItem;
use varanus_proto::entity::update::{Update, UpdateStatus};
use varanus_proto::request::Group;
use varanus_proto::{Error, Kind, Result};

use crate::show;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
}

impl Request {
    /// The question before it runs.
    pub fn summary(&self) -> String {
        let mut text = self.name.clone();
        for (field, value) in &self.params {
            // The content of a secret or configuration stays off the screen.
            let shown = match (field.as_str(), value) {
                ("data", _) => "…".to_owned(),
                (_, Value::String(text)) => text.clone(),
                (_, other) => other.to_string(),
            };
            text.push_str(&format!("  {field}: {shown}"));
        }
        text
    }
}

/// Runs it to its end.
pub async fn run(client: &Client, request: &Request) -> Result<Outcome> {
    if request.name == "None" {
        return Ok(Outcome::Succeeded);
    }
    if request.name == "Sleep" {
        let ms = request.params.get("duration_ms").and_then(Value::as_u64).unwrap_or_default();
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
        return Ok(Outcome::Succeeded);
    }
    // The one execution that is no request of that group.
    let group = if request.name == "CommitSync" { Group::Write } else { Group::Execute };
    let params = Value::Object(request.params.clone());
    let answer = client
        .call(group, &request.name, &params)
        .await
        .map_err(|error| explain(request, error))?;
    let mut updates = Vec::new();
    let mut failed = false;
    if answer.is_array() {
        let items: Vec<BatchExecutionResponseItem> = typed(answer)?;
        if items.is_empty() {
            show::notice("the pattern matches nothing: nothing was run");
        }
        for item in items {
            match item {
                BatchExecutionResponseItem::Ok(update) => updates.push(update),
                BatchExecutionResponseItem::Err(error) => {
                    let causes = error.error.into_error(Kind::Failed);
                    show::notice(&format!("{}: {causes}", error.name));
                    failed = true;
                }
            }
        }
    } else {
        updates.push(typed::<Update>(answer)?);
    }
    let mut ended = Vec::new();
    for update in updates {
        let update = watch(client, update, request.json).await?;
        failed |= !update.success;
        ended.push(update);
    }
    if request.json {
        match ended.as_slice() {
            [one] if !request.name.starts_with("Batch") => show::print_json(one)?,
            all => show::print_json(&all)?,
        }
    }
    Ok(if failed { Outcome::Failed } else { Outcome::Succeeded })
}

fn typed<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T> {
    serde_path_to_error::deserialize(answer)
        .map_err(|error| Error::internal("Core answered in a shape that is not known").cause(error))
}

/// A name alone may be a procedure that is missing or an execution misspelled.
fn explain(request: &Request, error: Error) -> Error {
    if !request.by_name {
        return error;
    }
    let name = request.params.get("procedure").and_then(Value::as_str).unwrap_or_default();
    match request::nearest(name) {
        Some(near) => error.cause(format!("if an execution was meant: {near}")),
        None => error,
    }
}

/// Shows an update until it is complete.
async fn watch(client: &Client, update: Update, quiet: bool) -> Result<Update> {
    let (kind, id) = update.target.parts();
    let what = match kind.as_str() {
        "System" => update.operation.to_string(),
        kind => format!("{} {kind} {id}", update.operation),
    };
    // An execution that finds nothing to do may answer without a stored update.
    let update = if update.id.is_empty() {
        let mut seen = Printer::default();
        if !quiet {
            for log in &update.logs {
                for text in log.stdout.lines() {
                    seen.line(Line { stage: &log.stage, stream: Stream::Stdout, text });
                }
                for text in log.stderr.lines() {
                    seen.line(Line { stage: &log.stage, stream: Stream::Stderr, text });
                }
            }
        }
        update
    } else {
        show::notice(&format!("{what}: update {}", update.id));
        let mut seen = Printer::default();
        client
            .follow(update.id.as_str(), |line| {
                if !quiet {
                    seen.line(line);
                }
            })
            .await?
    };
    show::notice(&verdict(&what, &update));
    Ok(update)
}

fn verdict(what: &str, update: &Update) -> String {
    if update.status != UpdateStatus::Complete {
        return format!("{what}: runs on, and Core gave no id to follow it by");
    }
    let word = if update.success { "succeeded" } else { "failed" };
    let failed = update.logs.iter().find(|log| !log.success);
    let stage = failed.map(|log| format!(" at stage {:?}", log.stage)).unwrap_or_default();
    match update.end_ts {
        Some(end) => {
            let tenths = (end - update.start_ts).max(0) / 100;
            format!("{what}: {word}{stage} after {}.{} s", tenths / 10, tenths % 10)
        }
        None => format!("{what}: {word}{stage}"),
    }
}

/// Lines on standard output, under the name of their stage.
#[derive(Default)]
struct Printer {
    stage: Option<String>,
}

impl Printer {
    fn line(&mut self, line: Line<'_>) {
        if self.stage.as_deref() != Some(line.stage) {
            show::print(&format!("── {} ──", line.stage));
            self.stage = Some(line.stage.to_owned());
        }
        show::print(line.text);
    }
}

#[cfg(test)]
mod tests;
