//! The update.

use crate::entity::resource::ResourceTarget;
use crate::{MongoId, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

named_enum! {
    /// An operation.
    pub enum Operation {
        #[default]
        None = "None",
        CreateSwarm = "CreateSwarm",
        UpdateSwarm = "UpdateSwarm",
        RenameSwarm = "RenameSwarm",
        DeleteSwarm = "DeleteSwarm",
        RemoveSwarmNodes = "RemoveSwarmNodes",
        UpdateSwarmNode = "UpdateSwarmNode",
        RemoveSwarmStacks = "RemoveSwarmStacks",
        RemoveSwarmServices = "RemoveSwarmServices",
        CreateSwarmConfig = "CreateSwarmConfig",
        RotateSwarmConfig = "RotateSwarmConfig",
        RemoveSwarmConfigs = "RemoveSwarmConfigs",
        CreateSwarmSecret = "CreateSwarmSecret",
        RotateSwarmSecret = "RotateSwarmSecret",
        RemoveSwarmSecrets = "RemoveSwarmSecrets",
        CreateServer = "CreateServer",
        UpdateServer = "UpdateServer",
        UpdateServerKey = "UpdateServerKey",
        DeleteServer = "DeleteServer",
        RenameServer = "RenameServer",
        StartContainer = "StartContainer",
        RestartContainer = "RestartContainer",
        PauseContainer = "PauseContainer",
        UnpauseContainer = "UnpauseContainer",
        StopContainer = "StopContainer",
        DestroyContainer = "DestroyContainer",
        StartAllContainers = "StartAllContainers",
        RestartAllContainers = "RestartAllContainers",
        PauseAllContainers = "PauseAllContainers",
        UnpauseAllContainers = "UnpauseAllContainers",
        StopAllContainers = "StopAllContainers",
        PruneContainers = "PruneContainers",
        CreateNetwork = "CreateNetwork",
        DeleteNetwork = "DeleteNetwork",
        PruneNetworks = "PruneNetworks",
        DeleteImage = "DeleteImage",
        PruneImages = "PruneImages",
        DeleteVolume = "DeleteVolume",
        PruneVolumes = "PruneVolumes",
        PruneDockerBuilders = "PruneDockerBuilders",
        PruneBuildx = "PruneBuildx",
        PruneSystem = "PruneSystem",
        CreateStack = "CreateStack",
        UpdateStack = "UpdateStack",
        RenameStack = "RenameStack",
        DeleteStack = "DeleteStack",
        WriteStackContents = "WriteStackContents",
        RefreshStackCache = "RefreshStackCache",
        PullStack = "PullStack",
        DeployStack = "DeployStack",
        StartStack = "StartStack",
        RestartStack = "RestartStack",
        PauseStack = "PauseStack",
        UnpauseStack = "UnpauseStack",
        StopStack = "StopStack",
        DestroyStack = "DestroyStack",
        RunStackService = "RunStackService",
        CheckStackForUpdate = "CheckStackForUpdate",
        DeployStackService = "DeployStackService",
        PullStackService = "PullStackService",
        StartStackService = "StartStackService",
        RestartStackService = "RestartStackService",
        PauseStackService = "PauseStackService",
        UnpauseStackService = "UnpauseStackService",
        StopStackService = "StopStackService",
        DestroyStackService = "DestroyStackService",
        CreateDeployment = "CreateDeployment",
        UpdateDeployment = "UpdateDeployment",
        RenameDeployment = "RenameDeployment",
        DeleteDeployment = "DeleteDeployment",
        Deploy = "Deploy",
        PullDeployment = "PullDeployment",
        StartDeployment = "StartDeployment",
        RestartDeployment = "RestartDeployment",
        PauseDeployment = "PauseDeployment",
        UnpauseDeployment = "UnpauseDeployment",
        StopDeployment = "StopDeployment",
        DestroyDeployment = "DestroyDeployment",
        CheckDeploymentForUpdate = "CheckDeploymentForUpdate",
        CreateBuild = "CreateBuild",
        UpdateBuild = "UpdateBuild",
        RenameBuild = "RenameBuild",
        DeleteBuild = "DeleteBuild",
        RunBuild = "RunBuild",
        CancelBuild = "CancelBuild",
        WriteDockerfile = "WriteDockerfile",
        CreateRepo = "CreateRepo",
        UpdateRepo = "UpdateRepo",
        RenameRepo = "RenameRepo",
        DeleteRepo = "DeleteRepo",
        CloneRepo = "CloneRepo",
        PullRepo = "PullRepo",
        BuildRepo = "BuildRepo",
        CancelRepoBuild = "CancelRepoBuild",
        CreateProcedure = "CreateProcedure",
        UpdateProcedure = "UpdateProcedure",
        RenameProcedure = "RenameProcedure",
        DeleteProcedure = "DeleteProcedure",
        RunProcedure = "RunProcedure",
        CancelProcedure = "CancelProcedure",
        CreateAction = "CreateAction",
        UpdateAction = "UpdateAction",
        RenameAction = "RenameAction",
        DeleteAction = "DeleteAction",
        RunAction = "RunAction",
        CancelAction = "CancelAction",
        CreateResourceSync = "CreateResourceSync",
        UpdateResourceSync = "UpdateResourceSync",
        RenameResourceSync = "RenameResourceSync",
        DeleteResourceSync = "DeleteResourceSync",
        WriteSyncContents = "WriteSyncContents",
        CommitSync = "CommitSync",
        RunSync = "RunSync",
        CreateBuilder = "CreateBuilder",
        UpdateBuilder = "UpdateBuilder",
        RenameBuilder = "RenameBuilder",
        DeleteBuilder = "DeleteBuilder",
        CreateAlerter = "CreateAlerter",
        UpdateAlerter = "UpdateAlerter",
        RenameAlerter = "RenameAlerter",
        DeleteAlerter = "DeleteAlerter",
        TestAlerter = "TestAlerter",
        SendAlert = "SendAlert",
        ClearRepoCache = "ClearRepoCache",
        BackupCoreDatabase = "BackupCoreDatabase",
        GlobalAutoUpdate = "GlobalAutoUpdate",
        RotateAllServerKeys = "RotateAllServerKeys",
        RotateCoreKeys = "RotateCoreKeys",
        CreateVariable = "CreateVariable",
        UpdateVariableValue = "UpdateVariableValue",
        DeleteVariable = "DeleteVariable",
        CreateGitProviderAccount = "CreateGitProviderAccount",
        UpdateGitProviderAccount = "UpdateGitProviderAccount",
        DeleteGitProviderAccount = "DeleteGitProviderAccount",
        CreateDockerRegistryAccount = "CreateDockerRegistryAccount",
        UpdateDockerRegistryAccount = "UpdateDockerRegistryAccount",
        DeleteDockerRegistryAccount = "DeleteDockerRegistryAccount",
    }
}

/// An update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Update {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub operation: Operation,
    pub start_ts: i64,
    pub success: bool,
    pub operator: String,
    pub target: ResourceTarget,
    pub logs: Vec<Log>,
    #[serde(default)]
    pub end_ts: Option<i64>,
    pub status: UpdateStatus,
    #[serde(default, skip_serializing_if = "Version::is_none")]
    pub version: Version,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub commit_hash: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub other_data: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prev_toml: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub current_toml: String,
}

/// An update list item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateListItem {
    pub id: String,
    pub operation: Operation,
    pub start_ts: i64,
    pub success: bool,
    pub username: String,
    pub operator: String,
    pub target: ResourceTarget,
    pub status: UpdateStatus,
    #[serde(default, skip_serializing_if = "Version::is_none")]
    pub version: Version,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub other_data: String,
}

/// A log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Log {
    pub stage: String,
    pub command: String,
    pub stdout: String,
    pub stderr: String,
    pub success: bool,
    pub start_ts: i64,
    pub end_ts: i64,
}

named_enum! {
    /// An update status.
    pub enum UpdateStatus {
        Queued = "Queued",
        InProgress = "InProgress",
        #[default]
        Complete = "Complete",
    }
}
