//! Listening with TLS or without, for servers of axum.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use varanus_proto::{Error, Result};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

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
            Err(_) => {
                // Out of file descriptors, most likely: others end meanwhile.
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
                    // A port scan, most likely: nobody is told.
                    Ok(Err(_)) | Err(_) => return,
                },
            };
            let _ = streams.send((io, peer)).await;
        });
    }
}

async fn handshake(tls: TlsAcceptor, stream: TcpStream) -> io::Result<Io> {
    Ok(Io(Box::new(tls.accept(stream).await?)))
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Takes connections for a server of axum.
pub struct Listener {
    streams: mpsc::Receiver<(Io, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listener {
    /// With TLS or without.
    pub fn new(tcp: TcpListener, tls: Option<ServerConfig>) -> Result<Self> {
        let address = tcp
            .local_addr()
            .map_err(|error| Error::internal("a listener has no address").cause(error))?;
        let (sender, streams) = mpsc::channel(64);
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        Ok(Self { streams, address, accepting: tokio::spawn(accept(tcp, tls, sender)) })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for Listener {
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
pub struct Io(Box<dyn Stream>);

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
