//! An error as a response: its kind's status and `{error, trace}`.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use varanus_proto::{Error, ErrorBody, Kind};

/// A refusal names what it was given; of what is longer, the beginning (in
/// letters).
const LONGEST: usize = 4000;

/// What a route answers when it fails.
#[derive(Debug)]
pub struct Failure(pub Error);

impl Failure {
    /// The body alone, for statuses that no kind has.
    pub fn json(&self) -> Json<ErrorBody> {
        let mut body = self.0.body();
        for text in std::iter::once(&mut body.error).chain(&mut body.trace) {
            if text.chars().count() > LONGEST {
                *text = text.chars().take(LONGEST).chain(['…']).collect();
            }
        }
        Json(body)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// When to try again, where that is known better than "later".
fn retry_after(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::TooMany => Some("60"),
        Kind::Unavailable => Some("5"),
        _ => None,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if self.0.kind() == Kind::Internal {
            tracing::error!(error = %self.0, "a request failed by a fault of ours");
        }
        let status = StatusCode::from_u16(self.0.kind().status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.json();
        match retry_after(self.0.kind()) {
            Some(seconds) => (status, [(RETRY_AFTER, seconds)], body).into_response(),
            None => (status, body).into_response(),
        }
    }
}
