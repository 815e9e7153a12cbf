//! What the tests of screens are made from: runs in memory that the state machine itself makes, and a terminal in memory.
//!
//! A [`Scene`] is one run and a screen that hears of it. A test says what happens to the run (`ends`, `loses`, `command`)
//! and what the person does (`keys`), then looks at the screen (`look`).

mod books;
mod dice;
mod scene;

use banister_core::run::Now;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

pub(crate) use books::{APPROVED, BROKERS, FIRST, HOSTS, MANY, compile, many, person, rehearsed, restart_of_brokers};
pub(crate) use dice::Dice;
pub(crate) use scene::{Scene, at_ms, keys_of};

use super::Program;

/// The sizes at which every screen is looked at.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (140, 45), (60, 18)];

/// Draws a screen once.
pub(crate) fn draw<N>(screen: &dyn Program<N>, now: &Now, width: u16, height: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
    terminal.draw(|frame| screen.draw(frame, now)).expect("a terminal in memory takes everything");
    terminal.backend().buffer().clone()
}

/// The rows of a buffer, without the spaces at their ends.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width.max(1));
    let row = |cells: &[ratatui::buffer::Cell]| {
        let mut text = String::new();
        let mut skip = 0;
        for cell in cells {
            // The cell behind a wide character is empty.
            if skip == 0 {
                text.push_str(cell.symbol());
                skip = super::text::width(cell.symbol()).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.trim_end().to_owned()
    };
    buffer.content().chunks(width).map(row).collect()
}

/// A screen as text, for snapshots: every row, without the spaces at its end.
pub(crate) fn picture<N>(screen: &dyn Program<N>, now: &Now, width: u16, height: u16) -> String {
    rows(&draw(screen, now, width, height)).join("\n")
}

/// What stands in reverse, in the order of reading.
pub(crate) fn reversed(buffer: &Buffer) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut goes_on = false;
    for cell in buffer.content() {
        let is = cell.modifier.contains(Modifier::REVERSED);
        match found.last_mut().filter(|_| goes_on && is) {
            Some(text) => text.push_str(cell.symbol()),
            None if is => found.push(cell.symbol().to_owned()),
            None => {}
        }
        goes_on = is;
    }
    found
}

/// No cell may hold a character that does something other than being seen.
pub(crate) fn assert_clean(buffer: &Buffer) {
    for cell in buffer.content().iter().filter(|cell| cell.symbol() != " ") {
        let foul = cell.symbol().chars().find(|c| banister_core::source::hidden(*c).is_some());
        assert!(foul.is_none(), "a cell holds {foul:?}:\n{}", rows(buffer).join("\n"));
    }
}
