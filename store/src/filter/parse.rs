//! MongoDB query document → [`Filter`].

use regex::RegexBuilder;
use serde_json::{Map, Value};
use varanus_proto::{Error, Result};

use super::{Comparison, Filter, Pattern, Test};
use crate::Document;

/// What an object in the place of a value may begin with and still be a value:
/// extended JSON.
const VALUE_KEYS: [&str; 6] =
    ["$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$uuid"];

/// The longest regular expression of a query, in bytes.
const LONGEST_REGEX: usize = 4096;

/// How much memory the regular expression of a query may take, in bytes.
const LARGEST_REGEX: usize = 512 << 10;

impl Filter {
    /// A filter from a MongoDB query document.
    ///
    /// Known are `$eq $ne $in $nin $gt $gte $lt $lte $exists $regex $options $not`
    /// on a field and `$and $or $nor` on filters; any other operator is `Invalid`
    /// and named, because an operator that is passed over would answer with the
    /// wrong documents.
    pub fn parse(query: &Document) -> Result<Self> {
        let mut filters = Vec::new();
        for (key, value) in query {
            match key.as_str() {
                "$and" => filters.extend(list(key, value)?),
                "$or" => filters.push(Filter::Or(list(key, value)?)),
                "$nor" => filters.push(Filter::Nor(list(key, value)?)),
                "$comment" => {}
                operator if operator.starts_with('$') => return Err(unknown(operator, "a query")),
                "" => return Err(Error::invalid("a query names a field with an empty name")),
                path => filters.extend(
                    tests(path, value)?
                        .into_iter()
                        .map(|test| Filter::Field(path.to_owned(), test)),
                ),
            }
        }
        Ok(match filters.len() {
            1 => filters.remove(0),
            _ => Filter::And(filters),
        })
    }

    /// The same from any JSON value; null is "every document".
    pub fn from_value(query: &Value) -> Result<Self> {
        match query {
            Value::Null => Ok(Filter::ALL),
            Value::Object(query) => Self::parse(query),
            other => Err(Error::invalid(format!("a query has to be a JSON object, not {other}"))),
        }
    }
}

impl Pattern {
    /// A pattern from `$regex` and `$options` (`i`, `m`, `s`, `x`).
    pub fn new(source: &str, options: &str) -> Result<Self> {
        if source.len() > LONGEST_REGEX {
            return Err(Error::invalid(format!(
                "the pattern of a query has {} bytes; {LONGEST_REGEX} are the most",
                source.len()
            )));
        }
        let mut builder = RegexBuilder::new(source);
        for option in options.chars() {
            match option {
                'i' => builder.case_insensitive(true),
                'm' => builder.multi_line(true),
                's' => builder.dot_matches_new_line(true),
                'x' => builder.ignore_whitespace(true),
                other => {
                    return Err(Error::invalid(format!(
                        "$options knows i, m, s and x, not {other:?}"
                    )));
                }
            };
        }
        builder.size_limit(LARGEST_REGEX).dfa_size_limit(LARGEST_REGEX);
        let regex = builder.build().map_err(|error| {
            Error::invalid(format!("the pattern {source:?} of a query cannot be used")).cause(error)
        })?;
        Ok(Self { source: source.to_owned(), options: options.to_owned(), regex })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

fn list(operator: &str, value: &Value) -> Result<Vec<Filter>> {
    let wrong = || Error::invalid(format!("{operator} needs a list of one or more queries"));
    let items = value.as_array().filter(|items| !items.is_empty()).ok_or_else(wrong)?;
    items.iter().map(|item| Filter::parse(item.as_object().ok_or_else(wrong)?)).collect()
}

/// The tests that a field's value in a query stands for.
fn tests(path: &str, value: &Value) -> Result<Vec<Test>> {
    match value {
        Value::Object(map) if is_operators(map) => operators(path, map),
        value => Ok(vec![Test::Eq(literal(path, value)?)]),
    }
}

fn is_operators(map: &Map<String, Value>) -> bool {
    map.keys().next().is_some_and(|key| key.starts_with('$') && !VALUE_KEYS.contains(&key.as_str()))
}

fn operators(path: &str, map: &Map<String, Value>) -> Result<Vec<Test>> {
    let mut tests = Vec::with_capacity(map.len());
    for (operator, value) in map {
        tests.push(match operator.as_str() {
            "$eq" => Test::Eq(literal(path, value)?),
            "$ne" => Test::Ne(literal(path, value)?),
            "$in" => Test::In(literals(path, operator, value)?),
            "$nin" => Test::Nin(literals(path, operator, value)?),
            "$gt" => Test::Compare(Comparison::Greater, ordered(path, operator, value)?),
            "$gte" => Test::Compare(Comparison::GreaterOrEqual, ordered(path, operator, value)?),
            "$lt" => Test::Compare(Comparison::Less, ordered(path, operator, value)?),
            "$lte" => Test::Compare(Comparison::LessOrEqual, ordered(path, operator, value)?),
            "$exists" => Test::Exists(match value {
                Value::Bool(wanted) => *wanted,
                Value::Number(number) => number.as_f64() != Some(0.0),
                _ => {
                    return Err(Error::invalid(format!("$exists of {path:?} needs true or false")));
                }
            }),
            "$regex" => {
                let source = value
                    .as_str()
                    .ok_or_else(|| Error::invalid(format!("$regex of {path:?} needs a string")))?;
                let options = match map.get("$options") {
                    None => "",
                    Some(options) => options.as_str().ok_or_else(|| {
                        Error::invalid(format!("$options of {path:?} needs a string"))
                    })?,
                };
                Test::Regex(Pattern::new(source, options)?)
            }
            "$options" if map.contains_key("$regex") => continue,
            "$not" => match value {
                Value::Object(inner) if is_operators(inner) => Test::Not(operators(path, inner)?),
                _ => {
                    return Err(Error::invalid(format!(
                        "$not of {path:?} needs an object of operators"
                    )));
                }
            },
            other => return Err(unknown(other, &format!("{path:?}"))),
        });
    }
    Ok(tests)
}

/// A value to compare with; extended JSON numbers become plain ones.
fn literal(path: &str, value: &Value) -> Result<Value> {
    let Value::Object(map) = value else {
        return match value {
            Value::Array(items) => Ok(Value::Array(
                items.iter().map(|item| literal(path, item)).collect::<Result<_>>()?,
            )),
            plain => Ok(plain.clone()),
        };
    };
    let Some((key, inner)) = map.iter().next().filter(|(key, _)| key.starts_with('$')) else {
        return Ok(value.clone());
    };
    let wrong = || Error::invalid(format!("the {key} of {path:?} is not well formed: {inner}"));
    match key.as_str() {
        "$numberInt" | "$numberLong" => Ok(Value::from(
            inner.as_str().and_then(|text| text.parse::<i64>().ok()).ok_or_else(wrong)?,
        )),
        "$numberDouble" => Ok(Value::from(
            inner.as_str().and_then(|text| text.parse::<f64>().ok()).ok_or_else(wrong)?,
        )),
        "$oid" => {
            let id = inner.as_str().and_then(crate::ObjectId::parse).ok_or_else(wrong)?;
            Ok(id.to_value())
        }
        known if VALUE_KEYS.contains(&known) => Ok(value.clone()),
        other => Err(unknown(other, &format!("{path:?}"))),
    }
}

fn literals(path: &str, operator: &str, value: &Value) -> Result<Vec<Value>> {
    let items = value
        .as_array()
        .ok_or_else(|| Error::invalid(format!("{operator} of {path:?} needs a list")))?;
    items.iter().map(|item| literal(path, item)).collect()
}

/// A value that has an order: number, string, bool, id, or null.
fn ordered(path: &str, operator: &str, value: &Value) -> Result<Value> {
    let value = literal(path, value)?;
    match &value {
        Value::Array(_) => {
            Err(Error::invalid(format!("{operator} of {path:?} cannot order lists")))
        }
        Value::Object(map) if !map.contains_key("$oid") && !map.contains_key("$date") => {
            Err(Error::invalid(format!("{operator} of {path:?} cannot order objects")))
        }
        _ => Ok(value),
    }
}

fn unknown(operator: &str, place: &str) -> Error {
    Error::invalid(format!(
        "the operator {operator} in {place} is not supported; known are $eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, \
         $exists, $regex, $options, $not, $and, $or, $nor"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use varanus_proto::Kind;

    use super::*;

    fn parse(query: Value) -> Result<Filter> {
        Filter::from_value(&query)
    }

    #[test]
    fn a_parsed_query_renders_to_a_query_that_parses_to_the_same() {
        for query in [
            json!({}),
            json!({ "target.type": "Stack", "target.id": { "$in": ["a", "b"] } }),
            json!({ "$or": [{ "a": 1 }, { "b": { "$gt": 2, "$lte": 7.5 } }], "c": { "$exists": false } }),
            json!({ "$nor": [{ "a": null }], "name": { "$regex": "^w.b$", "$options": "i" } }),
            json!({ "_id": { "$oid": "000000000000000000000003" } }),
            json!({ "n": { "$not": { "$gte": 3, "$ne": 5 } }, "m": { "$nin": [1, "x", null] } }),
            json!({ "n": { "$gt": { "$numberLong": "12" } } }),
        ] {
            let filter = parse(query.clone()).unwrap();
            assert_eq!(Filter::parse(&filter.to_json()).unwrap(), filter, "{query}");
        }
    }

    #[test]
    fn an_unknown_operator_is_refused_by_name() {
        for (query, name) in [
            (json!({ "$where": "1" }), "$where"),
            (json!({ "a": { "$elemMatch": { "b": 1 } } }), "$elemMatch"),
            (json!({ "a": { "$not": { "$size": 1 } } }), "$size"),
            (json!({ "a": { "$eq": { "$foo": 1 } } }), "$foo"),
        ] {
            let error = parse(query).unwrap_err();
            assert_eq!(error.kind(), Kind::Invalid);
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn a_malformed_query_says_where() {
        for query in [
            json!([]),
            json!({ "$or": [] }),
            json!({ "a": { "$in": 1 } }),
            json!({ "a": { "$regex": "(" } }),
            json!({ "a": { "$regex": "x", "$options": "q" } }),
            json!({ "a": { "$gt": [1] } }),
            json!({ "a": { "$options": "i" } }),
            json!({ "_id": { "$oid": "nope" } }),
        ] {
            assert_eq!(parse(query.clone()).unwrap_err().kind(), Kind::Invalid, "{query}");
        }
    }
}
