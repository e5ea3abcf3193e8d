//! The log of a run, as it is written.
//!
//! What is shown always comes from `GetUpdate`, so that no line is lost or
//! shown twice. The websocket only says when to look again: a Varanus Core
//! pushes every line there, and so they appear at once. With another Core, or
//! with no websocket, the update is read every half second.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::Uri;
use varanus_proto::api::read::update::GetUpdate;
use varanus_proto::entity::update::{Log, Update, UpdateStatus};
use varanus_proto::{Error, Result};

use crate::client::{Client, Credentials};

/// How often the update is read when nothing is pushed.
const POLL: Duration = Duration::from_millis(500);
/// Least time between two reads, however many lines are pushed.
const REST: Duration = Duration::from_millis(100);
/// How long a Core may be away while a run is followed, as when it restarts.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the websocket may take to open.
const OPENING: Duration = Duration::from_secs(5);

/// Which stream of a program a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line of a run's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The stage of the log.
    pub stage: &'a str,
    /// Where the line was written to.
    pub stream: Stream,
    /// The line without its end.
    pub text: &'a str,
}

impl Client {
    /// Gives every line of a run to `on_line`, those of before too, and the
    /// update once it is complete. Fails when Core is away for a minute or the
    /// update may not be read; how long a run may take is Core's affair.
    pub async fn follow(&self, id: &str, mut on_line: impl FnMut(Line<'_>)) -> Result<Update> {
        let mut socket = match timeout(OPENING, open(self)).await {
            Ok(Ok(socket)) => Some(socket),
            _ => None,
        };
        let mut shown = Shown::default();
        let mut away_since: Option<Instant> = None;
        loop {
            match self.request(GetUpdate { id: id.to_owned() }).await {
                Ok(update) => {
                    away_since = None;
                    shown.show(&update.logs, &mut on_line);
                    if update.status == UpdateStatus::Complete {
                        return Ok(update);
                    }
                }
                Err(error) if error.kind().retry_helps() => {
                    let since = *away_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        return Err(error.context(format!("the run {id} cannot be followed")));
                    }
                }
                Err(error) => return Err(error),
            }
            let next = Instant::now() + POLL;
            sleep(REST).await;
            if let Some(open) = &mut socket {
                tokio::select! {
                    alive = news_of(open, id) => if !alive { socket = None },
                    () = sleep_until(next) => continue,
                }
            } else {
                sleep_until(next).await;
            }
        }
    }
}

/// How much of each log was shown. A log is known by its stage and by how many
/// of the same stage stand before it: while stages run at the same time, their
/// place in the list changes.
#[derive(Default)]
struct Shown(HashMap<(String, usize, Stream), usize>);

impl Shown {
    fn show(&mut self, logs: &[Log], on_line: &mut impl FnMut(Line<'_>)) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for log in logs {
            let nth = seen.entry(&log.stage).or_default();
            for (stream, text) in [(Stream::Stdout, &log.stdout), (Stream::Stderr, &log.stderr)] {
                let shown = self.0.entry((log.stage.clone(), *nth, stream)).or_default();
                for text in text.lines().skip(*shown) {
                    on_line(Line { stage: &log.stage, stream, text });
                    *shown += 1;
                }
            }
            *nth += 1;
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}
type Socket = WebSocketStream<Box<dyn Duplex>>;

/// Opens `/ws/update`, logs in, and asks for lines. Komodo's Core reads no
/// message after the login, so that asking does no harm there.
async fn open(client: &Client) -> Result<Socket> {
    let failed = |cause: &dyn std::fmt::Display| {
        Error::unreachable(format!("no websocket at {}", client.host())).cause(cause)
    };
    let address = format!("ws{}/ws/update", client.host.trim_start_matches("http"));
    let uri: Uri = address.parse().map_err(|error| failed(&error))?;
    let name = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let tls = uri.scheme_str() == Some("wss");
    let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
    let tcp = TcpStream::connect((name.as_str(), port)).await.map_err(|error| failed(&error))?;
    let stream: Box<dyn Duplex> = if tls {
        let server = ServerName::try_from(name).map_err(|error| failed(&error))?;
        let connector = TlsConnector::from(client.tls.clone());
        Box::new(connector.connect(server, tcp).await.map_err(|error| failed(&error))?)
    } else {
        Box::new(tcp)
    };
    let request = address.into_client_request().map_err(|error| failed(&error))?;
    let (mut socket, _) =
        tokio_tungstenite::client_async(request, stream).await.map_err(|error| failed(&error))?;
    let login = match &*client.credentials {
        Credentials::ApiKey { key, secret } => {
            json!({ "type": "ApiKeys", "params": { "key": key, "secret": secret.expose() } })
        }
        Credentials::Jwt(jwt) => json!({ "type": "Jwt", "params": { "jwt": jwt.expose() } }),
        Credentials::Nobody => return Err(Error::unauthorized("nobody is logged in")),
    };
    let subscribe = json!({ "type": "Subscribe", "params": { "lines": true } });
    socket.send(Message::text(login.to_string())).await.map_err(|error| failed(&error))?;
    match socket.next().await {
        Some(Ok(Message::Text(text))) if text.as_str() == "LOGGED_IN" => {}
        _ => return Err(Error::unauthorized("the websocket refused the login")),
    }
    socket.send(Message::text(subscribe.to_string())).await.map_err(|error| failed(&error))?;
    Ok(socket)
}

/// What is pushed, as far as it matters here: a line has `update_id`, a change
/// of an update has `id`.
#[derive(Deserialize)]
struct News {
    #[serde(alias = "id")]
    update_id: String,
}

/// Waits for news of a run; false when the websocket has ended.
async fn news_of(socket: &mut Socket, id: &str) -> bool {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                if serde_json::from_str::<News>(&text).is_ok_and(|news| news.update_id == id) {
                    return true;
                }
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
            Some(Ok(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(stage: &str, stdout: &str, stderr: &str) -> Log {
        let (stage, stdout, stderr) = (stage.into(), stdout.into(), stderr.into());
        Log { stage, stdout, stderr, ..Log::default() }
    }

    fn show(shown: &mut Shown, logs: &[Log]) -> Vec<String> {
        let mut lines = Vec::new();
        shown.show(logs, &mut |line| {
            let stream = if line.stream == Stream::Stderr { "!" } else { "" };
            lines.push(format!("{}{stream} {}", line.stage, line.text));
        });
        lines
    }

    #[test]
    fn each_line_is_shown_once() {
        let mut shown = Shown::default();
        assert_eq!(show(&mut shown, &[log("Pull", "one\n", "")]), ["Pull one"]);
        let logs = [log("Pull", "one\ntwo\n", "oh\n")];
        assert_eq!(show(&mut shown, &logs), ["Pull two", "Pull! oh"]);
        assert_eq!(show(&mut shown, &logs), Vec::<String>::new());
    }

    #[test]
    fn stages_may_change_their_places_and_come_twice() {
        let mut shown = Shown::default();
        let running = [log("A", "a1", ""), log("B", "b1", "")];
        assert_eq!(show(&mut shown, &running), ["A a1", "B b1"]);
        let b_has_ended = [log("B", "b1\nb2", ""), log("A", "a1", ""), log("B", "again", "")];
        assert_eq!(show(&mut shown, &b_has_ended), ["B b2", "B again"]);
    }
}
