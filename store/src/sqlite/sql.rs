//! [`Filter`] and [`Query`] → SQL with bound parameters.
//!
//! A test of a field that an index says is one plain value becomes SQL that the
//! index serves. Everything else goes through [`Filter::matches`], as the SQL
//! function `varanus_match(doc, filter)`, so that its meaning is the same by
//! construction.

use std::sync::Arc;

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::Value as Bound,
};
use serde_json::Value;
use varanus_proto::{Error, Result};

use crate::{
    Collection, Document, Filter, ObjectId, Order, Query,
    filter::{Comparison, Test},
};

/// A statement and its parameters.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) parameters: Vec<Bound>,
}

/// Makes `varanus_match` known to a connection.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("varanus_match", 2, flags, |context: &Context<'_>| {
        type Failure = Box<dyn std::error::Error + Send + Sync>;
        let failed = |error: Failure| rusqlite::Error::UserFunctionError(error);
        let filter: Arc<Filter> =
            context.get_or_create_aux(1, |text| -> Result<Filter, Failure> {
                let query: Document = serde_json::from_str(text.as_str()?)?;
                Ok(Filter::parse(&query)?)
            })?;
        let text = context.get_raw(0).as_str().map_err(|error| failed(error.into()))?;
        let document: Document =
            serde_json::from_str(text).map_err(|error| failed(error.into()))?;
        Ok(filter.matches(&document))
    })
}

pub(super) fn select(collection: Collection, query: &Query) -> Result<Statement> {
    let mut builder = Builder { collection, parameters: Vec::new() };
    let mut columns = "doc".to_owned();
    if !query.exclude.is_empty() {
        let paths: Vec<String> =
            query.exclude.iter().map(|path| literal(path)).collect::<Result<_>>()?;
        columns = format!("json_remove(doc, {})", paths.join(", "));
    }
    let mut text = format!("SELECT id, {columns} FROM \"{collection}\"");
    if !query.filter.is_all() {
        text += " WHERE ";
        text += &builder.term(&query.filter);
    }
    text += " ORDER BY ";
    for (field, order) in &query.sort {
        let expression = match field.as_str() {
            "_id" => "id".to_owned(),
            field => format!("json_extract(doc, {})", literal(field)?),
        };
        text += &format!("{expression} {}, ", direction(*order));
    }
    // In the direction of the first field, an index on it gives this order for free.
    let ties = query.sort.first().map_or(Order::Asc, |(_, order)| *order);
    text += &format!("rowid {}", direction(ties));
    if query.limit.is_some() || query.skip > 0 {
        let bound = |number: u64| Bound::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let limit = query.limit.map_or(Bound::Integer(-1), bound);
        text +=
            &format!(" LIMIT {} OFFSET {}", builder.bind(limit), builder.bind(bound(query.skip)));
    }
    Ok(Statement { text, parameters: builder.parameters })
}

pub(super) fn count(collection: Collection, filter: &Filter) -> Statement {
    let mut builder = Builder { collection, parameters: Vec::new() };
    let term = builder.term(filter);
    Statement {
        text: format!("SELECT count(*) FROM \"{collection}\" WHERE {term}"),
        parameters: builder.parameters,
    }
}

pub(super) fn delete(collection: Collection, filter: &Filter) -> Statement {
    let mut builder = Builder { collection, parameters: Vec::new() };
    let term = builder.term(filter);
    Statement {
        text: format!("DELETE FROM \"{collection}\" WHERE {term}"),
        parameters: builder.parameters,
    }
}

/// The value of a field that an index names. Indexes and queries must spell it
/// the same way for one to serve the other.
pub(super) fn extract(path: &str) -> String {
    format!("json_extract(doc, {})", literal(path).expect("the paths of our indexes are plain"))
}

fn direction(order: Order) -> &'static str {
    match order {
        Order::Asc => "ASC",
        Order::Desc => "DESC",
    }
}

/// A dotted path as an SQL literal of a JSON path.
fn literal(path: &str) -> Result<String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
    };
    if !path.split('.').all(plain) {
        return Err(Error::invalid(format!("{path:?} cannot be used as the path of a field")));
    }
    let parts: String = path.split('.').map(|part| format!(".\"{part}\"")).collect();
    Ok(format!("'${parts}'"))
}

struct Builder {
    collection: Collection,
    parameters: Vec<Bound>,
}

impl Builder {
    fn bind(&mut self, value: Bound) -> String {
        self.parameters.push(value);
        format!("?{}", self.parameters.len())
    }

    /// A condition; NULL counts as "does not pass".
    fn term(&mut self, filter: &Filter) -> String {
        // Far below SQLite's limits on depth and parameters.
        if size(filter) > 200 {
            return self.by_function(filter);
        }
        match filter {
            Filter::And(filters) if filters.is_empty() => "1".into(),
            Filter::Or(filters) if filters.is_empty() => "0".into(),
            Filter::And(filters) => self.list(filters, " AND "),
            Filter::Or(filters) => self.list(filters, " OR "),
            Filter::Nor(filters) if filters.is_empty() => "1".into(),
            Filter::Nor(filters) => not(&self.list(filters, " OR ")),
            Filter::Field(path, test) => {
                let mark = self.parameters.len();
                self.test(path, test).unwrap_or_else(|| {
                    self.parameters.truncate(mark);
                    self.by_function(filter)
                })
            }
        }
    }

    fn list(&mut self, filters: &[Filter], between: &str) -> String {
        let terms: Vec<String> = filters.iter().map(|filter| self.term(filter)).collect();
        format!("({})", terms.join(between))
    }

    fn by_function(&mut self, filter: &Filter) -> String {
        let json = Value::Object(filter.to_json()).to_string();
        format!("varanus_match(doc, {})", self.bind(Bound::Text(json)))
    }

    fn test(&mut self, path: &str, test: &Test) -> Option<String> {
        if path == "_id" {
            return self.test_id(test);
        }
        let indexes = self.collection.indexes();
        if !indexes.iter().any(|index| !index.multi && index.fields.contains(&path)) {
            return None;
        }
        let value = extract(path);
        let kind = value.replacen("json_extract", "json_type", 1);
        const NUMBER: &str = "IN ('integer', 'real')";
        Some(match test {
            Test::Eq(Value::Null) => format!("({value} IS NULL)"),
            Test::Eq(Value::Bool(wanted)) => {
                format!("({value} = {} AND {kind} = '{wanted}')", i64::from(*wanted))
            }
            Test::Eq(Value::String(wanted)) => {
                format!(
                    "({value} = {} AND {kind} = 'text')",
                    self.bind(Bound::Text(wanted.clone()))
                )
            }
            Test::Eq(wanted @ Value::Number(_)) => {
                format!("({value} = {} AND {kind} {NUMBER})", self.bind(number(wanted)?))
            }
            Test::In(wanted) if wanted.iter().all(Value::is_string) => {
                let list = self.bind(Bound::Text(Value::Array(wanted.clone()).to_string()));
                format!("({value} IN (SELECT value FROM json_each({list})) AND {kind} = 'text')")
            }
            Test::Compare(comparison, Value::String(wanted)) => {
                let wanted = self.bind(Bound::Text(wanted.clone()));
                format!("({value} {} {wanted} AND {kind} = 'text')", sign(*comparison))
            }
            Test::Compare(comparison, wanted @ Value::Number(_)) => {
                let wanted = self.bind(number(wanted)?);
                format!("({value} {} {wanted} AND {kind} {NUMBER})", sign(*comparison))
            }
            Test::Exists(true) => format!("({kind} IS NOT NULL)"),
            Test::Exists(false) => format!("({kind} IS NULL)"),
            other => return self.negated(path, other),
        })
    }

    fn test_id(&mut self, test: &Test) -> Option<String> {
        let id = |value: &Value| value.get("$oid")?.as_str().and_then(ObjectId::parse);
        let text = |id: ObjectId| Bound::Text(id.as_str().to_owned());
        Some(match test {
            Test::Eq(wanted) => format!("(id = {})", self.bind(text(id(wanted)?))),
            Test::In(wanted) => {
                let ids = wanted
                    .iter()
                    .map(|value| Some(Value::from(id(value)?.as_str())))
                    .collect::<Option<Vec<_>>>()?;
                let list = self.bind(Bound::Text(Value::Array(ids).to_string()));
                format!("(id IN (SELECT value FROM json_each({list})))")
            }
            Test::Compare(comparison, wanted) => {
                format!("(id {} {})", sign(*comparison), self.bind(text(id(wanted)?)))
            }
            Test::Exists(wanted) => i64::from(*wanted).to_string(),
            other => return self.negated("_id", other),
        })
    }

    fn negated(&mut self, path: &str, test: &Test) -> Option<String> {
        match test {
            Test::Ne(value) => self.test(path, &Test::Eq(value.clone())).map(|term| not(&term)),
            Test::Nin(values) => self.test(path, &Test::In(values.clone())).map(|term| not(&term)),
            Test::Not(tests) => {
                let terms =
                    tests.iter().map(|test| self.test(path, test)).collect::<Option<Vec<_>>>()?;
                Some(not(&format!("({})", terms.join(" AND "))))
            }
            _ => None,
        }
    }
}

fn not(term: &str) -> String {
    format!("(NOT ifnull({term}, 0))")
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
    }
}

fn number(value: &Value) -> Option<Bound> {
    match value {
        Value::Number(number) if number.is_f64() => number.as_f64().map(Bound::Real),
        value => value.as_i64().map(Bound::Integer),
    }
}

fn size(filter: &Filter) -> usize {
    match filter {
        Filter::And(filters) | Filter::Or(filters) | Filter::Nor(filters) => {
            1 + filters.iter().map(size).sum::<usize>()
        }
        Filter::Field(..) => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_of_updates_is_served_by_an_index() {
        let filter =
            Filter::from_value(&json!({ "target.type": "Stack", "target.id": { "$in": ["a"] } }))
                .unwrap();
        let query = Query::new(filter).sort("start_ts", Order::Desc).limit(100).exclude("logs");
        let statement = select(Collection::Update, &query).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let mut connection = connection;
        super::super::schema::prepare(&mut connection)
            .unwrap_or_else(|_| panic!("the schema is not valid"));
        let mut plan =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text)).unwrap();
        let lines: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(&statement.parameters), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(lines.iter().any(|line| line.contains("USING INDEX")), "{lines:?}");
        assert!(!statement.text.contains("varanus_match"), "{}", statement.text);

        let newest =
            select(Collection::Update, &Query::default().sort("start_ts", Order::Desc).limit(1))
                .unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", newest.text)).unwrap();
        let lines: Vec<String> = plan
            .query_map(rusqlite::params_from_iter(&newest.parameters), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
    }

    #[test]
    fn a_path_that_is_no_path_is_refused() {
        for path in ["", "a..b", "a'b", "a\"b", "a b"] {
            assert!(
                select(Collection::Stack, &Query::default().sort(path, Order::Asc)).is_err(),
                "{path}"
            );
        }
    }
}
