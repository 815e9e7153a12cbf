//! The loops that everything is held against: the crate alone, and the ssh program alone. Connecting, a barrier after
//! every step and disconnecting are part of them, as they are of a run.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use openssh::{KnownHosts, Session, SessionBuilder};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::field::Field;

/// Connections that are made at once, by every one of them.
const AT_ONCE: usize = 8;

async fn each<T, F>(all: Vec<T>, work: impl Fn(T) -> F) -> Vec<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut tasks = JoinSet::new();
    for one in all {
        tasks.spawn(work(one));
    }
    tasks.join_all().await
}

async fn connect(config: &Path, control: &Path, host: String, permits: Arc<Semaphore>) -> Session {
    let _permit = permits.acquire().await.unwrap();
    let mut builder = SessionBuilder::default();
    builder.known_hosts_check(KnownHosts::Strict).config_file(config).control_directory(control);
    builder.connect_mux(host).await.unwrap()
}

/// Milliseconds of a loop over native-mux sessions.
pub(super) async fn crate_loop(field: &Field, hosts: usize, steps: usize) -> f64 {
    let began = Instant::now();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let (config, control) = (field.config(), field.dir().to_owned());
    let sessions = each(field.hosts(hosts).to_vec(), |host| {
        let (config, control, permits) = (config.clone(), control.clone(), permits.clone());
        async move { Arc::new(connect(&config, &control, host, permits).await) }
    })
    .await;
    for _ in 0..steps {
        each(sessions.clone(), |session| async move {
            let mut command = session.command("true");
            command.stdin(openssh::Stdio::null());
            assert!(command.output().await.unwrap().status.success());
        })
        .await;
    }
    each(sessions, |session| async move {
        Arc::into_inner(session).unwrap().close().await.unwrap();
    })
    .await;
    began.elapsed().as_secs_f64() * 1e3
}

async fn ssh(config: &Path, socket: &Path, args: &[&str]) {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(config).arg("-S").arg(socket).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().await.unwrap().success(), "ssh {args:?}");
}

/// Milliseconds of a loop of `ssh` programs over ControlMasters.
pub(super) async fn program_loop(field: &Field, hosts: usize, steps: usize) -> f64 {
    let began = Instant::now();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let all = field.hosts(hosts).to_vec();
    let path = |host: &str| (field.config(), field.path(&format!("m-{host}")));
    each(all.clone(), |host| {
        let (permits, (config, socket)) = (permits.clone(), path(&host));
        async move {
            let _permit = permits.acquire().await.unwrap();
            ssh(&config, &socket, &["-MNf", &host]).await;
        }
    })
    .await;
    for _ in 0..steps {
        each(all.clone(), |host| {
            let (config, socket) = path(&host);
            async move { ssh(&config, &socket, &[&host, "true"]).await }
        })
        .await;
    }
    each(all, |host| {
        let (config, socket) = path(&host);
        async move { ssh(&config, &socket, &["-O", "exit", &host]).await }
    })
    .await;
    began.elapsed().as_secs_f64() * 1e3
}
