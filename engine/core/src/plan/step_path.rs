//! The stable name of one instance of a step.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::runbook::{HostName, StepId};

/// One typed part of a [`StepPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A step: `restart`.
    Step(StepId),
    /// A host: `@web-2`.
    Host(HostName),
    /// A batch of a roll, counted from 1: `#2`.
    Batch(u32),
    /// A precondition: `?tools_answer`.
    Precondition(StepId),
    /// A step of an undo: `~start_again`.
    Undo(StepId),
}

/// Names one instance: `make_dir/@localhost`, `restart/@web-2/stop`, `restart/#2/gate`, `?tools/@web-1`,
/// `restart/@web-2/stop/~start_again`. Stable across resume and across versions; never a graph index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepPath(Vec<Segment>);

/// Says why a text is not a step path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a step path: {why}")]
pub struct PathError {
    text: String,
    why: String,
}

impl StepPath {
    /// The path of a step as such.
    #[must_use]
    pub fn step(id: StepId) -> Self {
        Self(vec![Segment::Step(id)])
    }

    /// The path of a precondition as such.
    #[must_use]
    pub fn precondition(id: StepId) -> Self {
        Self(vec![Segment::Precondition(id)])
    }

    /// The path of a host itself, of no step: `@web-2`. Only what is asked about a host has one.
    #[must_use]
    pub fn host_itself(host: HostName) -> Self {
        Self(vec![Segment::Host(host)])
    }

    /// Whether it names a host itself.
    #[must_use]
    pub fn is_host_itself(&self) -> bool {
        matches!(self.0.as_slice(), [Segment::Host(_)])
    }

    /// This path with one part more.
    #[must_use]
    pub fn join(&self, segment: Segment) -> Self {
        let mut parts = self.0.clone();
        parts.push(segment);
        Self(parts)
    }

    /// Its parts.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The host in it, if it has one.
    #[must_use]
    pub fn host(&self) -> Option<&HostName> {
        self.0.iter().find_map(|s| match s {
            Segment::Host(host) => Some(host),
            _ => None,
        })
    }

    /// The batch in it, if it has one.
    #[must_use]
    pub fn batch(&self) -> Option<u32> {
        self.0.iter().find_map(|s| match s {
            Segment::Batch(n) => Some(*n),
            _ => None,
        })
    }

    /// Whether it names an instance of a precondition.
    #[must_use]
    pub fn is_precondition(&self) -> bool {
        matches!(self.0.first(), Some(Segment::Precondition(_)))
    }

    /// The name of the innermost step.
    #[must_use]
    pub fn id(&self) -> &StepId {
        let last = self.0.iter().rev().find_map(|s| match s {
            Segment::Step(id) | Segment::Precondition(id) | Segment::Undo(id) => Some(id),
            Segment::Host(_) | Segment::Batch(_) => None,
        });
        // Invariant: constructors and parser put a step or precondition first; nobody asks this of a host itself, which no
        // instance is named by.
        last.expect("a path begins with a step")
    }

    /// The name of the outermost step.
    #[must_use]
    pub fn root(&self) -> &StepId {
        match &self.0[0] {
            Segment::Step(id) | Segment::Precondition(id) | Segment::Undo(id) => id,
            // Invariant: as for `id`.
            Segment::Host(_) | Segment::Batch(_) => unreachable!("a path begins with a step"),
        }
    }

    /// Reads a path as it is printed.
    ///
    /// # Errors
    /// A [`PathError`] that quotes the text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fail = |why: String| PathError { text: text.to_owned(), why };
        let mut parts = Vec::new();
        for part in text.split('/') {
            let name = |t: &str| StepId::new(t).map_err(|e| fail(e.to_string()));
            parts.push(match part.as_bytes().first() {
                Some(b'@') => Segment::Host(HostName::new(&part[1..]).map_err(|e| fail(e.to_string()))?),
                Some(b'#') => {
                    let n = part[1..].parse().ok().filter(|n| *n > 0 && !part.starts_with("#+"));
                    Segment::Batch(n.ok_or_else(|| fail("a batch is `#` and a number from 1".to_owned()))?)
                }
                Some(b'?') => Segment::Precondition(name(&part[1..])?),
                Some(b'~') => Segment::Undo(name(&part[1..])?),
                _ => Segment::Step(name(part)?),
            });
        }
        match parts.as_slice() {
            [Segment::Step(_) | Segment::Precondition(_), ..] | [Segment::Host(_)] => Ok(Self(parts)),
            _ => Err(fail("it begins with a step".to_owned())),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(id) => write!(f, "{id}"),
            Self::Host(host) => write!(f, "@{host}"),
            Self::Batch(n) => write!(f, "#{n}"),
            Self::Precondition(id) => write!(f, "?{id}"),
            Self::Undo(id) => write!(f, "~{id}"),
        }
    }
}

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            write!(f, "{}{part}", if i == 0 { "" } else { "/" })?;
        }
        Ok(())
    }
}

impl TryFrom<String> for StepPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<StepPath> for String {
    fn from(path: StepPath) -> Self {
        path.to_string()
    }
}
