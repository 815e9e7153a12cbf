//! Plain home, played by somebody who types what a test says.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};

use banister_core::run::ExitCode;

use super::*;
use crate::ui::Post;
use crate::ui::home::Described;
use crate::ui::home::tests::{id, listing, opened, planned};
use crate::ui::testing::at_ms;

/// Types lines, and keeps what was shown and asked.
struct Typist {
    types: VecDeque<&'static str>,
    seen: String,
}

impl Typist {
    fn line(&mut self, prompt: &str) -> Option<String> {
        let typed = self.types.pop_front();
        self.seen.push_str(&format!("{prompt}{}\n", typed.unwrap_or("<the terminal is gone>")));
        typed.map(str::to_owned)
    }
}

impl Person for Typist {
    fn width(&self) -> usize {
        80
    }

    fn show(&mut self, text: &str) {
        self.seen.push_str(text);
    }

    fn word(&mut self, prompt: &str) -> Option<String> {
        self.line(prompt)
    }

    fn value(&mut self, prompt: &str) -> Option<String> {
        self.line(prompt)
    }
}

/// Does home's work as the world of a test has it.
fn serve(jobs: &Receiver<Job>, post: &Post<HomeNews>, refused: Option<ExitCode>) {
    for job in jobs {
        let all = match job {
            Job::List => vec![HomeNews::Listed(Box::new(listing()))],
            Job::Describe(run) => {
                let (title, environment) = ("Restart \x1b[2Jnginx".to_owned(), "staging".to_owned());
                let lines = vec!["was running: restart/@web-2/nginx".to_owned()];
                vec![HomeNews::Described(Ok(Box::new(Described { run, title, environment, lines })))]
            }
            Job::Open(file) if file.ends_with("first.yaml") => {
                vec![HomeNews::Opened(Err(Trouble(vec!["error: it is \x07gone".to_owned()])))]
            }
            Job::Open(_) => vec![HomeNews::Opened(Ok(Box::new(opened())))],
            Job::Plan { asked, .. } => {
                let check = |text: &str| Check { text: text.to_owned(), is_bad: false };
                vec![
                    HomeNews::Planned { asked, planned: Ok(Box::new(planned())) },
                    HomeNews::Checked { asked: asked + 1, check: check("ok of another time") },
                    HomeNews::Checked { asked, check: check("ok web-1 can be used: machine \x1b[2J") },
                    HomeNews::Probed { asked, refused: Ok(refused) },
                ]
            }
            Job::Drop => Vec::new(),
        };
        if !all.into_iter().all(|news| post.news(news)) {
            return;
        }
    }
}

/// What is chosen by these lines, and what was seen meanwhile.
fn play(types: &[&'static str], refused: Option<ExitCode>) -> (Chosen, String) {
    let (mailbox, post) = Mailbox::new();
    let (sender, jobs) = channel();
    let server = std::thread::spawn(move || serve(&jobs, &post, refused));
    let mut typist = Typist { types: types.iter().copied().collect(), seen: String::new() };
    let chosen = PlainHome::new(&mut typist, sender, &mailbox).choose(&at_ms(0));
    server.join().expect("the server ends when nobody asks");
    assert!(!typist.seen.chars().any(|c| c.is_control() && c != '\n'), "{:?}", typist.seen);
    (chosen, typist.seen)
}

#[track_caller]
fn check(types: &[&'static str], expect: &Chosen) {
    let (chosen, seen) = play(types, None);
    assert_eq!(chosen, *expect, "{seen}");
}

/// What fills the form: hosts by number and name, a path, a choice by its number, a default, a secret of the environment.
const FILLED: [&str; 7] = ["6", "5, db-1", "/srv", "2", "", "2", "TOKEN"];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    FILLED.iter().chain(more).copied().collect()
}

fn start(incident: Option<&str>) -> Chosen {
    let params = [("victims", "web-2, db-1"), ("path", "/srv"), ("mode", "whole"), ("token", "env:TOKEN")];
    Chosen::Start {
        file: "runbooks/restore-directory.yaml".into(),
        params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        incident: incident.map(str::to_owned),
        plan: "sha256:0123456789abcdef".to_owned(),
    }
}

#[test]
fn everything_on_the_list_has_a_number() {
    check(&["0"], &Chosen::Quit);
    check(&["q"], &Chosen::Quit);
    check(&[], &Chosen::Quit);
    check(&["2"], &Chosen::Attach(id("b5")));
    check(&["3"], &Chosen::Attach(id("77ab")));
    check(&["7"], &Chosen::Look(id("12cd")));
    check(&["99", "0"], &Chosen::Quit);
    // A part of a name shows what has it, and the numbers are of what is shown.
    check(&["nginx", "3"], &Chosen::Look(id("12cd")));
    check(&["nginx", "", "2"], &Chosen::Attach(id("b5")));
}

#[test]
fn nothing_starts_without_the_word() {
    check(&["1", "go"], &Chosen::Resume(id("3f2a91c0")));
    check(&["1", "1", "0"], &Chosen::Quit);
    check(&["1", "", "0"], &Chosen::Quit);
    check(&with(&["1", "go"]), &start(None));
    check(&with(&["1", "1", "3", "0"]), &Chosen::Quit);
    check(&with(&["2", "INC-7", "start", "go"]), &start(Some("INC-7")));
    check(&with(&["2", "INC-7", "2", "", "1", "no", "1", "go"]), &start(None));
    // A runbook that cannot be read leads back.
    check(&["4", "0"], &Chosen::Quit);
}

#[test]
fn what_would_not_start_cannot_be_started() {
    let (chosen, seen) = play(&with(&["1", "start", "3", "0"]), Some(ExitCode::PRECONDITION));
    assert_eq!(chosen, Chosen::Quit, "{seen}");
    assert!(seen.contains("start     not possible: it would end with 30") && !seen.contains("type `go`"), "{seen}");
}

#[test]
fn a_value_that_the_compiler_does_not_take_is_asked_for_again() {
    let typed = ["6", "nobody", "web", "/usr", "/srv", "7", "1", "9", "2", "1", "1", "go"];
    let (chosen, seen) = play(&typed, None);
    let Chosen::Start { params, .. } = chosen else { panic!("{seen}") };
    let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(params, ["victims=web", "path=/srv", "mode=quick", "limit=2"], "{seen}");
    insta::assert_snapshot!(seen);
}
