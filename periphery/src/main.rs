//! `varanus-periphery`: arguments → configuration → agent → orderly stop.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use varanus_config::{Environment, Invalid, LogConfig, StdioLogMode};
use varanus_link::key::PrivateKey;
use varanus_periphery::Agent;
use varanus_periphery::config::{PeripheryArgs, PeripheryConfig};
use varanus_periphery::detached::{self, Place};
use varanus_periphery::memory;
use varanus_proto::{Context, Result};

/// The agent of Varanus: runs git, secrets and compose on this host.
#[derive(Parser)]
#[command(name = "varanus-periphery", version)]
struct Arguments {
    #[command(flatten)]
    config: PeripheryArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Keys of agents and Cores
    #[command(subcommand, visible_alias = "k")]
    Key(KeyCommand),
    /// What the agent starts itself, for work that outlives it
    #[command(name = detached::COMMAND, hide = true)]
    DetachedJob {
        /// The folder of the work
        folder: PathBuf,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a new key
    #[command(visible_aliases = ["gen", "g"])]
    Generate {
        /// How the keys are printed
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print the public key of a private one
    #[command(visible_aliases = ["comp", "c"])]
    Compute {
        /// The private key, or `file:/path`
        private_key: String,
        /// How the keys are printed
        #[arg(short, long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    #[value(alias = "s")]
    Standard,
    #[value(alias = "j")]
    Json,
    #[value(alias = "jp")]
    JsonPretty,
}

fn main() -> ExitCode {
    memory::share();
    let command = Arguments::command().after_long_help(PeripheryConfig::help());
    let arguments = command
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit());
    let detached = match arguments.command {
        None => None,
        Some(Command::DetachedJob { folder }) => Some(Place::new(folder)),
        Some(Command::Key(command)) => {
            return match key(command) {
                Ok(text) => {
                    println!("{text}");
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("varanus-periphery: {error}");
                    ExitCode::FAILURE
                }
            };
        }
    };
    let loaded = match PeripheryConfig::load(&arguments.config, &Environment::of_process()) {
        Ok(loaded) => loaded,
        Err(invalid) => {
            eprintln!("{invalid}");
            return ExitCode::from(Invalid::EXIT_CODE);
        }
    };
    log_to_stdout(&loaded.value.logging);
    if let Err(error) = varanus_link::raise_open_files() {
        tracing::warn!(%error, "few files can be open at one time");
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    // It waits for programs nearly always: one thread does, and what may wait for a file
    // system is done apart. Several take a megabyte more.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("varanus-periphery: no threads to work with: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ended = match detached {
        None => runtime.block_on(run(loaded.value)),
        Some(place) => runtime.block_on(async {
            let stop = CancellationToken::new();
            tokio::spawn(stop_on_signal(stop.clone()));
            detached::work(loaded.value, place, stop).await
        }),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn key(command: KeyCommand) -> Result<String> {
    let (private, format) = match command {
        KeyCommand::Generate { format } => (PrivateKey::generate()?, format),
        KeyCommand::Compute { private_key, format } => {
            (PrivateKey::load(&private_key.into())?, format)
        }
    };
    let (secret, public) = (private.to_base64(), private.public().to_string());
    let json = serde_json::json!({ "private_key": secret.expose(), "public_key": public });
    Ok(match format {
        Format::Standard => format!("Private Key: {}\nPublic Key: {public}", secret.expose()),
        Format::Json => json.to_string(),
        Format::JsonPretty => format!("{json:#}"),
    })
}

async fn run(config: PeripheryConfig) -> Result<()> {
    let agent = Agent::start(config).await.context("the agent cannot start")?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        public_key = %agent.key().public(),
        "Varanus Periphery has started"
    );
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let ended = varanus_periphery::run(agent, stop).await;
    tracing::info!("Varanus Periphery has stopped");
    ended
}

async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: end the agent with SIGKILL");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    stop.cancel();
}

fn log_to_stdout(logging: &LogConfig) {
    // Libraries tell too much: what they handle may be secret.
    let level = logging.level.as_str().to_lowercase();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(format!("warn,varanus_periphery={level},varanus_link={level}"))
    });
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stdout().is_terminal());
    match logging.stdio {
        StdioLogMode::None => {}
        StdioLogMode::Json => subscriber.json().init(),
        StdioLogMode::Standard => subscriber.init(),
    }
}
