//! Keeps live secret values out of everything that is shown or logged.

use std::sync::{Arc, PoisonError, RwLock};

/// Secrets shorter than this are too likely to be ordinary text.
const SHORTEST: usize = 3;

/// Replaces secret values by `<NAME>`, in every form in which they may appear:
/// as they are, JSON-escaped, base64, URL-encoded, and line by line.
#[derive(Clone, Default)]
pub struct Redactor {
    forms: Arc<RwLock<Vec<(String, String)>>>,
}

impl Redactor {
    /// With values and their names.
    pub fn new(secrets: &[(String, String)]) -> Self {
        let redactor = Self::default();
        for (value, name) in secrets {
            redactor.add(value, name);
        }
        redactor
    }

    /// With what another one knew.
    pub fn of_forms(forms: Vec<(String, String)>) -> Self {
        Self { forms: Arc::new(RwLock::new(forms)) }
    }

    /// All that is known: forms and what is shown for them. As secret as the
    /// values themselves.
    pub fn forms(&self) -> Vec<(String, String)> {
        self.forms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Knows one more value.
    pub fn add(&self, value: &str, name: &str) {
        let shown = format!("<{name}>");
        let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms_of(value) {
            if form.len() >= SHORTEST && !forms.iter().any(|(known, _)| *known == form) {
                forms.push((form, shown.clone()));
            }
        }
        // The longest first: a secret may contain another.
        forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    }

    /// The text without secrets.
    pub fn redact(&self, text: &str) -> String {
        let forms = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = text.to_owned();
        for (form, shown) in forms.iter() {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), shown);
            }
        }
        text
    }
}

fn forms_of(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    if let Ok(json) = serde_json::to_string(value) {
        forms.push(json.trim_matches('"').to_owned());
    }
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    forms.push(STANDARD.encode(value).trim_end_matches('=').to_owned());
    forms.push(URL_SAFE.encode(value).trim_end_matches('=').to_owned());
    forms.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
    // A key of several lines is printed line by line.
    if value.contains('\n') {
        forms.extend(value.lines().map(str::trim).filter(|l| l.len() > 7).map(str::to_owned));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        let redactor = Redactor::new(&[("p@ss \"word\"".into(), "PASSWORD".into())]);
        for text in [
            "x p@ss \"word\" y",
            r#"{"a":"p@ss \"word\""}"#,
            "Basic cEBzcyAid29yZCI=",
            "?a=p%40ss+%22word%22",
        ] {
            let shown = redactor.redact(text);
            assert!(shown.contains("<PASSWORD>"), "{text} became {shown}");
        }
    }

    #[test]
    fn the_longest_secret_wins_and_tiny_ones_are_left() {
        let secrets =
            [("abc".into(), "A".into()), ("abcdef".into(), "B".into()), ("a".into(), "C".into())];
        assert_eq!(Redactor::new(&secrets).redact("abcdef abc a"), "<B> <A> a");
    }
}
