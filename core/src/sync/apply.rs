//! One change of a plan, done.

use std::sync::Arc;

use varanus_proto::api::write::resource::UpdateResourceMeta;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::toml::ResourceToml;
use varanus_proto::{Config, Error, Result};

use super::declared::Declared;
use super::plan::{Change, Deed, Field};
use super::sides::{for_kind, json, not_synced};
use crate::auth::Caller;
use crate::http::Call;
use crate::resource::{self, Doc, Kind, Partial, toml};
use crate::{Core, Row};

/// Does a change. What it says comes from the files, by the name.
pub async fn apply(
    core: &Arc<Core>,
    caller: &Caller,
    files: &Declared,
    change: &Change,
) -> Result<()> {
    for_kind!(change.kind, files, |K, list| {
        of::<K>(core, caller, files.find::<K>(list, &change.name), change).await
    }, else {
        Err(not_synced(change.kind))
    })
}

async fn of<K: Kind>(
    core: &Arc<Core>,
    caller: &Caller,
    declared: Option<&ResourceToml<Partial<K>>>,
    change: &Change,
) -> Result<()>
where
    Doc<K>: Row,
{
    let name = &change.name;
    let missing = || Error::internal(format!("{} {name:?} is not in the files", change.kind));
    match &change.deed {
        Deed::Delete => resource::delete::<K>(core, caller, name).await.map(drop),
        Deed::Rename { from } => resource::rename::<K>(core, caller, from, name).await.map(drop),
        Deed::Create => {
            let declared = declared.ok_or_else(missing)?;
            let config = declared.config.clone();
            resource::create::<K>(core, caller, name, config, Default::default()).await?;
            let plain =
                declared.description.is_empty() && !declared.template && declared.tags.is_empty();
            if plain { Ok(()) } else { meta(core, caller, K::target(&**name), declared).await }
        }
        Deed::Update(fields) => {
            let declared = declared.ok_or_else(missing)?;
            let within = |field: &Field| field.name.starts_with("config");
            if fields.iter().any(within) {
                let config = whole::<K>(&declared.config)?;
                resource::update::<K>(core, caller, name, config).await?;
            }
            match fields.iter().all(within) {
                true => Ok(()),
                false => meta(core, caller, K::target(&**name), declared).await,
            }
        }
    }
}

/// Every field as it is to be: what the file does not say is as it was by
/// default. Only a secret that it does not say stays what it is.
fn whole<K: Kind>(said: &Partial<K>) -> Result<Partial<K>>
where
    Doc<K>: Row,
{
    let mut whole = json(&K::Config::from_partial(said.clone()))?;
    toml::forget_secrets("config", &mut whole, &json(said)?);
    serde_json::from_value(whole)
        .map_err(|error| Error::internal("a configuration cannot be made whole").cause(error))
}

async fn meta<P: Default>(
    core: &Arc<Core>,
    caller: &Caller,
    target: ResourceTarget,
    declared: &ResourceToml<P>,
) -> Result<()> {
    let call = Call::from_within(core, caller);
    let request = UpdateResourceMeta {
        target,
        description: Some(declared.description.clone()),
        template: Some(declared.template),
        tags: Some(declared.tags.clone()),
    };
    crate::settings::update_meta(&call, request).await.map(drop)
}
