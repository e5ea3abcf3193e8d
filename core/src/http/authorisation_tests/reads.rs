//! The rows of the group `read`.

use varanus_proto::Kind as Fault;
use varanus_proto::entity::permission::PermissionLevel::Read;
use varanus_proto::entity::permission::SpecificPermission as Specific;
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::table::{End, Grant, Right, Row};
use Right::{Admin, AnyUser, Needs, Shows};

const fn row(name: &'static str, right: Right, params: &'static str) -> Row {
    Row::new(Group::Read, name, right, params)
}

const SERVER: &[Grant] = &[Grant::On(Kind::Server, Read, &[])];
const STACK: &[Grant] = &[Grant::On(Kind::Stack, Read, &[])];
const REPO: &[Grant] = &[Grant::On(Kind::Repo, Read, &[])];
const PROCEDURE: &[Grant] = &[Grant::On(Kind::Procedure, Read, &[])];
const SERVER_INSPECT: &[Grant] = &[Grant::On(Kind::Server, Read, &[Specific::Inspect])];
const SERVER_LOGS: &[Grant] = &[Grant::On(Kind::Server, Read, &[Specific::Logs])];
const SERVER_PROCESSES: &[Grant] = &[Grant::On(Kind::Server, Read, &[Specific::Processes])];
const STACK_INSPECT: &[Grant] = &[Grant::On(Kind::Stack, Read, &[Specific::Inspect])];
const STACK_LOGS: &[Grant] = &[Grant::On(Kind::Stack, Read, &[Specific::Logs])];

/// There is no agent to ask.
const NO_AGENT: End = End::Fails(Fault::Unreachable);

const OF_SERVER: &str = r#"{"server":"hidden-server"}"#;
const OF_STACK: &str = r#"{"stack":"hidden-stack"}"#;
const OF_REPO: &str = r#"{"repo":"hidden-repo"}"#;
const OF_PROCEDURE: &str = r#"{"procedure":"hidden-procedure"}"#;
const TARGET_SERVER: &str = r#"{"target":{"type":"Server","id":"hidden-server"}}"#;
const TARGET_STACK: &str = r#"{"target":{"type":"Stack","id":"hidden-stack"}}"#;
const CONTAINER: &str = r#"{"server":"hidden-server","container":"web"}"#;
const IMAGE: &str = r#"{"server":"hidden-server","image":"web"}"#;
const NETWORK: &str = r#"{"server":"hidden-server","network":"web"}"#;
const VOLUME: &str = r#"{"server":"hidden-server","volume":"web"}"#;
const SERVICE: &str = r#"{"stack":"hidden-stack","service":"web"}"#;

pub const ROWS: &[Row] = &[
    // What Core tells of itself.
    row("GetVersion", AnyUser, "{}"),
    row("GetCoreInfo", AnyUser, "{}"),
    row("ListSecrets", AnyUser, "{}"),
    row("ListSecrets", Needs(SERVER), TARGET_SERVER),
    row("ListGitProvidersFromConfig", AnyUser, "{}"),
    row("ListGitProvidersFromConfig", Needs(SERVER), TARGET_SERVER),
    row("ListImageRegistriesFromConfig", AnyUser, "{}"),
    row("ListImageRegistriesFromConfig", Needs(SERVER), TARGET_SERVER),
    row("ListSchedules", AnyUser, "{}"),
    row("ListTerminals", AnyUser, "{}"),
    // Servers.
    row("GetServer", Needs(SERVER), OF_SERVER),
    row("ListServers", Shows(SERVER), "{}"),
    row("ListFullServers", Shows(SERVER), "{}"),
    row("GetServersSummary", Shows(SERVER), "{}"),
    row("GetServerState", Needs(SERVER), OF_SERVER),
    row("GetServerActionState", Needs(SERVER), OF_SERVER),
    row("GetPeripheryInformation", Needs(SERVER), OF_SERVER).ends(NO_AGENT),
    row("GetSystemInformation", Needs(SERVER), OF_SERVER).ends(NO_AGENT),
    row("GetSystemStats", Needs(SERVER), OF_SERVER).ends(NO_AGENT),
    row(
        "GetHistoricalServerStats",
        Needs(SERVER),
        r#"{"server":"hidden-server","granularity":"1-min"}"#,
    ),
    row("ListSystemProcesses", Needs(SERVER_PROCESSES), OF_SERVER).ends(NO_AGENT),
    // What is on them.
    row("ListContainers", Needs(SERVER), OF_SERVER),
    row("ListNetworks", Needs(SERVER), OF_SERVER),
    row("ListImages", Needs(SERVER), OF_SERVER),
    row("ListVolumes", Needs(SERVER), OF_SERVER),
    row("ListComposeProjects", Needs(SERVER), OF_SERVER),
    row("ListAllContainers", Shows(SERVER), "{}").ends(End::Empty),
    row("GetContainersSummary", Shows(SERVER), "{}").ends(End::Empty),
    row("GetResourceMatchingContainer", Needs(SERVER), CONTAINER),
    row("InspectContainer", Needs(SERVER_INSPECT), CONTAINER).ends(NO_AGENT),
    row("InspectNetwork", Needs(SERVER_INSPECT), NETWORK).ends(NO_AGENT),
    row("InspectVolume", Needs(SERVER_INSPECT), VOLUME).ends(NO_AGENT),
    row("InspectImage", Needs(SERVER_INSPECT), IMAGE).ends(NO_AGENT),
    row("ListImageHistory", Needs(SERVER_INSPECT), IMAGE).ends(NO_AGENT),
    row("GetContainerLog", Needs(SERVER_LOGS), CONTAINER).ends(NO_AGENT),
    row(
        "SearchContainerLog",
        Needs(SERVER_LOGS),
        r#"{"server":"hidden-server","container":"web","terms":["x"]}"#,
    )
    .ends(NO_AGENT),
    // Stacks.
    row("GetStack", Needs(STACK), OF_STACK),
    row("ListStacks", Shows(STACK), "{}"),
    row("ListFullStacks", Shows(STACK), "{}"),
    row("GetStacksSummary", Shows(STACK), "{}"),
    row("GetStackActionState", Needs(STACK), OF_STACK),
    row("ListStackServices", Needs(STACK), OF_STACK),
    row("ListAllStackServices", Shows(STACK), "{}"),
    row("ListCommonStackExtraArgs", Shows(STACK), "{}"),
    row("ListCommonStackBuildExtraArgs", Shows(STACK), "{}"),
    row("GetStackLog", Needs(STACK_LOGS), r#"{"stack":"hidden-stack","services":[]}"#)
        .ends(NO_AGENT),
    row(
        "SearchStackLog",
        Needs(STACK_LOGS),
        r#"{"stack":"hidden-stack","services":[],"terms":["x"]}"#,
    )
    .ends(NO_AGENT),
    // Nothing was observed, so its service has no container.
    row("InspectStackContainer", Needs(STACK_INSPECT), SERVICE).ends(End::Fails(Fault::NotFound)),
    row("InspectStackSwarmService", Needs(STACK), SERVICE).ends(End::Fails(Fault::Invalid)),
    // Repos and procedures.
    row("GetRepo", Needs(REPO), OF_REPO),
    row("ListRepos", Shows(REPO), "{}"),
    row("ListFullRepos", Shows(REPO), "{}"),
    row("GetReposSummary", Shows(REPO), "{}"),
    row("GetRepoActionState", Needs(REPO), OF_REPO),
    row("GetProcedure", Needs(PROCEDURE), OF_PROCEDURE),
    row("ListProcedures", Shows(PROCEDURE), "{}"),
    row("ListFullProcedures", Shows(PROCEDURE), "{}"),
    row("GetProceduresSummary", Shows(PROCEDURE), "{}"),
    row("GetProcedureActionState", Needs(PROCEDURE), OF_PROCEDURE),
    // What happened.
    row("GetUpdate", Needs(STACK), r#"{"id":"@update"}"#),
    row("ListUpdates", Shows(STACK), "{}"),
    row("GetAlert", Needs(SERVER), r#"{"id":"@alert"}"#),
    row("ListAlerts", Shows(SERVER), "{}"),
    row("ListWebhookDeliveries", Admin, "{}"),
    row("ListWebhookDeliveries", Needs(STACK), TARGET_STACK),
    // Resource files.
    row("ExportAllResourcesToToml", Shows(STACK), "{}"),
    row("ExportAllResourcesToToml", Admin, r#"{"include_user_groups":true}"#),
    row("ExportResourcesToToml", AnyUser, r#"{"include_variables":true}"#),
    row(
        "ExportResourcesToToml",
        Needs(STACK),
        r#"{"targets":[{"type":"Stack","id":"hidden-stack"}]}"#,
    ),
    row("ExportResourcesToToml", Admin, r#"{"user_groups":["hidden-group"]}"#),
    // What every user knows; the value of a secret is not in it.
    row("GetVariable", AnyUser, r#"{"name":"SECRET"}"#),
    row("ListVariables", AnyUser, "{}"),
    row("GetTag", AnyUser, r#"{"tag":"blue"}"#),
    row("ListTags", AnyUser, "{}"),
    row("GetUsername", AnyUser, r#"{"user_id":"mallory"}"#),
    // What only admins know.
    row("GetGitProviderAccount", Admin, r#"{"id":"@git"}"#),
    row("ListGitProviderAccounts", Admin, "{}"),
    row("GetImageRegistryAccount", Admin, r#"{"id":"@registry"}"#),
    row("ListImageRegistryAccounts", Admin, "{}"),
    row("ListOnboardingKeys", Admin, "{}"),
    row("ListUsers", Admin, "{}"),
    row("FindUser", Admin, r#"{"user":"mallory"}"#),
    row("ListApiKeysForServiceUser", Admin, r#"{"user":"robot"}"#),
    row(
        "ListUserTargetPermissions",
        Admin,
        r#"{"user_target":{"type":"UserGroup","id":"hidden-group"}}"#,
    ),
    // Of the caller.
    row("ListApiKeys", AnyUser, "{}"),
    row("ListPermissions", Shows(STACK), "{}"),
    row("GetPermission", AnyUser, TARGET_STACK),
    row("GetUserGroup", Needs(&[Grant::Member]), r#"{"user_group":"hidden-group"}"#),
    row("ListUserGroups", Shows(&[Grant::Member]), "{}"),
];
