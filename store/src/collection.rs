//! What is stored: the collections and their indexes, the same in both engines.

/// A collection of documents. The names are Komodo's (its 23 are its type
/// names); collections that Komodo does not have are prefixed `Varanus`, so that
/// both can share one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the names are the types'
pub enum Collection {
    User,
    UserGroup,
    Permission,
    ApiKey,
    OnboardingKey,
    Tag,
    Variable,
    GitProviderAccount,
    ImageRegistryAccount,
    Update,
    Alert,
    Stats,
    Swarm,
    Server,
    Stack,
    Deployment,
    Build,
    Repo,
    Procedure,
    Action,
    ResourceSync,
    Builder,
    Alerter,
    /// A run's life beyond what its Update shows: locks, deadline, parameters.
    Run,
    /// A webhook delivery and what came of it.
    Delivery,
    /// Facts about the store itself.
    Setting,
}

/// An index: its fields (dotted paths), whether each value may occur once only,
/// and whether documents without the field stay out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Dotted paths, most significant first.
    pub fields: &'static [&'static str],
    /// No two documents may share these values.
    pub unique: bool,
    /// A document without the first field is not in the index.
    pub sparse: bool,
    /// The field is an array: each element is a key of its own.
    pub multi: bool,
}

const fn plain(fields: &'static [&'static str]) -> Index {
    Index { fields, unique: false, sparse: false, multi: false }
}

const fn unique(fields: &'static [&'static str]) -> Index {
    Index { unique: true, ..plain(fields) }
}

const fn sparse(fields: &'static [&'static str]) -> Index {
    Index { sparse: true, ..plain(fields) }
}

const fn multi(fields: &'static [&'static str]) -> Index {
    Index { multi: true, ..plain(fields) }
}

const RESOURCE: &[Index] = &[unique(&["name"]), multi(&["tags"])];
const ACCOUNT: &[Index] =
    &[unique(&["domain", "username"]), plain(&["domain"]), plain(&["username"])];

impl Collection {
    /// Every collection.
    pub const ALL: [Collection; 26] = {
        use Collection::*;
        [
            User,
            UserGroup,
            Permission,
            ApiKey,
            OnboardingKey,
            Tag,
            Variable,
            GitProviderAccount,
            ImageRegistryAccount,
            Update,
            Alert,
            Stats,
            Swarm,
            Server,
            Stack,
            Deployment,
            Build,
            Repo,
            Procedure,
            Action,
            ResourceSync,
            Builder,
            Alerter,
            Run,
            Delivery,
            Setting,
        ]
    };

    /// The name in the database.
    pub fn name(self) -> &'static str {
        use Collection::*;
        match self {
            User => "User",
            UserGroup => "UserGroup",
            Permission => "Permission",
            ApiKey => "ApiKey",
            OnboardingKey => "OnboardingKey",
            Tag => "Tag",
            Variable => "Variable",
            GitProviderAccount => "GitProviderAccount",
            ImageRegistryAccount => "ImageRegistryAccount",
            Update => "Update",
            Alert => "Alert",
            Stats => "Stats",
            Swarm => "Swarm",
            Server => "Server",
            Stack => "Stack",
            Deployment => "Deployment",
            Build => "Build",
            Repo => "Repo",
            Procedure => "Procedure",
            Action => "Action",
            ResourceSync => "ResourceSync",
            Builder => "Builder",
            Alerter => "Alerter",
            Run => "VaranusRun",
            Delivery => "VaranusDelivery",
            Setting => "VaranusSetting",
        }
    }

    /// The collection of a name in the database.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|collection| collection.name() == name)
    }

    /// Whether it holds one of the kinds of resource (name, tags, config).
    pub fn is_resource(self) -> bool {
        use Collection::*;
        matches!(
            self,
            Swarm
                | Server
                | Stack
                | Deployment
                | Build
                | Repo
                | Procedure
                | Action
                | ResourceSync
                | Builder
                | Alerter
        )
    }

    /// Whether Komodo does not have it.
    pub fn is_ours(self) -> bool {
        matches!(self, Collection::Run | Collection::Delivery | Collection::Setting)
    }

    /// Its indexes (Komodo's own for its collections).
    pub fn indexes(self) -> &'static [Index] {
        use Collection::*;
        match self {
            User => {
                const {
                    &[
                        unique(&["username"]),
                        plain(&["enabled"]),
                        plain(&["config.type"]),
                        sparse(&["config.data.google_id"]),
                        sparse(&["config.data.github_id"]),
                    ]
                }
            }
            UserGroup => const { &[unique(&["name"]), plain(&["everyone"]), multi(&["users"])] },
            Permission => {
                const {
                    &[
                        plain(&["user_target.type", "user_target.id"]),
                        plain(&["resource_target.type", "resource_target.id"]),
                        unique(&[
                            "user_target.type",
                            "user_target.id",
                            "resource_target.type",
                            "resource_target.id",
                        ]),
                    ]
                }
            }
            ApiKey => const { &[unique(&["key"]), plain(&["user_id"])] },
            OnboardingKey => {
                const { &[unique(&["public_key"]), plain(&["enabled"]), plain(&["expires"])] }
            }
            Tag => const { &[unique(&["name"]), plain(&["owner"])] },
            Variable => const { &[unique(&["name"])] },
            GitProviderAccount | ImageRegistryAccount => ACCOUNT,
            Update => {
                const {
                    &[
                        plain(&["operation"]),
                        plain(&["start_ts"]),
                        plain(&["success"]),
                        plain(&["operator"]),
                        plain(&["status"]),
                        plain(&["target.type"]),
                        sparse(&["target.id"]),
                    ]
                }
            }
            Alert => {
                const {
                    &[
                        plain(&["ts"]),
                        plain(&["resolved"]),
                        plain(&["level"]),
                        plain(&["data.type"]),
                        plain(&["target.type"]),
                        plain(&["target.id"]),
                    ]
                }
            }
            Stats => const { &[plain(&["ts"]), plain(&["sid"])] },
            Swarm | Server | Stack | Deployment | Build | Repo | Procedure | Action
            | ResourceSync | Builder | Alerter => RESOURCE,
            Run => const { &[plain(&["status"]), plain(&["target.type", "target.id"])] },
            Delivery => {
                const {
                    &[
                        plain(&["ts"]),
                        plain(&["target.type", "target.id"]),
                        Index { unique: true, ..sparse(&["key"]) },
                    ]
                }
            }
            Setting => const { &[unique(&["name"])] },
        }
    }

    /// Its unique indexes.
    pub fn unique_indexes(self) -> impl Iterator<Item = &'static Index> {
        self.indexes().iter().filter(|index| index.unique)
    }
}

impl std::fmt::Display for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_found_again() {
        for collection in Collection::ALL {
            assert_eq!(Collection::from_name(collection.name()), Some(collection));
        }
        assert_eq!(Collection::ALL.iter().filter(|c| !c.is_ours()).count(), 23);
        assert_eq!(Collection::ALL.iter().filter(|c| c.is_resource()).count(), 11);
    }
}
