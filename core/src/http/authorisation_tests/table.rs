//! What a row of the table says, and that the table is the API.

use std::collections::BTreeSet;

use serde_json::Value;
use varanus_proto::Kind as Fault;
use varanus_proto::entity::permission::PermissionLevel as Level;
use varanus_proto::entity::permission::SpecificPermission as Specific;
use varanus_proto::entity::resource::ResourceTargetVariant as Kind;
use varanus_proto::request::Group;

use super::{executes, kinds, logins, reads, writes};

/// One thing that a user may hold.
#[derive(Debug, Clone, Copy)]
pub enum Grant {
    /// A level and specifics on the resource of a kind that everybody else is
    /// kept from: `hidden-stack`, `hidden-server`, …
    On(Kind, Level, &'static [Specific]),
    /// A place in the group `hidden-group`.
    Member,
    /// The permission to create servers.
    MakesServers,
    /// The permission to create builds.
    MakesBuilds,
}

/// Who may send a request.
#[derive(Debug, Clone, Copy)]
pub enum Right {
    /// Anybody, without credentials.
    Nobody,
    /// Every user who is enabled. Nothing hidden is in the answer.
    AnyUser,
    /// The one whose it is. Others know of it: 403.
    Owner,
    /// Whoever holds all of this. Without: 404, as if there were no such thing.
    Needs(&'static [Grant]),
    /// Every user; the answer is empty for those who do not hold all of this.
    Shows(&'static [Grant]),
    /// Admins.
    Admin,
    /// Admins. Whoever holds all of this, but is no admin, is refused with 403;
    /// others get 404, as if there were no such thing.
    AdminKnowing(&'static [Grant]),
    /// Super admins.
    SuperAdmin,
}

/// What comes of a request in the fixture, where there is no agent, when the
/// caller has the right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// An answer, which is not empty where the right is to be shown something.
    Good,
    /// An answer without anything in it: nothing was observed of any server.
    Empty,
    /// An error of this kind, which has nothing to do with rights.
    Fails(Fault),
}

/// One way of one request.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub group: Group,
    pub name: &'static str,
    pub right: Right,
    pub params: &'static str,
    pub end: End,
}

impl Row {
    pub const fn new(group: Group, name: &'static str, right: Right, params: &'static str) -> Self {
        Self { group, name, right, params, end: End::Good }
    }

    pub const fn ends(self, end: End) -> Self {
        Self { end, ..self }
    }

    /// What a failed assertion is about.
    pub fn label(&self) -> String {
        format!("/{}/{} {}", self.group, self.name, self.params)
    }
}

/// Every row.
pub fn all() -> Vec<Row> {
    [reads::ROWS, writes::ROWS, kinds::ROWS, executes::ROWS, logins::ROWS].concat()
}

/// Whether nothing is in an answer: no text, no entry, no number above 0.
pub fn is_empty(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

/// Everything that is less than these grants by one step: a level lower, or
/// without a specific.
pub fn one_less(grants: &[Grant]) -> Vec<Vec<Less>> {
    let whole: Vec<Less> = grants.iter().map(Less::of).collect();
    let mut all = Vec::new();
    for (at, grant) in grants.iter().enumerate() {
        let mut change = |less: Option<Less>| {
            let mut changed = whole.clone();
            match less {
                Some(less) => changed[at] = less,
                None => drop(changed.remove(at)),
            }
            all.push(changed);
        };
        let Grant::On(kind, level, specifics) = *grant else {
            change(None);
            continue;
        };
        change(match level {
            Level::None => None,
            Level::Read => Some(Less::On(kind, Level::None, specifics.to_vec())),
            Level::Execute => Some(Less::On(kind, Level::Read, specifics.to_vec())),
            Level::Write => Some(Less::On(kind, Level::Execute, specifics.to_vec())),
        });
        for gone in specifics {
            let left = specifics.iter().copied().filter(|specific| specific != gone).collect();
            change(Some(Less::On(kind, level, left)));
        }
    }
    all
}

/// A grant as it is given to a user.
#[derive(Debug, Clone)]
pub enum Less {
    On(Kind, Level, Vec<Specific>),
    Member,
    MakesServers,
    MakesBuilds,
}

impl Less {
    pub fn of(grant: &Grant) -> Self {
        match *grant {
            Grant::On(kind, level, specifics) => Self::On(kind, level, specifics.to_vec()),
            Grant::Member => Self::Member,
            Grant::MakesServers => Self::MakesServers,
            Grant::MakesBuilds => Self::MakesBuilds,
        }
    }
}

#[test]
fn the_table_has_every_request_of_the_api_and_no_other() {
    let api = crate::http::all();
    let known: BTreeSet<(&str, &str)> = Group::ALL
        .iter()
        .flat_map(|group| api.names(*group).into_iter().map(|name| (group.as_str(), name)))
        .collect();
    let listed: BTreeSet<(&str, &str)> =
        all().iter().map(|row| (row.group.as_str(), row.name)).collect();
    let missing: Vec<_> = known.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "these requests have no row, which says who may send them: {missing:?}"
    );
    assert!(gone.is_empty(), "these rows are about requests that are not in the API: {gone:?}");
}
