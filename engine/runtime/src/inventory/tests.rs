//! Names out of configurations, compared with what ssh itself makes of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use banister_core::plan::Inventory;
use proptest::prelude::*;

use super::line::{Line, matches, read};
use super::*;

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    home
}

fn hosts(home: &Path) -> Result<SshHosts, String> {
    let file = home.join("config");
    ssh_hosts(Some(&file), None, home).map_err(|error| error.to_string().replace(&*home.to_string_lossy(), "HOME"))
}

fn names(hosts: &SshHosts) -> String {
    hosts.names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

/// What `ssh -G` says a host's account is: each block of these tests sets it where it applies. ssh is not there on
/// every desk: then nothing is compared.
fn user(home: &Path, host: &str) -> Option<String> {
    let output = Command::new("ssh")
        .args(["-G", "-F"])
        .arg(home.join("config"))
        .args(["--", host])
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("user ")).map(str::to_owned)
}

/// Files by name, the hosts they name, and names that only look as if.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);

#[test]
fn literal_names_are_those_that_ssh_finds() {
    let cases: &[Case<'_>] = &[
        (&[("config", "Host a b\n User hit\n")], "a b", ""),
        (&[("config", "host=a\nUser hit\nHOST = \"b\"\n User=hit\n\tHost\tc  # d\n user hit\n")], "a b c", "d"),
        (&[("config", "Host web-* a ?x !b\n User hit\nHost b !b\n User hit\n")], "a", "b"),
        (&[("config", "#Host a\nHost b #c\n User hit\r\n\n  # Host d\n")], "b", "a c d"),
        (&[("config", "Host 'a' \"b\"\n User hit\n")], "a b", ""),
        (&[("config", "Host a a b a\n User hit\nHost b\n User hit\n")], "a b", ""),
        (&[("config", "Match user nobody\n User miss\nHost a\n User hit\n")], "a", ""),
        (
            &[
                ("config", "Include conf.d/* missing ~/other\nHost z\n User hit\n"),
                (".ssh/conf.d/2", "Host two\n User hit\n"),
                (".ssh/conf.d/1", "Host one\n User hit\n"),
                (".ssh/conf.d/.hidden", "Host hidden\n User hit\n"),
                ("other", "Host other\n User hit\n"),
            ],
            "one two other z",
            "hidden",
        ),
        (
            &[
                ("config", "Host *.prod !db.prod\n Include in\nHost *\n Include in2\n"),
                (".ssh/in", "Host a.prod db.prod a.test\n User hit\n"),
                (".ssh/in2", "Host all\n User hit\n"),
            ],
            "a.prod all",
            "db.prod a.test",
        ),
        (&[("config", "Host *x\n Include in\nMatch all\n Include in\n"), (".ssh/in", "Host a\n User hit\n")], "a", ""),
        (
            &[
                ("config", "Include [a-b]* [!a-y]1\nHost c1\n"),
                (".ssh/a1", "Host a1\n User hit\n"),
                (".ssh/z1", "Host z1\n User hit\n"),
                (".ssh/c1", "Host no\n User hit\n"),
            ],
            "a1 z1 c1",
            "no",
        ),
    ];
    for (files, expect, never) in cases {
        let home = home(files);
        let found = hosts(home.path()).unwrap();
        assert_eq!(names(&found), *expect, "{files:?}");
        assert_eq!(found.left_out, [""; 0], "{files:?}");
        for name in expect.split_whitespace().filter(|name| *name != "c1") {
            assert!(matches!(user(home.path(), name).as_deref(), None | Some("hit")), "ssh knows no {name}: {files:?}");
        }
        for name in never.split_whitespace() {
            assert_ne!(user(home.path(), name).as_deref(), Some("hit"), "ssh knows {name}: {files:?}");
        }
    }
}

#[test]
fn what_is_left_out_is_said() {
    let home =
        home(&[("config", "Host localhost ok a,b web/1 -o é\n\nInclude %d/x ~bob/y ${HOME}/z\nHost \"b\u{1b}[2J\"\n")]);
    let found = hosts(home.path()).unwrap();
    assert_eq!(names(&found), "ok");
    insta::assert_snapshot!(found.left_out.join("\n").replace(&*home.path().to_string_lossy(), "HOME"));
}

#[test]
fn no_hosts_is_an_error_that_says_where_it_looked() {
    let of = |text: &str| hosts(home(&[("config", text)]).path()).unwrap_err();
    assert_eq!(of(""), "the ssh configuration `HOME/config` names no host, only patterns or nothing");
    assert_eq!(
        of("Host * !a\n User x\n"),
        "the ssh configuration `HOME/config` names no host, only patterns or nothing"
    );
    assert_eq!(of("\nHost \"a\n"), "`HOME/config:2`: a quote is not closed");
    assert_eq!(of("Host\n"), "`HOME/config:1`: an argument is missing or empty");
    assert_eq!(of("Host \"\"\n"), "`HOME/config:1`: an argument is missing or empty");
    assert_eq!(
        of("Include ~/config\n"),
        "`HOME/config`: the files of this ssh configuration include each other too deeply, or are too many"
    );
    assert_eq!(hosts(home(&[]).path()).unwrap_err(), "there is no ssh configuration at `HOME/config`");
    assert!(matches!(ssh_hosts(None, None, Path::new("/")), Err(SshHostsError::NoHome)));
}

#[test]
fn the_hosts_are_an_inventory_of_an_unknown_environment() {
    let home = home(&[("config", "Host web-1 1 null\n")]);
    let source = hosts(home.path()).unwrap().source();
    let (inventory, findings) = Inventory::parse(&source);
    assert_eq!(findings, []);
    let inventory = inventory.unwrap();
    assert_eq!(inventory.environment(), "unknown");
    let hosts: Vec<_> = inventory.hosts().iter().map(|host| (host.name.as_str(), host.address.as_str())).collect();
    assert_eq!(hosts, [("web-1", "web-1"), ("1", "1"), ("null", "null"), ("localhost", "localhost")]);
}

#[test]
fn patterns_match_as_those_of_ssh() {
    let cases = [
        ("*", "", true),
        ("a*", "abc", true),
        ("*c", "abc", true),
        ("*b*", "abc", true),
        ("a*b*c", "aXbXbc", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("?", "", false),
        ("a*b", "abx", false),
        ("A", "a", false),
        ("[", "[", true),
        ("[ab]", "a", false),
    ];
    for (pattern, text, is) in cases {
        assert_eq!(matches(pattern, text, false), is, "{pattern} {text}");
    }
    let sets =
        [("[ab]", "b", true), ("[!ab]", "b", false), ("[a-c]x", "bx", true), ("[]]", "]", true), ("[a", "[a", true)];
    for (pattern, text, is) in sets {
        assert_eq!(matches(pattern, text, true), is, "{pattern} {text}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,80}", bytes in "[Hhost= \\t\"'\\\\#*!a]{0,40}") {
        let _ = read(&text);
        let _ = read(&format!("Host {bytes}"));
        let _ = matches(&bytes, &text, true);
    }

    #[test]
    fn however_it_is_written_the_names_are_the_same(
        names in prop::collection::vec("[a-z0-9._:-]{1,8}", 1..5),
        keyword in "[Hh][Oo][Ss][Tt]",
        between in "[ \t]{1,2}|[ \t]{0,2}=[ \t]{0,2}",
        blanks in "[ \t]{1,3}",
        quote in prop::sample::select(vec!["", "\"", "'"]),
        end in "[ \t\r]{0,2}| #.{0,5}",
    ) {
        let words: Vec<String> = names.iter().map(|name| format!("{quote}{name}{quote}")).collect();
        let line = format!("{blanks}{keyword}{between}{}{end}", words.join(&blanks));
        prop_assert_eq!(read(&line), Ok(Line::Host(names)));
    }

    #[test]
    fn a_star_alone_is_not_needed_to_match_oneself(text in "[a-z.]{0,20}", cut in 0usize..20) {
        let cut = cut.min(text.len());
        prop_assert!(matches(&text, &text, false));
        let starred = format!("{}*{}", &text[..cut], &text[cut..]);
        prop_assert!(matches(&starred, &text, false));
    }
}
