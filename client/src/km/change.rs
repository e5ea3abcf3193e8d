//! `km update`.

use std::io::Read as _;

use varanus_client::Client;
use varanus_proto::api::read::variable::ListVariables;
use varanus_proto::api::write::variable::{
    CreateVariable, UpdateVariableIsSecret, UpdateVariableValue,
};
use varanus_proto::{Error, Result};

use crate::show;

/// `km update variable`: the value is never shown, it may be a secret.
pub async fn variable(
    client: &Client,
    name: String,
    value: String,
    secret: Option<bool>,
    yes: bool,
) -> Result<()> {
    // What stands on a command line is seen by everybody on the machine.
    let piped = value == "-";
    let value = if piped { standard_input()? } else { value };
    let all = client.request(ListVariables {}).await?;
    let known = all.into_iter().find(|variable| variable.name == name);
    let what = if known.is_some() { "set" } else { "create" };
    if piped && !yes {
        return Err(Error::invalid("a value from standard input needs --yes: nobody can confirm"));
    }
    show::confirm(&format!("{what} variable {name}"), yes)?;
    match known {
        None => {
            let is_secret = secret.unwrap_or_default();
            let description = String::new();
            client
                .request(CreateVariable { name: name.clone(), value, description, is_secret })
                .await?;
        }
        Some(known) => {
            // Hidden first, so that a new secret is at no time readable.
            if secret == Some(true) && !known.is_secret {
                hide(client, &name, true).await?;
            }
            client.request(UpdateVariableValue { name: name.clone(), value }).await?;
            if secret == Some(false) && known.is_secret {
                hide(client, &name, false).await?;
            }
        }
    }
    show::notice(&format!("variable {name} is set"));
    Ok(())
}

async fn hide(client: &Client, name: &str, is_secret: bool) -> Result<()> {
    client.request(UpdateVariableIsSecret { name: name.into(), is_secret }).await.map(|_| ())
}

/// The input without the newline that `echo` puts at its end.
fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Error::invalid("standard input cannot be read as text").cause(error))?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}
