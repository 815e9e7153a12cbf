//! What goes in and what comes out, byte for byte.

use std::os::unix::fs::MetadataExt as _;

use banister_core::plan::{EffectClass, Shell};
use banister_core::run::{ExecuteRequest, Exit, NotStartedReason, Report, ResolvedKind, ResolvedValue};
use banister_core::runbook::ParamName;
use banister_runtime::ledger::SecretSource;
use banister_runtime::output::StreamKind;

use crate::ended::exit;
use crate::host::{Fifo, Host, TOKEN, attempt, execute_with, once, read, request, shells};

fn secret() -> ResolvedValue {
    ResolvedValue::Secret(ParamName::new("token").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_output_is_exact() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let copy = host.path("copy");
        let script = format!("head -c 3000000 /dev/urandom | tee {}", copy.display());
        for step in [once(&script), read(&script)] {
            let (report, printed) = host.run(&step).await;
            assert_eq!(exit(&report), Exit::Code(0));
            assert!(printed.bytes(StreamKind::Stdout) == std::fs::read(&copy).unwrap(), "{shell:?}, {:?}", step.effect);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_prints_for_ever_does_not_hold_the_step() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        // Not `yes`: until the test has its turn to end it, it could fill the disk.
        let (report, printed) = host.run(&once("while echo y; do sleep 0.01; done & echo $! >&2; exit 6")).await;
        assert_eq!(exit(&report), Exit::Code(6), "{shell:?}");
        let pid = rustix::process::Pid::from_raw(printed.stderr().trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        assert_eq!(exit(&host.run(&read("yes & exit 6")).await.0), Exit::Code(6), "{shell:?}");
    }
}

/// Texts that shells get wrong.
const TEXTS: [&str; 9] = [
    "",
    " ",
    "it's \"quoted\" `id` $(id) $HOME \\ \\\\ ' '' '\\''",
    "-n -e -- +x",
    "line one\nline two\n\n",
    "a\rb\tc\x07\x1b[31m\x7f",
    "\u{e9}\u{101}\u{81}\u{88}\u{fffd}\u{1f600}",
    "* ? [a-z] {a,b} ~ ! # & ; | < > ( )",
    "%s %d \\n \\0 \\c",
];

#[tokio::test(flavor = "multi_thread")]
async fn arguments_variables_and_input_arrive_as_they_are() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let print = "printf '%s\\0' \"$@\" \"$A\" \"$B\"; cat; printf '\\0%s' \"$(cat | wc -c)\"";
        let mut argv: Vec<String> = ["sh", "-c", print, "sh"].map(str::to_owned).into();
        argv.extend(TEXTS.map(str::to_owned));
        for effect in [EffectClass::Once, EffectClass::Read] {
            for (n, text) in (1..).zip(TEXTS) {
                let mut step = attempt(&request(effect, ResolvedKind::Exec { argv: argv.clone() }), n);
                step.command.env = vec![("A".into(), ResolvedValue::Text(text.into())), ("B".into(), secret())];
                step.command.stdin = Some(ResolvedValue::Text(text.to_owned()));
                let (report, printed) = host.run(&step).await;
                assert_eq!(exit(&report), Exit::Code(0));
                let mut expect: Vec<&str> = TEXTS.to_vec();
                expect.extend([text, TOKEN, text, "0"]);
                assert_eq!(
                    printed.stdout().trim_end().split('\0').collect::<Vec<_>>(),
                    expect,
                    "{shell:?}, {effect:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_read_by_their_own_shell() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let says =
            |text: &str, shell| request(EffectClass::Read, ResolvedKind::Script { shell, text: text.to_owned() });
        for (step, expect) in [
            (says("-x() { echo dash-function; }; echo \"${BASH_VERSION:+bash}\"", Shell::Bash), "bash\n"),
            (says("+e 2>/dev/null; echo after", Shell::Sh), "after\n"),
            (says("echo \"$0 $#\"", Shell::Sh), "sh 0\n"),
            (says("pwd", Shell::Sh), &format!("{}\n", std::env::var("HOME").unwrap())),
            (says("cat; echo \"closed ${CARGO_MANIFEST_DIR-unset}\"", Shell::Sh), "closed unset\n"),
            (says("set | grep -c '^\\(nonce\\|digest\\|expect\\|base\\|launch\\)'", Shell::Sh), "0\n"),
        ] {
            let (_, printed) = host.run(&step).await;
            assert_eq!((printed.stdout().as_str(), printed.stderr().as_str()), (expect, ""), "{shell:?}");
        }
        let mut there = says("pwd", Shell::Sh);
        there.command.cwd = Some("/usr/share".to_owned());
        assert_eq!(host.run(&there).await.1.stdout(), "/usr/share\n");
        there.command.cwd = Some("/nonexistent 'place'".to_owned());
        let (report, printed) = host.run(&there).await;
        assert_eq!(exit(&report), Exit::Code(126));
        assert!(printed.stderr().contains("/nonexistent 'place'"), "{}", printed.stderr());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_of_input_is_read_or_ignored() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        for effect in [EffectClass::Once, EffectClass::Read] {
            for (n, script, expect) in [(1, "wc -c", "1000000"), (2, "echo done", "done")] {
                let kind = ResolvedKind::Script { shell: Shell::Sh, text: script.to_owned() };
                let mut step = attempt(&request(effect, kind), n);
                step.command.stdin = Some(ResolvedValue::Text("x".repeat(1_000_000)));
                let (report, printed) = host.run(&step).await;
                assert_eq!((exit(&report), printed.stdout().trim()), (Exit::Code(0), expect), "{shell:?}");
            }
        }
    }
}

/// A value that only one test has.
struct Own(String);

impl SecretSource for Own {
    fn reveal(&self, name: &ParamName) -> Option<&[u8]> {
        (name.as_str() == "token").then_some(self.0.as_bytes())
    }
}

/// Whether a file holds bytes; one that cannot be read (it is gone) holds nothing.
fn holds(path: &std::path::Path, what: &[u8]) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.windows(what.len()).any(|w| w == what))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_the_commands_environment_and_nowhere_else() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        let fifo = Fifo::new(&host, "gate");
        let mut step = once(&format!("echo $$ >{}; read line <{}", host.path("pid").display(), fifo.path().display()));
        step.command.env = vec![("TOKEN".into(), secret())];
        step.command.stdin = Some(secret());
        let (executor, request) = (host.executor.clone(), step.clone());
        // No other test's, here or in another run of these tests: the whole machine is searched for it.
        let own_secret = Own(format!("{TOKEN} {}", host.scratch.path().display()));
        let token = own_secret.0.clone();
        let running =
            tokio::spawn(async move { execute_with(&executor, &request, std::sync::Arc::new(own_secret)).await.0 });
        let writer = fifo.opened_by_reader().await;
        let own = std::fs::read_to_string(host.path("pid")).unwrap().trim().to_owned();
        let mut seen = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap() {
            let pid = entry.unwrap().file_name().into_string().unwrap();
            for file in ["cmdline", "environ"] {
                if holds(format!("/proc/{pid}/{file}").as_ref(), token.as_bytes()) {
                    seen.push(format!("{pid}/{file}"));
                }
            }
        }
        assert_eq!(seen, [format!("{own}/environ")], "{shell:?}");
        for file in std::fs::read_dir(host.key(&step, "meta").parent().unwrap()).unwrap() {
            let file = file.unwrap().path();
            assert!(!holds(&file, token.as_bytes()), "{}", file.display());
        }
        drop(writer);
        running.await.unwrap();
        assert_eq!(std::fs::metadata(host.ledger()).unwrap().mode() & 0o777, 0o700);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_not() {
    let host = Host::new(&shells()[0]).await;
    let check = async |change: &dyn Fn(&mut ExecuteRequest), expect: &str| {
        for mut step in [once("true"), read("true")] {
            change(&mut step);
            let (report, _) = host.run(&step).await;
            let Report::NotStarted(NotStartedReason::Incomplete { why }) = report else { panic!("{report:?}") };
            assert_eq!(why, expect);
            assert!(!host.key(&step, "meta").exists());
        }
    };
    let missing = ResolvedValue::Secret(ParamName::new("other").unwrap());
    let env = |name: &str, value: ResolvedValue| vec![(name.to_owned(), value)];
    check(&|s| s.command.stdin = Some(missing.clone()), "the secret `other` has no value; give it again when resuming")
        .await;
    check(
        &|s| s.command.env = env("A", ResolvedValue::Text("a\0b".into())),
        "A: it holds a NUL byte, which no command line, environment or shell can carry",
    )
    .await;
    check(
        &|s| s.command.env = env("A=1;id", ResolvedValue::Text("x".into())),
        "the variable `A=1;id` cannot be used: a variable is letters, digits and `_`, not beginning with a digit",
    )
    .await;
    check(
        &|s| s.command.account = Some("a b".into()),
        "the account `a b` cannot be used: an account is letters, digits, `_`, `.` and `-`",
    )
    .await;
    check(
        &|s| s.command.kind = ResolvedKind::Exec { argv: vec!["-x".into()] },
        "the program `-x` cannot be used: a program is a name or a path that does not begin with `-`",
    )
    .await;
    check(
        &|s| s.command.kind = ResolvedKind::Script { shell: Shell::Sh, text: "#".repeat(200_000) },
        "the script has 200000 bytes; no system takes an argument or a variable of more than 130816",
    )
    .await;
}
