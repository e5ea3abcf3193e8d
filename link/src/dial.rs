//! Opening a websocket to the other side.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;
use varanus_proto::{Error, Result};

use crate::frame;
use crate::gate::{Gate, Gated};
use crate::handshake::Identifiers;
use crate::socket::{READ_BUFFER, TungsteniteSocket};
use crate::timings::Timings;

/// A stream of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// An open websocket, and what its handshake is tied to.
pub struct Dialed {
    /// The websocket, not logged in.
    pub socket: TungsteniteSocket<Box<dyn Stream>>,
    /// What both sides see of it.
    pub identifiers: Identifiers,
}

/// Whether certificates are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Against the roots of the web.
    Checked,
    /// Not at all: the handshake's keys show who it is (agents make their own
    /// certificates).
    Unchecked,
}

/// Brings an address into the form of a websocket's: `http` → `ws`, `https` →
/// `wss`, a bare IP address → `ws`, a bare name → `wss` (Komodo 2.3).
pub fn address(text: &str) -> Result<Url> {
    let text = text.trim().trim_end_matches('/');
    let wrong = || {
        Error::invalid(format!(
            "{text:?} is no address: use https://HOST:PORT, wss://HOST:PORT or HOST:PORT"
        ))
    };
    let with_scheme = match text.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        Some(("ws" | "wss", _)) => text.to_owned(),
        Some(_) => return Err(wrong()),
        None => {
            let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
            let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
                || text.parse::<std::net::IpAddr>().is_ok();
            format!("{}://{text}", if ip { "ws" } else { "wss" })
        }
    };
    let url = Url::parse(&with_scheme).map_err(|error| wrong().cause(error))?;
    match url.has_host() {
        true => Ok(url),
        false => Err(wrong()),
    }
}

/// Opens a websocket at a URL of [`address`], with a path and a query.
pub async fn dial(url: &Url, tls: Tls, timings: &Timings) -> Result<Dialed> {
    match timeout(timings.dial, open(url, tls)).await {
        Ok(dialed) => dialed,
        Err(_) => Err(Error::unreachable(format!(
            "{} did not answer within {} s",
            place(url),
            timings.dial.as_secs()
        ))),
    }
}

fn place(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    }
}

async fn open(url: &Url, tls: Tls) -> Result<Dialed> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    let failed = |what: &str| {
        let text = format!("{what} {}", place(url));
        move |error: &dyn std::fmt::Display| Error::unreachable(text.clone()).cause(error)
    };
    let name = host.trim_matches(['[', ']']).to_owned();
    let tcp = TcpStream::connect((name.as_str(), port))
        .await
        .map_err(|error| failed("cannot connect to")(&error))?;
    let _ = tcp.set_nodelay(true);
    let stream: Box<dyn Stream> = match url.scheme() {
        "wss" => {
            let server =
                ServerName::try_from(name).map_err(|error| failed("no TLS name for")(&error))?;
            let connector = TlsConnector::from(Arc::new(client_config(tls)?));
            let stream = connector
                .connect(server, tcp)
                .await
                .map_err(|error| failed("no TLS connection to")(&error))?;
            Box::new(stream)
        }
        _ => Box::new(tcp),
    };
    let request = url
        .as_str()
        .into_client_request()
        .map_err(|error| failed("no websocket request for")(&error))?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(frame::LIMIT))
        .max_frame_size(Some(frame::LIMIT));
    let gate = Gate::narrow();
    let stream = Gated::new(stream, gate.clone());
    let (socket, response) =
        tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await.map_err(
            |error| match &error {
                tokio_tungstenite::tungstenite::Error::Http(response) => {
                    let body = response.body().as_deref().unwrap_or_default();
                    let body: String = String::from_utf8_lossy(body).chars().take(300).collect();
                    Error::unreachable(format!(
                        "{} answered {} to the websocket request: {body}",
                        place(url),
                        response.status()
                    ))
                }
                error => failed("no websocket at")(error),
            },
        )?;
    let accept = response.headers().get("sec-websocket-accept");
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let query = url.query().unwrap_or_default().to_owned();
    let identifiers = Identifiers { host: place(url), query, accept };
    Ok(Dialed { socket: TungsteniteSocket::new(socket, gate), identifiers })
}

fn client_config(tls: Tls) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal("TLS cannot be set up").cause(error))?;
    Ok(match tls {
        Tls::Unchecked => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Unchecked(provider)))
            .with_no_client_auth(),
        Tls::Checked => {
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

/// Takes any certificate; signatures are still checked.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_websocket_addresses() {
        for (given, wanted) in [
            ("http://a:1", "ws://a:1/"),
            ("https://a", "wss://a/"),
            ("wss://a/", "wss://a/"),
            ("10.0.0.1:8120", "ws://10.0.0.1:8120/"),
            ("10.0.0.1", "ws://10.0.0.1/"),
            ("[::1]:8120", "ws://[::1]:8120/"),
            ("periphery:8120", "wss://periphery:8120/"),
            ("core.example.com", "wss://core.example.com/"),
        ] {
            assert_eq!(address(given).unwrap().as_str(), wanted, "{given}");
        }
        assert!(address("ftp://a").is_err());
        assert!(address("").is_err());
    }
}
