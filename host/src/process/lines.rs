//! From a stream of bytes to redacted lines of bounded length.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::mpsc;

use super::Stream;
use crate::redact::Redactor;

/// A line longer than this is passed on in parts.
pub(super) const LINE: usize = 16 * 1024;

/// Splits a stream into lines without secrets. A carriage return ends a line
/// too: progress bars overwrite themselves with it. Ends with the stream, or
/// when nobody takes its lines any more.
pub async fn read<R: AsyncRead + Unpin>(
    stream: R,
    which: Stream,
    redactor: Redactor,
    lines: mpsc::Sender<(Stream, String)>,
) {
    let mut reader = BufReader::with_capacity(LINE, stream);
    let mut line = Vec::new();
    while let Ok(buffer) = reader.fill_buf().await {
        if buffer.is_empty() {
            break;
        }
        let end = buffer.iter().position(|byte| *byte == b'\n' || *byte == b'\r');
        let taken = end.map_or(buffer.len(), |end| end + 1);
        line.extend_from_slice(&buffer[..end.unwrap_or(taken)]);
        let carriage = end.is_some_and(|end| buffer[end] == b'\r');
        reader.consume(taken);
        let rest = match end {
            // `\r\n` gives an empty line after the `\r`; such are left out.
            Some(_) if carriage && line.is_empty() => continue,
            Some(_) => Vec::new(),
            None if line.len() < LINE => continue,
            // A secret that is cut in two is not recognised: it is taken out
            // before, and what may be the beginning of one waits for the rest.
            None => match redactor.redact_beginning(&mut line) {
                0 => continue,
                safe => {
                    let at = cut(&line[..safe]);
                    line.split_off(at)
                }
            },
        };
        let text = redactor.redact(&String::from_utf8_lossy(&line));
        line = rest;
        if lines.send((which, text)).await.is_err() {
            return;
        }
    }
    if !line.is_empty() {
        let text = redactor.redact(&String::from_utf8_lossy(&line));
        let _ = lines.send((which, text)).await;
    }
}

/// Where a line that is too long is cut: after its last white space, or between
/// two letters.
fn cut(line: &[u8]) -> usize {
    let late = line.len() / 2;
    if let Some(at) = line[late..].iter().rposition(u8::is_ascii_whitespace) {
        return late + at + 1;
    }
    let first = |byte: &u8| !(0x80..0xc0).contains(byte);
    let within = line.len().saturating_sub(4);
    match line[within..].iter().rposition(first) {
        Some(at) if line[within + at] >= 0xc0 && within + at > 0 => within + at,
        _ => line.len(),
    }
}

#[cfg(test)]
mod hostile;
