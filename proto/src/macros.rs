//! Declares shapes once: configurations with their partial twins, enums of
//! names, and requests with their answers.

/// A configuration whose every field has a default, and its partial twin in
/// which every field is optional (unset = keep on update, default on create).
macro_rules! config {
    (
        $(#[$meta:meta])*
        pub struct $name:ident, partial $partial:ident {
            $($(#[$field_meta:meta])* $field:ident : $type:ty = $default:expr),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        #[doc = concat!("The fields of a [`", stringify!($name), "`] that are to be set.")]
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default)]
        pub struct $partial {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }

        impl crate::Config for $name {
            type Partial = $partial;

            fn apply(&mut self, partial: $partial) -> Vec<&'static str> {
                let mut changed = Vec::new();
                $(
                    if let Some(value) = partial.$field
                        && self.$field != value
                    {
                        self.$field = value;
                        changed.push(stringify!($field));
                    }
                )*
                changed
            }

            fn minimize(&self) -> $partial {
                let default = Self::default();
                $partial {
                    $($field: (self.$field != default.$field).then(|| self.$field.clone()),)*
                }
            }
        }
    };
}

/// An enum of names: its wire names, `as_str`, `ALL`, `Display` and `FromStr`.
macro_rules! named_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $wire:literal $(| $alias:literal)*),* $(,)?
        }
    ) => {
        named_enum_without_default! {
            $(#[$meta])*
            #[derive(Default)]
            pub enum $name { $($(#[$variant_meta])* $variant = $wire $(| $alias)*,)* }
        }
    };
}

/// The same for enums of which none is the default.
macro_rules! named_enum_without_default {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $wire:literal $(| $alias:literal)*),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[allow(missing_docs)] // the names are the wire's
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $wire $(, alias = $alias)*)] $variant,)*
        }

        impl $name {
            /// Every value, in the order of the API's documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(text: &str) -> Result<Self, crate::Error> {
                match text {
                    $($wire $(| $alias)* => Ok(Self::$variant),)*
                    _ => Err(crate::Error::invalid(format!(
                        "{text:?} is not a {}: one of {}",
                        stringify!($name),
                        [$($wire),*].join(", "),
                    ))),
                }
            }
        }
    };
}

/// Ties a request of the public API to its group and its answer.
macro_rules! request {
    ($group:ident, $name:ident => $response:ty $(, was $alias:literal)?) => {
        impl crate::request::ApiRequest for $name {
            type Response = $response;
            const GROUP: crate::request::Group = crate::request::Group::$group;
            const NAME: &'static str = stringify!($name);
            const ALIASES: &'static [&'static str] = &[$($alias)?];
        }
    };
}

/// Ties a request to an agent to its answer.
macro_rules! agent_request {
    ($name:ident => $response:ty) => {
        impl crate::request::AgentRequest for $name {
            type Response = $response;
            const NAME: &'static str = stringify!($name);
        }
    };
}
