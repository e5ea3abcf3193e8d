//! How long a run of each kind may take.

use varanus_config::{Span, settings};

settings! {
    /// The longest time of a run, by its kind. A run that is still busy then is
    /// stopped and fails with the reason.
    pub struct RunDeadlines {
        /// Deploying a stack or a deployment, pulling its images included.
        deploy: Span = "30-min" => [env(&["DEPLOY"])];
        /// Cloning, pulling or building a repository on its host.
        repo: Span = "15-min" => [env(&["REPO"])];
        /// Pulling images alone.
        pull: Span = "30-min" => [env(&["PULL"])];
        /// Starting, stopping, restarting or removing containers.
        container: Span = "10-min" => [env(&["CONTAINER"])];
        /// Building an image, the builder's start included.
        build: Span = "2-hr" => [env(&["BUILD"])];
        /// A procedure, all its stages included.
        procedure: Span = "6-hr" => [env(&["PROCEDURE"])];
        /// An action.
        action: Span = "1-hr" => [env(&["ACTION"])];
        /// Bringing resources in line with their files.
        sync: Span = "1-hr" => [env(&["SYNC"])];
        /// Until what a sync has deployed is healthy, before what comes after it is deployed.
        healthy: Span = "5-min" => [env(&["HEALTHY"])];
        /// Pruning what docker does not use any more.
        prune: Span = "30-min" => [env(&["PRUNE"])];
        /// Everything else.
        other: Span = "10-min" => [env(&["OTHER"])];
    }
}
