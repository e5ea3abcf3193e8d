//! Listening, and ending in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use varanus_proto::{Error, Result};

use crate::Core;

/// How long open requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests on a listener until `stop` fires.
pub async fn serve(core: Arc<Core>, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    let service = super::router(core).into_make_service_with_connect_info::<SocketAddr>();
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
