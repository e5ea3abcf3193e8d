//! Encrypted files, which a repository brings along.

use varanus_sops::{Format, Identities, Options, decrypt, encrypt, is_encrypted, recipients};

/// A key of tests alone, for which some of the seeds are encrypted.
const KEYS: &str = include_str!("../../sops/tests/vectors/keys/age1.txt");

/// A file is decrypted or refused without a word of what it holds; what can be
/// encrypted can be decrypted, and is the same when that is done again.
///
/// The first letter says the format; a capital one, that the rest is plain.
pub(crate) fn files(data: &[u8]) {
    let (which, text) = data.split_first().unwrap_or((&0, &[]));
    let format = match which.to_ascii_lowercase() {
        b'd' => Format::Dotenv,
        b'j' => Format::Json,
        b'y' => Format::Yaml,
        b'i' => Format::Ini,
        _ => Format::Binary,
    };
    let keys = Identities::parse(KEYS).expect("the keys of tests are keys");
    let _ = Format::detect("x.env", text);
    if is_encrypted(text, format) {
        let _ = recipients(text, format);
    }
    if let Err(error) = decrypt(text, format, &keys) {
        assert!(error.to_string().len() < 2000, "{error}");
    }
    if !which.is_ascii_uppercase() {
        return;
    }
    let close = |plain: &[u8]| encrypt(plain, format, &keys.recipients(), &Options::default());
    let Ok(closed) = close(text) else { return };
    assert!(is_encrypted(&closed, format));
    let open = |closed: &[u8]| match decrypt(closed, format, &keys) {
        Ok(plain) => plain,
        Err(error) => panic!("{error}\n{}", String::from_utf8_lossy(closed)),
    };
    let plain = open(&closed);
    let Ok(again) = close(&plain) else {
        panic!("not read again:\n{}", String::from_utf8_lossy(&plain))
    };
    let text = String::from_utf8_lossy(&plain);
    assert_eq!(told(&open(&again), format), told(&plain, format), "{text}");
}

/// What a file says. `sops` takes the sign off a comment of INI, and gives it the one
/// that comes then: `;# so` becomes `# so`, and that becomes `; so`.
fn told(plain: &[u8], format: Format) -> Vec<u8> {
    let is_comment = |line: &[u8]| line.starts_with(b";") || line.starts_with(b"#");
    match format {
        Format::Ini => {
            let lines = plain.split(|byte| *byte == b'\n').filter(|line| !is_comment(line));
            lines.collect::<Vec<_>>().join(&b'\n')
        }
        _ => plain.to_vec(),
    }
}
