//! The scene that most promises are about: a git host, a Core, an agent, and
//! a repository of stacks.

use serde_json::{Value, json};

use crate::{Agent, AgentOptions, Api, Canaries, Core, CoreOptions, Docker, GitHost, Proxy, until};

/// Who dials whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The agent dials Core, and makes itself known.
    AgentDials,
    /// The same, over a wire that can be cut: [`Scene::wire`].
    AgentDialsByProxy,
    /// Core dials the agent, over TLS.
    CoreDials,
}

/// Where Core's state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Embedded.
    Embedded,
    /// `VARANUS_TEST_MONGODB_URI`.
    MongoDb,
}

/// Everything that a push needs.
pub struct Scene {
    /// The containers.
    pub docker: Docker,
    /// The agent.
    pub agent: Agent,
    /// The wire between the agent and Core, if it goes through a proxy.
    pub wire: Option<Proxy>,
    /// The server's state and decisions.
    pub core: Core,
    /// The repositories.
    pub git: GitHost,
    /// Secrets that Core and the agents look for at their end.
    pub canaries: Canaries,
}

impl Scene {
    /// The server's name.
    pub const SERVER: &'static str = "attic";

    /// Starts all parts and waits until the server is seen.
    pub async fn start(way: Way, store: Store, agent_settings: &[(&str, &str)]) -> Self {
        Self::with(way, store, agent_settings, &[]).await
    }

    /// The same, with settings of Core.
    pub async fn with(
        way: Way,
        store: Store,
        agent_settings: &[(&str, &str)],
        core_settings: &[(&str, &str)],
    ) -> Self {
        let mongodb = match store {
            Store::Embedded => None,
            Store::MongoDb => Some(mongodb()),
        };
        let core =
            CoreOptions { mongodb, settings: owned(core_settings), ..CoreOptions::default() };
        Self::of(way, core, agent_settings).await
    }

    /// The same, with a Core as wanted.
    pub async fn of(way: Way, core: CoreOptions, agent_settings: &[(&str, &str)]) -> Self {
        let canaries = core.canaries.clone();
        canaries.keep("git token", GitHost::TOKEN);
        let docker = Docker::new().await;
        let core = Core::start(core).await;
        let git = GitHost::start().await;
        let mut options = AgentOptions {
            name: Self::SERVER.into(),
            settings: owned(agent_settings),
            canaries: canaries.clone(),
            ..AgentOptions::default()
        };
        let wire = match way {
            Way::AgentDialsByProxy => {
                Some(Proxy::start(core.address.trim_start_matches("http://")).await)
            }
            Way::AgentDials | Way::CoreDials => None,
        };
        let agent = match way {
            Way::AgentDials | Way::AgentDialsByProxy => {
                let proxy = wire.as_ref().map(|wire| format!("http://{}", wire.address()));
                options.dial = Some(proxy.unwrap_or_else(|| core.address.clone()));
                options.onboarding_key = Some(onboarding_key(&core).await);
                Agent::start(&options)
            }
            Way::CoreDials => {
                let agent = Agent::start(&options);
                let address = format!("https://127.0.0.1:{}", agent.port);
                let config = json!({ "address": address, "enabled": true });
                let server = json!({ "name": Self::SERVER, "config": config });
                core.admin.write("CreateServer", server).await;
                agent
            }
        };
        let scene = Self { docker, agent, wire, core, git, canaries };
        scene.server_is("Ok").await;
        let account = json!({ "account": {
            "domain": scene.git.domain, "https": false,
            "username": GitHost::USER, "token": GitHost::TOKEN,
        } });
        scene.api().write("CreateGitProviderAccount", account).await;
        scene
    }

    /// One more agent, which dials Core as a server of a name.
    pub async fn another(&self, name: &str) -> Agent {
        let agent = Agent::start(&AgentOptions {
            name: name.into(),
            dial: Some(self.core.address.clone()),
            onboarding_key: Some(onboarding_key(&self.core).await),
            canaries: self.canaries.clone(),
            ..AgentOptions::default()
        });
        self.is(name, "Ok").await;
        agent
    }

    /// The admin at the API.
    pub fn api(&self) -> &Api {
        &self.core.admin
    }

    /// Waits for the server's state.
    pub async fn server_is(&self, state: &str) {
        self.is(Self::SERVER, state).await;
    }

    /// Waits for the state of a server of a name.
    pub async fn is(&self, name: &str, state: &str) {
        until(&format!("the server {name} is {state}"), || async {
            let list = self.api().read("ListServers", json!({})).await;
            let server = list.as_array()?.iter().find(|server| server["name"] == name)?.clone();
            (server["info"]["state"] == state).then_some(())
        })
        .await;
    }

    /// The name of a stack, which is also its project's.
    pub fn stack(&self, name: &str) -> String {
        format!("{}{name}", self.docker.prefix)
    }

    /// The name of the container of a stack.
    pub fn container(&self, name: &str) -> String {
        format!("{}-app-1", self.stack(name))
    }

    /// Writes the compose file of a stack.
    pub fn write_stack(&self, name: &str, revision: &str) {
        let text = format!(
            "services:\n  app:\n    image: {}\n    init: true\n    command: [\"httpd\", \"-f\", \"-p\", \
             \"8080\"]\n    pull_policy: never\n    labels:\n      revision: \"{revision}\"\n",
            Docker::IMAGE
        );
        self.git.write(&format!("stacks/{name}/compose.yaml"), &text);
    }

    /// The configuration of a stack whose files are in the linked repo.
    pub fn stack_config(&self, name: &str) -> Value {
        json!({
            "server_id": Self::SERVER,
            "linked_repo": "stacks",
            "run_directory": format!("stacks/{name}"),
            "auto_pull": false,
        })
    }

    /// The configuration of the repo at the git host.
    pub fn repo_config(&self) -> Value {
        json!({
            "server_id": Self::SERVER,
            "git_provider": self.git.domain,
            "git_https": false,
            "git_account": GitHost::USER,
            "repo": GitHost::REPO,
            "branch": "main",
        })
    }
}

/// The address of the MongoDB that tests use.
pub fn mongodb() -> String {
    std::env::var("VARANUS_TEST_MONGODB_URI")
        .expect("VARANUS_TEST_MONGODB_URI is needed: ./dev test starts a server and sets it")
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A key with which agents make themselves known.
pub async fn onboarding_key(core: &Core) -> String {
    let key = core.admin.write("CreateOnboardingKey", json!({ "name": "a new host" })).await;
    key["private_key"].as_str().expect("a key").to_owned()
}
