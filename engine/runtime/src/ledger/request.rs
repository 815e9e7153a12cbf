//! Turns a request into the script that is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use banister_core::plan::Shell;
use banister_core::run::{EffectKey, ExecuteRequest, NotStartedReason, ResolvedCommand, ResolvedKind, ResolvedValue};
use banister_core::runbook::ParamName;

use super::{NulError, ShellText};
use crate::digest::sha256;
use crate::locked::locked;
use crate::secrets::Secrets;

/// Knows the values of secret parameters.
pub trait SecretSource: Send + Sync {
    /// The value of one, if there is one.
    fn reveal(&self, name: &ParamName) -> Option<&[u8]>;
}

impl SecretSource for Secrets {
    fn reveal(&self, name: &ParamName) -> Option<&[u8]> {
        self.get(name).map(crate::secrets::Secret::expose)
    }
}

/// Where a host's ledger is, and for which run it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPlace {
    /// The directory in which the ledger's own directory lies, such as `/var/tmp`.
    pub dir: String,
    /// The run's id.
    pub run: String,
    /// One line about the run, written at first contact, for people who look there.
    pub manifest: String,
    /// The ledger's id if it was met before: another one is refused. A request's own goes before it.
    pub expect: Option<String>,
    /// The machine's id if it was met before.
    pub machine: Option<String>,
    /// Who runs the run, and where: `alice@ops`. Others who want the host are told.
    pub holder: String,
    /// Milliseconds between TERM and KILL of a cancel.
    pub grace_ms: u64,
    /// Milliseconds between two heartbeats of a command that an engine is attached to.
    pub beat_ms: u64,
}

/// The end of the journal when a command was sent; every touched host is a witness of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalHead {
    /// Number of the last record.
    pub seq: u64,
    /// Its hash, lower-case hex.
    pub hash: String,
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A secret has no value.
    #[error("the secret `{0}` has no value; give it again when resuming")]
    NoSecret(ParamName),
    /// Something holds a NUL.
    #[error("{what}: {source}")]
    Nul {
        /// Which part.
        what: String,
        /// Why that is a fault.
        source: NulError,
    },
    /// A name that would have to be code.
    #[error("{what} `{text}` cannot be used: {why}")]
    Name {
        /// Which.
        what: &'static str,
        /// The text.
        text: String,
        /// What it should be.
        why: &'static str,
    },
    /// The kernel takes no argument that long.
    #[error("{what} has {bytes} bytes; no system takes an argument or a variable of more than {}", MAX_WORD)]
    TooLong {
        /// Which part.
        what: String,
        /// Its bytes.
        bytes: usize,
    },
}

/// Linux's `MAX_ARG_STRLEN`, less its NUL and the longest name of a variable that is likely.
const MAX_WORD: usize = 128 * 1024 - 256;

impl From<RequestError> for NotStartedReason {
    fn from(error: RequestError) -> Self {
        Self::Incomplete { why: error.to_string() }
    }
}

/// What the wrapper is asked to do.
#[derive(Clone, Copy)]
pub enum Verb<'a> {
    /// Claim the key and run the command.
    Start {
        /// What.
        request: &'a ExecuteRequest,
        /// Values of secrets.
        secrets: &'a dyn SecretSource,
        /// The journal's end.
        head: Option<&'a JournalHead>,
    },
    /// Say what became of a key; if it has not started, it never will.
    Ask(&'a ExecuteRequest),
    /// Wait for the end of a key's command.
    Attach(&'a ExecuteRequest),
    /// Note that a key's command lives, if it does.
    Beat(&'a ExecuteRequest),
    /// Stop a key's command.
    Cancel(&'a ExecuteRequest),
    /// Remove what commands printed.
    Clean(&'a [&'a ExecuteRequest]),
    /// The run is over.
    Finish {
        /// The engine's epoch.
        epoch: u64,
    },
    /// Say the latest journal head.
    Witness,
    /// Say what runs have left.
    List,
    /// Remove what runs have left.
    Prune {
        /// Their ids.
        runs: &'a [String],
        /// Also of runs that are not over.
        open: bool,
    },
    /// Can the host be used?
    Preflight {
        /// Accounts that steps there use.
        accounts: &'a [String],
        /// Whether the ledger is needed, and with it the host for this run alone.
        ledger: bool,
        /// The engine's epoch.
        epoch: u64,
        /// The moment, for others who want the host.
        now: &'a str,
        /// The run that may be taken over.
        over: Option<&'a str>,
    },
    /// Run a reading command, without the ledger.
    Observe {
        /// What.
        request: &'a ExecuteRequest,
        /// Values of secrets.
        secrets: &'a dyn SecretSource,
    },
}

impl Verb<'_> {
    /// Its function in the wrapper.
    fn function(&self) -> &'static str {
        match self {
            Self::Start { .. } => "verb_start",
            Self::Ask(_) => "verb_ask",
            Self::Attach(_) => "verb_attach",
            Self::Beat(_) => "verb_beat",
            Self::Cancel(_) => "verb_cancel",
            Self::Clean(_) => "verb_clean",
            Self::Finish { .. } => "verb_finish",
            Self::Witness => "verb_witness",
            Self::List => "verb_list",
            Self::Prune { .. } => "verb_prune",
            Self::Preflight { .. } => "verb_preflight",
            Self::Observe { .. } => "verb_observe",
        }
    }
}

/// Kibibytes a ledger's file system must have free.
const ROOM_KIB: u64 = 64 * 1024;

/// The wrapper as its functions, without comments; first, under no name, what stands outside of all.
fn functions() -> &'static BTreeMap<&'static str, String> {
    static FUNCTIONS: OnceLock<BTreeMap<&str, String>> = OnceLock::new();
    FUNCTIONS.get_or_init(|| {
        let mut functions = BTreeMap::<&str, String>::new();
        let mut name = "";
        for line in include_str!("wrapper.sh").lines() {
            name = line.strip_suffix("() {").unwrap_or(name);
            let code = line.trim_start();
            if !code.is_empty() && !code.starts_with('#') {
                let text = functions.entry(name).or_default();
                text.push_str(code);
                text.push('\n');
            }
            if line == "}" {
                name = "";
            }
        }
        functions
    })
}

/// What a verb needs of the wrapper: what a shell does not have to read is read fastest. Looked together once for each,
/// since every step of every host sends it.
fn wrapper(verb: &'static str) -> Arc<str> {
    static WRAPPERS: Mutex<BTreeMap<&str, Arc<str>>> = Mutex::new(BTreeMap::new());
    locked(&WRAPPERS).entry(verb).or_insert_with(|| needed(verb)).clone()
}

fn needed(verb: &'static str) -> Arc<str> {
    let functions = functions();
    // `become` is called by the request's own `launch`.
    let roots = ["", "become", verb];
    let mut needed = BTreeSet::from(roots);
    let mut open = Vec::from(roots);
    while let Some(code) = open.pop().and_then(|name| functions.get(name)) {
        for word in code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if let Some((name, _)) = functions.get_key_value(word)
                && needed.insert(name)
            {
                open.push(name);
            }
        }
    }
    needed.into_iter().filter_map(|name| functions.get(name)).map(String::as_str).collect::<String>().into()
}

/// The whole text for a host's `sh`.
///
/// `dir` is the ledger's own directory, if a preflight has said it: that saves the host a look. `nonce` is random text
/// that ends what a command printed.
///
/// # Errors
/// A [`RequestError`] for what cannot be sent; nothing was.
pub fn script(place: &LedgerPlace, dir: Option<&str>, nonce: &str, verb: &Verb<'_>) -> Result<ShellText, RequestError> {
    let (mut text, mut files) = (ShellText::default(), ShellText::default());
    // One compound command: a shell that loses its connection before the last brace has read a syntax error.
    text.syntax(&wrapper(verb.function()));
    text.syntax("{\n");
    let grace = (place.grace_ms / 100).max(1).to_string();
    set(&mut text, "grace", &grace)?;
    set(&mut text, "place", place.dir.trim_end_matches('/'))?;
    set(&mut text, "dir", dir.unwrap_or(""))?;
    set(&mut text, "run", directory_name(&place.run)?)?;
    set(&mut text, "expect", place.expect.as_deref().unwrap_or(""))?;
    set(&mut text, "expect_machine", place.machine.as_deref().unwrap_or(""))?;
    set(&mut text, "nonce", nonce)?;
    match verb {
        Verb::Start { request, secrets, head } => {
            let head = head.map_or("0 -".to_owned(), |h| format!("{} {}", h.seq, h.hash));
            set(&mut text, "head", &head)?;
            key(&mut text, request)?;
            command(&mut text, request, *secrets)?;
        }
        Verb::Ask(request) | Verb::Attach(request) | Verb::Beat(request) | Verb::Cancel(request) => {
            key(&mut text, request)?
        }
        Verb::Clean(requests) => {
            for request in *requests {
                let name = format!("{}#{}", base_name(&request.key), request.key.attempt);
                for file in ["out", "err", "beat"] {
                    files.syntax(" ").word(format!("{name}.{file}").as_bytes()).map_err(nul("the key"))?;
                }
            }
        }
        Verb::Finish { epoch } => set(&mut text, "epoch", &epoch.to_string())?,
        Verb::List | Verb::Witness => {}
        Verb::Prune { runs, open } => {
            set(&mut text, "open", if *open { "1" } else { "" })?;
            for run in *runs {
                files.syntax(" ").word(directory_name(run)?.as_bytes()).map_err(nul("the run"))?;
            }
        }
        Verb::Preflight { accounts, ledger, epoch, now, over } => {
            for name in *accounts {
                account_name(name)?;
            }
            set(&mut text, "accounts", &accounts.join(" "))?;
            set(&mut text, "need", if *ledger { "1" } else { "" })?;
            set(&mut text, "room", &ROOM_KIB.to_string())?;
            set(&mut text, "epoch", &epoch.to_string())?;
            set(&mut text, "moment", now)?;
            set(&mut text, "holder", &place.holder.replace('\n', " "))?;
            set(&mut text, "over_run", over.unwrap_or(""))?;
            set(&mut text, "manifest", &place.manifest.replace('\n', " "))?;
        }
        Verb::Observe { request, secrets } => {
            key(&mut text, request)?;
            command(&mut text, request, *secrets)?;
        }
    }
    text.syntax(verb.function()).append(files.as_bytes()).syntax("\n}\n");
    Ok(text)
}

fn nul(what: &str) -> impl FnOnce(NulError) -> RequestError {
    let what = what.to_owned();
    move |source| RequestError::Nul { what, source }
}

fn set(text: &mut ShellText, name: &str, value: &str) -> Result<(), RequestError> {
    text.set(name, value).map_err(nul(name))?;
    Ok(())
}

/// The key without its run and attempt: readable, and no two alike, since `,` stands in no name of a step or host.
fn base_name(key: &EffectKey) -> String {
    let full = key.to_string();
    let path = full.strip_prefix(&key.run).unwrap_or(&full).trim_start_matches('/');
    let base = path.rsplit_once('#').map_or(path, |(base, _)| base).replace('/', ",");
    if base.len() <= 200 { base } else { sha256(base.as_bytes()) }
}

fn key(text: &mut ShellText, request: &ExecuteRequest) -> Result<(), RequestError> {
    set(text, "base", &base_name(&request.key))?;
    set(text, "attempt", &request.key.attempt.to_string())?;
    set(text, "epoch", &request.epoch.to_string())?;
    set(text, "digest", &request.digest)?;
    if let Some(ledger) = &request.ledger {
        set(text, "expect", ledger)?;
    }
    set(text, "label", &request.key.to_string())?;
    let account = request.command.account.as_deref().unwrap_or("");
    if !account.is_empty() {
        account_name(account)?;
    }
    set(text, "account", account)
}

/// Defines `launch`, which becomes the command, and `feed`, which writes what it reads.
fn command(text: &mut ShellText, request: &ExecuteRequest, secrets: &dyn SecretSource) -> Result<(), RequestError> {
    let command = &request.command;
    let stdin = command.stdin.as_ref().map(|value| reveal(value, secrets)).transpose()?;
    let mut body = ShellText::default();
    body.syntax("\n");
    directory(&mut body, command)?;
    body.syntax("export BANISTER_KEY=").word(format!("{};", request.key).as_bytes()).map_err(nul("the key"))?;
    body.syntax("\n");
    for (name, value) in &command.env {
        if !is_variable(name) {
            let why = "a variable is letters, digits and `_`, not beginning with a digit";
            return Err(RequestError::Name { what: "the variable", text: name.clone(), why });
        }
        let value = reveal(value, secrets)?;
        fits(&format!("the variable `{name}`"), value)?;
        body.syntax("export ").syntax(name).syntax("=").word(value).map_err(nul(name))?;
        body.syntax("\n");
    }
    let mut words = ShellText::default();
    program(&mut words, &command.kind)?;
    let words = words.as_bytes();
    if command.account.is_none() {
        if let Some(stdin) = stdin {
            feed(text, stdin)?;
        }
        text.syntax("launch() {");
        text.append(body.as_bytes()).syntax("exec ").append(words).syntax("\n}\n");
        return Ok(());
    }
    // The account's own shell reads all of it from standard input: sudo clears the environment, and its arguments
    // are everybody's to read. One compound command again, and the command itself reads something else.
    let mut script = ShellText::default();
    script.syntax("{").append(body.as_bytes());
    match stdin {
        Some(stdin) => {
            script.syntax("printf %s ").word(stdin).map_err(nul("stdin"))?;
            script.syntax(" | ").append(words).syntax("\nexit\n}\n");
        }
        None => {
            script.syntax("exec ").append(words).syntax(" </dev/null\n}\n");
        }
    }
    feed(text, script.as_bytes())?;
    text.syntax("launch() {\nbecome\n}\n");
    Ok(())
}

fn feed(text: &mut ShellText, content: &[u8]) -> Result<(), RequestError> {
    text.syntax("fed=1\nfeed() {\nprintf %s ").word(content).map_err(nul("stdin"))?;
    text.syntax("\n}\n");
    Ok(())
}

fn directory(body: &mut ShellText, command: &ResolvedCommand) -> Result<(), RequestError> {
    // A home that cannot be entered is no reason to fail a command that did not ask for it.
    body.syntax("cd 2>/dev/null || cd /\n");
    if let Some(cwd) = &command.cwd {
        let cwd = if cwd.starts_with('/') { cwd.clone() } else { format!("./{cwd}") };
        body.syntax("cd ").word(cwd.as_bytes()).map_err(nul("cwd"))?;
        body.syntax(" || exit 126\n");
    }
    Ok(())
}

fn program(words: &mut ShellText, kind: &ResolvedKind) -> Result<(), RequestError> {
    match kind {
        ResolvedKind::Script { shell, text } => {
            fits("the script", text.as_bytes())?;
            words.syntax(match shell {
                Shell::Sh => "sh -c ",
                Shell::Bash => "bash -c ",
            });
            // A script that begins like an option would be one.
            let guard = if text.starts_with(['-', '+']) { " " } else { "" };
            words.word(format!("{guard}{text}").as_bytes()).map_err(nul("the script"))?;
        }
        ResolvedKind::Exec { argv } => {
            let program = argv.first().map_or("", String::as_str);
            if program.is_empty() || program.starts_with('-') {
                let why = "a program is a name or a path that does not begin with `-`";
                return Err(RequestError::Name { what: "the program", text: program.to_owned(), why });
            }
            for (i, word) in argv.iter().enumerate() {
                let what = format!("argument {i}");
                fits(&what, word.as_bytes())?;
                words.word(word.as_bytes()).map_err(nul(&what))?.syntax(" ");
            }
        }
    }
    Ok(())
}

fn reveal<'a>(value: &'a ResolvedValue, secrets: &'a dyn SecretSource) -> Result<&'a [u8], RequestError> {
    match value {
        ResolvedValue::Text(text) => Ok(text.as_bytes()),
        ResolvedValue::Secret(name) => secrets.reveal(name).ok_or_else(|| RequestError::NoSecret(name.clone())),
    }
}

fn fits(what: &str, bytes: &[u8]) -> Result<(), RequestError> {
    if bytes.len() <= MAX_WORD {
        return Ok(());
    }
    Err(RequestError::TooLong { what: what.to_owned(), bytes: bytes.len() })
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn account_name(name: &str) -> Result<&str, RequestError> {
    let fine = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    let why = "an account is letters, digits, `_`, `.` and `-`";
    if fine { Ok(name) } else { Err(RequestError::Name { what: "the account", text: name.to_owned(), why }) }
}

fn directory_name(name: &str) -> Result<&str, RequestError> {
    let fine = (1..=128).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
    let why = "a run's id is letters, digits, `_`, `.` and `-`";
    if fine { Ok(name) } else { Err(RequestError::Name { what: "the run", text: name.to_owned(), why }) }
}
