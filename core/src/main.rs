//! `varanus-core`: arguments → configuration → `Core::start` → serve → orderly stop.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use varanus_config::{Environment, Invalid, LogConfig, StdioLogMode};
use varanus_core::Core;
use varanus_core::config::{CoreArgs, CoreConfig};
use varanus_proto::{Context, Error, Result};

fn main() -> ExitCode {
    if let Some(code) = converted() {
        return code;
    }
    let args = match CoreArgs::read(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => error.exit(),
    };
    let loaded = match CoreConfig::load(&args, &Environment::of_process()) {
        Ok(loaded) => loaded,
        Err(invalid) => {
            eprintln!("{invalid}");
            return ExitCode::from(Invalid::EXIT_CODE);
        }
    };
    log_to_stdout(&loaded.value.logging);
    if let Err(error) = varanus_link::raise_open_files() {
        tracing::warn!(%error, "many agents may not find a place");
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("varanus-core: no threads to work with: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(loaded.value)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// `varanus-core convert FROM TO FILE`, which actions call.
fn converted() -> Option<ExitCode> {
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into()).collect();
    let [_, convert, from, to, file] = args.as_slice() else { return None };
    if convert != "convert" {
        return None;
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::failed(format!("{file} cannot be read")).cause(error));
    Some(match text.and_then(|text| varanus_core::action::convert::convert(from, to, &text)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

async fn run(config: CoreConfig) -> Result<()> {
    let listen = config.listen();
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Error::unavailable(format!("cannot listen on {listen} (KOMODO_BIND_IP, KOMODO_PORT)"))
            .cause(error)
    })?;
    let address = listener.local_addr().unwrap_or(listen);
    let core = Core::start(config).await.context("Core cannot start")?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "Varanus Core is listening");
    varanus_core::action::start(&core);
    let served = varanus_core::http::serve(core.clone(), listener, stop).await;
    core.stop().await;
    tracing::info!("Varanus Core has stopped");
    served
}

async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: end Core with SIGKILL");
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
        EnvFilter::new(format!(
            "warn,varanus_core={level},varanus_store={level},varanus_link={level}"
        ))
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
