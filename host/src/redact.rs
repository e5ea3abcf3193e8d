//! Keeps live secret values out of everything that is shown or logged.

mod forms;

use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// Replaces secret values by `<NAME>`, in every form in which they may appear:
/// as they are, escaped, quoted, encoded, and line by line. Clones know the same
/// values.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    /// Forms, each with what is shown instead.
    forms: Vec<(String, String)>,
    /// Finds them; none while there are none.
    finder: Option<AhoCorasick>,
}

impl Known {
    /// Gets ready to find what it knows.
    fn learn(&mut self) {
        // Keys are long: of all kinds this one takes the least memory for them.
        // The longest wins: a secret may contain another.
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(self.forms.iter().map(|(form, _)| form))
            .expect("secrets of a deploy are no gigabytes");
        self.finder = Some(finder);
    }
}

impl Redactor {
    /// With values and their names.
    pub fn new(secrets: &[(String, String)]) -> Self {
        let redactor = Self::default();
        redactor.add_all(secrets.iter().map(|(value, name)| (value.as_str(), name.as_str())));
        redactor
    }

    /// With what another one knew.
    pub fn of_forms(forms: Vec<(String, String)>) -> Self {
        let mut known = Known { forms, finder: None };
        known.learn();
        Self { known: Arc::new(RwLock::new(known)) }
    }

    /// All that is known: forms and what is shown for them. As secret as the
    /// values themselves.
    pub fn forms(&self) -> Vec<(String, String)> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).forms.clone()
    }

    /// Knows one more value.
    pub fn add(&self, value: &str, name: &str) {
        self.add_all([(value, name)]);
    }

    /// Knows more values, each with its name.
    pub fn add_all<'a>(&self, secrets: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.forms.len();
        for (value, name) in secrets {
            for form in forms::of(value) {
                if !known.forms.iter().any(|(known, _)| *known == form) {
                    known.forms.push((form, format!("<{name}>")));
                }
            }
        }
        if known.forms.len() > before {
            known.learn();
        }
    }

    /// The text without secrets.
    pub fn redact(&self, text: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(finder) = &known.finder else { return text.to_owned() };
        let mut shown = String::with_capacity(text.len());
        finder.replace_all_with(text, &mut shown, |found, _, shown| {
            shown.push_str(&known.forms[found.pattern().as_usize()].1);
            true
        });
        shown
    }

    /// Takes the secrets out of the beginning of a longer text, and says how
    /// much of what is left may be passed on: what comes after that may be the
    /// beginning of a secret.
    pub fn redact_beginning(&self, text: &mut Vec<u8>) -> usize {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let Some(finder) = &known.finder else { return text.len() };
        let mut shown = Vec::with_capacity(text.len());
        finder.replace_all_with_bytes(text, &mut shown, |found, _, shown| {
            shown.extend_from_slice(known.forms[found.pattern().as_usize()].1.as_bytes());
            true
        });
        *text = shown;
        let longest = known.forms.iter().map(|(form, _)| form.len()).max().unwrap_or_default();
        let from = text.len().saturating_sub(longest);
        let begins = |at: &usize| {
            known.forms.iter().any(|(form, _)| form.as_bytes().starts_with(&text[*at..]))
        };
        (from..text.len()).find(begins).unwrap_or(text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let redactor = Redactor::new(&[("p@ss \"word\" <1>".into(), "PASSWORD".into())]);
        for text in [
            "x p@ss \"word\" <1> y",
            r#"{"a":"p@ss \"word\" <1>"}"#,
            r#"{"a":"p@ss \"word\" \u003c1\u003e"}"#,
            "Basic cEBzcyAid29yZCIgPDE+",
            "?a=p%40ss+%22word%22+%3C1%3E",
            "?a=p%40ss%20%22word%22%20%3C1%3E",
            "?a=p%40ss%20%22word%22%20%3c1%3e",
            "704073732022776f726422203c313e",
            "704073732022776F726422203C313E",
        ] {
            let shown = redactor.redact(text);
            assert!(shown.contains("<PASSWORD>"), "{text} became {shown}");
        }
    }

    #[test]
    fn a_secret_is_hidden_within_what_is_encoded_with_it() {
        use base64::Engine as _;
        let redactor = Redactor::new(&[("hunter2-and-more".into(), "TOKEN".into())]);
        for user in ["", "a", "ab", "abc", "robot:"] {
            for after in ["", "x", "xy", "\n"] {
                let login = format!("{user}hunter2-and-more{after}");
                let encoded = base64::engine::general_purpose::STANDARD.encode(login);
                let shown = redactor.redact(&encoded);
                assert!(shown.contains("<TOKEN>"), "{encoded} became {shown}");
            }
        }
    }

    #[test]
    fn a_secret_is_hidden_when_a_shell_or_yaml_quotes_it() {
        let redactor = Redactor::new(&[("it's a secret".into(), "S".into())]);
        for text in [r"echo 'it'\''s a secret'", "a: 'it''s a secret'", "echo \"it's a secret\""] {
            assert!(redactor.redact(text).contains("<S>"), "{}", redactor.redact(text));
        }
    }

    #[test]
    fn the_longest_secret_wins_and_tiny_ones_are_left() {
        let secrets =
            [("abc".into(), "A".into()), ("abcdef".into(), "B".into()), ("a".into(), "C".into())];
        assert_eq!(Redactor::new(&secrets).redact("abcdef abc a"), "<B> <A> a");
    }

    #[test]
    fn the_beginning_of_a_secret_is_not_passed_on() {
        let redactor = Redactor::new(&[("hunter2".into(), "P".into())]);
        for (text, left, safe) in [
            ("a hunter2 b", "a <P> b", 7),
            ("a hunter2 hun", "a <P> hun", 6),
            ("a hunterhunt", "a hunterhunt", 8),
            ("", "", 0),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            assert_eq!(redactor.redact_beginning(&mut bytes), safe, "{text}");
            assert_eq!(String::from_utf8(bytes).unwrap(), left);
        }
    }
}
