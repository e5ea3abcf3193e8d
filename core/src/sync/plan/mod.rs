//! What a sync would do: a pure function from what is declared and what is
//! there to an ordered list of changes.
//!
//! Both sides come as data: configurations as JSON objects, whole and with names
//! in place of ids. This room knows no kind by itself, no store and no caller.

mod diff;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use varanus_proto::entity::resource::ResourceTargetVariant as Variant;

pub use diff::Field;

/// The order in which kinds are created and changed: what others refer to comes
/// first. They are deleted the other way round.
pub const ORDER: [Variant; 11] = [
    Variant::Server,
    Variant::Alerter,
    Variant::Action,
    Variant::Swarm,
    Variant::Builder,
    Variant::Repo,
    Variant::Build,
    Variant::Stack,
    Variant::ResourceSync,
    Variant::Deployment,
    Variant::Procedure,
];

/// A resource as one of the two sides has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its kind.
    pub kind: Variant,
    /// Its name.
    pub name: String,
    /// Free text for people.
    pub description: String,
    /// Whether it is there to be copied.
    pub template: bool,
    /// Names of tags, in their order.
    pub tags: Vec<String>,
    /// The whole configuration, with names in place of ids.
    pub config: Value,
    /// What the file says of it by itself; nothing on the side of what is there.
    pub said: Value,
}

/// What is to be done with a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// It is new.
    Create,
    /// Some of its fields change.
    Update(Vec<Field>),
    /// Only its name is another. Deleting and creating it would take down what
    /// runs.
    Rename {
        /// Its name so far.
        from: String,
    },
    /// It is declared no more.
    Delete,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The kind of the resource.
    pub kind: Variant,
    /// Its name, the new one when it gets another.
    pub name: String,
    /// What is to be done.
    pub deed: Deed,
}

/// The changes that make what is there as declared, in the order in which they
/// have to be done. With `delete` what is declared no more goes.
pub fn plan(declared: &[Side], there: &[Side], delete: bool) -> Vec<Change> {
    let key = |side: &'_ Side| (side.kind, side.name.clone());
    let index: HashMap<_, _> = there.iter().map(|side| (key(side), side)).collect();
    let kept: HashSet<_> = declared.iter().map(key).collect();
    let mut gone: Vec<&Side> = match delete {
        true => there.iter().filter(|side| !kept.contains(&key(side))).collect(),
        false => Vec::new(),
    };
    let mut changes = Vec::new();
    for kind in ORDER {
        for side in declared.iter().filter(|side| side.kind == kind) {
            let deed = match index.get(&key(side)) {
                Some(before) => {
                    let fields = diff::fields(before, side);
                    if fields.is_empty() {
                        continue;
                    }
                    Deed::Update(fields)
                }
                None => match renamed(&mut gone, side) {
                    Some(from) => Deed::Rename { from },
                    None => Deed::Create,
                },
            };
            changes.push(Change { kind, name: side.name.clone(), deed });
        }
    }
    for kind in ORDER.into_iter().rev() {
        for side in gone.iter().filter(|side| side.kind == kind) {
            changes.push(Change { kind, name: side.name.clone(), deed: Deed::Delete });
        }
    }
    changes
}

/// Takes the one resource that is going away and is like this one but for its
/// name. Where there are several, nobody knows which was meant.
fn renamed(gone: &mut Vec<&Side>, side: &Side) -> Option<String> {
    let like = |other: &&Side| other.kind == side.kind && diff::fields(other, side).is_empty();
    let mut found = gone.iter().enumerate().filter(|(_, other)| like(other)).map(|(at, _)| at);
    let (first, second) = (found.next()?, found.next());
    match second {
        None => Some(gone.remove(first).name.clone()),
        Some(_) => None,
    }
}
