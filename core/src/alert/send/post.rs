//! Endpoints that are spoken to over HTTP.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde_json::json;
use url::Url;
use varanus_proto::entity::alert::Alert;
use varanus_proto::{Context as _, Error, Result};

use super::address::Address;
use super::text::{Words, cut};

/// How long an endpoint may take to answer.
pub(super) const DEADLINE: Duration = Duration::from_secs(15);

/// How much of an answer that refuses is read, in bytes.
const SHOWN: usize = 300;

/// The longest texts that the services take, in characters (their own
/// documentation; what is longer is refused as a whole).
mod most {
    pub(super) const SLACK_HEADER: usize = 150;
    pub(super) const SLACK_SECTION: usize = 3000;
    pub(super) const DISCORD: usize = 2000;
    // 4,096 bytes, and a character has up to four.
    pub(super) const NTFY: usize = 1000;
    pub(super) const PUSHOVER: usize = 1024;
}

/// Sends an alert as a service wants it.
///
/// Errors say what the endpoint answered, without the secrets of its address.
pub(super) async fn post(
    address: &Address,
    (service, url): (&Service, &Url),
    alert: &Alert,
    words: &Words,
) -> Result<()> {
    let request = service.request(client(url)?.post(url.clone()), alert, words);
    let mut answer = request.send().await.map_err(|error| no_answer(error, address))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let mut said = Vec::new();
    while said.len() < SHOWN
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        said.extend_from_slice(&chunk);
    }
    said.truncate(SHOWN);
    let text = format!("the endpoint answered {status}");
    let refused = match status.is_server_error() || status.as_u16() == 429 {
        true => Error::unavailable(text),
        false => Error::failed(text),
    };
    Err(match String::from_utf8_lossy(&said).trim() {
        "" => refused,
        said => refused.cause(address.without_secrets(said)),
    })
}

/// Which service is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Service {
    Custom,
    Slack,
    Discord,
    Ntfy { email: Option<String> },
    Pushover,
}

impl Service {
    /// The request as the service documents it (contract §9).
    fn request(&self, request: RequestBuilder, alert: &Alert, words: &Words) -> RequestBuilder {
        match self {
            Self::Custom => request.json(alert),
            Self::Slack => request.json(&slack(words)),
            Self::Discord => request.json(&json!({ "content": words.text(most::DISCORD) })),
            Self::Ntfy { email } => {
                let mut request = request.header("Title", "Komodo Alert");
                if let Some(email) = email.as_deref().filter(|email| !email.is_empty()) {
                    request = request.header("X-Email", email);
                }
                request.body(words.text(most::NTFY))
            }
            Self::Pushover => {
                let form = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("message", &words.text(most::PUSHOVER))
                    .finish();
                request.header("Content-Type", "application/x-www-form-urlencoded").body(form)
            }
        }
    }
}

fn slack(words: &Words) -> serde_json::Value {
    // What would be a link or a mention is text (Slack: "Escaping text").
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&words.title, most::SLACK_HEADER) },
    })];
    if !words.details.is_empty() {
        let text = cut(&escaped(&words.details), most::SLACK_SECTION);
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } }));
    }
    json!({ "text": escaped(&words.title), "blocks": blocks })
}

fn client(url: &Url) -> Result<Client> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS cannot be set up").cause(error))?;
    // A machine without any certificates still reaches what is in its own network.
    let tls = match url.scheme() {
        "https" => tls
            .with_platform_verifier()
            .map_err(|error| {
                Error::invalid("the trusted certificates of this system cannot be read")
                    .cause(error)
            })
            .context("install ca-certificates")?
            .with_no_client_auth(),
        _ => tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth(),
    };
    Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(concat!("varanus/", env!("CARGO_PKG_VERSION")))
        // Whoever answers from elsewhere would be sent an alert that is not theirs.
        .redirect(reqwest::redirect::Policy::none())
        .timeout(DEADLINE)
        .build()
        .map_err(|error| Error::internal("the HTTP client cannot start").cause(error))
}

/// The last cause says why; what stands before it repeats the address.
fn no_answer(error: reqwest::Error, address: &Address) -> Error {
    let error = error.without_url();
    if error.is_timeout() {
        return Error::deadline(format!("the endpoint did not answer within {DEADLINE:?}"));
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let cause = address.without_secrets(&cause.to_string());
    match error.source() {
        Some(_) => Error::unreachable("the endpoint cannot be reached").cause(cause),
        None => Error::invalid("the request to the endpoint cannot be made").cause(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_gets_a_text_and_blocks_in_which_nothing_is_a_link() {
        let words = Words { title: "a > b".into(), details: "<!channel> & co".into() };
        let sent = slack(&words);
        assert_eq!(sent["text"], "a &gt; b");
        assert_eq!(sent["blocks"][0]["text"], json!({ "type": "plain_text", "text": "a > b" }));
        assert_eq!(sent["blocks"][1]["text"]["text"], "&lt;!channel&gt; &amp; co");
        let short = Words { title: "a".into(), details: String::new() };
        assert_eq!(slack(&short)["blocks"].as_array().map(Vec::len), Some(1));
    }
}
