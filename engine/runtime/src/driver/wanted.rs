//! Which output a viewer is sent.

use banister_core::plan::StepPath;
use banister_core::run::EffectKey;
use banister_core::runbook::HostName;
use serde::{Deserialize, Serialize};

/// What of the commands' output a viewer wants while they run. All of it is kept beside the journal whatever is said
/// here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wanted {
    /// Nothing.
    None {},
    /// Everything.
    All {},
    /// What one step prints.
    Step {
        /// The instance.
        path: StepPath,
        /// Only on this host.
        #[serde(default)]
        host: Option<HostName>,
    },
}

impl Wanted {
    /// Whether what a command prints is among it.
    #[must_use]
    pub fn takes(&self, key: &EffectKey) -> bool {
        match self {
            Self::None {} => false,
            Self::All {} => true,
            Self::Step { path, host } => key.path == *path && host.as_ref().is_none_or(|host| key.host == *host),
        }
    }
}
