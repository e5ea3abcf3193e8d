//! The rows of the group `execute`. A run is accepted here, and fails where it
//! would ask an agent.

use varanus_proto::entity::permission::PermissionLevel::Execute;
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use varanus_proto::Kind as Fault;

use super::table::{End, Grant, Right, Row};
use Right::{AnyUser, Needs, Shows};

const fn row(name: &'static str, right: Right, params: &'static str) -> Row {
    Row::new(Group::Execute, name, right, params)
}

const SERVER: Right = Needs(&[Grant::On(Kind::Server, Execute, &[])]);
const STACK: Right = Needs(&[Grant::On(Kind::Stack, Execute, &[])]);
const REPO: Right = Needs(&[Grant::On(Kind::Repo, Execute, &[])]);
const PROCEDURE: Right = Needs(&[Grant::On(Kind::Procedure, Execute, &[])]);
const DEPLOYMENT: Right = Needs(&[Grant::On(Kind::Deployment, Execute, &[])]);
const EACH_DEPLOYMENT: Right = Shows(&[Grant::On(Kind::Deployment, Execute, &[])]);
const BUILD: Right = Needs(&[Grant::On(Kind::Build, Execute, &[])]);
const EACH_BUILD: Right = Shows(&[Grant::On(Kind::Build, Execute, &[])]);
const ACTION: Right = Needs(&[Grant::On(Kind::Action, Execute, &[])]);
const ALERTER: Right = Needs(&[Grant::On(Kind::Alerter, Execute, &[])]);
const EACH_STACK: Right = Shows(&[Grant::On(Kind::Stack, Execute, &[])]);
const EACH_REPO: Right = Shows(&[Grant::On(Kind::Repo, Execute, &[])]);
const EACH_ACTION: Right = Shows(&[Grant::On(Kind::Action, Execute, &[])]);
const EACH_PROCEDURE: Right = Shows(&[Grant::On(Kind::Procedure, Execute, &[])]);

const OF_SERVER: &str = r#"{"server":"hidden-server"}"#;
const OF_STACK: &str = r#"{"stack":"hidden-stack"}"#;
const OF_REPO: &str = r#"{"repo":"hidden-repo"}"#;
const OF_PROCEDURE: &str = r#"{"procedure":"hidden-procedure"}"#;
const OF_DEPLOYMENT: &str = r#"{"deployment":"hidden-deployment"}"#;
const OF_BUILD: &str = r#"{"build":"hidden-build"}"#;
const OF_ACTION: &str = r#"{"action":"hidden-action"}"#;
const CONTAINER: &str = r#"{"server":"hidden-server","container":"web"}"#;
const NAMED: &str = r#"{"server":"hidden-server","name":"web"}"#;
const SERVICE: &str = r#"{"stack":"hidden-stack","service":"web"}"#;
const EVERY: &str = r#"{"pattern":"*"}"#;

pub const ROWS: &[Row] = &[
    row("DeployStack", STACK, OF_STACK),
    row("DeployStackIfChanged", STACK, OF_STACK),
    row("PullStack", STACK, OF_STACK),
    row("StartStack", STACK, OF_STACK),
    row("RestartStack", STACK, OF_STACK),
    row("PauseStack", STACK, OF_STACK),
    row("UnpauseStack", STACK, OF_STACK),
    row("StopStack", STACK, OF_STACK),
    row("DestroyStack", STACK, OF_STACK),
    row("RunStackService", STACK, SERVICE),
    row("BatchDeployStack", EACH_STACK, EVERY),
    row("BatchDeployStackIfChanged", EACH_STACK, EVERY),
    row("BatchPullStack", EACH_STACK, EVERY),
    row("BatchDestroyStack", EACH_STACK, EVERY),
    row("Deploy", DEPLOYMENT, OF_DEPLOYMENT),
    row("PullDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("StartDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("RestartDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("PauseDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("UnpauseDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("StopDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("DestroyDeployment", DEPLOYMENT, OF_DEPLOYMENT),
    row("BatchDeploy", EACH_DEPLOYMENT, EVERY),
    row("BatchDestroyDeployment", EACH_DEPLOYMENT, EVERY),
    row("RunBuild", BUILD, OF_BUILD),
    // Nothing of it runs.
    row("CancelBuild", BUILD, OF_BUILD).ends(End::Fails(Fault::Conflict)),
    row("BatchRunBuild", EACH_BUILD, EVERY),
    row("CloneRepo", REPO, OF_REPO),
    row("PullRepo", REPO, OF_REPO),
    row("BuildRepo", REPO, OF_REPO),
    row("CancelRepoBuild", REPO, OF_REPO),
    row("BatchCloneRepo", EACH_REPO, EVERY),
    row("BatchPullRepo", EACH_REPO, EVERY),
    row("BatchBuildRepo", EACH_REPO, EVERY),
    row("RunProcedure", PROCEDURE, OF_PROCEDURE),
    row("CancelProcedure", PROCEDURE, OF_PROCEDURE),
    row("BatchRunProcedure", EACH_PROCEDURE, EVERY),
    row("RunAction", ACTION, OF_ACTION),
    row("CancelAction", ACTION, OF_ACTION),
    row("BatchRunAction", EACH_ACTION, EVERY),
    row("TestAlerter", ALERTER, r#"{"alerter":"hidden-alerter"}"#),
    row("GlobalAutoUpdate", Right::Admin, r#"{"skip_auto_update":true}"#),
    row("SendAlert", AnyUser, r#"{"message":"hello","alerters":["hidden-alerter"]}"#),
    row("BackupCoreDatabase", Right::Admin, "{}"),
    row("StartContainer", SERVER, CONTAINER),
    row("RestartContainer", SERVER, CONTAINER),
    row("PauseContainer", SERVER, CONTAINER),
    row("UnpauseContainer", SERVER, CONTAINER),
    row("StopContainer", SERVER, CONTAINER),
    row("DestroyContainer", SERVER, CONTAINER),
    row("StartAllContainers", SERVER, OF_SERVER),
    row("RestartAllContainers", SERVER, OF_SERVER),
    row("PauseAllContainers", SERVER, OF_SERVER),
    row("UnpauseAllContainers", SERVER, OF_SERVER),
    row("StopAllContainers", SERVER, OF_SERVER),
    row("PruneContainers", SERVER, OF_SERVER),
    row("DeleteNetwork", SERVER, NAMED),
    row("PruneNetworks", SERVER, OF_SERVER),
    row("DeleteImage", SERVER, NAMED),
    row("PruneImages", SERVER, OF_SERVER),
    row("DeleteVolume", SERVER, NAMED),
    row("PruneVolumes", SERVER, OF_SERVER),
    row("PruneDockerBuilders", SERVER, OF_SERVER),
    row("PruneBuildx", SERVER, OF_SERVER),
    row("PruneSystem", SERVER, OF_SERVER),
];
