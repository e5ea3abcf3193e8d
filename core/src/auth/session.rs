//! Sessions: signed tokens (JWT, HS256) whose `iat` and `exp` are milliseconds,
//! as Komodo 2.3 clients expect.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use varanus_proto::{Error, Result, Secret};

use super::api_key::random_text;
use crate::config::CoreConfig;
use crate::core::now;

/// How far the clocks of two machines may differ, in milliseconds.
const SKEW: i64 = 10_000;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
}

/// Issues and reads tokens.
pub struct Sessions {
    encode: EncodingKey,
    decode: DecodingKey,
    validation: Validation,
    ttl: i64,
}

impl Sessions {
    /// With the configured secret, or one that ends with this process.
    pub fn new(config: &CoreConfig) -> Result<Self> {
        let secret = match config.jwt_secret.is_empty() {
            true => Secret::new(random_text(40)?),
            false => config.jwt_secret.clone(),
        };
        let mut validation = Validation::new(Algorithm::HS256);
        // Milliseconds are not what the library would compare.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Ok(Self {
            encode: EncodingKey::from_secret(secret.expose().as_bytes()),
            decode: DecodingKey::from_secret(secret.expose().as_bytes()),
            validation,
            ttl: i64::try_from(config.jwt_ttl.duration().as_millis()).unwrap_or(i64::MAX / 4),
        })
    }

    /// A token for a user.
    pub fn issue(&self, user_id: &str) -> Result<String> {
        let iat = now();
        let claims = Claims { sub: user_id.to_owned(), iat, exp: iat + self.ttl };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encode)
            .map_err(|error| Error::internal("the session cannot be issued").cause(error))
    }

    /// The user of a token that is genuine and not expired.
    pub fn user_of(&self, token: &str) -> Option<String> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.decode, &self.validation).ok()?;
        (token.claims.exp > now() - SKEW).then_some(token.claims.sub)
    }
}
