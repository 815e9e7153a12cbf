//! Words with a fixed choice, as written and as the plan keeps them.

use serde::{Deserialize, Serialize};

/// Declares a closed set of words: the enum, its words, and reading one.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The words a person may write.
            pub const WORDS: &[&'static str] = &[$($word),+];

            /// Reads a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The word as it is written.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// What running a command a second time would mean.
    EffectClass {
        /// Changes nothing; may run at any time, skips the ledger.
        Read = "read",
        /// Changes something; running it again gives the same.
        Repeatable = "repeatable",
        /// Changes something; running it again changes it again.
        Once = "once",
        /// Takes something away that cannot be had back.
        Destroy = "destroy",
    }
}

impl EffectClass {
    /// Whether it changes a host at all.
    #[must_use]
    pub fn changes(self) -> bool {
        self != Self::Read
    }
}

words! {
    /// Which shell reads a script.
    Shell {
        /// The host's POSIX `sh`.
        Sh = "sh",
        /// `bash`.
        Bash = "bash",
    }
}

words! {
    /// What a passed timeout of a changing step does.
    OnTimeout {
        /// A person says wait, kill or leave.
        Ask = "ask",
        /// Killed at once.
        Kill = "kill",
    }
}

words! {
    /// What a final failure does.
    OnFailure {
        /// A person chooses.
        Ask = "ask",
        /// Nothing new starts, the run ends.
        Stop = "stop",
        /// The step's undo runs, then as `Stop`.
        Undo = "undo",
    }
}

words! {
    /// What a gate that does not hold in time does.
    GateTimeout {
        /// A person says wait, override or exclude.
        Ask = "ask",
        /// Nothing new starts, the run ends.
        Stop = "stop",
    }
}

words! {
    /// What kind of value a parameter takes.
    ParamType {
        /// Any text without NUL.
        Text = "text",
        /// An absolute path.
        Path = "path",
        /// A whole number.
        Integer = "integer",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A time span such as `90s` or `5m`.
        Duration = "duration",
        /// One host of the inventory.
        Host = "host",
        /// Hosts and groups of the inventory.
        Hosts = "hosts",
        /// A list of texts.
        List = "list",
        /// A value that is only ever referred to and never shown.
        Secret = "secret",
    }
}
