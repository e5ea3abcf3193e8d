//! The description of settings: what [`settings!`](crate::settings) builds.

use std::collections::BTreeMap;

use crate::merge::merge;
use crate::node::{Data, Node, Source};
use crate::report::{At, Report};
use crate::setting::Setting;

/// The settings of a table.
#[derive(Clone)]
pub struct Schema {
    /// In the order of the reference page.
    pub fields: Vec<Field>,
}

/// How a setting is nested.
#[derive(Clone)]
pub enum Kind {
    /// A value.
    Plain,
    /// A table with settings of its own.
    Table(Schema),
    /// A list of such tables.
    Tables(Schema),
    /// A list of tables with the same settings as the one it stands in.
    SameTables,
    /// A table of free names.
    Map,
}

/// One setting.
#[derive(Clone)]
pub struct Field {
    /// The key in files.
    pub key: &'static str,
    /// What it is for.
    pub doc: String,
    /// Other names of the key.
    pub aliases: &'static [&'static str],
    /// The environment variables, the chief one first. Of a nested table: the
    /// prefixes that its own names are appended to.
    pub env: &'static [&'static str],
    /// Whether each variable has a `_FILE` variant.
    pub file: bool,
    /// Whether the value is a secret.
    pub secret: bool,
    /// Whether Komodo 2.3 has no such setting.
    pub ours: bool,
    /// Whether it must be given.
    pub required: bool,
    /// What is expected, as "a port number 0–65535".
    pub shape: String,
    /// How it is nested.
    pub kind: Kind,
    /// The default, as a file would say it.
    pub default: Data,
    /// Whether an empty variable is a value (the empty text) or none.
    pub empty_is_value: bool,
}

impl Field {
    /// A setting of a type.
    pub fn of<T: Setting>(key: &'static str, doc: &str, default: impl Into<Data>) -> Self {
        let doc = doc.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
        Self {
            key,
            doc,
            aliases: &[],
            env: &[],
            file: false,
            secret: T::SECRET,
            ours: false,
            required: false,
            shape: T::shape(),
            kind: T::kind(),
            default: default.into(),
            empty_is_value: T::EMPTY_IS_VALUE,
        }
    }

    /// Sets the environment variables (or prefixes, of a nested table).
    #[must_use]
    pub fn env(mut self, names: &'static [&'static str]) -> Self {
        self.env = names;
        self
    }

    /// Sets other names of the key.
    #[must_use]
    pub fn aliases(mut self, names: &'static [&'static str]) -> Self {
        self.aliases = names;
        self
    }

    /// Gives each variable a `_FILE` variant.
    #[must_use]
    pub fn file(mut self) -> Self {
        self.file = true;
        self
    }

    /// Marks what Komodo 2.3 does not have.
    #[must_use]
    pub fn ours(mut self) -> Self {
        self.ours = true;
        self
    }

    /// Marks what must be given.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Says better than the type what is expected.
    #[must_use]
    pub fn shape(mut self, shape: &str) -> Self {
        self.shape = shape.to_owned();
        self
    }

    /// The full names of its variables under the prefixes of its table.
    pub(crate) fn variables(&self, prefixes: &[String]) -> Vec<String> {
        // Sorted by the field's own names: the chief name first, under every prefix.
        self.env
            .iter()
            .flat_map(|name| prefixes.iter().map(move |prefix| format!("{prefix}{name}")))
            .collect()
    }
}

impl Schema {
    /// The schema of a type that is a table.
    pub fn of<T: Setting>() -> Self {
        match T::kind() {
            Kind::Table(schema) => schema,
            _ => Schema { fields: Vec::new() },
        }
    }

    /// The field of a key or an alias.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == name || field.aliases.contains(&name))
    }

    /// The known name that is most like this one, if one is.
    pub fn nearest(&self, name: &str) -> Option<&'static str> {
        let names = self
            .fields
            .iter()
            .flat_map(|field| std::iter::once(field.key).chain(field.aliases.iter().copied()));
        nearest(name, names)
    }

    /// Every variable that is looked at, `_FILE` variants included.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.collect_variables(&[String::new()], &mut names);
        names
    }

    fn collect_variables(&self, prefixes: &[String], names: &mut Vec<String>) {
        for field in &self.fields {
            let own = field.variables(prefixes);
            match &field.kind {
                Kind::Table(inner) => inner.collect_variables(&own, names),
                _ => {
                    for name in own {
                        if field.file {
                            names.push(format!("{name}_FILE"));
                        }
                        names.push(name);
                    }
                }
            }
        }
    }
}

/// The name that is most like this one, when it may be a slip of it.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.len() / 4).clamp(1, 3);
    names
        .map(|known| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Reads the fields of a table, with their defaults.
pub struct TableReader<'a> {
    fields: Vec<Field>,
    table: &'a BTreeMap<String, Node>,
    source: &'a Source,
    key: &'a str,
}

impl<'a> TableReader<'a> {
    /// Starts to read a table of type `T`.
    pub fn new<T: Setting>(node: &'a Node, at: At<'a>, report: &mut Report) -> Option<Self> {
        match node.table() {
            Some(table) => Some(Self {
                fields: Schema::of::<T>().fields,
                table,
                source: &node.source,
                key: at.key,
            }),
            None => {
                report.mismatch(node, at);
                None
            }
        }
    }

    /// Reads a field, or says what is wrong with it.
    pub fn read<T: Setting>(&self, key: &str, report: &mut Report) -> Option<T> {
        let field = self.fields.iter().find(|field| field.key == key)?;
        let path = if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) };
        let mut node = field.default.clone().from_nowhere();
        match self.table.get(key) {
            None | Some(Node { data: Data::Null, .. }) if field.required => {
                let place = self.source.describe(self.key);
                report.problems.push(format!("{place}: \"{key}\" is missing"));
            }
            None | Some(Node { data: Data::Null, .. }) => {}
            Some(given) if matches!(field.kind, Kind::Table(_)) && given.table().is_some() => {
                merge(&mut node, given.clone(), true, false);
            }
            Some(given) => node = given.clone(),
        }
        // A nested table that nobody mentions is all defaults.
        if matches!((&field.kind, &node.data), (Kind::Table(_), Data::Null)) {
            node = Node::empty();
        }
        T::read(&node, At { key: &path, shape: &field.shape, secret: field.secret }, report)
    }
}

/// A type that is a table with every setting at its default.
pub fn defaults<T: Setting>() -> T {
    let at = At { key: "", shape: "", secret: false };
    T::read(&Node::empty(), at, &mut Report::default())
        .expect("the defaults of a table are of its types: tested where the table is")
}

/// Describes settings once; see the crate's documentation.
///
/// ```
/// use varanus_config::{settings, Timelength};
/// settings! {
///     /// Settings of an example.
///     pub struct Example {
///         /// The port to listen on.
///         port: u16 = 80 => [env(&["EXAMPLE_PORT"]).shape("a port number 0–65535")];
///         /// How often to look.
///         interval: Timelength = "15-sec" => [env(&["EXAMPLE_INTERVAL"]).aliases(&["every"])];
///         /// Nobody needs a name.
///         name: Option<String> = ();
///     }
/// }
/// assert_eq!(Example::default().port, 80);
/// ```
#[macro_export]
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident : $ty:ty = $default:expr $(=> [ $($option:tt)* ])? ;
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl Default for $name {
            fn default() -> Self {
                $crate::defaults()
            }
        }

        impl $crate::Setting for $name {
            fn shape() -> String {
                "a table".into()
            }

            fn kind() -> $crate::Kind {
                $crate::Kind::Table($crate::Schema {
                    fields: vec![$(
                        $crate::Field::of::<$ty>(
                            stringify!($field),
                            concat!($($doc, "\n"),+),
                            $default,
                        ) $(. $($option)*)?
                    ),*],
                })
            }

            fn read(
                node: &$crate::Node,
                at: $crate::At<'_>,
                report: &mut $crate::Report,
            ) -> Option<Self> {
                let table = $crate::TableReader::new::<Self>(node, at, report)?;
                // All fields are read before any is missed: every problem is told.
                $( let $field = table.read::<$ty>(stringify!($field), report); )*
                Some(Self { $($field: $field?),* })
            }
        }
    };
}

/// An enum whose variants are words of a configuration.
///
/// ```
/// varanus_config::choices! {
///     /// Which colour.
///     pub enum Colour { Red = "red", Green = "green" }
/// }
/// assert_eq!(Colour::Red.to_string(), "red");
/// ```
#[macro_export]
macro_rules! choices {
    (
        $(#[doc = $about:literal])+
        pub enum $name:ident { $( $(#[doc = $doc:literal])* $variant:ident = $word:literal ),+ $(,)? }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $( $(#[doc = $doc])* #[doc = concat!("`", $word, "`")] $variant ),+ }

        impl $name {
            /// The word of a configuration.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word ),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                $( if text.eq_ignore_ascii_case($word) { return Ok(Self::$variant); } )+
                Err(format!("\"{text}\" is not {}", <Self as $crate::Setting>::shape()))
            }
        }

        impl $crate::Setting for $name {
            fn shape() -> String {
                format!("one of {}", [$($word),+].join(", "))
            }

            fn read(
                node: &$crate::Node,
                at: $crate::At<'_>,
                report: &mut $crate::Report,
            ) -> Option<Self> {
                let read = match &node.data {
                    $crate::Data::Text(text) => text.trim().parse().ok(),
                    _ => None,
                };
                if read.is_none() {
                    report.mismatch(node, at);
                }
                read
            }
        }
    };
}
