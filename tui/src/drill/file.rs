//! A drill's file, and those that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use banister_core::drill::{Drill, Fault};
use banister_core::plan::{Inventory, Plan, compile};
use banister_core::run::Graph;
use banister_core::source::{SourceFile, visible};
use banister_runtime::settings::read_source;

use crate::compile::judge;
use crate::exit_code;
use crate::failure::Failure;
use crate::settings::Settings;

/// A drill that was read, and where it was found.
pub(super) struct DrillFile {
    pub(super) drill: Drill,
    source: SourceFile,
    path: PathBuf,
}

impl DrillFile {
    /// Finds and reads a drill. What holds a `/` or ends in `.yaml` is a file; anything else is a name, looked for in
    /// `drills` below each directory of runbooks.
    pub(super) fn open(file_or_name: &str) -> Result<Self, Failure> {
        let path = find(file_or_name, &Settings::read()?.runbook_directories())?;
        let source = read_source(&path)?;
        let (drill, findings) = Drill::parse(&source);
        judge(&source, &findings)?;
        let drill = drill.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
        Ok(Self { drill, source, path })
    }

    /// A file that it names, as seen from its own.
    pub(super) fn near(&self, name: &str) -> Result<SourceFile, Failure> {
        let base = self.path.parent().unwrap_or(Path::new(""));
        Ok(read_source(&base.join(name))?)
    }

    /// The plan of its runbook on these hosts. That the drill names no step that the plan does not have is seen here.
    pub(super) fn plan(&self, inventory: &SourceFile, fault: Option<&Fault>) -> Result<(Plan, SourceFile), Failure> {
        let (hosts, findings) = Inventory::parse(inventory);
        judge(inventory, &findings)?;
        let hosts = hosts.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
        let runbook = self.near(&self.drill.runbook)?;
        let params: BTreeMap<String, String> = self.drill.params(fault);
        let (plan, findings) = compile(&runbook, &hosts, &params);
        judge(&runbook, &findings)?;
        let plan = plan.ok_or_else(|| Failure::silent(exit_code::BAD_RUNBOOK))?;
        judge(&self.source, &self.drill.check(&Graph::new(Arc::new(plan.clone()))))?;
        Ok((plan, runbook))
    }
}

fn find(file_or_name: &str, directories: &[PathBuf]) -> Result<PathBuf, Failure> {
    if file_or_name.contains('/') || file_or_name.ends_with(".yaml") || file_or_name.ends_with(".yml") {
        return Ok(PathBuf::from(file_or_name));
    }
    let looked: Vec<PathBuf> = directories.iter().map(|dir| dir.join("drills")).collect();
    let found = looked.iter().flat_map(|dir| ["yaml", "yml"].map(|end| dir.join(format!("{file_or_name}.{end}"))));
    found.into_iter().find(|path: &PathBuf| path.is_file()).ok_or_else(|| {
        let looked: Vec<String> = looked.iter().map(|dir| dir.display().to_string()).collect();
        let message = format!("there is no drill `{}` in {}", visible(file_or_name), looked.join(", "));
        Failure::new(exit_code::NO_INPUT, message).hint("give the path of its file, or go where its runbooks are")
    })
}
