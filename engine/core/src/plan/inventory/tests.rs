//! Reading inventories.

use super::*;
use crate::source::SourceFile;

fn findings(text: &str) -> String {
    let source = SourceFile::new("inventory.yaml", text);
    let (inventory, findings) = Inventory::parse(&source);
    assert!(inventory.is_none(), "{text}");
    let line = |f: &crate::source::Diagnostic| {
        let at = source.position(f.span.start);
        format!("{}:{} {} {} -- {}", at.line, at.column, f.code, f.message, f.help)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read(text: &str) -> Inventory {
    let (inventory, findings) = Inventory::parse(&SourceFile::new("inventory.yaml", text));
    assert_eq!(findings, []);
    inventory.unwrap()
}

#[test]
fn hosts_are_read_as_written() {
    let inventory = read(
        "environment: staging\nhosts:\n  web-1: { address: 192.0.2.11, port: 22, user: ops, groups: [web, rack_a], \
         vars: { weight: 3, big: true, zone: \"eu 1\" }, site: local, ledger: { dir: /srv/ledger } }\n  web-2:\n",
    );
    assert_eq!(inventory.environment(), "staging");
    insta::assert_snapshot!(serde_json::to_string_pretty(inventory.hosts()).unwrap());
}

#[test]
fn names_lead_to_hosts() {
    let inventory = read(
        "environment: lab\nhosts: { b: { groups: [web] }, a: { groups: [web, db] }, localhost: { groups: [web] } }\n",
    );
    let find = |name: &str| inventory.find(name).map(|host| host.name.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(find("web"), "b a localhost", "in the order written");
    assert_eq!(find("db"), "a");
    assert_eq!(find("a"), "a");
    assert_eq!(find("nope"), "");
    assert_eq!(inventory.host("localhost").unwrap().transport, Transport::Local);
    assert_eq!(inventory.host("a").unwrap().transport, Transport::Ssh);
    assert_eq!(inventory.similar("wbe").0.as_deref(), Some("web"));
    assert_eq!(inventory.names().collect::<Vec<_>>(), ["a", "b", "localhost", "db", "web"]);
}

#[test]
fn localhost_is_always_there() {
    assert_eq!(Inventory::local().hosts().len(), 1);
    assert_eq!(Inventory::local().environment(), "local");
    assert_eq!(read("environment: x\nhosts:\n").hosts()[0].name.as_str(), "localhost");
}

#[test]
fn what_is_wrong_is_said_all_at_once() {
    let texts = [
        "- web-1\n",
        "environment: x\n",
        "hosts: {}\n",
        "environment: [a]\nhosts: [web-1]\n",
        "environment: x\nhosts:\n  -web: {}\n  web 1: {}\n  a: { adress: 1.2.3.4, port: 0 }\n  b: { port: abc, user: -o }\n",
        "environment: x\nhosts:\n  a: { address: \"$(id)\", groups: web, vars: [1], ledger: { dir: tmp } }\n",
        "environment: x\nhosts:\n  a: { vars: { my-var: 1, x: [1] }, groups: [b, localhost] }\n  b: {}\n  a: {}\n",
        "environment: x\nhosts:\n  localhost: { address: 127.0.0.1 }\n",
        "environment: two words\nhosts: {}\nextra: 1\n",
        "environment: x\nhosts:\n  a: { address: \"a b\", user: \"x\\ty\", site: west }\n  b: { address: -oProxyCommand=id, \
         ledger: { dir: \"/a\\nb\" } }\n  localhost: { site: moon }\n",
    ];
    let all: Vec<String> = texts.iter().map(|text| format!("{text}{}\n", findings(text))).collect();
    insta::assert_snapshot!(all.join("\n"));
}
