//! Commands that read their arguments again, as a script or a program. Quoting protects one level only: `eval {{x}}`
//! runs what the value says.

use super::marked::Marked;

/// One word of a simple command.
pub(super) struct Argument {
    /// What the command gets, where that is known before anything is expanded.
    pub(super) known: Option<String>,
    /// The markers in it, at any depth.
    pub(super) markers: Vec<usize>,
    /// `NAME=…`, whatever the value: what `env` and `sudo` take before their command.
    assigns: bool,
}

impl Argument {
    pub(super) fn new(word: &str, marked: &Marked) -> Self {
        let markers: Vec<usize> = marked.find(word).collect();
        let known = (markers.is_empty() && !word.contains(['$', '`'])).then(|| brush_parser::unquote_str(word));
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let assigns = word.split_once('=').is_some_and(|(name, _)| is_name(name) && !marked.has(name));
        Self { known, markers, assigns }
    }

    fn is(&self, text: &str) -> bool {
        self.known.as_deref() == Some(text)
    }

    fn is_option(&self) -> bool {
        self.known.as_deref().is_some_and(|known| known.starts_with('-') && known != "-")
    }

    /// The command's name, without its directory.
    fn command(&self) -> Option<&str> {
        self.known.as_deref().map(|known| known.rsplit('/').next().unwrap_or(known))
    }
}

/// What a command does with a placeholder.
pub(super) enum Reading {
    /// Reads it as a program.
    Program { marker: usize, command: String },
    /// Runs it.
    Command { marker: usize },
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox", "rbash"];

/// Commands that run the command in their arguments, and options of theirs that take a word of their own.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-D", "-T", "-U"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "-S"]),
    ("nohup", &[]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n", "-p"]),
    ("timeout", &["-k", "-s"]),
    ("command", &[]),
    ("exec", &["-a"]),
    ("setsid", &[]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("time", &["-f", "-o"]),
    ("chroot", &[]),
    ("flock", &["-w", "-E"]),
    ("xargs", &["-n", "-P", "-I", "-L", "-s", "-d", "-a", "-E"]),
];

/// The shell that a command in a pipe is, if it takes its script from standard input.
pub(super) fn reads_standard_input(arguments: &[Argument]) -> Option<String> {
    let inner = inner_command(arguments);
    let name = inner.first()?.command()?;
    let reads = SHELLS.contains(&name)
        && inner[1..].iter().all(|a| a.is_option() && !a.is("-c") || a.is("-") || a.is("/dev/stdin"));
    reads.then(|| name.to_owned())
}

/// The placeholders that a command would run or read as a program.
pub(super) fn read_again(arguments: &[Argument]) -> Vec<Reading> {
    let mut readings = Vec::new();
    let inner = inner_command(arguments);
    if inner.len() < arguments.len()
        && let Some(name) = inner.first()
    {
        readings.extend(name.markers.iter().map(|marker| Reading::Command { marker: *marker }));
    }
    let start = arguments.len() - inner.len();
    if let Some(words) = inner.first().and_then(Argument::command).and_then(|name| program_words(name, &inner[1..])) {
        readings.extend(programs(inner, &words));
        return readings;
    }
    // `find -exec sh -c …`, and wrappers that are not known here: every word counts that may name such a command.
    for (at, word) in arguments.iter().enumerate().filter(|(at, _)| *at != start) {
        let command = word.command().filter(|command| WHEREVER.contains(command) || SHELLS.contains(command));
        if let Some(words) = command.and_then(|command| program_words(command, &arguments[at + 1..])) {
            readings.extend(programs(&arguments[at..], &words));
        }
    }
    readings
}

/// The placeholders among certain arguments of a command (`words` counts from the first argument).
fn programs(command: &[Argument], words: &[usize]) -> Vec<Reading> {
    let name = command.first().and_then(Argument::command).unwrap_or_default();
    let markers = words.iter().filter_map(|word| command.get(word + 1)).flat_map(|argument| &argument.markers);
    markers.map(|marker| Reading::Program { marker: *marker, command: name.to_owned() }).collect()
}

/// The command that is run in the end: `sudo -u web timeout 5 ls x` runs `ls x`.
fn inner_command(arguments: &[Argument]) -> &[Argument] {
    let mut rest = arguments;
    loop {
        let Some(name) = rest.first().and_then(Argument::command) else { return rest };
        let Some((_, with_word)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) else { return rest };
        let assignments = matches!(name, "env" | "sudo" | "doas");
        // `timeout 5 ls`, `chroot DIR ls`, `flock FILE ls`: one operand comes first.
        let mut operands = usize::from(matches!(name, "timeout" | "chroot" | "flock"));
        let mut at = 1;
        while let Some(word) = rest.get(at) {
            if word.is("--") {
                at += 1;
            } else if word.is_option() {
                let known = word.known.as_deref().unwrap_or_default();
                at += if with_word.contains(&known) { 2 } else { 1 };
            } else if assignments && word.assigns {
                at += 1;
            } else if operands > 0 {
                operands -= 1;
                at += 1;
            } else {
                break;
            }
        }
        if at >= rest.len() {
            return &[];
        }
        rest = &rest[at..];
    }
}

/// Commands whose name is so telling that it counts anywhere in a command line.
const WHEREVER: &[&str] = &["eval", "ssh", "su", "perl", "python", "python3"];

/// The positions among a command's arguments that it reads as a program; `None` if it reads none.
fn program_words(command: &str, arguments: &[Argument]) -> Option<Vec<usize>> {
    let all = || (0..arguments.len()).collect();
    Some(match command {
        "eval" | "watch" | "ssh" | "rsh" | "crontab" | "at" | "batch" | "." | "source" | "trap" => all(),
        "su" | "runuser" => after_option(arguments, &["-c", "--command"], true),
        "script" => after_option(arguments, &["-c", "--command"], false),
        _ if SHELLS.contains(&command) => shell_words(arguments),
        "sed" | "gsed" => program(arguments, &["-e", "--expression"], &["-f", "--file"], &["-l", "-s"]),
        "awk" | "gawk" | "mawk" | "nawk" => program(arguments, &["-e", "--source"], &["-f", "--file"], &["-v", "-F"]),
        "jq" => program(arguments, &[], &["-f", "--from-file"], &["--arg", "--argjson", "--indent"]),
        "perl" | "ruby" | "node" | "lua" => after_option(arguments, &["-e", "-E", "--eval"], false),
        "python" | "python3" | "python2" => after_option(arguments, &["-c"], false),
        "php" => after_option(arguments, &["-r"], false),
        "psql" | "mysql" | "mariadb" | "sqlite3" => {
            after_option(arguments, &["-c", "--command", "-e", "--execute"], false)
        }
        _ => return None,
    })
}

/// For `sh`: everything up to its script. What follows `-c SCRIPT`, or follows a script's file, are its positional
/// parameters, which nothing reads again: `sh -c 'rm -- "$1"' sh {{x}}` is the way to write it.
fn shell_words(arguments: &[Argument]) -> Vec<usize> {
    let mut words = Vec::new();
    let mut takes_script = false;
    for (index, argument) in arguments.iter().enumerate() {
        if argument.is("--") && !takes_script {
            return words;
        }
        if argument.is_option() {
            let known = argument.known.as_deref().unwrap_or_default();
            takes_script |= !known.starts_with("--") && known.contains('c');
        } else {
            words.push(index);
            // The script, or the file that holds it; a placeholder that is not known to be either keeps us looking.
            if argument.known.is_some() || takes_script {
                return words;
            }
        }
    }
    words
}

/// The words after certain options; with `all`, everything behind the first of them.
fn after_option(arguments: &[Argument], options: &[&str], all: bool) -> Vec<usize> {
    let takes = |argument: &Argument| {
        options.iter().any(|option| argument.is(option)) || argument.is_option() && short_options(argument, options)
    };
    let mut found = arguments.iter().enumerate().filter(|(_, a)| takes(a)).map(|(index, _)| index + 1);
    if all { found.next().map_or_else(Vec::new, |first| (first..arguments.len()).collect()) } else { found.collect() }
}

/// Whether a bundle of short options (`-nle`) ends with one of `options`.
fn short_options(argument: &Argument, options: &[&str]) -> bool {
    let known = argument.known.as_deref().unwrap_or_default();
    !known.starts_with("--") && options.iter().any(|o| o.len() == 2 && known.len() > 2 && known.ends_with(&o[1..]))
}

/// For `sed` and `awk`: the words after an option that gives a program, or else the first operand, unless a file does.
fn program(arguments: &[Argument], gives: &[&str], file: &[&str], with_word: &[&str]) -> Vec<usize> {
    let mut words = Vec::new();
    let mut first_operand = None;
    let mut given = false;
    let mut index = 0;
    while let Some(argument) = arguments.get(index) {
        if gives.iter().any(|option| argument.is(option)) || argument.is_option() && short_options(argument, gives) {
            given = true;
            words.push(index + 1);
            index += 1;
        } else if file.iter().chain(with_word).any(|option| argument.is(option)) {
            given |= file.iter().any(|option| argument.is(option));
            index += 1;
        } else if !argument.is_option() && first_operand.is_none() {
            first_operand = Some(index);
        }
        index += 1;
    }
    if !given {
        words.extend(first_operand);
    }
    words
}
