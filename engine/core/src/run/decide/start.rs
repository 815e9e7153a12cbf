//! The first input of a run, and looking at its hosts.

use crate::plan::{HostIndex, Plan};
use crate::run::batch::Batch;
use crate::run::input::HostIdentity;
use crate::run::sabotage::Sabotage;
use crate::run::{Actor, Effect, RecordKind, Rejected, StartInfo};
use crate::runbook::HostName;

impl Batch<'_> {
    pub(in crate::run) fn start(&mut self, actor: Actor, info: Box<StartInfo>) {
        let plan = std::sync::Arc::clone(&self.run.plan);
        let kind = RecordKind::RunPlanned {
            format: Plan::FORMAT,
            semantics: Plan::SEMANTICS,
            plan_hash: self.run.plan_hash.clone(),
            runbook: plan.runbook.clone(),
            environment: plan.environment.clone(),
            info,
        };
        self.emit(actor, kind);
        self.preflight_hosts();
    }

    /// Looks at every host that has not been met yet, and once more at those that this run must have for itself.
    pub(in crate::run) fn preflight_hosts(&mut self) {
        for index in 0..self.run.plan.hosts.len() {
            let host = HostIndex(u32::try_from(index).unwrap_or(u32::MAX));
            let is = self.state().host(host);
            let is_held = is.identity.as_ref().is_some_and(|identity| identity.ledger.is_some());
            if is.identity.is_none() || (is_held && is.excluded.is_none() && self.state().aborted().is_none()) {
                self.preflight(host);
            }
        }
    }

    pub(in crate::run) fn preflight(&mut self, host: HostIndex) {
        let (ledger, accounts) = self.state().graph().needs_of(host);
        let (epoch, over) = (self.state().epoch(), self.state().host(host).take_over.clone());
        self.run.inflight.preflights.insert(host);
        let host = self.run.plan.host(host).name.clone();
        self.effect(Effect::Preflight { host, accounts, ledger, epoch, over });
    }

    /// Whether a host is looked at that has never been met: nothing begins before that.
    pub(in crate::run) fn is_meeting(&self) -> bool {
        self.run.inflight.preflights.iter().any(|host| self.state().host(*host).identity.is_none())
    }

    pub(in crate::run) fn was_asked(&mut self, host: &HostName) -> Result<HostIndex, Rejected> {
        let index = self.state().graph().find_host(host).ok_or_else(|| Rejected::UnknownHost(host.to_string()))?;
        if self.run.inflight.preflights.remove(&index) {
            return Ok(index);
        }
        Err(Rejected::UnknownHost(format!("{host} (it was not asked)")))
    }

    pub(in crate::run) fn preflighted(
        &mut self,
        host: &HostName,
        result: Result<HostIdentity, String>,
    ) -> Result<(), Rejected> {
        let index = self.was_asked(host)?;
        let host = host.clone();
        if let Some(known) = self.state().host(index).identity.clone() {
            self.met_again(index, &known, result);
            return Ok(());
        }
        let result = result.and_then(|identity| match self.same_host(index, &identity) {
            Some(why) => Err(why),
            None => Ok(identity),
        });
        self.engine(match result {
            Ok(identity) => RecordKind::HostPreflighted { host, identity },
            Err(why) => RecordKind::HostRefused { host, why },
        });
        Ok(())
    }

    /// Why a host cannot be used beside another name of the inventory that answered with the same ledger in the same boot.
    /// Machine ids alone prove nothing: clones share them.
    fn same_host(&self, index: HostIndex, identity: &HostIdentity) -> Option<String> {
        let ledger = identity.ledger.as_deref()?;
        let same = |other: &HostIndex| {
            let other = self.state().host(*other).identity.as_ref();
            other.is_some_and(|other| other.ledger == identity.ledger && other.boot == identity.boot)
        };
        let mut all = (0..self.run.plan.hosts.len()).map(|i| HostIndex(u32::try_from(i).unwrap_or(u32::MAX)));
        let other = all.find(|other| *other != index && same(other))?;
        let other = &self.run.plan.host(other).name;
        let why = format!(
            "it and {other} are one host: both answer with ledger {ledger} in boot {}; name it once",
            identity.boot
        );
        (!self.run.is_broken(Sabotage::OneHostTwice)).then_some(why)
    }

    /// A resumed run met a host again. One that cannot be reached now is no reason to stop: what is in doubt there is asked
    /// about, and what is to start there will say so itself.
    fn met_again(&mut self, index: HostIndex, known: &HostIdentity, result: Result<HostIdentity, String>) {
        let is_locked = self.state().host(index).locked.is_some();
        let is_taken_over = self.state().host(index).take_over.is_some();
        let host = self.run.plan.host(index).name.clone();
        match result {
            Ok(identity) if !self.state().has_begun() && self.same_host(index, &identity).is_some() => {
                let why = self.same_host(index, &identity).unwrap_or_default();
                self.engine(RecordKind::HostRefused { host, why });
            }
            Ok(identity) if (&identity.ledger, &identity.machine) == (&known.ledger, &known.machine) => {
                let is_news = is_locked || is_taken_over || identity != *known;
                if !is_news {
                    return;
                }
                self.engine(RecordKind::HostPreflighted { host, identity });
            }
            // Nobody said that it is ours now.
            _ if is_locked => self.ask_lock(index),
            _ => {}
        }
    }
}
