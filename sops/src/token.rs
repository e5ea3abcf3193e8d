//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`. The key path is
//! authenticated with it, so a value cannot be moved to another key unnoticed.

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::value::Value;

/// The key all values of one document are encrypted with.
pub(crate) type DataKey = Zeroizing<[u8; 32]>;

const PREFIX: &str = "ENC[AES256_GCM,";
/// SOPS writes nonces of this size; the usual 12 are read as well.
const NONCE: usize = 32;

/// Decrypts a token with the text authenticated beside it. An empty token is an empty
/// string. The error says what is wrong and never a part of the value.
pub(crate) fn open(token: &[u8], key: &DataKey, beside: &str) -> Result<Value, &'static str> {
    if token.is_empty() {
        return Ok(Value::str(""));
    }
    let token = std::str::from_utf8(token).map_err(|_| NOT_A_TOKEN)?;
    let parts = Parts::of(token).ok_or(NOT_A_TOKEN)?;
    let mut plain = Zeroizing::new(decode(parts.data)?);
    let nonce = decode(parts.nonce)?;
    let tag: [u8; 16] = decode(parts.tag)?.try_into().map_err(|_| "its tag is not 16 bytes")?;
    let opened = match nonce.len() {
        32 => open_in_place::<U32>(key, &nonce, beside, &mut plain, &tag),
        12 => open_in_place::<U12>(key, &nonce, beside, &mut plain, &tag),
        16 => open_in_place::<U16>(key, &nonce, beside, &mut plain, &tag),
        _ => return Err("its initialisation vector has a size SOPS does not use"),
    };
    opened.map_err(|_| "it does not authenticate; it was altered or moved to another key")?;
    typed(plain, parts.kind)
}

/// Encrypts a leaf. Empty text stays empty, as SOPS has it.
pub(crate) fn seal(value: &Value, key: &DataKey, beside: &str) -> Result<String, getrandom::Error> {
    let (mut data, kind) = match value {
        Value::Str(bytes) => (bytes.clone(), "str"),
        Value::Bytes(bytes) => (bytes.clone(), "bytes"),
        Value::Comment(text) => (Zeroizing::new(text.as_bytes().to_vec()), "comment"),
        Value::Int(_) => (value.mac_bytes(), "int"),
        Value::Float(_) => (value.mac_bytes(), "float"),
        Value::Bool(_) => (value.mac_bytes(), "bool"),
        Value::Time(_) => (value.mac_bytes(), "time"),
        Value::Null | Value::List(_) | Value::Map(_) => return Ok(String::new()),
    };
    if data.is_empty() {
        return Ok(String::new());
    }
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce)?;
    let cipher = AesGcm::<Aes256, U32>::new(GenericArray::from_slice(key.as_slice()));
    let tag = cipher
        .encrypt_in_place_detached(GenericArray::from_slice(&nonce), beside.as_bytes(), &mut data)
        .expect("a value is far below the 64 GiB AES-GCM can take");
    Ok(format!(
        "{PREFIX}data:{},iv:{},tag:{},type:{kind}]",
        STANDARD.encode(&*data),
        STANDARD.encode(nonce),
        STANDARD.encode(tag)
    ))
}

/// Whether a text looks like a token.
pub(crate) fn is_token(text: &str) -> bool {
    Parts::of(text).is_some()
}

const NOT_A_TOKEN: &str = "it should be encrypted and is not";

struct Parts<'a> {
    data: &'a str,
    nonce: &'a str,
    tag: &'a str,
    kind: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Option<Self> {
        let inner = token.strip_prefix(PREFIX)?.strip_suffix(']')?;
        let mut fields = inner.split(',');
        let parts = Self {
            data: fields.next()?.strip_prefix("data:")?,
            nonce: fields.next()?.strip_prefix("iv:")?,
            tag: fields.next()?.strip_prefix("tag:")?,
            kind: fields.next()?.strip_prefix("type:")?,
        };
        fields.next().is_none().then_some(parts)
    }
}

fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    STANDARD.decode(text).map_err(|_| "it is not base64")
}

fn open_in_place<N: ArrayLength<u8>>(
    key: &DataKey,
    nonce: &[u8],
    beside: &str,
    data: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), aes_gcm::Error> {
    AesGcm::<Aes256, N>::new(GenericArray::from_slice(key.as_slice())).decrypt_in_place_detached(
        GenericArray::from_slice(nonce),
        beside.as_bytes(),
        data,
        Tag::from_slice(tag),
    )
}

fn typed(plain: Zeroizing<Vec<u8>>, kind: &str) -> Result<Value, &'static str> {
    match kind {
        "str" => return Ok(Value::Str(plain)),
        "bytes" => return Ok(Value::Bytes(plain)),
        _ => {}
    }
    let text =
        std::str::from_utf8(&plain).map_err(|_| "it is not text, and its type says it is")?;
    match kind {
        "int" => text.parse().map(Value::Int).map_err(|_| "it is not a whole number"),
        "float" => text.parse().map(Value::Float).map_err(|_| "it is not a number"),
        "bool" => match text {
            "True" | "true" | "TRUE" | "1" | "t" | "T" => Ok(Value::Bool(true)),
            "False" | "false" | "FALSE" | "0" | "f" | "F" => Ok(Value::Bool(false)),
            _ => Err("it is neither true nor false"),
        },
        "time" => Ok(Value::Time(text.to_owned())),
        "comment" => Ok(Value::Comment(Zeroizing::new(text.to_owned()))),
        _ => Err("its type is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DataKey {
        Zeroizing::new([7; 32])
    }

    #[test]
    fn every_type_comes_back() {
        for value in [
            Value::str("héllo"),
            Value::Int(-7),
            Value::Float(1.5),
            Value::Float(f64::INFINITY),
            Value::Bool(true),
            Value::Time("2026-01-02T03:04:05Z".to_owned()),
            Value::Comment(Zeroizing::new(" why".to_owned())),
            Value::str(""),
        ] {
            let token = seal(&value, &key(), "a:b:").unwrap();
            assert!(open(token.as_bytes(), &key(), "a:b:").unwrap() == value);
        }
    }

    #[test]
    fn a_moved_or_altered_value_is_refused() {
        let token = seal(&Value::str("secret"), &key(), "a:").unwrap();
        assert!(open(token.as_bytes(), &key(), "b:").is_err());
        let other = token.replace("type:str", "type:int");
        assert!(open(other.as_bytes(), &key(), "a:").is_err());
        for bad in [
            "plain",
            "ENC[AES256_GCM,data:AA==]",
            "ENC[AES256_GCM,data:!,iv:AA==,tag:AA==,type:str]",
        ] {
            assert!(open(bad.as_bytes(), &key(), "a:").is_err());
        }
    }
}
