//! What a resource file declares is what is written of it again, whatever is in its
//! fields.

use proptest::prelude::*;
use serde_json::Value;
use varanus_proto::Config;
use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::entity::toml::ResourceToml;
use varanus_proto::resource_file::Files;

use super::plan::ORDER;
use super::sides::{for_kind, json};
use crate::Row;
use crate::resource::{Doc, Kind, Partial, toml};

/// A value for a field of any type; it takes what fits it.
#[derive(Debug, Clone)]
struct Filling {
    text: String,
    list: Vec<String>,
    number: u16,
}

fn filling() -> impl Strategy<Value = Filling> {
    let text = || {
        let odd = prop::sample::select(vec![
            "'''",
            "\"\"\"",
            "\"",
            "'",
            "\\",
            "\n",
            "\r\n",
            "\n\n",
            "\t",
            "#",
            " ",
            "=",
            "[[A]]",
            "${B}",
            "A = 1\n",
            "- b: c\n",
            "ü€",
            "{",
            "]",
            "  indented\n",
            "# said\n",
        ]);
        let part = prop_oneof![3 => odd.prop_map(str::to_owned), 1 => "[a-z0-9]{1,6}"];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    };
    let list = prop::collection::vec(text(), 0..4);
    (text(), list, any::<u16>()).prop_map(|(text, list, number)| Filling { text, list, number })
}

/// The leaves of a configuration, as JSON pointers.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                leaves(value, &format!("{path}/{name}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// A configuration with some fields set, as its file and as a whole.
fn written<K: Kind>(fillings: &[(usize, Filling)], meta: &Filling) -> (String, Value)
where
    Doc<K>: Row,
{
    let mut value = json(&K::Config::default()).unwrap();
    let mut config = K::Config::default();
    let mut paths = Vec::new();
    leaves(&value, "", &mut paths);
    for (at, filling) in fillings {
        let mut changed = value.clone();
        let Some(leaf) = changed.pointer_mut(&paths[at % paths.len()]) else { continue };
        *leaf = match leaf {
            Value::Bool(flag) => Value::Bool(!*flag),
            Value::Number(_) => filling.number.into(),
            Value::Array(_) => filling.list.clone().into(),
            _ => filling.text.clone().into(),
        };
        // Names of variants, versions and the like take no other text.
        if let Ok(fits) = serde_json::from_value(changed.clone()) {
            (value, config) = (changed, fits);
        }
    }
    let text = toml::text::<K>(ResourceToml {
        name: "one".to_owned(),
        description: meta.text.clone(),
        template: meta.number.is_multiple_of(2),
        tags: meta.list.clone(),
        deploy: meta.number.is_multiple_of(3),
        after: meta.list.clone(),
        config: config.minimize(),
    });
    (text, json(&config).unwrap())
}

/// What was read of it, in the same two forms.
fn read<K: Kind>(list: &[ResourceToml<Partial<K>>]) -> (String, Value)
where
    Doc<K>: Row,
{
    let [declared] = list else { return (format!("{} are declared", list.len()), Value::Null) };
    let whole = K::Config::from_partial(declared.config.clone());
    (toml::text::<K>(declared.clone()), json(&whole).unwrap())
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was_and_written_the_same_again(
        kind in prop::sample::select(ORDER.iter().copied().filter(|kind| *kind != Variant::Swarm).collect::<Vec<_>>()),
        fillings in prop::collection::vec((any::<usize>(), filling()), 0..12),
        meta in filling(),
    ) {
        let (text, whole) = for_kind!(kind, |K| written::<K>(&fillings, &meta), else unreachable!());
        let mut files = Files::default();
        files.add("one.toml", &text, true);
        prop_assert!(files.findings.is_empty(), "{text}\n{:?}", files.findings);
        let again = for_kind!(kind, files.resources, |K, list| read::<K>(list), else unreachable!());
        prop_assert_eq!(&again.1, &whole, "{}", text);
        prop_assert_eq!(again.0, text);
    }
}
