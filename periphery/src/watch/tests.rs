//! The watch against engines that a real one is at its worst.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use varanus_proto::agent::state::StateNews;
use varanus_proto::docker::container::ContainerListItem;

use super::*;

/// An engine that answers as it is told.
#[derive(Default)]
struct Engine {
    containers: Mutex<String>,
    events: tokio::sync::Notify,
    lists: AtomicUsize,
    silent: std::sync::atomic::AtomicBool,
}

impl Engine {
    fn start(folder: &std::path::Path) -> (Arc<Self>, String) {
        let path = folder.join("docker.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let engine = Arc::new(Self::default());
        engine.now_has("[]");
        let serving = engine.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(socket));
            }
        });
        (engine, format!("unix://{}", path.display()))
    }

    fn now_has(&self, containers: &str) {
        *self.containers.lock().unwrap() = containers.to_owned();
    }

    async fn serve(self: Arc<Self>, mut socket: UnixStream) {
        let mut asked = Vec::new();
        let mut byte = [0; 1];
        while socket.read_exact(&mut byte).await.is_ok() {
            asked.push(byte[0]);
            if !asked.ends_with(b"\r\n\r\n") {
                continue;
            }
            let head = String::from_utf8(std::mem::take(&mut asked)).unwrap();
            if self.silent.load(Ordering::Relaxed) {
                return std::future::pending().await;
            }
            let body = if head.contains("/events") {
                let start = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                socket.write_all(start.as_bytes()).await.unwrap();
                loop {
                    self.events.notified().await;
                    let event = "{\"Type\":\"container\",\"Action\":\"die\"}\n";
                    let chunk = format!("{:x}\r\n{event}\r\n", event.len());
                    if socket.write_all(chunk.as_bytes()).await.is_err() {
                        return;
                    }
                }
            } else if head.contains("/containers/json") {
                self.lists.fetch_add(1, Ordering::Relaxed);
                self.containers.lock().unwrap().clone()
            } else if head.contains("/version") {
                "{\"ApiVersion\":\"1.44\"}".to_owned()
            } else if head.contains("/volumes") {
                "{\"Volumes\":[]}".to_owned()
            } else {
                "[]".to_owned()
            };
            let start = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
            let answer = format!("{start}: {}\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

fn watch(host: &str) -> Watch {
    let watch = Watch::new(Arc::new(Docker::at(host)));
    watch.start();
    watch
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

const ONE: &str = r#"[{"Id":"1","Names":["/web"],"State":"running","Status":"Up 1 second",
    "ImageID":"sha256:1","Labels":{"com.docker.compose.project":"p"}}]"#;

#[tokio::test]
async fn an_event_is_told_to_whoever_watches_and_costs_one_look() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, host) = Engine::start(folder.path());
    let watch = Arc::new(watch(&host));
    let told = Arc::new(Mutex::new(Vec::<StateNews>::new()));
    let (ear, telling) = (told.clone(), watch.clone());
    let telling = tokio::spawn(async move {
        telling
            .tell(|news| {
                let news = serde_json::to_string(news).unwrap();
                ear.lock().unwrap().push(serde_json::from_str(&news).unwrap());
                true
            })
            .await;
    });
    until("everything was told", || told.lock().unwrap().len() == 1).await;
    let first = told.lock().unwrap()[0].clone();
    assert!(first.docker_connected && first.containers.is_some_and(|all| all.is_empty()));
    assert!(first.images.is_some());

    engine.now_has(ONE);
    engine.events.notify_one();
    until("the event was told", || told.lock().unwrap().len() == 2).await;
    let news = told.lock().unwrap()[1].clone();
    assert_eq!(news.containers.unwrap()[0].name, "web");
    assert_eq!(news.projects.unwrap()[0].name, "p");
    // What did not change is not sent.
    assert!(news.images.is_none() && news.networks.is_none());

    // An event that changes nothing is told to nobody.
    let looked = engine.lists.load(Ordering::Relaxed);
    engine.events.notify_one();
    until("it was looked at", || engine.lists.load(Ordering::Relaxed) > looked).await;
    assert_eq!(watch.refresh().await.unwrap(), news.version);
    assert_eq!(told.lock().unwrap().len(), 2);

    // Whoever asked for a look knows with which news it comes.
    engine.now_has("[]");
    let version = watch.refresh().await.unwrap();
    assert!(version > news.version);
    until("what the look saw was told", || told.lock().unwrap().len() == 3).await;
    assert_eq!(told.lock().unwrap()[2].version, version);
    telling.abort();
}

#[tokio::test]
async fn an_engine_that_never_answers_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (engine, host) = Engine::start(folder.path());
    engine.silent.store(true, Ordering::Relaxed);
    let watch = watch(&host);
    // It is known soon, and then nobody waits any more.
    assert_eq!(watch.lists().await, None);
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(watch.lists().await, None);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(!watch.connected());
    // It recovers by itself.
    engine.silent.store(false, Ordering::Relaxed);
    until("docker is seen", || watch.connected()).await;
}

#[tokio::test]
async fn an_engine_may_come_later_than_the_agent() {
    let folder = tempfile::tempdir().unwrap();
    let host = format!("unix://{}", folder.path().join("docker.sock").display());
    let watch = watch(&host);
    assert_eq!(watch.lists().await, None);
    let (engine, _) = Engine::start(folder.path());
    engine.now_has(ONE);
    until("docker is seen", || watch.connected()).await;
    let containers: Vec<ContainerListItem> = watch.lists().await.unwrap().containers;
    assert_eq!(containers[0].name, "web");
}
