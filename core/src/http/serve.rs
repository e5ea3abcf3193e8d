//! Listening, and ending in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use varanus_link::Patience;
use varanus_link::listen::{self, tls_of};
use varanus_proto::Result;

use crate::Core;

/// How long open requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Answers requests on a listener until `stop` fires.
pub async fn serve(core: Arc<Core>, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    serve_patiently(core, listener, Patience::default(), stop).await
}

async fn serve_patiently(
    core: Arc<Core>,
    listener: TcpListener,
    patience: Patience,
    stop: CancellationToken,
) -> Result<()> {
    let config = &core.config;
    let tls = match config.ssl_enabled {
        true => Some(tls_of(&config.ssl_key_file, &config.ssl_cert_file, &host_of(&config.host))?),
        false => None,
    };
    let overdue = async {
        stop.cancelled().await;
        // Websockets end only when they are told to; nobody waits for them.
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = listen::serve(listener, tls, super::router(core), patience, stop.clone()) => {}
        () = overdue => {}
    }
    Ok(())
}

fn host_of(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "localhost".into())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::{Duration, timeout};

    use super::*;
    use crate::testing::Tester;

    #[tokio::test]
    async fn whoever_does_not_finish_the_headers_is_hung_up_on() {
        let tester = Tester::new().await;
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        let short = Duration::from_millis(200);
        let patience = Patience { first: short, idle: short, ..Patience::default() };
        let stop = CancellationToken::new();
        let serving = serve_patiently(tester.core.clone(), tcp, patience, stop.clone());
        let serving = tokio::spawn(serving);
        let whole = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";
        for sent in ["", "GET /version HTTP/1.1\r\nHost: a\r\nX-", whole] {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(sent.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let end = timeout(Duration::from_secs(30), client.read_to_string(&mut answer)).await;
            end.expect("the connection is closed").unwrap();
            assert_eq!(answer.starts_with("HTTP/1.1 200"), sent == whole, "{sent:?}: {answer}");
        }
        stop.cancel();
        timeout(Duration::from_secs(30), serving).await.expect("it ends").unwrap().unwrap();
    }
}
