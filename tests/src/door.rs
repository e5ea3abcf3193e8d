//! A door before a registry of images, which counts who comes in and can have
//! enough of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::Registry;
use crate::registry::forget_images;

/// Another address of a [`Registry`], to read from. It is no name of this host,
/// so that to Core it is one registry for all its servers.
pub struct Door {
    /// `127.0.0.2:PORT`.
    pub domain: String,
    asked: Arc<Mutex<Vec<String>>>,
    closed: Arc<AtomicBool>,
}

impl Door {
    /// Opens one.
    pub async fn to(registry: &Registry) -> Self {
        // docker takes any address of loopback without TLS.
        let listener = TcpListener::bind("127.0.0.2:0").await.expect("a free port");
        let domain = listener.local_addr().expect("an address").to_string();
        let door = Self { domain, asked: Arc::default(), closed: Arc::default() };
        let (asked, closed) = (door.asked.clone(), door.closed.clone());
        let target = registry.domain().replace("localhost", "127.0.0.1");
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (asked, closed, target) = (asked.clone(), closed.clone(), target.clone());
                tokio::spawn(async move { through(socket, &target, &asked, &closed).await });
            }
        });
        door
    }

    /// An image of the registry, by this door.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.domain)
    }

    /// How often it was asked for what a tag stands for now, whether it said so or not.
    pub fn asked(&self, image: &str) -> usize {
        let (name, tag) = image.split_once(':').expect("an image with a tag");
        let question = format!("HEAD /v2/{name}/manifests/{tag} ");
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|line| line.starts_with(&question)).count()
    }

    /// Forgets what it was asked so far.
    pub fn forget(&self) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// From now on all that ask for an image are told that they ask too often, in
    /// the way of proxies: with no body that would say it in words.
    pub fn has_enough(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        forget_images(&self.domain);
    }
}

/// One connection, for one request: its answer says that it is the last.
async fn through(
    mut socket: TcpStream,
    target: &str,
    asked: &Mutex<Vec<String>>,
    closed: &AtomicBool,
) {
    let mut head = String::new();
    {
        let mut lines = BufReader::new(&mut socket);
        // Whoever reads an image sends no body.
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
    }
    let (first, rest) = head.split_once("\r\n").expect("it ends a line");
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(first.to_owned());
    if closed.load(Ordering::SeqCst) && first.contains("/manifests/") {
        let answer = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 600\r\ncontent-length: 0\r\n\
                      connection: close\r\n\r\n";
        let _ = socket.write_all(answer.as_bytes()).await;
        return;
    }
    let Ok(mut registry) = TcpStream::connect(target).await else { return };
    let request = format!("{first}\r\nConnection: close\r\n{rest}");
    if registry.write_all(request.as_bytes()).await.is_ok() {
        let _ = tokio::io::copy(&mut registry, &mut socket).await;
    }
}
