//! Files over files: aliases become keys, unknown keys are named, tables merge.

use crate::node::{Data, Node};
use crate::report::Report;
use crate::schema::{Kind, Schema};

/// Lays one table over another. With `nested`, tables merge key by key at
/// every depth, else a table replaces the earlier one. With `extend`, lists are
/// put behind earlier ones, else they replace them.
pub fn merge(base: &mut Node, over: Node, nested: bool, extend: bool) {
    let Data::Table(over_table) = over.data else {
        *base = over;
        return;
    };
    let Some(base_table) = base.table_mut() else {
        *base = Node { data: Data::Table(over_table), source: over.source };
        return;
    };
    for (key, value) in over_table {
        match base_table.get_mut(&key) {
            Some(old) => merge_value(old, value, nested, extend),
            None => {
                base_table.insert(key, value);
            }
        }
    }
}

fn merge_value(old: &mut Node, new: Node, nested: bool, extend: bool) {
    match (&mut old.data, new.data) {
        (Data::Table(_), Data::Table(table)) if nested => {
            merge(old, Node { data: Data::Table(table), source: new.source }, nested, extend);
        }
        (Data::List(items), Data::List(more)) if extend => items.extend(more),
        (_, data) => *old = Node { data, source: new.source },
    }
}

/// Renames aliases to keys and takes out, with a warning, what is not known.
pub(crate) fn normalise(node: &mut Node, schema: &Schema, key: &str, report: &mut Report) {
    let Some(table) = node.table_mut() else { return };
    for (name, mut value) in std::mem::take(table) {
        let path = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
        let Some(field) = schema.field(&name) else {
            let advice = match schema.nearest(&name) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "it is ignored".into(),
            };
            report
                .warnings
                .push(format!("{} is not a known setting; {advice}", value.source.describe(&path)));
            continue;
        };
        match &field.kind {
            Kind::Plain | Kind::Map => {}
            Kind::Table(inner) => normalise(&mut value, inner, &path, report),
            Kind::Tables(inner) => each(&mut value, inner, &path, report),
            Kind::SameTables => each(&mut value, schema, &path, report),
        }
        match table.get_mut(field.key) {
            // `[[git_provider]]` beside `[[git_providers]]`.
            Some(old) => merge_value(old, value, true, true),
            None => {
                table.insert(field.key.to_owned(), value);
            }
        }
    }
}

fn each(node: &mut Node, schema: &Schema, key: &str, report: &mut Report) {
    match &mut node.data {
        Data::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                normalise(item, schema, &format!("{key}[{index}]"), report);
            }
        }
        Data::Table(_) => normalise(node, schema, key, report),
        _ => {}
    }
}
