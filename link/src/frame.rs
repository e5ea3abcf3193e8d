//! The bytes of a message. Types and tags trail: they are read from the end.
//!
//! | message | bytes |
//! |---|---|
//! | login | `content variant 0x00 0x00`, or `error-json 0x01 0x00` |
//! | request | `json uuid16 0x01` |
//! | answer | `json 0x00 uuid16 0x02`, `error-json 0x01 uuid16 0x02`, `0x02 uuid16 0x02` (still working) |
//! | terminal | `bytes 0x00 uuid16 0x03`, `error-json 0x01 uuid16 0x03` |
//! | progress (ours) | `bytes uuid16 0x10` |
//! | cancel (ours) | `uuid16 0x11` |
//!
//! Ours are sent only to a side that has said it knows them.

use varanus_proto::{Error, ErrorBody, Kind, Result};

/// Which request a frame is about.
pub type Channel = [u8; 16];

/// The largest message that is taken.
pub const LIMIT: usize = 64 * 1024 * 1024;

/// A message of the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The login has succeeded.
    Success,
    /// 32 random bytes of the websocket's server.
    Nonce([u8; 32]),
    /// A message of the Noise handshake.
    Handshake(Vec<u8>),
    /// Whether the server is not known yet and an onboarding key is wanted.
    OnboardingFlow(bool),
    /// A public key, as base64 SPKI.
    PublicKey(String),
    /// Whether a passkey is wanted instead of keys.
    PasskeyFlow(bool),
    /// A passkey.
    Passkey(Vec<u8>),
    /// The login has failed.
    Failed(ErrorBody),
}

/// Any message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A part of the login.
    Login(Login),
    /// A request: `{"type", "params"}`.
    Request(Channel, Vec<u8>),
    /// An answer, as JSON.
    Answer(Channel, Vec<u8>),
    /// The request failed.
    Failure(Channel, ErrorBody),
    /// The request is still being worked on.
    Pending(Channel),
    /// Bytes of a terminal.
    Terminal(Channel, Vec<u8>),
    /// A terminal ended.
    TerminalFailure(Channel, ErrorBody),
    /// Something to tell while a request is being worked on.
    Progress(Channel, Vec<u8>),
    /// Nobody waits for the answer any more.
    Cancel(Channel),
}

fn error_json(body: &ErrorBody) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_else(|_| b"{\"error\":\"\"}".to_vec())
}

fn error_body(json: &[u8]) -> ErrorBody {
    serde_json::from_slice(json).unwrap_or_else(|_| ErrorBody {
        error: String::from_utf8_lossy(json).chars().take(500).collect(),
        trace: Vec::new(),
    })
}

/// The message as bytes.
pub fn encode(frame: &Frame) -> Vec<u8> {
    let with = |bytes: &[u8], tag: &[u8], channel: &Channel, kind: u8| {
        let mut out = Vec::with_capacity(bytes.len() + 18);
        out.extend_from_slice(bytes);
        out.extend_from_slice(tag);
        out.extend_from_slice(channel);
        out.push(kind);
        out
    };
    match frame {
        Frame::Login(login) => encode_login(login),
        Frame::Request(channel, json) => with(json, &[], channel, 1),
        Frame::Answer(channel, json) => with(json, &[0], channel, 2),
        Frame::Failure(channel, body) => with(&error_json(body), &[1], channel, 2),
        Frame::Pending(channel) => with(&[], &[2], channel, 2),
        Frame::Terminal(channel, bytes) => with(bytes, &[0], channel, 3),
        Frame::TerminalFailure(channel, body) => with(&error_json(body), &[1], channel, 3),
        Frame::Progress(channel, bytes) => with(bytes, &[], channel, 16),
        Frame::Cancel(channel) => with(&[], &[], channel, 17),
    }
}

fn encode_login(login: &Login) -> Vec<u8> {
    let (content, variant): (&[u8], u8) = match login {
        Login::Success => (&[], 0),
        Login::Nonce(nonce) => (nonce, 1),
        Login::Handshake(bytes) => (bytes, 2),
        Login::OnboardingFlow(wanted) => (&[*wanted as u8], 3),
        Login::PublicKey(key) => (key.as_bytes(), 4),
        Login::PasskeyFlow(wanted) => (&[*wanted as u8], 5),
        Login::Passkey(passkey) => (passkey, 6),
        Login::Failed(body) => {
            let mut out = error_json(body);
            out.extend_from_slice(&[1, 0]);
            return out;
        }
    };
    let mut out = content.to_vec();
    out.extend_from_slice(&[variant, 0, 0]);
    out
}

/// Reads a message. Never panics, whatever the bytes.
pub fn decode(mut bytes: Vec<u8>) -> Result<Frame> {
    let short = || Error::new(Kind::Invalid, "a message of the link is too short");
    let kind = bytes.pop().ok_or_else(short)?;
    if kind == 0 {
        return decode_login(bytes).map(Frame::Login);
    }
    let at = bytes.len().checked_sub(16).ok_or_else(short)?;
    let mut channel = [0; 16];
    channel.copy_from_slice(&bytes[at..]);
    bytes.truncate(at);
    Ok(match kind {
        1 => Frame::Request(channel, bytes),
        2 => match bytes.pop().ok_or_else(short)? {
            0 => Frame::Answer(channel, bytes),
            1 => Frame::Failure(channel, error_body(&bytes)),
            2 => Frame::Pending(channel),
            tag => return Err(unknown("answer", tag)),
        },
        3 => match bytes.pop().ok_or_else(short)? {
            0 => Frame::Terminal(channel, bytes),
            1 => Frame::TerminalFailure(channel, error_body(&bytes)),
            tag => return Err(unknown("terminal message", tag)),
        },
        16 => Frame::Progress(channel, bytes),
        17 => Frame::Cancel(channel),
        kind => return Err(unknown("message", kind)),
    })
}

fn decode_login(mut bytes: Vec<u8>) -> Result<Login> {
    let short = || Error::new(Kind::Invalid, "a login message of the link is too short");
    match bytes.pop().ok_or_else(short)? {
        0 => {}
        1 => return Ok(Login::Failed(error_body(&bytes))),
        tag => return Err(unknown("login message", tag)),
    }
    let variant = bytes.pop().ok_or_else(short)?;
    let flag = |bytes: &[u8]| bytes.first().is_some_and(|byte| *byte != 0);
    Ok(match variant {
        0 => Login::Success,
        1 => Login::Nonce(bytes.try_into().map_err(|_| short())?),
        2 => Login::Handshake(bytes),
        3 => Login::OnboardingFlow(flag(&bytes)),
        4 => Login::PublicKey(
            String::from_utf8(bytes)
                .map_err(|_| Error::invalid("a public key of the link is not text"))?,
        ),
        5 => Login::PasskeyFlow(flag(&bytes)),
        6 => Login::Passkey(bytes),
        variant => return Err(unknown("login message", variant)),
    })
}

fn unknown(what: &str, tag: u8) -> Error {
    Error::invalid(format!("the other side sent a {what} of an unknown kind ({tag})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_protocol() {
        let channel = [7; 16];
        let mut request = b"{}".to_vec();
        request.extend_from_slice(&[7; 16]);
        request.push(1);
        assert_eq!(encode(&Frame::Request(channel, b"{}".to_vec())), request);
        let mut answer = b"{}\x00".to_vec();
        answer.extend_from_slice(&[7; 16]);
        answer.push(2);
        assert_eq!(encode(&Frame::Answer(channel, b"{}".to_vec())), answer);
        let mut nonce = vec![9; 32];
        nonce.extend_from_slice(&[1, 0, 0]);
        assert_eq!(encode(&Frame::Login(Login::Nonce([9; 32]))), nonce);
        assert_eq!(encode(&Frame::Login(Login::Success)), [0, 0, 0]);
        assert_eq!(encode(&Frame::Login(Login::PasskeyFlow(true))), [1, 5, 0, 0]);
    }

    #[test]
    fn what_is_written_is_read() {
        let body = ErrorBody { error: "no".into(), trace: vec!["why".into()] };
        let channel = [3; 16];
        for frame in [
            Frame::Login(Login::Success),
            Frame::Login(Login::Nonce([1; 32])),
            Frame::Login(Login::Handshake(vec![1, 2])),
            Frame::Login(Login::OnboardingFlow(true)),
            Frame::Login(Login::PublicKey("key".into())),
            Frame::Login(Login::Passkey(b"secret".to_vec())),
            Frame::Login(Login::Failed(body.clone())),
            Frame::Request(channel, b"{}".to_vec()),
            Frame::Failure(channel, body.clone()),
            Frame::Pending(channel),
            Frame::Terminal(channel, vec![0, 1]),
            Frame::TerminalFailure(channel, body),
            Frame::Progress(channel, vec![5]),
            Frame::Cancel(channel),
        ] {
            assert_eq!(decode(encode(&frame)).unwrap(), frame);
        }
    }

    #[test]
    fn hostile_bytes_are_errors_and_never_a_panic() {
        for length in 0..40 {
            for byte in [0, 1, 2, 3, 4, 16, 17, 255] {
                let _ = decode(vec![byte; length]);
            }
        }
        assert!(decode(Vec::new()).is_err());
        assert!(decode(vec![1]).is_err());
    }
}
