//! The permission.

use crate::MongoId;
use crate::entity::resource::ResourceTarget;
use indexmap::IndexSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A permission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Permission {
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    pub user_target: UserTarget,
    pub resource_target: ResourceTarget,
    #[serde(default)]
    pub level: PermissionLevel,
    #[serde(default)]
    pub specific: IndexSet<SpecificPermission>,
}

/// An user target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "id")]
pub enum UserTarget {
    User(String),
    UserGroup(String),
}

named_enum! {
    /// A permission level.
    pub enum PermissionLevel {
        #[default]
        None = "None",
        Read = "Read",
        Execute = "Execute",
        Write = "Write",
    }
}

named_enum_without_default! {
    /// A specific permission.
    pub enum SpecificPermission {
        Terminal = "Terminal",
        Attach = "Attach",
        Inspect = "Inspect",
        Logs = "Logs",
        Processes = "Processes",
    }
}

/// A level and the specific permissions beside it.
///
/// On the wire it is the bare level where there are no specifics, and
/// `{level, specific}` otherwise; both are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionLevelAndSpecifics {
    /// The level.
    pub level: PermissionLevel,
    /// What is granted beside the level.
    pub specific: IndexSet<SpecificPermission>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename = "LevelAndSpecifics")]
struct Long {
    #[serde(default)]
    level: PermissionLevel,
    #[serde(default)]
    specific: IndexSet<SpecificPermission>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // the schema alone names some of it
enum Either {
    Short(PermissionLevel),
    Long(Long),
}

impl PermissionLevelAndSpecifics {
    /// A level with no specifics.
    pub fn level(level: PermissionLevel) -> Self {
        Self { level, specific: IndexSet::new() }
    }

    /// Everything there is.
    pub fn all() -> Self {
        Self {
            level: PermissionLevel::Write,
            specific: SpecificPermission::ALL.iter().copied().collect(),
        }
    }

    /// The higher level and the union of the specifics.
    pub fn join(&mut self, other: &Self) {
        self.level = self.level.max(other.level);
        self.specific.extend(other.specific.iter().copied());
    }

    /// Whether the level and every specific of `wanted` are granted.
    pub fn grants(&self, wanted: &Self) -> bool {
        self.level >= wanted.level && wanted.specific.is_subset(&self.specific)
    }
}

impl Serialize for PermissionLevelAndSpecifics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.specific.is_empty() {
            return self.level.serialize(serializer);
        }
        Long { level: self.level, specific: self.specific.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PermissionLevelAndSpecifics {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Either::deserialize(deserializer)? {
            Either::Short(level) => Self::level(level),
            Either::Long(Long { level, specific }) => Self { level, specific },
        })
    }
}

impl JsonSchema for PermissionLevelAndSpecifics {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PermissionLevelAndSpecifics".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Either::json_schema(generator)
    }
}
