//! The server of a fresh install.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::entity::server::{PartialServerConfig, ServerInfo};

use super::Servers;
use crate::Core;
use crate::auth::{Caller, ServiceUser};

/// Where nobody says otherwise (Komodo 2.3).
const NAME: &str = "Local";

/// Makes the configured server when there are none at all.
pub async fn first(core: &Arc<Core>) -> Result<()> {
    let config = &core.config;
    let (name, address) =
        (config.first_server_name.as_deref(), config.first_server_address.as_deref());
    if (name.is_none() && address.is_none()) || !core.catalog.servers.is_empty() {
        return Ok(());
    }
    let partial = PartialServerConfig {
        enabled: Some(true),
        address: Some(address.unwrap_or_default().to_owned()),
        ..PartialServerConfig::default()
    };
    let (name, caller) = (name.unwrap_or(NAME), Caller::from(ServiceUser::System));
    crate::resource::create::<Servers>(core, &caller, name, partial, ServerInfo::default()).await?;
    tracing::info!(server = name, "created the first server");
    Ok(())
}
