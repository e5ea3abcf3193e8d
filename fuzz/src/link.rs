//! What the other side of a link sends: before it has proved who it is, and
//! after.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use varanus_link::handshake::{Identifiers, Talk};
use varanus_link::key::PrivateKey;
use varanus_link::{Context, Handler, Link, Message, RequestOptions, Socket, Timings, frame};
use varanus_proto::{Error, Result};

/// A message is read or refused, and one that is read is written as the same.
pub(crate) fn frames(data: &[u8]) {
    let Ok(read) = frame::decode(data.to_vec()) else { return };
    let written = frame::encode(&read);
    assert!(written.len() <= data.len() * 7 + 200, "{} became {}", data.len(), written.len());
    assert_eq!(frame::decode(written).ok(), Some(read));
}

/// A socket that says what the bytes say, and hears all.
struct Scripted {
    says: VecDeque<Message>,
    heard: Vec<Vec<u8>>,
}

impl Scripted {
    /// Each message: its length in one byte (the largest three are no data),
    /// and its bytes.
    fn new(mut data: &[u8]) -> Self {
        let mut says = VecDeque::new();
        while let Some((length, rest)) = data.split_first() {
            data = rest;
            says.push_back(match length {
                255 => Message::Close,
                254 => Message::Ping,
                253 => Message::Pong,
                length => {
                    let (bytes, rest) = data.split_at(usize::from(*length).min(data.len()));
                    data = rest;
                    Message::Data(bytes.to_vec())
                }
            });
        }
        Self { says, heard: Vec::new() }
    }
}

impl Socket for &mut Scripted {
    async fn receive(&mut self) -> Result<Message> {
        // What was begun goes on meanwhile.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        self.says.pop_front().ok_or_else(|| Error::unreachable("the script is at its end"))
    }

    async fn send(&mut self, message: Message) -> Result<()> {
        if let Message::Data(bytes) = message {
            self.heard.push(bytes);
        }
        Ok(())
    }

    fn logged_in(&mut self) {}
}

/// Answers with what was asked; what begins with `p` is told of, and what begins
/// with `!` is a fault.
struct Echo;

impl Handler for Echo {
    fn handle(
        &self,
        request: Vec<u8>,
        context: Context,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>> {
        Box::pin(async move {
            match request.first() {
                Some(b'p') => {
                    context.extend();
                    context.progress(request.clone());
                    Ok(request)
                }
                Some(b'!') => Err(Error::failed("as asked")),
                _ => Ok(request),
            }
        })
    }
}

/// A link ends with an error, whatever comes; it answers no more than it is
/// asked, and tells nobody anything before they have logged in.
pub(crate) fn session(data: &[u8]) {
    let (which, data) = data.split_first().unwrap_or((&0, &[]));
    let mut socket = Scripted::new(data);
    let asked = socket.says.len();
    match which % 3 {
        0 => block_on(async {
            let (link, mut driver) = Link::new(Some(std::sync::Arc::new(Echo)), timings());
            let asking = link.request(b"{}".to_vec(), RequestOptions::default());
            let (answer, _error) = tokio::join!(asking, driver.drive(&mut socket));
            // Nobody knows the channel of the request.
            assert!(answer.is_err(), "{answer:?}");
            // An answer and a word in between for each, and the request itself.
            assert!(socket.heard.len() <= asked * 2 + 2, "{}", socket.heard.len());
        }),
        1 => block_on(async {
            let (key, timings) = (key(), timings());
            let mut server = &mut socket;
            let mut talk = Talk::new(&mut server, &timings);
            let joined = talk.serve(&identifiers(), &key, |_| async { Ok(()) }).await;
            assert!(joined.is_err(), "nobody knows the nonce");
            assert!(socket.heard.len() <= 3);
        }),
        _ => block_on(async {
            let (key, timings) = (key(), timings());
            let mut client = &mut socket;
            let mut talk = Talk::new(&mut client, &timings);
            let joined = talk.join(&identifiers(), &key, |_| Ok(())).await;
            assert!(joined.is_err(), "nobody knows the key that is made for one handshake");
            assert!(socket.heard.len() <= 3);
        }),
    }
}

fn block_on(work: impl Future<Output = ()>) {
    crate::block(async {
        let ended = tokio::time::timeout(Duration::from_secs(20), work).await;
        assert!(ended.is_ok(), "the link goes on for ever");
    });
}

fn key() -> PrivateKey {
    PrivateKey::parse("a key of these targets alone").expect("up to 32 letters are a key")
}

fn identifiers() -> Identifiers {
    Identifiers { host: "core".into(), query: "server=a".into(), accept: "x".into() }
}

fn timings() -> Timings {
    let short = Duration::from_millis(5);
    Timings { connect: short, answer: short, ..Timings::default() }
}
