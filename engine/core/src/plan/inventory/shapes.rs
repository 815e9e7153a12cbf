//! What an inventory file may hold.

use crate::runbook::shape::{Shape, Value, field, required};

/// One word.
const WORD: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$";

/// A whole file.
pub static INVENTORY: Shape = Shape {
    name: "inventory",
    place: "an inventory",
    fields: &[&[
        required("environment", Value::Form(WORD), "One word for what these hosts are: the first on every screen."),
        required(
            "hosts",
            Value::OrNothing(&Value::Named(
                "^[A-Za-z0-9._:][A-Za-z0-9._:-]{0,254}$",
                &Value::OrNothing(&Value::Shape(&HOST)),
            )),
            "The hosts by name.",
        ),
    ]],
    either: &[],
};

/// A host.
pub(super) static HOST: Shape = Shape {
    name: "host",
    place: "a host",
    fields: &[&[
        field(
            "address",
            Value::Form("^[A-Za-z0-9._:][A-Za-z0-9._:-]{0,254}(%[A-Za-z0-9._:-]+)?$"),
            "Where it is reached; its name, as ssh finds it, if nothing is said.",
        ),
        field("port", Value::Count(1, 65_535), "Where its sshd listens."),
        field("user", Value::Form("^[A-Za-z0-9._+@][A-Za-z0-9._+@-]{0,63}$"), "The account to log in with."),
        field("groups", Value::List(&Value::Form(WORD)), "Names under which `hosts:` of a runbook finds it."),
        field(
            "vars",
            Value::OrNothing(&Value::Named("^[A-Za-z_][A-Za-z0-9_]*$", &Value::Written)),
            "Values for {{ host.vars.NAME }}.",
        ),
        field("site", Value::Word(&["local"]), "Where its executor stands."),
        field("ledger", Value::Shape(&LEDGER), "Where it remembers what was started."),
    ]],
    either: &[],
};

/// A host's ledger.
pub(super) static LEDGER: Shape = Shape {
    name: "ledger",
    place: "`ledger`",
    fields: &[&[field("dir", Value::Form("^/"), "A directory; what is in it must survive a reboot.")]],
    either: &[],
};
