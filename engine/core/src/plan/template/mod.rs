//! Text with typed holes, and conditions.
//!
//! Texts are read by the template engine's own parser and kept as [`Template`]s. It does not render with that engine:
//! a plan outlives the process that made it, and what fills a hole is never read as a template again.

mod draft;
mod resolve;

pub(crate) use draft::{Draft, DraftPiece};
pub use resolve::{TextOrSecret, param_text, parse_only_param, parse_template, parse_text_or_secret};
pub(crate) use resolve::{host_var, output_state, resolve, unknown};

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
    /// A parameter without a value: only while a runbook is checked without values, never in a plan that runs.
    Param(ParamName),
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

    /// Adds known text at the end.
    pub(crate) fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
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

#[cfg(test)]
pub(crate) mod tests;
