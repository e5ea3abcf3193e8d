//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use varanus_link::listen::Peer;
use varanus_proto::{Error, Result};

use super::Failure;

/// The client's address: the first of `X-Forwarded-For`, `X-Real-IP`, the
/// socket's (Komodo 2.3 API).
#[derive(Debug, Clone, Copy)]
pub struct Address(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let socket = parts.extensions.get::<ConnectInfo<Peer>>();
        let socket = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.0.ip());
        Ok(Self(of(&parts.headers)?.unwrap_or(socket).to_canonical()))
    }
}

fn of(headers: &HeaderMap) -> Result<Option<IpAddr>> {
    for name in ["x-forwarded-for", "x-real-ip"] {
        let Some(value) = headers.get(name) else { continue };
        let first = value.to_str().unwrap_or_default().split(',').next().unwrap_or_default().trim();
        return match first.parse() {
            Ok(address) => Ok(Some(address)),
            Err(_) => Err(Error::unauthorized(format!(
                "the header {name} does not begin with an IP address; check the reverse proxy"
            ))),
        };
    }
    Ok(None)
}
