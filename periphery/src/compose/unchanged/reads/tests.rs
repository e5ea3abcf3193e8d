use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    /// The files that are there, relative to the folder.
    fn reads(&self, compose: &[&str]) -> Result<Vec<String>, Unknown> {
        let compose: Vec<_> = compose.iter().map(|file| (*file).to_owned()).collect();
        let found = files(self.0.path(), &compose)?;
        let there = found.into_iter().filter(|(_, contents)| contents.is_some());
        let real = there.map(|(path, _)| std::fs::canonicalize(path).unwrap());
        let root = std::fs::canonicalize(self.0.path()).unwrap();
        let mut names: Vec<_> =
            real.map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }
}

#[test]
fn every_file_that_compose_reads_is_known() {
    let compose = "
include:
  - sub/inner.yaml
  - path: [other/a.yaml]
    project_directory: .
    env_file: other/x.env
x-shared: &shared
  env_file: shared.env
services:
  app:
    <<: *shared
    image: a
    extends: { file: base.yaml, service: base }
    label_file: labels
  web:
    image: b
    env_file:
      - web.env
      - { path: maybe.env, required: false }
    environment: { file: no-file-at-all }
configs: { conf: { file: ./conf.json } }
secrets:
  word: { file: word.txt }
  other: { environment: OTHER }
";
    let folder = Folder::new(&[
        (".env", "A=1"),
        ("compose.yaml", compose),
        ("sub/inner.yaml", "services: { inner: { image: c, env_file: inner.env } }"),
        ("sub/inner.env", ""),
        ("sub/.env", ""),
        ("other/a.yaml", "services: { third: { image: d, env_file: web.env } }"),
        ("other/x.env", ""),
        ("base.yaml", "services: { base: { image: a, env_file: base.env } }"),
        ("base.env", ""),
        ("shared.env", ""),
        ("labels", ""),
        ("web.env", ""),
        ("conf.json", ""),
        ("word.txt", ""),
        ("unrelated.txt", ""),
    ]);
    let expected = [
        ".env",
        "base.env",
        "base.yaml",
        "compose.yaml",
        "conf.json",
        "labels",
        "other/a.yaml",
        "other/x.env",
        "shared.env",
        "sub/.env",
        "sub/inner.env",
        "sub/inner.yaml",
        "web.env",
        "word.txt",
    ];
    assert_eq!(folder.reads(&["compose.yaml"]).unwrap(), expected);
    // An optional file that comes later is a change, so its absence is known.
    let files = files(folder.0.path(), &["compose.yaml".to_owned()]).unwrap();
    assert_eq!(files.get(&folder.0.path().join("maybe.env")), Some(&None));
}

#[test]
fn what_cannot_be_known_is_said() {
    for (compose, why) in [
        ("services: { app: { build: . } }", "build"),
        ("services: { app: { image: a, env_file: '${WHICH}.env' } }", "WHICH"),
        ("services: { app: { image: a, env_file: gone.env } }", "gone.env"),
        ("services: { app: { provider: { type: x } } }", "provider"),
        ("include: ['oci://example.com/a:1']", "oci://"),
        ("include: ['${A}/b.yaml']", "${A}"),
        ("services: { app: { security_opt: ['seccomp:p.json'] } }", "seccomp"),
        ("services: { app: { extends: { file: [], service: a } } }", "unknown form"),
        ("services: [", "no YAML"),
    ] {
        let folder = Folder::new(&[("compose.yaml", compose)]);
        let error = folder.reads(&["compose.yaml"]).unwrap_err();
        assert!(error.contains(why), "{compose}: {error}");
    }
}

#[test]
fn files_that_include_each_other_come_to_an_end() {
    let folder = Folder::new(&[
        ("compose.yaml", "include: [b/compose.yaml]"),
        ("b/compose.yaml", "include: [../compose.yaml]"),
    ]);
    // Either answer will do; compose itself refuses it.
    let _ = folder.reads(&["compose.yaml"]);
}
