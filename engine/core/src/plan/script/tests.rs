//! The shell-context rule, case by case.

use proptest::prelude::*;

use super::*;
use crate::plan::Shell;
use crate::plan::template::tests::{Table, show};
use crate::source::Finding;

/// What the compiler says: `ok`, or for each finding the placeholder (or place) and the finding's name.
fn verdict(script: &str, shell: Shell) -> String {
    let table = Table { values: std::collections::BTreeMap::new(), host: true, result: false };
    match Scripts::new().compile(script, shell, &table) {
        Ok(_) => "ok".to_owned(),
        Err(findings) => {
            let line = |f: &crate::source::Spanned<Finding>| {
                let name = Finding::CODES.iter().find(|(code, _)| *code == f.value.code()).unwrap().1;
                format!("{} {name}", &script[f.span.start..f.span.end])
            };
            findings.iter().map(line).collect::<Vec<_>>().join("; ")
        }
    }
}

/// The 18 cases of the scanner, as the reference decides them.
#[test]
fn the_eighteen_placements() {
    for (number, script, expect) in [
        (1, "ls {{a}}", "ok"),
        (2, "ls \"{{a}}\"", "{{a}} PlaceholderInQuotes"),
        (3, "ls '{{a}}'", "{{a}} PlaceholderInQuotes"),
        (4, "echo hi # {{a}}", "{{a}} PlaceholderInComment"),
        (5, "echo foo#{{a}}", "ok"),
        (6, "x=$(ls {{a}})", "ok"),
        (7, "x=\"$(ls {{a}} \"{{b}}\")\"", "{{b}} PlaceholderInQuotes"),
        (8, "x=`ls {{a}}`", "{{a}} PlaceholderInBackquotes"),
        (9, "cat <<EOF > /etc/{{f}}\nhi {{a}}\nEOF\nls {{b}}", "{{a}} PlaceholderInHereDocument"),
        (10, "cat <<-'EOF'\n\thi {{a}}\n\tEOF\nls {{b}}", "{{a}} PlaceholderInHereDocument"),
        (11, "echo $(( {{n}} + 1 ))", "{{n}} PlaceholderInArithmetic"),
        (12, "echo \"a\\\"{{a}}\"", "{{a}} PlaceholderInQuotes"),
        (13, "psql -c \"select '{{x}}'\"", "{{x}} PlaceholderInQuotes"),
        (
            14,
            "{{#if p}}echo \"{{else}}echo {{/if}} {{x}}",
            "{{#if p}} TemplateBlock; {{else}} TemplateBlock; {{/if}} TemplateBlock",
        ),
        (15, "ls {{{a}}}", "{{{a}}} RawPlaceholder"),
        (16, "cat <<< {{a}}", "<<< NotPosix"),
        (17, "ssh h 'sudo rm {{a}}'", "{{a}} PlaceholderInQuotes"),
        (18, "grep -F {{pat}} /var/log/{{svc}}.log | head -n {{n}}", "ok"),
    ] {
        assert_eq!(verdict(script, Shell::Sh), expect, "case {number}: {script}");
    }
}

#[test]
fn where_a_placeholder_may_stand() {
    for script in [
        "tar -xf {{a}}",
        "ls /var/log/{{a}}.log --x={{b}}",
        "ls \"a\"{{a}}'b'",
        "x={{a}} cmd",
        "export A={{a}}",
        "x={{a}}",
        "cat < {{a}} > {{b}} 2>> {{f}}",
        "for i in {{a}} b; do ls \"$i\"; done",
        "case {{a}} in x) ls;; {{b}}) pwd;; esac",
        "if test -e {{a}}; then ls {{b}}; elif ls {{f}}; then :; else ls {{x}}; fi",
        "while read -r l; do echo \"$l\" {{a}}; done < {{b}}",
        "f() { ls {{a}}; }; f",
        "(cd {{a}} && ls)",
        "echo \"$(ls $(cat {{a}}))\"",
        "echo {{a}}{{b}}",
        "[ -e {{a}} ] && ls -- {{a}}",
        "ls \\\n  {{a}}",
        "echo {{steps.build.version}} {{host.name}} {{run.id}}",
        "sh -c 'rm -- \"$1\"' sh {{a}}",
        "sudo -n -u web ls {{a}}",
        "sudo -u {{a}} ls",
        "env V={{a}} sh -c 'ls \"$V\"'",
        "timeout {{a}} ls",
        "sed -n 1p {{a}}",
        "sed -e 's/a/b/' {{a}}",
        "awk -v x={{a}} '{ print x }' {{b}}",
        "find {{a}} -name {{b}} -exec rm -- {} +",
        "echo a | xargs -n1 ls {{a}}",
        "python3 -c 'import sys; print(sys.argv)' {{a}}",
        "sh ./script {{a}}",
        "echo {{a}} | cat",
        "trap 'rm -f \"$t\"' EXIT; ls {{a}}",
        "cat <<'EOF' | tee {{a}}\ntext $(x)\nEOF",
    ] {
        assert_eq!(verdict(script, Shell::Sh), "ok", "{script}");
        assert_eq!(verdict(script, Shell::Bash), "ok", "{script}");
    }
}

#[test]
fn where_it_may_not() {
    let scripts = [
        "{{a}} arg",
        "{{a}}=1",
        "x{{a}}=1",
        "echo $'{{a}}'",
        "cat <<{{a}}\nx\nEOF",
        "cat <<EOF\n$(ls {{a}})\nEOF",
        "echo ${x:-{{a}}}",
        "echo ${{a}}",
        "echo ~{{a}}",
        r"echo \\{{a}}",
        "{{a}}() { ls; }",
        "for {{a}} in x; do ls; done",
        "echo $(( $(ls {{a}}) ))",
        "sudo {{a}} x",
        "env A=1 {{a}} x",
        "timeout 5 {{a}}",
        "eval {{a}}",
        "eval ls {{a}}",
        "sh -c {{a}}",
        "sh {{a}}",
        "bash -xc {{a}}",
        "/bin/sh -c ls{{a}}",
        "sudo -n sh -c {{a}}",
        "ssh web-1 ls {{a}}",
        "su - web -c {{a}}",
        "trap {{a}} EXIT",
        "watch ls {{a}}",
        "xargs sh -c {{a}}",
        "find . -exec sh -c {{a}} \\;",
        ". {{a}}",
        "awk {{a}} file",
        "sed s/a/{{a}}/ file",
        "sed -e s/a/{{a}}/ file",
        "perl -ne {{a}} file",
        "python3 -c {{a}}",
        "psql -c {{a}}",
        "echo {{a}} | sh",
        "echo {{a}} | cat | sudo bash -s",
        "x=$(eval {{a}})",
        "echo {{token}} {{victims}} {{nope}}",
    ];
    let all: Vec<String> = scripts.iter().map(|s| format!("{s}\n    {}", verdict(s, Shell::Sh))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn scripts_that_no_shell_reads() {
    let scripts = [
        "if true; then ls",
        "ls )",
        "done",
        "echo 'x",
        "echo \"x",
        "x=$(ls",
        "for i in a b; ls; done",
        "case x in a) ls",
        "ls | | wc",
        "ls &&",
        "cat <<EOF\nx",
        "f() {",
        "echo $(if true; then ls)",
        "echo ${x",
        "line one\nif x; then\n  ls {{a}}\nfii\n",
    ];
    let all: Vec<String> = scripts
        .iter()
        .map(|script| match Scripts::new().compile(script, Shell::Sh, &Table::bound()) {
            Ok(_) => panic!("{script} was taken"),
            Err(findings) => format!("{script}\n  {}", show(script, &findings)),
        })
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_only_bash_reads_is_refused_in_sh() {
    let scripts = [
        "[[ -e x ]]",
        "if [[ -e x ]]; then ls; fi",
        "(( x > 1 ))",
        "cat <<< x",
        "diff <(ls a) <(ls b)",
        "a=(1 2 3)",
        "x+=1",
        "ls &> log",
        "function f { ls; }",
        "source ./env",
        "echo ${x//a/b}",
        "echo ${x:1:2}",
        "echo ${a[0]}",
        "echo $'a\\tb'",
        "for ((i=0; i<3; i++)); do ls; done",
        "ls |& wc",
    ];
    let line = |s: &&str| format!("{s}\n    sh: {}\n    bash: {}", verdict(s, Shell::Sh), verdict(s, Shell::Bash));
    insta::assert_snapshot!(scripts.iter().map(line).collect::<Vec<_>>().join("\n"));
}

#[test]
fn help_shows_how_to_write_it() {
    let scripts = ["ls \"{{a}}\"", "eval {{a}}", "cat <<EOF\n{{a}}\nEOF", "cat <<< x", "echo $(( {{n}} + 1 ))"];
    let all: Vec<String> = scripts
        .iter()
        .map(|script| show(script, &Scripts::new().compile(script, Shell::Sh, &Table::bound()).unwrap_err()))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_finding_points_into_the_template() {
    let script = "echo \\{{x}} {{a}}\necho 'é {{b}}'\n";
    let findings = Scripts::new().compile(script, Shell::Sh, &Table::bound()).unwrap_err();
    assert_eq!(findings.len(), 1);
    assert_eq!(&script[findings[0].span.start..findings[0].span.end], "{{b}}");
}

#[test]
fn values_are_quoted_where_they_stand() {
    let template = Scripts::new().compile("ls -d {{path}}/{{n}} {{limit}}", Shell::Sh, &Table::bound()).unwrap();
    assert_eq!(template.pieces.len(), 3);
    assert_eq!(template.pieces[0], crate::plan::Piece::Text("ls -d '/srv/a b'/".to_owned()));
}

#[test]
fn a_marker_never_meets_a_word_of_the_script() {
    assert_eq!(verdict("echo bnr_q_0_x {{a}}", Shell::Sh), "ok");
    assert_eq!(verdict("echo bnr_q_ bnr_qq_0_x '{{a}}'", Shell::Sh), "{{a}} PlaceholderInQuotes");
}

#[test]
fn size_and_depth_are_bounded() {
    let long = format!("echo {}", "x".repeat(MAX_SCRIPT));
    assert_eq!(verdict(&long, Shell::Sh), " ScriptTooLong");
    for nest in [("$(", ")"), ("( ", ")"), ("{ ", "; }"), ("if ", "; then :; fi")] {
        let script = format!("echo {}ls {{{{a}}}}{}", "x; ".to_owned() + &nest.0.repeat(200), nest.1.repeat(200));
        let run = move || verdict(&script, Shell::Sh);
        let verdict = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
        assert_eq!(verdict, "ok", "{nest:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// No script makes the readers panic, and every finding lies in the text.
    #[test]
    fn no_script_makes_the_readers_panic(
        script in r##"(\{\{a\}\}|\{\{b\}\}|ls|echo| |\n|'|"|`|\$\(|\)|\(|\$\{|\}|#|\\|<<EOF|EOF|;|&|\||if|then|fi|do|done|case|in|esac|~|=|é|\$|eval|sh -c){0,24}"##
    ) {
        for shell in [Shell::Sh, Shell::Bash] {
            if let Err(findings) = Scripts::new().compile(&script, shell, &Table::bound()) {
                show(&script, &findings);
            }
        }
    }
}
