//! Patterns that nobody meant to write.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_text_is_a_pattern_or_an_error(
        text in "([a-z*?!\\\\,.()\\[\\]{}|+^$0-9# \n]|\\PC){0,40}", name in "[a-z0-9.-]{0,12}",
    ) {
        match Pattern::parse(&text) {
            Ok(pattern) => { pattern.matches(&name); },
            Err(error) => prop_assert_eq!(error.kind(), varanus_proto::Kind::Invalid),
        }
    }

    #[test]
    fn a_name_means_itself_alone(name in "[a-z][a-z0-9.+()-]{0,12}", other in "[a-z][a-z0-9.+()-]{0,12}") {
        let pattern = Pattern::parse(&name).unwrap();
        prop_assert!(pattern.matches(&name));
        prop_assert_eq!(pattern.matches(&other), name == other);
    }

    #[test]
    fn wildcards_match_as_people_read_them(name in "[ab]{0,8}", text in "[ab*?]{1,8}") {
        fn plainly(text: &[u8], name: &[u8]) -> bool {
            match (text.first(), name.first()) {
                (None, _) => name.is_empty(),
                (Some(b'*'), _) => {
                    plainly(&text[1..], name) || (!name.is_empty() && plainly(text, &name[1..]))
                }
                (Some(b'?'), Some(_)) => plainly(&text[1..], &name[1..]),
                (Some(wanted), Some(found)) => wanted == found && plainly(&text[1..], &name[1..]),
                (Some(_), None) => false,
            }
        }
        let found = Pattern::parse(&text).unwrap().matches(&name);
        prop_assert_eq!(found, plainly(text.as_bytes(), name.as_bytes()));
    }
}

#[test]
fn an_expression_cannot_eat_the_memory() {
    for bomb in [r"\(a{1000}){1000}\", r"\\w{5000}\", r"\((((a{100}){100}){100}){100}\"] {
        assert!(Pattern::parse(bomb).is_err(), "{bomb}");
    }
    let many = r"\[a-z]{60}\,".repeat(10_000);
    assert!(Pattern::parse(&many).unwrap_err().message().contains("more than"));
    assert!(Pattern::parse(&"a".repeat(1 << 20)).unwrap_err().message().contains("bytes"));
    // Names alone may be many: a person picked every resource.
    let names: String = (0..5000).map(|n| format!("stack-{n},")).collect();
    assert!(Pattern::parse(&names).unwrap().matches("stack-4999"));
}

#[test]
fn no_expression_goes_back_and_forth_for_ever() {
    let begun = Instant::now();
    let pattern = Pattern::parse(r"\^(a+)+$\, *a*a*a*a*a*a*a*b, \(a|a)*c\").unwrap();
    assert!(!pattern.matches(&"a".repeat(10_000)) || begun.elapsed() < Duration::from_secs(10));
    pattern.matches(&format!("{}!", "a".repeat(10_000)));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
