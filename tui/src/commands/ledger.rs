//! `banister ledger`: what runs have left on a host.

use banister_core::plan::Host;
use banister_core::run::{ExitCode, name_to_type};
use banister_core::source::visible;
use banister_runtime::driver::{LedgerEntry, Visit};
use chrono::{DateTime, Utc};

use crate::ask::{Tty, Typed};
use crate::cli::{HostsArgs, LedgerArgs, LedgerCommand};
use crate::failure::Failure;
use crate::inventory::inventory;
use crate::launch::ssh;
use crate::runtime::runtime;
use crate::settings::Settings;
use crate::{exit_code, terminal};

const DAY: u64 = 24 * 60 * 60;

pub(super) fn ledger(args: &LedgerArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        LedgerCommand::List { host, hosts } => list(host, hosts),
        LedgerCommand::Prune { host, older_than, runs, hosts } => prune(host, *older_than, runs, hosts),
    }
}

/// Does something with a host's ledger.
fn visit<T>(
    name: &str,
    args: &HostsArgs,
    work: impl AsyncFnOnce(&Host, &str, &Visit) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let settings = Settings::read()?;
    let (inventory, _) = inventory(&settings, args)?;
    let Some(host) = inventory.host(name) else {
        let known: Vec<&str> = inventory.hosts().iter().map(|host| host.name.as_str()).take(10).collect();
        let hint = format!("its hosts are {}; `-i FILE` takes another inventory", known.join(", "));
        let what = format!("the inventory has no host `{}`", visible(name));
        return Err(Failure::new(exit_code::USAGE, what).hint(hint));
    };
    let unreachable = |why: String| Failure::new(exit_code::UNAVAILABLE, format!("{}: {}", host.name, visible(&why)));
    let ssh = ssh(args.ssh_config.as_deref())?;
    runtime()?.block_on(async {
        let visit = Visit::new(host, &ssh).map_err(unreachable)?;
        let result = work(host, inventory.environment(), &visit).await;
        visit.leave().await;
        result
    })
}

async fn entries(host: &Host, visit: &Visit) -> Result<Vec<LedgerEntry>, Failure> {
    let failed = |why: String| Failure::new(exit_code::UNAVAILABLE, format!("{}: {}", host.name, visible(&why)));
    let mut entries = visit.entries().await.map_err(failed)?;
    entries.sort_by_key(|entry| entry.changed);
    Ok(entries)
}

fn line(entry: &LedgerEntry) -> String {
    let changed = i64::try_from(entry.changed).ok().filter(|seconds| *seconds > 0);
    let changed = changed.and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0));
    let changed = changed.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string());
    let state = match (entry.running, entry.ended) {
        (0, true) => "ended".to_owned(),
        (0, false) => "open".to_owned(),
        (n, _) => format!("{n} running"),
    };
    format!(
        "{}  {changed:<20}  {state:<10}  {:>5} commands  {:>7} KiB  {}\n",
        visible(&entry.run),
        entry.commands,
        entry.kib,
        visible(&entry.manifest)
    )
}

fn list(name: &str, args: &HostsArgs) -> Result<ExitCode, Failure> {
    let found = visit(name, args, async |host, _, visit| entries(host, visit).await)?;
    if found.is_empty() {
        terminal::talk(&format!("no run has left anything on {}", visible(name)));
    }
    terminal::data(&found.iter().map(line).collect::<String>())?;
    Ok(ExitCode::DONE)
}

/// The runs that `--run` means: ids, or beginnings of one.
fn chosen(entries: &[LedgerEntry], wanted: &[String], host: &str) -> Result<Vec<LedgerEntry>, Failure> {
    let mut chosen = Vec::new();
    for beginning in wanted {
        let fits: Vec<&LedgerEntry> = entries.iter().filter(|entry| entry.run.starts_with(beginning)).collect();
        let [entry] = fits[..] else {
            let what = format!("{} runs on {host} begin with `{}`", fits.len(), visible(beginning));
            return Err(Failure::new(exit_code::USAGE, what).hint("`banister ledger list` says which there are"));
        };
        chosen.push(entry.clone());
    }
    Ok(chosen)
}

/// What is removed of a run that has not ended cannot be asked any more: that is typed, or not done.
fn agreed(open: &[&LedgerEntry], host: &Host, environment: &str) -> Result<bool, Failure> {
    if open.is_empty() {
        return Ok(true);
    }
    let Some(mut tty) = Tty::open() else {
        let what = "runs that have not ended are removed only by somebody at a terminal";
        let hint = "type the command there, or resume or abort the runs first";
        return Err(Failure::new(ExitCode::ASK_UNAVAILABLE, what).hint(hint));
    };
    for entry in open {
        tty.show(&line(entry));
    }
    tty.show(
        "these have not ended: if they are resumed, what they did here can no longer be asked and stays unknown\n",
    );
    let phrase = name_to_type(environment, host.name.as_str());
    let prompt = format!("type `{}` to remove them, anything else to leave them: ", visible(&phrase));
    Ok(matches!(tty.ask(&prompt, || false), Typed::Line(text) if text.trim() == phrase))
}

fn prune(name: &str, older_than: u64, wanted: &[String], args: &HostsArgs) -> Result<ExitCode, Failure> {
    visit(name, args, async |host, environment, visit| {
        let entries = entries(host, visit).await?;
        let now = u64::try_from(Utc::now().timestamp()).unwrap_or(0);
        let is_old = |entry: &&LedgerEntry| {
            entry.ended && entry.changed > 0 && now.saturating_sub(entry.changed) >= older_than.saturating_mul(DAY)
        };
        let chosen = if wanted.is_empty() {
            entries.iter().filter(is_old).cloned().collect()
        } else {
            chosen(&entries, wanted, name)?
        };
        if chosen.is_empty() {
            terminal::talk(&format!("nothing on {name} ended {older_than} days ago or earlier"));
            return Ok(ExitCode::DONE);
        }
        let open: Vec<&LedgerEntry> = chosen.iter().filter(|entry| !entry.ended).collect();
        if !agreed(&open, host, environment)? {
            terminal::talk("nothing was removed");
            return Ok(ExitCode::REFUSED);
        }
        let runs: Vec<String> = chosen.iter().map(|entry| entry.run.clone()).collect();
        let failed = |why: String| Failure::new(exit_code::UNAVAILABLE, format!("{name}: {}", visible(&why)));
        let told = visit.prune(&runs, !open.is_empty()).await.map_err(failed)?;
        let mut exit = ExitCode::DONE;
        for (run, kept) in told {
            match kept {
                None => terminal::data(&format!("{}  removed\n", visible(&run)))?,
                Some(why) => {
                    exit = exit_code::IO;
                    terminal::talk(&format!("{}  kept: {}", visible(&run), visible(&why)));
                }
            }
        }
        Ok(exit)
    })
}
