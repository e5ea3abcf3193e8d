//! In which order things are deployed: pure.

use std::collections::HashSet;

use varanus_proto::entity::resource::ResourceTargetVariant as Variant;
use varanus_proto::{Error, Result};

/// A stack or a deployment, by its kind and its name.
pub type Name = (Variant, String);

/// What is declared with `deploy = true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub name: Name,
    /// What has to be healthy before it begins, as far as that is deployed too.
    pub after: Vec<Name>,
    /// Why it is to be deployed; `None` where nothing asks for it by itself.
    pub reason: Option<String>,
    /// Whether it is deployed because something that it comes after is.
    pub follows: bool,
}

/// What is deployed, in waves: a wave begins when all of the former is healthy.
///
/// Errors: `Invalid` for things that wait for each other.
pub fn waves(mut candidates: Vec<Candidate>) -> Result<Vec<Vec<Candidate>>> {
    follow(&mut candidates);
    let mut left: Vec<Candidate> =
        candidates.into_iter().filter(|candidate| candidate.reason.is_some()).collect();
    let mut waves = Vec::new();
    while !left.is_empty() {
        let waiting: HashSet<Name> = left.iter().map(|one| one.name.clone()).collect();
        let (now, later): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|candidate| !candidate.after.iter().any(|name| waiting.contains(name)));
        if now.is_empty() {
            return Err(Error::invalid(format!(
                "these are deployed after each other, so that none can be the first: {}; take one \
                 of their `after` away",
                circle(&later)
            )));
        }
        waves.push(now);
        left = later;
    }
    Ok(waves)
}

/// What comes after something that is deployed is deployed again.
fn follow(candidates: &mut [Candidate]) {
    loop {
        let deployed: HashSet<Name> = candidates
            .iter()
            .filter(|candidate| candidate.reason.is_some())
            .map(|candidate| candidate.name.clone())
            .collect();
        let mut any = false;
        for candidate in candidates.iter_mut().filter(|one| one.reason.is_none() && one.follows) {
            if let Some((_, name)) = candidate.after.iter().find(|name| deployed.contains(name)) {
                candidate.reason = Some(format!("{name:?} is deployed before it"));
                any = true;
            }
        }
        if !any {
            return;
        }
    }
}

/// One circle among things that all wait for another of them.
fn circle(waiting: &[Candidate]) -> String {
    let next = |of: &Candidate| {
        waiting.iter().find(|other| of.after.contains(&other.name)).unwrap_or(&waiting[0])
    };
    let mut seen: Vec<&Name> = Vec::new();
    let mut at = &waiting[0];
    while !seen.contains(&&at.name) {
        seen.push(&at.name);
        at = next(at);
    }
    let begin = seen.iter().position(|name| **name == at.name).unwrap_or_default();
    let mut names: Vec<_> = seen[begin..].iter().map(|(_, name)| format!("{name:?}")).collect();
    names.push(format!("{:?}", at.name.1));
    names.join(" after ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(name: &str) -> Name {
        (Variant::Stack, name.to_owned())
    }

    fn one(of: &str, after: &[&str], reason: Option<&str>) -> Candidate {
        Candidate {
            name: name(of),
            after: after.iter().map(|after| name(after)).collect(),
            reason: reason.map(str::to_owned),
            follows: true,
        }
    }

    fn names(waves: &[Vec<Candidate>]) -> Vec<Vec<String>> {
        let sorted = |wave: &Vec<Candidate>| {
            let mut names: Vec<_> = wave.iter().map(|one| one.name.1.clone()).collect();
            names.sort_unstable();
            names
        };
        waves.iter().map(sorted).collect()
    }

    #[test]
    fn each_begins_after_those_that_it_comes_after() {
        let waves = waves(vec![
            one("app", &["db", "proxy"], Some("new")),
            one("db", &[], Some("new")),
            one("proxy", &["db"], Some("new")),
            one("alone", &[], Some("new")),
        ]);
        assert_eq!(names(&waves.unwrap()), [vec!["alone", "db"], vec!["proxy"], vec!["app"]]);
    }

    #[test]
    fn what_is_not_deployed_holds_up_nobody_and_what_follows_is_deployed_too() {
        let found = waves(vec![
            one("app", &["db"], None),
            one("db", &[], Some("changed")),
            one("other", &["quiet"], Some("new")),
            one("quiet", &[], None),
        ])
        .unwrap();
        assert_eq!(names(&found), [vec!["db", "other"], vec!["app"]]);
        assert_eq!(found[1][0].reason.as_deref(), Some("\"db\" is deployed before it"));
    }

    #[test]
    fn what_must_not_be_deployed_does_not_follow() {
        let mut app = one("app", &["db"], None);
        app.follows = false;
        let found = waves(vec![app, one("db", &[], Some("changed"))]).unwrap();
        assert_eq!(names(&found), [vec!["db"]]);
    }

    #[test]
    fn things_that_wait_for_each_other_are_named() {
        let error = waves(vec![
            one("a", &["b"], Some("new")),
            one("b", &["c"], Some("new")),
            one("c", &["b"], Some("new")),
        ])
        .unwrap_err();
        assert!(error.to_string().contains("\"b\" after \"c\" after \"b\""), "{error}");
    }

    proptest! {
        #[test]
        fn every_candidate_with_a_reason_is_in_one_wave_and_no_wave_is_too_early(
            edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..30),
        ) {
            // Each comes after smaller ones alone: no circles.
            let label = |at: usize| format!("n{at}");
            let candidates: Vec<_> = (0..12).map(|at| {
                let after: Vec<_> = edges.iter()
                    .filter(|(from, to)| *from == at && to < from)
                    .map(|(_, to)| label(*to)).collect();
                let after: Vec<&str> = after.iter().map(String::as_str).collect();
                one(&label(at), &after, (at % 3 != 2).then_some("new"))
            }).collect();
            let waves = waves(candidates).unwrap();
            let flat: Vec<_> = waves.iter().flatten().collect();
            for at in (0..12).filter(|at| at % 3 != 2) {
                let times = flat.iter().filter(|one| one.name.1 == label(at)).count();
                prop_assert_eq!(times, 1);
            }
            for (at, wave) in waves.iter().enumerate() {
                for one in wave {
                    let later = waves[at..].iter().flatten();
                    for other in later {
                        prop_assert!(!one.after.contains(&other.name) || one.name == other.name);
                    }
                }
            }
        }
    }
}
