//! TLS by rustls, with the certificates that the system trusts: a Core behind
//! a private authority works once that authority is installed on this machine.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use varanus_proto::{Error, Result};

/// The settings for one address. Without `https` nothing is looked up: a
/// machine without any certificates still reaches a Core in its own network.
pub(crate) fn config(host: &str) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS cannot be set up").cause(error))?;
    if !host.starts_with("https://") {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let builder = builder.with_platform_verifier().map_err(|error| {
        Error::invalid(
            "the trusted certificates of this system cannot be read; install ca-certificates",
        )
        .cause(error)
    })?;
    Ok(builder.with_no_client_auth())
}
