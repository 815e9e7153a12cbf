//! What can be typed behind `banister ledger`.

use clap::{Args, Subcommand};

use super::HostsArgs;

/// `ledger`.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// What to do with the ledger.
    #[command(subcommand)]
    pub command: LedgerCommand,
}

/// `ledger` and a word.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Say what runs have left on a host
    List {
        /// The host, by its name in the inventory
        host: String,
        /// Which hosts there are.
        #[command(flatten)]
        hosts: HostsArgs,
    },
    /// Remove what runs have left on a host
    Prune {
        /// The host, by its name in the inventory
        host: String,
        /// Of runs that ended at least so many days ago
        #[arg(long, value_name = "DAYS", default_value_t = 30, conflicts_with = "runs")]
        older_than: u64,
        /// Of this run, also if it has not ended: what it asks there later stays unknown. Can be given more than once
        #[arg(long = "run", value_name = "RUN")]
        runs: Vec<String>,
        /// Which hosts there are.
        #[command(flatten)]
        hosts: HostsArgs,
    },
}
