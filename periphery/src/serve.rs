//! Listening for Cores that dial this agent.
//!
//! TLS with a certificate that the agent makes for itself: who Core is, and
//! whom it reached, is shown by keys after the websocket is open.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::IncomingStream;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use varanus_link::frame::{LIMIT, Login};
use varanus_link::handshake::{Identifiers, Talk, identifiers, unexpected};
use varanus_link::{AxumSocket, Driver, Link, Socket};
use varanus_proto::{Error, Result};

use crate::agent::{Agent, COMPATIBLE_VERSION};
use crate::handle::Requests;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A link, and the driver while no socket uses it.
type Slot = Arc<tokio::sync::Mutex<Driver>>;

struct Served {
    agent: Arc<Agent>,
    links: Mutex<HashMap<String, Slot>>,
}

/// Serves until `stop` fires. `ready` gets the address.
pub async fn serve(
    agent: Arc<Agent>,
    stop: CancellationToken,
    ready: Option<oneshot::Sender<SocketAddr>>,
) -> Result<()> {
    let address = agent.config.listen();
    let tcp = TcpListener::bind(address).await.map_err(|error| {
        Error::invalid(format!("cannot listen on {address} (PERIPHERY_BIND_IP, PERIPHERY_PORT)"))
            .cause(error)
    })?;
    let address = tcp.local_addr().unwrap_or(address);
    let tls = match agent.config.ssl_enabled {
        true => Some(TlsAcceptor::from(Arc::new(tls(&agent)?))),
        false => None,
    };
    tracing::info!(%address, tls = tls.is_some(), "the agent is listening for Core");
    if let Some(ready) = ready {
        let _ = ready.send(address);
    }
    let (sender, streams) = mpsc::channel(64);
    let accepting = tokio::spawn(accept(tcp, tls, sender));
    let served = Arc::new(Served { agent, links: Mutex::default() });
    let router = Router::new()
        .route("/", get(connect))
        .route("/version", get(async || COMPATIBLE_VERSION))
        .with_state(served)
        .into_make_service_with_connect_info::<Peer>();
    let outcome = tokio::select! {
        outcome = axum::serve(Streams { streams, address }, router) => outcome,
        () = stop.cancelled() => Ok(()),
    };
    accepting.abort();
    outcome.map_err(|error| Error::internal("the server ended").cause(error))
}

async fn connect(
    State(served): State<Arc<Served>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !served.agent.config.allows(peer.ip().to_canonical()) {
        tracing::warn!(address = %peer.ip(), "refused a connection: the address is not in allowed_ips");
        return (StatusCode::UNAUTHORIZED, "this address is not in allowed_ips").into_response();
    }
    let query = query.unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let identifiers = match identifiers(header, &query) {
        Ok(identifiers) => identifiers,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let slot = served.slot(&query);
    let Ok(driver) = slot.try_lock_owned() else {
        let text = "a Core of this name is connected already";
        return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    };
    upgrade.max_message_size(LIMIT).max_frame_size(LIMIT).on_upgrade(async move |socket| {
        served.talk(AxumSocket(socket), identifiers, driver).await;
    })
}

impl Served {
    /// One link for each Core, as it names itself in the query.
    fn slot(&self, query: &str) -> Slot {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let requests = Arc::new(Requests(self.agent.clone()));
            let (_, driver) = Link::new(Some(requests), self.agent.timings.clone());
            Arc::new(tokio::sync::Mutex::new(driver))
        };
        // A stranger could name a thousand Cores: those without a socket go.
        if links.len() >= 64 {
            links.retain(|_, slot| slot.try_lock().is_err());
        }
        links.entry(query.to_owned()).or_insert_with(make).clone()
    }

    async fn talk(
        &self,
        mut socket: AxumSocket,
        identifiers: Identifiers,
        mut driver: tokio::sync::OwnedMutexGuard<Driver>,
    ) {
        match self.login(&mut socket, &identifiers).await {
            Ok(()) => {
                tracing::info!(core = %identifiers.query, "Core is connected");
                let error = driver.drive(socket).await;
                tracing::info!(core = %identifiers.query, %error, "Core is gone");
            }
            Err(error) => tracing::warn!(core = %identifiers.query, %error, "a login failed"),
        }
    }

    async fn login<S: Socket>(&self, socket: &mut S, identifiers: &Identifiers) -> Result<()> {
        let agent = &self.agent;
        let mut talk = Talk::new(socket, &agent.timings);
        let passkeys = agent.config.passkeys.as_deref().unwrap_or_default();
        let by_passkey = !passkeys.is_empty() && agent.config.core_public_keys.is_none();
        talk.send(Login::PasskeyFlow(by_passkey)).await?;
        if !by_passkey {
            talk.serve(identifiers, &agent.key(), async |key| agent.trust.check(key)).await?;
            return Ok(());
        }
        let Login::Passkey(given) = talk.receive().await? else { return Err(unexpected()) };
        let known = passkeys.iter().fold(false, |known, passkey| {
            known | bool::from(passkey.expose().as_bytes().ct_eq(&given))
        });
        match known {
            true => talk.send(Login::Success).await,
            false => {
                let error = Error::unauthorized("the agent does not know this passkey");
                talk.refuse(&error).await;
                Err(error)
            }
        }
    }
}

/// Takes connections, each TLS handshake in a task of its own: a slow one holds
/// up nobody.
async fn accept(
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    streams: mpsc::Sender<(Io, SocketAddr)>,
) {
    loop {
        let (stream, peer) = match tcp.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others end meanwhile.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (tls, streams) = (tls.clone(), streams.clone());
        tokio::spawn(async move {
            let io = match tls {
                None => Io(Box::new(stream)),
                Some(tls) => match timeout(HANDSHAKE, handshake(tls, stream)).await {
                    Ok(Ok(io)) => io,
                    Ok(Err(error)) => return tracing::debug!(%peer, %error, "no TLS handshake"),
                    Err(_) => return tracing::debug!(%peer, "a TLS handshake took too long"),
                },
            };
            let _ = streams.send((io, peer)).await;
        });
    }
}

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> io::Result<Io> {
    Ok(Io(Box::new(tls.accept(stream).await?)))
}

/// The certificate of this agent, made when it is not there.
fn tls(agent: &Agent) -> Result<ServerConfig> {
    let (key, certificate) = (agent.config.tls_key(), agent.config.tls_certificate());
    if !key.exists() && !certificate.exists() {
        make_certificate(&key, &certificate)?;
    }
    let unreadable = |path: &Path| {
        let text = format!("{} cannot be read as PEM", path.display());
        move |error: rustls::pki_types::pem::Error| Error::invalid(text).cause(error)
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(unreadable(&certificate))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(unreadable(&key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error| Error::invalid("the TLS key and certificate do not fit").cause(error);
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(wrong)
}

fn make_certificate(key: &Path, certificate: &Path) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = rcgen::generate_simple_self_signed(["periphery".to_owned()])
        .map_err(|error| Error::internal("no certificate can be made").cause(error))?;
    let write = |path: &Path, text: String, mode: u32| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes())
    };
    let failed = |error: io::Error| {
        Error::invalid(format!("the certificate {} cannot be written", certificate.display()))
            .cause(error)
    };
    write(key, made.signing_key.serialize_pem(), 0o600).map_err(failed)?;
    write(certificate, made.cert.pem(), 0o644).map_err(failed)
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Streams>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Streams>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// The connections that are ready.
struct Streams {
    streams: mpsc::Receiver<(Io, SocketAddr)>,
    address: SocketAddr,
}

impl axum::serve::Listener for Streams {
    type Io = Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Io, SocketAddr) {
        match self.streams.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection, with TLS or without.
struct Io(Box<dyn Stream>);

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
