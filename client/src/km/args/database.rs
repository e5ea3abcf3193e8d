//! What `km database` is asked for.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Database {
    /// Back up the database, also while Core runs
    #[command(visible_alias = "bkp")]
    Backup(BackupArgs),
    /// Restore a backup into a database that no Core uses
    #[command(visible_alias = "rst")]
    Restore(RestoreArgs),
    /// Remove all but the newest backups
    Prune {
        /// Folder of backups
        #[arg(long, short = 'f')]
        backups_folder: Option<PathBuf>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Copy the database into another one, of the same or the other kind
    #[command(visible_alias = "cp")]
    Copy(CopyArgs),
    /// Not here: Varanus never wrote databases of Komodo 1
    #[command(hide = true)]
    V1Downgrade {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Encrypt every secret in the database, and all that are written from now on
    Seal {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Write every secret in the clear again, so that Komodo can read the database
    Unseal {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Folder of backups
    #[arg(long, short = 'f')]
    pub backups_folder: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Encrypt it to this age recipient (age1…); may be given several times
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Vec<String>,
    /// Write the secrets of a sealed database in the clear, for Komodo
    #[arg(long)]
    pub unsealed: bool,
    /// Data directory of the Core whose embedded store is meant
    #[arg(long)]
    pub data_directory: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Folder of backups
    #[arg(long, short = 'f')]
    pub backups_folder: Option<PathBuf>,
    /// The backup, by its name; the latest when it is not given
    #[arg(long, short)]
    pub restore_folder: Option<String>,
    /// Make the indexes too; they are always made
    #[arg(long, short)]
    pub index: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// File with the age identity that opens an encrypted backup
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    #[command(flatten)]
    pub into: IntoArgs,
    /// Data directory of the Core whose embedded store is meant
    #[arg(long)]
    pub data_directory: Option<PathBuf>,
}

/// What may happen to the database that is written.
#[derive(Debug, Args)]
pub struct IntoArgs {
    /// What is there goes, after a backup of it
    #[arg(long)]
    pub replace: bool,
    /// Also when it is the database of another installation
    #[arg(long, requires = "replace")]
    pub another_instance: bool,
    /// Write the secrets in the clear, for Komodo
    #[arg(long)]
    pub unsealed: bool,
    /// Key file of the database's seal; `seal.key` in the data directory when it is not given
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CopyArgs {
    /// URI of the MongoDB to copy to
    #[arg(long)]
    pub uri: Option<String>,
    /// Address of the MongoDB to copy to
    #[arg(long, short)]
    pub address: Option<String>,
    /// User of the MongoDB to copy to
    #[arg(long, short)]
    pub username: Option<String>,
    /// Password of that user; the environment (`KOMODO_CLI_DATABASE_TARGET_PASSWORD`) keeps it out of process lists
    #[arg(long, short)]
    pub password: Option<String>,
    /// Name of the database to copy to
    #[arg(long, short)]
    pub db_name: Option<String>,
    /// Make the indexes too; they are always made
    #[arg(long, short)]
    pub index: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Copy into the embedded store of this data directory instead
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["uri", "address", "username", "password", "db_name"])]
    pub into_data_directory: Option<PathBuf>,
    #[command(flatten)]
    pub into: IntoArgs,
    /// Data directory of the Core whose embedded store is copied
    #[arg(long)]
    pub data_directory: Option<PathBuf>,
}
