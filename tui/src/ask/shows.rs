//! What is to be looked at before an ask is answered, as plain lines.
//!
//! What it deliberately does not do: it keeps nothing. What was shown to a person, and to its end, the dialog knows.

use std::fmt::Write as _;

use banister_core::plan::{PrintStyle, print_step};
use banister_core::run::{AskId, AskKind, Purpose};
use banister_core::source::{visible, visible_bytes};
use banister_core::view::{AskRow, RunView, duration};
use banister_runtime::output::{OutputError, StoredStream};

use super::evidence::{
    ATTEMPTS, Extent, FIRST, HEAD, LAST, Part, TAIL, WHOLE, approve_of, lines_of, not_stored, parts,
};
use crate::attach::Board;
use crate::terminal;

/// What one part is, as it is stored: where it begins, how much there is in all, and the bytes.
type Stored = Result<(u64, u64, Vec<u8>), OutputError>;

/// Everything there is to look at for an ask that is open; nothing where there is nothing.
pub(super) fn shows(board: &Board, ask: &AskId) -> String {
    let (mut text, parts) = {
        let view = board.view();
        let Some(ask) = view.asks().find(|row| row.id == *ask) else { return String::new() };
        (said(&ask, &view), parts(&ask, &view))
    };
    // The run goes on while what it printed is read.
    let dir = board.run.out_path();
    let read = |part: &Part| match part.extent {
        Extent::Head => StoredStream::piece(&dir, &part.key, part.stream, Some(0), u64::from(HEAD)),
        Extent::Tail => StoredStream::piece(&dir, &part.key, part.stream, None, u64::from(TAIL)),
        Extent::Whole => StoredStream::piece(&dir, &part.key, part.stream, Some(0), WHOLE),
    };
    for part in &parts {
        let head = || parts.iter().find(|p| p.extent == Extent::Head && p.stream == part.stream).map(&read);
        match part.extent {
            Extent::Whole => whole(part, &read(part), &mut text),
            Extent::Tail => trouble(part, &read(part), head, &mut text),
            Extent::Head => {}
        }
    }
    text
}

/// What the plan and the records say.
fn said(ask: &AskRow, view: &RunView) -> String {
    let mut text = String::new();
    if let Some(task) = view.state().graph().find(&ask.id.path) {
        let row = view.step(task);
        let tried: Vec<_> = row.attempts.iter().filter(|attempt| attempt.purpose != Purpose::Preview).collect();
        let left_out = tried.len().saturating_sub(ATTEMPTS);
        if left_out > 0 {
            let _ = writeln!(text, "    {left_out} attempts before");
        }
        for attempt in tried.into_iter().skip(left_out) {
            let what = if attempt.purpose == Purpose::Verify { "verify" } else { "try" };
            let took = attempt.took_ms.map(|ms| format!(", took {}", duration(ms))).unwrap_or_default();
            let why = attempt.why.as_deref().map(|why| format!(": {}", visible(why))).unwrap_or_default();
            let began = attempt.began.format("%H:%M:%SZ");
            let _ = writeln!(text, "    {what} {} at {began}{took}: {}{why}", attempt.attempt, attempt.word);
        }
        if let Some(sample) = &row.sample {
            let word = if sample.good { "good" } else { "bad" };
            let (number, streak, needed) = (sample.sample, sample.streak, sample.needed);
            let _ = writeln!(text, "    last sample: {word}, number {number}; {streak} of {needed} in a row");
            for (host, why) in &sample.bad {
                let _ = writeln!(text, "      {host}: {}", visible(why));
            }
            if sample.bad_hosts as usize > sample.bad.len() {
                let _ = writeln!(text, "      {} hosts in all", sample.bad_hosts);
            }
        }
        if ask.kind == AskKind::Timeout {
            let _ =
                writeln!(text, "    it may take {}, and still runs", row.limit_ms.map(duration).unwrap_or_default());
        }
    }
    approval(ask, view, &mut text);
    text
}

/// Who must agree and has, and what is to be allowed.
fn approval(ask: &AskRow, view: &RunView, text: &mut String) {
    let Some(approve) = approve_of(ask, view) else { return };
    let of = if approve.of.is_empty() { "anybody".to_owned() } else { approve.of.join(", ") };
    let starter = view.state().starter().map_or_else(|| "who started".to_owned(), ToString::to_string);
    let not = if approve.not_starter { format!(", not {starter}, who started it") } else { String::new() };
    let _ = writeln!(text, "    needs {} of {}", approve.by, visible(&format!("{of}{not}")));
    let waits = view.waits();
    let heard = waits.iter().rev().find(|wait| wait.ask == ask.id).map(|wait| wait.said.as_slice());
    for heard in heard.unwrap_or_default() {
        let (by, at) = (visible(&heard.by.to_string()).into_owned(), heard.at.format("%H:%M:%SZ"));
        let _ = writeln!(text, "    {by} said {} at {at}", heard.word);
    }
    let style = PrintStyle { ascii: !terminal::knows_utf8() };
    for step in &approve.allows {
        let _ = writeln!(text, "\n  TO BE ALLOWED, as the plan has it");
        for line in print_step(view.plan(), *step, style).trim_end().lines() {
            let _ = writeln!(text, "    {}", visible(line));
        }
    }
}

/// A preview, or what a step printed that is to be shown.
fn whole(part: &Part, stored: &Stored, text: &mut String) {
    let _ = writeln!(text, "\n  {}, try {}", visible(&part.label), part.key.attempt);
    match stored {
        Err(error) => drop(writeln!(text, "    cannot be shown: {}", visible(&error.to_string()))),
        Ok((_, 0, _)) if part.printed > 0 => drop(writeln!(text, "    {}", not_stored(part.printed))),
        Ok((_, 0, _)) => text.push_str("    it printed nothing\n"),
        Ok((_, total, bytes)) => {
            lines_of(bytes).into_iter().for_each(|line| printed(line, text));
            if (bytes.len() as u64) < *total {
                let _ = writeln!(text, "    .. {} of {total} bytes; all of it: banister output RUN STEP", bytes.len());
            }
        }
    }
}

/// The first lines of an error and its last.
fn trouble(part: &Part, stored: &Stored, head: impl FnOnce() -> Option<Stored>, text: &mut String) {
    let (from, total, bytes) = match stored {
        Ok(stored) => stored,
        Err(error) => {
            let _ = writeln!(text, "    {} cannot be shown: {}", part.stream, visible(&error.to_string()));
            return;
        }
    };
    let mut lines = lines_of(bytes);
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "    {} of try {}, {total} bytes", part.stream, part.key.attempt);
    if *from > 0 {
        if let Some(Ok((_, _, head))) = head() {
            lines_of(&head).into_iter().take(FIRST).for_each(|line| printed(line, text));
        }
        text.push_str("    .. lines are left out here ..\n");
    } else if lines.len() > FIRST + LAST + 1 {
        lines.drain(..FIRST).for_each(|line| printed(line, text));
        let _ = writeln!(text, "    .. {} lines are left out here ..", lines.len() - LAST);
    } else {
        return lines.into_iter().for_each(|line| printed(line, text));
    }
    let left_out = lines.len().saturating_sub(LAST);
    lines.into_iter().skip(left_out).for_each(|line| printed(line, text));
}

fn printed(line: &[u8], text: &mut String) {
    let _ = writeln!(text, "    | {}", visible_bytes(line));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use banister_core::plan::Plan;
    use banister_core::run::{Captured, CapturedText, Durability, Ended, Exit, Report, StreamInfo};
    use banister_runtime::control::Welcome;
    use banister_runtime::output::{OutputStore, StreamKind};
    use banister_runtime::secrets::RedactionSet;
    use banister_runtime::state::{RunId, StateDir};

    use super::*;
    use crate::ui::testing::{APPROVED, HOSTS, Scene, compile, person};

    const FAILS: &str = "runbook: fails\nif_it_fails: Call the owner.\nhosts: kafka-01\ntimeout: 1m\nsteps:\n\
        \x20 - { id: move, effect: repeatable, run: ip-move }\n";

    /// What is shown to bob of the open ask, where commands of a purpose printed this.
    fn check(scene: &Scene, plan: &Arc<Plan>, printed: &[(Purpose, StreamKind, &[u8])]) -> String {
        let dir = tempfile::tempdir().expect("a directory");
        let run = StateDir::open(dir.path()).and_then(|state| state.create_run(&RunId::random())).expect("a run");
        let welcome = Welcome {
            run: run.id().to_string(),
            you: person("bob", 1001),
            operator: person("alice", 1000),
            plan: Box::new(Plan::clone(plan)),
            seq: 0,
            watch: false,
            foreground: false,
            can_ask: true,
        };
        let board = Board::new(&run, welcome, false);
        for record in scene.records() {
            board.take(record).expect("a record that fits");
        }
        let ask = board.view().asks().next().expect("an ask");
        let store = OutputStore::new(run.out_path(), RedactionSet::default());
        for part in parts(&ask, &board.view()) {
            let is_of = |(purpose, stream, _): &&(Purpose, StreamKind, &[u8])| {
                *purpose == part.key.purpose && *stream == part.stream
            };
            if let Some((_, stream, bytes)) = printed.iter().find(is_of) {
                let mut writer = store.writer(&part.key);
                writer.write(*stream, Duration::ZERO, bytes);
                assert!(writer.finish(Durability::Written).kept.is_ok());
            }
        }
        shows(&board, &ask.id)
    }

    /// An approval of what destroys.
    fn approval() -> (Scene, Arc<Plan>) {
        let plan = compile(APPROVED, HOSTS);
        let mut scene = Scene::started(plan.clone());
        scene.all_end(|_| (0, "3"));
        (scene, plan)
    }

    #[test]
    fn who_comes_late_sees_all_that_is_agreed_to_and_nothing_of_it_is_obeyed() {
        let (scene, plan) = approval();
        let found = b"/srv/uploads/a\x1b[2J\n/srv/uploads/b\rc\n\xe2\x80\xaeb.txt\n";
        let counted = (Purpose::Main, StreamKind::Stdout, b"3\n".as_slice());
        insta::assert_snapshot!(check(&scene, &plan, &[counted, (Purpose::Preview, StreamKind::Stdout, found)]));
    }

    #[test]
    fn what_is_not_stored_any_more_is_not_said_to_be_nothing() {
        let (scene, plan) = approval();
        let shown = check(&scene, &plan, &[]);
        assert!(shown.contains("cannot be shown: it printed 1 bytes") && !shown.contains("printed nothing"), "{shown}");
    }

    #[test]
    fn a_failure_shows_its_attempts_and_both_ends_of_its_error() {
        let plan = compile(FAILS, HOSTS);
        let mut scene = Scene::started(plan.clone());
        let error: String = (1..=30).map(|n| format!("line {n} \x1b]0;x\x07\n")).collect();
        let captured = |bytes| Captured {
            text: CapturedText::Text(String::new()),
            info: StreamInfo { bytes, sha256: String::new(), redactions: 0, cut: false },
        };
        let (stdout, stderr) = (captured(0), captured(error.len() as u64));
        let key = scene.sent().next().expect("a command").key.clone();
        let ended = Ended { exit: Exit::Code(1), took_ms: 3_200, stdout, stderr };
        scene.report(key, Report::Ended(Box::new(ended)));
        insta::assert_snapshot!(check(&scene, &plan, &[(Purpose::Main, StreamKind::Stderr, error.as_bytes())]));
    }
}
