use std::fs::File;
use std::sync::Mutex;
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use varanus_proto::{Error, Kind};

use super::*;
use crate::process::Stream;
use crate::work::Progress;

const LIMIT: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn line(&self, stage: &str, stream: Stream, line: &str) {
        self.0.lock().unwrap().push(format!("{stage} {stream:?} {line}"));
    }
}

fn place() -> (tempfile::TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path());
    (folder, place)
}

fn write(place: &Place, outcome: &Outcome) {
    std::fs::write(place.answer(), serde_json::to_vec(outcome).unwrap()).unwrap();
}

#[tokio::test]
async fn lines_and_the_answer_are_told() {
    let (_folder, place) = place();
    let line = |stage: &str, line: &str| {
        let line = Line { stage: stage.into(), is_error: false, line: line.into() };
        format!("{}\n", serde_json::to_string(&line).unwrap())
    };
    std::fs::write(place.lines(), line("Up", "one") + &line("Up", "two") + "{\"half").unwrap();
    write(&place, &Outcome::Answer(serde_json::value::to_raw_value(&1).unwrap()));
    let heard = Heard::default();
    let answer = follow(&place, &heard, || false, LIMIT).await.unwrap();
    assert_eq!(answer, b"1");
    assert_eq!(*heard.0.lock().unwrap(), ["Up Stdout one", "Up Stdout two"]);
}

#[tokio::test]
async fn a_failure_stays_what_it_was() {
    let (_folder, place) = place();
    write(&place, &Outcome::Failure(Error::deadline("too long").body()));
    let error = follow(&place, &Heard::default(), || false, LIMIT).await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn a_process_that_was_ended_is_not_waited_for() {
    let (_folder, place) = place();
    std::fs::write(place.lock(), "").unwrap();
    std::fs::write(place.begun(), "").unwrap();
    std::fs::write(place.log(), "out of memory\n").unwrap();
    let error = follow(&place, &Heard::default(), || false, LIMIT).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Failed);
    assert!(error.to_string().contains("out of memory"), "{error}");
}

#[tokio::test]
async fn work_that_is_no_longer_wanted_is_told_so_and_still_answers() {
    let (_folder, place) = place();
    let lock = Flock::lock(File::create(place.lock()).unwrap(), FlockArg::LockExclusive);
    std::fs::write(place.begun(), "").unwrap();
    std::fs::write(place.plan(), "secrets").unwrap();
    let working = async {
        while !place.cancel().try_exists().unwrap() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        write(&place, &Outcome::Failure(Error::cancelled("cancelled").body()));
        drop(lock);
    };
    let heard = Heard::default();
    let (outcome, ()) = tokio::join!(follow(&place, &heard, || true, LIMIT), working);
    assert!(outcome.unwrap_err().to_string().contains("cancelled"));
    assert!(!place.plan().try_exists().unwrap());
}
