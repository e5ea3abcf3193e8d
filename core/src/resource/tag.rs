//! Tags on resources.

use varanus_proto::{Error, Result};

use crate::Core;

/// The ids of tags given by name or id; an unknown one is an error.
pub fn ids(core: &Core, names: &[String]) -> Result<Vec<String>> {
    names
        .iter()
        .map(|name| {
            core.catalog
                .tags
                .id_of(name)
                .ok_or_else(|| Error::invalid(format!("there is no tag {name:?}")))
        })
        .collect()
}

/// The names of tags given by id; an id that is gone is left out.
pub fn names(core: &Core, ids: &[String]) -> Vec<String> {
    ids.iter().filter_map(|id| core.catalog.tags.get(id)).map(|tag| tag.name.clone()).collect()
}
