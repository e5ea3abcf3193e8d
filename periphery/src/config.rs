//! The agent's configuration: every setting, its default, its names, and the
//! directories that follow from it.
//!
//! This room knows where settings come from and what a valid one looks like;
//! it must not know what the other rooms do with them. The keys and variables
//! are those of Komodo 2.3; what is marked `ours` is not in Komodo.

mod deadlines;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use varanus_config::{
    Check, ConfigArgs, Environment, GitProvider, ImageRegistry, Invalid, Loaded, LogConfig,
    LogLevel, Network, Program, Size, Span, Timelength, reference, settings,
};
use varanus_proto::Secret;

pub use deadlines::Deadlines;

/// How the agent's configuration is found.
pub const PROGRAM: Program = Program {
    name: "varanus-periphery",
    prefix: "PERIPHERY",
    foreign: &[],
    default_paths: &[],
    default_keywords: &["*config.*"],
    include_file: ".peripheryinclude",
    debug: None,
};

/// The arguments that change settings, to be flattened into the agent's own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PeripheryArgs {
    #[command(flatten)]
    #[allow(missing_docs)] // documented where it is defined
    pub config: ConfigArgs,
    /// The least important messages that are logged: trace, debug, info, warn, error
    #[arg(long)]
    pub log_level: Option<LogLevel>,
}

settings! {
    /// The agent's settings.
    pub struct PeripheryConfig {
        /// The agent's private key, or `file:/path`, which is made when missing. Not set:
        /// `file:{root_directory}/keys/periphery.key`.
        private_key: Option<Secret> = () => [env(&["PERIPHERY_PRIVATE_KEY"]).file()];
        /// Key that lets the agent make itself known to Core as a new server.
        onboarding_key: Option<Secret> = () => [env(&["PERIPHERY_ONBOARDING_KEY"]).file()];
        /// Public keys of the Cores that may command this agent; keys or `file:/path`. Not set:
        /// any Core; with `core_addresses` alone the first Core's key is kept under
        /// `{root_directory}/keys/core.pub`.
        core_public_keys: Option<Vec<String>> = () => [
            env(&["PERIPHERY_CORE_PUBLIC_KEYS", "PERIPHERY_CORE_PUBLIC_KEY"])
                .aliases(&["core_public_key"])
        ];
        /// Passkeys of Cores that still use one.
        passkeys: Option<Vec<Secret>> = () => [env(&["PERIPHERY_PASSKEYS"]).file()];

        /// Cores that the agent dials, as `https://core.example.com`.
        core_addresses: Vec<String> = () => [
            env(&["PERIPHERY_CORE_ADDRESSES", "PERIPHERY_CORE_ADDRESS"]).aliases(&["core_address"])
        ];
        /// Certificates of those Cores are not checked.
        core_tls_insecure_skip_verify: bool = false => [
            env(&["PERIPHERY_CORE_TLS_INSECURE_SKIP_VERIFY"])
        ];
        /// Name or id of this server at those Cores.
        connect_as: String = "" => [env(&["PERIPHERY_CONNECT_AS"])];

        /// Listen for Cores that dial the agent. Not set: when there are no `core_addresses`.
        server_enabled: Option<bool> = () => [env(&["PERIPHERY_SERVER_ENABLED"])];
        /// Port to listen on.
        port: u16 = 8120 => [env(&["PERIPHERY_PORT"]).shape("a port number 0–65535")];
        /// Address to listen on; `[::]` is every IPv6 and IPv4 address.
        bind_ip: String = "[::]" => [env(&["PERIPHERY_BIND_IP"])];
        /// Addresses and networks that may connect. Empty: all.
        allowed_ips: Vec<Network> = () => [env(&["PERIPHERY_ALLOWED_IPS"])];
        /// Listen with TLS.
        ssl_enabled: bool = true => [env(&["PERIPHERY_SSL_ENABLED"])];
        /// File of the TLS key, PEM; made when missing. Not set: `{root_directory}/ssl/key.pem`.
        ssl_key_file: Option<PathBuf> = () => [env(&["PERIPHERY_SSL_KEY_FILE"])];
        /// File of the TLS certificate, PEM; made when missing. Not set:
        /// `{root_directory}/ssl/cert.pem`.
        ssl_cert_file: Option<PathBuf> = () => [env(&["PERIPHERY_SSL_CERT_FILE"])];

        /// Directory of what the agent keeps.
        root_directory: PathBuf = "/etc/komodo" => [env(&["PERIPHERY_ROOT_DIRECTORY"])];
        /// Directory of repositories. Not set: `{root_directory}/repos`.
        repo_dir: Option<PathBuf> = () => [env(&["PERIPHERY_REPO_DIR"])];
        /// Directory of stacks. Not set: `{root_directory}/stacks`.
        stack_dir: Option<PathBuf> = () => [env(&["PERIPHERY_STACK_DIR"])];
        /// Directory of builds. Not set: `{root_directory}/builds`.
        build_dir: Option<PathBuf> = () => [env(&["PERIPHERY_BUILD_DIR"])];

        /// Program of a new terminal.
        default_terminal_command: String = "bash" => [env(&["PERIPHERY_DEFAULT_TERMINAL_COMMAND"])];
        /// No terminals on this host.
        disable_terminals: bool = false => [env(&["PERIPHERY_DISABLE_TERMINALS"])];
        /// No terminals in containers.
        disable_container_terminals: bool = false => [
            env(&["PERIPHERY_DISABLE_CONTAINER_TERMINALS", "PERIPHERY_DISABLE_CONTAINER_EXEC"])
                .aliases(&["disable_container_exec"])
        ];

        /// How often processor, memory, disks and network are measured.
        stats_polling_rate: Timelength = "5-sec" => [env(&["PERIPHERY_STATS_POLLING_RATE"])];
        /// How often containers are measured.
        container_stats_polling_rate: Timelength = "30-sec" => [
            env(&["PERIPHERY_CONTAINER_STATS_POLLING_RATE"])
        ];
        /// Disks to report alone, by where they are mounted. Empty: all.
        include_disk_mounts: Vec<PathBuf> = () => [env(&["PERIPHERY_INCLUDE_DISK_MOUNTS"])];
        /// Disks not to report, by where they are mounted.
        exclude_disk_mounts: Vec<PathBuf> = () => [env(&["PERIPHERY_EXCLUDE_DISK_MOUNTS"])];

        /// Use `docker-compose` instead of `docker compose`.
        legacy_compose_cli: bool = false => [env(&["PERIPHERY_LEGACY_COMPOSE_CLI"])];
        /// Longest time of what the agent starts; Core's own deadline of the run may end it
        /// earlier.
        deadlines: Deadlines = () => [env(&["PERIPHERY_DEADLINE_"]).ours()];
        /// Most text that is kept of one program's output; the middle of a longer one is left out.
        log_limit: Size = "1MiB" => [env(&["PERIPHERY_LOG_LIMIT"]).ours()];
        /// Longest time for running work to end when the agent is asked to stop.
        shutdown_deadline: Span = "20-sec" => [env(&["PERIPHERY_SHUTDOWN_DEADLINE"]).ours()];

        /// age identities that SOPS files are decrypted with. Wins over the file.
        sops_age_key: Option<Secret> = () => [env(&["SOPS_AGE_KEY"]).ours()];
        /// File of age identities that SOPS files are decrypted with.
        sops_age_key_file: PathBuf = "/etc/sops/age/keys.txt" => [env(&["SOPS_AGE_KEY_FILE"]).ours()];

        /// Logging.
        logging: LogConfig = () => [env(&["PERIPHERY_LOGGING_"])];
        /// The settings are logged at the start over several lines.
        pretty_startup_config: bool = false => [env(&["PERIPHERY_PRETTY_STARTUP_CONFIG"])];

        /// Values for `[[NAME]]` that this host alone knows, never shown.
        secrets: BTreeMap<String, Secret> = ();
        /// Git providers with their accounts, known to this host alone.
        git_providers: Vec<GitProvider> = () => [aliases(&["git_provider"])];
        /// Image registries with their accounts, known to this host alone.
        image_registries: Vec<ImageRegistry> = () => [
            aliases(&["docker_registries", "docker_registry", "image_registry"])
        ];
    }
}

/// Which Core may command the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreKeys {
    /// Any: nobody said which.
    Any,
    /// The one that was met first, whose key is kept in this file.
    FirstMet(PathBuf),
    /// These: keys or `file:/path`.
    These(Vec<String>),
}

impl PeripheryConfig {
    /// Loads and checks the configuration. The error lists every problem; a
    /// program shows it and ends with [`Invalid::EXIT_CODE`].
    pub fn load(args: &PeripheryArgs, env: &Environment) -> Result<Loaded<Self>, Invalid> {
        let overrides = args.config.overrides().set(
            "logging.level",
            "--log-level",
            args.log_level.map(|level| level.to_string()),
        );
        varanus_config::load(&PROGRAM, env, &overrides, Self::check)
    }

    /// The list of settings for `--help` (clap's `after_long_help`).
    pub fn help() -> String {
        reference::help::<Self>(&PROGRAM)
    }

    /// Whether the agent listens for Cores that dial it.
    pub fn serves(&self) -> bool {
        self.server_enabled.unwrap_or(self.core_addresses.is_empty())
    }

    /// Where it listens then.
    pub fn listen(&self) -> SocketAddr {
        let ip = parse_ip(&self.bind_ip).expect("bind_ip was checked when it was loaded");
        SocketAddr::new(ip, self.port)
    }

    /// Whether an address may connect.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.allowed_ips.is_empty() || self.allowed_ips.iter().any(|net| net.contains(address))
    }

    /// The agent's private key or its `file:` place.
    pub fn private_key_spec(&self) -> Secret {
        match &self.private_key {
            Some(key) => key.clone(),
            None => format!("file:{}", self.keys().join("periphery.key").display()).into(),
        }
    }

    /// Which Core may command the agent.
    pub fn core_keys(&self) -> CoreKeys {
        match &self.core_public_keys {
            Some(keys) if !keys.is_empty() => CoreKeys::These(keys.clone()),
            _ if self.serves() => CoreKeys::Any,
            _ => CoreKeys::FirstMet(self.keys().join("core.pub")),
        }
    }

    /// Directory of repositories.
    pub fn repos(&self) -> PathBuf {
        self.directory(&self.repo_dir, "repos")
    }

    /// Directory of stacks.
    pub fn stacks(&self) -> PathBuf {
        self.directory(&self.stack_dir, "stacks")
    }

    /// Directory of builds.
    pub fn builds(&self) -> PathBuf {
        self.directory(&self.build_dir, "builds")
    }

    /// Directory of keys.
    pub fn keys(&self) -> PathBuf {
        self.root_directory.join("keys")
    }

    /// File of the TLS key.
    pub fn tls_key(&self) -> PathBuf {
        self.directory(&self.ssl_key_file, "ssl/key.pem")
    }

    /// File of the TLS certificate.
    pub fn tls_certificate(&self) -> PathBuf {
        self.directory(&self.ssl_cert_file, "ssl/cert.pem")
    }

    fn directory(&self, given: &Option<PathBuf>, below: &str) -> PathBuf {
        given.as_deref().map_or_else(|| self.root_directory.join(below), Path::to_owned)
    }

    fn check(&self, check: &mut Check<'_>) {
        if parse_ip(&self.bind_ip).is_none() {
            check.reject("bind_ip", format!("\"{}\" is not an IP address", self.bind_ip));
        }
        if !self.core_addresses.is_empty() && self.connect_as.is_empty() {
            check.reject(
                "core_addresses",
                "need connect_as (PERIPHERY_CONNECT_AS), the name of this server at Core",
            );
        }
        if !self.serves() && self.core_addresses.is_empty() {
            check.warn(
                "server_enabled",
                "is false and there are no core_addresses: no Core can reach this agent",
            );
        }
        if self.serves() && self.core_keys() == CoreKeys::Any && self.passkeys.is_none() {
            check.warn(
                "core_public_keys",
                "is not set: any Core that reaches this agent may command it",
            );
        }
    }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests;
