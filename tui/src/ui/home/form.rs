//! The parameters of a runbook, asked for before anything is compiled.

use banister_core::source::visible;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Opened;
use super::field::{CANDIDATES, Field};
use super::paint::{Painted, from_so_that, lines, paragraph};
use crate::ui::text::{fit, width};
use crate::ui::{Key, Theme};

/// Cells of names of parameters, at most.
const NAMES: usize = 24;

/// A form that is being filled in.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) opened: Opened,
    pub(super) fields: Vec<Field>,
    at: usize,
    /// The person wanted to go on, and something was missing.
    pub(super) why_not: Option<String>,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    On,
    Dropped,
    /// Every field holds a value: compile it.
    Done,
}

impl Form {
    pub(super) fn of(opened: Opened) -> Self {
        let fields = opened.params.iter().cloned().map(Field::of).collect();
        Self { opened, fields, at: 0, why_not: None }
    }

    /// `-p` as it would be typed.
    pub(super) fn params(&self) -> Vec<(String, String)> {
        let of = |field: &Field| Some((field.name().to_owned(), field.value()?.to_owned()));
        self.fields.iter().filter_map(of).collect()
    }

    pub(super) fn key(&mut self, key: Key) -> Filled {
        let candidates = self.fields.get(self.at).map(|field| field.candidates(&self.opened.inventory));
        let candidates = candidates.unwrap_or_default();
        let last = candidates.len().min(CANDIDATES);
        let is_last = self.at + 1 >= self.fields.len();
        let Some(field) = self.fields.get_mut(self.at) else { return self.submit() };
        match key {
            Key::Esc | Key::Ctrl('c') => return Filled::Dropped,
            Key::Char(c) => field.push(c),
            Key::Backspace => field.backspace(),
            Key::Ctrl('u') => field.text.clear(),
            Key::Down if field.chosen.map_or(0, |at| at + 1) < last => {
                field.chosen = Some(field.chosen.map_or(0, |at| at + 1));
            }
            Key::Up if field.chosen.is_some() => field.chosen = field.chosen.and_then(|at| at.checked_sub(1)),
            Key::Tab | Key::Enter if field.chosen.is_some() => {
                if let Some(candidate) = field.chosen.and_then(|at| candidates.get(at)) {
                    field.take(candidate);
                }
            }
            Key::Enter if is_last => return self.submit(),
            Key::Tab | Key::Enter | Key::Down if !is_last => self.go(self.at + 1),
            Key::BackTab | Key::Up => self.go(self.at.saturating_sub(1)),
            _ => {}
        }
        self.why_not = None;
        Filled::On
    }

    /// A value may be pasted: one line of it. It is judged like one that was typed.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.at) {
            text.lines().next().unwrap_or_default().trim().chars().for_each(|c| field.push(c));
        }
    }

    fn go(&mut self, to: usize) {
        if let Some(field) = self.fields.get_mut(self.at) {
            field.was_visited = true;
            field.chosen = None;
        }
        self.at = to;
    }

    fn submit(&mut self) -> Filled {
        self.fields.iter_mut().for_each(|field| field.was_visited = true);
        let wrong = self.fields.iter().position(|field| field.trouble(&self.opened.inventory).is_some());
        let Some(wrong) = wrong else { return Filled::Done };
        self.at = wrong;
        self.why_not =
            self.fields.get(wrong).map(|field| format!("`{}` holds no value that can be taken", field.name()));
        Filled::On
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let (mut all, mut seen) = (self.head(area.width, theme), 0);
        for (at, field) in self.fields.iter().enumerate() {
            self.field(&mut all, area.width, at, field, theme);
            if at == self.at {
                seen = all.len();
            }
        }
        lines(frame, area, &all, from_so_that(seen, area.height));
    }

    fn head(&self, width: u16, theme: Theme) -> Vec<Painted> {
        let mut all = paragraph(&format!("IF IT FAILS  {}", self.opened.if_it_fails), width, 1, Style::new());
        all.truncate(2);
        all.push((String::new(), Style::new()));
        all.push((" What it needs to know:".to_owned(), theme.label()));
        all
    }

    fn field(&self, all: &mut Vec<Painted>, room: u16, at: usize, field: &Field, theme: Theme) {
        let names = self.fields.iter().map(|field| width(field.name())).max().unwrap_or(0).min(NAMES);
        let is_here = at == self.at;
        let margin = names + 5;
        let cells = usize::from(room).saturating_sub(margin + 2);
        let trouble = field.trouble(&self.opened.inventory);
        let value = match field.default() {
            Some(default) if field.text.is_empty() && !is_here => format!("{} (default)", visible(&default)),
            _ => tail(&field.seen(), cells),
        };
        let (mark, end) = if is_here { ('>', "_") } else { (' ', "") };
        let style = if is_here { theme.cursor() } else { Style::new() };
        all.push((format!(" {mark} {}  {value}{end}", fit(field.name(), names)), style));
        if is_here {
            if let Some(prompt) = &field.decl.prompt {
                all.extend(paragraph(&prompt.value, room, margin, Style::new()));
            }
            let default = field.default().map(|default| format!("; empty: {default}")).unwrap_or_default();
            all.extend(paragraph(&format!("{}{default}", field.kind()), room, margin, theme.dim()));
        }
        if let Some((message, help)) = trouble.filter(|_| field.was_visited) {
            all.extend(paragraph(&format!("! {message}"), room, margin, theme.attention()));
            if is_here && !help.is_empty() {
                all.extend(paragraph(&help, room, margin + 2, Style::new()));
            }
        }
        if is_here {
            let candidates = field.candidates(&self.opened.inventory);
            let more = candidates.len().saturating_sub(CANDIDATES);
            for (at, candidate) in candidates.iter().take(CANDIDATES).enumerate() {
                let is_chosen = field.chosen == Some(at);
                let mark = if is_chosen { '>' } else { ' ' };
                let style = if is_chosen { theme.cursor() } else { Style::new() };
                all.push((format!("{} {mark} {}", " ".repeat(margin), visible(candidate)), style));
            }
            if more > 0 {
                all.push((format!("{}   +{more} more, type a part of the name", " ".repeat(margin)), theme.dim()));
            }
        }
    }
}

/// The end of a text that is longer than its room: what is being typed stands there.
fn tail(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut kept = std::collections::VecDeque::new();
    let mut used = 2;
    for c in text.chars().rev() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > cells {
            break;
        }
        used += wide;
        kept.push_front(c);
    }
    format!("..{}", kept.into_iter().collect::<String>())
}
