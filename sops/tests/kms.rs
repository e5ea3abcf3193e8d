//! Files this crate cannot open say so, instead of seeming to lack a key.

use varanus_sops::{Format, Identities, Kind, decrypt};

#[test]
fn a_file_closed_with_kms_only_is_not_supported() {
    let keys = Identities::parse(include_str!("vectors/keys/age1.txt")).unwrap();
    let file = br#"{
        "a": "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
        "sops": {
            "kms": [{"arn": "arn:aws:kms:x", "enc": "AA=="}], "age": null,
            "lastmodified": "2026-01-01T00:00:00Z", "mac": "", "version": "3.9.0"
        }
    }"#;
    let error = decrypt(file, Format::Json, &keys).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert_eq!(
        error.to_string(),
        "not supported: the file is encrypted with kms only; add an age recipient to it"
    );
}
