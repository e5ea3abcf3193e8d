//! `km`: works with a Core from the command line.
//!
//! Arguments → configuration → one command → exit code: 0 it worked, 1 it
//! failed, 2 it was asked wrongly or the configuration is wrong. Commands talk to
//! Core through `varanus_client` only; they must not know its store.

mod args;
mod change;
mod container;
mod create;
mod database;
mod execute;
mod info;
mod keys;
mod list;
mod show;
mod sync;
mod validate;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use varanus_client::config::{CliArgs, CliConfig};
use varanus_client::{Client, Credentials};
use varanus_config::{Environment, Invalid, Loaded};
use varanus_proto::{Error, Kind, Result};

use args::{Cli, Command, ContainerCommand, Create, Get, Sync, Update};
use execute::Outcome;

/// It was asked wrongly.
const USAGE: u8 = 2;

/// A plan that was asked for its exit code is not empty.
const SOMETHING: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::command()
        .after_long_help(CliConfig::help())
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit());
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            show::notice(&format!("km: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Commands that need no Core run without its configuration.
fn start(cli: Cli) -> Result<ExitCode> {
    let Cli { mut settings, host, key, secret, command } = cli;
    let command = match command {
        Command::Key(command) => return keys::key(command).map(|()| ExitCode::SUCCESS),
        Command::Validate { paths, strict } => return validate::run(&paths, strict),
        other => other,
    };
    (settings.host, settings.key, settings.secret) = (host, key, secret);
    if let Command::Execute(request) = &command {
        settings.host = request.host.clone().or(settings.host);
        settings.key = request.key.clone().or(settings.key);
        settings.secret = request.secret.clone().or(settings.secret);
    }
    let loaded = match load(&settings) {
        Ok(loaded) => loaded,
        Err(invalid) => {
            show::notice(&invalid.to_string());
            return Ok(ExitCode::from(Invalid::EXIT_CODE));
        }
    };
    if let Command::Config(args) = &command {
        info::config(&loaded, args);
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal("the runtime cannot start").cause(error))?;
    let command = match command {
        Command::Database(command) if !database::needs_core(&command) => {
            let done = runtime.block_on(database::without_core(&loaded.value, command));
            return done.map(|()| ExitCode::SUCCESS);
        }
        other => other,
    };
    let client = match client(&loaded.value) {
        Ok(client) => client,
        Err(error) => {
            show::notice(&format!("km: {error}"));
            return Ok(ExitCode::from(USAGE));
        }
    };
    runtime.block_on(perform(&client, &loaded.value, command)).map_err(|error| hint(error, &client))
}

fn load(settings: &CliArgs) -> std::result::Result<Loaded<CliConfig>, Invalid> {
    let loaded = CliConfig::load(settings, &Environment::of_process())?;
    for warning in &loaded.warnings {
        show::notice(&format!("km: {warning}"));
    }
    if loaded.debug {
        show::notice(&loaded.summary());
    }
    Ok(loaded)
}

/// The client that the configuration describes; an error names what is missing.
fn client(config: &CliConfig) -> Result<Client> {
    if config.host.is_empty() {
        return Err(Error::invalid(
            "nobody said where Core is: set KOMODO_CLI_HOST, or `host` in ~/.config/komodo/komodo.cli.toml",
        ));
    }
    let credentials = match (&config.cli_key, &config.cli_secret) {
        (Some(key), Some(secret)) if !key.is_empty() && !secret.is_empty() => {
            Credentials::ApiKey { key: key.clone(), secret: secret.expose().clone().into() }
        }
        _ => {
            return Err(Error::invalid(format!(
                "nobody said who is calling {}: set KOMODO_CLI_KEY and KOMODO_CLI_SECRET, \
                 or `cli_key` and `cli_secret` in ~/.config/komodo/komodo.cli.toml",
                config.host
            )));
        }
    };
    Ok(Client::new(&config.host, credentials)?.with_deadline(config.deadline.duration()))
}

async fn perform(client: &Client, config: &CliConfig, command: Command) -> Result<ExitCode> {
    let borders = config.table_borders;
    match command {
        Command::Execute(request) => {
            show::confirm(&request.summary(), request.yes)?;
            return Ok(match execute::run(client, &request).await? {
                Outcome::Succeeded => ExitCode::SUCCESS,
                Outcome::Failed => ExitCode::FAILURE,
            });
        }
        Command::CoreInfo { format } => info::core_info(client, borders, format).await?,
        Command::Get(Get::Version) => info::version(client).await?,
        Command::Get(Get::List(kind)) => list::get(client, borders, kind).await?,
        Command::List(args) => list::list(client, borders, args).await?,
        Command::Container(mut args) => match args.command.take() {
            Some(ContainerCommand::Inspect(args)) => container::inspect(client, args).await?,
            None => container::list(client, borders, args).await?,
        },
        Command::Inspect(args) => container::inspect(client, args).await?,
        Command::Create(command @ Create::ApiKey { .. }) => {
            create::api_key(client, command).await?
        }
        Command::Create(command) => create::onboarding_key(client, command).await?,
        Command::Update(Update::Variable { name, value, secret, yes }) => {
            change::variable(client, name, value, secret, yes).await?;
        }
        Command::Sync(Sync::Plan { sync, cached, format, exit_code }) => {
            let planned = sync::plan(client, &sync, cached, format).await?;
            if exit_code && planned == sync::Planned::Something {
                return Ok(ExitCode::from(SOMETHING));
            }
        }
        Command::Database(command) => database::database(client, command).await?,
        // Done before there was a client.
        Command::Key(_) | Command::Validate { .. } | Command::Config(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// What helps against the failures that people meet first.
fn hint(error: Error, client: &Client) -> Error {
    match error.kind() {
        Kind::Unauthorized => error.cause(format!(
            "check the API key and its secret for {} (`km config` shows where they come from)",
            client.host()
        )),
        Kind::Unreachable => error.cause("`km config` shows where the address comes from"),
        _ => error,
    }
}
