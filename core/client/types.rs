// From the API's description (OpenAPI 3.1) to TypeScript: one type a schema, the
// values of enumerations, and what each request answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

/// Groups of requests with the names of their tables of answers.
const GROUPS: [(&str, &str); 5] = [
    ("/read/", "ReadResponses"),
    ("/write/", "WriteResponses"),
    ("/execute/", "ExecuteResponses"),
    ("/auth/login/", "LoginResponses"),
    ("/auth/manage/", "ManageResponses"),
];

const HEAD: &str = "// Made from the API's description. Do not change it by hand.\n\n";

/// The generated files: their names and texts.
pub fn files(description: &Value) -> [(&'static str, String); 4] {
    let writer = Writer::new(description);
    [
        ("types.d.ts", writer.types()),
        ("types.js", writer.values()),
        ("responses.d.ts", writer.responses()),
        ("responses.js", format!("/* @ts-self-types=\"./responses.d.ts\" */\n{HEAD}export {{}};\n")),
    ]
}

struct Writer<'a> {
    schemas: &'a serde_json::Map<String, Value>,
    paths: &'a serde_json::Map<String, Value>,
    /// Better names of schemas that are only numbered.
    names: BTreeMap<String, String>,
    /// Schemas that somebody sends: what has a default may be left out.
    sent: BTreeSet<String>,
}

fn object<'a>(value: &'a Value, path: &str) -> &'a serde_json::Map<String, Value> {
    value.pointer(path).and_then(Value::as_object).expect("the description has its parts")
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn request(path: &Value) -> Option<&Value> {
    path.pointer("/post/requestBody/content/application~1json/schema")
}

fn answer(path: &Value) -> Option<&Value> {
    path.pointer("/post/responses/200/content/application~1json/schema")
}

impl<'a> Writer<'a> {
    fn new(description: &'a Value) -> Self {
        let mut writer = Self {
            schemas: object(description, "/components/schemas"),
            paths: object(description, "/paths"),
            names: BTreeMap::new(),
            sent: BTreeSet::new(),
        };
        writer.name();
        for (_, path) in writer.paths {
            if let Some(name) = request(path).and_then(reference) {
                writer.send(name);
            }
        }
        writer
    }

    /// `Resource8` is what `GetStack` answers: a `Stack`.
    fn name(&mut self) {
        let mut found = Vec::new();
        for (path, described) in self.paths {
            let (Some(name), Some(answer)) = (path.strip_prefix("/read/"), answer(described)) else {
                continue;
            };
            if let (Some(kind), Some(schema)) = (name.strip_prefix("Get"), reference(answer))
                && is_numbered(schema, "Resource")
            {
                found.push((schema, kind.to_owned()));
                let list = self.schemas.get(&format!("List{kind}s"));
                if let Some(query) = list.and_then(|list| reference(list.pointer("/properties/query")?))
                {
                    found.push((query, format!("{kind}Query")));
                }
            }
            let item = answer.get("items").and_then(reference);
            if let Some(item) = item.filter(|item| is_numbered(item, "ResourceListItem"))
                && let Some(kind) = name.strip_prefix("List").and_then(|name| name.strip_suffix('s'))
            {
                found.push((item, format!("{kind}ListItem")));
            }
        }
        for (schema, name) in found {
            if !self.schemas.contains_key(&name) {
                self.names.entry(schema.to_owned()).or_insert(name);
            }
        }
    }

    /// Notes that a schema is sent, and with it all that it is made of.
    fn send(&mut self, name: &str) {
        if self.sent.insert(name.to_owned()) {
            let mut within = Vec::new();
            if let Some(schema) = self.schemas.get(name) {
                references(schema, &mut within);
            }
            for name in within {
                self.send(name);
            }
        }
    }

    fn called(&self, name: &str) -> String {
        self.names.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    fn types(&self) -> String {
        let mut text = HEAD.to_owned();
        for (name, schema) in self.schemas {
            comment(&mut text, schema);
            let called = self.called(name);
            match values(schema) {
                Some(values) => {
                    let each = |value: &&str| format!("  readonly {}: {value:?};\n", key(value));
                    let fields: String = values.iter().map(each).collect();
                    let _ = writeln!(text, "export declare const {called}: {{\n{fields}}};");
                    let union: Vec<_> = values.iter().map(|value| format!("{value:?}")).collect();
                    let _ = writeln!(text, "export type {called} = {};\n", union.join(" | "));
                }
                None => {
                    let optional = self.sent.contains(name);
                    let _ = writeln!(text, "export type {called} = {};\n", self.of(schema, optional, 0));
                }
            }
        }
        text.push_str("/** The parameters of each request. */\nexport interface Requests {\n");
        for (path, described) in self.paths {
            let name = path.rsplit('/').next().unwrap_or_default();
            if let Some(schema) = request(described) {
                let _ = writeln!(text, "  {name}: {};", self.of(schema, true, 1));
            }
        }
        text.push_str("}\n");
        text
    }

    /// The values of enumerations, as objects.
    fn values(&self) -> String {
        let mut text = format!("/* @ts-self-types=\"./types.d.ts\" */\n{HEAD}");
        for (name, schema) in self.schemas {
            let Some(values) = values(schema) else { continue };
            let each = |value: &&str| format!("  {}: {value:?},\n", key(value));
            let fields: String = values.iter().map(each).collect();
            let _ = writeln!(
                text,
                "export const {} = Object.freeze({{\n{fields}}});\n",
                self.called(name)
            );
        }
        text
    }

    fn responses(&self) -> String {
        let mut text = format!("{HEAD}import type * as Types from \"./types.js\";\n\n");
        for (group, table) in GROUPS {
            let _ = writeln!(text, "export interface {table} {{");
            for (path, described) in self.paths {
                let (Some(name), Some(schema)) = (path.strip_prefix(group), answer(described)) else {
                    continue;
                };
                let of = self.of(schema, false, 1);
                // What has a name is in the other file.
                let _ = writeln!(text, "  {name}: {};", self.qualified(&of));
            }
            text.push_str("}\n\n");
        }
        text
    }

    fn qualified(&self, of: &str) -> String {
        let mut words = String::new();
        let mut word = String::new();
        for letter in of.chars().chain([' ']) {
            if letter.is_alphanumeric() || letter == '_' || letter == '"' {
                word.push(letter);
                continue;
            }
            let named = self.schemas.contains_key(&word) || self.names.values().any(|n| *n == word);
            if named && letter != ':' && letter != '?' {
                words.push_str("Types.");
            }
            words.push_str(&std::mem::take(&mut word));
            words.push(letter);
        }
        words.trim_end().to_owned()
    }

    fn of(&self, schema: &Value, sent: bool, depth: usize) -> String {
        if let Some(name) = reference(schema) {
            return self.called(name);
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(any) = schema.get(word).and_then(Value::as_array) {
                let any: Vec<_> = any.iter().map(|one| self.of(one, sent, depth)).collect();
                return any.join(" | ");
            }
        }
        if let Some(one) = schema.get("const") {
            return one.to_string();
        }
        if let Some(any) = schema.get("enum").and_then(Value::as_array) {
            return any.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
        }
        match schema.get("type") {
            Some(Value::Array(types)) => {
                let each = |one: &Value| {
                    let mut schema = schema.clone();
                    schema["type"] = one.clone();
                    self.of(&schema, sent, depth)
                };
                types.iter().map(each).collect::<Vec<_>>().join(" | ")
            }
            Some(Value::String(name)) => self.of_type(name, schema, sent, depth),
            _ => "unknown".into(),
        }
    }

    fn of_type(&self, name: &str, schema: &Value, sent: bool, depth: usize) -> String {
        match name {
            "string" => "string".into(),
            "integer" | "number" => "number".into(),
            "boolean" => "boolean".into(),
            "null" => "null".into(),
            "array" => match schema.get("items") {
                Some(items) if items.is_object() => {
                    let of = self.of(items, sent, depth);
                    if of.contains([' ', '|']) { format!("({of})[]") } else { format!("{of}[]") }
                }
                _ => "unknown[]".into(),
            },
            "object" => self.of_object(schema, sent, depth),
            _ => "unknown".into(),
        }
    }

    fn of_object(&self, schema: &Value, sent: bool, depth: usize) -> String {
        let indent = "  ".repeat(depth + 1);
        let mut fields = String::new();
        let required = schema.get("required").and_then(Value::as_array);
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let needed = required.is_some_and(|all| all.iter().any(|one| one == name));
            // An answer has everything filled in but what may be nothing.
            let nothing = field.get("default").is_none() && is_nullable(field);
            let there = needed || !sent && !nothing;
            if depth == 0 && let Some(text) = field.get("description").and_then(Value::as_str) {
                let _ = writeln!(fields, "{indent}/** {} */", one_line(text));
            }
            let mark = if there { "" } else { "?" };
            let of = self.of(field, sent, depth + 1);
            let _ = writeln!(fields, "{indent}{}{mark}: {of};", key(name));
        }
        let others = match schema.get("additionalProperties") {
            Some(Value::Object(of)) if !of.is_empty() => {
                Some(self.of(&Value::Object(of.clone()), sent, depth + 1))
            }
            Some(Value::Bool(true) | Value::Object(_)) => Some("any".into()),
            _ => None,
        };
        match (fields.is_empty(), others) {
            (true, None) => "Record<string, never>".into(),
            (true, Some(of)) => format!("Record<string, {of}>"),
            (false, None) => format!("{{\n{fields}{}}}", "  ".repeat(depth)),
            (false, Some(_)) => {
                format!("{{\n{fields}{indent}[other: string]: any;\n{}}}", "  ".repeat(depth))
            }
        }
    }
}

fn is_nullable(schema: &Value) -> bool {
    let null = |one: &Value| one == "null" || one.get("type").is_some_and(|kind| kind == "null");
    ["type", "anyOf"].iter().any(|word| {
        schema.get(*word).and_then(Value::as_array).is_some_and(|all| all.iter().any(null))
    })
}

fn is_numbered(schema: &str, name: &str) -> bool {
    let number = schema.strip_prefix(name);
    number.is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit()))
}

fn references<'a>(schema: &'a Value, into: &mut Vec<&'a str>) {
    into.extend(reference(schema));
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "default")
            .for_each(|(_, field)| references(field, into)),
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

/// The values of a schema that is an enumeration of texts.
fn values(schema: &Value) -> Option<Vec<&str>> {
    let values = schema.get("enum")?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

fn key(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if plain { name.to_owned() } else { format!("{name:?}") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /")
}

fn comment(text: &mut String, schema: &Value) {
    if let Some(said) = schema.get("description").and_then(Value::as_str) {
        let _ = writeln!(text, "/** {} */", one_line(said));
    }
}
