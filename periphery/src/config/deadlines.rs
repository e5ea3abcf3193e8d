//! How long what the agent starts may take.

use varanus_config::{Span, settings};

settings! {
    /// The longest time of what the agent starts. At its end the program is
    /// terminated, then killed with all it started.
    pub struct Deadlines {
        /// A git command.
        git: Span = "10-min" => [env(&["GIT"])];
        /// A compose command that changes something, pulling its images included.
        compose: Span = "30-min" => [env(&["COMPOSE"])];
        /// A docker command that changes something.
        docker: Span = "10-min" => [env(&["DOCKER"])];
        /// A question to docker.
        query: Span = "15-sec" => [env(&["QUERY"])];
        /// A user's own command, as `pre_deploy`.
        hook: Span = "15-min" => [env(&["HOOK"])];
        /// The build of an image.
        build: Span = "2-hr" => [env(&["BUILD"])];
    }
}
