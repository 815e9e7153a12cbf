//! What a person can do at any time.

use std::fmt::Write as _;

use banister_core::plan::{PrintStyle, print_human};
use banister_core::source::visible;
use banister_runtime::control::Verb;
use chrono::{Local, Timelike as _};

use super::dialog::{Dialog, Left};
use super::phrase::GO;
use super::question::Question;
use crate::terminal;

/// One line of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Look,
    Later,
    Asks,
    Hold,
    Continue,
    Note,
    Decide,
    Pen,
    Plan,
    Who,
    Detach,
    Abort,
    Back,
}

impl Item {
    /// What there is, in the order of the numbers.
    fn all(at: At, watch: bool, is_held: bool) -> Vec<Self> {
        let hold = if is_held { Self::Continue } else { Self::Hold };
        let acts = [hold, Self::Note, Self::Decide, Self::Pen];
        let mut items = match at {
            At::Ask => vec![Self::Look, Self::Later],
            At::Waiting if !watch => vec![Self::Asks],
            At::Waiting | At::Nothing => Vec::new(),
        };
        items.extend(acts.into_iter().filter(|_| !watch));
        items.extend([Self::Plan, Self::Who, Self::Detach]);
        items.extend((!watch).then_some(Self::Abort));
        items.push(Self::Back);
        items
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Later => "later",
            Self::Asks => "asks",
            Self::Hold => "hold",
            Self::Continue => "continue",
            Self::Note => "note",
            Self::Decide => "decide",
            Self::Pen => "pen",
            Self::Plan => "plan",
            Self::Who => "who",
            Self::Detach => "detach",
            Self::Abort => "abort",
            Self::Back => "back",
        }
    }

    const fn does(self, foreground: bool) -> &'static str {
        match self {
            Self::Look => "show again what is asked, and all there is to see of it",
            Self::Later => "decide later; `asks` in this menu comes back to it",
            Self::Asks => "what waits for an answer",
            Self::Hold => "nothing new starts, what runs goes on",
            Self::Continue => "the run goes on",
            Self::Note => "a line in the timeline",
            Self::Decide => "a decision in the timeline",
            Self::Pen => "take the right to drive",
            Self::Plan => "show the plan",
            Self::Who => "show who is attached, and who drives",
            Self::Detach if foreground => "this program ends, running commands go on; `banister resume` finds them",
            Self::Detach => "this program ends, the run goes on",
            Self::Abort => "the run ends",
            Self::Back => "nothing",
        }
    }
}

/// Where the menu is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At a question.
    Ask,
    /// Something is asked that was put aside.
    Waiting,
    /// Nothing is asked.
    Nothing,
}

impl Dialog {
    /// Shows what can be done, and does what is chosen.
    pub(super) fn menu(&mut self) -> Result<(), Left> {
        let is_waiting = self.board.view().state().asks().any(|ask| ask.unavailable.is_none());
        self.offer(if is_waiting { At::Waiting } else { At::Nothing }, None)
    }

    /// The same at a question, which is put again afterwards.
    pub(super) fn menu_at(&mut self, question: &Question) -> Result<(), Left> {
        self.is_about(None);
        self.offer(At::Ask, Some(question))
    }

    fn offer(&mut self, at: At, question: Option<&Question>) -> Result<(), Left> {
        let items = Item::all(at, self.board.watch, self.board.view().state().is_held());
        let names: Vec<&str> = items.iter().map(|item| item.name()).collect();
        self.tty.show(&shown(&items, self.board.foreground));
        let chosen = self.choose(&names)?;
        match items.get(chosen).copied().unwrap_or(Item::Back) {
            Item::Look => {
                if let Some(question) = question {
                    self.read(question)?;
                }
            }
            Item::Later => {
                if let Some(question) = question {
                    self.put_aside(&question.ask.id);
                    self.tty.show("decided later: any line opens the menu, and `asks` in it comes back\n");
                }
            }
            Item::Asks => self.take_up(),
            Item::Hold if self.confirms(GO, "hold the run")? => {
                self.act(Verb::Hold {});
            }
            Item::Continue if self.confirms(GO, "continue the run")? => {
                self.act(Verb::Continue {});
            }
            Item::Note => {
                let text = self.written("note: ")?;
                self.act(Verb::Note { text, at: None });
            }
            Item::Decide => {
                let text = self.written("what is decided: ")?;
                self.act(Verb::Decide { text });
            }
            Item::Pen if self.confirms(GO, "take the pen")? => {
                self.act(Verb::Pen {});
            }
            Item::Plan => {
                let plan = print_human(&self.board.plan, PrintStyle { ascii: !terminal::knows_utf8() });
                self.tty.show(&plan);
            }
            Item::Who => {
                let who = self.who();
                self.tty.show(&who);
            }
            Item::Detach => self.door.leave(),
            Item::Abort => {
                self.abort()?;
            }
            Item::Hold | Item::Continue | Item::Pen | Item::Back => {}
        }
        Ok(())
    }

    fn who(&self) -> String {
        let pen = self.board.view().pen().cloned();
        let mut text = String::new();
        for presence in self.board.people().iter() {
            let since = presence.since.with_timezone(&Local);
            let pen = pen.as_ref().is_some_and(|pen| pen.is_same_person(&presence.who));
            let _ = writeln!(
                text,
                "  {} since {:02}:{:02}:{:02}{}{}",
                visible(&presence.who.to_string()),
                since.hour(),
                since.minute(),
                since.second(),
                if presence.watch { ", only looks" } else { "" },
                if pen { ", has the pen" } else { "" },
            );
        }
        let is_here = |pen| self.board.people().iter().any(|presence| presence.who.is_same_person(pen));
        match pen {
            Some(pen) if !is_here(&pen) => {
                let _ = writeln!(text, "  {} has the pen, and is not attached", visible(&pen.to_string()));
            }
            None => text.push_str("  nobody has the pen\n"),
            Some(_) => {}
        }
        text
    }
}

fn shown(items: &[Item], foreground: bool) -> String {
    let width = items.iter().map(|item| item.name().len()).max().unwrap_or(0);
    let mut text = String::from("\n");
    for (n, item) in items.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {:<width$}  {}", n + 1, item.name(), item.does(foreground));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_looks_can_do_nothing_to_the_run() {
        insta::assert_snapshot!(
            [
                shown(&Item::all(At::Nothing, false, false), false),
                shown(&Item::all(At::Nothing, false, true), true),
                shown(&Item::all(At::Waiting, true, false), false),
            ]
            .join("")
        );
    }

    #[test]
    fn what_waits_can_be_put_aside_and_taken_up_again() {
        insta::assert_snapshot!([At::Ask, At::Waiting].map(|at| shown(&Item::all(at, false, false), false)).join(""));
    }
}
