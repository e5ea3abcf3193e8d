//! What programs write, with a secret in it.

use base64::Engine as _;
use tokio::io::AsyncWriteExt as _;
use varanus_host::process::Stream;
use varanus_host::process::lines;
use varanus_host::redact::Redactor;

const SECRETS: [&str; 4] =
    ["hunter2-and-more", "p@ss \"word\"/<é>", "abcabcabd", "a key\nof two lines'\n"];

/// The lines of a stream are bounded and hold no secret, however it is written
/// and in whatever pieces it comes.
pub(crate) fn streams(data: &[u8]) {
    let secrets = SECRETS.map(|secret| (secret.to_owned(), "S".to_owned()));
    let redactor = Redactor::new(&secrets);
    let (piece, rest) = data.split_first().unwrap_or((&1, &[]));
    let piece = match piece {
        0..128 => usize::from(*piece) + 1,
        long => usize::from(*long) * 131,
    };
    let text = stream(rest);
    let lines = crate::block(async {
        let (mut writer, reader) = tokio::io::duplex(piece);
        let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
        let write = async move {
            let _ = writer.write_all(&text).await;
        };
        let read = lines::read(reader, Stream::Stdout, redactor.clone(), sender);
        let take = async {
            let mut lines = Vec::new();
            while let Some((_, line)) = receiver.recv().await {
                lines.push(line);
            }
            lines
        };
        tokio::join!(write, read, take).2
    });
    for line in &lines {
        assert!(!line.contains(['\n', '\r']));
        // Three bytes for each that is none of UTF-8, and the name of a secret.
        assert!(line.len() <= 3 * 32 * 1024 + 100, "a line of {} bytes", line.len());
    }
    for text in [lines.concat(), lines.join("\n")] {
        for secret in SECRETS {
            for form in forms(secret) {
                assert!(!text.contains(&form), "{form:?} is shown");
            }
        }
        assert_eq!(redactor.redact(&text), text, "what is shown holds nothing to hide");
    }
}

/// A few bytes stand for more than themselves: a secret in some form, or a long
/// stretch of text.
fn stream(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for byte in data {
        match byte {
            0xf8..=0xff => {
                let forms = forms(SECRETS[usize::from(byte & 3)]);
                text.extend_from_slice(forms[usize::from(byte & 4)].as_bytes());
            }
            0xf0..=0xf7 => {
                let forms = forms(SECRETS[usize::from(byte & 3)]);
                text.extend_from_slice(forms[1 + usize::from(byte & 4) / 4].as_bytes());
            }
            0xec => text.extend_from_slice(&b"x".repeat(16 * 1024 - 20)),
            0xed => text.extend_from_slice(&b"y".repeat(1000)),
            0xee => text.extend_from_slice("é".repeat(5000).as_bytes()),
            0xef => text.extend_from_slice(SECRETS[0].as_bytes().split_at(9).0),
            byte => text.push(*byte),
        }
        if text.len() > 60_000 {
            break;
        }
    }
    text
}

/// How a secret is written; of a long one with lines, one of its lines.
fn forms(secret: &str) -> Vec<String> {
    let line = secret.lines().next().unwrap_or_default().to_owned();
    let json = serde_json::to_string(secret).unwrap_or_default();
    let percent: String = secret.bytes().map(percent).collect();
    vec![
        if secret.contains('\n') { "of two lines'".to_owned() } else { line },
        json[1..json.len() - 1].to_owned(),
        hex::encode(secret),
        percent,
        base64::engine::general_purpose::STANDARD.encode(secret).trim_end_matches('=').to_owned(),
    ]
}

fn percent(byte: u8) -> String {
    match byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    }
}
