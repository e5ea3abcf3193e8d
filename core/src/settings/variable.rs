//! Variables: what `[[NAME]]` stands for. Every user may read them; the value of
//! a secret one is shown to admins alone, and is never in a record.

use std::sync::Arc;

use varanus_proto::api::read::variable::{GetVariable, ListVariables};
use varanus_proto::api::write::variable::{
    CreateVariable, DeleteVariable, UpdateVariableDescription, UpdateVariableIsSecret,
    UpdateVariableValue,
};
use varanus_proto::entity::update::Operation;
use varanus_proto::entity::variable::Variable;
use varanus_proto::{Error, Result};

use super::record;
use crate::http::{Api, Call};
use crate::{Commit, Core};

/// Characters of a name and of a value (Komodo 2.3 API).
const LONGEST_NAME: usize = 500;
const LONGEST_VALUE: usize = 10_000;

pub(super) fn api(api: &mut Api) {
    api.on(|call: Call, request: GetVariable| async move {
        Ok(shown(&call, &find(&call.core, &request.name)?.1))
    });
    api.on(|call: Call, _: ListVariables| async move {
        let all = call.core.catalog.variables.all();
        Ok(all.iter().map(|variable| shown(&call, variable)).collect::<Vec<_>>())
    });
    api.on(|call: Call, request: CreateVariable| async move { create(&call, request).await });
    api.on(|call: Call, request: UpdateVariableValue| async move {
        check_value(&request.name, &request.value)?;
        change(&call, &request.name, |variable| {
            let note = match variable.is_secret {
                true => "the secret value was replaced".to_owned(),
                false => format!("value: {:?} → {:?}", variable.value, request.value),
            };
            variable.value = request.value;
            note
        })
        .await
    });
    api.on(|call: Call, request: UpdateVariableDescription| async move {
        change(&call, &request.name, |variable| {
            let note = format!("description: {:?}", request.description);
            variable.description = request.description;
            note
        })
        .await
    });
    api.on(|call: Call, request: UpdateVariableIsSecret| async move {
        change(&call, &request.name, |variable| {
            variable.is_secret = request.is_secret;
            format!("secret: {}", request.is_secret)
        })
        .await
    });
    api.on(|call: Call, request: DeleteVariable| async move { delete(&call, &request.name).await });
}

/// Deletes a variable; returns what it was.
pub(crate) async fn delete(call: &Call, name: &str) -> Result<Variable> {
    require_admin(call)?;
    let _edit = call.core.edit().await;
    let (id, variable) = find(&call.core, name)?;
    let mut commit = Commit::new();
    commit.delete(&call.core.catalog.variables, &id);
    let text = format!("deleted {:?}", variable.name);
    record(call, commit, Operation::DeleteVariable, "Delete Variable", text).await?;
    Ok((*variable).clone())
}

/// Makes a variable what it is to be, whether there is one of its name or not.
pub(crate) async fn put(call: &Call, wanted: &Variable) -> Result<()> {
    if find(&call.core, &wanted.name).is_err() {
        let Variable { name, value, description, is_secret } = wanted.clone();
        return create(call, CreateVariable { name, value, description, is_secret })
            .await
            .map(drop);
    }
    check_value(&wanted.name, &wanted.value)?;
    let changed = change(call, &wanted.name, |variable| {
        let shown = |variable: &Variable| match variable.is_secret {
            true => "########".to_owned(),
            false => format!("{:?}", variable.value),
        };
        let note = format!("value: {} → {}", shown(variable), shown(wanted));
        variable.clone_from(wanted);
        note
    });
    changed.await.map(drop)
}

fn require_admin(call: &Call) -> Result<()> {
    call.caller.require_admin("change variables")
}

fn find(core: &Core, name: &str) -> Result<(String, Arc<Variable>)> {
    let table = &core.catalog.variables;
    table
        .id_of(name)
        .and_then(|id| table.get(&id).map(|variable| (id, variable)))
        .filter(|(_, variable)| variable.name == name)
        .ok_or_else(|| Error::not_found(format!("there is no variable {name:?}")))
}

/// A variable as its caller may see it.
fn shown(call: &Call, variable: &Variable) -> Variable {
    let mut variable = variable.clone();
    if variable.is_secret && !call.caller.is_admin() {
        variable.value = "#".repeat(variable.value.chars().count());
    }
    variable
}

fn check_name(name: &str) -> Result<()> {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let goes_on = bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match starts && goes_on && name.len() <= LONGEST_NAME {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "{name:?} is no name for a variable: letters, digits and _, no digit first, \
             at most {LONGEST_NAME} of them"
        ))),
    }
}

fn check_value(name: &str, value: &str) -> Result<()> {
    match value.chars().count() <= LONGEST_VALUE {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "the value of {name:?} is too long: at most {LONGEST_VALUE} characters"
        ))),
    }
}

async fn create(call: &Call, request: CreateVariable) -> Result<Variable> {
    require_admin(call)?;
    check_name(&request.name)?;
    check_value(&request.name, &request.value)?;
    let CreateVariable { name, value, description, is_secret } = request;
    let _edit = call.core.edit().await;
    if call.core.catalog.variables.get(&name).is_some() {
        return Err(Error::conflict(format!("there is a variable {name:?} already")));
    }
    let variable = Variable { name, value, description, is_secret };
    let mut commit = Commit::new();
    commit.insert(&call.core.catalog.variables, variable.clone())?;
    let text = match is_secret {
        true => format!("created the secret {:?}", variable.name),
        false => format!("created {:?} with the value {:?}", variable.name, variable.value),
    };
    record(call, commit, Operation::CreateVariable, "Create Variable", text).await?;
    Ok(variable)
}

/// Changes a variable; the text returned goes into the record. A change that
/// changes nothing leaves none.
async fn change(
    call: &Call,
    name: &str,
    change: impl FnOnce(&mut Variable) -> String,
) -> Result<Variable> {
    require_admin(call)?;
    let _edit = call.core.edit().await;
    let (id, before) = find(&call.core, name)?;
    let mut after = (*before).clone();
    let note = change(&mut after);
    if after == *before {
        return Ok(after);
    }
    let mut commit = Commit::new();
    commit.put(&call.core.catalog.variables, &id, after.clone())?;
    let text = format!("{name:?}: {note}");
    record(call, commit, Operation::UpdateVariableValue, "Update Variable", text).await?;
    Ok(after)
}
