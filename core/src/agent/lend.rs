//! Links to agents that are no server's: a builder has an address of its own,
//! and its agent is dialed for as long as somebody builds there.

use std::sync::{Arc, Weak};

use varanus_proto::entity::builder::UrlBuilderConfig;

use super::connection::Connection;
use super::{dial, lock};
use crate::Core;

/// A link that ends with the last one who has it.
pub struct Lent {
    core: Weak<Core>,
    id: String,
}

impl Lent {
    /// What requests name it by, as they name a server by its id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Dials an agent under a name that no server has.
pub fn lend(core: &Arc<Core>, id: String, config: &UrlBuilderConfig) -> Lent {
    let way = dial::Way::of_builder(config);
    let connection = Connection::new(way, core.agents.timings.clone());
    lock(&core.agents.connections).insert(id.clone(), connection.clone());
    let core = Arc::downgrade(core);
    tokio::spawn(dial::stay(core.clone(), id.clone(), connection));
    Lent { core, id }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(core) = self.core.upgrade() else { return };
        let connection = lock(&core.agents.connections).remove(&self.id);
        if let Some(connection) = connection {
            connection.stop();
        }
    }
}
