//! What the front gives an engine that only it has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use banister_core::runbook::ParamName;
use banister_core::source::SourceFile;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::secrets::{Secret, Secrets};

/// One line on the engine's standard input. It has no `Debug`: it holds the values of secrets.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Asks wait for people: somebody was there when the engine was started.
    pub can_ask: bool,
    /// Name and text of the answers file.
    answers: Option<(String, String)>,
    /// Values of secrets, base64.
    secrets: BTreeMap<ParamName, String>,
    /// Set in drills: the groups of the people whom answers name.
    pub people: Option<BTreeMap<String, Vec<String>>>,
    /// The ssh configuration that was given for this engine.
    pub ssh_config: Option<PathBuf>,
}

impl HandOver {
    /// With nothing but the values of secrets.
    #[must_use]
    pub fn new(secrets: &Secrets, can_ask: bool) -> Self {
        let secrets = secrets.iter().map(|(name, secret)| (name.clone(), STANDARD.encode(secret.expose()))).collect();
        Self { can_ask, answers: None, secrets, people: None, ssh_config: None }
    }

    /// The same with an answers file.
    #[must_use]
    pub fn with_answers(mut self, answers: Option<&SourceFile>) -> Self {
        self.answers = answers.map(|source| (source.name().to_owned(), source.text().to_owned()));
        self
    }

    /// The answers file.
    #[must_use]
    pub fn answers(&self) -> Option<SourceFile> {
        self.answers.as_ref().map(|(name, text)| SourceFile::new(name.clone(), text.clone()))
    }

    /// The values of secrets. What cannot be one is left out, and missed where it is needed.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let value = |text: &String| Secret::new(STANDARD.decode(text).ok()?).ok();
        self.secrets.iter().filter_map(|(name, text)| Some((name.clone(), value(text)?))).collect()
    }
}
