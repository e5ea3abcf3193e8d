//! `./dev bench`: figures of Core, measured on this machine in one run.
//!
//! Requests are made by eight connections that write a fixed request and read
//! its answer, so that the client costs as little as it can: it shares the
//! machine with Core.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use varanus_tests::{Core, CoreOptions, program};

const CONNECTIONS: usize = 8;
const STACKS: usize = 300;
const MEASURED: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let begun = Instant::now();
    let core = Core::start(CoreOptions::quiet()).await;
    let cold = begun.elapsed();
    let rest = core.memory();
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
    println!("cold start, with the admin's login     {:>9} ms", cold.as_millis());
    println!("memory of Core at rest                 {:>9.1} MB", rest);
    for (path, body) in
        [("/read/GetVersion", json!({})), ("/read/ListStacks", json!({ "limit": 0 }))]
    {
        let (rate, worst) = load(&core.address, path, &headers, &body).await;
        println!("{path:<38} {rate:>9.0} requests/s, 99 % within {:.1} ms", worst);
    }
    println!("memory of Core after that              {:>9.1} MB", core.memory());
    for name in ["varanus-core", "varanus-periphery", "km"] {
        let size = program(name).metadata().expect("a program").len();
        println!("size of {name:<30} {:>9.1} MB", size as f64 / 1e6);
    }
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
