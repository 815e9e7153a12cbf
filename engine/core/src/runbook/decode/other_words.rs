//! What people write who come from other tools, and what belongs to later versions.

/// The right word for a field, and why, where there is a reason.
pub(super) fn other_word(field: &str, place: &str) -> Option<(&'static str, &'static str)> {
    let right = match field {
        "for" if place.contains("gate") => return Some(("samples", ": consecutive good samples, not a time span")),
        "on" => return Some(("hosts", ": YAML 1.1 readers take `on` for *true*")),
        "host" | "targets" | "target" => "hosts",
        "name" if place == "a runbook" => "runbook",
        "name" | "step" => "id",
        "description" | "desc" => "title",
        "sudo" | "become" | "become_user" | "user" | "account" => "as",
        "if" | "condition" | "only_if" => "when",
        "depends_on" | "after" | "requires" | "need" => "needs",
        "command" | "cmd" | "script" | "sh" | "bash" => "run",
        "argv" => "exec",
        "environment" => "env",
        "working_dir" | "workdir" | "working_directory" | "dir" | "chdir" => "cwd",
        "retries" => "retry",
        "interval" | "delay" if place.contains("gate") => "every",
        "interval" => "delay",
        "tries" | "max_attempts" | "count" => "attempts",
        "max_failures" | "max_fail" => "budget",
        "batches" | "batch_size" | "serial" => "batch",
        "vars" | "variables" | "parameters" | "inputs" => "params",
        "tasks" => "steps",
        "checks" | "requirements" => "preconditions",
        "rollback" | "compensate" => "undo",
        "register" | "output" => "outputs",
        "choices" | "enum" | "options" | "allowed" => "one_of",
        "approvers" | "groups" => "of",
        "steps" | "allows" => "for",
        "text" | "message" => "do",
        "until" => "expect",
        "expect" => "until",
        _ => return None,
    };
    Some((right, ""))
}

/// Whether a word belongs to the design of the language, but not to this version.
pub(super) fn is_later(word: &str) -> bool {
    matches!(
        word,
        "each"
            | "parallel"
            | "use"
            | "watch"
            | "finally"
            | "together"
            | "restore"
            | "sync"
            | "salvage"
            | "trash"
            | "http"
    ) || word.starts_with("kafka.")
}
