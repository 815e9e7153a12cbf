//! What a person can do at any time.

use std::fmt::Write as _;

use banister_core::plan::{PrintStyle, print_human};
use banister_core::source::visible;
use banister_runtime::control::Verb;
use chrono::{Local, Timelike as _};

use super::dialog::{Dialog, Left};
use super::phrase::GO;
use crate::terminal;

/// One line of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
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
    fn all(watch: bool, is_held: bool) -> Vec<Self> {
        let hold = if is_held { Self::Continue } else { Self::Hold };
        let acts = [hold, Self::Note, Self::Decide, Self::Pen];
        let mut items: Vec<Self> = if watch { Vec::new() } else { acts.to_vec() };
        items.extend([Self::Plan, Self::Who, Self::Detach]);
        items.extend((!watch).then_some(Self::Abort));
        items.push(Self::Back);
        items
    }

    const fn name(self) -> &'static str {
        match self {
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

impl Dialog {
    /// Shows what can be done, and does what is chosen.
    pub(super) fn menu(&mut self) -> Result<(), Left> {
        let items = Item::all(self.board.watch, self.board.view().state().is_held());
        let names: Vec<&str> = items.iter().map(|item| item.name()).collect();
        self.tty.show(&shown(&items, self.board.foreground));
        let chosen = self.choose(&names)?;
        match items.get(chosen).copied().unwrap_or(Item::Back) {
            Item::Hold if self.confirms(GO, "hold the run")? => {
                self.act(Verb::Hold {});
            }
            Item::Continue if self.confirms(GO, "continue the run")? => {
                self.act(Verb::Continue {});
            }
            Item::Note => {
                let text = self.text("note: ")?;
                self.act(Verb::Note { text, at: None });
            }
            Item::Decide => {
                let text = self.text("what is decided: ")?;
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
                shown(&Item::all(false, false), false),
                shown(&Item::all(false, true), true),
                shown(&Item::all(true, false), false),
            ]
            .join("")
        );
    }
}
