//! Requests to Core: `POST /{group}` with `{"type", "params"}` (Komodo 2.3 API).

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use rustls::ClientConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use varanus_proto::request::{ApiRequest, Group, Tagged};
use varanus_proto::{Error, ErrorBody, JsonValue, Kind, Result, Secret};

use crate::tls;

/// Longest wait for one answer, unless [`Client::with_deadline`] says another.
const DEADLINE: Duration = Duration::from_secs(30);

/// Who is calling.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An API key, `K_…_K` with its secret `S_…_S`.
    ApiKey {
        /// The key.
        key: String,
        /// Its secret.
        secret: Secret,
    },
    /// The token of a login.
    Jwt(Secret),
    /// Nobody: only logins and the version may be asked.
    Nobody,
}

/// A connection to one Core, cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    pub(crate) host: String,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) deadline: Duration,
}

impl Client {
    /// A client of the Core at an address as `https://core.example.com`, with a
    /// path before the API's if there is one.
    ///
    /// Nothing is sent yet. The address is refused when it is not of `http` or
    /// `https`, the credentials when they cannot stand in a header.
    pub fn new(host: &str, credentials: Credentials) -> Result<Self> {
        let host = host.trim().trim_end_matches('/').to_owned();
        if !["http://", "https://"].iter().any(|scheme| host.starts_with(scheme)) {
            return Err(Error::invalid(format!(
                "{host:?} is no address of Core: it starts with http:// or https://"
            )));
        }
        let tls = tls::config(&host)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .user_agent(concat!("varanus-client/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(&credentials)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| Error::internal("the HTTP client cannot start").cause(error))?;
        let (credentials, tls) = (Arc::new(credentials), Arc::new(tls));
        Ok(Self { http, host, credentials, tls, deadline: DEADLINE })
    }

    /// Another longest wait for one answer.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The address, without a slash at its end.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Sends a request and waits for its answer.
    ///
    /// An error of Core keeps its message and causes; its kind comes from the
    /// status. `Unreachable` and `Deadline` mean that no answer came.
    pub async fn request<R: ApiRequest>(&self, request: R) -> Result<R::Response> {
        self.send(R::GROUP, R::NAME, &request).await
    }

    /// The same for a request that is known by its name only.
    pub async fn call(&self, group: Group, name: &str, params: &JsonValue) -> Result<JsonValue> {
        self.send(group, name, params).await
    }

    async fn send<P: Serialize, A: DeserializeOwned>(
        &self,
        group: Group,
        name: &str,
        params: &P,
    ) -> Result<A> {
        let url = format!("{}/{group}", self.host);
        let tagged = Tagged { r#type: name.to_owned(), params };
        let response = self
            .http
            .post(&url)
            .timeout(self.deadline)
            .json(&tagged)
            .send()
            .await
            .map_err(|error| self.no_answer(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| self.no_answer(&error))?;
        if !status.is_success() {
            return Err(refusal(name, status.as_u16(), &body));
        }
        let mut json = serde_json::Deserializer::from_slice(&body);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let text = format!(
                "{} answered {name} in a shape that is not known; is it a Core?",
                self.host
            );
            Error::internal(text).cause(error)
        })
    }

    fn no_answer(&self, error: &reqwest::Error) -> Error {
        let host = &self.host;
        let said = if error.is_timeout() && !error.is_connect() {
            Error::deadline(format!("{host} did not answer within {:?}", self.deadline))
        } else {
            Error::unreachable(format!("{host} cannot be reached"))
        };
        // The outermost text of reqwest repeats the address, the last cause says why.
        let mut cause = error.source();
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        match cause {
            Some(cause) => said.cause(cause),
            None => said,
        }
    }
}

fn headers(credentials: &Credentials) -> Result<HeaderMap> {
    let value = |what: &str, text: &str| -> Result<HeaderValue> {
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            Error::invalid(format!("the {what} has characters that no {what} has; copy it again"))
        })?;
        value.set_sensitive(true);
        Ok(value)
    };
    let mut headers = HeaderMap::new();
    match credentials {
        Credentials::ApiKey { key, secret } => {
            headers.insert("x-api-key", value("API key", key)?);
            headers.insert("x-api-secret", value("API secret", secret.expose())?);
        }
        Credentials::Jwt(token) => {
            headers.insert(AUTHORIZATION, value("token", token.expose())?);
        }
        Credentials::Nobody => {}
    }
    Ok(headers)
}

/// The error that a body stands for, of the kind that its status says. Core
/// of Komodo says 500 for most; the message is all there is then.
fn refusal(name: &str, status: u16, body: &[u8]) -> Error {
    let kind = match status {
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        429 => Kind::TooMany,
        400..=499 => Kind::Invalid,
        502 => Kind::Unreachable,
        503 => Kind::Unavailable,
        504 => Kind::Deadline,
        _ => Kind::Failed,
    };
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(body) => body.into_error(kind),
        Err(_) => {
            let text: String = String::from_utf8_lossy(body).chars().take(300).collect();
            let error = Error::new(kind, format!("{name} was answered with status {status}"));
            if text.trim().is_empty() { error } else { error.cause(text.trim()) }
        }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
