//! Streams that no well-behaved program writes.

use proptest::prelude::*;

use super::*;

/// The lines of a stream, which comes in pieces of a size.
fn lines(bytes: &[u8], piece: usize) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut writer, reader) = tokio::io::duplex(piece);
        let (sender, mut lines) = mpsc::channel(4);
        let bytes = bytes.to_owned();
        let write = async move { writer.write_all(&bytes).await.unwrap() };
        let read = read_lines(reader, Stream::Stdout, sender);
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
        let found = lines(&bytes, piece);
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
        let found = lines(text.as_bytes(), piece);
        assert!(found.len() > 1);
        assert!(found.iter().any(|line| line.contains(secret)), "pieces of {piece}");
        assert_eq!(found.concat(), text);
    }
}

#[tokio::test]
async fn a_flood_is_not_kept() {
    let mut program = Program::shell("yes 0123456789 | head -c 20000000", Duration::from_secs(60));
    program.output_limit = 10_000;
    let mut seen = 0usize;
    let count = |_, line: &str| seen += line.len() + 1;
    let none = CancellationToken::new();
    let output = run(&program, &Redactor::default(), &none, count).await.unwrap();
    assert!(output.stdout.len() < 11_000, "{}", output.stdout.len());
    assert!(output.stdout.ends_with("left out\n"));
    assert!(seen >= 20_000_000, "{seen}");
}

#[tokio::test]
async fn words_that_no_program_can_take_are_an_error() {
    for words in [vec!["echo", "a\0b"], vec!["\0"], vec![""], vec![]] {
        let program = Program::new(words.clone(), Duration::from_secs(5));
        let none = CancellationToken::new();
        let ended = run(&program, &Redactor::default(), &none, |_, _| {}).await;
        assert!(ended.is_err(), "{words:?}");
    }
}
