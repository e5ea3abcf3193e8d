//! The only room that knows axum: routes, callers, errors as responses.

mod api;

pub use api::{Api, Call, all};
