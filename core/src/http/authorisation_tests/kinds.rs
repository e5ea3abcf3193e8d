//! The rows of the kinds of resources whose requests are alike: both groups of
//! a kind stand together.

use varanus_proto::Kind as Fault;
use varanus_proto::entity::permission::PermissionLevel::{Execute, Read, Write};
use varanus_proto::entity::permission::SpecificPermission::{Attach, Inspect, Logs};
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::table::{End, Grant, Right, Row};
use Right::{Admin, AdminKnowing, AnyUser, Needs, Shows};

const fn read(name: &'static str, right: Right, params: &'static str) -> Row {
    Row::new(Group::Read, name, right, params)
}

const fn write(name: &'static str, right: Right, params: &'static str) -> Row {
    Row::new(Group::Write, name, right, params)
}

const BUILDER: &[Grant] = &[Grant::On(Kind::Builder, Read, &[])];
const BUILD: &[Grant] = &[Grant::On(Kind::Build, Read, &[])];

/// To attach something to a server, or a build to a builder.
const ON_SERVER: Grant = Grant::On(Kind::Server, Read, &[Attach]);
const ON_BUILDER: Grant = Grant::On(Kind::Builder, Read, &[Attach]);
const LINKED: Grant = Grant::On(Kind::Repo, Read, &[]);

const W_BUILDER: Grant = Grant::On(Kind::Builder, Write, &[]);
const X_BUILD: Grant = Grant::On(Kind::Build, Execute, &[]);
const W_BUILD: Grant = Grant::On(Kind::Build, Write, &[]);
const W_REPO: Grant = Grant::On(Kind::Repo, Write, &[]);

const ALERTER: &[Grant] = &[Grant::On(Kind::Alerter, Read, &[])];
const ACTION: &[Grant] = &[Grant::On(Kind::Action, Read, &[])];
const SYNC: &[Grant] = &[Grant::On(Kind::ResourceSync, Read, &[])];
const W_ALERTER: Grant = Grant::On(Kind::Alerter, Write, &[]);
const W_ACTION: Grant = Grant::On(Kind::Action, Write, &[]);
const X_SYNC: Grant = Grant::On(Kind::ResourceSync, Execute, &[]);
const W_SYNC: Grant = Grant::On(Kind::ResourceSync, Write, &[]);
const OF_ACTION: &str = r#"{"action":"hidden-action"}"#;
const OF_SYNC: &str = r#"{"sync":"hidden-resourcesync"}"#;

const DEPLOYMENT: &[Grant] = &[Grant::On(Kind::Deployment, Read, &[])];
const DEPLOYMENT_LOGS: &[Grant] = &[Grant::On(Kind::Deployment, Read, &[Logs])];
const DEPLOYMENT_INSPECT: &[Grant] = &[Grant::On(Kind::Deployment, Read, &[Inspect])];
const W_DEPLOYMENT: Grant = Grant::On(Kind::Deployment, Write, &[]);
const X_DEPLOYMENT: Grant = Grant::On(Kind::Deployment, Execute, &[]);
const OF_DEPLOYMENT: &str = r#"{"deployment":"hidden-deployment"}"#;
/// There is no agent to ask.
const NO_AGENT: End = End::Fails(Fault::Unreachable);

const OF_BUILDER: &str = r#"{"builder":"hidden-builder"}"#;
const OF_BUILD: &str = r#"{"build":"hidden-build"}"#;

pub const ROWS: &[Row] = &[
    // Builders.
    read("GetBuilder", Needs(BUILDER), OF_BUILDER),
    read("ListBuilders", Shows(BUILDER), "{}"),
    read("ListFullBuilders", Shows(BUILDER), "{}"),
    read("GetBuildersSummary", Shows(BUILDER), "{}"),
    write("CreateBuilder", Admin, r#"{"name":"fresh"}"#),
    write("CopyBuilder", AdminKnowing(BUILDER), r#"{"name":"fresh","id":"hidden-builder"}"#),
    write(
        "UpdateBuilder",
        Needs(&[W_BUILDER]),
        r#"{"id":"hidden-builder","config":{"type":"Url","params":{"passkey":"x"}}}"#,
    ),
    write(
        "UpdateBuilder",
        Needs(&[W_BUILDER, ON_SERVER]),
        r#"{"id":"hidden-builder","config":{"type":"Server","params":{
            "server_ids":["hidden-server"]}}}"#,
    ),
    write("RenameBuilder", Needs(&[W_BUILDER]), r#"{"id":"hidden-builder","name":"renamed"}"#),
    write("DeleteBuilder", Needs(&[W_BUILDER]), r#"{"id":"hidden-builder"}"#),
    write(
        "UpdateRepo",
        Needs(&[W_REPO, ON_BUILDER]),
        r#"{"id":"hidden-repo","config":{"builder_id":"hidden-builder"}}"#,
    ),
    // Builds.
    read("GetBuild", Needs(BUILD), OF_BUILD),
    read("ListBuilds", Shows(BUILD), "{}"),
    read("ListFullBuilds", Shows(BUILD), "{}"),
    read("GetBuildsSummary", Shows(BUILD), "{}"),
    read("GetBuildActionState", Needs(BUILD), OF_BUILD),
    read("ListCommonBuildExtraArgs", Shows(BUILD), "{}"),
    read("ListBuildVersions", Needs(BUILD), OF_BUILD),
    read("GetBuildMonthlyStats", AnyUser, "{}"),
    write("CreateBuild", Needs(&[Grant::MakesBuilds]), r#"{"name":"fresh"}"#),
    write(
        "CopyBuild",
        Needs(&[Grant::On(Kind::Build, Read, &[]), ON_BUILDER, Grant::MakesBuilds]),
        r#"{"name":"fresh","id":"hidden-build"}"#,
    ),
    write("UpdateBuild", Needs(&[W_BUILD]), r#"{"id":"hidden-build","config":{"branch":"x"}}"#),
    write(
        "UpdateBuild",
        Needs(&[W_BUILD, LINKED, ON_BUILDER]),
        r#"{"id":"hidden-build","config":{"linked_repo":"hidden-repo",
            "builder_id":"hidden-builder"}}"#,
    ),
    write("RefreshBuildCache", Needs(&[X_BUILD]), OF_BUILD),
    write(
        "WriteBuildFileContents",
        Needs(&[W_BUILD]),
        r#"{"build":"hidden-build","contents":"FROM scratch"}"#,
    ),
    write("RenameBuild", Needs(&[W_BUILD]), r#"{"id":"hidden-build","name":"renamed"}"#),
    write("DeleteBuild", Needs(&[W_BUILD]), r#"{"id":"hidden-build"}"#),
    // Alerters.
    read("GetAlerter", Needs(ALERTER), r#"{"alerter":"hidden-alerter"}"#),
    read("ListAlerters", Shows(ALERTER), "{}"),
    read("ListFullAlerters", Shows(ALERTER), "{}"),
    read("GetAlertersSummary", Shows(ALERTER), "{}"),
    write("CreateAlerter", Admin, r#"{"name":"fresh"}"#),
    write("CopyAlerter", AdminKnowing(ALERTER), r#"{"name":"fresh","id":"hidden-alerter"}"#),
    write(
        "UpdateAlerter",
        Needs(&[W_ALERTER]),
        r#"{"id":"hidden-alerter","config":{"enabled":true}}"#,
    ),
    write(
        "UpdateAlerter",
        Needs(&[W_ALERTER, LINKED]),
        r#"{"id":"hidden-alerter","config":{"resources":[{"type":"Repo","id":"hidden-repo"}]}}"#,
    ),
    write("RenameAlerter", Needs(&[W_ALERTER]), r#"{"id":"hidden-alerter","name":"renamed"}"#),
    write("DeleteAlerter", Needs(&[W_ALERTER]), r#"{"id":"hidden-alerter"}"#),
    // Actions.
    read("GetAction", Needs(ACTION), OF_ACTION),
    read("ListActions", Shows(ACTION), "{}"),
    read("ListFullActions", Shows(ACTION), "{}"),
    read("GetActionsSummary", Shows(ACTION), "{}"),
    read("GetActionActionState", Needs(ACTION), OF_ACTION),
    write("CreateAction", Admin, r#"{"name":"fresh"}"#),
    write("CopyAction", AdminKnowing(ACTION), r#"{"name":"fresh","id":"hidden-action"}"#),
    write(
        "UpdateAction",
        Needs(&[W_ACTION]),
        r#"{"id":"hidden-action","config":{"run_at_startup":true}}"#,
    ),
    write("RenameAction", Needs(&[W_ACTION]), r#"{"id":"hidden-action","name":"renamed"}"#),
    write("DeleteAction", Needs(&[W_ACTION]), r#"{"id":"hidden-action"}"#),
    // Resource syncs.
    read("GetResourceSync", Needs(SYNC), OF_SYNC),
    read("ListResourceSyncs", Shows(SYNC), "{}"),
    read("ListFullResourceSyncs", Shows(SYNC), "{}"),
    read("GetResourceSyncsSummary", Shows(SYNC), "{}"),
    read("GetResourceSyncActionState", Needs(SYNC), OF_SYNC),
    write("CreateResourceSync", Admin, r#"{"name":"fresh"}"#),
    write("CopyResourceSync", AdminKnowing(SYNC), r#"{"name":"fresh","id":"hidden-resourcesync"}"#),
    write(
        "UpdateResourceSync",
        Needs(&[W_SYNC, LINKED]),
        r#"{"id":"hidden-resourcesync","config":{"linked_repo":"hidden-repo"}}"#,
    ),
    write(
        "RenameResourceSync",
        Needs(&[W_SYNC]),
        r#"{"id":"hidden-resourcesync","name":"renamed"}"#,
    ),
    write(
        "WriteSyncFileContents",
        Needs(&[W_SYNC]),
        r#"{"sync":"hidden-resourcesync","resource_path":"","file_path":"","contents":"\n"}"#,
    ),
    write("CommitSync", Needs(&[W_SYNC]), OF_SYNC),
    write("RefreshResourceSyncPending", Needs(&[X_SYNC]), OF_SYNC),
    Row::new(Group::Execute, "RunSync", Needs(&[X_SYNC]), OF_SYNC),
    write("DeleteResourceSync", Needs(&[W_SYNC]), r#"{"id":"hidden-resourcesync"}"#),
    // Deployments.
    read("GetDeployment", Needs(DEPLOYMENT), OF_DEPLOYMENT),
    read("ListDeployments", Shows(DEPLOYMENT), "{}"),
    read("ListFullDeployments", Shows(DEPLOYMENT), "{}"),
    read("GetDeploymentsSummary", Shows(DEPLOYMENT), "{}"),
    read("GetDeploymentActionState", Needs(DEPLOYMENT), OF_DEPLOYMENT),
    read("GetDeploymentContainer", Needs(DEPLOYMENT), OF_DEPLOYMENT),
    read("ListCommonDeploymentExtraArgs", Shows(DEPLOYMENT), "{}"),
    read("GetDeploymentStats", Needs(DEPLOYMENT), OF_DEPLOYMENT).ends(NO_AGENT),
    read("GetDeploymentLog", Needs(DEPLOYMENT_LOGS), OF_DEPLOYMENT).ends(NO_AGENT),
    read(
        "SearchDeploymentLog",
        Needs(DEPLOYMENT_LOGS),
        r#"{"deployment":"hidden-deployment","terms":["x"]}"#,
    )
    .ends(NO_AGENT),
    read("InspectDeploymentContainer", Needs(DEPLOYMENT_INSPECT), OF_DEPLOYMENT).ends(NO_AGENT),
    read("InspectDeploymentSwarmService", Needs(DEPLOYMENT), OF_DEPLOYMENT)
        .ends(End::Fails(Fault::Invalid)),
    write("CreateDeployment", AnyUser, r#"{"name":"fresh"}"#),
    write(
        "CreateDeployment",
        Needs(&[ON_SERVER, Grant::On(Kind::Build, Read, &[])]),
        r#"{"name":"fresh","config":{"server_id":"hidden-server",
            "image":{"type":"Build","params":{"build_id":"hidden-build"}}}}"#,
    ),
    write(
        "CopyDeployment",
        Needs(&[Grant::On(Kind::Deployment, Read, &[]), ON_SERVER]),
        r#"{"name":"fresh","id":"hidden-deployment"}"#,
    ),
    write(
        "UpdateDeployment",
        Needs(&[W_DEPLOYMENT]),
        r#"{"id":"hidden-deployment","config":{"command":"x"}}"#,
    ),
    write(
        "UpdateDeployment",
        Needs(&[W_DEPLOYMENT, ON_SERVER]),
        r#"{"id":"hidden-deployment","config":{"server_id":"hidden-server","command":"x"}}"#,
    ),
    write(
        "RenameDeployment",
        Needs(&[W_DEPLOYMENT]),
        r#"{"id":"hidden-deployment","name":"renamed"}"#,
    ),
    write("DeleteDeployment", Needs(&[W_DEPLOYMENT]), r#"{"id":"hidden-deployment"}"#),
    write(
        "CreateDeploymentFromContainer",
        Needs(&[Grant::On(Kind::Server, Read, &[Inspect, Attach])]),
        r#"{"name":"web","server":"hidden-server"}"#,
    )
    .ends(NO_AGENT),
    write("CheckDeploymentForUpdate", Needs(&[X_DEPLOYMENT]), OF_DEPLOYMENT).ends(NO_AGENT),
    write("BatchCheckDeploymentForUpdate", Shows(&[X_DEPLOYMENT]), r#"{"pattern":"*"}"#)
        .ends(End::Empty),
];
