//! Default values that serde names by path.

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn is_false(value: &bool) -> bool {
    !value
}

pub(crate) fn docker_io() -> String {
    "docker.io".into()
}

pub(crate) fn github_com() -> String {
    "github.com".into()
}

pub(crate) fn http_localhost_7000() -> String {
    "http://localhost:7000".into()
}

pub(crate) fn http_localhost_8080_komodo() -> String {
    "http://localhost:8080/komodo".into()
}

pub(crate) fn https_api_pushover_net_1_messages_json_token_xxxxxxxxxxxxx_user_xxxxxxxxxxxxx()
-> String {
    "https://api.pushover.net/1/messages.json?token=XXXXXXXXXXXXX&user=XXXXXXXXXXXXX".into()
}

pub(crate) fn https_discord_com_api_webhooks_xxxxxxxxxxxx_xxxx_xxxxxxxxxx() -> String {
    "https://discord.com/api/webhooks/XXXXXXXXXXXX/XXXX-XXXXXXXXXX".into()
}

pub(crate) fn https_hooks_slack_com_services_t00000000_b00000000_xxxxxxxxxxxxxxxxxxxxxxxx() -> String
{
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX".into()
}

pub(crate) fn number_50() -> u64 {
    50
}

pub(crate) fn percent_75_0() -> f64 {
    75.0
}

pub(crate) fn percent_90_0() -> f32 {
    90.0
}

pub(crate) fn percent_95_0() -> f64 {
    95.0
}

pub(crate) fn percent_99_0() -> f32 {
    99.0
}
