//! Webhooks over HTTP: the body as it came, whatever it says it is.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use varanus_proto::Error;

use super::{Address, Failure, Routes, Server};
use crate::core::fault;
use crate::hook::{self, Incoming, Provider};

/// How long a sender may take for its body.
const DEADLINE: Duration = Duration::from_secs(60);

/// How long a body waits for memory.
const MEMORY: Duration = Duration::from_secs(10);

/// So many of the largest bodies are in memory at one time; of usual ones, which
/// are a thousandth of that, thousands.
const LARGEST: usize = 4;

/// Memory for the bodies of webhooks: anybody may send them, so there is a bound.
/// In KiB.
#[derive(Clone)]
pub struct Bodies {
    free: Arc<Semaphore>,
    most: usize,
}

impl Bodies {
    /// For bodies of so many bytes at most.
    pub fn new(limit: usize) -> Self {
        let most = (limit / 1024 + 1).min(u32::MAX as usize / LARGEST);
        Self { free: Arc::new(Semaphore::new(most * LARGEST)), most }
    }

    /// Memory for a body, which is as long as its sender says or as it may be.
    async fn take(&self, length: Option<usize>) -> Result<OwnedSemaphorePermit, Error> {
        let size = length.map_or(self.most, |length| (length / 1024 + 1).min(self.most));
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        match timeout(MEMORY, self.free.clone().acquire_many_owned(size)).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::unavailable(
                "too many webhooks are being received at one time; send it again in a minute",
            )),
        }
    }
}

/// `POST /listener/{provider}/{kind}/{id}` and what may follow it. A branch may
/// have slashes.
pub fn routes() -> Routes {
    Routes::new()
        .route(
            "/listener/{provider}/{kind}/{id}",
            post(async move |State(server), address, Path((provider, kind, id)), request| {
                answer(server, address, [provider, kind, id, String::new()], request).await
            }),
        )
        .route(
            "/listener/{provider}/{kind}/{id}/{*option}",
            post(
                async move |State(server), address, Path((provider, kind, id, option)), request| {
                    answer(server, address, [provider, kind, id, option], request).await
                },
            ),
        )
}

async fn answer(
    server: Server,
    address: Address,
    [provider, kind, resource, option]: [String; 4],
    request: Request,
) -> Response {
    let fail = |status: StatusCode, text: String| {
        (status, Failure(Error::invalid(text)).json()).into_response()
    };
    if let Err(error) = server.core.auth.general.check(address.0) {
        return Failure(error).into_response();
    }
    let Some(provider) = Provider::find(&provider) else {
        let text = format!(
            "{provider:?} is no kind of git host; use github (also for Gitea and Forgejo) or gitlab"
        );
        return fail(StatusCode::BAD_REQUEST, text);
    };
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect();
    let limit = server.core.config.webhook_body_limit.bytes();
    let length = request.headers().get(CONTENT_LENGTH).and_then(|text| text.to_str().ok());
    let _memory = match server.bodies.take(length.and_then(|text| text.parse().ok())).await {
        Ok(memory) => memory,
        Err(error) => return Failure(error).into_response(),
    };
    let body = match timeout(DEADLINE, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(body)) => body.to_vec(),
        Ok(Err(_)) => {
            let text = format!("the body broke off, or is larger than {limit} bytes");
            return fail(StatusCode::PAYLOAD_TOO_LARGE, text);
        }
        Err(_) => return fail(StatusCode::REQUEST_TIMEOUT, "the body did not come in time".into()),
    };
    let incoming = Incoming { provider, kind, resource, option, headers, body, address: address.0 };
    // Goes on when the sender hangs up: what is accepted is recorded.
    let core = server.core.clone();
    match tokio::spawn(async move { hook::receive(&core, incoming).await }).await {
        Ok(answer) => {
            let status =
                StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(answer.body)).into_response()
        }
        Err(panic) => Failure(fault(panic)).into_response(),
    }
}
