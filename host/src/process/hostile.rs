//! Programs that misbehave, and words that no program takes.

use super::*;

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
