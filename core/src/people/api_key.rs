//! API keys: a caller's own are listed here (they are made and deleted under
//! `/auth/manage`); those of service users are all an admin's business. A secret
//! is never shown, not even as its hash.

use std::sync::Arc;

use varanus_proto::api::read::api_key::{ListApiKeys, ListApiKeysForServiceUser};
use varanus_proto::api::write::api_key::{CreateApiKeyForServiceUser, DeleteApiKeyForServiceUser};
use varanus_proto::entity::api_key::ApiKey;
use varanus_proto::entity::user::{User, UserConfig};
use varanus_proto::{Error, NoData, Result};

use super::find_user;
use crate::auth::api_key;
use crate::http::{Api, Call};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: ListApiKeys| async move { Ok(keys_of(&call, call.caller.id())) });
    api.on(|call: Call, request: ListApiKeysForServiceUser| async move {
        let user = service_user(&call, &request.user)?;
        Ok(keys_of(&call, user.id.as_str()))
    });
    api.on(|call: Call, request: CreateApiKeyForServiceUser| async move {
        let user = service_user(&call, &request.user_id)?;
        let CreateApiKeyForServiceUser { name, expires, .. } = &request;
        api_key::create(&call.core, &call.caller, user.id.as_str(), name, *expires).await
    });
    api.on(|call: Call, request: DeleteApiKeyForServiceUser| async move {
        call.caller.require_admin("manage the API keys of service users")?;
        let may = |owner: &str| service_user(&call, owner).map(|_| ());
        api_key::delete(&call.core, &call.caller, &request.key, may).await?;
        Ok(NoData {})
    });
}

fn keys_of(call: &Call, user_id: &str) -> Vec<ApiKey> {
    let all = call.core.catalog.api_keys.all();
    let mut keys: Vec<ApiKey> = all
        .iter()
        .filter(|key| key.user_id == user_id)
        .map(|key| ApiKey { secret: String::new(), ..(**key).clone() })
        .collect();
    keys.sort_by_key(|key| key.created_at);
    keys
}

fn service_user(call: &Call, id_or_name: &str) -> Result<Arc<User>> {
    call.caller.require_admin("manage the API keys of service users")?;
    let user = find_user(&call.core, id_or_name)?;
    match user.config {
        UserConfig::Service { .. } => Ok(user),
        _ => Err(Error::invalid(format!(
            "{:?} is no service user; people manage their API keys themselves",
            user.username
        ))),
    }
}
