//! `km database`: what works on a database itself, without Core, and its seal,
//! which is Core's to change.

use std::path::{Path, PathBuf};

use varanus_backup::{Backup, Identities, Recipients, Restore, Source, Take};
use varanus_client::Client;
use varanus_client::config::CliConfig;
use varanus_proto::api::write::database::{SealDatabase, UnsealDatabase};
use varanus_proto::{Error, Result};
use varanus_store::raw::{Place, Reader};
use varanus_store::{DEADLINE, MongoSettings, SEAL_KEY};

use crate::args::{BackupArgs, CopyArgs, Database, IntoArgs, RestoreArgs};
use crate::show;

/// Whether Core is asked to do it.
pub fn needs_core(command: &Database) -> bool {
    matches!(command, Database::Seal { .. } | Database::Unseal { .. })
}

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
        // Done before there was a client.
        _ => {}
    }
    Ok(())
}

/// Works on a database without Core.
pub async fn without_core(config: &CliConfig, command: Database) -> Result<()> {
    match command {
        Database::Backup(args) => backup(config, args).await,
        Database::Restore(args) => restore(config, args).await,
        Database::Prune { backups_folder, yes } => prune(config, backups_folder, yes),
        Database::Copy(args) => copy(config, args).await,
        Database::V1Downgrade { .. } => Err(Error::invalid(
            "Varanus never wrote a database of Komodo 1; restore the backup that was made before its upgrade",
        )),
        Database::Seal { .. } | Database::Unseal { .. } => Ok(()),
    }
}

fn program() -> String {
    format!("km {}", env!("CARGO_PKG_VERSION"))
}

fn data_directory<'a>(config: &'a CliConfig, asked: &'a Option<PathBuf>) -> &'a Path {
    asked.as_deref().unwrap_or(&config.data_directory)
}

/// The database that the settings name. A data directory that was asked for comes first.
fn place(config: &CliConfig, asked: &Option<PathBuf>) -> Place {
    match (asked, MongoSettings::of(&config.database)) {
        (None, Some(settings)) => Place::Mongo(settings),
        _ => Place::Embedded(data_directory(config, asked).to_owned()),
    }
}

async fn backup(config: &CliConfig, args: BackupArgs) -> Result<()> {
    let recipients = match args.recipient.is_empty() {
        true => &config.backup_recipients,
        false => &args.recipient,
    };
    let from = place(config, &args.data_directory);
    let take = Take {
        recipients: Recipients::parse(recipients.iter().map(String::as_str))?,
        folder: args.backups_folder.unwrap_or_else(|| config.backups_folder.clone()),
        keep: config.max_backups,
        unsealed: args.unsealed,
        key_file: data_directory(config, &args.data_directory).join(SEAL_KEY),
        deadline: DEADLINE,
        program: program(),
        from,
    };
    let what = format!("back up {} into {}", described(&take.from), take.folder.display());
    show::confirm(&what, args.yes)?;
    let taken = varanus_backup::take(&take).await?;
    show::print(&taken.summary());
    Ok(())
}

fn described(place: &Place) -> String {
    match place {
        Place::Embedded(directory) => format!("the embedded store in {}", directory.display()),
        Place::Mongo(settings) => format!("the MongoDB database {}", settings.db_name),
    }
}

async fn restore(config: &CliConfig, args: RestoreArgs) -> Result<()> {
    let backups = args.backups_folder.unwrap_or_else(|| config.backups_folder.clone());
    let identities = match args.identity.as_ref().or(config.backup_identity.as_ref()) {
        None => Identities::default(),
        Some(file) => Identities::load(file)?,
    };
    let backup = Backup::open(&backups, args.restore_folder.as_deref(), identities)?;
    let key_file = data_directory(config, &args.data_directory).join(SEAL_KEY);
    let into = place(config, &args.data_directory);
    put(Source::Backup(backup), into, args.into, key_file, backups, args.yes).await
}

async fn put(
    source: Source,
    into: Place,
    args: IntoArgs,
    key_file: PathBuf,
    backups: PathBuf,
    yes: bool,
) -> Result<()> {
    let restore = Restore {
        source,
        into,
        replace: args.replace,
        another_instance: args.another_instance,
        unsealed: args.unsealed,
        key_file: args.key_file.unwrap_or(key_file),
        backups,
        deadline: DEADLINE,
        program: program(),
    };
    let plan = restore.plan().await?;
    let summary = plan.summary();
    show::confirm(&summary, yes)?;
    if let Some(before) = plan.carry_out().await? {
        show::print(&format!("what was there is in {}", before.display()));
    }
    show::print(&format!("done: {summary}"));
    Ok(())
}

fn prune(config: &CliConfig, folder: Option<PathBuf>, yes: bool) -> Result<()> {
    let folder = folder.unwrap_or_else(|| config.backups_folder.clone());
    let (place, keep) = (folder.display(), config.max_backups);
    show::confirm(&format!("remove all but the newest {keep} backups in {place}"), yes)?;
    let removed = varanus_backup::prune(&folder, keep)?;
    for name in &removed {
        show::print(name);
    }
    show::notice(&format!("{} backups were removed", removed.len()));
    Ok(())
}

async fn copy(config: &CliConfig, args: CopyArgs) -> Result<()> {
    let from = place(config, &args.data_directory);
    let mut target = config.database_target.clone();
    if let Some(uri) = args.uri {
        target.uri = uri.into();
    }
    if let Some(address) = args.address {
        target.address = address;
    }
    if let Some(username) = args.username {
        target.username = username;
    }
    if let Some(password) = args.password {
        target.password = password.into();
    }
    if let Some(name) = args.db_name {
        target.db_name = name;
    }
    let (into, keys) = match (args.into_data_directory, MongoSettings::of(&target)) {
        (Some(directory), _) => (Place::Embedded(directory.clone()), directory),
        (None, Some(settings)) => {
            let keys = data_directory(config, &args.data_directory).to_owned();
            (Place::Mongo(settings), keys)
        }
        (None, None) => {
            return Err(Error::invalid(
                "nobody said where to copy the database to: say --uri mongodb://… or --into-data-directory DIRECTORY",
            ));
        }
    };
    refuse_same(&from, &into)?;
    let reader = Reader::open(&from, DEADLINE).await?;
    let backups = config.backups_folder.clone();
    put(Source::Store(reader), into, args.into, keys.join(SEAL_KEY), backups, args.yes).await
}

/// Refuses to copy a database onto itself.
fn refuse_same(from: &Place, into: &Place) -> Result<()> {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let same = match (from, into) {
        (Place::Embedded(from), Place::Embedded(into)) => real(from) == real(into),
        (Place::Mongo(from), Place::Mongo(into)) => {
            let uri =
                |settings: &MongoSettings| settings.uri.as_ref().map(|uri| uri.expose().clone());
            from.db_name == into.db_name
                && match (uri(from), uri(into)) {
                    (Some(from), Some(into)) => from == into,
                    _ => from.address == into.address,
                }
        }
        _ => false,
    };
    match same {
        true => Err(Error::invalid(format!("{} cannot be copied onto itself", described(from)))),
        false => Ok(()),
    }
}
