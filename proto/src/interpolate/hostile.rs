//! Texts that nobody meant to write.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// What the rule says, one bracket at a time.
fn plainly(text: &str) -> Result<String, ()> {
    let Some(start) = text.find("[[") else { return Ok(text.to_owned()) };
    let (before, inside) = (&text[..start], &text[start + 2..]);
    if let Some(literal) = inside.strip_prefix('[')
        && let Some(end) = literal.find("]]]")
        && !literal[..end].contains("[[")
    {
        return Ok(format!("{before}[[{}]]{}", &literal[..end], plainly(&literal[end + 3..])?));
    }
    let end = inside.find("]]").ok_or(())?;
    let rest = plainly(&inside[end + 2..])?;
    Ok(match &inside[..end] {
        "A" => format!("{before}1{rest}"),
        name => format!("{before}[[{name}]]{rest}"),
    })
}

proptest! {
    #[test]
    fn every_text_is_filled_in_as_the_rule_says(text in "(\\[|\\]|A|é| |\\[\\[|\\]\\]|\\PC){0,40}") {
        let done = interpolate(&text, |name| (name == "A").then_some("1"));
        prop_assert_eq!(done.map(|done| done.text).map_err(|_| ()), plainly(&text));
    }

    #[test]
    fn a_text_without_names_stays(text in "[^\\[]*") {
        let done = interpolate(&text, |_| None).unwrap();
        prop_assert_eq!((done.text, done.used.len(), done.unknown.len()), (text, 0, 0));
    }
}

#[test]
fn a_long_text_takes_time_in_proportion() {
    let begun = Instant::now();
    for part in ["[[[a]] ", "[[a]]", "[[[a]]]", "[", "]", "[[["] {
        let _ = interpolate(&part.repeat(300_000), |_| None);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
