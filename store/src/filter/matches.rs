//! The meaning of a [`Filter`].

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Comparison, Filter, Test};
use crate::Document;

impl Filter {
    /// Whether a document passes.
    pub fn matches(&self, document: &Document) -> bool {
        match self {
            Filter::And(filters) => filters.iter().all(|filter| filter.matches(document)),
            Filter::Or(filters) => filters.iter().any(|filter| filter.matches(document)),
            Filter::Nor(filters) => !filters.iter().any(|filter| filter.matches(document)),
            Filter::Field(path, test) => {
                let mut found = Found::default();
                let parts: Vec<&str> = path.split('.').collect();
                found.descend(document, &parts);
                test.passes(&found)
            }
        }
    }
}

/// What a path leads to: several values, where it passes through arrays.
#[derive(Default)]
struct Found<'a> {
    values: Vec<&'a Value>,
    /// Somewhere the path ended before its last part.
    missing: bool,
}

impl<'a> Found<'a> {
    fn descend(&mut self, document: &'a Document, parts: &[&str]) {
        match document.get(parts[0]) {
            Some(value) => self.follow(value, &parts[1..]),
            None => self.missing = true,
        }
    }

    fn follow(&mut self, value: &'a Value, parts: &[&str]) {
        match value {
            value if parts.is_empty() => self.values.push(value),
            Value::Object(map) => self.descend(map, parts),
            Value::Array(items) => {
                for item in items {
                    if let Value::Object(map) = item {
                        self.descend(map, parts);
                    }
                }
                if let Some(item) =
                    parts[0].parse::<usize>().ok().and_then(|index| items.get(index))
                {
                    self.follow(item, &parts[1..]);
                }
            }
            _ => self.missing = true,
        }
    }

    /// One of the values, or an element of one that is an array, passes.
    fn any(&self, passes: impl Fn(&Value) -> bool) -> bool {
        self.values.iter().any(|value| {
            passes(value) || matches!(value, Value::Array(items) if items.iter().any(&passes))
        })
    }
}

impl Test {
    fn passes(&self, found: &Found<'_>) -> bool {
        let equal = |wanted: &Value| {
            (wanted.is_null() && found.missing) || found.any(|value| same(value, wanted))
        };
        match self {
            Test::Eq(wanted) => equal(wanted),
            Test::Ne(wanted) => !equal(wanted),
            Test::In(wanted) => wanted.iter().any(equal),
            Test::Nin(wanted) => !wanted.iter().any(equal),
            Test::Compare(comparison, wanted) => {
                let or_equal =
                    matches!(comparison, Comparison::GreaterOrEqual | Comparison::LessOrEqual);
                (wanted.is_null() && or_equal && found.missing)
                    || found.any(|value| {
                        compare(value, wanted).is_some_and(|ordering| comparison.accepts(ordering))
                    })
            }
            Test::Exists(wanted) => found.values.is_empty() != *wanted,
            Test::Regex(pattern) => {
                found.any(|value| value.as_str().is_some_and(|text| pattern.is_match(text)))
            }
            Test::Not(tests) => !tests.iter().all(|test| test.passes(found)),
        }
    }
}

impl Comparison {
    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
        }
    }
}

/// Equality as MongoDB has it: numbers by value, objects with their fields in
/// the same order.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => numbers(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((ka, a), (kb, b))| ka == kb && same(a, b))
        }
        (a, b) => a == b,
    }
}

/// The order of two values of one type; values of different types have none.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => numbers(a, b),
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Object(a), Value::Object(b)) => {
            let id = |map: &Document| map.get("$oid").or_else(|| map.get("$date")).cloned();
            compare(&id(a)?, &id(b)?)
        }
        _ => None,
    }
}

fn numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => against_float(a, b.as_f64()?),
        (None, Some(b)) => against_float(b, a.as_f64()?).map(Ordering::reverse),
        (None, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// Exact, where a conversion of the integer would round.
fn against_float(a: i64, b: f64) -> Option<Ordering> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    if b.is_nan() {
        None
    } else if b >= LIMIT {
        Some(Ordering::Less)
    } else if b < -LIMIT {
        Some(Ordering::Greater)
    } else {
        Some(a.cmp(&(b.trunc() as i64)).then(0.0_f64.total_cmp(&(b.fract() + 0.0))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: Value, query: Value, expected: bool) {
        let filter = Filter::from_value(&query).unwrap();
        let Value::Object(document) = document else { panic!("not an object") };
        assert_eq!(filter.matches(&document), expected, "{query} on {}", Value::Object(document));
    }

    #[test]
    fn paths_lead_through_objects_and_arrays() {
        let document =
            json!({ "a": { "b": 1 }, "list": [{ "n": 1 }, { "n": 2 }, "x"], "tags": ["t", "u"] });
        check(document.clone(), json!({ "a.b": 1 }), true);
        check(document.clone(), json!({ "a.b": 1.0 }), true);
        check(document.clone(), json!({ "a.b": "1" }), false);
        check(document.clone(), json!({ "list.n": 2 }), true);
        check(document.clone(), json!({ "list.1.n": 1 }), false);
        check(document.clone(), json!({ "tags": "u" }), true);
        check(document.clone(), json!({ "tags": ["t", "u"] }), true);
        check(document.clone(), json!({ "tags.0": "u" }), false);
        check(document.clone(), json!({ "tags": { "$ne": "u" } }), false);
        check(document.clone(), json!({ "a": { "b": 1 } }), true);
        check(document, json!({ "a": {} }), false);
    }

    #[test]
    fn null_also_means_missing() {
        check(json!({}), json!({ "a": null }), true);
        check(json!({}), json!({ "a.b": null }), true);
        check(json!({ "a": null }), json!({ "a": { "$exists": true } }), true);
        check(json!({ "a": 0 }), json!({ "a": null }), false);
        check(json!({}), json!({ "a": { "$gte": null } }), true);
        check(json!({}), json!({ "a": { "$ne": null } }), false);
        check(json!({}), json!({ "a": { "$in": [1, null] } }), true);
    }

    #[test]
    fn order_is_within_a_type() {
        check(json!({ "n": 5 }), json!({ "n": { "$gt": 4.9, "$lt": 5.1 } }), true);
        check(json!({ "n": "5" }), json!({ "n": { "$gt": 4 } }), false);
        check(json!({ "n": -1 }), json!({ "n": { "$gt": -1.5 } }), true);
        check(
            json!({ "n": i64::MAX }),
            json!({ "n": { "$lt": 9_223_372_036_854_775_808.0_f64 } }),
            true,
        );
        check(json!({ "n": true }), json!({ "n": { "$gte": false } }), true);
        check(json!({ "n": [1, 9] }), json!({ "n": { "$gt": 5 } }), true);
        check(json!({ "n": 3 }), json!({ "n": { "$not": { "$gt": 1, "$lt": 5 } } }), false);
        check(json!({}), json!({ "n": { "$not": { "$gt": 1 } } }), true);
    }

    #[test]
    fn patterns_search_strings() {
        check(json!({ "s": "Web-1" }), json!({ "s": { "$regex": "^web", "$options": "i" } }), true);
        check(json!({ "s": ["a", "web"] }), json!({ "s": { "$regex": "e" } }), true);
        check(json!({ "s": 1 }), json!({ "s": { "$regex": "1" } }), false);
    }
}
