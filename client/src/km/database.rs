//! `km database`.

use varanus_client::Client;
use varanus_proto::Result;
use varanus_proto::api::write::database::{SealDatabase, UnsealDatabase};

use crate::args::Database;
use crate::show;

/// Encrypts the secrets of Core's database, or writes them in the clear.
pub async fn database(client: &Client, command: Database) -> Result<()> {
    match command {
        Database::Seal { yes } => {
            let what = format!("encrypt every secret in the database of {}", client.host());
            show::confirm(&what, yes)?;
            let state = client.request(SealDatabase {}).await?;
            show::print(&format!(
                "sealed: {} documents were encrypted; keep a copy of the key {} (on Core's \
                 machine) apart from the database",
                state.changed, state.key_file
            ));
        }
        Database::Unseal { yes } => {
            let what =
                format!("write every secret in the database of {} in the clear", client.host());
            show::confirm(&what, yes)?;
            let state = client.request(UnsealDatabase {}).await?;
            show::print(&format!(
                "not sealed: {} documents are in the clear, and Komodo can read them",
                state.changed
            ));
        }
    }
    Ok(())
}
