//! Which runs may begin: pure, no clock and no I/O.
//!
//! A resource is held by one run at a time, and those that wait for it get it in
//! the order they came. At most so many runs are at work; runs that only wait
//! for others (procedures) take no place.
//!
//! A place that is free goes to whoever has least: the run whose server and whose
//! person have the fewest places now, and where that is the same, the person and
//! then the server whose turn was longest ago. Neither a server nor a person
//! takes the last quarter of the places. So a thousand runs of one hold up nobody
//! else.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    /// Where its work is done; empty where there is no such place.
    pub server: String,
    /// Who it is for: whoever asked for the whole that it is a part of.
    pub person: String,
}

/// How many may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Altogether.
    pub all: usize,
    /// Of one person.
    pub person: usize,
    /// For one resource.
    pub resource: usize,
}

/// What is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// As many wait as may altogether.
    All,
    /// As many of the person.
    Person,
    /// As many for the resource.
    Resource,
}

/// Where a ticket came in the order of all.
type Number = u64;

/// Everything that waits or works.
#[derive(Debug)]
pub struct Queue {
    limit: usize,
    next: Number,
    waiting: HashMap<Number, Ticket>,
    numbers: HashMap<String, Number>,
    /// Those that wait for a resource, in order; the first may be ready.
    lines: HashMap<ResourceTarget, BTreeSet<Number>>,
    /// Those that need nothing but a place.
    ready: BTreeMap<Share, BTreeSet<Number>>,
    /// Those that need nothing at all.
    free: BTreeSet<Number>,
    working: HashMap<String, Ticket>,
    held: HashMap<ResourceTarget, String>,
    servers: Turns,
    people: Turns,
    turn: u64,
}

/// A server and a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    server: String,
    person: String,
}

impl Share {
    fn of(ticket: &Ticket) -> Self {
        Self { server: ticket.server.clone(), person: ticket.person.clone() }
    }
}

/// How many places each has, and when it last got one.
#[derive(Debug, Default)]
struct Turns {
    all: HashMap<String, Turn>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Turn {
    places: usize,
    last: u64,
    waiting: usize,
}

impl Turns {
    fn of(&self, name: &str) -> Turn {
        self.all.get(name).copied().unwrap_or_default()
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut Turn)) {
        let turn = self.all.entry(name.to_owned()).or_default();
        change(turn);
        // Whoever has nothing and wants nothing is forgotten.
        if turn.places == 0 && turn.waiting == 0 {
            self.all.remove(name);
        }
    }
}

impl Queue {
    /// A queue with so many places.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            next: 0,
            waiting: HashMap::new(),
            numbers: HashMap::new(),
            lines: HashMap::new(),
            ready: BTreeMap::new(),
            free: BTreeSet::new(),
            working: HashMap::new(),
            held: HashMap::new(),
            servers: Turns::default(),
            people: Turns::default(),
            turn: 0,
        }
    }

    /// Goes to the end of the queue.
    pub fn push(&mut self, ticket: Ticket) {
        let number = self.next;
        self.next += 1;
        self.servers.change(&ticket.server, |turn| turn.waiting += 1);
        self.people.change(&ticket.person, |turn| turn.waiting += 1);
        self.numbers.insert(ticket.id.clone(), number);
        let lock = ticket.lock.clone();
        self.waiting.insert(number, ticket);
        match lock {
            Some(lock) => {
                self.lines.entry(lock.clone()).or_default().insert(number);
                self.advance(&lock);
            }
            None => self.make_ready(number),
        }
    }

    /// The runs that may begin now, in order; they hold their resources and
    /// places from here on.
    pub fn begin(&mut self) -> Vec<String> {
        let mut begun = Vec::new();
        while let Some(number) = self.free.pop_first() {
            begun.extend(self.start(number));
        }
        while self.places_taken() < self.limit {
            let Some(number) = self.next_in_turn() else { break };
            begun.extend(self.start(number));
        }
        begun
    }

    /// A run waits no more, if it still did.
    pub fn withdraw(&mut self, id: &str) -> bool {
        let Some(number) = self.numbers.get(id).copied() else { return false };
        let Some(ticket) = self.take(number) else { return false };
        if let Some(lock) = &ticket.lock {
            self.advance(lock);
        }
        true
    }

    /// A run has ended.
    pub fn end(&mut self, id: &str) {
        self.withdraw(id);
        let Some(ticket) = self.working.remove(id) else { return };
        if ticket.works {
            self.give_up_place(&ticket);
        }
        if let Some(lock) = &ticket.lock
            && self.held.get(lock).is_some_and(|holder| holder == id)
        {
            self.held.remove(lock);
            self.advance(lock);
        }
    }

    /// A run only waits from now on, for a host that is away: it keeps its resource,
    /// and leaves its place to others.
    pub fn leave_place(&mut self, id: &str) {
        let Some(ticket) = self.working.get_mut(id) else { return };
        if std::mem::take(&mut ticket.works) {
            let ticket = ticket.clone();
            self.give_up_place(&ticket);
        }
    }

    /// Which run holds a resource.
    pub fn holder(&self, target: &ResourceTarget) -> Option<&str> {
        self.held.get(target).map(String::as_str)
    }

    /// What is full, if one more run of a person for a resource is too many.
    pub fn full(&self, room: Room, person: &str, lock: Option<&ResourceTarget>) -> Option<Full> {
        let line = lock.and_then(|lock| self.lines.get(lock)).map_or(0, BTreeSet::len);
        let cases = [
            (line, room.resource, Full::Resource),
            (self.people.of(person).waiting, room.person, Full::Person),
            (self.waiting.len(), room.all, Full::All),
        ];
        cases.into_iter().find_map(|(waiting, room, full)| (waiting >= room).then_some(full))
    }

    /// The runs that wait for a resource, in order.
    pub fn waiting_for(&self, target: &ResourceTarget) -> impl DoubleEndedIterator<Item = &str> {
        let line = self.lines.get(target).into_iter().flatten();
        line.filter_map(|number| self.waiting.get(number)).map(|ticket| ticket.id.as_str())
    }

    fn places_taken(&self) -> usize {
        self.people.all.values().map(|turn| turn.places).sum()
    }

    /// Who gets the next place. `None` when nobody may have it.
    fn next_in_turn(&self) -> Option<Number> {
        let most = self.limit - self.limit / 4;
        let fair = |share: &Share| {
            let (server, person) = (self.servers.of(&share.server), self.people.of(&share.person));
            // What belongs to no server is held up by none.
            let of_server = if share.server.is_empty() { 0 } else { server.places };
            if of_server.max(person.places) >= most {
                return None;
            }
            Some((of_server + person.places, person.last, server.last))
        };
        let shares = self.ready.iter().filter_map(|(share, numbers)| {
            let first = numbers.first()?;
            Some((fair(share)?, *first))
        });
        shares.min().map(|(_, number)| number)
    }

    /// The first that waits for a resource is ready when nobody holds it.
    fn advance(&mut self, lock: &ResourceTarget) {
        if self.held.contains_key(lock) {
            return;
        }
        let first = self.lines.get(lock).and_then(BTreeSet::first).copied();
        if let Some(first) = first {
            self.make_ready(first);
        }
    }

    fn make_ready(&mut self, number: Number) {
        let Some(ticket) = self.waiting.get(&number) else { return };
        match ticket.works {
            true => self.ready.entry(Share::of(ticket)).or_default().insert(number),
            false => self.free.insert(number),
        };
    }

    fn start(&mut self, number: Number) -> Option<String> {
        let ticket = self.take(number)?;
        if let Some(lock) = &ticket.lock {
            self.held.insert(lock.clone(), ticket.id.clone());
        }
        if ticket.works {
            self.turn += 1;
            let got = |turn: &mut Turn| (turn.places, turn.last) = (turn.places + 1, self.turn);
            self.servers.change(&ticket.server, got);
            self.people.change(&ticket.person, got);
        }
        let id = ticket.id.clone();
        self.working.insert(id.clone(), ticket);
        Some(id)
    }

    /// Takes a ticket out of everything that waits.
    fn take(&mut self, number: Number) -> Option<Ticket> {
        let ticket = self.waiting.remove(&number)?;
        self.numbers.remove(&ticket.id);
        self.free.remove(&number);
        let share = Share::of(&ticket);
        if let Some(numbers) = self.ready.get_mut(&share) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.ready.remove(&share);
            }
        }
        if let Some(lock) = &ticket.lock
            && let Some(line) = self.lines.get_mut(lock)
        {
            line.remove(&number);
            if line.is_empty() {
                self.lines.remove(lock);
            }
        }
        // The turn that follows counts before it is forgotten.
        let left = |turn: &mut Turn| turn.waiting = turn.waiting.saturating_sub(1);
        self.servers.change(&ticket.server, left);
        self.people.change(&ticket.person, left);
        Some(ticket)
    }

    fn give_up_place(&mut self, ticket: &Ticket) {
        let left = |turn: &mut Turn| turn.places = turn.places.saturating_sub(1);
        self.servers.change(&ticket.server, left);
        self.people.change(&ticket.person, left);
    }
}

#[cfg(test)]
mod tests;
