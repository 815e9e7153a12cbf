//! Tidies up on hosts behind a run: what commands printed lies there until it is safe here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use banister_core::run::ExecuteRequest;
use banister_core::runbook::HostName;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::locked::locked;
use crate::transport::Executor;

/// How long a host's finished commands are gathered: a conversation for each would cost as much as the command.
const GATHER: Duration = Duration::from_secs(2);
/// Commands of one conversation; their names must fit into one shell's arguments.
const MOST: usize = 200;

type Waiting = BTreeMap<HostName, Vec<Box<ExecuteRequest>>>;

/// Removes the output of settled commands from their hosts, many at a time.
pub(super) struct Cleaning {
    handle: Handle,
    tasks: TaskTracker,
    waiting: Arc<Mutex<Waiting>>,
    /// The engine ends: nothing is gathered any longer.
    ending: CancellationToken,
}

impl Cleaning {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle, tasks: TaskTracker::new(), waiting: Arc::default(), ending: CancellationToken::new() }
    }

    /// A changing command's record is on the disk, and so is its output.
    pub(super) fn settled(&self, executor: Arc<Executor>, request: Box<ExecuteRequest>) {
        let host = request.key.host.clone();
        let mut waiting = locked(&self.waiting);
        let gathered = waiting.entry(host.clone()).or_default();
        gathered.push(request);
        if gathered.len() > 1 {
            return;
        }
        let (waiting, ending) = (self.waiting.clone(), self.ending.clone());
        self.tasks.spawn_on(
            async move {
                let _ = tokio::time::timeout(GATHER, ending.cancelled()).await;
                let requests = locked(&waiting).remove(&host).unwrap_or_default();
                let requests: Vec<&ExecuteRequest> = requests.iter().map(|request| &**request).collect();
                for some in requests.chunks(MOST) {
                    // What stays is removed with the run's entries, 30 days after its end.
                    drop(executor.clean(some).await);
                }
            },
            &self.handle,
        );
    }

    /// The run is over: says so to a host.
    pub(super) fn finish(&self, executor: Arc<Executor>, epoch: u64) {
        self.tasks.spawn_on(async move { drop(executor.finish(epoch).await) }, &self.handle);
    }

    /// Gathers nothing more; resolves when everything is tidied up.
    pub(super) async fn end(self) {
        self.ending.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
