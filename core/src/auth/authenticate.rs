//! From what a request presents to who is calling.

use std::net::IpAddr;

use varanus_proto::{Error, Result, Secret};

use super::{Caller, api_key};
use crate::Core;

/// What a request, or the first message of a websocket, presents.
#[derive(Debug, Clone)]
pub enum Presented {
    /// A session's token.
    Jwt(Secret<String>),
    /// An API key and its secret.
    ApiKey(String, Secret<String>),
    /// Nothing.
    Nothing,
}

/// Who is calling. Failures count against the address. The user may be disabled:
/// only `/user` answers them.
pub async fn authenticate(core: &Core, presented: Presented, address: IpAddr) -> Result<Caller> {
    core.auth.general.check(address)?;
    let user = match &presented {
        Presented::Jwt(token) => {
            core.auth.sessions.user_of(token.expose()).and_then(|id| core.catalog.users.get(&id))
        }
        Presented::ApiKey(key, secret) => api_key::verify(core, key, secret.expose()).await?,
        Presented::Nothing => {
            return Err(Error::unauthorized(
                "Invalid client credentials: log in, or send X-Api-Key and X-Api-Secret",
            ));
        }
    };
    match user {
        Some(user) => Ok(Caller::new(user)),
        None => {
            let error = Error::unauthorized("Invalid user credentials");
            Err(core.auth.general.failed(address, error))
        }
    }
}

impl Caller {
    /// Goes on for users who are enabled.
    pub fn require_enabled(self) -> Result<Self> {
        match self.user.enabled {
            true => Ok(self),
            false => Err(Error::forbidden(format!(
                "the user {:?} is not enabled; an admin can enable it",
                self.user.username
            ))),
        }
    }
}
