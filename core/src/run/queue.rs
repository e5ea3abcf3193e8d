//! Which runs may begin: pure, no clock and no I/O.
//!
//! A resource is held by one run at a time, and those that wait for it get it in
//! the order they came. At most so many runs are at work; runs that only wait
//! for others (procedures) take no place.

use std::collections::{HashMap, HashSet, VecDeque};

use varanus_proto::entity::resource::ResourceTarget;

/// A run that waits or works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The run's id.
    pub id: String,
    /// What it must hold.
    pub lock: Option<ResourceTarget>,
    /// Whether it takes one of the places.
    pub works: bool,
}

/// Everything that waits or works.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    waiting: VecDeque<Ticket>,
    working: HashMap<String, Ticket>,
    held: HashMap<ResourceTarget, String>,
}

impl Queue {
    /// A queue with so many places.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            waiting: VecDeque::new(),
            working: HashMap::new(),
            held: HashMap::new(),
        }
    }

    /// Goes to the end of the queue.
    pub fn push(&mut self, ticket: Ticket) {
        self.waiting.push_back(ticket);
    }

    /// The runs that may begin now, in order; they hold their resources and
    /// places from here on.
    pub fn begin(&mut self) -> Vec<String> {
        let mut begun = Vec::new();
        let mut spoken_for = HashSet::new();
        let mut places = self.limit.saturating_sub(self.places_taken());
        let mut still_waiting = VecDeque::new();
        for ticket in std::mem::take(&mut self.waiting) {
            let free = ticket
                .lock
                .as_ref()
                .is_none_or(|lock| !self.held.contains_key(lock) && !spoken_for.contains(lock));
            if free && (!ticket.works || places > 0) {
                places -= usize::from(ticket.works);
                if let Some(lock) = &ticket.lock {
                    self.held.insert(lock.clone(), ticket.id.clone());
                }
                begun.push(ticket.id.clone());
                self.working.insert(ticket.id.clone(), ticket);
            } else {
                // Whoever comes later must not overtake on the same resource.
                spoken_for.extend(ticket.lock.clone());
                still_waiting.push_back(ticket);
            }
        }
        self.waiting = still_waiting;
        begun
    }

    /// A run waits no more, if it still did.
    pub fn withdraw(&mut self, id: &str) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|ticket| ticket.id != id);
        self.waiting.len() < before
    }

    /// A run has ended.
    pub fn end(&mut self, id: &str) {
        self.waiting.retain(|ticket| ticket.id != id);
        if let Some(ticket) = self.working.remove(id)
            && let Some(lock) = &ticket.lock
            && self.held.get(lock).is_some_and(|holder| holder == id)
        {
            self.held.remove(lock);
        }
    }

    /// A run only waits from now on, for a host that is away: it keeps its resource,
    /// and leaves its place to others.
    pub fn leave_place(&mut self, id: &str) {
        if let Some(ticket) = self.working.get_mut(id) {
            ticket.works = false;
        }
    }

    /// Which run holds a resource.
    pub fn holder(&self, target: &ResourceTarget) -> Option<&str> {
        self.held.get(target).map(String::as_str)
    }

    fn places_taken(&self) -> usize {
        self.working.values().filter(|ticket| ticket.works).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(id: &str, stack: &str) -> Ticket {
        Ticket { id: id.into(), lock: Some(ResourceTarget::Stack(stack.into())), works: true }
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
        queue.push(Ticket { id: "procedure".into(), lock: None, works: false });
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
        assert_eq!(queue.begin(), ["1"]);
        queue.end("1");
        assert_eq!(queue.begin(), ["2"]);
        queue.end("2");
        assert_eq!(queue.begin(), ["3"]);
    }
}
