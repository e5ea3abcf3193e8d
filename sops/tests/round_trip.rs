//! What this crate encrypts it decrypts, whatever stands in it; and what it writes hides
//! every value it should.

use proptest::prelude::*;
use varanus_sops::{
    Format, Identities, Kind, Options, Recipient, Rule, decrypt, encrypt, is_encrypted, recipients,
};

fn keys(which: &str) -> Identities {
    let text = match which {
        "one" => include_str!("vectors/keys/age1.txt"),
        "two" => include_str!("vectors/keys/age2.txt"),
        _ => include_str!("vectors/keys/all.txt"),
    };
    Identities::parse(text).unwrap()
}

fn there_and_back(plain: &[u8], format: Format, options: &Options) -> Vec<u8> {
    let keys = keys("one");
    let file = encrypt(plain, format, &keys.recipients(), options).unwrap();
    assert!(is_encrypted(&file, format));
    decrypt(&file, format, &keys).unwrap().to_vec()
}

fn options(rule: Rule, mac_only_encrypted: bool) -> Options {
    Options { rule, mac_only_encrypted, ..Options::default() }
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        Just(Rule::default()),
        Just(Rule::UnencryptedSuffix("_u".to_owned())),
        Just(Rule::EncryptedSuffix("A".to_owned())),
        Just(Rule::EncryptedRegex("^[A-M]".to_owned())),
        Just(Rule::UnencryptedRegex("[0-9]".to_owned())),
        Just(Rule::EncryptedCommentRegex("secret".to_owned())),
        Just(Rule::UnencryptedCommentRegex("open".to_owned())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(there_and_back(&content, Format::Binary, &Options::default()), content);
    }

    #[test]
    fn any_dotenv(
        lines in proptest::collection::vec("([A-Z][A-Z0-9]{0,8}(_u)?=[^\n\r]{0,20})|(#( secret| open|x)?)", 0..8),
        rule in rule(),
        mac_only in any::<bool>(),
    ) {
        let plain: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let back = there_and_back(plain.as_bytes(), Format::Dotenv, &options(rule, mac_only));
        prop_assert_eq!(String::from_utf8(back).unwrap(), plain);
    }

    #[test]
    fn any_texts_and_keys_in_yaml_and_json(
        pairs in proptest::collection::btree_map("\\PC{1,12}|[a-z]{1,4}\n[ x]{0,3}", any_text(), 1..6),
        rule in rule(),
    ) {
        prop_assume!(!pairs.contains_key("sops"));
        prop_assume!(!pairs.iter().any(|(key, text)| has_old_break(key) || has_old_break(text)));
        let json = serde_json::to_vec(&pairs).unwrap();
        let options = options(rule, false);
        let back = there_and_back(&json, Format::Json, &options);
        let back: std::collections::BTreeMap<String, String> = serde_json::from_slice(&back).unwrap();
        prop_assert_eq!(&back, &pairs);
        // JSON is YAML; written as YAML it must still read as the same.
        let yaml = there_and_back(&json, Format::Yaml, &options);
        prop_assert_eq!(there_and_back(&yaml, Format::Yaml, &options), yaml);
    }
}

/// Breaks of lines in YAML 1.1 alone. `sops` writes them so that only its readers get the
/// same text back.
fn has_old_break(text: &str) -> bool {
    text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

#[test]
fn a_break_of_yaml_1_1_is_written_as_sops_does_and_comes_back_in_json() {
    let plain = "{\"a\": \"\u{2028}0\"}".as_bytes();
    let options = Options::default();
    let yaml = there_and_back(plain, Format::Yaml, &options);
    assert_eq!(String::from_utf8(yaml).unwrap(), "a: '\u{2028}    0'\n");
    let back = there_and_back(plain, Format::Json, &options);
    let back: serde_json::Value = serde_json::from_slice(&back).unwrap();
    assert_eq!(back["a"], "\u{2028}0");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        "[a-z #:'\"\\\\\n\t-]{0,20}",
        "[0-9.eE+_:-]{0,12}",
        "[ \n]{0,4}x?\n{0,3}"
    ]
}

#[test]
fn values_are_hidden_and_rules_are_kept_to() {
    let keys = keys("one");
    let plain = b"a:\n    password: hunter2\n    user: bob\n# why\nn: 1\n";
    let file = encrypt(plain, Format::Yaml, &keys.recipients(), &Options::default()).unwrap();
    let text = String::from_utf8(file).unwrap();
    for hidden in ["hunter2", "bob", "why", "n: 1"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    let some = options(Rule::EncryptedRegex("^password$".to_owned()), false);
    let file = encrypt(plain, Format::Yaml, &keys.recipients(), &some).unwrap();
    let text = String::from_utf8(file).unwrap();
    assert!(text.contains("user: bob\n# why\n") && !text.contains("hunter2"));
}

#[test]
fn a_key_split_over_groups_needs_as_many_as_the_threshold() {
    let options = Options { more_groups: vec![keys("two").recipients()], ..Options::default() };
    let file = encrypt(b"A=1\n", Format::Dotenv, &keys("one").recipients(), &options).unwrap();
    assert_eq!(recipients(&file, Format::Dotenv).unwrap().len(), 2);
    let error = decrypt(&file, Format::Dotenv, &keys("one")).unwrap_err();
    assert_eq!(error.kind(), Kind::NoKey);
    let both = keys("one").and(keys("two"));
    assert_eq!(*decrypt(&file, Format::Dotenv, &both).unwrap(), b"A=1\n");
}

#[test]
fn what_cannot_be_encrypted_says_why() {
    let to = keys("one").recipients();
    let encrypt =
        |plain: &[u8], format| encrypt(plain, format, &to, &Options::default()).unwrap_err();
    assert_eq!(encrypt(b"no equals sign", Format::Dotenv).kind(), Kind::BadPlain);
    assert_eq!(encrypt(b"[1]", Format::Json).kind(), Kind::BadPlain);
    assert_eq!(encrypt(b"sops: {a: 1}\n", Format::Yaml).kind(), Kind::BadPlain);
    let error = encrypt(b"a: hunter2\nb: [\n", Format::Yaml);
    assert!(!error.to_string().contains("hunter2"));
    let nobody = varanus_sops::encrypt(b"A=1\n", Format::Dotenv, &[], &Options::default());
    assert_eq!(nobody.unwrap_err().kind(), Kind::BadKey);
    assert!("age1nonsense".parse::<Recipient>().is_err());
}
