//! The command line of `km`: names, aliases and short options as in Komodo 2.3,
//! so that what people have in their notes and scripts is understood. What one
//! more option does that Komodo has not is said at the option.

mod database;

use clap::{Args, Parser, Subcommand, ValueEnum};
use varanus_client::config::CliArgs;

pub use database::*;

/// Everything that may be asked of `km`.
#[derive(Debug, Parser)]
#[command(name = "km", version, about = "Works with a Core from the command line", long_about = None)]
pub struct Cli {
    #[command(flatten)]
    pub settings: CliArgs,
    /// Address of Core
    #[arg(long)]
    pub host: Option<String>,
    /// API key
    #[arg(long)]
    pub key: Option<String>,
    /// Secret of the API key; the environment (`KOMODO_CLI_SECRET`) keeps it out of process lists
    #[arg(long)]
    pub secret: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the settings and where each comes from
    #[command(visible_aliases = ["cfg", "cf"])]
    Config(ConfigArgs),
    /// Show what Core says about itself
    #[command(visible_alias = "core")]
    CoreInfo {
        /// How it is printed
        #[arg(long, short, value_enum, default_value_t)]
        format: Format,
    },
    /// List resources
    #[command(visible_aliases = ["ls", "resources"])]
    List(ListArgs),
    /// Read one thing: the version of Core, or the resources of a kind
    #[command(subcommand)]
    Get(Get),
    /// Run an execution, or a procedure by its name, and show its log
    // Its arguments come from the table of executions (`execute::table`).
    #[command(visible_aliases = ["x", "run", "deploy", "dep", "send"])]
    Execute(crate::execute::Request),
    /// Create a key
    #[command(subcommand, visible_aliases = ["new", "cr"])]
    Create(Create),
    /// Change something
    #[command(subcommand, visible_alias = "set")]
    Update(Update),
    /// List the containers of all servers
    #[command(visible_aliases = ["ps", "cn", "containers"], args_conflicts_with_subcommands = true)]
    Container(ContainerArgs),
    /// Show a container in full
    #[command(visible_alias = "i")]
    Inspect(InspectArgs),
    /// Make keys of Core and agents
    #[command(subcommand, visible_alias = "k")]
    Key(Key),
    /// Back up, restore and copy the database; encrypt its secrets
    #[command(subcommand, visible_alias = "db")]
    Database(Database),
    /// Look at what a resource sync would do
    #[command(subcommand)]
    Sync(Sync),
    /// Check resource files without a Core
    Validate {
        /// A `.toml` file, or a folder that is searched for them
        #[arg(required = true)]
        paths: Vec<std::path::PathBuf>,
        /// Unknown keys are errors too
        #[arg(long)]
        strict: bool,
    },
}

/// What Komodo's command line has not.
#[derive(Debug, Subcommand)]
pub enum Sync {
    /// Read the files of a sync, and show what running it would change, delete and deploy
    Plan {
        /// The name or id of the sync
        sync: String,
        /// Show what was found when Core looked last, without reading the files again
        #[arg(long)]
        cached: bool,
        /// End with code 3 when something is to be done
        #[arg(long)]
        exit_code: bool,
        /// How it is printed
        #[arg(long, short, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Name the profiles that could be chosen too
    #[arg(long, short)]
    pub all_profiles: bool,
    /// Show the secret of the API key
    #[arg(long)]
    pub unsanitized: bool,
}

#[derive(Debug, Subcommand)]
pub enum Get {
    /// The version of Core
    Version,
    #[command(flatten)]
    List(ListKind),
}

/// How something is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    #[value(alias = "t")]
    Table,
    #[value(alias = "j")]
    Json,
}

/// Whether templates are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Templates {
    Include,
    #[default]
    Exclude,
    Only,
}

#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub struct ListArgs {
    #[command(flatten)]
    pub filters: Filters,
    /// Only what is being worked on
    #[arg(long, short, alias = "pending")]
    pub in_progress: bool,
    /// Show a page of 50 instead of all
    #[arg(long, short)]
    pub page: Option<usize>,
    #[command(subcommand)]
    pub kind: Option<ListKind>,
}

/// Which resources are listed, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct Filters {
    /// Templates too
    #[arg(long, short)]
    pub all: bool,
    /// From last to first
    #[arg(long, short)]
    pub reverse: bool,
    /// Only what is down or has failed
    #[arg(long, short)]
    pub down: bool,
    /// With the address of its page
    #[arg(long, short)]
    pub links: bool,
    /// Whether templates are listed
    #[arg(long, short = 'm', value_enum, default_value_t)]
    pub templates: Templates,
    /// Only these names; `*` and `?` are wildcards
    #[arg(long, short)]
    pub name: Vec<String>,
    /// Only what has all of these tags
    #[arg(long, short)]
    pub tag: Vec<String>,
    /// Only what is on these servers; `*` and `?` are wildcards
    #[arg(long, short)]
    pub server: Vec<String>,
    /// Only what is on these swarms; `*` and `?` are wildcards
    #[arg(long, short = 'w')]
    pub swarm: Vec<String>,
    /// Only what these builders build; `*` and `?` are wildcards
    #[arg(long, short)]
    pub builder: Vec<String>,
    /// Only what is in one of these states
    #[arg(long)]
    pub state: Vec<String>,
    /// How it is printed
    #[arg(long, short, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Clone, Default, Args)]
pub struct KindArgs {
    #[command(flatten)]
    pub filters: Filters,
    /// Only what is being worked on
    #[arg(long, short = 'p', alias = "pending")]
    pub in_progress: bool,
    /// Only these names, as with `--name`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum ListKind {
    #[command(visible_aliases = ["server", "sv"])]
    Servers(KindArgs),
    #[command(visible_aliases = ["swarm", "sw"])]
    Swarms(KindArgs),
    #[command(visible_aliases = ["stack", "st"])]
    Stacks(KindArgs),
    #[command(visible_aliases = ["deployment", "dp"])]
    Deployments(KindArgs),
    #[command(visible_aliases = ["build", "bd"])]
    Builds(KindArgs),
    #[command(visible_aliases = ["repo", "rp"])]
    Repos(KindArgs),
    #[command(visible_aliases = ["procedure", "pr"])]
    Procedures(KindArgs),
    #[command(visible_aliases = ["action", "ac"])]
    Actions(KindArgs),
    #[command(visible_aliases = ["sync", "sn"])]
    Syncs(KindArgs),
    #[command(visible_aliases = ["term", "tm"])]
    Terminals(KindArgs),
    #[command(visible_aliases = ["sched", "sc"])]
    Schedules(KindArgs),
    #[command(visible_aliases = ["builder", "bldr"])]
    Builders(KindArgs),
    #[command(visible_aliases = ["alerter", "alrt"])]
    Alerters(KindArgs),
}

#[derive(Debug, Args)]
pub struct ContainerArgs {
    /// Containers that do not run too
    #[arg(long, short)]
    pub all: bool,
    /// From last to first
    #[arg(long, short)]
    pub reverse: bool,
    /// Only containers that do not run
    #[arg(long, short)]
    pub down: bool,
    /// With the address of the server's page
    #[arg(long, short)]
    pub links: bool,
    /// Only on these servers; `*` and `?` are wildcards, here and below
    #[arg(long, short)]
    pub server: Vec<String>,
    /// Only these containers
    #[arg(long, short)]
    pub container: Vec<String>,
    /// Only of these images
    #[arg(long, short)]
    pub image: Vec<String>,
    /// Only in these networks
    #[arg(long, short, alias = "net")]
    pub network: Vec<String>,
    /// How it is printed
    #[arg(long, short, value_enum, default_value_t)]
    pub format: Format,
    /// Show a page of 50 instead of all
    #[arg(long, short)]
    pub page: Option<usize>,
    #[command(subcommand)]
    pub command: Option<ContainerCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ContainerCommand {
    /// Show a container in full
    #[command(visible_alias = "i")]
    Inspect(InspectArgs),
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The container's name
    pub container: String,
    /// The server it is on, when several have one of that name
    #[arg(long, short)]
    pub server: Vec<String>,
    /// Only its state
    #[arg(long, short = 'u')]
    pub state: bool,
    /// Only its mounts
    #[arg(long, short)]
    pub mounts: bool,
    /// Only its host configuration
    #[arg(long, short = 'f')]
    pub host_config: bool,
    /// Only its configuration
    #[arg(long, short)]
    pub config: bool,
    /// Only its network settings
    #[arg(long, short)]
    pub network_settings: bool,
}

#[derive(Debug, Subcommand)]
pub enum Create {
    /// A key for the API; its secret is shown once
    #[command(visible_alias = "ak")]
    ApiKey {
        /// Name of the key
        #[arg(default_value = "km")]
        name: String,
        /// For this service user instead of yourself (a name or an id)
        #[arg(long, short = 'f')]
        r#for: Option<String>,
        /// When it ends: days from now (`30`), a span (`12h`, `2w`) or a date (`2030-01-31`)
        #[arg(long, short)]
        expires: Option<String>,
        /// Ask Core instead of its database: always so
        #[arg(long, short = 'a')]
        use_api: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A key with which an agent introduces itself; it is shown once
    #[command(visible_alias = "ok")]
    OnboardingKey {
        /// Name of the key
        #[arg(default_value = "km")]
        name: String,
        /// When it ends, as with `create api-key`
        #[arg(long, short)]
        expires: Option<String>,
        /// Use this private key instead of a new one
        #[arg(long, short = 'k', alias = "pk")]
        private_key: Option<String>,
        /// Tags of the servers that are made with it
        #[arg(long, short)]
        tag: Vec<String>,
        /// Agents may take the place of servers that exist
        #[arg(long, short)]
        privileged: bool,
        /// Copy the configuration of this server
        #[arg(long, short = 's', aliases = ["copy", "server"])]
        copy_server: Option<String>,
        /// Make a builder with each server
        #[arg(long, short = 'b', alias = "builder")]
        create_builder: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Update {
    /// Set a variable; one that does not exist is created
    #[command(visible_alias = "var")]
    Variable {
        /// Its name
        name: String,
        /// Its value; `-` reads it from standard input
        #[arg(allow_hyphen_values = true)]
        value: String,
        /// Whether its value is hidden from then on
        #[arg(long, short)]
        secret: Option<bool>,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a new key
    #[command(visible_aliases = ["gen", "g"])]
    Generate {
        /// How the keys are printed
        #[arg(long, short, value_enum, default_value_t)]
        format: KeyFormat,
    },
    /// Print the public key of a private one
    #[command(visible_aliases = ["comp", "c"])]
    Compute {
        /// The private key, or `file:/path`
        private_key: String,
        /// How the keys are printed
        #[arg(long, short, value_enum, default_value_t)]
        format: KeyFormat,
    },
}

/// How keys are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyFormat {
    #[default]
    #[value(alias = "s")]
    Standard,
    #[value(alias = "j")]
    Json,
    #[value(alias = "jp")]
    JsonPretty,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn no_option_stands_in_the_way_of_another() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_spellings_of_peoples_notes_are_understood() {
        let lines = [
            "km get version",
            "km list stacks -a",
            "km list servers -a",
            "km -p home ls -a st web*",
            "km list -p 2 -f j",
            "km list servers -p --state NotOk",
            "km ps -a -s big",
            "km container i web -s big",
            "km core",
            "km cfg -a",
            "km key gen -f jp",
            "km k c file:/etc/key",
            "km set var A -1 -s true -y",
            "km new ak ci -f robot -e 30 -a",
            "km create onboarding-key --pk K --copy s1 --builder -t x",
            "km validate a.toml b --strict",
            "km db bkp -f /backups -y --recipient age1x --recipient age1y",
            "km database rst -f /backups -r 2026-01-02_03-04-05 -i -y --replace --another-instance",
            "km database copy --uri mongodb://h -u a -p b -d c -i -y",
            "km database prune -f /backups -y",
        ];
        for line in lines {
            let parsed = Cli::try_parse_from(line.split(' '));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
