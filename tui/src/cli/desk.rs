//! What can be typed about this desk and what it knows: `hosts`, `doctor`, `schema` and `completions`.

use clap::{Args, Subcommand, ValueEnum};

use super::{HostsArgs, StateArgs};

/// `hosts`.
#[derive(Debug, Args)]
pub struct HostsCommand {
    /// What is done.
    #[command(subcommand)]
    pub verb: HostsVerb,
}

/// What can be done with hosts.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum HostsVerb {
    /// Show the key of a host, ask, and take it into the file of known hosts; journalled
    Trust(TrustArgs),
}

/// `hosts trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// The host: its name in the inventory, or what ssh is to be called with
    pub host: String,
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
    /// The fingerprint that its owner says it has; then nobody is asked
    #[arg(long, value_name = "SHA256:…")]
    pub fingerprint: Option<String>,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Which hosts there are.
    #[command(flatten)]
    pub hosts: HostsArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// Files that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileKind {
    /// What is run.
    Runbook,
    /// The hosts it may touch.
    Inventory,
    /// Answers given beforehand.
    Answers,
    /// What a rehearsal happens in.
    World,
}

/// `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of which kind of file
    #[arg(value_enum, default_value_t = FileKind::Runbook)]
    pub kind: FileKind,
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
