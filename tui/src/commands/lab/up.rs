//! `banister lab up`: starts the process that keeps a lab, and waits until its hosts answer.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use banister_core::run::ExitCode;
use banister_lab::{LabError, Standing, available, standing_dir};

use super::keep::News;
use super::root::quoted;
use crate::failure::Failure;
use crate::{exit_code, terminal};

pub(super) fn up(hosts: u8, packages: &[String]) -> Result<ExitCode, Failure> {
    available()?;
    if Standing::find(&standing_dir())?.is_some() {
        return Err(LabError::Standing.into());
    }
    let io = |error: std::io::Error| Failure::new(exit_code::IO, format!("the process that keeps the lab: {error}"));
    let me = env::current_exe().map_err(io)?;
    let mut keeper = Command::new(me)
        .args(["lab", "keep", &hosts.to_string()])
        .arg("--")
        .args(packages)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(io)?;
    let news = keeper.stdout.take().map(BufReader::new);
    let mut why = Vec::new();
    for line in news.into_iter().flat_map(BufReader::lines).map_while(Result::ok) {
        match News::parse(&line) {
            Some(News::Said(text)) => terminal::talk(text),
            Some(News::Failed(text)) => why.push(text.to_owned()),
            Some(News::Up) => return show(),
            None => {}
        }
    }
    let exit = keeper.wait().map_err(io).map(super::reach::exit)?;
    let (message, hint) =
        why.split_last().map_or((String::new(), ""), |(hint, lines)| (lines.join("\n"), hint.as_str()));
    if message.is_empty() {
        return Err(Failure::new(ExitCode::BUG, format!("the process that keeps the lab ended: {exit}")));
    }
    Err(Failure::new(exit, message).hint(hint))
}

/// Says how the hosts are reached.
fn show() -> Result<ExitCode, Failure> {
    let lab = super::standing()?;
    let mut text = String::new();
    for host in lab.hosts() {
        text += &format!("{:<8}  {}\n", host.name(), host.address());
    }
    let path = |path: std::path::PathBuf| quoted(&path.display().to_string());
    let first = lab.hosts().next().map(|host| host.name().to_owned()).unwrap_or_default();
    text += &format!(
        "\nbanister lab ssh {first}\nbanister run FILE -i {} -F {}\nbanister lab down\n",
        path(lab.inventory()),
        path(lab.ssh_config())
    );
    terminal::data(&text)?;
    Ok(ExitCode::DONE)
}
