//! The resource.

use crate::MongoId;
use crate::entity::permission::PermissionLevelAndSpecifics;
use crate::lenient::StringList;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

named_enum_without_default! {
    /// A resource target variant.
    pub enum ResourceTargetVariant {
        System = "System",
        Swarm = "Swarm",
        Server = "Server",
        Stack = "Stack",
        Deployment = "Deployment",
        Build = "Build",
        Repo = "Repo",
        Procedure = "Procedure",
        Action = "Action",
        Builder = "Builder",
        Alerter = "Alerter",
        ResourceSync = "ResourceSync",
    }
}

named_enum! {
    /// A templates query behavior.
    pub enum TemplatesQueryBehavior {
        #[default]
        Include = "Include",
        Exclude = "Exclude",
        Only = "Only",
    }
}

named_enum! {
    /// A tag query behavior.
    pub enum TagQueryBehavior {
        #[default]
        All = "All",
        Any = "Any",
    }
}

/// A resource of any kind, as stored and as sent (Komodo 2.3 API).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource<C: Default, I: Default> {
    /// The document's id.
    #[serde(rename = "_id", default, skip_serializing_if = "MongoId::is_empty")]
    pub id: MongoId,
    /// Unique among the resources of its kind.
    pub name: String,
    /// Free text for people.
    #[serde(default)]
    pub description: String,
    /// A template is only there to be copied.
    #[serde(default)]
    pub template: bool,
    /// Ids of tags.
    #[serde(default)]
    pub tags: StringList,
    /// What the system has found out about it.
    #[serde(default)]
    pub info: I,
    /// What a person has configured.
    #[serde(default)]
    pub config: C,
    /// What every user may do with it.
    #[serde(default)]
    pub base_permission: PermissionLevelAndSpecifics,
    /// Unix milliseconds of the last change.
    #[serde(default)]
    pub updated_at: i64,
}

/// An entry of a list of resources; `info` is what that kind's list shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceListItem<I> {
    /// The document's id.
    pub id: String,
    /// The kind.
    pub r#type: ResourceTargetVariant,
    /// The name.
    pub name: String,
    /// Whether it is only there to be copied.
    pub template: bool,
    /// Ids of tags.
    pub tags: Vec<String>,
    /// What a list of this kind shows.
    pub info: I,
}

/// Which resources of a kind are wanted; `specific` is what only that kind has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResourceQuery<T: Default> {
    /// Words that all must be in the name.
    pub terms: StringList,
    /// Names or ids; empty means all.
    pub names: StringList,
    /// Names or ids of tags.
    pub tags: StringList,
    /// Whether all tags or any of them must be on the resource.
    pub tag_behavior: TagQueryBehavior,
    /// Whether templates are wanted.
    pub templates: TemplatesQueryBehavior,
    /// What only this kind can be asked.
    pub specific: T,
}

/// What a permission, an update or an alert is about: a kind and an id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "id")]
#[allow(missing_docs)] // each is the kind of that name
pub enum ResourceTarget {
    System(String),
    Swarm(String),
    Server(String),
    Stack(String),
    Deployment(String),
    Build(String),
    Repo(String),
    Procedure(String),
    Action(String),
    Builder(String),
    Alerter(String),
    ResourceSync(String),
}

impl Default for ResourceTarget {
    fn default() -> Self {
        Self::system()
    }
}

impl ResourceTarget {
    /// The system itself.
    pub fn system() -> Self {
        Self::System("system".into())
    }

    /// The target of a kind with an id.
    pub fn new(kind: ResourceTargetVariant, id: impl Into<String>) -> Self {
        let id = id.into();
        match kind {
            ResourceTargetVariant::System => Self::System(id),
            ResourceTargetVariant::Swarm => Self::Swarm(id),
            ResourceTargetVariant::Server => Self::Server(id),
            ResourceTargetVariant::Stack => Self::Stack(id),
            ResourceTargetVariant::Deployment => Self::Deployment(id),
            ResourceTargetVariant::Build => Self::Build(id),
            ResourceTargetVariant::Repo => Self::Repo(id),
            ResourceTargetVariant::Procedure => Self::Procedure(id),
            ResourceTargetVariant::Action => Self::Action(id),
            ResourceTargetVariant::Builder => Self::Builder(id),
            ResourceTargetVariant::Alerter => Self::Alerter(id),
            ResourceTargetVariant::ResourceSync => Self::ResourceSync(id),
        }
    }

    /// The kind and the id.
    pub fn parts(&self) -> (ResourceTargetVariant, &str) {
        use ResourceTargetVariant as V;
        match self {
            Self::System(id) => (V::System, id),
            Self::Swarm(id) => (V::Swarm, id),
            Self::Server(id) => (V::Server, id),
            Self::Stack(id) => (V::Stack, id),
            Self::Deployment(id) => (V::Deployment, id),
            Self::Build(id) => (V::Build, id),
            Self::Repo(id) => (V::Repo, id),
            Self::Procedure(id) => (V::Procedure, id),
            Self::Action(id) => (V::Action, id),
            Self::Builder(id) => (V::Builder, id),
            Self::Alerter(id) => (V::Alerter, id),
            Self::ResourceSync(id) => (V::ResourceSync, id),
        }
    }

    /// The kind.
    pub fn kind(&self) -> ResourceTargetVariant {
        self.parts().0
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.parts().1
    }
}
