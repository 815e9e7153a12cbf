//! Copying: the row under the cursor, or all that a zoomed pane shows.

use banister_core::run::Now;

use super::board::HostItem;
use super::{Board, Pane, RunScreen};
use crate::ui::Order;
use crate::ui::text::shown;

impl RunScreen {
    /// Copies as it is shown: what a host printed reaches no clipboard with its control characters.
    pub(super) fn copy(&mut self, now: &Now) -> Vec<Order> {
        let Some(text) = self.copied(now).filter(|text| !text.trim().is_empty()) else { return Vec::new() };
        let lines = text.lines().count();
        let what = if lines == 1 { "copied 1 line".to_owned() } else { format!("copied {lines} lines") };
        self.model.say(what, false, now);
        vec![Order::Copy(text)]
    }

    fn copied(&self, now: &Now) -> Option<String> {
        let (model, place) = (&self.model, &self.place);
        let board = model.board()?;
        if place.zoom {
            return Some(super::view::zoomed(self, now).join("\n"));
        }
        Some(match place.pane {
            Pane::Steps => {
                let items = model.step_items(board, place);
                Board::words_of(items.get(Board::cursor_of(&items, place.step.as_ref()))?)
            }
            Pane::Hosts => {
                let roster = self.roster(board)?;
                let items = model.host_items(roster, place);
                match items.get(self.host_cursor(roster, &items))? {
                    HostItem::Host(host) => {
                        let why = host.why.as_deref().map(|why| format!(" {}", shown(why))).unwrap_or_default();
                        format!("{} {}{why}", host.name, host.word)
                    }
                    HostItem::State { word, hosts, .. } => {
                        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
                        format!("{word} {}", names.join(","))
                    }
                }
            }
            Pane::Output => {
                let stream = model.outputs.of(&super::moving::stream_name(model, place)?)?;
                let line = stream.line(place.at.unwrap_or_else(|| stream.end().saturating_sub(1)))?;
                super::view::shown_line(line)
            }
        })
    }
}
