//! Values never become code: whatever a value holds, a real shell hands it on byte for byte.

use std::process::{Command, Stdio};

use banister_core::plan::{
    Bindings, HoleSource, NameTable, OutputState, ParamValue, Quoting, Scripts, Shell, Template,
};
use banister_core::runbook::ParamType;
use proptest::prelude::*;

/// One text parameter, `x`, and one output, `steps.a.x`: the first is written into the script by the compiler, the
/// second when the step starts. Both with the same value.
struct Value(ParamValue);

impl NameTable for Value {
    fn param(&self, name: &str) -> Option<ParamType> {
        (name == "x").then_some(ParamType::Text)
    }

    fn value(&self, name: &str) -> Option<&ParamValue> {
        (name == "x").then_some(&self.0)
    }

    fn output(&self, _: &str, _: &str) -> OutputState {
        OutputState::Set
    }

    fn has_host(&self) -> bool {
        false
    }

    fn has_host_var(&self, _: &str) -> bool {
        false
    }

    fn has_result(&self) -> bool {
        false
    }

    fn params(&self) -> Vec<String> {
        Vec::new()
    }

    fn steps(&self) -> Vec<String> {
        Vec::new()
    }

    fn outputs(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn host_vars(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Bindings for Value {
    fn value(&self, _: &HoleSource) -> Option<std::borrow::Cow<'_, str>> {
        match &self.0 {
            ParamValue::Text(text) => Some(text.into()),
            _ => None,
        }
    }
}

/// Every place where a placeholder may stand; each prints the value between `<` and `>`, ended by NUL.
const SCRIPT: &str = r#"
printf '<%s>\0' {{x}} {{steps.a.x}}
printf '%s\0' '<'{{x}}'>' \<{{steps.a.x}}\>
value={{x}} other={{steps.a.x}}
printf '<%s>\0' "$value" "$other"
shown=$(printf '<%s>.' {{x}} {{steps.a.x}})
printf '%s\0' "${shown%%.}"
case {{x}} in {{steps.a.x}}) printf '<%s>\0' "$value";; *) printf 'pattern\0';; esac
for each in {{x}} {{steps.a.x}}; do printf '<%s>\0' "$each"; done
f() { printf '<%s>\0' "$1"; }
f {{x}} && (f {{steps.a.x}})
sh -c 'printf "<%s>\0" "$1"' sh {{x}}
env V={{x}} sh -c 'printf "<%s>\0" "$V"'
"#;

/// How often the value comes back, and where it comes back twice in one.
fn expected(value: &str) -> Vec<u8> {
    let one = format!("<{value}>\0");
    let mut all = one.repeat(6);
    all.push_str(&format!("<{value}>.<{value}>\0"));
    all.push_str(&one.repeat(7));
    all.into_bytes()
}

fn script(value: &str, shell: Shell) -> String {
    let names = Value(ParamValue::Text(value.to_owned()));
    let template: Template = Scripts::new().compile(SCRIPT, shell, &names).expect("the script is sound");
    assert!(template.holes().all(|hole| hole.quoting == Quoting::Shell));
    template.render(&names).expect("both have a value")
}

/// The shells of this machine: a way to start each, and how it reads.
fn shells() -> Vec<(&'static [&'static str], Shell)> {
    let all: [(&[&str], Shell); 4] =
        [(&["sh"], Shell::Sh), (&["dash"], Shell::Sh), (&["bash"], Shell::Bash), (&["busybox", "sh"], Shell::Sh)];
    let there = |shell: &&[&str]| {
        let started = Command::new(shell[0]).args(&shell[1..]).args(["-c", ":"]).stdout(Stdio::null()).status();
        let there = started.is_ok_and(|status| status.success());
        if !there {
            println!("skipped: {} is not on this machine", shell.join(" "));
            assert!(
                std::env::var_os("BANISTER_LAB").is_none_or(|v| v != "required"),
                "{} must be here",
                shell.join(" ")
            );
        }
        there
    };
    all.into_iter().filter(|(shell, _)| there(shell)).collect()
}

fn comes_back(value: &str) {
    for (command, shell) in shells() {
        let output = Command::new(command[0]).args(&command[1..]).args(["-c", &script(value, shell)]).output();
        let output = output.expect("the shell was there a moment ago");
        let trimmed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(trimmed(&output.stdout), trimmed(&expected(value)), "{} with {value:?}", command.join(" "));
        assert_eq!(output.stdout, expected(value), "{} with {value:?}", command.join(" "));
        assert_eq!(output.stderr, b"", "{} with {value:?}", command.join(" "));
    }
}

#[test]
fn the_usual_suspects_come_back() {
    for value in [
        "",
        " ",
        "a b",
        "'",
        "\"",
        "`id`",
        "$(id)",
        "$HOME",
        "\\",
        "\\\\'",
        "-n",
        "-e \\n",
        "*",
        "~",
        "!",
        "!!",
        "#",
        ";id",
        "a\nb",
        "\n",
        "\n\n",
        "&",
        "|",
        ">x",
        "{a,b}",
        "[a-z]",
        "é\u{202e}",
        "%s%n",
        "\u{1b}[2J",
        "\t",
        "\r\n",
        "=",
        "a=b",
        "$'\\n'",
        "EOF\n",
        "it's \"so\"",
        "\u{7f}",
        "{{x}}",
        "${x}",
        "\u{10ffff}",
    ] {
        comes_back(value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any UTF-8 without NUL.
    #[test]
    fn any_value_comes_back(value in "[^\u{0}]{0,40}") {
        comes_back(&value);
    }

    /// Texts made of what shells look at.
    #[test]
    fn any_syntax_comes_back(value in r##"['"`$(){};&|<>\\!#*?~ \n\t=\[\]^%a-c-]{0,24}"##) {
        comes_back(&value);
    }
}
