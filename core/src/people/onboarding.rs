//! Keys that new agents introduce themselves with. The private key is in the
//! answer to its creation and nowhere else; what is stored is the public key.

use std::sync::Arc;

use varanus_link::key;
use varanus_proto::api::read::onboarding::ListOnboardingKeys;
use varanus_proto::api::write::onboarding::*;
use varanus_proto::entity::onboarding::OnboardingKey;
use varanus_proto::entity::permission::PermissionLevel;
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result, Secret};

use crate::Commit;
use crate::core::now;
use crate::http::{Api, Call};
use crate::resource::{get, tag};
use crate::server::Servers;
use crate::settings::record;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: ListOnboardingKeys| async move {
        require_admin(&call)?;
        let mut keys: Vec<_> =
            call.core.catalog.onboarding_keys.all().iter().map(|key| (**key).clone()).collect();
        keys.sort_by_key(|key: &OnboardingKey| key.created_at);
        Ok(keys)
    });
    api.on(|call: Call, request: CreateOnboardingKey| async move { create(&call, request).await });
    api.on(|call: Call, request: UpdateOnboardingKey| async move { update(&call, request).await });
    api.on(|call: Call, request: DeleteOnboardingKey| async move {
        require_admin(&call)?;
        let _edit = call.core.edit().await;
        let (id, key) = find(&call, &request.public_key)?;
        let mut commit = Commit::new();
        commit.delete(&call.core.catalog.onboarding_keys, &id);
        let text = format!("deleted {:?} ({})", key.name, key.public_key);
        record(&call, commit, Operation::None, "Delete Onboarding Key", text).await?;
        Ok((*key).clone())
    });
}

fn require_admin(call: &Call) -> Result<()> {
    call.caller.require_admin("see or change onboarding keys")
}

fn find(call: &Call, public_key: &str) -> Result<(String, Arc<OnboardingKey>)> {
    let table = &call.core.catalog.onboarding_keys;
    let missing = || Error::not_found(format!("there is no onboarding key {public_key:?}"));
    let id = table.id_of(public_key).ok_or_else(missing)?;
    let key = table.get(&id).ok_or_else(missing)?;
    Ok((id, key))
}

/// The id of the server whose configuration new servers get; empty for none.
fn copied_server(call: &Call, id_or_name: &str) -> Result<String> {
    if id_or_name.is_empty() {
        return Ok(String::new());
    }
    let server = get::<Servers>(&call.core, &call.caller, id_or_name, PermissionLevel::Read)?;
    Ok(server.id.0.clone())
}

async fn create(call: &Call, request: CreateOnboardingKey) -> Result<CreateOnboardingKeyResponse> {
    require_admin(call)?;
    let private_key = match request.private_key.map(Secret::new) {
        Some(given) if !given.is_empty() => given,
        _ => key::onboarding_key()?,
    };
    let public_key = key::PrivateKey::parse(private_key.expose())?.public().to_string();
    let core = &call.core;
    let _edit = core.edit().await;
    if core.catalog.onboarding_keys.get(&public_key).is_some() {
        return Err(Error::conflict("there is an onboarding key with this private key already"));
    }
    let created = OnboardingKey {
        public_key,
        enabled: true,
        expires: request.expires,
        name: request.name.trim().to_owned(),
        onboarded: Vec::new(),
        created_at: now(),
        tags: tag::ids(core, &request.tags)?,
        privileged: request.privileged,
        copy_server: copied_server(call, &request.copy_server)?,
        create_builder: request.create_builder,
    };
    let mut commit = Commit::new();
    commit.insert(&core.catalog.onboarding_keys, created.clone())?;
    let OnboardingKey { name, public_key, privileged, .. } = &created;
    let text = format!("created {name:?} ({public_key}, privileged: {privileged})");
    record(call, commit, Operation::None, "Create Onboarding Key", text).await?;
    Ok(CreateOnboardingKeyResponse { private_key: private_key.expose().clone(), created })
}

async fn update(call: &Call, request: UpdateOnboardingKey) -> Result<OnboardingKey> {
    require_admin(call)?;
    let core = &call.core;
    let _edit = core.edit().await;
    let (id, before) = find(call, &request.public_key)?;
    let mut after = (*before).clone();
    after.enabled = request.enabled.unwrap_or(after.enabled);
    after.expires = request.expires.unwrap_or(after.expires);
    after.privileged = request.privileged.unwrap_or(after.privileged);
    after.create_builder = request.create_builder.unwrap_or(after.create_builder);
    if let Some(name) = request.name {
        name.trim().clone_into(&mut after.name);
    }
    if let Some(tags) = request.tags {
        after.tags = tag::ids(core, &tags)?;
    }
    if let Some(server) = request.copy_server {
        after.copy_server = copied_server(call, &server)?;
    }
    if after != *before {
        let mut commit = Commit::new();
        commit.put(&core.catalog.onboarding_keys, &id, after.clone())?;
        let OnboardingKey { name, enabled, expires, privileged, .. } = &after;
        let text =
            format!("{name:?}: enabled: {enabled}, expires: {expires}, privileged: {privileged}");
        record(call, commit, Operation::None, "Update Onboarding Key", text).await?;
    }
    Ok(after)
}
