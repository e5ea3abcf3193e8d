//! The executions as subcommands: what each is called and which parameters it
//! takes (the command line of Komodo 2.3). A test holds it against the shapes
//! of `varanus-proto`.

use serde_json::{Map, Value, json};
use varanus_proto::{Error, Result};

/// One execution.
pub struct Spec {
    /// Its name in the API.
    pub name: &'static str,
    /// The subcommand: the same in kebab case.
    pub command: &'static str,
    /// Shorter names.
    pub aliases: &'static [&'static str],
    /// Its parameters in their order.
    pub params: &'static [Param],
}

/// One parameter.
#[derive(Clone, Copy)]
pub struct Param {
    /// Its name in the API.
    pub field: &'static str,
    pub place: Place,
    pub shape: Shape,
}

/// Where a parameter stands on the command line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A word that must be there.
    Needed,
    /// A word that may be left out.
    Word,
    /// An option with its long name, perhaps with a letter.
    Option(&'static str, Option<char>),
}

/// What a parameter is in the API.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A name that the API has in capitals, typed in any.
    Capitals,
    Number,
    /// True when the option is given.
    Switch,
    /// Any number of words.
    List,
    /// `KEY=VALUE` words, or one JSON object.
    Table,
}

const fn need(field: &'static str) -> Param {
    Param { field, place: Place::Needed, shape: Shape::Text }
}

const fn word(field: &'static str) -> Param {
    Param { field, place: Place::Word, shape: Shape::Text }
}

const fn words(field: &'static str) -> Param {
    Param { field, place: Place::Word, shape: Shape::List }
}

const fn option(field: &'static str, long: &'static str) -> Param {
    Param { field, place: Place::Option(long, None), shape: Shape::Text }
}

const fn switch(field: &'static str, long: &'static str) -> Param {
    Param { field, place: Place::Option(long, None), shape: Shape::Switch }
}

impl Param {
    const fn of(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    const fn letter(self, letter: char) -> Self {
        match self.place {
            Place::Option(long, _) => Self { place: Place::Option(long, Some(letter)), ..self },
            _ => self,
        }
    }

    const fn needed(self) -> Self {
        Self { place: Place::Needed, ..self }
    }
}

/// Seconds before a program is killed. An option where a list of words comes
/// before it, because nothing can follow such a list.
const STOP_TIME: Param = option("stop_time", "stop-time").of(Shape::Number);
const BATCH: &[Param] = &[need("pattern"), words("tags")];
const STACK: &[Param] = &[need("stack"), words("services")];
const DEPLOYMENT: &[Param] = &[need("deployment")];
const END_DEPLOYMENT: &[Param] =
    &[need("deployment"), word("signal").of(Shape::Capitals), word("time").of(Shape::Number)];
const SERVER: &[Param] = &[need("server")];
const CONTAINER: &[Param] = &[need("server"), need("container")];
const END_CONTAINER: &[Param] = &[
    need("server"),
    need("container"),
    word("signal").of(Shape::Capitals),
    word("time").of(Shape::Number),
];
const NAMED: &[Param] = &[need("server"), need("name")];
const REPO: &[Param] = &[need("repo")];

macro_rules! specs {
    ($($name:ident = $command:literal $(| $alias:literal)* ($params:expr);)*) => {
        /// Every execution, in the order of the API.
        pub const SPECS: &[Spec] = &[$(
            Spec { name: stringify!($name), command: $command, aliases: &[$($alias),*], params: $params },
        )*];
    };
}

specs! {
    None = "none" (&[]);
    DeployStack = "deploy-stack" | "stack" | "st" (&[need("stack"), words("services"), STOP_TIME]);
    BatchDeployStack = "batch-deploy-stack" (BATCH);
    DeployStackIfChanged = "deploy-stack-if-changed" (&[need("stack"), word("stop_time").of(Shape::Number)]);
    BatchDeployStackIfChanged = "batch-deploy-stack-if-changed" (BATCH);
    PullStack = "pull-stack" (STACK);
    BatchPullStack = "batch-pull-stack" (BATCH);
    StartStack = "start-stack" (STACK);
    RestartStack = "restart-stack" (STACK);
    PauseStack = "pause-stack" (STACK);
    UnpauseStack = "unpause-stack" (STACK);
    StopStack = "stop-stack" (&[need("stack"), words("services"), STOP_TIME]);
    DestroyStack = "destroy-stack" (&[need("stack"), words("services"), switch("remove_orphans", "remove-orphans"), STOP_TIME]);
    BatchDestroyStack = "batch-destroy-stack" (BATCH);
    RunStackService = "run-stack-service" (&[
        need("stack"), need("service"), words("command"), switch("no_tty", "no-tty"), switch("no_deps", "no-deps"),
        switch("detach", "detach"), switch("service_ports", "service-ports"), option("env", "env").letter('e').of(Shape::Table),
        option("workdir", "workdir"), option("user", "user"), option("entrypoint", "entrypoint"), switch("pull", "pull"),
    ]);
    Deploy = "deploy" | "dp" (&[need("deployment"), word("stop_signal").of(Shape::Capitals), word("stop_time").of(Shape::Number)]);
    BatchDeploy = "batch-deploy" (BATCH);
    PullDeployment = "pull-deployment" (DEPLOYMENT);
    StartDeployment = "start-deployment" (DEPLOYMENT);
    RestartDeployment = "restart-deployment" (DEPLOYMENT);
    PauseDeployment = "pause-deployment" (DEPLOYMENT);
    UnpauseDeployment = "unpause-deployment" (DEPLOYMENT);
    StopDeployment = "stop-deployment" (END_DEPLOYMENT);
    DestroyDeployment = "destroy-deployment" (END_DEPLOYMENT);
    BatchDestroyDeployment = "batch-destroy-deployment" (BATCH);
    RunBuild = "run-build" | "build" | "bd" (&[need("build")]);
    BatchRunBuild = "batch-run-build" (BATCH);
    CancelBuild = "cancel-build" (&[need("build")]);
    CloneRepo = "clone-repo" | "clone" (REPO);
    BatchCloneRepo = "batch-clone-repo" (BATCH);
    PullRepo = "pull-repo" (REPO);
    BatchPullRepo = "batch-pull-repo" (BATCH);
    BuildRepo = "build-repo" (REPO);
    BatchBuildRepo = "batch-build-repo" (BATCH);
    CancelRepoBuild = "cancel-repo-build" (REPO);
    RunProcedure = "run-procedure" | "procedure" | "pr" (&[need("procedure")]);
    BatchRunProcedure = "batch-run-procedure" (BATCH);
    CancelProcedure = "cancel-procedure" (&[need("procedure"), option("update_id", "update-id").letter('u')]);
    RunAction = "run-action" | "action" | "ac" (&[need("action"), word("args").of(Shape::Table)]);
    BatchRunAction = "batch-run-action" (BATCH);
    CancelAction = "cancel-action" (&[need("action"), word("update_id")]);
    RunSync = "run-sync" | "sync" (&[need("sync"), word("resource_type"), words("resources"), switch("confirm", "confirm")]);
    CommitSync = "commit-sync" | "commit" (&[need("sync")]);
    TestAlerter = "test-alerter" (&[need("alerter")]);
    SendAlert = "send-alert" | "alert" (&[
        need("message"), option("level", "level").letter('l').of(Shape::Capitals), option("details", "details").letter('d'),
        option("alerters", "alerters").letter('a').of(Shape::List),
    ]);
    StartContainer = "start-container" (CONTAINER);
    RestartContainer = "restart-container" (CONTAINER);
    PauseContainer = "pause-container" (CONTAINER);
    UnpauseContainer = "unpause-container" (CONTAINER);
    StopContainer = "stop-container" (END_CONTAINER);
    DestroyContainer = "destroy-container" (END_CONTAINER);
    StartAllContainers = "start-all-containers" (SERVER);
    RestartAllContainers = "restart-all-containers" (SERVER);
    PauseAllContainers = "pause-all-containers" (SERVER);
    UnpauseAllContainers = "unpause-all-containers" (SERVER);
    StopAllContainers = "stop-all-containers" (SERVER);
    PruneContainers = "prune-containers" (SERVER);
    DeleteNetwork = "delete-network" (NAMED);
    PruneNetworks = "prune-networks" (SERVER);
    DeleteImage = "delete-image" (NAMED);
    PruneImages = "prune-images" (SERVER);
    DeleteVolume = "delete-volume" (NAMED);
    PruneVolumes = "prune-volumes" (SERVER);
    PruneDockerBuilders = "prune-docker-builders" (SERVER);
    PruneBuildx = "prune-buildx" (SERVER);
    PruneSystem = "prune-system" (SERVER);
    RemoveSwarmNodes = "remove-swarm-nodes" (&[need("swarm"), words("nodes").needed(), switch("force", "force").letter('f')]);
    UpdateSwarmNode = "update-swarm-node" (&[
        need("swarm"), need("node"), option("availability", "availability").letter('a'),
        option("label_add", "label-add").letter('l').of(Shape::List), option("label_rm", "label-rm").of(Shape::List),
        option("role", "role").letter('r'),
    ]);
    RemoveSwarmStacks = "remove-swarm-stacks" (&[need("swarm"), words("stacks").needed(), switch("detach", "detach").letter('d')]);
    RemoveSwarmServices = "remove-swarm-services" (&[need("swarm"), words("services").needed()]);
    CreateSwarmConfig = "create-swarm-config" (&[
        need("swarm"), need("name"), need("data"), words("labels"), option("template_driver", "template-driver"),
    ]);
    RotateSwarmConfig = "rotate-swarm-config" (&[need("swarm"), need("config"), need("data")]);
    RemoveSwarmConfigs = "remove-swarm-configs" (&[need("swarm"), words("configs").needed()]);
    CreateSwarmSecret = "create-swarm-secret" (&[
        need("swarm"), need("name"), need("data"), word("driver"), words("labels"),
        option("template_driver", "template-driver"),
    ]);
    RotateSwarmSecret = "rotate-swarm-secret" (&[need("swarm"), need("secret"), need("data")]);
    RemoveSwarmSecrets = "remove-swarm-secrets" (&[need("swarm"), words("secrets").needed()]);
    ClearRepoCache = "clear-repo-cache" (&[]);
    BackupCoreDatabase = "backup-core-database" | "backup-database" | "backup-db" | "backup" (&[]);
    GlobalAutoUpdate = "global-auto-update" | "auto-update" (&[switch("skip_auto_update", "skip-auto-update").letter('s')]);
    RotateAllServerKeys = "rotate-all-server-keys" | "rotate-keys" (&[]);
    RotateCoreKeys = "rotate-core-keys" (&[switch("force", "force").letter('f')]);
    Sleep = "sleep" (&[need("duration_ms").of(Shape::Number)]);
}

impl Param {
    /// The JSON of what was given; an error says what would be right.
    pub fn value(&self, given: &[String]) -> Result<Value> {
        let first = given.first().map(String::as_str).unwrap_or_default();
        Ok(match self.shape {
            Shape::Text => json!(first),
            Shape::Capitals => json!(first.to_uppercase()),
            Shape::Number => {
                let number: i64 = first.parse().map_err(|_| {
                    Error::invalid(format!("{}: {first:?} is no whole number", self.field))
                })?;
                json!(number)
            }
            Shape::Switch => json!(true),
            Shape::List => json!(given),
            Shape::Table => Value::Object(self.pairs(given)?),
        })
    }

    fn pairs(&self, given: &[String]) -> Result<Map<String, Value>> {
        let mut table = Map::new();
        for text in given {
            if let Ok(Value::Object(object)) = serde_json::from_str(text) {
                table.extend(object);
            } else if let Some((key, value)) = text.split_once('=') {
                table.insert(key.to_owned(), json!(value));
            } else {
                return Err(Error::invalid(format!(
                    "{}: {text:?} is neither KEY=VALUE nor a JSON object",
                    self.field
                )));
            }
        }
        Ok(table)
    }
}
