//! Alerters: where alerts are sent, and which.
//!
//! What is configured of them. Opening alerts is `alert`'s, and so is sending.

mod requests;

use std::sync::Arc;

use async_trait::async_trait;
use varanus_proto::Result;
use varanus_proto::entity::alerter::{
    AlerterConfig, AlerterEndpoint, AlerterEndpointVariant, AlerterListItemInfo,
    AlerterQuerySpecifics, CustomAlerterEndpoint, DiscordAlerterEndpoint, NtfyAlerterEndpoint,
    PartialAlerterConfig, PushoverAlerterEndpoint, SlackAlerterEndpoint,
};
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::resource::{ResourceTarget, ResourceTargetVariant};

pub use requests::api;

use crate::Core;
use crate::auth::{Caller, access};
use crate::catalog::{Catalog, Commit, Table};
use crate::resource::{self, Doc, Kind, refer};

/// The kind.
pub struct Alerters;

#[async_trait]
impl Kind for Alerters {
    type Config = AlerterConfig;
    type Info = ();
    type ListInfo = AlerterListItemInfo;
    type Specifics = AlerterQuerySpecifics;
    const TARGET: ResourceTargetVariant = ResourceTargetVariant::Alerter;

    fn table(catalog: &Catalog) -> &Arc<Table<Doc<Self>>> {
        &catalog.alerters
    }

    fn may_create(_core: &Core, caller: &Caller) -> Result<()> {
        caller.require_admin("create alerters")
    }

    async fn check_config(
        core: &Arc<Core>,
        caller: &Caller,
        partial: &mut PartialAlerterConfig,
    ) -> Result<()> {
        let lists = [
            ("resources", &mut partial.resources),
            ("except_resources", &mut partial.except_resources),
        ];
        let needed = access::need(PermissionLevel::Read, &[]);
        for (field, list) in lists {
            for target in list.iter_mut().flatten() {
                *target = refer::target(core, caller, field, target, &needed)?;
            }
        }
        Ok(())
    }

    fn list_info(_core: &Core, alerter: &Doc<Self>) -> AlerterListItemInfo {
        let AlerterConfig { enabled, endpoint, .. } = &alerter.config;
        AlerterListItemInfo { enabled: *enabled, endpoint_type: endpoint_type(endpoint) }
    }

    fn passes(_core: &Core, alerter: &Doc<Self>, specifics: &AlerterQuerySpecifics) -> bool {
        let AlerterConfig { enabled, endpoint, .. } = &alerter.config;
        specifics.enabled.is_none_or(|wanted| wanted == *enabled)
            && (specifics.types.is_empty() || specifics.types.contains(&endpoint_type(endpoint)))
    }

    fn with_names(core: &Core, mut config: AlerterConfig) -> AlerterConfig {
        for target in config.resources.iter_mut().chain(&mut config.except_resources) {
            *target = ResourceTarget::new(target.kind(), resource::name_of(core, target));
        }
        config
    }

    /// Whoever knows the address may send there. One that names a variable tells
    /// nothing.
    fn hide_secrets(config: &mut AlerterConfig) {
        use AlerterEndpoint as E;
        let (url, shown) = match &mut config.endpoint {
            E::Custom(to) => (&mut to.url, CustomAlerterEndpoint::default().url),
            E::Slack(to) => (&mut to.url, SlackAlerterEndpoint::default().url),
            E::Discord(to) => (&mut to.url, DiscordAlerterEndpoint::default().url),
            E::Ntfy(to) => (&mut to.url, NtfyAlerterEndpoint::default().url),
            E::Pushover(to) => (&mut to.url, PushoverAlerterEndpoint::default().url),
        };
        if !url.contains("[[") {
            *url = shown;
        }
    }
}

/// The type of an endpoint.
pub fn endpoint_type(endpoint: &AlerterEndpoint) -> AlerterEndpointVariant {
    match endpoint {
        AlerterEndpoint::Custom(_) => AlerterEndpointVariant::Custom,
        AlerterEndpoint::Slack(_) => AlerterEndpointVariant::Slack,
        AlerterEndpoint::Discord(_) => AlerterEndpointVariant::Discord,
        AlerterEndpoint::Ntfy(_) => AlerterEndpointVariant::Ntfy,
        AlerterEndpoint::Pushover(_) => AlerterEndpointVariant::Pushover,
    }
}

/// A resource is deleted: no list of an alerter names it any more. An alerter
/// that was only for it is disabled: an empty list means everything.
pub fn forget(
    core: &Core,
    gone: &ResourceTarget,
    commit: &mut Commit,
    notes: &mut Vec<String>,
) -> Result<()> {
    for (id, alerter) in core.catalog.alerters.entries() {
        let config = &alerter.config;
        let lists = [&config.resources, &config.except_resources];
        if *gone == Alerters::target(&*id) || !lists.iter().any(|list| list.contains(gone)) {
            continue;
        }
        let mut alerter = (*alerter).clone();
        let config = &mut alerter.config;
        let chosen = !config.resources.is_empty();
        config.resources.retain(|target| target != gone);
        config.except_resources.retain(|target| target != gone);
        notes.push(format!("alerter {:?} does not name it any more", alerter.name));
        if chosen && config.resources.is_empty() && config.enabled {
            config.enabled = false;
            notes.push(format!(
                "alerter {:?} was for this alone and is disabled now; choose its resources anew",
                alerter.name
            ));
        }
        commit.put(&core.catalog.alerters, &id, alerter)?;
    }
    Ok(())
}
