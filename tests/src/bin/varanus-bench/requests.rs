//! Requests a second with an API key.
//!
//! Requests are made by eight connections that write a fixed request and read
//! its answer, so that the client costs as little as it can: it shares the
//! machine with Core.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use varanus_tests::{Core, CoreOptions};

use crate::figure;

const CONNECTIONS: usize = 8;
const STACKS: usize = 300;
const MEASURED: Duration = Duration::from_secs(5);

/// Core alone: cold start, and how many requests it answers.
pub async fn measure() {
    let begun = Instant::now();
    let core = Core::start(CoreOptions::quiet()).await;
    let cold = begun.elapsed();
    figure("cold start of Core to its first login", cold.as_millis() as f64, "ms");
    figure("memory of Core at rest", core.process().memory(), "MB");
    let api = &core.admin;
    let made = api.call("auth/manage", "CreateApiKey", json!({ "name": "bench", "expires": 0 }));
    let made = made.await.expect("a key");
    for index in 0..STACKS {
        let config = json!({ "file_contents": "services: {}" });
        let stack = json!({ "name": format!("stack-{index:03}"), "config": config });
        api.write("CreateStack", stack).await;
    }
    let headers = format!(
        "x-api-key: {}\r\nx-api-secret: {}\r\n",
        made["key"].as_str().expect("a key"),
        made["secret"].as_str().expect("a secret")
    );
    for (path, body) in
        [("/read/GetVersion", json!({})), ("/read/ListStacks", json!({ "limit": 0 }))]
    {
        let (rate, worst) = load(&core.address, path, &headers, &body).await;
        figure(path, rate, "requests/s");
        figure(&format!("{path}: 99 of 100 within"), worst, "ms");
    }
    figure("memory of Core with 300 stacks, after that", core.process().memory(), "MB");
}

/// Requests a second, and the time in milliseconds that 99 of 100 take at most.
async fn load(address: &str, path: &str, headers: &str, body: &Value) -> (f64, f64) {
    let host = address.trim_start_matches("http://").to_owned();
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let begun = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(connection(host.clone(), request.clone(), begun + MEASURED)))
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("a connection that holds"));
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let worst = times[times.len() * 99 / 100];
    (rate, worst.as_secs_f64() * 1000.0)
}

async fn connection(host: String, request: String, until: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(host).await.expect("Core answers");
    stream.set_nodelay(true).expect("a TCP stream");
    let (mut times, mut buffer) = (Vec::new(), Vec::new());
    while Instant::now() < until {
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await.expect("Core reads");
        buffer.clear();
        let length = loop {
            stream.read_buf(&mut buffer).await.expect("Core writes");
            let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            break end + 4 + length.and_then(|text| text.parse::<usize>().ok()).expect("a length");
        };
        while buffer.len() < length {
            stream.read_buf(&mut buffer).await.expect("Core writes");
        }
        times.push(begun.elapsed());
    }
    times
}
