//! Canaries: secrets that are used nowhere else, and looked for everywhere at
//! the end of a scenario, in every form that they could have got out in.
//!
//! Each Core and each agent looks through its log, its folder and its database when it ends;
//! where a secret may be, by design, says [`ALLOWED`], and nothing else does.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use mongodb::bson::RawDocumentBuf;

/// A file in which a kind of secret is by design, with the reason.
pub struct Allowed {
    /// The end of the file's path; in MongoDB, DATABASE/COLLECTION.
    pub path: &'static str,
    /// The kinds of secrets; a `*` is all of them.
    pub kind: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Where secrets are on disk by design.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        path: "/.env",
        kind: "*",
        reason: "compose reads the environment of a stack from it: 0600, replaced at each deploy",
    },
    Allowed {
        path: "/app.env",
        kind: "sops",
        reason: "compose reads the decrypted file beside the encrypted one: 0600",
    },
    Allowed {
        path: "/compose.yaml",
        kind: "compose-variable",
        reason: "a person put the secret into the text of the compose file, which compose reads: 0600",
    },
    Allowed { path: "/compose.yaml", kind: "odd variable", reason: "the same" },
    Allowed {
        path: ".sqlite",
        kind: "environment",
        reason: "the text of a stack's environment is configuration; secrets in it are [[NAMES]]",
    },
    Allowed { path: ".sqlite-wal", kind: "environment", reason: "the write-ahead log of the same" },
    Allowed { path: "/Stack", kind: "environment", reason: "the same in MongoDB" },
    Allowed { path: "/Update", kind: "environment", reason: "the record of who wrote it" },
];

/// A secret that was found where none may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its kind.
    pub kind: String,
    /// The form it has there.
    pub form: &'static str,
    /// Where.
    pub place: String,
    /// What is around it.
    pub near: String,
}

/// The secrets of a scenario. Clones are the same ones.
#[derive(Clone, Default)]
pub struct Canaries(Arc<Mutex<Vec<(String, String)>>>);

/// A text that nothing else contains: 24 letters and digits.
pub fn unique() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    let text: String = format!("{:016x}{:016x}", random(), random());
    // Letters of all kinds, so that each form differs from the others.
    text.char_indices()
        .map(|(at, letter)| if at % 3 == 0 { letter.to_ascii_uppercase() } else { letter })
        .take(24)
        .collect()
}

impl Canaries {
    /// A new secret of a kind: fit for a header, a URL and an env file.
    pub fn make(&self, kind: &str) -> String {
        self.keep(kind, unique())
    }

    /// A new secret that has to be escaped wherever it is written.
    pub fn make_odd(&self, kind: &str) -> String {
        let core = self.make(kind);
        format!("p\"&<%{core}'+/é")
    }

    /// Looks for a secret that somebody else made; returns it.
    pub fn keep(&self, kind: &str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.is_empty() && !all.iter().any(|(_, known)| *known == secret) {
            all.push((kind.to_owned(), secret.clone()));
        }
        secret
    }

    /// Looks for the secrets among the settings of a program.
    pub fn keep_settings(&self, settings: &[(String, String)]) {
        let secret =
            |name: &str| ["SECRET", "PASS", "TOKEN", "KEY"].iter().any(|w| name.contains(w));
        for (name, value) in settings {
            // Where a secret is kept is none.
            if secret(name) && !name.ends_with("_FILE") && !value.starts_with(['/', '[']) {
                self.keep(name, value);
            }
        }
    }

    fn finder(&self) -> Finder {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut known, mut texts) = (Vec::new(), Vec::new());
        for (kind, secret) in all {
            for (form, text) in forms(&secret) {
                known.push((kind.clone(), form));
                texts.push(text);
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostFirst)
            .build(texts)
            .expect("a scenario has few secrets");
        Finder { known, automaton }
    }

    /// What is found in some bytes.
    pub fn search(&self, place: &str, bytes: &[u8]) -> Vec<Found> {
        self.finder().search(place, bytes)
    }

    /// What is found in the files of a folder where it may not be.
    pub fn search_folder(&self, place: &str, folder: &Path) -> Vec<Found> {
        let finder = self.finder();
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file()
                    // It may go while it is looked at.
                    && let Ok(bytes) = std::fs::read(&path)
                {
                    let shown = path.display().to_string();
                    let mut here = finder.search(&format!("{place}: {shown}"), &bytes);
                    here.retain(|found| !is_allowed(&shown, &found.kind));
                    found.extend(here);
                }
            }
        }
        found
    }

    /// What is found in the documents of a MongoDB's database where it may not be.
    pub async fn search_database(&self, uri: &str, database: &str) -> Vec<Found> {
        let finder = self.finder();
        let client = mongodb::Client::with_uri_str(uri).await.expect("the address of a MongoDB");
        let database = client.database(database);
        let mut found: Vec<Found> = Vec::new();
        for name in database.list_collection_names().await.expect("MongoDB answers") {
            let place = format!("MongoDB: {}/{name}", database.name());
            let collection = database.collection::<RawDocumentBuf>(&name);
            let all = collection.find(Default::default()).await;
            let mut documents = all.expect("MongoDB answers");
            while documents.advance().await.expect("MongoDB answers") {
                let mut here = finder.search(&place, documents.current().as_bytes());
                here.retain(|new| !is_allowed(&place, &new.kind) && !found.contains(new));
                found.extend(here);
            }
        }
        found
    }
}

/// Every form of every secret, ready to be looked for in many files.
struct Finder {
    /// The kind and the form of each text that is looked for.
    known: Vec<(String, &'static str)>,
    automaton: AhoCorasick,
}

impl Finder {
    fn search(&self, place: &str, bytes: &[u8]) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for hit in self.automaton.find_iter(bytes) {
            let (kind, form) = &self.known[hit.pattern().as_usize()];
            // Once for each kind and form is enough to be told.
            if found.iter().any(|known| known.kind == *kind && known.form == *form) {
                continue;
            }
            let near = &bytes[hit.start().saturating_sub(200)..bytes.len().min(hit.end() + 60)];
            let near = String::from_utf8_lossy(near).into_owned();
            found.push(Found { kind: kind.clone(), form, place: place.to_owned(), near });
        }
        found
    }
}

fn is_allowed(path: &str, kind: &str) -> bool {
    ALLOWED.iter().any(|allowed| {
        (allowed.kind == "*" || allowed.kind == kind) && path.ends_with(allowed.path)
    })
}

/// Fails the test that ends with what was found. A test that fails already is
/// let alone: what it says comes first.
pub fn nothing_got_out(found: &[Found]) {
    if !found.is_empty() && !std::thread::panicking() {
        let lines: Vec<_> = found
            .iter()
            .map(|found| {
                let Found { kind, form, place, near } = found;
                format!("- {kind} ({form}) in {place}, near:\n{near}\n")
            })
            .collect();
        panic!("{} secrets got out:\n{}", found.len(), lines.join("\n"));
    }
}

/// The forms of a secret, none of them short.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::to_string(secret).unwrap_or_default();
    let url = |space: &str| -> String {
        let byte = |byte: u8| match byte {
            b' ' => space.to_owned(),
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        };
        secret.bytes().map(byte).collect()
    };
    let mut forms = vec![
        ("plain", secret.to_owned()),
        ("JSON", json.trim_matches('"').to_owned()),
        ("URL", url("+")),
        ("URL", url("%20")),
        ("hex", hex::encode(secret)),
        ("hex", hex::encode_upper(secret)),
        ("backwards", secret.chars().rev().collect()),
    ];
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        // What is the same whatever stands before and after it.
        let (from, to) = ((before * 8usize).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(("base64", engine.encode(&bytes)[from..to].to_owned()));
        }
    }
    forms.retain(|(_, text)| text.len() >= 8);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_is_found_in_every_form() {
        let canaries = Canaries::default();
        let odd = canaries.make_odd("odd");
        let plain = canaries.keep("plain", "a password of eight words or so");
        let encode = |text: String| STANDARD_NO_PAD.encode(text);
        for (form, text) in [
            ("plain", format!("x {odd} y")),
            ("plain", serde_json::to_string(&odd).unwrap()),
            ("hex", hex::encode(&odd)),
            ("base64", encode(odd.clone())),
            ("base64", encode(format!("a{odd}bc"))),
            ("base64", encode(format!("ab{odd}"))),
            ("base64", encode(format!("robot:{plain}\n"))),
            ("URL", "?p=a+password+of+eight+words+or+so".into()),
            ("URL", "?p=a%20password%20of%20eight%20words%20or%20so".into()),
        ] {
            let found = canaries.search("here", text.as_bytes());
            assert_eq!(found.first().map(|found| found.form), Some(form), "{text}");
        }
        assert_eq!(canaries.search("here", b"an innocent text"), []);
        assert_ne!(canaries.make("a"), canaries.make("a"));
    }

    #[test]
    fn a_planted_file_is_found_unless_it_is_one_by_design() {
        let canaries = Canaries::default();
        let secret = canaries.make("variable");
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("\0\u{1}{secret}\n")).unwrap();
        };
        write("stacks/a/.env");
        assert_eq!(canaries.search_folder("the agent", folder.path()), []);
        for name in ["repos/a/.git/config", "state.sqlite-wal", "deep/er/jobs/1"] {
            write(name);
            let found = canaries.search_folder("the agent", folder.path());
            assert!(found.iter().any(|found| found.place.ends_with(name)), "{found:?}");
        }
    }

    #[test]
    #[should_panic(expected = "1 secrets got out")]
    fn what_got_out_fails_the_test() {
        let canaries = Canaries::default();
        let secret = canaries.make("token");
        nothing_got_out(&canaries.search("a log", secret.as_bytes()));
    }
}
