//! Encrypting the database's secrets, and going back.

use varanus_proto::Result;
use varanus_proto::api::write::database::{SealDatabase, SealState, UnsealDatabase};
use varanus_proto::entity::update::Operation;

use super::record;
use crate::Commit;
use crate::http::{Api, Call};

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, _: SealDatabase| async move { turn(&call, true).await });
    api.on(|call: Call, _: UnsealDatabase| async move { turn(&call, false).await });
}

async fn turn(call: &Call, on: bool) -> Result<SealState> {
    call.caller.require_admin(if on { "seal the database" } else { "unseal the database" })?;
    let (core, edit) = (&call.core, call.core.edit().await);
    let changed = match on {
        true => core.sealed.seal().await?,
        false => core.sealed.unseal().await?,
    };
    drop(edit);
    let key_file = core.sealed.key_file().display().to_string();
    let text = match on {
        true => {
            format!("{changed} documents were encrypted; the key is {key_file} on Core's machine")
        }
        false => format!("{changed} documents are in the clear again"),
    };
    let stage = if on { "Seal Database" } else { "Unseal Database" };
    record(call, Commit::new(), Operation::None, stage, text).await?;
    Ok(SealState { sealed: core.sealed.is_sealed(), changed, key_file })
}
