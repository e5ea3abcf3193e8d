//! The second half of a deploy: everything that is done by compose.
//!
//! It is a value until it is done ([`Plan`]), so that another process may do it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use varanus_proto::agent::compose::DeployStackResponse;
use varanus_proto::entity::stack::Stack;
use varanus_proto::entity::update::Log;
use varanus_proto::stack_files::default_env;
use varanus_proto::{Error, Result};

use super::command::Compose;
use super::files::Placed;
use super::unchanged::{self, Question, since};
use super::up::project_name;
use crate::agent::Agent;
use crate::apart::exists;
use crate::docker::Part;
use crate::process::Program;
use crate::repo;
use crate::work::{Work, log};

/// What is left of a deploy when its files are in place. It holds secrets.
#[derive(Serialize, Deserialize)]
pub struct Plan {
    /// The stack, with every variable filled in.
    pub stack: Stack,
    /// Its services; empty for all.
    pub services: Vec<String>,
    /// Where its files are.
    pub placed: Placed,
    /// For the stack's image registry.
    pub registry_token: Option<String>,
    /// The answer so far.
    pub response: DeployStackResponse,
    /// What is hidden in lines and logs, in every form, and what is shown instead.
    pub hidden: Vec<(String, String)>,
}

/// Does it.
pub async fn raise(agent: &Agent, work: &Work, plan: Plan) -> DeployStackResponse {
    let Plan { stack, services, placed, registry_token, mut response, .. } = plan;
    let walked = walk(agent, work, &stack, &services, &placed, registry_token, &mut response).await;
    if let Err(error) = walked {
        response.logs.push(log("Deploy Stack", Err(error)));
    }
    response
}

async fn walk(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    services: &[String],
    placed: &Placed,
    registry_token: Option<String>,
    response: &mut DeployStackResponse,
) -> Result<()> {
    let config = &stack.config;
    let Some(work) = &login(agent, work, stack, registry_token, &mut response.logs).await else {
        return Ok(());
    };
    if crate::secrets::is_own_hook(stack)
        && !crate::secrets::pre_deploy(agent, work, stack, placed, response).await?
    {
        return Ok(());
    }
    let project = project_name(stack);
    let last = stack.info.deployed_project_name.as_deref().unwrap_or(&project);
    let question = Question::new(agent, stack, services, placed).await;
    let before = match &question {
        Some(question) => question.before().await,
        None => None,
    };
    let files = since::before(agent, stack, services, placed).await;
    unchanged::forget(agent, &project).await;
    let compose =
        Compose::new(agent, stack, &project, &placed.folder, env_file(stack, placed).await);
    let replaces = config.destroy_before_deploy || last != project;
    // What is broken must not be found out when the old is gone. Else compose
    // finds it out itself, and containers need not wait for it to be asked twice.
    let early = if replaces {
        let Some(merged) = rendered(work, &compose, response).await? else { return Ok(()) };
        Some(merged)
    } else {
        None
    };
    if config.run_build {
        let build = compose.program("build", &[], &config.build_extra_args, services)?;
        if !push(&mut response.logs, work.stage("Compose Build", &build).await) {
            return Ok(());
        }
    }
    if config.auto_pull {
        let pull = compose.program("pull", &[], &[], services)?;
        if !push(&mut response.logs, work.stage("Compose Pull", &pull).await) {
            return Ok(());
        }
    }
    if replaces {
        let down = super::simple::program(agent, last, &["down".to_owned()], services);
        if !push(&mut response.logs, work.stage("Compose Down", &down).await) {
            return Ok(());
        }
    }
    let (mended, parts_before) = agent.docker.mend(work, &project).await?;
    if !mended.is_empty() {
        push(&mut response.logs, log("Mend Project", Ok(mended.join("\n"))));
    }
    let up = compose.program("up", &["-d"], &config.extra_args, services)?;
    let raising = agent.raising.begin();
    let mut up = work.stage("Compose Up", &up).await;
    drop(raising);
    if up.success {
        let parts = agent.docker.project(&project).await.unwrap_or_default();
        up.stdout.push_str(&what_changed(&parts_before, &parts));
    }
    response.deployed = push(&mut response.logs, up);
    if response.deployed {
        since::keep(agent, &project, files).await;
        if repo::hook_command(&config.post_deploy).is_empty() {
            agent.raising.calm(&work.cancel).await;
        }
        let merged = match early {
            None => rendered(work, &compose, response).await?,
            early => early,
        };
        if let (Some(question), Some(merged)) = (&question, merged) {
            question.keep(before, response, &merged).await;
        }
        let hook = &config.post_deploy;
        let post = placed.run_hook(agent, work, "Post Deploy", hook).await?;
        response.logs.extend(post);
    }
    Ok(())
}

/// The project as compose understands it; noted in the response. `None` when it
/// cannot: that is a log.
async fn rendered(
    work: &Work,
    compose: &Compose<'_>,
    response: &mut DeployStackResponse,
) -> Result<Option<String>> {
    let (log, merged) = work_config(work, &compose.program("config", &[], &[], &[])?).await;
    if !log.success {
        response.logs.push(log);
        return Ok(None);
    }
    response.services = super::services(&compose.project, &merged)?;
    response.merged_config = Some(work.redactor.redact(&super::sanitize(&merged)));
    Ok(Some(merged))
}

/// The env file that compose is told of: ours, unless a hook made one meanwhile.
pub(super) async fn env_file(stack: &Stack, placed: &Placed) -> Option<String> {
    let name = default_env(&stack.config.env_file_path);
    match &placed.env_file {
        Some(file) => Some(file.clone()),
        None => exists(&placed.folder.join(name)).await.then(|| name.to_owned()),
    }
}

/// What `docker compose config` printed is a person's whole configuration with
/// every secret filled in: it is kept out of the log.
async fn work_config(work: &Work, program: &Program) -> (Log, String) {
    let plain = Work { redactor: Default::default(), ..work.clone() };
    let outcome = plain.quietly(program).await;
    let (merged, outcome) = match outcome {
        Ok(output) if output.success => (output.stdout, Ok(String::new())),
        Ok(output) => {
            (String::new(), Err(Error::failed(work.redactor.redact(output.stderr.trim()))))
        }
        Err(error) => (String::new(), Err(error)),
    };
    let mut log = log("Compose Config", outcome);
    log.command = work.redactor.redact(&program.shown());
    (log, merged)
}

fn push(logs: &mut Vec<Log>, log: Log) -> bool {
    let success = log.success;
    logs.push(log);
    success
}

/// Logs in to the stack's image registry, for this work alone. `None` when the
/// deploy does not go on.
pub(super) async fn login(
    agent: &Agent,
    work: &Work,
    stack: &Stack,
    token: Option<String>,
    logs: &mut Vec<Log>,
) -> Option<Work> {
    let config = &stack.config;
    if config.registry_provider.is_empty() || config.registry_account.is_empty() {
        return Some(work.clone());
    }
    let (domain, account) = (&config.registry_provider, &config.registry_account);
    match agent.docker.login(work, domain, account, token).await {
        Ok(login) => Some(Work { outfit: Some(Arc::new(login)), ..work.clone() }),
        Err(error) => {
            logs.push(log("Login to Registry", Err(error)));
            None
        }
    }
}

/// Says which containers a deploy made, by their ids before and after.
fn what_changed(before: &[Part], after: &[Part]) -> String {
    let names = |parts: &[Part], without: &dyn Fn(&Part) -> bool| {
        let parts = parts.iter().filter(|part| !without(part));
        parts.map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let new = names(after, &|part| before.iter().any(|old| old.id == part.id));
    let gone = names(before, &|part| after.iter().any(|new| new.name == part.name));
    match (new.is_empty(), gone.is_empty()) {
        (true, true) => "nothing changed: all containers are those of the last deploy\n".into(),
        (false, true) => format!("started: {new}\n"),
        (true, false) => format!("removed: {gone}\n"),
        (false, false) => format!("started: {new}; removed: {gone}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Standing;

    #[test]
    fn a_deploy_that_changed_nothing_says_so() {
        let part = |(name, id): &(&str, &str)| Part {
            id: (*id).into(),
            name: (*name).into(),
            service: String::new(),
            image_id: String::new(),
            config_hash: String::new(),
            networks: Vec::new(),
            standing: Standing::Up,
        };
        let parts = |pairs: &[(&str, &str)]| pairs.iter().map(part).collect::<Vec<_>>();
        let (a, b) = (parts(&[("web", "1"), ("db", "2")]), parts(&[("web", "3"), ("db", "2")]));
        assert!(what_changed(&a, &a).starts_with("nothing changed"));
        assert_eq!(what_changed(&a, &b), "started: web\n");
        assert_eq!(what_changed(&a, &parts(&[("db", "2")])), "removed: web\n");
    }
}
