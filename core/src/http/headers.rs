//! Headers of every response: security, and who else's pages may read it.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::Server;
use crate::config::CoreConfig;

/// Adds the configured security headers; an empty one is left out.
pub async fn add(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let config = &server.core.config;
    let wanted = [
        ("x-content-type-options", &config.x_content_type_options),
        ("x-frame-options", &config.x_frame_options),
        ("x-xss-protection", &config.x_xss_protection),
        ("referrer-policy", &config.referrer_policy),
        ("content-security-policy", &config.content_security_policy),
    ];
    for (name, value) in wanted {
        if let Ok(value) = HeaderValue::from_str(value)
            && !value.is_empty()
        {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Other origins only where they are configured.
pub fn cors(config: &CoreConfig) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(config.cors_allow_credentials);
    let origins = &config.cors_allowed_origins;
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(AllowOrigin::mirror_request());
    }
    layer.allow_origin(AllowOrigin::list(
        origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()),
    ))
}
