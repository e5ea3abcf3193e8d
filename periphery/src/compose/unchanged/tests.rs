use super::*;

fn stack(change: impl FnOnce(&mut varanus_proto::entity::stack::StackConfig)) -> Stack {
    let mut stack = Stack { name: "a".into(), ..Stack::default() };
    change(&mut stack.config);
    stack
}

#[test]
fn what_a_person_asked_to_be_done_each_time_is_done_each_time() {
    assert_eq!(never(&stack(|_| {})), None);
    assert_eq!(never(&stack(|config| config.pre_deploy.command = "# a comment".into())), None);
    let extra = |line: &str| stack(|config| config.extra_args = vec![line.to_owned()].into());
    for line in ["--wait", "--timeout 10", "-t=5", "--scale web=2 --remove-orphans"] {
        assert_eq!(never(&extra(line)), None, "{line}");
    }
    for line in ["--force-recreate", "--build", "--pull always", "-V", "--timeout", "\"open"] {
        assert!(never(&extra(line)).is_some(), "{line}");
    }
    assert!(never(&stack(|config| config.force_deploy = true)).is_some());
    assert!(never(&stack(|config| config.destroy_before_deploy = true)).is_some());
    assert!(never(&stack(|config| config.run_build = true)).is_some());
    assert!(never(&stack(|config| config.pre_deploy.command = "make".into())).is_some());
    assert!(never(&stack(|config| config.post_deploy.command = "make".into())).is_some());
    let wrapper = "op run -- [[COMPOSE_COMMAND]]";
    assert!(never(&stack(|config| config.compose_cmd_wrapper = wrapper.into())).is_some());
}

fn part(service: &str) -> Part {
    Part {
        id: format!("id of {service}"),
        name: format!("p-{service}-1"),
        service: service.into(),
        image_id: "sha256:00".into(),
        config_hash: "00".into(),
        networks: Vec::new(),
        standing: Standing::Up,
    }
}

#[test]
fn a_registry_is_asked_for_what_a_deploy_would_pull() {
    let merged = "services:
  a: { image: 'a:1' }
  b: { image: 'b:1', pull_policy: never }
  c: { image: 'c:1', pull_policy: always }
  d: { image: 'd:1', pull_policy: missing }
  e: { image: 'host:5000/e', pull_policy: missing }
  other: { image: 'other', build: . }
";
    let parts = ["a", "b", "c", "d", "e"].map(part);
    let pulled = |auto_pull| {
        let images = images(merged, &parts, auto_pull).unwrap().into_iter();
        images.filter(|(_, pulled)| *pulled).map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(pulled(true), ["a:1", "c:1", "host:5000/e"]);
    assert_eq!(pulled(false), ["c:1"]);
    assert!(images(merged, &[part("other")], false).is_err());
    assert!(images(merged, &[part("gone")], false).is_err());
}
