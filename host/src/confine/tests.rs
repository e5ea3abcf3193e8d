use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;

/// A clone with links in it, and a secret beside it.
fn clone() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("clone");
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::create_dir(folder.path().join("outside")).unwrap();
    std::fs::write(folder.path().join("outside/secret"), "hunter2").unwrap();
    std::fs::write(root.join("a/compose.yaml"), "services: {}").unwrap();
    symlink("../outside/secret", root.join(".env")).unwrap();
    symlink("/etc/passwd", root.join("compose.yaml")).unwrap();
    symlink("../outside", root.join("out")).unwrap();
    symlink("../nowhere", root.join("gone")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink(".git", root.join("git")).unwrap();
    symlink("a", root.join("in")).unwrap();
    (folder, root)
}

#[tokio::test]
async fn a_link_out_of_a_repository_is_not_read() {
    let (folder, root) = clone();
    for bad in [
        ".env",
        "compose.yaml",
        "out/secret",
        "a/../out/secret",
        "loop",
        "gone",
        "../outside/secret",
    ] {
        let error = read(Some(&root), &root.join(bad)).await.unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{bad}: {error}");
    }
    let error = read(Some(&root), &root.join(".env")).await.unwrap_err();
    assert!(error.message().contains("leads out of"), "{error}");
    for good in ["a/compose.yaml", "in/compose.yaml", "in/../a/compose.yaml"] {
        assert_eq!(read(Some(&root), &root.join(good)).await.unwrap(), "services: {}", "{good}");
    }
    // Where nobody but the host's owner puts files, links are theirs.
    let outside = folder.path().join("clone/.env");
    assert_eq!(read(None, &outside).await.unwrap(), "hunter2");
}

#[tokio::test]
async fn only_plain_files_of_a_bounded_size_are_read() {
    let (_folder, root) = clone();
    let error = read(Some(&root), &root.join("a")).await.unwrap_err();
    assert!(error.message().contains("is no file"), "{error}");
    assert!(read(None, Path::new("/dev/zero")).await.is_err());
    let large = std::fs::File::create(root.join("large")).unwrap();
    large.set_len(1 << 40).unwrap();
    let error = read(Some(&root), &root.join("large")).await.unwrap_err();
    assert!(error.message().contains("bytes"), "{error}");
}

#[test]
fn nothing_is_written_through_a_link_or_into_git() {
    let (folder, root) = clone();
    for bad in [
        "out/new",
        "gone/new",
        "loop/new",
        "../new",
        ".git/config",
        "a/.GIT/hooks/x",
        ".git",
        "git/config",
        "a/",
        "..",
        ".",
        "",
    ] {
        assert!(writable_now(&root, &root.join(bad)).is_err(), "{bad}");
    }
    let real = std::fs::canonicalize(folder.path()).unwrap().join("clone");
    for (good, place) in
        [("a/new", "a/new"), ("in/new", "a/new"), ("x/y/z", "x/y/z"), (".env", ".env")]
    {
        assert_eq!(writable_now(&root, &root.join(good)).unwrap(), real.join(place), "{good}");
    }
}

proptest! {
    #[test]
    fn no_path_leads_out(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("..".to_owned()), Just(".".to_owned()), Just("out".to_owned()),
                Just("in".to_owned()), Just("/".to_owned()), Just("gone".to_owned()),
                Just(".git".to_owned()), Just("a".to_owned()), "[a-z./ \\PC\u{0}]{0,6}",
            ],
            0..6,
        ),
    ) {
        let (_folder, root) = clone();
        let real_root = std::fs::canonicalize(&root).unwrap();
        let path = parts.join("/");
        if let Ok(given) = below(&root, &path) {
            if let Ok(found) = inside_now(&root, &given) {
                prop_assert!(found.starts_with(&real_root), "{}", found.display());
            }
            if let Ok(file) = writable_now(&root, &given) {
                prop_assert!(file.starts_with(&real_root), "{}", file.display());
                prop_assert!(!file.starts_with(real_root.join(".git")), "{}", file.display());
            }
        }
        if let Ok(found) = inside_now(&root, &root.join(&path)) {
            prop_assert!(found.starts_with(&real_root), "{}", found.display());
        }
    }

    #[test]
    fn a_name_is_one_folder(name in "[-./ \\PC\n\u{0}]{0,12}") {
        if let Ok(folder) = folder_name(&name) {
            let path = Path::new("/stacks").join(&folder);
            prop_assert_eq!(path.parent(), Some(Path::new("/stacks")));
            prop_assert!(!folder.chars().any(char::is_control), "{folder:?}");
        }
    }
}

#[test]
fn no_path_leads_out_of_its_folder() {
    let folder = Path::new("/stacks/a");
    assert_eq!(below(folder, "b/./c.yaml").unwrap(), Path::new("/stacks/a/b/./c.yaml"));
    for bad in ["../b", "a/../../b", "/etc/passwd"] {
        assert!(below(folder, bad).is_err(), "{bad}");
    }
    for bad in ["", "..", "a/b", " "] {
        assert!(folder_name(bad).is_err(), "{bad}");
    }
    assert_eq!(folder_name("my stack").unwrap(), "my_stack");
}
