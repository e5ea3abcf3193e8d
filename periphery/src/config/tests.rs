//! The names below are Komodo 2.3's, as data: a configuration that worked
//! there must be understood here.

use clap::{Args as _, FromArgMatches as _};
use varanus_config::Schema;

use super::*;

const KEYS: &[&str] = &[
    "private_key",
    "onboarding_key",
    "core_public_keys",
    "passkeys",
    "core_addresses",
    "core_tls_insecure_skip_verify",
    "connect_as",
    "server_enabled",
    "port",
    "bind_ip",
    "allowed_ips",
    "ssl_enabled",
    "ssl_key_file",
    "ssl_cert_file",
    "root_directory",
    "repo_dir",
    "stack_dir",
    "build_dir",
    "default_terminal_command",
    "disable_terminals",
    "disable_container_terminals",
    "stats_polling_rate",
    "container_stats_polling_rate",
    "legacy_compose_cli",
    "logging",
    "pretty_startup_config",
    "include_disk_mounts",
    "exclude_disk_mounts",
    "secrets",
    "git_providers",
    "image_registries",
];

const VARIABLES: &[&str] = &[
    "PERIPHERY_CONFIG_PATHS",
    "PERIPHERY_CONFIG_PATH",
    "PERIPHERY_CONFIG_KEYWORDS",
    "PERIPHERY_CONFIG_KEYWORD",
    "PERIPHERY_MERGE_NESTED_CONFIG",
    "PERIPHERY_EXTEND_CONFIG_ARRAYS",
    "PERIPHERY_PRIVATE_KEY",
    "PERIPHERY_PRIVATE_KEY_FILE",
    "PERIPHERY_ONBOARDING_KEY",
    "PERIPHERY_ONBOARDING_KEY_FILE",
    "PERIPHERY_CORE_PUBLIC_KEYS",
    "PERIPHERY_CORE_PUBLIC_KEY",
    "PERIPHERY_PASSKEYS",
    "PERIPHERY_PASSKEYS_FILE",
    "PERIPHERY_CORE_ADDRESSES",
    "PERIPHERY_CORE_ADDRESS",
    "PERIPHERY_CORE_TLS_INSECURE_SKIP_VERIFY",
    "PERIPHERY_CONNECT_AS",
    "PERIPHERY_SERVER_ENABLED",
    "PERIPHERY_PORT",
    "PERIPHERY_BIND_IP",
    "PERIPHERY_ROOT_DIRECTORY",
    "PERIPHERY_REPO_DIR",
    "PERIPHERY_STACK_DIR",
    "PERIPHERY_BUILD_DIR",
    "PERIPHERY_DEFAULT_TERMINAL_COMMAND",
    "PERIPHERY_DISABLE_TERMINALS",
    "PERIPHERY_DISABLE_CONTAINER_TERMINALS",
    "PERIPHERY_DISABLE_CONTAINER_EXEC",
    "PERIPHERY_STATS_POLLING_RATE",
    "PERIPHERY_CONTAINER_STATS_POLLING_RATE",
    "PERIPHERY_LEGACY_COMPOSE_CLI",
    "PERIPHERY_LOGGING_LEVEL",
    "PERIPHERY_LOGGING_STDIO",
    "PERIPHERY_LOGGING_PRETTY",
    "PERIPHERY_LOGGING_LOCATION",
    "PERIPHERY_LOGGING_ANSI",
    "PERIPHERY_LOGGING_TIMESTAMPS",
    "PERIPHERY_LOGGING_OTLP_ENDPOINT",
    "PERIPHERY_LOGGING_OPENTELEMETRY_SERVICE_NAME",
    "PERIPHERY_LOGGING_OPENTELEMETRY_SCOPE_NAME",
    "PERIPHERY_PRETTY_STARTUP_CONFIG",
    "PERIPHERY_ALLOWED_IPS",
    "PERIPHERY_INCLUDE_DISK_MOUNTS",
    "PERIPHERY_EXCLUDE_DISK_MOUNTS",
    "PERIPHERY_SSL_ENABLED",
    "PERIPHERY_SSL_KEY_FILE",
    "PERIPHERY_SSL_CERT_FILE",
];

const OURS: &[&str] =
    &["deadlines", "log_limit", "shutdown_deadline", "sops_age_key", "sops_age_key_file"];

fn load(args: &[&str], env: &[(&str, &str)]) -> Result<Loaded<PeripheryConfig>, Invalid> {
    let command = PeripheryArgs::augment_args(clap::Command::new("varanus-periphery"));
    let args = std::iter::once(&"varanus-periphery").chain(args);
    let args = PeripheryArgs::from_arg_matches(&command.get_matches_from(args)).unwrap();
    PeripheryConfig::load(&args, &env.iter().copied().collect())
}

fn problems(env: &[(&str, &str)]) -> Vec<String> {
    load(&[], env).map(|_| ()).unwrap_err().problems
}

#[test]
fn every_key_and_variable_of_komodo_is_known() {
    let schema = Schema::of::<PeripheryConfig>();
    let mut variables = schema.variables();
    variables.extend(PROGRAM.loader_variables().into_iter().flat_map(|(names, _, _)| names));
    for name in VARIABLES {
        assert!(variables.iter().any(|known| known == name), "variable {name}");
    }
    assert_eq!(KEYS.len(), 31);
    for key in KEYS {
        assert!(schema.fields.iter().any(|field| field.key == *key), "key {key}");
    }
    for field in &schema.fields {
        assert_eq!(field.ours, OURS.contains(&field.key), "{}", field.key);
        assert_ne!(field.ours, KEYS.contains(&field.key), "{}", field.key);
    }
}

#[test]
fn the_defaults_are_komodos() {
    let config = load(&[], &[]).unwrap().value;
    assert!(config.serves() && config.ssl_enabled);
    assert_eq!(config.listen().to_string(), "[::]:8120");
    assert_eq!(config.private_key_spec().expose(), "file:/etc/komodo/keys/periphery.key");
    assert_eq!(config.core_keys(), CoreKeys::Any);
    assert_eq!(config.repos(), Path::new("/etc/komodo/repos"));
    assert_eq!(config.stacks(), Path::new("/etc/komodo/stacks"));
    assert_eq!(config.builds(), Path::new("/etc/komodo/builds"));
    assert_eq!(config.tls_key(), Path::new("/etc/komodo/ssl/key.pem"));
    assert_eq!(config.tls_certificate(), Path::new("/etc/komodo/ssl/cert.pem"));
    assert_eq!(config.default_terminal_command, "bash");
    assert_eq!(config.stats_polling_rate.as_str(), "5-sec");
    assert_eq!(config.container_stats_polling_rate.as_str(), "30-sec");
    assert_eq!(config.sops_age_key_file, Path::new("/etc/sops/age/keys.txt"));
}

#[test]
fn directories_follow_the_root_and_each_may_be_moved() {
    let env = [
        ("PERIPHERY_ROOT_DIRECTORY", "/srv/agent"),
        ("PERIPHERY_STACK_DIR", "/stacks"),
        ("PERIPHERY_SSL_KEY_FILE", "/tls/key.pem"),
        ("PERIPHERY_CORE_ADDRESS", "https://core"),
        ("PERIPHERY_CONNECT_AS", "pi"),
    ];
    let config = load(&[], &env).unwrap().value;
    assert_eq!(config.repos(), Path::new("/srv/agent/repos"));
    assert_eq!(config.stacks(), Path::new("/stacks"));
    assert_eq!(config.tls_key(), Path::new("/tls/key.pem"));
    assert_eq!(config.tls_certificate(), Path::new("/srv/agent/ssl/cert.pem"));
    assert!(!config.serves());
    assert_eq!(config.core_keys(), CoreKeys::FirstMet("/srv/agent/keys/core.pub".into()));
}

#[test]
fn arguments_win_over_the_environment_and_that_over_files() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("periphery.config.toml");
    std::fs::write(
        &file,
        "port = 1\nbind_ip = '127.0.0.1'\ncore_public_key = 'a'\ndisable_container_exec = true\n\
         allowed_ips = '10.0.0.0/8'\npasskeys = ['p']\n[logging]\nlevel = 'warn'\n\
         [secrets]\nA = 'hunter2'\n[[git_provider]]\naccount = [{ username = 'u' }]",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let loaded = load(&["-c", path], &[]).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let config = loaded.value;
    assert_eq!(config.listen().to_string(), "127.0.0.1:1");
    assert_eq!(config.core_keys(), CoreKeys::These(vec!["a".into()]));
    assert!(config.disable_container_terminals);
    assert!(config.allows("10.2.3.4".parse().unwrap()));
    assert!(config.allows("::ffff:10.2.3.4".parse().unwrap()));
    assert!(!config.allows("192.168.0.1".parse().unwrap()));
    assert_eq!(config.logging.level, LogLevel::Warn);
    assert_eq!(config.secrets["A"].expose(), "hunter2");
    assert_eq!(config.git_providers[0].domain, "github.com");

    let env = [
        ("PERIPHERY_CONFIG_PATHS", "/not/asked/for"),
        ("PERIPHERY_PORT", "2"),
        ("PERIPHERY_LOGGING_LEVEL", "error"),
    ];
    let config = load(&["-c", path, "--log-level", "debug"], &env).unwrap().value;
    assert_eq!((config.port, config.logging.level), (2, LogLevel::Debug));
    let config = load(&["-c", path], &env).unwrap().value;
    assert_eq!(config.logging.level, LogLevel::Error);

    // A directory is searched by keyword.
    let directory = directory.path().to_str().unwrap();
    assert_eq!(load(&["-c", directory], &[]).unwrap().value.port, 1);
    assert_eq!(load(&["-c", directory, "-m", "*other*"], &[]).unwrap().value.port, 8120);
}

#[test]
fn a_bad_value_is_named_with_its_source() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("PERIPHERY_ALLOWED_IPS", "10.0.0.0/8,10.0.0.300")],
            "PERIPHERY_ALLOWED_IPS (environment): \"10.0.0.300\" is not an IP address or network, \
             as 10.0.0.7 or 10.0.0.0/8",
        ),
        (
            &[("PERIPHERY_CORE_ADDRESS", "https://core")],
            "PERIPHERY_CORE_ADDRESS (environment): need connect_as (PERIPHERY_CONNECT_AS), the \
             name of this server at Core",
        ),
        (
            &[("PERIPHERY_SSL_ENABLED", "jein")],
            "PERIPHERY_SSL_ENABLED (environment): \"jein\" is not true or false",
        ),
    ];
    for (env, expected) in cases {
        assert_eq!(problems(env), [*expected]);
    }
    let unreadable = problems(&[("PERIPHERY_ONBOARDING_KEY_FILE", "/no/such")]);
    assert!(unreadable[0].starts_with("PERIPHERY_ONBOARDING_KEY_FILE (environment): cannot read"));
}

#[test]
fn an_agent_that_any_core_may_command_says_so() {
    let warned = |env: &[(&str, &str)]| load(&[], env).unwrap().warnings.len();
    assert_eq!(warned(&[]), 1);
    assert_eq!(warned(&[("PERIPHERY_CORE_PUBLIC_KEYS", "k")]), 0);
    assert_eq!(warned(&[("PERIPHERY_PASSKEYS", "p")]), 0);
    assert_eq!(warned(&[("PERIPHERY_SERVER_ENABLED", "false")]), 1);
}

#[test]
fn the_sops_key_file_is_a_path_and_not_the_key() {
    let config = load(&[], &[("SOPS_AGE_KEY_FILE", "/no/such"), ("SOPS_AGE_KEY", "AGE-SECRET")]);
    let config = config.unwrap().value;
    assert_eq!(config.sops_age_key_file, Path::new("/no/such"));
    assert_eq!(config.sops_age_key.unwrap().expose(), "AGE-SECRET");
}

#[test]
fn reference_page_is_up_to_date() {
    let text = reference::markdown::<PeripheryConfig>(
        &PROGRAM,
        "Settings of the agent",
        "What `varanus-periphery` reads at its start.",
    );
    reference::check_page(env!("CARGO_MANIFEST_DIR"), "docs/configuration/periphery.md", &text);
}
