//! Names a person writes, checked once so that nothing later has to wonder.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Says why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Steps, outputs and parameters.
    #[error("`{0}` is not a name: a name is a lower-case letter, then lower-case letters, digits or `_`")]
    Identifier(String),
    /// Hosts.
    #[error("`{0}` is not a host name: letters, digits, `.`, `_`, `:` and `-`, not beginning with `-`")]
    Host(String),
    /// Where a host is reached.
    #[error(
        "`{0}` is not an address: letters, digits, `.`, `_`, `:` and `-`, not beginning with `-`; `%` only in an IPv6 address"
    )]
    Address(String),
    /// Accounts of hosts.
    #[error("`{0}` is not an account: letters, digits, `.`, `_`, `+`, `@` and `-`, not beginning with `-`")]
    Login(String),
}

fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 64
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_host(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

/// A `%` anywhere else would be read by ssh as the name of something to fill in.
fn is_address(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => address.contains(':') && is_host(address) && is_host(zone),
        None => is_host(text),
    }
}

fn is_login(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+@-".contains(&b))
}

macro_rules! checked_name {
    ($(#[$doc:meta])* $name:ident, $check:ident, $error:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks a text and takes it.
            ///
            /// # Errors
            /// A [`NameError`] that quotes the text.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                if $check(&text) { Ok(Self(text)) } else { Err(NameError::$error(text)) }
            }

            /// The name as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// Lets a map keyed by names be asked with a text that may be none.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

checked_name!(
    /// Names a step: `[a-z][a-z0-9_]*`, because a hyphen would be a subtraction in a condition.
    StepId, is_identifier, Identifier
);
checked_name!(
    /// Names an output of a step.
    OutputName, is_identifier, Identifier
);
checked_name!(
    /// Names a parameter of a runbook.
    ParamName, is_identifier, Identifier
);
checked_name!(
    /// Names a host of the inventory. Nothing that begins with `-` can become one, so none can reach ssh as an option.
    HostName, is_host, Host
);
checked_name!(
    /// Says where a host is reached: a name or an address that ssh can take for nothing else.
    HostAddress, is_address, Address
);
checked_name!(
    /// Names an account of a host, as ssh takes it.
    LoginName, is_login, Login
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ssh_could_misread_is_a_name() {
        let good = ["a", "web-1", "10.0.0.1", "fe80::1", "::1", "a_b.example"];
        let bad =
            ["", "-a", "-oProxyCommand=x", "a b", "a\tb", "a\n", "a\0", "é", "a;b", "$(id)", "`id`", "a/b", "[::1]"];
        for text in good {
            assert!(HostName::new(text).is_ok() && HostAddress::new(text).is_ok(), "{text}");
        }
        for text in bad {
            assert!(HostName::new(text).is_err(), "{text:?}");
            assert!(HostAddress::new(text).is_err(), "{text:?}");
            assert!(LoginName::new(text).is_err(), "{text:?}");
        }
        assert!(HostAddress::new("fe80::1%eth0").is_ok() && HostName::new("fe80::1%eth0").is_err());
        assert!(HostAddress::new("%h").is_err() && HostAddress::new("host%h").is_err());
        for (text, is) in [("ops", true), ("ada@corp.example", true), ("a:b", false), ("a%b", false), ("-l", false)] {
            assert_eq!(LoginName::new(text).is_ok(), is, "{text}");
        }
    }
}
