//! Whom ssh is asked for.

use banister_core::plan::Host;
use banister_core::runbook::{HostAddress, HostName, LoginName};

/// One host in ssh's words. Its parts are checked types: none can be taken for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshTarget {
    name: HostName,
    address: HostAddress,
    port: Option<u16>,
    user: Option<LoginName>,
}

impl SshTarget {
    /// How a host of a plan is reached. Its address is what ssh is called with, so that an alias of the operator's
    /// configuration works as an address, and his `Host` blocks match it.
    #[must_use]
    pub fn of(host: &Host) -> Self {
        Self { name: host.name.clone(), address: host.address.clone(), port: host.port, user: host.user.clone() }
    }

    /// Its name in the inventory.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether ssh knows it by a name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.as_str() == name || self.address.as_str() == name
    }

    /// The last arguments of an ssh that is to go there.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(port) = self.port {
            words.extend(["-p".to_owned(), port.to_string()]);
        }
        if let Some(user) = &self.user {
            words.extend(["-l".to_owned(), user.to_string()]);
        }
        words.extend(["--".to_owned(), self.address.to_string()]);
        words
    }
}
