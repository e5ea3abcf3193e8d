//! Searching the lines of a log.

use varanus_proto::entity::file::SearchCombinator;
use varanus_proto::entity::update::Log;

/// Keeps the lines that hold any or all of the terms, or those that do not.
pub fn search(mut log: Log, terms: &[String], combinator: SearchCombinator, invert: bool) -> Log {
    let keep = |text: &str| {
        let wanted = |line: &&str| {
            let found = match combinator {
                SearchCombinator::Or => terms.iter().any(|term| line.contains(term.as_str())),
                SearchCombinator::And => terms.iter().all(|term| line.contains(term.as_str())),
            };
            found != invert
        };
        let mut kept: Vec<&str> = text.lines().filter(wanted).collect();
        kept.push("");
        if kept.len() == 1 { String::new() } else { kept.join("\n") }
    };
    log.stdout = keep(&log.stdout);
    log.stderr = keep(&log.stderr);
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_by_their_terms() {
        let found = |terms: &[&str], combinator, invert| {
            let log = Log { stdout: "a b\nb c\nd\n".into(), ..Log::default() };
            let terms: Vec<_> = terms.iter().map(|term| (*term).to_owned()).collect();
            search(log, &terms, combinator, invert).stdout
        };
        assert_eq!(found(&["a", "c"], SearchCombinator::Or, false), "a b\nb c\n");
        assert_eq!(found(&["b", "c"], SearchCombinator::And, false), "b c\n");
        assert_eq!(found(&["b"], SearchCombinator::Or, true), "d\n");
        assert_eq!(found(&["x"], SearchCombinator::Or, false), "");
    }
}
