//! Programs that an agent left behind when it was killed.
//!
//! Nobody reads their output or knows how they end, and the next deploy of the
//! same project would run beside them. Each program carries a mark of who
//! started it; an agent that starts ends those whose agent is no more. What a
//! hook left running on purpose is no program of ours any more: it leads no
//! group, or has a session of its own.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::GRACE;

/// The variable that holds the mark.
pub const MARK: &str = "VARANUS_STARTED_BY";

/// A process as `/proc/PID/stat` shows it (proc(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    id: i32,
    group: i32,
    session: i32,
    /// In ticks after the boot: an id that is used again has another one.
    began: u64,
    zombie: bool,
}

/// The mark of this process.
pub fn mark() -> Option<String> {
    let own = seen("self")?;
    Some(format!("{} {}", own.id, own.began))
}

/// Ends the programs of agents that are no more, and waits for that. Returns how
/// many there were.
pub async fn end() -> usize {
    let found = tokio::task::spawn_blocking(find).await.unwrap_or_default();
    for leader in &found {
        let _ = killpg(Pid::from_raw(leader.group), Signal::SIGTERM);
    }
    let ends = Instant::now() + GRACE;
    while found.iter().any(is_there) && Instant::now() < ends {
        sleep(Duration::from_millis(20)).await;
    }
    for leader in &found {
        // Where the leader has ended, its children may have not.
        let _ = killpg(Pid::from_raw(leader.group), Signal::SIGKILL);
    }
    found.len()
}

/// The leaders of groups whose agent is no more.
fn find() -> Vec<Seen> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let left = ids.filter(|id| id.parse::<u32>().is_ok()).filter_map(|id| {
        let program = seen(&id)?;
        let leads = program.id == program.group && program.session != program.id;
        (leads && !program.zombie && is_left(&id)).then_some(program)
    });
    left.collect()
}

fn is_left(id: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{id}/environ")) else { return false };
    let mut variables = environment.split(|byte| *byte == 0);
    let mark = variables.find_map(|variable| {
        std::str::from_utf8(variable).ok()?.strip_prefix(MARK)?.strip_prefix('=')
    });
    let Some((agent, began)) = mark.and_then(|mark| mark.split_once(' ')) else { return false };
    // Ids mean something in their own namespace alone.
    let namespace = |id: &str| fs::read_link(format!("/proc/{id}/ns/pid")).ok();
    let same = namespace(id).is_some_and(|theirs| namespace("self") == Some(theirs));
    let lives = seen(agent).is_some_and(|agent| !agent.zombie && agent.began.to_string() == began);
    same && !lives
}

fn is_there(program: &Seen) -> bool {
    let now = seen(&program.id.to_string());
    now.is_some_and(|now| now.began == program.began && !now.zombie)
}

fn seen(id: &str) -> Option<Seen> {
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Seen> {
    // The name is in brackets and may contain anything.
    let (name, rest) = stat.rsplit_once(')')?;
    let rest: Vec<_> = rest.split_whitespace().collect();
    Some(Seen {
        id: name.split_once(' ')?.0.parse().ok()?,
        group: rest.get(2)?.parse().ok()?,
        session: rest.get(3)?.parse().ok()?,
        began: rest.get(19)?.parse().ok()?,
        zombie: matches!(*rest.first()?, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};

    use super::*;

    /// A program in a group of its own, of an agent with a mark.
    fn program(mark: &str) -> Child {
        Command::new("sleep").arg("600").env(MARK, mark).process_group(0).spawn().unwrap()
    }

    #[tokio::test]
    async fn what_a_killed_agent_left_is_ended_and_what_a_living_one_started_is_not() {
        let mut theirs = program(&mark().unwrap());
        // The id is used again, by a process that began at another time.
        let mut left = program(&format!("{} 1", std::process::id()));
        let mut unmarked = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        end().await;
        let ended = tokio::task::spawn_blocking(move || left.wait()).await.unwrap().unwrap();
        assert!(!ended.success());
        for living in [&mut theirs, &mut unmarked] {
            assert!(living.try_wait().unwrap().is_none());
            living.kill().unwrap();
            living.wait().unwrap();
        }
    }

    #[test]
    fn a_process_may_have_any_name() {
        let stat = "7 (a) b (c) S 1 7 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
        let wanted = Seen { id: 7, group: 7, session: 3, began: 4711, zombie: false };
        assert_eq!(parse(stat), Some(wanted));
        assert_eq!(parse("nonsense"), None);
    }
}
