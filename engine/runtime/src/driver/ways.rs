//! The way to each host.

use std::sync::Arc;

use banister_core::plan::{Host, Transport as Reached};

use super::{Event, Feed};
use crate::agent::Agent;
use crate::ssh::{Masters, SshSettings};
use crate::transport::{LocalTransport, Transport};

/// How the hosts of one engine are reached.
pub(super) struct Ways {
    /// Or why there is no way by ssh.
    masters: Result<Option<Arc<Masters>>, String>,
}

impl Ways {
    /// Prepares what these hosts need. Connects to nothing yet. An engine has an agent that is looked up when it is needed;
    /// whoever only looks takes that of the environment.
    pub(super) fn open(hosts: &[Host], run: &str, ssh: &SshSettings, feed: &Feed, agent: Option<Agent>) -> Self {
        if !hosts.iter().any(|host| host.transport == Reached::Ssh) {
            return Self { masters: Ok(None) };
        }
        let masters = Masters::with_agent(run, ssh, agent).map_err(|error| error.to_string());
        if let Some(setting) = masters.as_ref().ok().and_then(|masters| masters.overridden()) {
            feed.tell(&Event::Notice(format!(
                "{setting} is overridden: host keys are always checked here, `banister hosts trust HOST` takes a new one"
            )));
        }
        Self { masters: masters.map(Some) }
    }

    /// What is to be closed at the end.
    pub(super) fn masters(&self) -> Option<Arc<Masters>> {
        self.masters.clone().ok().flatten()
    }

    /// The way to one host.
    pub(super) fn to(&self, host: &Host) -> Result<Arc<dyn Transport>, String> {
        match (host.transport, &self.masters) {
            (Reached::Local, _) => Ok(Arc::new(LocalTransport::default())),
            (Reached::Ssh, Ok(Some(masters))) => Ok(Arc::new(masters.transport(host))),
            (Reached::Ssh, Ok(None)) => Err("no way by ssh was prepared; this is a fault of banister".to_owned()),
            (Reached::Ssh, Err(why)) => Err(why.clone()),
        }
    }
}
