//! The rows of the group `write`.

use varanus_proto::Kind as Fault;
use varanus_proto::entity::permission::PermissionLevel::{Execute, Read, Write};
use varanus_proto::entity::permission::SpecificPermission::Attach;
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::table::{End, Grant, Right, Row};
use Right::{Admin, AnyUser, Needs, Owner, Shows, SuperAdmin};

const fn row(name: &'static str, right: Right, params: &'static str) -> Row {
    Row::new(Group::Write, name, right, params)
}

const SERVER: Right = Needs(&[Grant::On(Kind::Server, Write, &[])]);
const STACK: Right = Needs(&[Grant::On(Kind::Stack, Write, &[])]);
const REPO: Right = Needs(&[Grant::On(Kind::Repo, Write, &[])]);
const PROCEDURE: Right = Needs(&[Grant::On(Kind::Procedure, Write, &[])]);
const ATTACH: Grant = Grant::On(Kind::Server, Read, &[Attach]);

/// There is no agent to ask.
const NO_AGENT: End = End::Fails(Fault::Unreachable);

const COPY_SERVER: Right = Needs(&[Grant::On(Kind::Server, Read, &[]), Grant::MakesServers]);
const COPY_STACK: Right = Needs(&[Grant::On(Kind::Stack, Read, &[]), ATTACH]);
const COPY_REPO: Right = Needs(&[Grant::On(Kind::Repo, Read, &[]), ATTACH]);
// Whoever copies a procedure must be able to do what it does.
const COPY_PROCEDURE: Right =
    Needs(&[Grant::On(Kind::Procedure, Read, &[]), Grant::On(Kind::Stack, Execute, &[])]);
const MOVE_STACK: Right = Needs(&[Grant::On(Kind::Stack, Write, &[]), ATTACH]);
const LINK_STACK: Right =
    Needs(&[Grant::On(Kind::Stack, Write, &[]), Grant::On(Kind::Repo, Read, &[])]);
const MOVE_REPO: Right = Needs(&[Grant::On(Kind::Repo, Write, &[]), ATTACH]);
const STAGES: Right =
    Needs(&[Grant::On(Kind::Procedure, Write, &[]), Grant::On(Kind::Stack, Execute, &[])]);

pub const ROWS: &[Row] = &[
    // Servers.
    row("CreateServer", Needs(&[Grant::MakesServers]), r#"{"name":"fresh"}"#),
    row("CopyServer", COPY_SERVER, r#"{"name":"fresh","id":"hidden-server"}"#),
    row("UpdateServer", SERVER, r#"{"id":"hidden-server","config":{"region":"moon"}}"#),
    row("RenameServer", SERVER, r#"{"id":"hidden-server","name":"renamed"}"#),
    row("DeleteServer", SERVER, r#"{"id":"hidden-server"}"#),
    row("UpdateServerPublicKey", SERVER, r#"{"server":"hidden-server","public_key":"key"}"#),
    row("CreateNetwork", SERVER, r#"{"server":"hidden-server","name":"web"}"#).ends(NO_AGENT),
    row("RotateServerKeys", SERVER, r#"{"server":"hidden-server"}"#).ends(NO_AGENT),
    // Stacks.
    row("CreateStack", AnyUser, r#"{"name":"fresh"}"#),
    row(
        "CreateStack",
        Needs(&[ATTACH]),
        r#"{"name":"fresh","config":{"server_id":"hidden-server"}}"#,
    ),
    row("CopyStack", COPY_STACK, r#"{"name":"fresh","id":"hidden-stack"}"#),
    row("UpdateStack", STACK, r#"{"id":"hidden-stack","config":{"run_directory":"x"}}"#),
    row(
        "UpdateStack",
        MOVE_STACK,
        r#"{"id":"hidden-stack","config":{"server_id":"hidden-server","branch":"x"}}"#,
    ),
    row(
        "UpdateStack",
        LINK_STACK,
        r#"{"id":"hidden-stack","config":{"linked_repo":"hidden-repo"}}"#,
    ),
    row("RenameStack", STACK, r#"{"id":"hidden-stack","name":"renamed"}"#),
    row("DeleteStack", STACK, r#"{"id":"hidden-stack"}"#),
    row(
        "WriteStackFileContents",
        STACK,
        r#"{"stack":"hidden-stack","file_path":"compose.yaml","contents":"services: {}"}"#,
    ),
    row(
        "RefreshStackCache",
        Needs(&[Grant::On(Kind::Stack, Execute, &[])]),
        r#"{"stack":"hidden-stack"}"#,
    ),
    row(
        "CheckStackForUpdate",
        Needs(&[Grant::On(Kind::Stack, Execute, &[])]),
        r#"{"stack":"hidden-stack"}"#,
    )
    .ends(NO_AGENT),
    row(
        "BatchCheckStackForUpdate",
        Shows(&[Grant::On(Kind::Stack, Execute, &[])]),
        r#"{"pattern":"*"}"#,
    )
    .ends(End::Empty),
    // Repos.
    row("CreateRepo", AnyUser, r#"{"name":"fresh"}"#),
    row(
        "CreateRepo",
        Needs(&[ATTACH]),
        r#"{"name":"fresh","config":{"server_id":"hidden-server"}}"#,
    ),
    row("CopyRepo", COPY_REPO, r#"{"name":"fresh","id":"hidden-repo"}"#),
    row("UpdateRepo", REPO, r#"{"id":"hidden-repo","config":{"branch":"x"}}"#),
    row(
        "UpdateRepo",
        MOVE_REPO,
        r#"{"id":"hidden-repo","config":{"server_id":"hidden-server","branch":"x"}}"#,
    ),
    row("RenameRepo", REPO, r#"{"id":"hidden-repo","name":"renamed"}"#),
    row("DeleteRepo", REPO, r#"{"id":"hidden-repo"}"#),
    row(
        "RefreshRepoCache",
        Needs(&[Grant::On(Kind::Repo, Execute, &[])]),
        r#"{"repo":"hidden-repo"}"#,
    )
    .ends(NO_AGENT),
    // Procedures.
    row("CreateProcedure", AnyUser, r#"{"name":"fresh"}"#),
    row(
        "CreateProcedure",
        Needs(&[Grant::On(Kind::Stack, Execute, &[])]),
        r#"{"name":"fresh","config":{"stages":[{"name":"s","executions":[
            {"execution":{"type":"StopStack","params":{"stack":"hidden-stack"}}}]}]}}"#,
    ),
    row("CopyProcedure", COPY_PROCEDURE, r#"{"name":"fresh","id":"hidden-procedure"}"#),
    row(
        "UpdateProcedure",
        PROCEDURE,
        r#"{"id":"hidden-procedure","config":{"webhook_enabled":false}}"#,
    ),
    row(
        "UpdateProcedure",
        STAGES,
        r#"{"id":"hidden-procedure","config":{"stages":[{"name":"s","enabled":true,"executions":[
            {"execution":{"type":"StopStack","params":{"stack":"hidden-stack"}},"enabled":true}]}]}}"#,
    ),
    row("RenameProcedure", PROCEDURE, r#"{"id":"hidden-procedure","name":"renamed"}"#),
    row("DeleteProcedure", PROCEDURE, r#"{"id":"hidden-procedure"}"#),
    // Of every resource.
    row(
        "UpdateResourceMeta",
        STACK,
        r#"{"target":{"type":"Stack","id":"hidden-stack"},"description":"x"}"#,
    ),
    row(
        "PushRecentlyViewed",
        Needs(&[Grant::On(Kind::Stack, Read, &[])]),
        r#"{"resource":{"type":"Stack","id":"hidden-stack"}}"#,
    ),
    row("SetLastSeenUpdate", AnyUser, "{}"),
    row("CancelRun", Needs(&[Grant::On(Kind::Procedure, Execute, &[])]), r#"{"id":"@run"}"#),
    row("CloseAlert", Admin, r#"{"id":"@alert"}"#),
    // The installation.
    row("CreateTag", AnyUser, r#"{"name":"fresh"}"#),
    row("RenameTag", Owner, r#"{"id":"blue","name":"renamed"}"#),
    row("UpdateTagColor", Owner, r#"{"tag":"blue","color":"DarkSlate"}"#),
    row("DeleteTag", Owner, r#"{"id":"blue"}"#),
    row("CreateVariable", Admin, r#"{"name":"FRESH"}"#),
    row("UpdateVariableValue", Admin, r#"{"name":"SECRET","value":"x"}"#),
    row("UpdateVariableDescription", Admin, r#"{"name":"SECRET","description":"x"}"#),
    row("UpdateVariableIsSecret", Admin, r#"{"name":"SECRET","is_secret":false}"#),
    row("DeleteVariable", Admin, r#"{"name":"SECRET"}"#),
    row("CreateGitProviderAccount", Admin, r#"{"account":{"domain":"d","username":"u"}}"#),
    row("UpdateGitProviderAccount", Admin, r#"{"id":"@git","account":{"username":"v"}}"#),
    row("DeleteGitProviderAccount", Admin, r#"{"id":"@git"}"#),
    row("CreateImageRegistryAccount", Admin, r#"{"account":{"domain":"d","username":"u"}}"#),
    row("UpdateImageRegistryAccount", Admin, r#"{"id":"@registry","account":{"username":"v"}}"#),
    row("DeleteImageRegistryAccount", Admin, r#"{"id":"@registry"}"#),
    row("SealDatabase", Admin, "{}"),
    row("UnsealDatabase", Admin, "{}"),
    // Who may come in and what they may do.
    row("CreateOnboardingKey", Admin, r#"{"name":"fresh"}"#),
    row("UpdateOnboardingKey", Admin, r#"{"public_key":"hidden-key","enabled":false}"#),
    row("DeleteOnboardingKey", Admin, r#"{"public_key":"hidden-key"}"#),
    row("CreateLocalUser", Admin, r#"{"username":"fresh","password":"a-password"}"#),
    row("CreateServiceUser", Admin, r#"{"username":"fresh","description":"x"}"#),
    row("UpdateServiceUserDescription", Admin, r#"{"username":"robot","description":"x"}"#),
    row("UpdateUserBasePermissions", Admin, r#"{"user_id":"mallory","enabled":false}"#),
    row("UpdateUserAdmin", SuperAdmin, r#"{"user_id":"mallory","admin":true}"#),
    row("DeleteUser", Admin, r#"{"user":"mallory"}"#),
    // An admin is changed by a super admin alone.
    row("UpdateUserBasePermissions", SuperAdmin, r#"{"user_id":"captain","enabled":false}"#),
    row("DeleteUser", SuperAdmin, r#"{"user":"captain"}"#),
    row("CreateApiKeyForServiceUser", Admin, r#"{"user_id":"robot","name":"fresh"}"#),
    row("DeleteApiKeyForServiceUser", Admin, r#"{"key":"K_robot_K"}"#),
    row("CreateUserGroup", Admin, r#"{"name":"fresh"}"#),
    row("RenameUserGroup", Admin, r#"{"id":"hidden-group","name":"renamed"}"#),
    row("AddUserToUserGroup", Admin, r#"{"user_group":"hidden-group","user":"mallory"}"#),
    row("RemoveUserFromUserGroup", Admin, r#"{"user_group":"hidden-group","user":"robot"}"#),
    row("SetUsersInUserGroup", Admin, r#"{"user_group":"hidden-group","users":["mallory"]}"#),
    row("SetEveryoneUserGroup", Admin, r#"{"user_group":"hidden-group","everyone":true}"#),
    row("DeleteUserGroup", Admin, r#"{"id":"hidden-group"}"#),
    row(
        "UpdatePermissionOnTarget",
        Admin,
        r#"{"user_target":{"type":"User","id":"mallory"},"permission":"Read",
            "resource_target":{"type":"Stack","id":"hidden-stack"}}"#,
    ),
    row(
        "UpdatePermissionOnResourceType",
        Admin,
        r#"{"user_target":{"type":"User","id":"mallory"},"permission":"Read",
            "resource_type":"Stack"}"#,
    ),
];
