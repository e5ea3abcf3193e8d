//! Webhooks in: verify, record, hand to `run`.
//!
//! Every delivery ends with an outcome that is answered, recorded and listed, so
//! that "nothing happened" has a reason a person can find. A delivery that runs
//! is recorded in the commit that accepts its run: it is neither lost nor run
//! twice. This room must not know what a run does. [`push`] looks at the stacks of
//! one push together.

mod find;
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod hostile;
mod payload;
mod push;
#[cfg(test)]
mod push_tests;
mod record;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use serde_json::{Value, json};
use varanus_proto::entity::execution::Execution;
use varanus_proto::entity::webhook::{WebhookDelivery, WebhookOutcome as Outcome};
use varanus_proto::{Error, Kind, Result};

pub use push::Pushes;
pub use record::api;

use crate::Core;
use crate::auth::{Caller, ServiceUser};
use crate::run::{self, Origin};
use crate::store::ObjectId;
use find::{Doing, Hooked};
use payload::Payload;

/// How a git host proves who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Provider {
    /// By a signature over the body: GitHub, Forgejo, Gitea, Gogs.
    #[default]
    Github,
    /// By a token: GitLab.
    Gitlab,
}

impl Provider {
    /// The one of a name in an address.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "github" => Some(Self::Github),
            "gitlab" => Some(Self::Gitlab),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }
}

/// A delivery as it came.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// How it is verified.
    pub provider: Provider,
    /// `repo`, `stack`, `procedure`, …
    pub kind: String,
    /// The resource's id or name.
    pub resource: String,
    /// What to do, or the branch; empty when the address has none.
    pub option: String,
    /// Headers that are text, by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body, untouched.
    pub body: Vec<u8>,
    /// Where it came from.
    pub address: IpAddr,
}

impl Default for Incoming {
    fn default() -> Self {
        Self {
            provider: Provider::default(),
            kind: String::new(),
            resource: String::new(),
            option: String::new(),
            headers: HashMap::new(),
            body: Vec::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }
}

impl Incoming {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn path(&self) -> String {
        let parts = [self.provider.name(), &self.kind, &self.resource, &self.option];
        payload::short(parts.join("/").trim_end_matches('/'))
    }
}

/// What the sender is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status (Komodo 2.3 API): 200, 400 for an unknown resource, 401
    /// without a valid signature, 429 after too many of these; 503 when the run
    /// could not be accepted now, so that the sender tries again.
    pub status: u16,
    /// `{"outcome", "message", "update_id"?}`; failures have `error` and `trace`
    /// as every failure has.
    pub body: Value,
}

/// Begins what this room does by itself: old deliveries are removed, and those that
/// an earlier process did not get to are looked at.
pub async fn start(core: &Arc<Core>) -> Result<()> {
    record::start(core);
    push::recover(core).await
}

/// Goes on with a webhook secret that is worth something. An empty one means
/// that the configured one of Core is used.
pub fn check_secret(secret: Option<&str>) -> Result<()> {
    match secret {
        Some(secret) if !secret.is_empty() && secret.trim().is_empty() => Err(Error::invalid(
            "webhook_secret consists of white space alone; anybody could guess it",
        )),
        _ => Ok(()),
    }
}

/// Takes a delivery: verifies it, records it, and begins what it is for.
pub async fn receive(core: &Arc<Core>, incoming: Incoming) -> Answer {
    if let Err(error) = core.auth.general.check(incoming.address) {
        let body = json!({ "error": error.message(), "trace": [] });
        return Answer { status: error.kind().status(), body };
    }
    let mut delivery = payload::describe(&incoming);
    let verdict = judge(core, &incoming, &mut delivery).await;
    delivery.outcome = verdict.outcome;
    delivery.message = verdict.message;
    if matches!(verdict.status, 400 | 401) {
        let counted = Error::unauthorized(&*delivery.message);
        let _ = core.auth.general.failed(incoming.address, counted);
    }
    tracing::info!(
        path = delivery.path, outcome = %delivery.outcome, run = delivery.update_id,
        reason = delivery.message, "webhook"
    );
    if !verdict.recorded
        && let Err(error) = record::keep(core, &delivery).await
    {
        tracing::warn!(path = delivery.path, %error, "a webhook's outcome was not recorded");
    }
    answer(verdict.status, &delivery)
}

fn answer(status: u16, delivery: &WebhookDelivery) -> Answer {
    let mut body = json!({ "outcome": delivery.outcome, "message": delivery.message });
    if let Some(id) = &delivery.update_id {
        body["update_id"] = id.as_str().into();
    }
    if status >= 400 {
        body["error"] = delivery.message.as_str().into();
        body["trace"] = json!([]);
    }
    Answer { status, body }
}

struct Verdict {
    outcome: Outcome,
    message: String,
    status: u16,
    /// It is stored already, together with its run.
    recorded: bool,
}

fn verdict(outcome: Outcome, message: impl Into<String>) -> Verdict {
    let status = match outcome {
        Outcome::UnknownResource => 400,
        Outcome::BadSignature | Outcome::NoSecret => 401,
        _ => 200,
    };
    Verdict { outcome, message: message.into(), status, recorded: false }
}

async fn judge(core: &Arc<Core>, incoming: &Incoming, delivery: &mut WebhookDelivery) -> Verdict {
    let Incoming { kind, resource, option, .. } = incoming;
    let mut hooked = match find::find(core, kind, resource, option) {
        Ok(hooked) => hooked,
        Err(reason) => return verdict(Outcome::UnknownResource, reason),
    };
    delivery.target = hooked.target.clone();
    let name = format!("{kind} {:?}", hooked.name);
    let secret = match hooked.secret.is_empty() {
        true => core.config.webhook_secret.expose(),
        false => hooked.secret.as_str(),
    };
    if secret.trim().is_empty() {
        return verdict(
            Outcome::NoSecret,
            format!(
                "{name} has no webhook secret, and Core has none: set `webhook_secret` on it, \
                 or KOMODO_WEBHOOK_SECRET, and the same one at the git host"
            ),
        );
    }
    if let Err(reason) = signature::verify(incoming, secret) {
        return verdict(Outcome::BadSignature, format!("{name}: {reason}"));
    }
    let payload = match Payload::read(incoming) {
        Ok(payload) => payload,
        Err(reason) => {
            return Verdict { status: 400, ..verdict(Outcome::Unreadable, reason) };
        }
    };
    delivery.branch.clone_from(&payload.branch);
    delivery.commit.clone_from(&payload.commit);
    if !hooked.enabled {
        let text = format!("webhooks are disabled on {name}: `webhook_enabled` is false");
        return verdict(Outcome::Disabled, text);
    }
    if payload.ping {
        return verdict(Outcome::Ping, format!("it gets through to {name}; pings run nothing"));
    }
    if let Some(wanted) = &hooked.branch {
        match &payload.branch {
            Some(branch) if branch == wanted => {}
            Some(branch) => {
                let text = format!("it is about {branch:?}, and {name} is about {wanted:?}");
                return verdict(Outcome::OtherBranch, text);
            }
            None => return verdict(Outcome::Unreadable, payload.without_branch()),
        }
    }
    if let Doing::Run(Execution::RunAction(run)) = &mut hooked.doing {
        run.args = Some(payload.arguments());
    }
    begin(core, hooked, delivery).await
}

/// Begins what a delivery is for: the run and the record are one commit, in
/// which the delivery's id can be only once.
async fn begin(core: &Arc<Core>, hooked: Hooked, delivery: &mut WebhookDelivery) -> Verdict {
    let of = delivery.branch.as_ref().map(|branch| format!(" of {branch:?}")).unwrap_or_default();
    if let Some(place) = find::place(core, &hooked.target) {
        push::look_at_syncs(core, &place, &hooked.target, delivery);
    }
    let begun = match hooked.doing {
        // Many stacks are told of one push: all are looked at together, before any
        // run begins.
        Doing::Run(Execution::DeployStackIfChanged(request)) => {
            push::take(core, &request.stack, delivery).await.map(|done| {
                *delivery = done;
                verdict(delivery.outcome, delivery.message.as_str())
            })
        }
        Doing::Run(execution) => {
            let (id, same) = (ObjectId::generate(), execution.clone());
            let older = crate::build::superseded(core, &execution);
            delivery.update_id = Some(id.to_string());
            let verdict = verdict(Outcome::Ran, format!("a run was accepted for this push{of}"));
            delivery.outcome = verdict.outcome;
            delivery.message.clone_from(&verdict.message);
            let submitted = async {
                let mut changes = Vec::new();
                changes.extend(record::forget_interrupted(core, delivery).await?);
                changes.push(record::change(delivery)?);
                let origin = Origin { id: Some(id), changes, ..Origin::default() };
                let caller = Caller::from(ServiceUser::GitWebhook);
                run::submit(core, &caller, execution, origin).await
            };
            let submitted = submitted.await;
            if submitted.is_ok() {
                for run in older {
                    run.cancel("a newer push is built instead");
                }
            }
            match submitted.map(|_| verdict) {
                Err(error) if error.kind().retry_helps() => {
                    join(core, &same, delivery, error).await
                }
                begun => begun,
            }
        }
        Doing::RefreshStack(id) => {
            refreshed(core, delivery, &of, || crate::stack::refresh_soon(core, &id)).await
        }
        Doing::RefreshSync(id) => {
            refreshed(core, delivery, &of, || crate::sync::refresh_soon(core, &id)).await
        }
    };
    match begun {
        Ok(verdict) => Verdict { recorded: true, ..verdict },
        Err(error) => {
            delivery.update_id = None;
            if error.kind() == Kind::Conflict {
                return duplicate(core, delivery).await;
            }
            let status = if error.kind().retry_helps() { 503 } else { 200 };
            Verdict { status, ..verdict(Outcome::Refused, format!("not accepted: {error}")) }
        }
    }
}

/// Has files read anew, once the delivery is recorded.
async fn refreshed(
    core: &Arc<Core>,
    delivery: &mut WebhookDelivery,
    of: &str,
    read: impl FnOnce(),
) -> Result<Verdict> {
    let verdict = verdict(Outcome::Ran, format!("the files{of} are read anew"));
    delivery.outcome = verdict.outcome;
    delivery.message.clone_from(&verdict.message);
    record::keep_once(core, delivery).await?;
    read();
    Ok(verdict)
}

/// Where no further run may wait, one that waits already does for this push too:
/// it reads the branch when it begins.
async fn join(
    core: &Arc<Core>,
    execution: &Execution,
    delivery: &mut WebhookDelivery,
    error: Error,
) -> Result<Verdict> {
    let caller = Caller::from(ServiceUser::GitWebhook);
    let Some(id) = run::join_waiting(core, &caller, execution) else { return Err(error) };
    let text = format!("the run {id}, which waits for others to end, does this push too");
    let verdict = verdict(Outcome::Ran, text);
    delivery.update_id = Some(id);
    delivery.message.clone_from(&verdict.message);
    record::keep_once(core, delivery).await?;
    Ok(verdict)
}

async fn duplicate(core: &Core, delivery: &mut WebhookDelivery) -> Verdict {
    let first = match record::first(core, delivery).await {
        Ok(first) => first,
        // It is not lost, but nobody can say now which run it began.
        Err(error) => {
            let text = format!("it was received before, and what became of it: {error}");
            return Verdict { status: 503, ..verdict(Outcome::Refused, text) };
        }
    };
    delivery.update_id = first.and_then(|first| first.update_id);
    let text = match &delivery.update_id {
        Some(id) => format!("this delivery was received before and began the run {id}"),
        None => "this delivery was received before".to_owned(),
    };
    verdict(Outcome::Duplicate, format!("{text}; it does not run twice"))
}
