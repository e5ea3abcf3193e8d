//! The user.

use crate::entity::permission::PermissionLevelAndSpecifics;
use crate::entity::resource::ResourceTargetVariant;
use crate::{JsonValue, MongoId};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ws login message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "params")]
pub enum WsLoginMessage {
    Jwt { jwt: String },
    ApiKeys { key: String, secret: String },
}

/// An user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub username: String,
    #[serde(default)]
    pub enabled: bool,
    #[serde(default)]
    pub super_admin: bool,
    #[serde(default)]
    pub admin: bool,
    #[serde(default)]
    pub create_server_permissions: bool,
    #[serde(default)]
    pub create_build_permissions: bool,
    pub config: UserConfig,
    #[serde(default)]
    pub linked_logins: LinkedLoginsMap,
    #[serde(default)]
    pub totp: UserTotpConfig,
    #[serde(default)]
    pub passkey: UserPasskeyConfig,
    #[serde(default = "crate::default::yes")]
    pub external_skip_2fa: bool,
    #[serde(default)]
    pub last_update_view: i64,
    #[serde(default)]
    pub recents: IndexMap<ResourceTargetVariant, Vec<String>>,
    #[serde(default)]
    pub all: IndexMap<ResourceTargetVariant, PermissionLevelAndSpecifics>,
    #[serde(default)]
    pub updated_at: i64,
}

/// An user config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum UserConfig {
    Local { password: String },
    Google { google_id: String, avatar: String },
    Github { github_id: String, avatar: String },
    Oidc { provider: String, user_id: String },
    Service { description: String },
}

named_enum_without_default! {
    /// An user config variant.
    pub enum UserConfigVariant {
        Local = "Local",
        Google = "Google",
        Github = "Github",
        Oidc = "Oidc",
        Service = "Service",
    }
}

/// An user totp config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserTotpConfig {
    pub secret: String,
    pub confirmed_at: i64,
    pub recovery_codes: Vec<String>,
}

/// An user passkey config.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UserPasskeyConfig {
    #[serde(default)]
    pub passkey: Option<JsonValue>,
    pub created_at: i64,
}

/// A jwt response.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JwtResponse {
    pub jwt: String,
}

/// A jwt or two factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum JwtOrTwoFactor {
    Jwt(JwtResponse),
    Passkey(JsonValue),
    Totp {},
}

named_enum_without_default! {
    /// A login provider.
    pub enum LoginProvider {
        Local = "Local",
        Oidc = "Oidc",
        Github = "Github",
        Google = "Google",
    }
}

/// Further logins of a user, one a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LinkedLoginsMap(pub indexmap::IndexMap<UserConfigVariant, UserConfig>);
