//! Auth requests about login.

use crate::JsonValue;
use crate::entity::user::{JwtOrTwoFactor, JwtResponse};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads login options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetLoginOptions {}

request!(Login, GetLoginOptions => GetLoginOptionsResponse);

/// The answer to [`GetLoginOptions`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetLoginOptionsResponse {
    pub local: bool,
    pub oidc: bool,
    pub github: bool,
    pub google: bool,
    pub registration_disabled: bool,
    pub oidc_auto_redirect: bool,
}

/// The request `ExchangeForJwt`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeForJwt {}

request!(Login, ExchangeForJwt => JwtResponse);

/// The request `SignUpLocalUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignUpLocalUser {
    pub username: String,
    pub password: String,
}

request!(Login, SignUpLocalUser => JwtResponse);

/// The request `LoginLocalUser`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoginLocalUser {
    pub username: String,
    pub password: String,
}

request!(Login, LoginLocalUser => JwtOrTwoFactor);

/// Completes passkey login.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompletePasskeyLogin {
    pub credential: JsonValue,
}

request!(Login, CompletePasskeyLogin => JwtResponse);

/// Completes totp login.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompleteTotpLogin {
    pub code: String,
}

request!(Login, CompleteTotpLogin => JwtResponse);
