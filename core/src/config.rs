//! Core's configuration: every setting, its default, its names, and the checks
//! across settings.
//!
//! This room knows where settings come from and what a valid one looks like.
//! It must not know what the other rooms do with them. The keys and variables
//! are those of Komodo 2.3; what is marked `ours` is not in Komodo.

mod limits;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use varanus_config::{
    AwsCredentials, Check, ConfigArgs, DatabaseConfig, Environment, GitProvider, ImageRegistry,
    Invalid, Loaded, LogConfig, LogLevel, OauthConfig, Program, Size, Span, Timelength, choices,
    reference, settings,
};
use varanus_proto::Secret;

pub use limits::RunDeadlines;

/// How Core's configuration is found.
pub const PROGRAM: Program = Program {
    name: "varanus-core",
    prefix: "KOMODO",
    foreign: &["KOMODO_CLI_"],
    default_paths: &["/config"],
    default_keywords: &["*config.*"],
    include_file: ".kcoreinclude",
    debug: Some("KOMODO_CONFIG_DEBUG"),
};

/// The arguments of `varanus-core`.
#[derive(Debug, Clone, Default, Parser)]
#[command(
    name = "varanus-core",
    version,
    about = "The server of Varanus: web UI, API and webhooks, and the runs on the agents."
)]
pub struct CoreArgs {
    #[command(flatten)]
    #[allow(missing_docs)] // documented where it is defined
    pub config: ConfigArgs,
    /// The least important messages that are logged: trace, debug, info, warn, error
    #[arg(long)]
    pub log_level: Option<LogLevel>,
}

impl CoreArgs {
    /// Reads arguments, the program's name first. `Err` is also `--help`
    /// (with every setting) and `--version`: print it with `error.exit()`,
    /// which ends with 0 for those and 2 for a wrong argument.
    pub fn read<A: Into<OsString> + Clone>(
        args: impl IntoIterator<Item = A>,
    ) -> Result<Self, clap::Error> {
        let settings = reference::help::<CoreConfig>(&PROGRAM);
        let command = Self::command().after_long_help(settings);
        Self::from_arg_matches(&command.try_get_matches_from(args)?)
    }
}

choices! {
    /// Whether secrets are encrypted in the store.
    pub enum SealSecrets {
        /// In a new store yes; in an existing Komodo database as it is found.
        Auto = "auto",
        /// Whatever is written is encrypted.
        On = "on",
        /// Nothing is encrypted; what is, stays readable.
        Off = "off",
    }
}

settings! {
    /// Core's settings.
    pub struct CoreConfig {
        /// Name of the installation, in the browser's title.
        title: String = "Komodo" => [env(&["KOMODO_TITLE"])];
        /// The address people use, with `http://` or `https://`. Login redirects, cookies and
        /// webhook addresses are made of it.
        host: String = "https://komodo.example.com" => [env(&["KOMODO_HOST"])];
        /// Port of the web UI and API.
        port: u16 = 9120 => [env(&["KOMODO_PORT"]).shape("a port number 0–65535")];
        /// Address to listen on; `[::]` is every IPv6 and IPv4 address.
        bind_ip: String = "[::]" => [env(&["KOMODO_BIND_IP"])];
        /// Network interface for the default route, in a container with NET_ADMIN.
        internet_interface: String = "" => [env(&["KOMODO_INTERNET_INTERFACE"])];
        /// Directory of what Core keeps itself: the embedded store and the key that secrets are
        /// sealed with. Back it up.
        data_directory: PathBuf = "/var/lib/varanus" => [env(&["KOMODO_DATA_DIRECTORY"]).ours()];
        /// Core's private key towards the agents, or `file:/path`, which is made when missing.
        private_key: Secret = "file:/config/keys/core.key" => [env(&["KOMODO_PRIVATE_KEY"]).file()];
        /// Public keys of agents that may dial Core without one on their Server; keys or
        /// `file:/path`.
        periphery_public_keys: Option<Vec<String>> = () => [
            env(&["KOMODO_PERIPHERY_PUBLIC_KEYS", "KOMODO_PERIPHERY_PUBLIC_KEY"])
                .aliases(&["periphery_public_key"])
        ];
        /// Passkey towards agents that still use one.
        passkey: Option<Secret> = () => [env(&["KOMODO_PASSKEY"]).file()];
        /// Time zone of schedules, as `Europe/Berlin`. Empty: that of the system.
        timezone: String = "" => [env(&["KOMODO_TIMEZONE", "TZ"])];
        /// Entries of a page of a list, when the request does not say.
        default_pagination_limit: u64 = 50 => [env(&["KOMODO_DEFAULT_PAGINATION_LIMIT"])];
        /// The UI offers no changes; everything comes from resource files.
        ui_write_disabled: bool = false => [env(&["KOMODO_UI_WRITE_DISABLED"])];
        /// The UI asks for no confirmation.
        disable_confirm_dialog: bool = false => [env(&["KOMODO_DISABLE_CONFIRM_DIALOG"])];
        /// The UI does not reconnect its websocket.
        disable_websocket_reconnect: bool = false => [env(&["KOMODO_DISABLE_WEBSOCKET_RECONNECT"])];
        /// The first start creates no system procedures.
        disable_init_resources: bool = false => [env(&["KOMODO_DISABLE_INIT_RESOURCES"])];
        /// Resource files are written with inline tables and arrays.
        enable_fancy_toml: bool = false => [env(&["KOMODO_ENABLE_FANCY_TOML"])];
        /// Name of the server that the first start creates.
        first_server_name: Option<String> = () => [env(&["KOMODO_FIRST_SERVER_NAME"])];
        /// Address of the agent of that server. Empty: the agent dials Core.
        first_server_address: Option<String> = () => [
            env(&["KOMODO_FIRST_SERVER_ADDRESS", "KOMODO_FIRST_SERVER"]).aliases(&["first_server"])
        ];

        /// The store.
        database: DatabaseConfig = () => [
            env(&["KOMODO_DATABASE_", "KOMODO_MONGO_"]).aliases(&["mongo"])
        ];
        /// Longest wait for one answer of the store.
        store_deadline: Span = "15-sec" => [env(&["KOMODO_STORE_DEADLINE"]).ours()];
        /// Whether secret values, tokens and webhook secrets are encrypted in the store with the
        /// key under the data directory. `auto`: in a new store; an existing Komodo database stays
        /// as it is until `km database seal`.
        seal_secrets: SealSecrets = "auto" => [env(&["KOMODO_SEAL_SECRETS"]).ours()];

        /// Login with username and password.
        local_auth: bool = false => [env(&["KOMODO_LOCAL_AUTH"])];
        /// Fewest characters of a password.
        min_password_length: u16 = 1 => [env(&["KOMODO_MIN_PASSWORD_LENGTH"])];
        /// Name of the admin that the first start creates.
        init_admin_username: Option<String> = () => [env(&["KOMODO_INIT_ADMIN_USERNAME"]).file()];
        /// Password of that admin.
        init_admin_password: Secret = "changeme" => [env(&["KOMODO_INIT_ADMIN_PASSWORD"]).file()];
        /// Everybody who is logged in may read everything.
        transparent_mode: bool = false => [env(&["KOMODO_TRANSPARENT_MODE"])];
        /// New users may log in at once; else an admin enables them.
        enable_new_users: bool = false => [env(&["KOMODO_ENABLE_NEW_USERS"])];
        /// Nobody new may sign up, except the first.
        disable_user_registration: bool = false => [env(&["KOMODO_DISABLE_USER_REGISTRATION"])];
        /// The same for local users alone.
        disable_local_user_registration: Option<bool> = () => [
            env(&["KOMODO_DISABLE_LOCAL_USER_REGISTRATION"])
        ];
        /// The same for OIDC users alone.
        disable_oidc_user_registration: Option<bool> = () => [
            env(&["KOMODO_DISABLE_OIDC_USER_REGISTRATION"])
        ];
        /// Users who may not change their own credentials, or `__ALL__`.
        lock_login_credentials_for: Vec<String> = () => [
            env(&["KOMODO_LOCK_LOGIN_CREDENTIALS_FOR"])
        ];
        /// Only admins create resources.
        disable_non_admin_create: bool = false => [env(&["KOMODO_DISABLE_NON_ADMIN_CREATE"])];
        /// Key that login tokens are signed with. Empty: a new one at each start, which ends all
        /// sessions.
        jwt_secret: Secret = "" => [env(&["KOMODO_JWT_SECRET"]).file()];
        /// How long a login lasts.
        jwt_ttl: Timelength = "1-day" => [env(&["KOMODO_JWT_TTL"])];

        /// Login by OpenID Connect.
        oidc_enabled: bool = false => [env(&["KOMODO_OIDC_ENABLED"])];
        /// Address of the OIDC provider, as Core reaches it.
        oidc_provider: String = "" => [env(&["KOMODO_OIDC_PROVIDER"])];
        /// Address of the OIDC provider as browsers reach it, when that is another.
        oidc_redirect_host: String = "" => [env(&["KOMODO_OIDC_REDIRECT_HOST"])];
        /// Client id at the OIDC provider.
        oidc_client_id: String = "" => [env(&["KOMODO_OIDC_CLIENT_ID"]).file()];
        /// Client secret at the OIDC provider.
        oidc_client_secret: Secret = "" => [env(&["KOMODO_OIDC_CLIENT_SECRET"]).file()];
        /// OIDC users are named by their whole e-mail address.
        oidc_use_full_email: bool = false => [env(&["KOMODO_OIDC_USE_FULL_EMAIL"])];
        /// Further audiences that are accepted in OIDC tokens.
        oidc_additional_audiences: Vec<String> = () => [
            env(&["KOMODO_OIDC_ADDITIONAL_AUDIENCES"]).file()
        ];
        /// The login page goes to the OIDC provider at once.
        oidc_auto_redirect: bool = false => [env(&["KOMODO_OIDC_AUTO_REDIRECT"])];
        /// Login with Google.
        google_oauth: OauthConfig = () => [env(&["KOMODO_GOOGLE_OAUTH_"])];
        /// Login with GitHub.
        github_oauth: OauthConfig = () => [env(&["KOMODO_GITHUB_OAUTH_"])];

        /// Failed logins are not limited.
        auth_rate_limit_disabled: bool = false => [env(&["KOMODO_AUTH_RATE_LIMIT_DISABLED"])];
        /// Failed logins of one address before it must wait.
        auth_rate_limit_max_attempts: u16 = 5 => [env(&["KOMODO_AUTH_RATE_LIMIT_MAX_ATTEMPTS"])];
        /// Seconds in which they are counted.
        auth_rate_limit_window_seconds: u64 = 15 => [
            env(&["KOMODO_AUTH_RATE_LIMIT_WINDOW_SECONDS"])
        ];

        /// Origins that may call the API from a browser; `*` for any.
        cors_allowed_origins: Vec<String> = () => [env(&["KOMODO_CORS_ALLOWED_ORIGINS"])];
        /// Whether such calls may carry credentials.
        cors_allow_credentials: bool = false => [env(&["KOMODO_CORS_ALLOW_CREDENTIALS"])];
        /// The session cookie of a login is sent across sites.
        session_allow_cross_site: bool = false => [env(&["KOMODO_SESSION_ALLOW_CROSS_SITE"])];
        /// The header `X-Content-Type-Options`. Empty: not sent.
        x_content_type_options: String = "nosniff" => [env(&["KOMODO_X_CONTENT_TYPE_OPTIONS"])];
        /// The header `X-Frame-Options`. Empty: not sent.
        x_frame_options: String = "DENY" => [env(&["KOMODO_X_FRAME_OPTIONS"])];
        /// The header `X-XSS-Protection`. Empty: not sent.
        x_xss_protection: String = "1; mode=block" => [env(&["KOMODO_X_XSS_PROTECTION"])];
        /// The header `Referrer-Policy`. Empty: not sent.
        referrer_policy: String = "strict-origin-when-cross-origin" => [
            env(&["KOMODO_REFERRER_POLICY"])
        ];
        /// The header `Content-Security-Policy`. Empty: not sent.
        content_security_policy: String = "" => [env(&["KOMODO_CONTENT_SECURITY_POLICY"])];

        /// Secret of webhooks to resources that have none of their own. With neither, a webhook is
        /// refused.
        webhook_secret: Secret = "" => [env(&["KOMODO_WEBHOOK_SECRET"]).file()];
        /// Address in the webhook links of the UI. Empty: `host`.
        webhook_base_url: String = "" => [env(&["KOMODO_WEBHOOK_BASE_URL"])];
        /// Largest body of a webhook. GitHub sends up to 25 MB.
        webhook_body_limit: Size = "25MiB" => [env(&["KOMODO_WEBHOOK_BODY_LIMIT"]).ours()];
        /// Days for which received webhooks are listed. 0: for ever.
        keep_webhooks_for_days: u64 = 14 => [env(&["KOMODO_KEEP_WEBHOOKS_FOR_DAYS"]).ours()];
        /// Largest body of an API request.
        request_body_limit: Size = "32MiB" => [env(&["KOMODO_REQUEST_BODY_LIMIT"]).ours()];

        /// Most runs at one time; the others wait in the queue. Procedures that only wait for
        /// their stages do not count. One server, and one person, has three quarters of it at most.
        max_parallel_runs: u16 = 32 => [
            env(&["KOMODO_MAX_PARALLEL_RUNS"]).ours().shape("a whole number 1–65535")
        ];
        /// Longest time of a run, by its kind; at its end it is stopped and fails.
        run_deadlines: RunDeadlines = () => [env(&["KOMODO_RUN_DEADLINE_"]).ours()];
        /// Longest wait for the answer of an agent to a short question (a state, a list, a log).
        agent_deadline: Span = "15-sec" => [env(&["KOMODO_AGENT_DEADLINE"]).ours()];
        /// Most text that is kept of one stage of a run's log; the middle of a longer one is left
        /// out.
        run_log_limit: Size = "1MiB" => [env(&["KOMODO_RUN_LOG_LIMIT"]).ours()];
        /// Longest time for runs to end when Core is asked to stop.
        shutdown_deadline: Span = "20-sec" => [env(&["KOMODO_SHUTDOWN_DEADLINE"]).ours()];

        /// Logging.
        logging: LogConfig = () => [env(&["KOMODO_LOGGING_"])];
        /// The settings are logged at the start over several lines.
        pretty_startup_config: bool = false => [env(&["KOMODO_PRETTY_STARTUP_CONFIG"])];
        /// Without effect: Varanus never logs secrets.
        unsafe_unsanitized_startup_config: bool = false => [
            env(&["KOMODO_UNSAFE_UNSANITIZED_STARTUP_CONFIG"])
        ];
        /// Days for which statistics of servers are kept. 0: for ever.
        keep_stats_for_days: u64 = 14 => [env(&["KOMODO_KEEP_STATS_FOR_DAYS"])];
        /// Days for which resolved alerts are kept. 0: for ever.
        keep_alerts_for_days: u64 = 14 => [env(&["KOMODO_KEEP_ALERTS_FOR_DAYS"])];
        /// How often repositories and syncs are looked at for news.
        resource_poll_interval: Timelength = "1-hr" => [env(&["KOMODO_RESOURCE_POLL_INTERVAL"])];
        /// How often the state of servers is asked for.
        monitoring_interval: Timelength = "15-sec" => [env(&["KOMODO_MONITORING_INTERVAL"])];

        /// Hours that a newer image must have been known before it is deployed by itself. 0: at
        /// once.
        auto_update_min_age_hours: u64 = 0 => [env(&["KOMODO_AUTO_UPDATE_MIN_AGE_HOURS"]).ours()];
        /// Credentials of AWS.
        aws: AwsCredentials = () => [env(&["KOMODO_AWS_"])];
        /// Git providers with their accounts.
        git_providers: Vec<GitProvider> = () => [aliases(&["git_provider"])];
        /// Image registries with their accounts.
        image_registries: Vec<ImageRegistry> = () => [
            aliases(&["docker_registries", "docker_registry", "image_registry"])
        ];
        /// Values for `[[NAME]]` in resources, never shown.
        secrets: BTreeMap<String, Secret> = ();

        /// Serve https with the files below.
        ssl_enabled: bool = false => [env(&["KOMODO_SSL_ENABLED"])];
        /// File of the TLS key, PEM.
        ssl_key_file: PathBuf = "/config/ssl/key.pem" => [env(&["KOMODO_SSL_KEY_FILE"])];
        /// File of the TLS certificate chain, PEM.
        ssl_cert_file: PathBuf = "/config/ssl/cert.pem" => [env(&["KOMODO_SSL_CERT_FILE"])];
        /// Without effect: Varanus reports to nobody.
        reporting_enabled: bool = false => [env(&["KOMODO_REPORTING_ENABLED"])];
        /// Without effect: Varanus reports to nobody.
        reporting_private_key: Secret = "file:/config/keys/reporting.key" => [
            env(&["KOMODO_REPORTING_PRIVATE_KEY"])
        ];

        /// Directory of backups of the database.
        backups_folder: PathBuf = "/backups" => [
            env(&["KOMODO_BACKUPS_FOLDER", "KOMODO_CLI_BACKUPS_FOLDER"]).ours()
        ];
        /// Backups that are kept. 0: all.
        max_backups: u16 = 14 => [env(&["KOMODO_MAX_BACKUPS", "KOMODO_CLI_MAX_BACKUPS"]).ours()];
        /// Age recipients (`age1…`) to whom backups are encrypted; nobody: they are not.
        backup_recipients: Vec<String> = () => [
            env(&["KOMODO_BACKUP_RECIPIENTS", "KOMODO_CLI_BACKUP_RECIPIENTS"]).ours()
        ];

        /// Directory of resource files on this host.
        sync_directory: PathBuf = "/syncs" => [env(&["KOMODO_SYNC_DIRECTORY"])];
        /// Directory of repositories that Core clones to read them.
        repo_directory: PathBuf = "/repo-cache" => [env(&["KOMODO_REPO_DIRECTORY"])];
        /// Longest time of a git command of Core itself.
        git_deadline: Span = "5-min" => [env(&["KOMODO_GIT_DEADLINE"]).ours()];
        /// Directory of actions while they run.
        action_directory: PathBuf = "/action-cache" => [env(&["KOMODO_ACTION_DIRECTORY"])];
        /// Directory of the web UI's files. When it does not exist, the UI inside the program is
        /// served.
        ui_path: PathBuf = "/app/ui" => [env(&["KOMODO_UI_PATH"])];
        /// Browsers must ask for the UI's index page each time.
        ui_index_force_no_cache: bool = false => [env(&["KOMODO_UI_INDEX_FORCE_NO_CACHE"])];
    }
}

impl CoreConfig {
    /// Loads and checks the configuration. The error lists every problem; a
    /// program shows it and ends with [`Invalid::EXIT_CODE`].
    pub fn load(args: &CoreArgs, env: &Environment) -> Result<Loaded<Self>, Invalid> {
        let overrides = args.config.overrides().set(
            "logging.level",
            "--log-level",
            args.log_level.map(|level| level.to_string()),
        );
        varanus_config::load(&PROGRAM, env, &overrides, Self::check)
    }

    /// Where Core listens.
    pub fn listen(&self) -> SocketAddr {
        let ip = parse_ip(&self.bind_ip).expect("bind_ip was checked when it was loaded");
        SocketAddr::new(ip, self.port)
    }

    /// The start of webhook links, without a `/` at its end.
    pub fn webhook_base(&self) -> &str {
        let base =
            if self.webhook_base_url.is_empty() { &self.host } else { &self.webhook_base_url };
        base.trim_end_matches('/')
    }

    /// The file of the embedded store.
    pub fn embedded_store(&self) -> PathBuf {
        self.data_directory.join(crate::store::sqlite::FILE)
    }

    /// The file of the key that secrets are sealed with.
    pub fn seal_key(&self) -> PathBuf {
        self.data_directory.join(crate::store::SEAL_KEY)
    }

    /// Whether people may log in by OpenID Connect.
    pub fn oidc_ready(&self) -> bool {
        self.oidc_enabled && !self.oidc_provider.is_empty() && !self.oidc_client_id.is_empty()
    }

    /// Whether a new local user is refused (the first is never).
    pub fn local_registration_disabled(&self) -> bool {
        self.disable_local_user_registration.unwrap_or(self.disable_user_registration)
    }

    /// Whether a new OIDC user is refused.
    pub fn oidc_registration_disabled(&self) -> bool {
        self.disable_oidc_user_registration.unwrap_or(self.disable_user_registration)
    }

    fn check(&self, check: &mut Check<'_>) {
        if parse_ip(&self.bind_ip).is_none() {
            check.reject("bind_ip", format!("\"{}\" is not an IP address", self.bind_ip));
        }
        for (key, url) in [
            ("host", &self.host),
            ("webhook_base_url", &self.webhook_base_url),
            ("oidc_provider", &self.oidc_provider),
            ("oidc_redirect_host", &self.oidc_redirect_host),
        ] {
            if (key == "host" || !url.is_empty()) && !is_web_address(url) {
                check.reject(
                    key,
                    format!("\"{url}\" is not a web address that starts with http:// or https://"),
                );
            }
        }
        let uri = self.database.uri.expose();
        if !uri.is_empty() && !["mongodb://", "mongodb+srv://"].iter().any(|s| uri.starts_with(s)) {
            check.reject(
                "database.uri",
                "the value (not shown) does not start with mongodb:// or mongodb+srv://",
            );
        }
        if self.max_parallel_runs == 0 {
            check.reject("max_parallel_runs", "0 would let no run start; it must be 1 or more");
        }
        if self.oidc_enabled && !self.oidc_ready() {
            check.warn("oidc_enabled", "without oidc_provider and oidc_client_id it has no effect");
        }
        if self.unsafe_unsanitized_startup_config {
            check.warn(
                "unsafe_unsanitized_startup_config",
                "has no effect: secrets are never logged",
            );
        }
        if self.webhook_secret.is_empty() && check.is_given("webhook_secret") {
            check.warn("webhook_secret", "is empty: webhooks need a secret on their resource");
        }
    }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text).parse().ok()
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests;
