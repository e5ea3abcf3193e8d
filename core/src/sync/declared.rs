//! What the files of a sync declare, found by kind and name: a plan of a thousand
//! resources asks for each of them several times.

use std::collections::HashMap;
use std::ops::Deref;

use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::entity::toml::{ResourceToml, ResourcesToml};

use super::plan::ORDER;
use super::sides::for_kind;
use crate::resource::{Kind, Partial};

/// The declarations of all files.
pub struct Declared {
    files: ResourcesToml,
    /// Where a name is in the list of its kind.
    at: HashMap<Variant, HashMap<String, usize>>,
}

impl Declared {
    /// Finds names from now on as resources have them: normalised.
    pub fn new(files: ResourcesToml) -> Self {
        let mut at: HashMap<Variant, HashMap<String, usize>> = HashMap::new();
        for kind in ORDER {
            let of_kind = at.entry(kind).or_default();
            for_kind!(kind, files, |K, list| {
                for (position, declared) in list.iter().enumerate() {
                    of_kind.entry(K::normalize_name(&declared.name)).or_insert(position);
                }
            }, else {});
        }
        Self { files, at }
    }

    /// The declaration of a name, in the list of its kind.
    pub fn find<'a, K: Kind>(
        &self,
        list: &'a [ResourceToml<Partial<K>>],
        name: &str,
    ) -> Option<&'a ResourceToml<Partial<K>>> {
        list.get(*self.at.get(&K::TARGET)?.get(name)?)
    }

    /// Whether a resource of a kind and name is declared.
    pub fn has(&self, kind: Variant, name: &str) -> bool {
        self.at.get(&kind).is_some_and(|names| names.contains_key(name))
    }
}

impl Deref for Declared {
    type Target = ResourcesToml;

    fn deref(&self) -> &ResourcesToml {
        &self.files
    }
}
