//! Auth requests about manage.

use crate::entity::user::LoginProvider;
use crate::{JsonValue, NoData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reads user id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUserId {}

request!(Manage, GetUserId => GetUserIdResponse);

/// The answer to [`GetUserId`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GetUserIdResponse {
    pub id: String,
}

/// Changes username.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateUsername {
    pub username: String,
}

request!(Manage, UpdateUsername => NoData);

/// Changes password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdatePassword {
    pub password: String,
}

request!(Manage, UpdatePassword => NoData);

/// Begins passkey enrollment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeginPasskeyEnrollment {}

request!(Manage, BeginPasskeyEnrollment => JsonValue);

/// Confirms passkey enrollment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmPasskeyEnrollment {
    pub credential: JsonValue,
}

request!(Manage, ConfirmPasskeyEnrollment => NoData);

/// Removes passkey.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnenrollPasskey {}

request!(Manage, UnenrollPasskey => NoData);

/// Begins totp enrollment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeginTotpEnrollment {}

request!(Manage, BeginTotpEnrollment => BeginTotpEnrollmentResponse);

/// The answer to [`BeginTotpEnrollment`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeginTotpEnrollmentResponse {
    pub uri: String,
    pub png: String,
}

/// Confirms totp enrollment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmTotpEnrollment {
    pub code: String,
}

request!(Manage, ConfirmTotpEnrollment => ConfirmTotpEnrollmentResponse);

/// The answer to [`ConfirmTotpEnrollment`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfirmTotpEnrollmentResponse {
    pub recovery_codes: Vec<String>,
}

/// Removes totp.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnenrollTotp {}

request!(Manage, UnenrollTotp => NoData);

/// Begins external login link.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeginExternalLoginLink {}

request!(Manage, BeginExternalLoginLink => NoData);

/// The request `UnlinkLogin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnlinkLogin {
    pub provider: LoginProvider,
}

request!(Manage, UnlinkLogin => NoData);

/// Changes external skip2fa.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateExternalSkip2fa {
    pub external_skip_2fa: bool,
}

request!(Manage, UpdateExternalSkip2fa => NoData);

/// Creates api key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApiKey {
    pub name: String,
    #[serde(default)]
    pub expires: u64,
}

request!(Manage, CreateApiKey => CreateApiKeyResponse);

/// The answer to [`CreateApiKey`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApiKeyResponse {
    pub key: String,
    pub secret: String,
}

/// Deletes api key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteApiKey {
    pub key: String,
}

request!(Manage, DeleteApiKey => NoData);

/// Creates api key v2.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApiKeyV2 {
    pub name: String,
    #[serde(default)]
    pub expires: u64,
    #[serde(default)]
    pub public_key: String,
}

request!(Manage, CreateApiKeyV2 => CreateApiKeyV2Response);

/// The answer to [`CreateApiKeyV2`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreateApiKeyV2Response {
    #[serde(default)]
    pub private_key: Option<String>,
}

/// Deletes api key v2.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeleteApiKeyV2 {
    pub name: String,
    #[serde(default)]
    pub expires: u64,
    #[serde(default)]
    pub public_key: String,
}

request!(Manage, DeleteApiKeyV2 => NoData);
