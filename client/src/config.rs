//! `km`'s configuration: where Core is, who is calling, and the profiles that
//! answer both for several Cores.
//!
//! A profile is a table with the same settings, laid over those outside of it.
//! This room knows where settings come from; it must not know the commands.
//! The keys and variables are those of Komodo 2.3.

use std::path::PathBuf;

use varanus_config::{
    At, Check, ConfigArgs, Data, DatabaseConfig, Environment, Invalid, Kind, Loaded, LogConfig,
    Node, Overrides, Program, Report, Setting, Span, Tree, choices, gather, merge, reference,
    settings,
};
use varanus_proto::Secret;

/// How `km`'s configuration is found.
pub const PROGRAM: Program = Program {
    name: "km",
    prefix: "KOMODO_CLI",
    foreign: &[],
    default_paths: &["$HOME/.config/komodo", "."],
    default_keywords: &["*komodo.cli*.*"],
    include_file: ".kminclude",
    debug: Some("KOMODO_CLI_DEBUG_STARTUP"),
};

/// The arguments that change settings, to be flattened into `km`'s own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CliArgs {
    /// The profile to use, by its name or an alias
    #[arg(long, short = 'p')]
    pub profile: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)] // documented where it is defined
    pub config: ConfigArgs,
    /// Tell which files were read and where each setting came from
    #[arg(long, short = 'd', alias = "debug", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub debug_startup: Option<bool>,
    /// The `--host` of a command that has one.
    #[arg(skip)]
    pub host: Option<String>,
    /// The `--key` of a command that has one.
    #[arg(skip)]
    pub key: Option<String>,
    /// The `--secret` of a command that has one.
    #[arg(skip)]
    pub secret: Option<String>,
}

choices! {
    /// The lines of tables.
    pub enum TableBorders {
        Horizontal = "Horizontal",
        Vertical = "Vertical",
        Outside = "Outside",
        Inside = "Inside",
        All = "All",
    }
}

settings! {
    /// `km`'s settings.
    pub struct CliConfig {
        /// The profile that is used when none is asked for.
        default_profile: Option<String> = () => [
            env(&["KOMODO_CLI_DEFAULT_PROFILE"]).aliases(&["default"])
        ];
        /// Name of this profile.
        config_profile: String = "" => [aliases(&["name"])];
        /// Other names of this profile.
        config_aliases: Vec<String> = () => [aliases(&["alias", "aliases"])];
        /// Address of Core, with `http://` or `https://`.
        host: String = "" => [env(&["KOMODO_CLI_HOST", "KOMODO_HOST"])];
        /// API key.
        cli_key: Option<String> = () => [env(&["KOMODO_CLI_KEY"]).aliases(&["key"])];
        /// Secret of the API key.
        cli_secret: Option<Secret> = () => [env(&["KOMODO_CLI_SECRET"]).aliases(&["secret"])];
        /// Longest wait for one answer of Core.
        deadline: Span = "30-sec" => [env(&["KOMODO_CLI_DEADLINE"]).ours()];
        /// The lines of tables.
        table_borders: Option<TableBorders> = () => [env(&["KOMODO_CLI_TABLE_BORDERS"])];
        /// Directory of backups of the database.
        backups_folder: PathBuf = "/backups" => [env(&["KOMODO_CLI_BACKUPS_FOLDER"])];
        /// Backups that are kept. 0: all.
        max_backups: u16 = 14 => [env(&["KOMODO_CLI_MAX_BACKUPS"])];
        /// Age recipients (`age1…`) to whom backups are encrypted; nobody: they are not.
        backup_recipients: Vec<String> = () => [env(&["KOMODO_CLI_BACKUP_RECIPIENTS"]).ours()];
        /// File with the age identity that opens encrypted backups.
        backup_identity: Option<PathBuf> = () => [env(&["KOMODO_CLI_BACKUP_IDENTITY"]).ours()];
        /// Data directory of Core, for the commands that work on its embedded store, when no
        /// MongoDB is named.
        data_directory: PathBuf = "/var/lib/varanus" => [env(&["KOMODO_DATA_DIRECTORY"]).ours()];
        /// The database, for the commands that work on it without Core.
        database: DatabaseConfig = Data::defaults([("app_name", "komodo_cli".into())]) => [
            env(&["KOMODO_DATABASE_", "KOMODO_MONGO_"]).aliases(&["mongo"])
        ];
        /// The database that another is copied to.
        database_target: DatabaseConfig = Data::defaults([("app_name", "komodo_cli".into())]) => [
            env(&["KOMODO_CLI_DATABASE_TARGET_", "KOMODO_CLI_DATABASE_COPY_"])
                .aliases(&["database_copy"])
        ];
        /// Logging.
        cli_logging: LogConfig = () => [env(&["KOMODO_CLI_LOGGING_"])];
        /// The settings that are told with `--debug-startup` are told over several lines.
        pretty_startup_config: bool = false => [
            env(&["KOMODO_CLI_PRETTY_STARTUP_CONFIG"]).ours()
        ];
        /// Profiles: tables with these same settings.
        profile: Profiles = ();
    }
}

/// The profiles of a configuration, by name. They are read when one is chosen.
#[derive(Debug, Clone, Default)]
pub struct Profiles(pub Vec<String>);

impl Setting for Profiles {
    fn shape() -> String {
        "a list of tables".into()
    }

    fn kind() -> Kind {
        Kind::SameTables
    }

    fn read(node: &Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match &node.data {
            Data::Null => Some(Self::default()),
            Data::List(_) | Data::Table(_) => Some(Self(
                items(node).iter().filter_map(|item| names(item).into_iter().next()).collect(),
            )),
            _ => {
                report.mismatch(node, at);
                None
            }
        }
    }
}

impl CliConfig {
    /// Loads the configuration with the profile that the argument, the
    /// environment or the files choose. The error lists every problem; a
    /// program shows it and ends with [`Invalid::EXIT_CODE`].
    pub fn load(args: &CliArgs, env: &Environment) -> Result<Loaded<Self>, Invalid> {
        let overrides = overrides(args);
        let mut tree = gather::<Self>(&PROGRAM, env, &overrides);
        if let Some((name, asked_by)) = chosen(args, env, &tree.root) {
            lay_profile(&mut tree, &name, &asked_by);
        }
        let debug = args.debug_startup.unwrap_or(tree.debug);
        let mut loaded = tree.finish(&PROGRAM, env, &overrides, Self::check)?;
        loaded.debug = debug;
        Ok(loaded)
    }

    /// The list of settings for `--help` (clap's `after_long_help`).
    pub fn help() -> String {
        reference::help::<Self>(&PROGRAM)
    }

    fn check(&self, check: &mut Check<'_>) {
        let known = ["http://", "https://"].iter().any(|scheme| self.host.starts_with(scheme));
        if !self.host.is_empty() && !known {
            check.reject(
                "host",
                format!("\"{}\" does not start with http:// or https://", self.host),
            );
        }
    }
}

fn overrides(args: &CliArgs) -> Overrides {
    args.config
        .overrides()
        .set("host", "--host", args.host.clone())
        .set("cli_key", "--key", args.key.clone())
        .set("cli_secret", "--secret", args.secret.clone())
}

/// The profile that is asked for, and by whom.
fn chosen(args: &CliArgs, env: &Environment, root: &Node) -> Option<(String, String)> {
    if let Some(name) = &args.profile {
        return Some((name.clone(), "--profile (command line)".into()));
    }
    const VARIABLE: &str = "KOMODO_CLI_DEFAULT_PROFILE";
    if let Some(name) = env.get(VARIABLE).filter(|name| !name.is_empty()) {
        return Some((name.to_owned(), format!("{VARIABLE} (environment)")));
    }
    let node = root.find("default_profile")?;
    match &node.data {
        Data::Text(name) if !name.is_empty() => {
            Some((name.clone(), node.source.describe("default_profile")))
        }
        _ => None,
    }
}

/// Lays a profile over what stands outside of all profiles.
fn lay_profile(tree: &mut Tree, name: &str, asked_by: &str) {
    if names(&tree.root).iter().any(|known| known == name) {
        return;
    }
    let profiles: Vec<Node> = match tree.root.find("profile") {
        Some(node) => items(node).to_vec(),
        None => Vec::new(),
    };
    let Some(profile) =
        profiles.iter().find(|profile| names(profile).iter().any(|known| known == name))
    else {
        let known: Vec<_> = profiles.iter().flat_map(names).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        tree.report
            .problems
            .push(format!("{asked_by}: there is no profile \"{name}\"; known are: {known}"));
        return;
    };
    let mut profile = profile.clone();
    // What names a profile is its own, and a profile holds no profiles.
    if let Some(table) = profile.table_mut() {
        table.remove("profile");
        table.remove("default_profile");
    }
    if let Some(table) = tree.root.table_mut() {
        table.remove("config_profile");
        table.remove("config_aliases");
    }
    merge(&mut tree.root, profile, tree.merge_nested, tree.extend_arrays);
}

fn items(node: &Node) -> &[Node] {
    match &node.data {
        Data::List(items) => items,
        Data::Table(_) => std::slice::from_ref(node),
        _ => &[],
    }
}

/// The name and the aliases of a profile.
fn names(profile: &Node) -> Vec<String> {
    let at = At { key: "", shape: "", secret: false };
    let mut ignored = Report::default();
    let name = profile.find("config_profile");
    let aliases = profile.find("config_aliases");
    name.and_then(|node| String::read(node, at, &mut ignored))
        .into_iter()
        .chain(aliases.and_then(|node| Vec::read(node, at, &mut ignored)).unwrap_or_default())
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
