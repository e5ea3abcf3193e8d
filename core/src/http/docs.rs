//! The API's description, for programs and for people.

use axum::http::header;
use axum::response::Html;
use axum::routing::get;

use super::Routes;

/// Generated from the requests' types; a test keeps it true.
const OPENAPI: &[u8] = include_bytes!("../../../docs/openapi.json");

const PAGE: &str = include_str!("docs.html");

const HOME: &str = include_str!("home.html");

/// `/openapi.json`, `/docs` and the page at `/`.
pub fn routes() -> Routes {
    Routes::new()
        .route(
            "/openapi.json",
            get(async || ([(header::CONTENT_TYPE, "application/json")], OPENAPI)),
        )
        .route("/docs", get(async || Html(PAGE)))
        .route("/", get(async || Html(HOME)))
}
