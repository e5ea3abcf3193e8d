//! One JSON object. All numbers are floating point, as `sops` has them; repeated keys
//! are kept. Written with tabs, and with `<`, `>` and `&` escaped.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::Document;
use crate::error::{Error, Result};
use crate::metadata;
use crate::number;
use crate::value::{Branch, Item, Value};

pub(super) fn read(text: &[u8]) -> Result<Document> {
    let Read(value) = serde_json::from_slice(text).map_err(|error| {
        // The parser's own words may quote the text.
        Error::not_sops(format!("no JSON at line {} column {}", error.line(), error.column()))
    })?;
    match value {
        Value::Map(branch) => Ok(Document::of_nested(vec![branch])),
        _ => Err(Error::not_sops("JSON must be one object")),
    }
}

pub(super) fn write(branch: &Branch, metadata: Option<Branch>) -> Result<Zeroizing<Vec<u8>>> {
    let mut writer = Writer { out: Zeroizing::new(Vec::new()), path: Vec::new() };
    let metadata = metadata.map(|map| Item::Pair(metadata::KEY.to_owned(), Value::Map(map)));
    writer.map(branch.iter().chain(&metadata), 0)?;
    writer.out.push(b'\n');
    Ok(writer.out)
}

struct Writer {
    out: Zeroizing<Vec<u8>>,
    path: Vec<String>,
}

impl Writer {
    fn map<'a>(&mut self, items: impl Iterator<Item = &'a Item>, depth: usize) -> Result<()> {
        self.out.push(b'{');
        let mut empty = true;
        for item in items {
            // JSON has no comments; ones of an encrypted file are left out.
            let Item::Pair(key, value) = item else { continue };
            self.next(&mut empty, depth + 1);
            self.text(key);
            self.out.extend_from_slice(b": ");
            self.path.push(key.clone());
            self.value(value, depth + 1)?;
            self.path.pop();
        }
        self.close(empty, depth, b'}');
        Ok(())
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        match value {
            Value::Map(branch) => return self.map(branch.iter(), depth),
            Value::List(list) => {
                self.out.push(b'[');
                let mut empty = true;
                for value in list.iter().filter(|value| !matches!(value, Value::Comment(_))) {
                    self.next(&mut empty, depth + 1);
                    self.value(value, depth + 1)?;
                }
                self.close(empty, depth, b']');
            }
            Value::Str(bytes) => {
                let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
                self.text(&text);
            }
            Value::Bytes(bytes) => {
                use base64::Engine;
                let text = base64::engine::general_purpose::STANDARD.encode(bytes.as_slice());
                self.text(&text);
            }
            Value::Float(f) => {
                let text = number::json(*f)
                    .ok_or_else(|| Error::damaged(&self.path, "JSON has no such number"))?;
                self.out.extend_from_slice(text.as_bytes());
            }
            Value::Int(n) => self.out.extend_from_slice(n.to_string().as_bytes()),
            Value::Bool(truth) => self.out.extend_from_slice(truth.to_string().as_bytes()),
            Value::Time(text) => self.text(text),
            Value::Null | Value::Comment(_) => self.out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    fn next(&mut self, empty: &mut bool, depth: usize) {
        if !std::mem::replace(empty, false) {
            self.out.push(b',');
        }
        self.line(depth);
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: u8) {
        if !empty {
            self.line(depth);
        }
        self.out.push(bracket);
    }

    fn line(&mut self, depth: usize) {
        self.out.push(b'\n');
        let length = self.out.len();
        self.out.resize(length + depth, b'\t');
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        let mut buffer = [0; 4];
        for c in text.chars() {
            let escape: &[u8] = match c {
                '"' => b"\\\"",
                '\\' => b"\\\\",
                '\n' => b"\\n",
                '\r' => b"\\r",
                '\t' => b"\\t",
                '\u{8}' => b"\\b",
                '\u{c}' => b"\\f",
                '\0'..'\u{20}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    let escape = format!("\\u{:04x}", u32::from(c));
                    self.out.extend_from_slice(escape.as_bytes());
                    continue;
                }
                c => c.encode_utf8(&mut buffer).as_bytes(),
            };
            self.out.extend_from_slice(escape);
        }
        self.out.push(b'"');
    }
}

/// A value as it stands in the text.
struct Read(Value);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Read)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, n: i64) -> std::result::Result<Value, E> {
        Ok(Value::Float(n as f64))
    }

    fn visit_u64<E>(self, n: u64) -> std::result::Result<Value, E> {
        Ok(Value::Float(n as f64))
    }

    fn visit_f64<E>(self, f: f64) -> std::result::Result<Value, E> {
        Ok(Value::Float(f))
    }

    fn visit_str<E>(self, text: &str) -> std::result::Result<Value, E> {
        Ok(Value::str(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Read(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Value, A::Error> {
        let mut branch = Branch::new();
        while let Some((key, Read(value))) = map.next_entry()? {
            branch.push(Item::Pair(key, value));
        }
        Ok(Value::Map(branch))
    }
}
