//! The names below are Komodo 2.3's, as data: a configuration that worked
//! there must be understood here.
// tidy: long, because it is a table of names.

use std::path::Path;

use varanus_config::{Schema, reference};

use super::*;

const KEYS: &[&str] = &[
    "title",
    "host",
    "port",
    "bind_ip",
    "internet_interface",
    "private_key",
    "periphery_public_keys",
    "passkey",
    "timezone",
    "default_pagination_limit",
    "ui_write_disabled",
    "disable_confirm_dialog",
    "disable_websocket_reconnect",
    "disable_init_resources",
    "enable_fancy_toml",
    "first_server_name",
    "first_server_address",
    "database",
    "local_auth",
    "min_password_length",
    "init_admin_username",
    "init_admin_password",
    "transparent_mode",
    "enable_new_users",
    "disable_user_registration",
    "disable_local_user_registration",
    "disable_oidc_user_registration",
    "lock_login_credentials_for",
    "disable_non_admin_create",
    "jwt_secret",
    "jwt_ttl",
    "oidc_enabled",
    "oidc_provider",
    "oidc_redirect_host",
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_use_full_email",
    "oidc_additional_audiences",
    "oidc_auto_redirect",
    "google_oauth",
    "github_oauth",
    "auth_rate_limit_disabled",
    "auth_rate_limit_max_attempts",
    "auth_rate_limit_window_seconds",
    "cors_allowed_origins",
    "cors_allow_credentials",
    "session_allow_cross_site",
    "x_content_type_options",
    "x_frame_options",
    "x_xss_protection",
    "referrer_policy",
    "content_security_policy",
    "webhook_secret",
    "webhook_base_url",
    "logging",
    "pretty_startup_config",
    "unsafe_unsanitized_startup_config",
    "keep_stats_for_days",
    "keep_alerts_for_days",
    "resource_poll_interval",
    "monitoring_interval",
    "aws",
    "git_providers",
    "image_registries",
    "secrets",
    "ssl_enabled",
    "ssl_key_file",
    "ssl_cert_file",
    "reporting_enabled",
    "reporting_private_key",
    "sync_directory",
    "repo_directory",
    "action_directory",
    "ui_path",
    "ui_index_force_no_cache",
];

const VARIABLES: &[&str] = &[
    "KOMODO_CONFIG_PATHS",
    "KOMODO_CONFIG_PATH",
    "KOMODO_CONFIG_KEYWORDS",
    "KOMODO_CONFIG_KEYWORD",
    "KOMODO_MERGE_NESTED_CONFIG",
    "KOMODO_EXTEND_CONFIG_ARRAYS",
    "KOMODO_CONFIG_DEBUG",
    "KOMODO_TITLE",
    "KOMODO_HOST",
    "KOMODO_PORT",
    "KOMODO_BIND_IP",
    "KOMODO_PRIVATE_KEY",
    "KOMODO_PRIVATE_KEY_FILE",
    "KOMODO_PERIPHERY_PUBLIC_KEYS",
    "KOMODO_PERIPHERY_PUBLIC_KEY",
    "KOMODO_PASSKEY",
    "KOMODO_PASSKEY_FILE",
    "KOMODO_TIMEZONE",
    "TZ",
    "KOMODO_FIRST_SERVER_NAME",
    "KOMODO_FIRST_SERVER_ADDRESS",
    "KOMODO_FIRST_SERVER",
    "KOMODO_JWT_SECRET",
    "KOMODO_JWT_SECRET_FILE",
    "KOMODO_JWT_TTL",
    "KOMODO_RESOURCE_POLL_INTERVAL",
    "KOMODO_MONITORING_INTERVAL",
    "KOMODO_KEEP_STATS_FOR_DAYS",
    "KOMODO_KEEP_ALERTS_FOR_DAYS",
    "KOMODO_WEBHOOK_SECRET",
    "KOMODO_WEBHOOK_SECRET_FILE",
    "KOMODO_WEBHOOK_BASE_URL",
    "KOMODO_TRANSPARENT_MODE",
    "KOMODO_DEFAULT_PAGINATION_LIMIT",
    "KOMODO_UI_WRITE_DISABLED",
    "KOMODO_ENABLE_NEW_USERS",
    "KOMODO_DISABLE_USER_REGISTRATION",
    "KOMODO_DISABLE_LOCAL_USER_REGISTRATION",
    "KOMODO_DISABLE_OIDC_USER_REGISTRATION",
    "KOMODO_LOCK_LOGIN_CREDENTIALS_FOR",
    "KOMODO_DISABLE_CONFIRM_DIALOG",
    "KOMODO_DISABLE_NON_ADMIN_CREATE",
    "KOMODO_DISABLE_WEBSOCKET_RECONNECT",
    "KOMODO_DISABLE_INIT_RESOURCES",
    "KOMODO_ENABLE_FANCY_TOML",
    "KOMODO_LOCAL_AUTH",
    "KOMODO_MIN_PASSWORD_LENGTH",
    "KOMODO_INIT_ADMIN_USERNAME",
    "KOMODO_INIT_ADMIN_USERNAME_FILE",
    "KOMODO_INIT_ADMIN_PASSWORD",
    "KOMODO_INIT_ADMIN_PASSWORD_FILE",
    "KOMODO_OIDC_ENABLED",
    "KOMODO_OIDC_PROVIDER",
    "KOMODO_OIDC_REDIRECT_HOST",
    "KOMODO_OIDC_CLIENT_ID",
    "KOMODO_OIDC_CLIENT_ID_FILE",
    "KOMODO_OIDC_CLIENT_SECRET",
    "KOMODO_OIDC_CLIENT_SECRET_FILE",
    "KOMODO_OIDC_USE_FULL_EMAIL",
    "KOMODO_OIDC_ADDITIONAL_AUDIENCES",
    "KOMODO_OIDC_ADDITIONAL_AUDIENCES_FILE",
    "KOMODO_OIDC_AUTO_REDIRECT",
    "KOMODO_GOOGLE_OAUTH_ENABLED",
    "KOMODO_GOOGLE_OAUTH_ID",
    "KOMODO_GOOGLE_OAUTH_ID_FILE",
    "KOMODO_GOOGLE_OAUTH_SECRET",
    "KOMODO_GOOGLE_OAUTH_SECRET_FILE",
    "KOMODO_GITHUB_OAUTH_ENABLED",
    "KOMODO_GITHUB_OAUTH_ID",
    "KOMODO_GITHUB_OAUTH_ID_FILE",
    "KOMODO_GITHUB_OAUTH_SECRET",
    "KOMODO_GITHUB_OAUTH_SECRET_FILE",
    "KOMODO_AUTH_RATE_LIMIT_DISABLED",
    "KOMODO_AUTH_RATE_LIMIT_MAX_ATTEMPTS",
    "KOMODO_AUTH_RATE_LIMIT_WINDOW_SECONDS",
    "KOMODO_CORS_ALLOWED_ORIGINS",
    "KOMODO_CORS_ALLOW_CREDENTIALS",
    "KOMODO_SESSION_ALLOW_CROSS_SITE",
    "KOMODO_X_CONTENT_TYPE_OPTIONS",
    "KOMODO_X_FRAME_OPTIONS",
    "KOMODO_X_XSS_PROTECTION",
    "KOMODO_REFERRER_POLICY",
    "KOMODO_CONTENT_SECURITY_POLICY",
    "KOMODO_DATABASE_URI",
    "KOMODO_MONGO_URI",
    "KOMODO_DATABASE_URI_FILE",
    "KOMODO_MONGO_URI_FILE",
    "KOMODO_DATABASE_ADDRESS",
    "KOMODO_MONGO_ADDRESS",
    "KOMODO_DATABASE_USERNAME",
    "KOMODO_MONGO_USERNAME",
    "KOMODO_DATABASE_USERNAME_FILE",
    "KOMODO_MONGO_USERNAME_FILE",
    "KOMODO_DATABASE_PASSWORD",
    "KOMODO_MONGO_PASSWORD",
    "KOMODO_DATABASE_PASSWORD_FILE",
    "KOMODO_MONGO_PASSWORD_FILE",
    "KOMODO_DATABASE_APP_NAME",
    "KOMODO_MONGO_APP_NAME",
    "KOMODO_DATABASE_DB_NAME",
    "KOMODO_MONGO_DB_NAME",
    "KOMODO_AWS_ACCESS_KEY_ID",
    "KOMODO_AWS_ACCESS_KEY_ID_FILE",
    "KOMODO_AWS_SECRET_ACCESS_KEY",
    "KOMODO_AWS_SECRET_ACCESS_KEY_FILE",
    "KOMODO_LOGGING_LEVEL",
    "KOMODO_LOGGING_STDIO",
    "KOMODO_LOGGING_PRETTY",
    "KOMODO_LOGGING_LOCATION",
    "KOMODO_LOGGING_ANSI",
    "KOMODO_LOGGING_TIMESTAMPS",
    "KOMODO_LOGGING_OTLP_ENDPOINT",
    "KOMODO_LOGGING_OPENTELEMETRY_SERVICE_NAME",
    "KOMODO_LOGGING_OPENTELEMETRY_SCOPE_NAME",
    "KOMODO_PRETTY_STARTUP_CONFIG",
    "KOMODO_UNSAFE_UNSANITIZED_STARTUP_CONFIG",
    "KOMODO_INTERNET_INTERFACE",
    "KOMODO_SSL_ENABLED",
    "KOMODO_SSL_KEY_FILE",
    "KOMODO_SSL_CERT_FILE",
    "KOMODO_REPORTING_ENABLED",
    "KOMODO_REPORTING_PRIVATE_KEY",
    "KOMODO_UI_PATH",
    "KOMODO_UI_INDEX_FORCE_NO_CACHE",
    "KOMODO_SYNC_DIRECTORY",
    "KOMODO_REPO_DIRECTORY",
    "KOMODO_ACTION_DIRECTORY",
];

/// Ours: must not be among Komodo's, and must be marked so.
const OURS: &[&str] = &[
    "agent_deadline",
    "backup_recipients",
    "backups_folder",
    "data_directory",
    "max_backups",
    "keep_webhooks_for_days",
    "max_parallel_runs",
    "git_deadline",
    "request_body_limit",
    "run_deadlines",
    "run_log_limit",
    "auto_update_min_age_hours",
    "seal_secrets",
    "shutdown_deadline",
    "store_deadline",
    "webhook_body_limit",
];

struct Case {
    directory: tempfile::TempDir,
    env: Vec<(String, String)>,
    args: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display().to_string();
        Self {
            directory,
            env: vec![("KOMODO_CONFIG_PATHS".into(), path)],
            args: vec!["varanus-core".into()],
        }
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    fn env_path(self, name: &str, file: &str) -> Self {
        let path = self.path(file).display().to_string();
        self.env(name, &path)
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    fn result(&self) -> Result<Loaded<CoreConfig>, Invalid> {
        let args = CoreArgs::read(&self.args).unwrap();
        CoreConfig::load(&args, &self.env.iter().cloned().collect())
    }

    fn load(&self) -> Loaded<CoreConfig> {
        self.result().unwrap()
    }

    /// The problems, with the directory's path taken out.
    fn problems(&self) -> Vec<String> {
        let base = format!("{}/", self.directory.path().display());
        let invalid = self.result().map(|_| ()).unwrap_err();
        invalid.problems.iter().map(|problem| problem.replace(&base, "")).collect()
    }
}

#[test]
fn every_key_and_variable_of_komodo_is_known() {
    let schema = Schema::of::<CoreConfig>();
    for key in KEYS {
        assert!(schema.fields.iter().any(|field| field.key == *key), "key {key}");
    }
    assert_eq!(KEYS.len(), 75);
    let mut variables = schema.variables();
    variables.extend(PROGRAM.loader_variables().into_iter().flat_map(|(names, _, _)| names));
    for name in VARIABLES {
        assert!(variables.iter().any(|known| known == name), "variable {name}");
    }
    for field in &schema.fields {
        assert_eq!(field.ours, OURS.contains(&field.key), "{}", field.key);
        assert_ne!(field.ours, KEYS.contains(&field.key), "{}", field.key);
    }
    // A name that stood for two settings would set both.
    let mut sorted = variables.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), variables.len());
}

#[test]
fn aliases_are_read() {
    let loaded = Case::new()
        .file(
            "config.toml",
            "first_server = 'a:1'\nperiphery_public_key = 'k1, k2'\n[mongo]\nuri = 'mongodb://h'\n\
             [[git_provider]]\ndomain = 'git.local'\nhttps = false\n\
             account = [{ account = 'me', token = 't' }]\n\
             [[docker_registry]]\naccounts = [{ username = 'r' }]\norganization = ['o']\n\
             [[image_registry]]\n[google_oauth]\nid = 'i'\nsecret = 's'\n",
        )
        .load();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let config = loaded.value;
    assert_eq!(config.first_server_address.as_deref(), Some("a:1"));
    assert_eq!(config.periphery_public_keys.as_deref(), Some(&["k1".to_owned(), "k2".into()][..]));
    assert!(config.database.is_mongodb());
    assert_eq!(config.git_providers[0].domain, "git.local");
    assert!(!config.git_providers[0].https);
    assert_eq!(config.git_providers[0].accounts[0].username, "me");
    assert_eq!(config.git_providers[0].accounts[0].token.expose(), "t");
    assert_eq!(config.image_registries.len(), 2);
    assert_eq!(config.image_registries[0].organizations, ["o"]);
    assert_eq!(config.image_registries[1].domain, "docker.io");
    assert_eq!(config.google_oauth.client_id, "i");
    assert_eq!(config.google_oauth.client_secret.expose(), "s");

    let aliases = [
        ("KOMODO_MONGO_ADDRESS", "h:1"),
        ("KOMODO_FIRST_SERVER", "b"),
        ("TZ", "Europe/Berlin"),
        ("KOMODO_PERIPHERY_PUBLIC_KEY", "k"),
    ];
    let case = aliases.iter().fold(Case::new(), |case, (name, value)| case.env(name, value));
    let config = case.load().value;
    assert_eq!(config.database.address(), "h:1");
    assert_eq!(config.first_server_address.as_deref(), Some("b"));
    assert_eq!(config.timezone, "Europe/Berlin");
    assert_eq!(config.periphery_public_keys.unwrap(), ["k"]);
}

#[test]
fn the_defaults_are_komodos() {
    let config = CoreConfig::default();
    assert_eq!(config.title, "Komodo");
    assert_eq!(config.host, "https://komodo.example.com");
    assert_eq!(config.listen().to_string(), "[::]:9120");
    assert_eq!(config.private_key.expose(), "file:/config/keys/core.key");
    assert_eq!(config.default_pagination_limit, 50);
    assert!(!config.local_auth);
    assert_eq!(config.min_password_length, 1);
    assert_eq!(config.init_admin_password.expose(), "changeme");
    assert_eq!(config.jwt_ttl.as_str(), "1-day");
    assert_eq!(config.monitoring_interval.duration().as_secs(), 15);
    assert_eq!(config.resource_poll_interval.as_str(), "1-hr");
    assert_eq!((config.keep_stats_for_days, config.keep_alerts_for_days), (14, 14));
    assert_eq!(config.auth_rate_limit_max_attempts, 5);
    assert_eq!(config.auth_rate_limit_window_seconds, 15);
    assert_eq!(config.database.db_name, "komodo");
    assert_eq!(config.database.app_name, "komodo_core");
    assert!(!config.database.is_mongodb());
    assert_eq!(config.webhook_base(), "https://komodo.example.com");
    assert_eq!(config.ui_path, Path::new("/app/ui"));
    assert!(config.periphery_public_keys.is_none());
    assert!(config.logging.ansi && config.logging.timestamps);
    assert_eq!(config.run_deadlines.deploy.to_string(), "30-min");
}

#[test]
fn later_files_win_over_earlier_and_the_environment_over_files_and_arguments_over_all() {
    let case = || {
        Case::new()
            .file(
                "a.config.toml",
                "title = 'a'\nport = 1\n[logging]\nlevel = 'warn'\npretty = true",
            )
            .file("b.config.yaml", "title: b\nlogging:\n  level: error\n")
    };
    let config = case().load().value;
    assert_eq!((config.title.as_str(), config.port), ("b", 1));
    assert_eq!((config.logging.level, config.logging.pretty), (LogLevel::Error, true));

    let config =
        case().env("KOMODO_TITLE", "env").env("KOMODO_LOGGING_LEVEL", "debug").load().value;
    assert_eq!((config.title.as_str(), config.logging.level), ("env", LogLevel::Debug));

    let case = case().env("KOMODO_LOGGING_LEVEL", "debug").args(&["--log-level", "trace"]);
    assert_eq!(case.load().value.logging.level, LogLevel::Trace);
}

#[test]
fn tables_merge_and_lists_join_unless_told_otherwise() {
    let case = || {
        Case::new()
            .file(
                "a.config.toml",
                "cors_allowed_origins = ['a']\n[secrets]\nA = '1'\n[aws]\naccess_key_id = 'x'",
            )
            .file("b.config.toml", "cors_allowed_origins = ['b']\n[secrets]\nB = '2'")
    };
    let config = case().load().value;
    assert_eq!(config.cors_allowed_origins, ["a", "b"]);
    assert_eq!(config.secrets.keys().collect::<Vec<_>>(), ["A", "B"]);
    let config = case()
        .env("KOMODO_MERGE_NESTED_CONFIG", "false")
        .env("KOMODO_EXTEND_CONFIG_ARRAYS", "false")
        .load()
        .value;
    assert_eq!(config.cors_allowed_origins, ["b"]);
    assert_eq!(config.secrets.keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(config.aws.access_key_id, "x");
    // The environment replaces a list, it does not join it.
    let config = case().env("KOMODO_CORS_ALLOWED_ORIGINS", "c, d").load().value;
    assert_eq!(config.cors_allowed_origins, ["c", "d"]);
}

#[test]
fn a_file_variant_wins_and_loses_its_line_end() {
    let config = Case::new()
        .file("secret", "from file\r\n")
        .file("audiences", "a\nb\n")
        .env_path("KOMODO_JWT_SECRET_FILE", "secret")
        .env("KOMODO_JWT_SECRET", "plain")
        .env_path("KOMODO_MONGO_PASSWORD_FILE", "secret")
        .env_path("KOMODO_OIDC_ADDITIONAL_AUDIENCES_FILE", "audiences")
        .env("KOMODO_SSL_KEY_FILE", "/no/such/key.pem")
        .load()
        .value;
    assert_eq!(config.jwt_secret.expose(), "from file");
    assert_eq!(config.database.password.expose(), "from file");
    assert!(config.database.is_mongodb());
    assert_eq!(config.database.address(), "localhost:27017");
    assert_eq!(config.oidc_additional_audiences, ["a", "b"]);
    assert_eq!(config.ssl_key_file, Path::new("/no/such/key.pem"));

    let problems = Case::new()
        .env("KOMODO_PASSKEY_FILE", "/no/such/file")
        .env("KOMODO_PASSKEY", "plain")
        .problems();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("KOMODO_PASSKEY_FILE (environment): cannot read /no/such/file: "),
        "{problems:?}"
    );
}

#[test]
fn a_bad_value_is_named_with_its_source() {
    let cases: &[(&str, &str, &str)] = &[
        ("", "KOMODO_PORT=abc", "KOMODO_PORT (environment): \"abc\" is not a port number 0–65535"),
        (
            "",
            "KOMODO_PORT=65536",
            "KOMODO_PORT (environment): \"65536\" is not a port number 0–65535",
        ),
        (
            "title = 'x'\nport = -1",
            "",
            "config.toml:2: key \"port\": -1 is not a port number 0–65535",
        ),
        ("port = [1]", "", "config.toml:1: key \"port\": a list is not a port number 0–65535"),
        (
            "local_auth = 'maybe'",
            "",
            "config.toml:1: key \"local_auth\": \"maybe\" is not true or false",
        ),
        (
            "max_parallel_runs = 0",
            "",
            "config.toml:1: key \"max_parallel_runs\": 0 would let no run start; it must be 1 or more",
        ),
        (
            "",
            "KOMODO_RUN_DEADLINE_DEPLOY=soon",
            "KOMODO_RUN_DEADLINE_DEPLOY (environment): \"soon\" is not a length of time, as 20-sec, \
             45-min, 6-hr, 2-day or 1-wk",
        ),
        (
            "[database]\nuri = 'postgres://me:hunter2@h'",
            "",
            "config.toml:2: key \"database.uri\": the value (not shown) does not start with \
             mongodb:// or mongodb+srv://",
        ),
        ("jwt_secret = ['hunter2']", "", "config.toml:1: key \"jwt_secret\": a list is not a text"),
        (
            "jwt_secret = 1.5",
            "",
            "config.toml:1: key \"jwt_secret\": the value (not shown) is not a text",
        ),
        ("database = 'x'", "", "config.toml:1: key \"database\": \"x\" is not a table"),
        (
            "[[git_providers]]\naccounts = [{ token = 'hunter2' }]",
            "",
            "config.toml:2: key \"git_providers[0].accounts[0]\": \"username\" is missing",
        ),
        (
            "",
            "KOMODO_HOST=komodo.local",
            "KOMODO_HOST (environment): \"komodo.local\" is not a web address that starts with \
             http:// or https://",
        ),
        ("bind_ip = 'lo'", "", "config.toml:1: key \"bind_ip\": \"lo\" is not an IP address"),
        (
            "",
            "KOMODO_LOGGING_LEVEL=loud",
            "KOMODO_LOGGING_LEVEL (environment): \"loud\" is not one of trace, debug, info, warn, error",
        ),
        (
            "",
            "KOMODO_MERGE_NESTED_CONFIG=perhaps",
            "KOMODO_MERGE_NESTED_CONFIG (environment): \"perhaps\" is not true or false",
        ),
    ];
    for (file, variable, expected) in cases {
        let mut case = Case::new().file("config.toml", file);
        if let Some((name, value)) = variable.split_once('=') {
            case = case.env(name, value);
        }
        assert_eq!(case.problems(), [*expected]);
    }
    let problem = &Case::new().file("config.toml", "monitoring_interval = '15-secs'").problems()[0];
    assert!(
        problem.starts_with(
            "config.toml:1: key \"monitoring_interval\": \"15-secs\" is not one of 1-sec, "
        ),
        "{problem}"
    );
}

#[test]
fn all_problems_are_told_at_once_and_no_secret_with_them() {
    let case = Case::new()
        .file("config.toml", "port = 'abc'\n[database]\nuri = 'hunter2'")
        .file("more.config.json", "{\"passkey\": hunter2}")
        .env("KOMODO_JWT_TTL", "long");
    let invalid = case.result().map(|_| ()).unwrap_err();
    // The cross-checks (the uri) come when every single value is right.
    assert_eq!(invalid.problems.len(), 3, "{invalid}");
    let text = invalid.to_string();
    assert!(text.starts_with("varanus-core: the configuration has 3 problems:\n"));
    assert!(text.ends_with("`varanus-core --help` lists every setting."));
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(Invalid::EXIT_CODE, 2);
}

#[test]
fn an_unknown_key_or_variable_is_a_warning_with_the_nearest_name() {
    let loaded = Case::new()
        .file("config.toml", "monitorng_interval = '5-sec'\nnonsense = 1\n[database]\nurl = 'x'")
        .env("KOMODO_MONITORNG_INTERVAL", "5-sec")
        .env("KOMODO_DB_USERNAME", "theirs")
        .env("KOMODO_CLI_HOTS", "theirs")
        .load();
    assert_eq!(loaded.value.monitoring_interval.as_str(), "15-sec");
    let warnings: Vec<_> =
        loaded.warnings.iter().map(|text| text.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        warnings,
        [
            "config.toml:4: key \"database.url\" is not a known setting; did you mean \"uri\"?",
            "config.toml:1: key \"monitorng_interval\" is not a known setting; did you mean \
             \"monitoring_interval\"?",
            "config.toml:2: key \"nonsense\" is not a known setting; it is ignored",
            "KOMODO_MONITORNG_INTERVAL (environment) is not a known setting; did you mean \
             KOMODO_MONITORING_INTERVAL?",
        ]
    );
}

#[test]
fn variables_in_files_are_replaced_and_values_may_be_text() {
    let loaded = Case::new()
        .file(
            "config.toml",
            "port = '${PORT}'\njwt_secret = '${OUTER}'\ntitle = 'on $(PLACE)'\npasskey = '${GONE}'",
        )
        .env("PORT", "1234")
        .env("OUTER", "x${INNER}")
        .env("INNER", "y")
        .env("PLACE", "pi")
        .load();
    assert_eq!(loaded.value.port, 1234);
    assert_eq!(loaded.value.jwt_secret.expose(), "xy");
    assert_eq!(loaded.value.title, "on pi");
    assert_eq!(loaded.value.passkey.unwrap().expose(), "${GONE}");
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].contains("key \"passkey\": ${GONE} is not set"));
}

#[test]
fn includes_are_read_and_missing_paths_are_named() {
    let case = Case::new()
        .file("config.toml", "title = 'first'")
        .file(".kcoreinclude", "extra.toml\n")
        .file("extra.toml", "title = 'included'");
    let loaded = case.load();
    assert_eq!(loaded.value.title, "included");
    assert_eq!(loaded.files.len(), 2);

    let case = Case::new().file(".kcoreinclude", "# more\ngone.toml");
    assert!(
        case.problems()[0].starts_with(".kcoreinclude:2: gone.toml: "),
        "{:?}",
        case.problems()
    );
    let args = CoreArgs::read(["varanus-core", "-c", "/gone/config.toml"]).unwrap();
    let invalid = CoreConfig::load(&args, &Environment::default()).map(|_| ()).unwrap_err();
    assert!(invalid.problems[0].starts_with("--config-path: /gone/config.toml: "));
    // Komodo's compose files name the default, which need not exist.
    let args = CoreArgs::read(["varanus-core"]).unwrap();
    assert!(CoreConfig::load(&args, &[("KOMODO_CONFIG_PATH", "/config")].into()).is_ok());
}

#[test]
fn an_empty_variable_is_unset_but_for_text() {
    let config = Case::new()
        .file("config.toml", "port = 1\nx_frame_options = 'SAMEORIGIN'\npasskey = 'p'")
        .env("KOMODO_PORT", "")
        .env("KOMODO_X_FRAME_OPTIONS", "")
        .env("KOMODO_PASSKEY", "")
        .env("KOMODO_LOCAL_AUTH", "")
        .env("KOMODO_UI_PATH", "")
        .env("KOMODO_PERIPHERY_PUBLIC_KEYS", "")
        .load()
        .value;
    assert_eq!(config.port, 1);
    assert_eq!(config.x_frame_options, "");
    assert!(config.passkey.is_none());
    assert!(config.periphery_public_keys.is_none());
}

#[test]
fn the_summary_says_what_was_given_and_where_without_secrets() {
    let loaded = Case::new()
        .file("config.toml", "jwt_secret = 'hunter2'\n[secrets]\nA = 'hunter2'")
        .env("KOMODO_PORT", "1")
        .env("KOMODO_DATABASE_PASSWORD", "hunter2")
        .load();
    let summary = loaded.summary();
    assert!(!summary.contains("hunter2"), "{summary}");
    assert!(summary.contains("port = \"1\"  (KOMODO_PORT (environment))"), "{summary}");
    assert!(summary.contains("jwt_secret = (secret)  ("), "{summary}");
    assert!(summary.contains("secrets = 1 entries"), "{summary}");
    assert!(!format!("{:?}", loaded.value).contains("hunter2"));
}

#[test]
fn help_lists_every_setting() {
    let help = CoreArgs::read(["varanus-core", "--help"]).map(|_| ()).unwrap_err();
    assert_eq!(help.exit_code(), 0);
    let text = help.to_string();
    for field in &Schema::of::<CoreConfig>().fields {
        assert!(text.contains(&format!("\n  {}", field.key)), "{}", field.key);
    }
    let wrong = CoreArgs::read(["varanus-core", "--nonsense"]).map(|_| ()).unwrap_err();
    assert_eq!(wrong.exit_code(), 2);
}

#[test]
fn reference_page_is_up_to_date() {
    let text = reference::markdown::<CoreConfig>(
        &PROGRAM,
        "Settings of Core",
        "What `varanus-core` reads at its start.",
    );
    reference::check_page(env!("CARGO_MANIFEST_DIR"), "docs/configuration/core.md", &text);
}
