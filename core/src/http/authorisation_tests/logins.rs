//! The rows of the groups `auth/login` and `auth/manage`.

use varanus_proto::request::Group::{Login, Manage};

use super::table::{Right, Row};
use Right::{AnyUser, Nobody, Owner};

pub const ROWS: &[Row] = &[
    Row::new(Login, "GetLoginOptions", Nobody, "{}"),
    Row::new(
        Login,
        "SignUpLocalUser",
        Nobody,
        r#"{"username":"newcomer","password":"a-password"}"#,
    ),
    Row::new(Login, "LoginLocalUser", Nobody, r#"{"username":"newcomer","password":"a-password"}"#),
    Row::new(Manage, "GetUserId", AnyUser, "{}"),
    Row::new(Manage, "UpdateUsername", AnyUser, r#"{"username":"renamed"}"#),
    Row::new(Manage, "UpdatePassword", AnyUser, r#"{"password":"another-password"}"#),
    Row::new(Manage, "CreateApiKey", AnyUser, r#"{"name":"laptop"}"#),
    Row::new(Manage, "DeleteApiKey", Owner, r#"{"key":"K_owner_K"}"#),
];
