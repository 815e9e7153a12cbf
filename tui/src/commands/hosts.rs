//! `banister hosts trust`: shows a host's key, asks, and takes it.

use banister_core::plan::{Host, Inventory, Transport};
use banister_core::run::ExitCode;
use banister_core::runbook::{HostAddress, HostName};
use banister_core::source::visible;
use banister_runtime::hosts::{HostKey, Look, Proof, journal_path, look, trust};

use crate::ask::{Tty, Typed};
use crate::cli::{HostsCommand, HostsVerb, TrustArgs};
use crate::failure::Failure;
use crate::inventory::inventory;
use crate::launch::ssh;
use crate::settings::Settings;
use crate::{exit_code, select, terminal};

pub(super) fn hosts(args: &HostsCommand) -> Result<ExitCode, Failure> {
    match &args.verb {
        HostsVerb::Trust(args) => take(args),
    }
}

fn take(args: &TrustArgs) -> Result<ExitCode, Failure> {
    let settings = Settings::read()?;
    let (inventory, _) = inventory(&settings, &args.hosts)?;
    let host = host(&inventory, &args.host)?;
    // Before anybody is asked: what cannot be journalled is not taken.
    let state = select::state(&args.state)?;
    let ssh = ssh(args.hosts.ssh_config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(exit_code::IO, format!("cannot start: {error}")))?;
    let look = runtime.block_on(look(&host, &ssh))?;
    terminal::talk(&shown(&look));
    if look.is_known() {
        return Ok(ExitCode::DONE);
    }
    let proof = match &args.fingerprint {
        Some(fingerprint) => compared(&look, fingerprint)?,
        None => asked(&look)?,
    };
    trust(&state, &look, proof)?;
    let journal = journal_path(&state);
    terminal::talk(&format!("taken into {}\njournal: {}", look.file.display(), journal.display()));
    Ok(ExitCode::DONE)
}

/// The host that is meant. One that the inventory does not have is taken as ssh knows it: a jump host is in no inventory.
fn host(inventory: &Inventory, name: &str) -> Result<Host, Failure> {
    match inventory.host(name) {
        Some(host) if host.transport == Transport::Ssh => return Ok(host.clone()),
        Some(_) => {
            return Err(Failure::new(
                exit_code::USAGE,
                format!("`{name}` is this machine, which is reached without ssh"),
            ));
        }
        None => {}
    }
    let usage = |why: String| Failure::new(exit_code::USAGE, why);
    let address = HostAddress::new(name).map_err(|error| usage(error.to_string()))?;
    let name = HostName::new(name).map_err(|error| usage(error.to_string()))?;
    terminal::talk(&format!("{name} is not in the inventory: taken as ssh knows it"));
    // Invariant: every inventory has this machine.
    let local = inventory.host(Inventory::LOCALHOST).expect("`localhost` is always there").clone();
    Ok(Host { name, address, transport: Transport::Ssh, ..local })
}

/// Everything that somebody needs to know to answer.
fn shown(look: &Look) -> String {
    let key = |key: &HostKey| format!("{} {}", visible(key.kind()), visible(&key.fingerprint));
    let mut text = format!("{}: {}, known as {}\n", look.host, visible(&look.place), visible(&look.known_as));
    text.push_str(&format!("  shows  {}\n", key(&look.key)));
    if look.known.is_empty() {
        text.push_str("  known  nothing yet\n");
    }
    for known in &look.known {
        let revoked = if known.revoked { ", withdrawn" } else { "" };
        let place = format!("{}:{}", known.file.display(), known.line);
        text.push_str(&format!("  known  {}{revoked}  {}\n", key(&known.key), visible(&place)));
    }
    let changed = look.known.iter().any(|known| !known.revoked);
    text.push_str(if look.is_known() {
        "its key is known: there is nothing to do"
    } else if changed {
        "THE KEY IS NOT THE ONE THAT IS KNOWN: it was set up anew, another machine has its address, or somebody listens \
         in between; the old key goes if you take this one"
    } else {
        "compare it with what the owner of the host says: `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` there prints it"
    });
    text
}

fn compared(look: &Look, fingerprint: &str) -> Result<Proof, Failure> {
    if look.key.fingerprint == fingerprint {
        return Ok(Proof::Fingerprint);
    }
    let message = format!("the fingerprint of {} is not the one that was given: nothing was taken", look.host);
    Err(Failure::new(ExitCode::REFUSED, message))
}

fn asked(look: &Look) -> Result<Proof, Failure> {
    let Some(mut tty) = Tty::open() else {
        let message = "there is no terminal to ask on: nothing was taken";
        let hint = format!("give the fingerprint that its owner says it has: --fingerprint {}", "SHA256:…");
        return Err(Failure::new(ExitCode::ASK_UNAVAILABLE, message).hint(hint));
    };
    let name = look.host.as_str();
    match tty.ask(&format!("type `{name}` to take this key, anything else to leave it: "), || false) {
        Typed::Line(line) if line.trim() == name => Ok(Proof::Typed),
        Typed::Refused(why) => Err(Failure::new(ExitCode::REFUSED, format!("{why}: nothing was taken"))),
        _ => Err(Failure::new(ExitCode::REFUSED, "nothing was taken")),
    }
}
