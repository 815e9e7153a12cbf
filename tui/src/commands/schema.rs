//! `banister schema`: prints the JSON Schema of what people write.

use banister_core::plan::INVENTORY;
use banister_core::run::{ANSWERS, ExitCode};
use banister_core::runbook::shape::{RUNBOOK, Shape, json_schema};
use banister_core::world::WORLD;

use crate::cli::{FileKind, SchemaArgs};
use crate::failure::Failure;
use crate::terminal;

pub(super) fn schema(args: &SchemaArgs) -> Result<ExitCode, Failure> {
    let (name, shape): (&str, &'static Shape) = match args.kind {
        FileKind::Runbook => ("runbook", &RUNBOOK),
        FileKind::Inventory => ("inventory", &INVENTORY),
        FileKind::Answers => ("answers", &ANSWERS),
        FileKind::World => ("world", &WORLD),
    };
    let schema = json_schema(&format!("Banister: {name}"), shape);
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::new(ExitCode::BUG, format!("cannot write the schema: {error}")))?;
    terminal::data(&format!("{text}\n"))?;
    Ok(ExitCode::DONE)
}
