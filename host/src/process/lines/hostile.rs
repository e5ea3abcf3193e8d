//! Streams that no well-behaved program writes.

use std::time::Duration;

use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::*;

/// The lines of a stream, which comes in pieces of a size.
fn lines(bytes: &[u8], piece: usize, redactor: &Redactor) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut writer, reader) = tokio::io::duplex(piece);
        let (sender, mut lines) = mpsc::channel(4);
        let bytes = bytes.to_owned();
        let write = async move { writer.write_all(&bytes).await.unwrap() };
        let read = read(reader, Stream::Stdout, redactor.clone(), sender);
        let take = async {
            let mut found = Vec::new();
            while let Some((_, line)) = lines.recv().await {
                found.push(line);
            }
            found
        };
        let both = async { tokio::join!(write, read, take).2 };
        timeout(Duration::from_secs(60), both).await.unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(96),
    ) })]

    #[test]
    fn any_bytes_are_lines_of_bounded_length(
        parts in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                Just(b"\r".repeat(50)), Just(b"\n".repeat(50)), Just(vec![0; 40]),
                Just(b"a".repeat(LINE + 7)), Just("é".repeat(LINE).into_bytes()),
                Just(vec![0xff; LINE * 2]),
            ],
            0..6,
        ),
        piece in 1usize..9000,
    ) {
        let bytes = parts.concat();
        let found = lines(&bytes, piece, &Redactor::default());
        for line in &found {
            prop_assert!(!line.contains(['\n', '\r']));
            prop_assert!(line.len() <= LINE * 3 * 2, "{}", line.len());
        }
        // Nothing is lost but what ends lines.
        let without_ends = |text: &str| text.replace(['\n', '\r'], "");
        let given = without_ends(&String::from_utf8_lossy(&bytes));
        if !given.contains('\u{fffd}') {
            prop_assert_eq!(without_ends(&found.concat()), given);
        }
    }
}

#[test]
fn a_long_line_is_cut_between_words() {
    let secret = "hunter2-and-more";
    let text = format!("{} {secret} {}", "x".repeat(LINE - 10), "y".repeat(LINE));
    for piece in [1 << 20, 1000, 4096] {
        let found = lines(text.as_bytes(), piece, &Redactor::default());
        assert!(found.len() > 1);
        assert!(found.iter().any(|line| line.contains(secret)), "pieces of {piece}");
        assert_eq!(found.concat(), text);
    }
}

#[test]
fn a_secret_is_hidden_wherever_a_long_line_is_cut() {
    let secret = "hunter2-and-more-without-a-space";
    let redactor = Redactor::new(&[(secret.into(), "S".into())]);
    for at in ((LINE - 2 * secret.len())..(LINE + secret.len())).step_by(5) {
        let text = format!("{}{secret}{}", "x".repeat(at), "y".repeat(LINE));
        for piece in [1 << 20, 4096] {
            let found = lines(text.as_bytes(), piece, &redactor).concat();
            assert_eq!(found, text.replace(secret, "<S>"), "{at} x, pieces of {piece}");
        }
    }
}

#[test]
fn a_secret_longer_than_a_line_is_hidden() {
    let secret = "k".repeat(LINE + 100) + "e";
    let redactor = Redactor::new(&[(secret.clone(), "S".into())]);
    for piece in [1 << 20, 4096] {
        assert_eq!(lines(format!("a{secret}b").as_bytes(), piece, &redactor).concat(), "a<S>b");
        let other = "k".repeat(LINE * 2);
        assert_eq!(lines(other.as_bytes(), piece, &redactor).concat(), other);
    }
}
