//! What Core tells of itself: its version, its settings for clients, and the
//! names of secrets and providers that configuration files declare.

use varanus_proto::agent::poll;
use varanus_proto::api::read::core::*;
use varanus_proto::entity::builder::BuilderConfig;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::provider::{GitProvider, ImageRegistry, ProviderAccount};
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::request::AgentRequest;
use varanus_proto::{Error, Result};

use crate::agent::Ask;
use crate::auth::access;
use crate::http::{Api, Call};
use crate::resource::resolve;

pub(super) fn api(api: &mut Api) {
    api.on(|_: Call, _: GetVersion| async move {
        Ok(GetVersionResponse { version: crate::COMPATIBLE_VERSION.to_owned() })
    });
    api.on(|call: Call, _: GetCoreInfo| async move { Ok(info(&call)) });
    api.on(|call: Call, request: ListSecrets| async move {
        let mut names: Vec<String> = call.core.config.secrets.keys().cloned().collect();
        names.extend(ask(&call, request.target.as_ref(), poll::ListSecrets {}).await?);
        names.sort();
        names.dedup();
        Ok(names)
    });
    api.on(|call: Call, request: ListGitProvidersFromConfig| async move {
        git_providers(&call, request).await
    });
    api.on(|call: Call, request: ListImageRegistriesFromConfig| async move {
        image_registries(&call, request).await
    });
}

fn info(call: &Call) -> GetCoreInfoResponse {
    let config = &call.core.config;
    GetCoreInfoResponse {
        title: config.title.clone(),
        monitoring_interval: config.monitoring_interval.to_string().parse().unwrap_or_default(),
        webhook_base_url: config.webhook_base().to_owned(),
        transparent_mode: config.transparent_mode,
        ui_write_disabled: config.ui_write_disabled,
        disable_non_admin_create: config.disable_non_admin_create,
        disable_confirm_dialog: config.disable_confirm_dialog,
        disable_websocket_reconnect: config.disable_websocket_reconnect,
        enable_fancy_toml: config.enable_fancy_toml,
        timezone: config.timezone.clone(),
        public_key: call.core.agents.public_key().to_string(),
        default_pagination_limit: config.default_pagination_limit,
    }
}

fn accounts(configured: &[varanus_config::ProviderAccount]) -> Vec<ProviderAccount> {
    configured
        .iter()
        .map(|account| ProviderAccount { username: account.username.clone(), token: String::new() })
        .collect()
}

fn join(known: &mut Vec<ProviderAccount>, more: Vec<ProviderAccount>) {
    for account in more {
        if !known.iter().any(|other| other.username == account.username) {
            known.push(account);
        }
    }
}

async fn git_providers(call: &Call, asked: ListGitProvidersFromConfig) -> Result<Vec<GitProvider>> {
    let mut all: Vec<_> = call
        .core
        .config
        .git_providers
        .iter()
        .map(|provider| GitProvider {
            domain: provider.domain.clone(),
            https: provider.https,
            accounts: accounts(&provider.accounts),
        })
        .collect();
    for more in ask(call, asked.target.as_ref(), poll::ListGitProviders {}).await? {
        match all.iter_mut().find(|known| known.domain == more.domain) {
            Some(known) => join(&mut known.accounts, more.accounts),
            None => all.push(more),
        }
    }
    all.sort_by(|a, b| a.domain.cmp(&b.domain));
    Ok(all)
}

async fn image_registries(
    call: &Call,
    asked: ListImageRegistriesFromConfig,
) -> Result<Vec<ImageRegistry>> {
    let mut all: Vec<_> = call
        .core
        .config
        .image_registries
        .iter()
        .map(|registry| ImageRegistry {
            domain: registry.domain.clone(),
            accounts: accounts(&registry.accounts),
            organizations: registry.organizations.clone(),
        })
        .collect();
    for more in ask(call, asked.target.as_ref(), poll::ListImageRegistries {}).await? {
        match all.iter_mut().find(|known| known.domain == more.domain) {
            Some(known) => {
                join(&mut known.accounts, more.accounts);
                known.organizations.extend(more.organizations);
                known.organizations.sort();
                known.organizations.dedup();
            }
            None => all.push(more),
        }
    }
    all.sort_by(|a, b| a.domain.cmp(&b.domain));
    Ok(all)
}

/// What the agent behind a target declares itself. An agent that cannot be
/// asked now adds nothing: what Core declares is of use all the same.
async fn ask<R, T>(call: &Call, target: Option<&ResourceTarget>, request: R) -> Result<Vec<T>>
where
    R: AgentRequest<Response = Vec<T>>,
{
    let Some(target) = target else { return Ok(Vec::new()) };
    let missing = || Error::not_found(format!("there is no {} {:?}", target.kind(), target.id()));
    let found = resolve(&call.core, target).ok_or_else(missing)?;
    let needed = access::need(PermissionLevel::Read, &[]);
    if !matches!(found, ResourceTarget::System(_)) {
        access::check(&call.core, &call.caller, &found, target.id(), &needed)?;
    }
    let server = match &found {
        ResourceTarget::System(_) => return Ok(Vec::new()),
        ResourceTarget::Server(id) => Some(id.clone()),
        ResourceTarget::Builder(id) => {
            call.core.catalog.builders.get(id).and_then(|builder| match &builder.config {
                BuilderConfig::Server(server) => server.server_ids.first().cloned(),
                _ => None,
            })
        }
        other => {
            return Err(Error::invalid(format!(
                "a Server or a Builder can be asked for its configuration, a {} cannot",
                other.kind()
            )));
        }
    };
    let Some(server) = server else { return Ok(Vec::new()) };
    match call.core.agents.request(&server, request, Ask::default()).await {
        Ok(declared) => Ok(declared),
        Err(error) => {
            tracing::debug!(%server, %error, "the agent does not tell what it declares");
            Ok(Vec::new())
        }
    }
}
