//! What is set once for the whole installation: what Core tells of itself,
//! variables, tags, accounts at git hosts and image registries, and what all
//! resources carry beside their configuration (description, template, tags).
//!
//! This room checks, stores and shows them. It must not know what they are used
//! for: interpolation, clones and logins are other rooms' business.

mod account;
mod info;
mod meta;
mod seal;
mod tag;
mod variable;

pub(crate) use meta::update as update_meta;
use varanus_proto::api::read::terminal::ListTerminals;
use varanus_proto::entity::resource::ResourceTarget;
use varanus_proto::entity::update::Operation;
use varanus_proto::{Error, Result, is_object_id};
pub(crate) use variable::{delete as delete_variable, put as put_variable};

use crate::Commit;
use crate::http::{Api, Call};
use crate::run::Audit;

/// Every request of this room.
pub fn api(api: &mut Api) {
    info::api(api);
    variable::api(api);
    tag::api(api);
    account::api(api);
    meta::api(api);
    seal::api(api);
    // There are none yet, and clients ask for them all the same.
    api.on(|_: Call, _: ListTerminals| async move { Ok(Vec::new()) });
}

/// Makes a change of the installation itself durable, with its record.
pub(crate) async fn record(
    call: &Call,
    commit: Commit,
    operation: Operation,
    stage: &str,
    text: String,
) -> Result<()> {
    let mut audit = Audit::new(&call.caller, operation, ResourceTarget::system());
    audit.log(stage, text);
    audit.commit(&call.core, commit).await?;
    Ok(())
}

/// A name that people give to something, without white space around it.
pub(crate) fn plain_name<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    const LONGEST: usize = 100;
    let name = name.trim();
    let reason = match name.chars().count() {
        0 => "it is empty",
        length if length > LONGEST => "it has more than 100 characters",
        _ if name.chars().any(char::is_control) => "it holds a control character",
        _ if is_object_id(name) => "it has the form of an id",
        _ => return Ok(name),
    };
    Err(Error::invalid(format!("{name:?} is no name for a {what}: {reason}")))
}

#[cfg(test)]
mod tests;
