//! Removing what nobody uses.

use varanus_proto::entity::update::Log;

use super::Docker;
use crate::work::Work;

/// What is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Prune {
    Containers,
    Images,
    Networks,
    Volumes,
    Builders,
    Buildx,
    System,
}

impl Docker {
    /// Removes what nobody uses.
    pub async fn prune(&self, work: &Work, what: Prune) -> Log {
        let (stage, words): (_, &[&str]) = match what {
            Prune::Containers => ("Prune Containers", &["container", "prune", "-f"]),
            Prune::Images => ("Prune Images", &["image", "prune", "-a", "-f"]),
            Prune::Networks => ("Prune Networks", &["network", "prune", "-f"]),
            Prune::Volumes => ("Prune Volumes", &["volume", "prune", "-a", "-f"]),
            Prune::Builders => ("Prune Builders", &["builder", "prune", "-a", "-f"]),
            Prune::Buildx => ("Prune Buildx", &["buildx", "prune", "-a", "-f"]),
            Prune::System => ("Prune System", &["system", "prune", "-a", "-f", "--volumes"]),
        };
        self.command(work, stage, words, &[]).await
    }
}
