//! The variables of a sync.

use std::sync::Arc;

use varanus_proto::Result;
use varanus_proto::entity::resource_sync::DiffData;
use varanus_proto::entity::toml::ResourcesToml;
use varanus_proto::entity::variable::Variable;

use crate::Core;
use crate::auth::Caller;
use crate::http::Call;

/// A change of a variable.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new, or something of it changes.
    Put {
        /// As it is to be.
        variable: Variable,
        /// Whether there is none of this name.
        new: bool,
    },
    /// It is declared no more.
    Delete(String),
}

/// What makes the variables as declared. A secret one is not deleted: no file
/// needs to declare it.
pub fn plan(core: &Core, files: &ResourcesToml, delete: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    for declared in &files.variables {
        let there = core.catalog.variables.get(&declared.name);
        if there.as_deref() != Some(declared) {
            changes.push(Change::Put { variable: declared.clone(), new: there.is_none() });
        }
    }
    if delete {
        for there in core.catalog.variables.all() {
            let declared = files.variables.iter().any(|variable| variable.name == there.name);
            if !declared && !there.is_secret {
                changes.push(Change::Delete(there.name.clone()));
            }
        }
    }
    changes
}

/// A change in words, without a secret's value.
pub fn told(change: &Change) -> String {
    match change {
        Change::Delete(name) => format!("- Variable {name:?}"),
        Change::Put { variable, new } => {
            let sign = if *new { '+' } else { '~' };
            let value = match variable.is_secret {
                true => "########".to_owned(),
                false => format!("{:?}", variable.value),
            };
            format!("{sign} Variable {:?} = {value}", variable.name)
        }
    }
}

/// A change as Komodo's API shows it, without a secret's value.
pub fn shown(core: &Core, change: &Change) -> DiffData {
    let text = |variable: &Variable| {
        let mut variable = variable.clone();
        if variable.is_secret {
            variable.value = "########".to_owned();
        }
        toml::to_string(&variable).unwrap_or_default()
    };
    let there = |name: &str| core.catalog.variables.get(name).map(|found| text(&found));
    match change {
        Change::Delete(name) => DiffData::Delete { current: there(name).unwrap_or_default() },
        Change::Put { variable, .. } => match there(&variable.name) {
            None => DiffData::Create { name: variable.name.clone(), proposed: text(variable) },
            Some(current) => DiffData::Update { proposed: text(variable), current },
        },
    }
}

/// Does a change.
pub async fn apply(core: &Arc<Core>, caller: &Caller, change: &Change) -> Result<()> {
    let call = Call::from_within(core, caller);
    match change {
        Change::Put { variable, .. } => crate::settings::put_variable(&call, variable).await,
        Change::Delete(name) => crate::settings::delete_variable(&call, name).await.map(drop),
    }
}
