//! Writes the types of the client library (`client/lib.js`) from the API's
//! description, so that the one cannot differ from the other.

mod client {
    include!("client/types.rs");
}

use std::path::Path;

fn main() {
    const DESCRIPTION: &str = "../docs/openapi.json";
    for input in [DESCRIPTION, "client/types.rs", "build.rs"] {
        println!("cargo:rerun-if-changed={input}");
    }
    let text = std::fs::read_to_string(DESCRIPTION).expect("docs/openapi.json can be read");
    let description = serde_json::from_str(&text).expect("docs/openapi.json is JSON");
    let folder = std::env::var_os("OUT_DIR").expect("cargo says where to write");
    for (name, text) in client::files(&description) {
        std::fs::write(Path::new(&folder).join(name), text).expect("cargo's folder can be written");
    }
}
