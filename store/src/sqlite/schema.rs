//! Tables and indexes, and how an older file becomes a current one.

use rusqlite::{Connection, OptionalExtension};
use varanus_proto::Error;

use super::{fault::Problem, sql};
use crate::{Collection, Index};

/// What each version added; a file of version `n` has seen the first `n`. Never
/// change an entry, append one.
const MIGRATIONS: &[fn(&Connection) -> rusqlite::Result<()>] = &[first, small_numbers];

/// The names of version 1, spelled out: a later collection is a later migration.
const FIRST_TABLES: [&str; 26] = [
    "User",
    "UserGroup",
    "Permission",
    "ApiKey",
    "OnboardingKey",
    "Tag",
    "Variable",
    "GitProviderAccount",
    "ImageRegistryAccount",
    "Update",
    "Alert",
    "Stats",
    "Swarm",
    "Server",
    "Stack",
    "Deployment",
    "Build",
    "Repo",
    "Procedure",
    "Action",
    "ResourceSync",
    "Builder",
    "Alerter",
    "VaranusRun",
    "VaranusDelivery",
    "VaranusSetting",
];

/// Brings a file to the current version.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), Problem> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")?;
    let version: Option<u32> = transaction
        .query_row("SELECT version FROM schema_version", [], |row| row.get(0))
        .optional()?;
    let found = version.unwrap_or(0) as usize;
    refuse_newer(found)?;
    for migrate in &MIGRATIONS[found..] {
        migrate(&transaction)?;
    }
    transaction.execute("DELETE FROM schema_version", [])?;
    transaction
        .execute("INSERT INTO schema_version (version) VALUES (?1)", [MIGRATIONS.len() as u32])?;
    // Indexes hold no data of their own: the current list is simply made true.
    for collection in Collection::ALL {
        for index in collection.indexes().iter().filter(|index| !index.multi) {
            create_index(&transaction, collection, index)?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Refuses a file of a later version.
pub(super) fn refuse_newer(found: usize) -> Result<(), Error> {
    if found > MIGRATIONS.len() {
        return Err(Error::invalid(format!(
            "a newer Varanus wrote it (schema {found}, this one knows {}); run that version, or restore a backup made \
             before the upgrade",
            MIGRATIONS.len()
        )));
    }
    Ok(())
}

/// The places of a document's 32-bit numbers, which JSON does not tell: so that
/// what came from a MongoDB goes back as it was.
fn small_numbers(connection: &Connection) -> rusqlite::Result<()> {
    for table in FIRST_TABLES {
        connection.execute_batch(&format!("ALTER TABLE \"{table}\" ADD COLUMN small TEXT"))?;
    }
    Ok(())
}

fn first(connection: &Connection) -> rusqlite::Result<()> {
    for table in FIRST_TABLES {
        connection.execute_batch(&format!(
            "CREATE TABLE \"{table}\" (id TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL)"
        ))?;
    }
    Ok(())
}

fn create_index(
    connection: &Connection,
    collection: Collection,
    index: &Index,
) -> rusqlite::Result<()> {
    let fields: Vec<String> = index.fields.iter().map(|field| sql::extract(field)).collect();
    let unique = if index.unique { "UNIQUE" } else { "" };
    let only =
        if index.sparse { format!("WHERE {} IS NOT NULL", fields[0]) } else { String::new() };
    connection.execute_batch(&format!(
        "CREATE {unique} INDEX IF NOT EXISTS \"{}\" ON \"{collection}\" ({}) {only}",
        index_name(collection, index),
        fields.join(", "),
    ))
}

/// The name of an index: it says what the index is, so that a changed one gets
/// another name.
pub(super) fn index_name(collection: Collection, index: &Index) -> String {
    let kind = match (index.unique, index.sparse) {
        (true, true) => "unique-sparse",
        (true, false) => "unique",
        (false, true) => "sparse",
        (false, false) => "index",
    };
    format!("{collection} {kind} {}", index.fields.join(" "))
}

/// The index of a name in an error.
pub(super) fn index_named(collection: Collection, name: &str) -> Option<&'static Index> {
    collection.indexes().iter().find(|index| index_name(collection, index) == name)
}
