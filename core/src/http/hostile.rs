//! Requests that no client sends, over a real connection.

mod requests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::Core;
use crate::store::{Change, Collection};
use crate::testing::slow::{self, Fate};
use crate::testing::{self, Tester};

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    _directory: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Served {
    async fn new() -> Self {
        Self::of(testing::core().await).await
    }

    async fn of((_directory, core): (tempfile::TempDir, Arc<Core>)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        tokio::spawn(super::serve(core, listener, stop.clone()));
        Self { address, stop, _directory }
    }

    /// The status of what is answered, and how many bytes; 0 when the
    /// connection is ended without an answer.
    async fn send(&self, request: &[u8]) -> (u16, usize) {
        self.exchange(request, false).await
    }

    /// The same; `ends` says that nothing more comes, however it begins.
    async fn exchange(&self, request: &[u8], ends: bool) -> (u16, usize) {
        let exchange = async {
            let stream = TcpStream::connect(self.address).await.unwrap();
            let (mut from, mut to) = stream.into_split();
            let write = async {
                // The server may hang up before it has heard all.
                let _ = to.write_all(request).await;
                if ends {
                    let _ = to.shutdown().await;
                }
            };
            let mut answer = Vec::new();
            let (_, _) = tokio::join!(write, from.read_to_end(&mut answer));
            let head = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
            let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
            (status.unwrap_or_default(), answer.len())
        };
        tokio::time::timeout(Duration::from_secs(60), exchange).await.unwrap()
    }

    async fn post(&self, path: &str, headers: &str, body: &[u8]) -> (u16, usize) {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request).await
    }

    async fn lives(&self) {
        let get = b"GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        assert_eq!(self.send(get).await.0, 200);
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn sizes_have_limits() {
    let served = Served::new().await;
    let more_than = |megabytes: usize| vec![b' '; (megabytes << 20) + 1];
    assert_eq!(served.post("/read/GetVersion", JSON, &more_than(32)).await.0, 413);
    assert_eq!(served.post("/auth/login", JSON, &more_than(32)).await.0, 413);
    let hook = "/listener/github/stack/x/deploy";
    assert_eq!(served.post(hook, "", &more_than(25)).await.0, 413);
    // A body that only says that it is huge, and one that never says its size.
    let huge = b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n";
    assert!(matches!(served.exchange(huge, true).await.0, 0 | 400 | 413));
    let many: String = (0..2000).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert!(matches!(served.post("/read", &many, b"").await.0, 0 | 400 | 431));
    let long = format!("X-Api-Key: {}\r\n", "k".repeat(2 << 20));
    assert!(matches!(served.post("/read", &long, b"").await.0, 0 | 400 | 431));
    let path = format!("/listener/github/stack/{}/deploy", "i".repeat(1 << 20));
    assert!(matches!(served.post(&path, "", b"").await.0, 0 | 400 | 414 | 431));
    served.lives().await;
}

#[tokio::test]
async fn a_change_is_made_in_whole_when_its_sender_hangs_up() {
    let server = |changes: &[Change]| {
        let is = |change: &Change| matches!(change, Change::Insert(Collection::Server, _));
        changes.iter().any(is)
    };
    let ((directory, core), met) = slow::core(server, Fate::HeldUp).await;
    let tester = Tester::of((directory, core.clone()));
    let admin = tester.admin("admin").await;
    let jwt = core.auth.sessions.issue(admin.id()).unwrap();
    let served = Served::of((tempfile::tempdir().unwrap(), core)).await;
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", host.local_addr().unwrap());
    let body =
        format!("{{\"name\": \"s\", \"config\": {{\"enabled\": true, \"address\": {address:?}}}}}");
    let request = format!(
        "POST /write/CreateServer HTTP/1.1\r\nHost: x\r\nAuthorization: {jwt}\r\n\
         {JSON}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut sender = TcpStream::connect(served.address).await.unwrap();
    sender.write_all(request.as_bytes()).await.unwrap();
    met.one().await;
    drop(sender);
    // What follows from the change: the new server is dialed.
    let dialed = tokio::time::timeout(Duration::from_secs(30), host.accept()).await;
    assert!(dialed.is_ok(), "the server is stored, and nobody dials it");
}

#[tokio::test]
async fn addresses_that_lead_elsewhere_lead_nowhere() {
    let served = Served::new().await;
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/docs/../../etc/passwd",
        "/read/../write/x",
        "/read/%00",
        "/read/GetVersion%0d%0aX: y",
        "/listener/github/stack/..%2f..%2fetc/deploy",
        "/listener/github/%ff/%fe/%fd",
        "/listener/github/stack/%00/deploy",
        "/listener/github//x/y",
        "/listener/gitlab/stack/x/a/b/c/../../d",
        "/openapi.json/..",
        "//",
        "/ws/periphery/..",
        "/%",
    ] {
        for method in ["GET", "POST"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            );
            let (status, size) = served.send(request.as_bytes()).await;
            // Files of the user interface are the same whatever the path.
            assert!(
                matches!(status, 400..=499) || (method == "GET" && status == 200),
                "{method} {path}: {status}"
            );
            assert!(status == 200 || size < 4096, "{method} {path}: {size} bytes");
        }
    }
    served.lives().await;
}

#[tokio::test]
async fn json_that_is_none_or_too_deep_is_refused() {
    let served = Served::new().await;
    let deep = b"{\"params\":".repeat(100_000);
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"\"x\"",
        &deep,
        &b"[".repeat(1 << 20),
        b"{\"type\":\"GetVersion\",\"params\":3}",
    ];
    for body in bodies {
        for path in
            ["/read", "/write", "/execute", "/auth/login", "/auth/manage", "/read/GetVersion"]
        {
            let (status, size) = served.post(path, JSON, body).await;
            assert!(matches!(status, 400..=499), "{path}: {status}");
            assert!(size < 4096, "{path}: {size} bytes");
        }
    }
    served.lives().await;
}

#[tokio::test]
async fn any_bytes_are_answered_or_hung_up_on() {
    let served = Served::new().await;
    let head = "(GET|POST|PRI|\\PC{0,4}) /(read|ws/update|ws/periphery|listener/github/a/b|user|\\PC{0,9}) HTTP/(1.1|1.0|2.0|9)\r\n";
    let header = "(Host|Content-Length|Transfer-Encoding|Upgrade|Connection|Sec-WebSocket-Key|Authorization|X-Forwarded-For|X-Api-Key|[a-z]{1,4}): ?(x|-1|0|99999999999999999999|chunked|websocket|close|Bearer |\\PC{0,8})\r\n";
    let body = proptest::collection::vec(proptest::num::u8::ANY, 0..40);
    let request =
        (head, proptest::collection::vec(header, 0..6), body).prop_map(|(head, headers, body)| {
            let mut bytes = format!("{head}{}\r\n", headers.concat()).into_bytes();
            bytes.extend(body);
            bytes
        });
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..proptest::test_runner::Config::default().cases.min(2000) {
        let bytes = request.new_tree(&mut runner).unwrap().current();
        let (status, size) = served.exchange(&bytes, true).await;
        assert!(status < 500, "{status} to {:?}", String::from_utf8_lossy(&bytes));
        assert!(
            status == 200 || size < 4096,
            "{size} bytes to {:?}",
            String::from_utf8_lossy(&bytes)
        );
    }
    served.lives().await;
}
