//! Reading YAML into documents. References to anchors become copies, as `sops` has them,
//! and comments stand before what they precede.

use std::collections::{HashMap, VecDeque};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use zeroize::Zeroizing;

use super::comments::{self, Comment};
use super::scalar::{self, Meaning};
use crate::error::{Error, Result};
use crate::value::{Branch, Item, Value};

/// So that a short text of references to references does not fill the memory.
const MOST_NODES: usize = 200_000;
const DEEPEST: usize = 100;
const MOST_BRACES: usize = 100;

pub(super) fn documents(text: &str) -> Result<Vec<Branch>> {
    let mut text = Zeroizing::new(text.to_owned());
    // `sops` writes an empty map with a comment over three lines, and its closing brace
    // in a column where YAML does not allow it.
    for _ in 0..MOST_BRACES {
        match events(&text) {
            Ok(mut events) => {
                comments::end_at_quotes(&text, &mut events);
                return trees(&text, &events);
            }
            Err((line, error)) => {
                let Some(start) = lone_brace(&text, line) else { return Err(error) };
                text.insert(start, ' ');
            }
        }
    }
    Err(Error::not_sops(format!("YAML of more than {MOST_BRACES} misplaced braces")))
}

/// Where a line starts, if nothing but a closing brace or bracket stands in it.
fn lone_brace(text: &str, line: usize) -> Option<usize> {
    let before: usize =
        text.split('\n').take(line.checked_sub(1)?).map(|line| line.len() + 1).sum();
    let line = text.get(before..)?.lines().next()?;
    matches!(line.trim(), "}" | "]").then_some(before)
}

/// All of a text's events, or the line of its first mistake.
fn events(text: &str) -> std::result::Result<Vec<(Event<'_>, Span)>, (usize, Error)> {
    let events = Parser::new_from_str(text).map(|event| {
        event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            (line, Error::not_sops(format!("no YAML at line {line} column {column}")))
        })
    });
    events.collect()
}

fn trees(text: &str, events: &[(Event<'_>, Span)]) -> Result<Vec<Branch>> {
    let mut reader = Reader {
        comments: comments::find(text, events),
        events,
        next: 0,
        anchors: HashMap::new(),
        nodes: 0,
        depth: 0,
    };
    let mut documents = Vec::new();
    while let Some((event, _)) = reader.events.get(reader.next) {
        reader.next += 1;
        if matches!(event, Event::DocumentStart(_)) {
            documents.push(reader.document()?);
            reader.anchors.clear();
        }
    }
    Ok(documents)
}

struct Reader<'a> {
    events: &'a [(Event<'a>, Span)],
    next: usize,
    comments: VecDeque<Comment>,
    anchors: HashMap<usize, Value>,
    nodes: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Branch> {
        let (event, span) = self.take()?;
        let mut branch = match event {
            Event::MappingStart(anchor, _) => {
                let mut branch = Branch::new();
                if matches!(self.peek()?.0, Event::MappingEnd) {
                    let before = span.start.index();
                    self.comments_before(before, |text| branch.push(Item::Comment(text)));
                }
                branch.append(&mut self.map(None)?);
                self.remember(*anchor, &Value::Map(branch.clone()));
                branch
            }
            Event::Scalar(word, ScalarStyle::Plain, _, None)
                if scalar::meaning(word) == Meaning::Null =>
            {
                Branch::new()
            }
            _ => return Err(at(*span, "a document must be a map")),
        };
        // What is left before the next document stands at the end of this one.
        let end =
            self.events.get(self.next..).unwrap_or_default().iter().find_map(|(event, span)| {
                matches!(event, Event::DocumentStart(_)).then(|| span.start.index())
            });
        self.comments_before(end.unwrap_or(usize::MAX), |comment| {
            branch.push(Item::Comment(comment))
        });
        Ok(branch)
    }

    /// Reads a map whose start was taken. `outside` is the column of what it stands in.
    fn map(&mut self, outside: Option<usize>) -> Result<Branch> {
        self.enter()?;
        let mut branch = Branch::new();
        let mut column = None;
        loop {
            let (event, span) = self.take()?;
            let (key, style, tag) = match event {
                Event::MappingEnd => {
                    if branch.is_empty() {
                        // `sops` loses the comment of an empty map, and so do we.
                        self.comments_before(span.start.index(), drop);
                    }
                    break;
                }
                Event::Scalar(key, style, _, tag) => (key, *style, tag.as_deref()),
                _ => return Err(at(*span, "a key must be a text")),
            };
            let column = *column.get_or_insert(span.start.col());
            let key = match self.scalar(key, style, tag, *span)? {
                Value::Str(text) => String::from_utf8(text.to_vec())
                    .map_err(|_| at(*span, "a key must be a text"))?,
                _ => return Err(at(*span, "a key must be a text; put it in quotes")),
            };
            self.comments_before(span.start.index(), |text| branch.push(Item::Comment(text)));
            if matches!(self.peek()?.0, Event::MappingStart(..) | Event::SequenceStart(..)) {
                self.beside(span.end.line(), |text| branch.push(Item::Comment(text)));
            }
            let value = self.value(column, |text| branch.push(Item::Comment(text)))?;
            branch.push(Item::Pair(key, value));
        }
        self.depth -= 1;
        if let Some(column) = column {
            self.trailing(column, outside, |text| branch.push(Item::Comment(text)));
        }
        Ok(branch)
    }

    fn list(&mut self, outside: usize) -> Result<Vec<Value>> {
        self.enter()?;
        let mut list = Vec::new();
        let mut column = None;
        loop {
            let (event, span) = self.peek()?;
            if matches!(event, Event::SequenceEnd) {
                self.next += 1;
                break;
            }
            let start = *span;
            self.comments_before(start.start.index(), |text| list.push(Value::Comment(text)));
            // The item's column, one behind the dash: deep enough for its comments.
            let dash = *column.get_or_insert(start.start.col().saturating_sub(2));
            let value = self.value(dash, |text| list.push(Value::Comment(text)))?;
            list.push(value);
        }
        self.depth -= 1;
        // Behind a map or a list, `sops` would print it in another place.
        let after_scalar = !matches!(list.last(), Some(Value::Map(_) | Value::List(_)));
        if let Some(column) = column.filter(|_| after_scalar) {
            self.trailing(column, Some(outside), |text| list.push(Value::Comment(text)));
        }
        Ok(list)
    }

    /// Reads one value that stands at `column`. A comment beside a scalar goes before it.
    fn value(
        &mut self,
        column: usize,
        mut comment: impl FnMut(Zeroizing<String>),
    ) -> Result<Value> {
        let (event, span) = self.take()?;
        match event {
            Event::MappingStart(anchor, _) => {
                let value = Value::Map(self.map(Some(column))?);
                self.remember(*anchor, &value);
                Ok(value)
            }
            Event::SequenceStart(anchor, _) => {
                let value = Value::List(self.list(column)?);
                self.remember(*anchor, &value);
                Ok(value)
            }
            Event::Scalar(word, style, anchor, tag) => {
                self.comments_before(span.start.index(), &mut comment);
                let value = self.scalar(word, *style, tag.as_deref(), *span)?;
                self.remember(*anchor, &value);
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                self.beside(if block { 0 } else { span.end.line() }, comment);
                Ok(value)
            }
            Event::Alias(anchor) => {
                self.beside(span.end.line(), comment);
                let value = self.anchors.get(anchor).cloned();
                let value =
                    value.ok_or_else(|| at(*span, "a reference to what is not yet complete"))?;
                self.count(size(&value))?;
                Ok(value)
            }
            _ => Err(at(*span, "a value is missing")),
        }
    }

    fn scalar(
        &mut self,
        word: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<Value> {
        self.count(1)?;
        let tag = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
        match tag {
            Some("str" | "merge") => return Ok(Value::str(word)),
            Some("binary") => {
                use base64::Engine;
                let text: String = word.split_whitespace().collect();
                let bytes = base64::engine::general_purpose::STANDARD.decode(text);
                let bytes = bytes.map_err(|_| at(span, "!!binary must be base64"))?;
                return Ok(Value::Str(Zeroizing::new(bytes)));
            }
            Some("timestamp") => {
                let time =
                    scalar::time(word).ok_or_else(|| at(span, "!!timestamp must be a date"))?;
                return Ok(Value::Time(time));
            }
            None if style != ScalarStyle::Plain => return Ok(Value::str(word)),
            _ => {}
        }
        Ok(match scalar::meaning(word) {
            Meaning::Null => Value::Null,
            Meaning::Bool(truth) => Value::Bool(truth),
            Meaning::Int(n) if tag == Some("float") => Value::Float(n as f64),
            Meaning::Int(n) => Value::Int(n),
            // Written without a fraction, a negative zero would come back as a whole one.
            Meaning::Float(f) => Value::Float(if f == 0.0 { 0.0 } else { f }),
            Meaning::Time(time) => Value::Time(time),
            Meaning::TooLarge => return Err(at(span, "the number is too large; put it in quotes")),
            Meaning::Merge | Meaning::Text => Value::str(word),
        })
    }

    fn comments_before(&mut self, index: usize, mut comment: impl FnMut(Zeroizing<String>)) {
        while self.comments.front().is_some_and(|c| c.index < index) {
            if let Some(next) = self.comments.pop_front() {
                comment(next.text);
            }
        }
    }

    fn beside(&mut self, line: usize, mut comment: impl FnMut(Zeroizing<String>)) {
        if self.comments.front().is_some_and(|c| c.line == line)
            && let Some(next) = self.comments.pop_front()
        {
            comment(next.text);
        }
    }

    /// Comments after a map's or list's last line that are indented like it.
    fn trailing(
        &mut self,
        column: usize,
        outside: Option<usize>,
        mut comment: impl FnMut(Zeroizing<String>),
    ) {
        let next =
            self.events.get(self.next..).unwrap_or_default().iter().find_map(|(event, span)| {
                let ends =
                    matches!(event, Event::MappingEnd | Event::SequenceEnd | Event::DocumentEnd);
                (!ends).then(|| span.start.index())
            });
        let next = next.unwrap_or(usize::MAX);
        while self.comments.front().is_some_and(|c| {
            c.alone
                && c.index < next
                && c.column >= column
                && outside.is_none_or(|outside| c.column > outside)
        }) {
            if let Some(next) = self.comments.pop_front() {
                comment(next.text);
            }
        }
    }

    fn remember(&mut self, anchor: usize, value: &Value) {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::not_sops(format!("YAML nested deeper than {DEEPEST} levels")));
        }
        self.count(1)
    }

    fn count(&mut self, nodes: usize) -> Result<()> {
        self.nodes += nodes;
        if self.nodes > MOST_NODES {
            return Err(Error::not_sops(format!("YAML of more than {MOST_NODES} values")));
        }
        Ok(())
    }

    fn peek(&self) -> Result<&'a (Event<'a>, Span)> {
        self.events.get(self.next).ok_or_else(|| Error::not_sops("YAML that ends too early"))
    }

    fn take(&mut self) -> Result<&'a (Event<'a>, Span)> {
        let event = self.peek()?;
        self.next += 1;
        Ok(event)
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::List(list) => list.iter().map(size).sum(),
        Value::Map(branch) => branch
            .iter()
            .map(|item| match item {
                Item::Pair(_, value) => size(value),
                Item::Comment(_) => 1,
            })
            .sum(),
        _ => 0,
    }
}

fn at(span: Span, what: &str) -> Error {
    Error::not_sops(format!("YAML, line {}: {what}", span.start.line()))
}
