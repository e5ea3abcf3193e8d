//! The execution.

use crate::api::execute::action::{BatchRunAction, CancelAction, RunAction};
use crate::api::execute::alerter::{SendAlert, TestAlerter};
use crate::api::execute::build::{BatchRunBuild, CancelBuild, RunBuild};
use crate::api::execute::deployment::{
    BatchDeploy, BatchDestroyDeployment, Deploy, DestroyDeployment, PauseDeployment,
    PullDeployment, RestartDeployment, StartDeployment, StopDeployment, UnpauseDeployment,
};
use crate::api::execute::maintenance::{
    BackupCoreDatabase, ClearRepoCache, GlobalAutoUpdate, RotateAllServerKeys, RotateCoreKeys,
};
use crate::api::execute::procedure::{BatchRunProcedure, CancelProcedure, RunProcedure};
use crate::api::execute::repo::{
    BatchBuildRepo, BatchCloneRepo, BatchPullRepo, BuildRepo, CancelRepoBuild, CloneRepo, PullRepo,
};
use crate::api::execute::resource_sync::RunSync;
use crate::api::execute::server::{
    DeleteImage, DeleteNetwork, DeleteVolume, DestroyContainer, PauseAllContainers, PauseContainer,
    PruneBuildx, PruneContainers, PruneDockerBuilders, PruneImages, PruneNetworks, PruneSystem,
    PruneVolumes, RestartAllContainers, RestartContainer, StartAllContainers, StartContainer,
    StopAllContainers, StopContainer, UnpauseAllContainers, UnpauseContainer,
};
use crate::api::execute::stack::{
    BatchDeployStack, BatchDeployStackIfChanged, BatchDestroyStack, BatchPullStack, DeployStack,
    DeployStackIfChanged, DestroyStack, PauseStack, PullStack, RestartStack, RunStackService,
    StartStack, StopStack, UnpauseStack,
};
use crate::api::execute::swarm::{
    CreateSwarmConfig, CreateSwarmSecret, RemoveSwarmConfigs, RemoveSwarmNodes, RemoveSwarmSecrets,
    RemoveSwarmServices, RemoveSwarmStacks, RotateSwarmConfig, RotateSwarmSecret, UpdateSwarmNode,
};
use crate::api::write::resource_sync::CommitSync;
use crate::entity::update::Update;
use crate::{ErrorBody, NoData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum Execution {
    None(NoData),
    DeployStack(DeployStack),
    BatchDeployStack(BatchDeployStack),
    DeployStackIfChanged(DeployStackIfChanged),
    BatchDeployStackIfChanged(BatchDeployStackIfChanged),
    PullStack(PullStack),
    BatchPullStack(BatchPullStack),
    StartStack(StartStack),
    RestartStack(RestartStack),
    PauseStack(PauseStack),
    UnpauseStack(UnpauseStack),
    StopStack(StopStack),
    DestroyStack(DestroyStack),
    BatchDestroyStack(BatchDestroyStack),
    RunStackService(RunStackService),
    Deploy(Deploy),
    BatchDeploy(BatchDeploy),
    PullDeployment(PullDeployment),
    StartDeployment(StartDeployment),
    RestartDeployment(RestartDeployment),
    PauseDeployment(PauseDeployment),
    UnpauseDeployment(UnpauseDeployment),
    StopDeployment(StopDeployment),
    DestroyDeployment(DestroyDeployment),
    BatchDestroyDeployment(BatchDestroyDeployment),
    RunBuild(RunBuild),
    BatchRunBuild(BatchRunBuild),
    CancelBuild(CancelBuild),
    CloneRepo(CloneRepo),
    BatchCloneRepo(BatchCloneRepo),
    PullRepo(PullRepo),
    BatchPullRepo(BatchPullRepo),
    BuildRepo(BuildRepo),
    BatchBuildRepo(BatchBuildRepo),
    CancelRepoBuild(CancelRepoBuild),
    RunProcedure(RunProcedure),
    BatchRunProcedure(BatchRunProcedure),
    CancelProcedure(CancelProcedure),
    RunAction(RunAction),
    BatchRunAction(BatchRunAction),
    CancelAction(CancelAction),
    RunSync(RunSync),
    CommitSync(CommitSync),
    TestAlerter(TestAlerter),
    SendAlert(SendAlert),
    StartContainer(StartContainer),
    RestartContainer(RestartContainer),
    PauseContainer(PauseContainer),
    UnpauseContainer(UnpauseContainer),
    StopContainer(StopContainer),
    DestroyContainer(DestroyContainer),
    StartAllContainers(StartAllContainers),
    RestartAllContainers(RestartAllContainers),
    PauseAllContainers(PauseAllContainers),
    UnpauseAllContainers(UnpauseAllContainers),
    StopAllContainers(StopAllContainers),
    PruneContainers(PruneContainers),
    DeleteNetwork(DeleteNetwork),
    PruneNetworks(PruneNetworks),
    DeleteImage(DeleteImage),
    PruneImages(PruneImages),
    DeleteVolume(DeleteVolume),
    PruneVolumes(PruneVolumes),
    PruneDockerBuilders(PruneDockerBuilders),
    PruneBuildx(PruneBuildx),
    PruneSystem(PruneSystem),
    RemoveSwarmNodes(RemoveSwarmNodes),
    UpdateSwarmNode(UpdateSwarmNode),
    RemoveSwarmStacks(RemoveSwarmStacks),
    RemoveSwarmServices(RemoveSwarmServices),
    CreateSwarmConfig(CreateSwarmConfig),
    RotateSwarmConfig(RotateSwarmConfig),
    RemoveSwarmConfigs(RemoveSwarmConfigs),
    CreateSwarmSecret(CreateSwarmSecret),
    RotateSwarmSecret(RotateSwarmSecret),
    RemoveSwarmSecrets(RemoveSwarmSecrets),
    ClearRepoCache(ClearRepoCache),
    BackupCoreDatabase(BackupCoreDatabase),
    GlobalAutoUpdate(GlobalAutoUpdate),
    RotateAllServerKeys(RotateAllServerKeys),
    RotateCoreKeys(RotateCoreKeys),
    Sleep(Sleep),
}

/// A sleep.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sleep {
    #[serde(default)]
    pub duration_ms: i64,
}

/// A batch execution response item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", content = "data")]
pub enum BatchExecutionResponseItem {
    Ok(Update),
    Err(BatchExecutionResponseItemErr),
}

/// A batch execution response item err.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchExecutionResponseItemErr {
    pub name: String,
    pub error: ErrorBody,
}
