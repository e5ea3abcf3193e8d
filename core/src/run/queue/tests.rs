use super::*;

fn ticket(id: &str, stack: &str) -> Ticket {
    Ticket {
        id: id.into(),
        lock: Some(ResourceTarget::Stack(stack.into())),
        works: true,
        server: String::new(),
        person: String::new(),
    }
}

/// A run of a person on a server, for a stack of its own.
fn run(id: &str, server: &str, person: &str) -> Ticket {
    Ticket { server: server.into(), person: person.into(), ..ticket(id, id) }
}

/// Who gets a place, one after another, when each run ends before the next begins.
fn order(queue: &mut Queue, count: usize) -> Vec<String> {
    let mut order = Vec::new();
    for _ in 0..count {
        for id in queue.begin() {
            queue.end(&id);
            order.push(id);
        }
    }
    order
}

#[test]
fn one_run_a_resource_and_the_others_in_the_order_they_came() {
    let mut queue = Queue::new(8);
    for id in ["1", "2", "3"] {
        queue.push(ticket(id, "a"));
    }
    queue.push(ticket("4", "b"));
    assert_eq!(queue.begin(), ["1", "4"]);
    assert_eq!(queue.begin(), [""; 0]);
    queue.end("1");
    assert_eq!(queue.begin(), ["2"]);
    queue.end("3");
    queue.end("2");
    assert_eq!(queue.begin(), [""; 0]);
    assert_eq!(queue.holder(&ResourceTarget::Stack("a".into())), None);
}

#[test]
fn no_more_than_the_limit_work_and_procedures_take_no_place() {
    let mut queue = Queue::new(1);
    queue.push(Ticket { works: false, lock: None, ..ticket("procedure", "") });
    queue.push(ticket("1", "a"));
    queue.push(ticket("2", "b"));
    assert_eq!(queue.begin(), ["procedure", "1"]);
    queue.end("1");
    assert_eq!(queue.begin(), ["2"]);
}

#[test]
fn a_run_that_waits_for_a_host_holds_its_resource_but_no_place() {
    let mut queue = Queue::new(1);
    for (id, stack) in [("1", "a"), ("2", "a"), ("3", "b")] {
        queue.push(ticket(id, stack));
    }
    assert_eq!(queue.begin(), ["1"]);
    queue.leave_place("1");
    assert_eq!(queue.begin(), ["3"]);
    queue.end("1");
    queue.end("3");
    assert_eq!(queue.begin(), ["2"]);
}

#[test]
fn nobody_overtakes_on_the_same_resource_when_a_place_becomes_free() {
    let mut queue = Queue::new(1);
    queue.push(ticket("1", "a"));
    queue.push(ticket("2", "b"));
    queue.push(ticket("3", "b"));
    assert_eq!(order(&mut queue, 3), ["1", "2", "3"]);
}

#[test]
fn a_run_that_is_withdrawn_makes_way_for_the_next_one_on_its_resource() {
    let mut queue = Queue::new(1);
    for id in ["1", "2", "3"] {
        queue.push(ticket(id, "a"));
    }
    assert_eq!(queue.begin(), ["1"]);
    assert!(queue.withdraw("2"));
    assert!(!queue.withdraw("2") && !queue.withdraw("1"));
    let waiting: Vec<_> = queue.waiting_for(&ResourceTarget::Stack("a".into())).collect();
    assert_eq!(waiting, ["3"]);
    queue.end("1");
    assert_eq!(queue.begin(), ["3"]);
}

#[test]
fn a_server_with_a_thousand_runs_holds_up_no_other_server() {
    let mut queue = Queue::new(1);
    for at in 0..1000 {
        queue.push(run(&format!("many-{at}"), "attic", "ada"));
    }
    for at in 0..3 {
        queue.push(run(&format!("few-{at}"), "cellar", "ada"));
    }
    assert_eq!(
        order(&mut queue, 7),
        ["many-0", "few-0", "many-1", "few-1", "many-2", "few-2", "many-3"]
    );
}

#[test]
fn a_person_with_a_thousand_runs_holds_up_no_other_person() {
    let mut queue = Queue::new(1);
    // On a thousand servers, so that each of these has a claim of its own.
    for at in 0..1000 {
        queue.push(run(&format!("ada-{at}"), &format!("server-{at}"), "ada"));
    }
    for at in 0..2 {
        queue.push(run(&format!("bob-{at}"), "server-0", "bob"));
    }
    assert_eq!(order(&mut queue, 5), ["ada-0", "bob-0", "ada-1", "bob-1", "ada-2"]);
}

#[test]
fn whoever_comes_late_gets_the_next_place_that_is_free() {
    let mut queue = Queue::new(4);
    for at in 0..1000 {
        queue.push(run(&format!("ada-{at}"), "attic", "ada"));
    }
    assert_eq!(queue.begin(), ["ada-0", "ada-1", "ada-2"]);
    queue.push(run("cellar", "cellar", "bob"));
    // The last place was kept for somebody like this.
    assert_eq!(queue.begin(), ["cellar"]);
    queue.push(run("attic", "attic", "bob"));
    assert_eq!(queue.begin(), [""; 0]);
    queue.end("ada-0");
    assert_eq!(queue.begin(), ["attic"]);
}

#[test]
fn what_was_left_or_ended_is_counted_no_more() {
    let mut queue = Queue::new(4);
    for at in 0..6 {
        queue.push(run(&at.to_string(), "attic", "ada"));
    }
    assert_eq!(queue.begin(), ["0", "1", "2"]);
    assert_eq!((queue.waiting.len(), queue.people.of("ada").waiting), (3, 3));
    queue.leave_place("0");
    queue.end("0");
    assert_eq!(queue.begin(), ["3"]);
    for id in ["1", "2", "3", "4", "5"] {
        queue.end(id);
    }
    assert_eq!((queue.waiting.len(), queue.places_taken()), (0, 0));
    assert!(queue.servers.all.is_empty() && queue.people.all.is_empty());
}

#[test]
fn what_waits_has_a_bound_and_it_is_known_which_one_is_reached() {
    let mut queue = Queue::new(1);
    let room = Room { all: 5, person: 4, resource: 2 };
    let lock = |stack: &str| Some(ResourceTarget::Stack(stack.into()));
    let full =
        |queue: &Queue, person: &str, stack: &str| queue.full(room, person, lock(stack).as_ref());
    for (id, stack) in [("1", "a"), ("2", "a"), ("3", "a")] {
        assert_eq!(full(&queue, "ada", stack), None, "{id}");
        queue.push(Ticket { person: "ada".into(), ..ticket(id, stack) });
        // What works waits no more.
        queue.begin();
    }
    assert_eq!(full(&queue, "ada", "a"), Some(Full::Resource));
    assert_eq!(full(&queue, "bob", "a"), Some(Full::Resource));
    assert_eq!(full(&queue, "ada", "b"), None);
    queue.push(run("4", "", "ada"));
    queue.push(run("5", "", "ada"));
    assert_eq!(full(&queue, "ada", "b"), Some(Full::Person));
    assert_eq!(full(&queue, "bob", "b"), None);
    queue.push(run("6", "", "bob"));
    assert_eq!(full(&queue, "bob", "b"), Some(Full::All));
    queue.end("2");
    assert_eq!(full(&queue, "bob", "b"), None);
}

#[test]
fn ten_thousand_that_wait_cost_little() {
    let mut queue = Queue::new(32);
    for at in 0..10_000 {
        let (server, person) = (format!("server-{}", at % 50), format!("person-{}", at % 7));
        queue.push(run(&at.to_string(), &server, &person));
    }
    let mut ended = 0;
    while let Some(id) = queue.working.keys().next().cloned().or_else(|| queue.begin().pop()) {
        queue.end(&id);
        queue.begin();
        ended += 1;
    }
    assert_eq!(ended, 10_000);
}
