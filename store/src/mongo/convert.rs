//! JSON ↔ BSON, so that what is read and written back is unchanged.
//!
//! JSON integers are 64-bit integers, other JSON numbers doubles; `{"$oid"}` and
//! the other forms of MongoDB Extended JSON v2 stand for BSON's own types. A
//! reference is a plain string in both.

use bson::Bson;
use serde_json::{Number, Value};

use crate::{Document, Filter};

/// The keys of Extended JSON; any other key that begins with `$` is a plain one.
const EXTENDED: [&str; 15] = [
    "$oid",
    "$date",
    "$numberInt",
    "$numberLong",
    "$numberDouble",
    "$numberDecimal",
    "$binary",
    "$uuid",
    "$regularExpression",
    "$timestamp",
    "$code",
    "$symbol",
    "$minKey",
    "$maxKey",
    "$undefined",
];

pub(crate) fn to_json(document: bson::Document) -> Document {
    document.into_iter().map(|(key, value)| (key, value_to_json(value))).collect()
}

fn value_to_json(value: Bson) -> Value {
    match value {
        Bson::Int32(number) => Value::from(number),
        Bson::Int64(number) => Value::from(number),
        Bson::Double(number) => match Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => Bson::Double(number).into_relaxed_extjson(),
        },
        Bson::String(text) => Value::String(text),
        Bson::Boolean(truth) => Value::Bool(truth),
        Bson::Null => Value::Null,
        Bson::Array(items) => Value::Array(items.into_iter().map(value_to_json).collect()),
        Bson::Document(document) => Value::Object(to_json(document)),
        Bson::DateTime(when) => date(when),
        other => other.into_relaxed_extjson(),
    }
}

/// A time. As a text of a date only where the year has four digits: the driver
/// takes others for the nearest of these.
pub(crate) fn date(when: bson::DateTime) -> Value {
    let millis = when.timestamp_millis();
    match (0..253_402_300_800_000).contains(&millis) {
        true => Bson::DateTime(when).into_relaxed_extjson(),
        false => serde_json::json!({ "$date": { "$numberLong": millis.to_string() } }),
    }
}

pub(crate) fn to_bson(document: &Document) -> bson::Document {
    document.iter().map(|(key, value)| (key.clone(), value_to_bson(value))).collect()
}

pub(crate) fn value_to_bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(truth) => Bson::Boolean(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Bson::Int64(number),
            // Beyond 2^63 - 1 BSON has no integers.
            None => Bson::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(items) => Bson::Array(items.iter().map(value_to_bson).collect()),
        Value::Object(map) => {
            if map.keys().next().is_some_and(|key| EXTENDED.contains(&key.as_str()))
                && let Ok(special) = Bson::try_from(value.clone())
                && !matches!(special, Bson::Document(_))
            {
                return special;
            }
            Bson::Document(to_bson(map))
        }
    }
}

pub(crate) fn filter(filter: &Filter) -> bson::Document {
    to_bson(&filter.to_json())
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, doc, oid::ObjectId};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_bson_type_survives_the_way_through_json() {
        let id = ObjectId::new();
        let document = doc! {
            "_id": id, "reference": id.to_hex(), "nested": { "id": id, "when": DateTime::from_millis(1_700_000_000_123) },
            "long": i64::MAX, "double": 90.0, "nan": f64::NAN, "list": [1.5, "x", null, { "a": [] }],
            "bytes": bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: vec![1, 2, 3] },
            "time": bson::Timestamp { time: 1, increment: 2 }, "least": Bson::MinKey,
        };
        let json = to_json(document.clone());
        assert_eq!(json["_id"], json!({ "$oid": id.to_hex() }));
        assert_eq!(json["reference"], json!(id.to_hex()));
        let back = to_bson(&json);
        assert_eq!(format!("{back:?}"), format!("{document:?}"));
    }

    #[test]
    fn small_integers_become_long_ones_of_the_same_value() {
        assert_eq!(to_bson(&to_json(doc! { "n": 5_i32 })), doc! { "n": 5_i64 });
    }

    #[test]
    fn plain_keys_that_look_special_stay_plain() {
        let json = json!({ "a": { "$weird": 1 }, "b": { "$oid": "not an id" } })
            .as_object()
            .cloned()
            .unwrap();
        assert_eq!(to_json(to_bson(&json)), json);
    }
}
