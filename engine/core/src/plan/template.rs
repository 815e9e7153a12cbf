//! Text with typed holes, and conditions.

use serde::{Deserialize, Serialize};

use crate::runbook::{OutputName, ParamName, StepId};

/// How a value is written into the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quoting {
    /// One shell word, quoted.
    Shell,
    /// As it is: titles, argument vectors, environment.
    Plain,
}

/// What fills a hole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoleSource {
    /// `run.id`.
    RunId,
    /// `host.name`.
    HostName,
    /// `host.vars.NAME`.
    HostVar(String),
    /// `steps.STEP.OUTPUT`; inside a roll the current host's.
    Output {
        /// The step.
        step: StepId,
        /// Its output.
        output: OutputName,
    },
    /// A secret parameter: only where the whole text is this hole (`stdin:`, a value of `env:`).
    Secret(ParamName),
}

/// A place in a text that is filled when the step starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// What fills it.
    pub source: HoleSource,
    /// How it is written.
    pub quoting: Quoting,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Known text; values of parameters are already in it, quoted where they must be.
    Text(String),
    /// Filled later.
    Hole(Hole),
}

/// A text whose known parts are filled in and whose other parts are typed holes. Never parsed again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Template {
    /// In order; two texts never stand side by side.
    pub pieces: Vec<Piece>,
}

impl Template {
    /// A text without holes.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Text(text.into())] }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|p| match p {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) => None,
        })
    }
}

/// A CEL expression that parsed and whose names exist (checked by the compiler).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Condition(pub String);
