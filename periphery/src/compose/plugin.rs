//! Where the program behind `docker compose` is.
//!
//! `docker compose` starts three programs: docker, the plugin to ask what it is,
//! and the plugin again. The plugin does the same when it is called by its own
//! name (Docker: "Compose standalone"), for half the work of a small deploy.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::docker::own_folder;
use crate::process::{find_in, is_program};

/// Where the docker CLI looks for plugins, after a person's own folder.
const FOLDERS: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// The compose plugin of this host. `None` where `docker` is not docker's own
/// program but somebody's script, which means more than we can know, or where a
/// person's docker configuration names plugins itself.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    plugin_in(&path, own_folder().as_deref(), FOLDERS.map(Path::new).as_slice())
}

fn plugin_in(path: &OsStr, own: Option<&Path>, folders: &[&Path]) -> Option<PathBuf> {
    let docker = find_in(path, "docker")?;
    if !is_machine_code(&docker) {
        return None;
    }
    if let Some(own) = own {
        let settings = std::fs::read_to_string(own.join("config.json")).unwrap_or_default();
        if settings.contains("cliPluginsExtraDirs") || settings.contains("\"plugins\"") {
            return None;
        }
    }
    let own = own.map(|own| own.join("cli-plugins"));
    let folders = own.as_deref().into_iter().chain(folders.iter().copied());
    folders.map(|folder| folder.join("docker-compose")).find(|file| is_program(file))
}

fn is_machine_code(file: &Path) -> bool {
    let mut start = [0; 4];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(folder: &Path, name: &str, contents: &[u8]) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), contents).unwrap();
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.join(name), runs).unwrap();
    }

    #[test]
    fn compose_is_called_directly_where_that_is_what_docker_would_do() {
        let folder = tempfile::tempdir().unwrap();
        let [bin, own, shared] = ["bin", "own", "shared"].map(|name| folder.path().join(name));
        let find = || plugin_in(bin.as_os_str(), Some(&own), &[&shared]);
        assert_eq!(find(), None);
        file(&bin, "docker", b"\x7fELF...");
        assert_eq!(find(), None);
        file(&shared, "docker-compose", b"");
        assert_eq!(find(), Some(shared.join("docker-compose")));
        // A person's own comes first.
        file(&own.join("cli-plugins"), "docker-compose", b"");
        assert_eq!(find(), Some(own.join("cli-plugins/docker-compose")));
        // What a person configured, docker must read.
        file(&own, "config.json", br#"{"cliPluginsExtraDirs":["/x"]}"#);
        assert_eq!(find(), None);
    }

    #[test]
    fn a_script_named_docker_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let [bin, shared] = ["bin", "shared"].map(|name| folder.path().join(name));
        file(&bin, "docker", b"#!/bin/sh\nexec podman \"$@\"\n");
        file(&shared, "docker-compose", b"");
        assert_eq!(plugin_in(bin.as_os_str(), None, &[&shared]), None);
    }
}
