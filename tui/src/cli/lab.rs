//! What can be typed behind `banister lab`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `lab`.
#[derive(Debug, Args)]
pub struct LabArgs {
    /// What to do with the lab.
    #[command(subcommand)]
    pub command: LabCommand,
}

/// `lab` and a word.
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Make a lab that stays until it is taken down
    Up {
        /// How many hosts, web-1 and so on
        #[arg(value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=200))]
        hosts: u8,
        /// A Debian package that every host has; can be given more than once
        #[arg(long = "package", value_name = "NAME")]
        packages: Vec<String>,
    },
    /// Take the lab down
    Down,
    /// List its hosts, and whether they answer
    List,
    /// Log in to a host, or run a command there, over ssh
    Ssh {
        /// The host, or ACCOUNT@HOST
        host: String,
        /// The command [default: a shell]
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Run a command in a host, or in `ops`, as root and without ssh
    Exec {
        /// The host
        host: String,
        /// The command
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
    /// Hold a lab up; what `up` starts
    #[command(hide = true)]
    Keep {
        /// How many hosts.
        hosts: u8,
        /// Packages of every host.
        packages: Vec<String>,
    },
    /// Connect the standard streams with a host's sshd; what ssh starts
    #[command(hide = true)]
    Relay {
        /// The lab's directory.
        dir: PathBuf,
        /// The host.
        host: String,
    },
    /// Connect the standard streams with an address; what `relay` starts in the lab's network
    #[command(hide = true)]
    Connect {
        /// The address.
        address: SocketAddr,
    },
}
