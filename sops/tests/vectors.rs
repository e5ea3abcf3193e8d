//! What the `sops` program encrypted is decrypted byte for byte as it does, and what was
//! tampered with is refused.

use std::fs;
use std::path::{Path, PathBuf};

use varanus_sops::{Format, Identities, Kind, decrypt, is_encrypted};

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(folder)
}

fn keys(name: &str) -> Identities {
    Identities::parse(&fs::read_to_string(vectors("keys").join(name)).unwrap()).unwrap()
}

fn format(path: &Path) -> Format {
    Format::of_path(path).unwrap_or(Format::Binary)
}

fn encrypted() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(vectors("enc")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_file_of_sops_is_decrypted_as_sops_does() {
    let keys = keys("all.txt");
    let files = encrypted();
    assert!(files.len() > 25);
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap();
        let expected = fs::read(vectors("dec").join(name)).unwrap();
        match decrypt(&fs::read(&file).unwrap(), format(&file), &keys) {
            Ok(plain) if *plain == expected => {}
            Ok(plain) => wrong.push(format!(
                "{name:?} is\n{}\nnot\n{}",
                String::from_utf8_lossy(&plain),
                String::from_utf8_lossy(&expected)
            )),
            Err(error) => wrong.push(format!("{name:?}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_was_tampered_with_is_refused_and_says_how() {
    let keys = keys("all.txt");
    for (name, kind) in [
        ("deleted-line.yaml", Kind::MacMismatch),
        ("nomac.yaml", Kind::MacMismatch),
        ("flipped.yaml", Kind::Damaged),
    ] {
        let text = fs::read(vectors("bad").join(name)).unwrap();
        let error = decrypt(&text, Format::Yaml, &keys).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn any_single_changed_character_of_a_value_is_noticed() {
    let keys = keys("age1.txt");
    let text = fs::read_to_string(vectors("enc").join("full.regex.env")).unwrap();
    for (old, new) in [
        ("HASH=a#b", "HASH=a#c"),
        ("SPACES=two", "SPACES=tow"),
        ("LAST=ENC", "LOST=ENC"),
        ("A=1\n", ""),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text);
        let error = decrypt(changed.as_bytes(), Format::Dotenv, &keys).unwrap_err();
        assert!(matches!(error.kind(), Kind::MacMismatch | Kind::Damaged), "{old}: {error}");
    }
}

#[test]
fn a_file_for_others_names_its_recipients() {
    let keys = keys("age3.txt");
    let file = vectors("enc").join("full.env");
    let error = decrypt(&fs::read(&file).unwrap(), Format::Dotenv, &keys).unwrap_err();
    assert_eq!(error.kind(), Kind::NoKey);
    assert!(
        error
            .to_string()
            .contains("age1l6unhs5t9nlrten6nwj02ewmnxlv4754rs9q04j7xu48jprs2f0sykdkhu")
    );
}

#[test]
fn one_group_of_two_is_not_enough() {
    for name in ["groups2.yaml", "groups2.env"] {
        let file = vectors("enc").join(name);
        let error =
            decrypt(&fs::read(&file).unwrap(), format(&file), &keys("age1.txt")).unwrap_err();
        assert_eq!(error.kind(), Kind::NoKey);
        assert!(error.to_string().starts_with("the file needs keys of 2 groups and ours open 1"));
    }
}

#[test]
fn encrypted_files_are_told_from_plain_ones() {
    for file in encrypted() {
        let name = file.file_name().unwrap();
        let text = fs::read(&file).unwrap();
        assert!(is_encrypted(&text, format(&file)), "{name:?}");
        assert_eq!(Format::detect(&file, &text), Some(format(&file)), "{name:?}");
        let plain = fs::read(vectors("dec").join(name)).unwrap();
        assert!(!is_encrypted(&plain, format(&file)), "{name:?}");
        let error = decrypt(&plain, format(&file), &keys("all.txt")).unwrap_err();
        assert_eq!(error.kind(), Kind::NotSops, "{name:?}");
    }
    let dotenv = fs::read(vectors("enc").join("full.env")).unwrap();
    assert_eq!(Format::detect("app.env.enc", &dotenv), Some(Format::Dotenv));
    assert_eq!(Format::detect("notes.txt", b"about sops"), None);
}
