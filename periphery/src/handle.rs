//! From a request of Core to the room that does it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use varanus_link::{Context, Handler};
use varanus_proto::agent::{
    build, compose, container, docker, image, keys, poll, repo as repos, state, terminal,
};
use varanus_proto::entity::git::LatestCommit;
use varanus_proto::entity::server::PeripheryInformation;
use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, NoData, Result};

use crate::agent::{Agent, COMPATIBLE_VERSION, folder_name};
use crate::apart::exists;
use crate::compose as projects;
use crate::docker::{ContainerCommand, Prune};
use crate::logs::search;
use crate::process::Stream;
use crate::repo::{self, Request};
use crate::watch::News;
use crate::work::{Progress, Work, now};

/// What this agent can beside the protocol of Komodo 2.3; a Core that names one
/// too gets it.
pub const FEATURES: &[&str] = &["log-lines", "jobs", "state", "withdraw"];

/// Lines of a search come from this many last ones.
const SEARCHED: u64 = 5000;

/// Answers Core.
pub struct Requests(pub Arc<Agent>);

#[derive(Deserialize)]
struct Tagged {
    r#type: String,
    #[serde(default)]
    params: Value,
    /// The key under which it is done once (a feature of ours).
    #[serde(default)]
    job: Option<String>,
    /// A fetch that began at most so long ago is new enough for it, in
    /// milliseconds (a feature of ours).
    #[serde(default)]
    fetched_within_ms: u64,
}

/// Sends lines to Core.
struct Lines(Context);

impl Progress for Lines {
    fn line(&self, stage: &str, stream: Stream, line: &str) {
        let stream = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        let told = json!({ "stage": stage, "stream": stream, "line": line, "ts": now() });
        self.0.progress(told.to_string().into_bytes());
    }
}

impl Handler for Requests {
    fn handle(
        &self,
        request: Vec<u8>,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>> {
        let agent = self.0.clone();
        Box::pin(async move {
            let Tagged { r#type, params, job, fetched_within_ms } =
                serde_json::from_slice(&request)
                    .map_err(|error| Error::invalid("the request is no JSON").cause(error))?;
            if r#type == poll::GetVersion::NAME {
                return Ok(version(&context, &params));
            }
            if r#type == state::WatchState::NAME {
                return watch(&agent, &context).await;
            }
            let lines: Arc<dyn Progress> = Arc::new(Lines(context.clone()));
            let since = Instant::now()
                .checked_sub(Duration::from_millis(fetched_within_ms))
                .unwrap_or_else(Instant::now);
            let Some(job) = job else {
                return perform(agent, lines, context.cancelled(), r#type, params, since, None)
                    .await;
            };
            let jobs = agent.jobs.clone();
            let key = Some(job.clone());
            let work = |lines, cancel| perform(agent, lines, cancel, r#type, params, since, key);
            jobs.once(&job, lines, context.cancelled(), work).await
        })
    }
}

async fn perform(
    agent: Arc<Agent>,
    lines: Arc<dyn Progress>,
    cancel: CancellationToken,
    name: String,
    params: Value,
    since: Instant,
    job: Option<String>,
) -> Result<Vec<u8>> {
    let known = agent.work(lines, cancel, &replacers(&params));
    let work = Work { fetched_since: since, job, ..known };
    answer(&agent, &work, &name, params).await.map_err(|error| {
        // Whatever an error quotes, it quotes no secret.
        let mut shown = Error::new(error.kind(), work.redactor.redact(error.message()));
        for cause in error.trace() {
            shown = shown.cause(work.redactor.redact(cause));
        }
        shown
    })
}

/// The version, and what this agent can beside it. Core says what it can in the
/// request; an unmodified one says nothing and is told nothing new.
fn version(context: &Context, params: &Value) -> Vec<u8> {
    let known = params.get("varanus").and_then(Value::as_array);
    let mut reply = json!({ "version": COMPATIBLE_VERSION });
    if known.is_some_and(|known| known.iter().any(|feature| feature == "log-lines")) {
        context.extend();
        reply["varanus"] = json!(FEATURES);
    }
    reply.to_string().into_bytes()
}

/// Tells Core what changes on this host, for as long as the link lives.
async fn watch(agent: &Agent, context: &Context) -> Result<Vec<u8>> {
    let tell = |news: &News| match serde_json::to_vec(news) {
        Ok(news) => context.progress(news),
        Err(error) => {
            tracing::warn!(%error, "what changed cannot be written");
            true
        }
    };
    let (cancelled, disconnected) = (context.cancelled(), context.disconnected());
    tokio::select! {
        () = agent.watch.tell(tell) => {}
        () = cancelled.cancelled() => {}
        () = disconnected.cancelled() => {}
    }
    Ok(b"{}".to_vec())
}

fn replacers(params: &Value) -> Vec<(String, String)> {
    let given = params.get("replacers").cloned();
    given.and_then(|given| serde_json::from_value(given).ok()).unwrap_or_default()
}

fn read<R: AgentRequest>(params: Value) -> Result<R> {
    let params = if params.is_null() { json!({}) } else { params };
    serde_json::from_value(params).map_err(|error| {
        Error::invalid(format!("the request {} is not readable", R::NAME)).cause(error)
    })
}

/// One arm for each request: its fields in, its answer out.
macro_rules! requests {
    ($name:expr, $params:expr; $($request:ty, $given:pat => $answer:expr;)*) => {
        match $name {
            $(<$request as AgentRequest>::NAME => {
                let $given: $request = read($params)?;
                let answer: <$request as AgentRequest>::Response = $answer;
                serde_json::to_vec(&answer)
                    .map_err(|error| Error::internal("the answer cannot be written").cause(error))
            })*
            other => Err(Error::invalid(format!(
                "this agent does not know the request {other:?}; is it older than Core?"
            ))),
        }
    };
}

async fn answer(agent: &Arc<Agent>, work: &Work, name: &str, params: Value) -> Result<Vec<u8>> {
    use ContainerCommand as C;
    let host = &agent.docker;
    requests! { name, params;
        poll::GetHealth, _ => poll::GetHealthResponse {};
        poll::PollStatus, r => status(agent, &r).await;
        state::RefreshState, r => {
            let version = agent.watch.refresh().await?;
            if r.stats {
                agent.watch.want_measured();
            }
            state::RefreshStateResponse { version }
        };
        state::WithdrawJobs, r => {
            for job in &r.jobs {
                agent.jobs.withdraw(job).await?;
            }
            state::WithdrawJobsResponse {}
        };
        poll::GetSystemProcesses, _ => agent.stats.processes().await?;
        poll::GetLatestCommit, r => latest_commit(agent, work, &r).await?;
        poll::ListGitProviders, _ => agent.git_providers();
        poll::ListImageRegistries, _ => agent.image_registries();
        poll::ListSecrets, _ => agent.config.secrets.keys().cloned().collect();

        repos::CloneRepo, r => {
            let request = Request {
                args: r.args, token: r.git_token, environment: r.environment,
                env_file_path: r.env_file_path, on_clone: r.on_clone, on_pull: r.on_pull,
            };
            repo::fetch(agent, work, request, true).await?
        };
        repos::PullRepo, r => {
            let request = Request {
                args: r.args, token: r.git_token, environment: r.environment,
                env_file_path: r.env_file_path, on_clone: None, on_pull: r.on_pull,
            };
            repo::fetch(agent, work, request, false).await?
        };
        repos::PullOrCloneRepo, r => {
            let request = Request {
                args: r.args, token: r.git_token, environment: r.environment,
                env_file_path: r.env_file_path, on_clone: r.on_clone, on_pull: r.on_pull,
            };
            repo::fetch(agent, work, request, false).await?
        };
        repos::RenameRepo, r => repo::rename(agent, &r.curr_name, &r.new_name).await;
        repos::DeleteRepo, r => repo::delete(agent, &r.name, r.is_build).await;

        compose::ComposeUp, r => projects::up::up(agent, work, r).await?;
        compose::ComposePull, r => projects::up::pull(agent, work, r).await?;
        compose::ComposeRun, r => projects::run::run(agent, work, r).await?;
        compose::ComposeExecution, r => projects::simple::execute(agent, work, r).await?;
        compose::GetComposeLog, r => projects::simple::logs(agent, work, r).await;
        compose::GetComposeLogSearch, r => projects::simple::search_logs(agent, work, r).await;
        compose::GetComposeContentsOnHost, r => {
            let folder = projects::files::host_folder(agent, &r.name, &r.run_directory)?;
            let (contents, errors) = projects::files::read(None, &folder, &r.file_paths).await;
            let changed = match r.since_deploy {
                None => None,
                Some(of) => Some(projects::changed(agent, folder, r.file_paths, of).await?),
            };
            compose::GetComposeContentsOnHostResponse { contents, errors, changed }
        };
        compose::WriteComposeContentsToHost, r => projects::simple::write(agent, r).await?;
        compose::WriteCommitComposeContents, r => projects::files::commit(agent, work, r).await?;

        container::InspectContainer, r => host.container(&r.name).await?;
        container::GetContainerLog, r =>
            host.container_log(work, &r.name, r.tail, r.timestamps).await?;
        container::GetContainerLogSearch, r => {
            let log = host.container_log(work, &r.name, SEARCHED, r.timestamps).await?;
            search(log, &r.terms, r.combinator, r.invert)
        };
        container::GetContainerStats, r => host.measured_of(&r.name).await?;
        container::GetContainerStatsList, _ => host.measured().await?;
        container::GetFullContainerStats, r => host.full_stats(&r.name).await?;
        container::StartContainer, r => host.act(work, C::Start, &r.name).await?;
        container::RestartContainer, r => host.act(work, C::Restart, &r.name).await?;
        container::PauseContainer, r => host.act(work, C::Pause, &r.name).await?;
        container::UnpauseContainer, r => host.act(work, C::Unpause, &r.name).await?;
        container::StopContainer, r => host.stop(work, &r.name, r.signal, r.time).await?;
        container::RemoveContainer, r => host.remove(work, &r.name, r.signal, r.time).await?;
        container::RenameContainer, r => {
            host.command(work, "Docker Rename", &["rename"], &[&r.curr_name, &r.new_name]).await
        };
        container::RunContainer, r => crate::deployment::run(agent, work, r).await?;
        container::StartAllContainers, _ => host.act_on_all(work, C::Start).await?;
        container::RestartAllContainers, _ => host.act_on_all(work, C::Restart).await?;
        container::PauseAllContainers, _ => host.act_on_all(work, C::Pause).await?;
        container::UnpauseAllContainers, _ => host.act_on_all(work, C::Unpause).await?;
        container::StopAllContainers, _ => host.act_on_all(work, C::Stop).await?;
        container::PruneContainers, _ => host.prune(work, Prune::Containers).await;

        image::InspectImage, r => host.image(&r.name).await?;
        image::ImageHistory, r => host.history(&r.name).await?;
        image::GetLatestImageDigest, r => host.latest_digest(&r.name, r.account, r.token).await?;
        image::PullImage, r =>
            crate::deployment::pull(agent, work, &r.name, r.account, r.token).await?;
        image::DeleteImage, r => host.command(work, "Delete Image", &["image", "rm"], &[&r.name]).await;
        image::PruneImages, _ => host.prune(work, Prune::Images).await;
        docker::InspectNetwork, r => host.network(&r.name).await?;
        docker::CreateNetwork, r => {
            let mut words = vec!["network", "create"];
            if let Some(driver) = r.driver.as_deref().filter(|driver| !driver.is_empty()) {
                words.extend(["-d", driver]);
            }
            host.command(work, "Create Network", &words, &[&r.name]).await
        };
        docker::DeleteNetwork, r =>
            host.command(work, "Delete Network", &["network", "rm"], &[&r.name]).await;
        docker::PruneNetworks, _ => host.prune(work, Prune::Networks).await;
        docker::InspectVolume, r => host.volume(&r.name).await?;
        docker::DeleteVolume, r =>
            host.command(work, "Delete Volume", &["volume", "rm"], &[&r.name]).await;
        docker::PruneVolumes, _ => host.prune(work, Prune::Volumes).await;
        docker::PruneSystem, _ => host.prune(work, Prune::System).await;
        build::Build, r => crate::build::build(agent, work, r).await?;
        build::CancelBuild, r => {
            agent.building.cancel(&r.id);
            NoData {}
        };
        build::GetDockerfileContentsOnHost, r =>
            crate::build::read(agent, &r.name, &r.build_path, &r.dockerfile_path).await?;
        build::WriteDockerfileContentsToHost, r => {
            let (name, path, file) = (&r.name, &r.build_path, &r.dockerfile_path);
            crate::build::write(agent, name, path, file, &r.contents).await?
        };
        build::PruneBuilders, _ => host.prune(work, Prune::Builders).await;
        build::PruneBuildx, _ => host.prune(work, Prune::Buildx).await;

        terminal::ListTerminals, _ => Vec::new();
        keys::RotatePrivateKey, _ =>
            keys::RotatePrivateKeyResponse { public_key: agent.rotate_key()?.to_string() };
        keys::RotateCorePublicKey, r => {
            agent.trust.rotate(varanus_link::key::PublicKey::parse(&r.public_key)?)?;
            NoData {}
        };
    }
}

/// What Core asks every few seconds.
async fn status(agent: &Agent, ask: &poll::PollStatus) -> poll::PollStatusResponse {
    let docker = match ask.include_docker {
        true => {
            agent.watch.want_measured();
            agent.watch.lists().await
        }
        false => None,
    };
    let config = &agent.config;
    poll::PollStatusResponse {
        periphery_info: PeripheryInformation {
            version: COMPATIBLE_VERSION.to_owned(),
            public_key: agent.key().public().to_string(),
            // Terminals are not there yet, so nobody may be offered one.
            terminals_disabled: true,
            container_terminals_disabled: true,
            stats_polling_rate: config.stats_polling_rate.to_string().parse().unwrap_or_default(),
            docker_connected: agent.watch.connected(),
            public_ip: None,
        },
        system_info: agent.stats.information(),
        system_stats: ask.include_stats.then(|| agent.stats.latest()),
        docker,
    }
}

async fn latest_commit(
    agent: &Agent,
    work: &Work,
    ask: &poll::GetLatestCommit,
) -> Result<Option<LatestCommit>> {
    let name = folder_name(&ask.name)?;
    let path = match ask.path.as_deref().filter(|path| !path.is_empty()) {
        Some(path) if path.starts_with('/') => path.into(),
        Some(path) => crate::agent::below(&agent.config.repos().join(name), path)?,
        None => agent.config.repos().join(name),
    };
    if !exists(&path.join(".git")).await {
        return Ok(None);
    }
    let (hash, message) = agent.git.latest(work, &path).await?;
    Ok(Some(LatestCommit { hash, message }))
}
