//! Listening with TLS or without, for servers of axum: HTTP/1.1, with a deadline
//! for each wait on a client.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use varanus_proto::{Error, Result};

use crate::gate::{Gate, Gated};
use crate::timings::Patience;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The most headers of a request.
const MOST_HEADERS: usize = 100;

/// The most bytes of a request before its body.
const LONGEST_HEAD: usize = 64 * 1024;

/// TLS with a key and a certificate from files (PEM). Where both are missing
/// they are made: signed by themselves, for a name.
pub fn tls_of(key: &Path, certificate: &Path, name: &str) -> Result<ServerConfig> {
    if !key.exists() && !certificate.exists() {
        make_certificate(key, certificate, name)?;
    }
    let unreadable = |path: &Path| {
        let text = format!("{} cannot be read as PEM", path.display());
        move |error: rustls::pki_types::pem::Error| Error::invalid(text).cause(error)
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(unreadable(certificate))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |error| Error::invalid("the TLS key and certificate do not fit").cause(error);
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(wrong)
}

fn make_certificate(key: &Path, certificate: &Path, name: &str) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = rcgen::generate_simple_self_signed([name.to_owned()])
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

/// Where a connection comes from; requests have it as their `ConnectInfo`, and the
/// [`Gate`] of their connection beside it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Answers requests until `stop` fires; then ends when those that are open have
/// ended.
pub async fn serve(
    tcp: TcpListener,
    tls: Option<ServerConfig>,
    router: Router,
    patience: Patience,
    stop: CancellationToken,
) {
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let router = TowerToHyperService::new(router);
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, most likely: others end meanwhile.
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (tls, router) = (tls.clone(), router.clone());
        let (patience, stop) = (patience.clone(), stop.clone());
        // Each in a task of its own, TLS too: a slow one holds up nobody.
        connections.spawn(async move {
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(stream),
                Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
                    Ok(Ok(stream)) => Box::new(stream),
                    // A port scan, most likely: nobody is told.
                    Ok(Err(_)) | Err(_) => return,
                },
            };
            converse(stream, Peer(peer), router, &patience, &stop).await;
        });
    }
    drop(tcp);
    connections.close();
    connections.wait().await;
}

/// One connection, until it becomes a websocket or ends.
async fn converse(
    stream: Box<dyn Stream>,
    peer: Peer,
    router: TowerToHyperService<Router>,
    patience: &Patience,
    stop: &CancellationToken,
) {
    let gate = Gate::wide();
    let stream = Gated::new(stream, gate.clone()).patient(patience.taking);
    let begun = Arc::new(AtomicBool::new(false));
    let noted = begun.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        noted.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(gate.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.idle)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let first = sleep(patience.first);
    let mut first = pin!(first);
    let (mut stopping, mut late) = (false, false);
    loop {
        tokio::select! {
            // What went wrong is the client's business.
            _ = &mut connection => return,
            () = &mut first, if !late => late = true,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
        if (late || stopping) && !begun.load(Ordering::Relaxed) {
            return;
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
