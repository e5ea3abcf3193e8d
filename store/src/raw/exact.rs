//! Documents with the types of their numbers: as BSON, as JSON with what JSON
//! does not say beside it, and as a line of Extended JSON.
//!
//! Core reads every whole number as a 64-bit one and writes it so. A copy must
//! not: what Komodo wrote as 32 bits comes back as 32 bits.

use std::fmt;

use bson::Bson;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Number, Value, value::RawValue};
use varanus_proto::Error;

use crate::Document;
use crate::mongo::convert::{date, to_json, value_to_bson};

/// A document as a JSON document (whole numbers are 64-bit ones) and the places
/// (JSON pointers) of its 32-bit numbers.
pub fn split(document: bson::Document) -> (Document, Vec<String>) {
    let mut small = Vec::new();
    for (key, value) in &document {
        find_small(&format!("/{}", escaped(key)), value, &mut small);
    }
    (to_json(document), small)
}

fn find_small(at: &str, value: &Bson, small: &mut Vec<String>) {
    match value {
        Bson::Int32(_) => small.push(at.to_owned()),
        Bson::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_small(&format!("{at}/{index}"), item, small);
            }
        }
        Bson::Document(document) => {
            for (key, value) in document {
                find_small(&format!("{at}/{}", escaped(key)), value, small);
            }
        }
        _ => {}
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The inverse of [`split`]. Places that hold no such number any more say nothing.
pub fn join(document: &Document, small: &[String]) -> bson::Document {
    let mut joined = crate::mongo::convert::to_bson(document);
    for pointer in small {
        let mut parts =
            pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
        let Some(first) = parts.next() else { continue };
        let found = parts.fold(joined.get_mut(&first), |at, part| match at? {
            Bson::Document(inner) => inner.get_mut(&part),
            Bson::Array(items) => items.get_mut(part.parse::<usize>().ok()?),
            _ => None,
        });
        if let Some(number) = found
            && let Bson::Int64(wide) = *number
            && let Ok(narrow) = i32::try_from(wide)
        {
            *number = Bson::Int32(narrow);
        }
    }
    joined
}

/// A line of a backup: Extended JSON v2. Where a plain number would be read as
/// another type, the type is written out (`{"$numberLong": "5"}`).
pub fn line(document: &bson::Document) -> String {
    let value =
        Value::Object(document.iter().map(|(key, value)| (key.clone(), extended(value))).collect());
    value.to_string()
}

fn extended(value: &Bson) -> Value {
    match value {
        Bson::Int32(number) => Value::from(*number),
        Bson::Int64(number) if i32::try_from(*number).is_err() => Value::from(*number),
        Bson::Int64(number) => serde_json::json!({ "$numberLong": number.to_string() }),
        Bson::Array(items) => Value::Array(items.iter().map(extended).collect()),
        Bson::Document(document) => Value::Object(
            document.iter().map(|(key, value)| (key.clone(), extended(value))).collect(),
        ),
        Bson::DateTime(when) => date(*when),
        Bson::Double(number) if number.is_finite() => Value::from(*number),
        other => other.clone().into_relaxed_extjson(),
    }
}

/// Reads a line of a backup: canonical and relaxed Extended JSON v2, and the plain
/// JSON that Komodo writes. A plain whole number has 32 bits where it fits, as
/// Extended JSON says.
pub fn parse(line: &str) -> varanus_proto::Result<bson::Document> {
    match json(line) {
        Ok(Value::Object(map)) => {
            Ok(map.into_iter().map(|(key, value)| (key, read(value))).collect())
        }
        Ok(other) => {
            let what = match other {
                Value::Array(_) => "a list",
                Value::String(_) => "a text",
                _ => "a single value",
            };
            Err(Error::invalid(format!("a document was expected, and {what} was found")))
        }
        // Its place in the line is said, its text is not: it may hold secrets.
        Err(error) => Err(Error::invalid(format!("it is not JSON: {error}"))),
    }
}

/// Reads JSON with every number as exactly as it is written: the usual way takes
/// some fractions for their neighbours.
pub(crate) fn json(text: &str) -> serde_json::Result<Value> {
    exactly(serde_json::from_str(text)?)
}

fn exactly(raw: &RawValue) -> serde_json::Result<Value> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text)?;
            let fields = fields.into_iter().map(|(key, raw)| Ok((key, exactly(raw)?)));
            Ok(Value::Object(fields.collect::<serde_json::Result<_>>()?))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items = items.into_iter().map(exactly).collect::<serde_json::Result<_>>()?;
            Ok(Value::Array(items))
        }
        Some(b'-' | b'0'..=b'9') if text.contains(['.', 'e', 'E']) => {
            let exact = text.parse().ok().and_then(Number::from_f64);
            exact.map_or_else(|| serde_json::from_str(text), |number| Ok(Value::Number(number)))
        }
        _ => serde_json::from_str(text),
    }
}

/// The fields of an object in their order, not read yet.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn read(value: Value) -> Bson {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(wide) => i32::try_from(wide).map_or(Bson::Int64(wide), Bson::Int32),
            None => Bson::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::Array(items) => Bson::Array(items.into_iter().map(read).collect()),
        Value::Object(map) => {
            let special = map.keys().next().is_some_and(|key| key.starts_with('$'));
            match value_to_bson(&Value::Object(map.clone())) {
                typed if special && !matches!(typed, Bson::Document(_)) => typed,
                _ => {
                    Bson::Document(map.into_iter().map(|(key, value)| (key, read(value))).collect())
                }
            }
        }
        plain => value_to_bson(&plain),
    }
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, doc, oid::ObjectId};
    use proptest::prelude::*;

    use super::*;

    fn every_type() -> bson::Document {
        doc! {
            "_id": ObjectId::new(), "small": 5_i32, "wide": 5_i64, "ts": 1_700_000_000_123_i64, "least": i64::MIN,
            "double": 90.0, "third": 1.0 / 3.0, "nan": f64::NAN, "minus zero": -0.0, "when": DateTime::from_millis(-1),
            "late": DateTime::from_millis(253_402_300_800_000), "a/b~c": { "x": [1_i32, 2_i64, { "y": 3_i32 }] },
            "bytes": bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1, 2] },
            "time": bson::Timestamp { time: 1, increment: 2 }, "min": Bson::MinKey, "none": null, "yes": true,
            "pattern": bson::Regex { pattern: bson::cstr!("^a").into(), options: bson::cstr!("i").into() },
            "decimal": "1.20".parse::<bson::Decimal128>().unwrap(), "text": "a\n\"\u{0}ü", "empty": {}, "list": [],
        }
    }

    #[test]
    fn every_type_survives_the_way_through_the_embedded_store_and_through_a_file() {
        let document = every_type();
        let (plain, small) = split(document.clone());
        assert_eq!(small, ["/small", "/a~1b~0c/x/0", "/a~1b~0c/x/2/y"]);
        let text = serde_json::to_string(&plain).unwrap();
        let back = join(json(&text).unwrap().as_object().unwrap(), &small);
        assert_eq!(format!("{back:?}"), format!("{document:?}"));
        let back = parse(&line(&document)).unwrap();
        assert_eq!(format!("{back:?}"), format!("{document:?}"));
    }

    #[test]
    fn what_komodo_writes_is_read_and_so_is_canonical_extended_json() {
        let read = parse(
            r#"{"_id":{"$oid":"65f000000000000000000001"},"n":5,"ts":1700000000123,"f":1.5,
                "c":{"$numberInt":"7"},"l":{"$numberLong":"8"},"d":{"$numberDouble":"1.0"},
                "when":{"$date":{"$numberLong":"1700000000123"}},"labels":{"$weird":1}}"#,
        );
        let id = ObjectId::parse_str("65f000000000000000000001").unwrap();
        let when = DateTime::from_millis(1_700_000_000_123);
        let expected = doc! {
            "_id": id, "n": 5_i32, "ts": 1_700_000_000_123_i64, "f": 1.5, "c": 7_i32, "l": 8_i64, "d": 1.0,
            "when": when, "labels": { "$weird": 1_i32 },
        };
        assert_eq!(read.unwrap(), expected);
    }

    #[test]
    fn a_broken_line_says_where_and_shows_no_secret() {
        let message = parse(r#"{"token":"hunter2" oops}"#).unwrap_err().to_string();
        assert!(message.contains("column 20") && !message.contains("hunter2"), "{message}");
        let message = parse("[1]").unwrap_err().to_string();
        assert!(message.contains("a document was expected"), "{message}");
    }

    fn values() -> impl Strategy<Value = Bson> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Bson::Int32),
            any::<i64>().prop_map(Bson::Int64),
            (-9_i64..9).prop_map(Bson::Int64),
            any::<f64>().prop_filter("is a number", |n| n.is_finite()).prop_map(Bson::Double),
            any::<bool>().prop_map(Bson::Boolean),
            "[a-z$/~é\"\\\\]{0,8}".prop_map(Bson::String),
            Just(Bson::Null),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Bson::Array),
                prop::collection::vec(("[a-z/~.]{1,5}", inner), 0..4)
                    .prop_map(|fields| Bson::Document(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_number_changes_its_type_or_value(value in values()) {
            let document = doc! { "v": value };
            let (plain, small) = split(document.clone());
            let text = serde_json::to_string(&plain).unwrap();
            prop_assert_eq!(join(json(&text).unwrap().as_object().unwrap(), &small), document.clone());
            prop_assert_eq!(parse(&line(&document)).unwrap(), document);
        }
    }
}
