//! The first input of a run, and looking at its hosts.

use crate::plan::{HostIndex, Plan};
use crate::run::batch::Batch;
use crate::run::input::HostIdentity;
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

    /// Looks at every host that has not been met yet.
    pub(in crate::run) fn preflight_hosts(&mut self) {
        for index in 0..self.run.plan.hosts.len() {
            let host = HostIndex(u32::try_from(index).unwrap_or(u32::MAX));
            if self.state().host(host).identity.is_some() {
                continue;
            }
            let (ledger, accounts) = self.state().graph().needs_of(host);
            self.run.inflight.preflights.insert(host);
            self.effect(Effect::Preflight { host: self.run.plan.host(host).name.clone(), accounts, ledger });
        }
    }

    pub(in crate::run) fn preflighted(
        &mut self,
        host: &HostName,
        result: Result<HostIdentity, String>,
    ) -> Result<(), Rejected> {
        let index = self.state().graph().find_host(host).ok_or_else(|| Rejected::UnknownHost(host.to_string()))?;
        if !self.run.inflight.preflights.remove(&index) {
            return Err(Rejected::UnknownHost(format!("{host} (it was not asked)")));
        }
        let host = host.clone();
        self.engine(match result {
            Ok(identity) => RecordKind::HostPreflighted { host, identity },
            Err(why) => RecordKind::HostRefused { host, why },
        });
        Ok(())
    }
}
