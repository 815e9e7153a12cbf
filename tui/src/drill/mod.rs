//! `banister drill`: a runbook on throw-away hosts, with something going wrong, and what must be true afterwards.
//!
//! Everything special about a drill stands in its file; here are only the kinds of things a file can say. Real hosts come
//! from the lab, the engine is this program itself, run inside of it. Where no lab can be made the simulated world stands
//! in, and every line says so.
//!
//! What it deliberately does not do: it knows no drill by name, and nothing that it does reaches the machine.

mod acts;
mod clients;
mod engine;
mod file;
mod follow;
mod left;
mod look;
mod perform;
mod poll;
mod simulate;
mod stage;
mod sudo;
mod teller;

use banister_core::drill::{Drill, Fault, Verdict};
use banister_core::run::ExitCode;
use banister_core::source::{Names, did_you_mean, visible};

pub(crate) use poll::poll;

use crate::cli::DrillArgs;
use crate::exit_code;
use crate::failure::Failure;
use crate::terminal;
use file::DrillFile;

/// What a drill ends with whose world is not as its file expects.
const NOT_AS_EXPECTED: ExitCode = ExitCode(1);

/// A fault and its name.
pub(super) type Named<'d> = (&'d str, &'d Fault);

pub(crate) fn drill(args: &DrillArgs) -> Result<ExitCode, Failure> {
    let file = DrillFile::open(&args.name)?;
    let fault = match args.fault.as_deref() {
        None => None,
        Some("") => {
            terminal::data(&faults(&file.drill))?;
            return Ok(ExitCode::DONE);
        }
        Some(name) => Some(find(&file.drill, name)?),
    };
    let why = match banister_lab::available() {
        Ok(()) => {
            let verdicts = perform::perform(&file, fault, args)?;
            return say(&verdicts);
        }
        Err(why) => why,
    };
    if std::env::var_os("BANISTER_LAB").is_some_and(|lab| lab == "required") {
        return Err(Failure::new(exit_code::UNAVAILABLE, format!("BANISTER_LAB is `required`, and {why}")));
    }
    if matches!(why, banister_lab::Unavailable::NotRoot)
        && let Some(exit) = sudo::offer(args)?
    {
        return Ok(exit);
    }
    simulate::simulate(&file, fault, &why.to_string())
}

/// The check lines, and the status they make together.
fn say(verdicts: &[Verdict]) -> Result<ExitCode, Failure> {
    let lines: String = verdicts.iter().map(|verdict| verdict.line() + "\n").collect();
    terminal::data(&lines)?;
    let is_good = !verdicts.is_empty() && verdicts.iter().all(|verdict| verdict.holds);
    Ok(if is_good { ExitCode::DONE } else { NOT_AS_EXPECTED })
}

fn find<'d>(drill: &'d Drill, name: &str) -> Result<Named<'d>, Failure> {
    drill.faults.get_key_value(name).map(|(name, fault)| (name.as_str(), fault)).ok_or_else(|| {
        let similar = did_you_mean(name, drill.faults.keys().map(String::as_str));
        let known = Names::of(drill.faults.keys());
        let message = format!("drill `{}` has no fault `{}`", visible(&drill.name), visible(name));
        Failure::new(exit_code::USAGE, message).hint(format!("{similar}it has {known}"))
    })
}

/// What is about to happen.
fn say_head(drill: &Drill, fault: Option<Named<'_>>) -> String {
    let mut text = format!("drill {}: {}\n", visible(&drill.name), visible(&drill.title));
    if let Some((name, fault)) = fault {
        text.push_str(&format!("fault {name}: {}\n", visible(&fault.title)));
    }
    text
}

/// `--fault` without a name.
fn faults(drill: &Drill) -> String {
    let width = drill.faults.keys().map(String::len).max().unwrap_or(0);
    let line = |(name, fault): (&String, &Fault)| format!("{name:<width$}  {}\n", visible(&fault.title));
    drill.faults.iter().map(line).collect()
}
