//! The only room that knows axum: routes, callers, errors as responses,
//! websockets, the API's description.
//!
//! It parses, finds out who is calling, calls one function of a capability's
//! room, and answers. It must not know what any request does.

mod address;
mod api;
#[cfg(test)]
mod authorisation_tests;
pub mod client;
mod docs;
mod failure;
mod headers;
#[cfg(test)]
mod hostile;
mod listener;
#[cfg(test)]
mod openapi;
mod periphery;
mod requests;
mod serve;
mod updates;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use varanus_proto::Error;

pub use address::Address;
pub use api::{Api, Call, all};
pub use failure::Failure;
pub use serve::serve;

use crate::Core;

/// What every route may use.
#[derive(Clone)]
pub struct Server {
    /// The server's rooms.
    pub core: Arc<Core>,
    /// Every request there is.
    pub api: Arc<Api>,
    /// Memory for the bodies of webhooks.
    pub bodies: listener::Bodies,
}

/// All routes.
pub fn router(core: Arc<Core>) -> Router {
    let limit = core.config.request_body_limit.bytes();
    let bodies = listener::Bodies::new(core.config.webhook_body_limit.bytes());
    let server = Server { api: Arc::new(api::all()), bodies, core };
    Router::new()
        .merge(requests::routes())
        .merge(listener::routes())
        .merge(docs::routes())
        .merge(client::routes())
        .route("/version", get(async || crate::COMPATIBLE_VERSION))
        .route("/auth/version", get(async || env!("CARGO_PKG_VERSION")))
        .route("/user", get(requests::user))
        .route("/ws/periphery", get(periphery::upgrade))
        .route("/ws/update", get(updates::upgrade))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(limit))
        .layer(axum::middleware::from_fn_with_state(server.clone(), headers::add))
        .layer(headers::cors(&server.core.config))
        .with_state(server)
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    Failure(Error::not_found(format!("there is nothing at {path}; /docs lists the requests")))
        .into_response()
}

async fn wrong_method(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let error = Error::invalid(format!("{path} does not answer {method}"));
    (axum::http::StatusCode::METHOD_NOT_ALLOWED, Failure(error).json()).into_response()
}

/// Kept apart so that rooms can add routes that need the state.
pub type Routes = Router<Server>;
