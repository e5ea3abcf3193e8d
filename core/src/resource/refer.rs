//! References of one resource to others: a name becomes an id when it is saved,
//! and what refers to a resource that is deleted forgets it.

use std::collections::BTreeSet;
use std::sync::Arc;

use varanus_proto::entity::permission::PermissionLevelAndSpecifics;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::{Error, Kind as Fault, Result};

use super::{Doc, Kind};
use crate::auth::{Caller, access};
use crate::catalog::{Commit, Table};
use crate::{Core, Row};

/// The id of what a field refers to by name or id, if the caller holds what is
/// needed on it. Empty stays empty.
pub fn id_of<K: Kind>(
    core: &Core,
    caller: &Caller,
    field: &str,
    given: &str,
    needed: &PermissionLevelAndSpecifics,
) -> Result<String>
where
    Doc<K>: Row,
{
    if given.is_empty() {
        return Ok(String::new());
    }
    let found = super::get_with::<K>(core, caller, given, needed);
    found.map(|found| found.id.to_string()).map_err(|error| in_field(field, error))
}

/// The same for a target of any kind. An empty id is refused.
pub fn target(
    core: &Core,
    caller: &Caller,
    field: &str,
    given: &ResourceTarget,
    needed: &PermissionLevelAndSpecifics,
) -> Result<ResourceTarget> {
    let kind = given.kind();
    if given.id().is_empty() {
        return Err(Error::invalid(format!("{field}: choose a {kind}; its name or id is empty")));
    }
    let missing = || Error::not_found(format!("there is no {kind} {:?}", given.id()));
    let found = super::resolve(core, given).ok_or_else(missing);
    let found = found.map_err(|error| in_field(field, error))?;
    if found != ResourceTarget::system() {
        access::check(core, caller, &found, given.id(), needed)
            .map_err(|error| in_field(field, error))?;
    }
    Ok(found)
}

/// The error with the field it is about, and the cure. What is hidden reads as
/// what is not there.
fn in_field(field: &str, error: Error) -> Error {
    let cure = match error.kind() {
        Fault::NotFound => "; give the name or id of one that you may see, or leave it out",
        _ => "",
    };
    Error::new(error.kind(), format!("{field}: {}{cure}", error.message()))
}

/// Changes every row of a table that `change` says yes to, and notes it with
/// what the row has lost: `Stack "web" has no server now`.
pub fn blank<T: Row>(
    commit: &mut Commit,
    table: &Arc<Table<T>>,
    lost: &str,
    notes: &mut Vec<String>,
    change: impl Fn(&mut T) -> bool,
) -> Result<()> {
    for (id, row) in table.entries() {
        let mut row = (*row).clone();
        if change(&mut row) {
            notes.push(format!("{:?} {:?} has no {lost} now", table.collection(), row.key()));
            commit.put(table, &id, row)?;
        }
    }
    Ok(())
}

/// Empties a field if it refers to an id.
pub fn clear(field: &mut String, id: &str) -> bool {
    let refers = field == id;
    if refers {
        field.clear();
    }
    refers
}

/// Whether a value is among the wanted; nothing wanted is everything.
pub fn one_of(wanted: &[String], given: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted == given)
}

/// Every value once, sorted: what is in use already, to suggest to a person.
pub fn distinct<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    values.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}
