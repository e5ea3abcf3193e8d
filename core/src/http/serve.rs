//! Listening, and ending in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use varanus_link::listen::{Listener, Peer, tls_of};
use varanus_proto::{Error, Result};

use crate::Core;

/// How long open requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests on a listener until `stop` fires.
pub async fn serve(core: Arc<Core>, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let config = &core.config;
    let tls = match config.ssl_enabled {
        true => Some(tls_of(&config.ssl_key_file, &config.ssl_cert_file, &host_of(&config.host))?),
        false => None,
    };
    let listener = Listener::new(listener, tls)?;
    let service = super::router(core).into_make_service_with_connect_info::<Peer>();
    let closing = stop.clone();
    let server = axum::serve(listener, service)
        .with_graceful_shutdown(async move { closing.cancelled().await });
    let overdue = async {
        stop.cancelled().await;
        // Websockets end only when they are told to; nobody waits for them.
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = server => served.map_err(|error| Error::internal("the server ended").cause(error)),
        () = overdue => Ok(()),
    }
}

fn host_of(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "localhost".into())
}
