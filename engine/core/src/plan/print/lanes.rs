//! The picture of a graph as lanes, one row a step, as `git log --graph` draws them. Any width of the graph fits a
//! terminal, and every step is a line that can be selected.

use std::collections::BTreeSet;

/// One row of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRow {
    /// The step it shows; `None` for a row that only joins or splits lanes.
    pub step: Option<usize>,
    /// The lanes, without blanks at the end.
    pub cells: String,
}

/// Draws a graph. `needs` names for each step the steps it waits for; `glyph` is the sign of a step. Edges that
/// others imply are left out. Steps of a cycle are not drawn: a plan has none.
#[must_use]
pub fn lanes(needs: &[Vec<usize>], ascii: bool, glyph: impl Fn(usize) -> char) -> Vec<LaneRow> {
    let needs = reduce(needs);
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (step, needed) in needs.iter().enumerate() {
        for parent in needed {
            children[*parent].push(step);
        }
    }
    let mut picture = Picture { lanes: Vec::new(), rows: Vec::new(), ascii };
    for step in order(&needs, &children) {
        let at = picture.join(step);
        picture.row(Some(step), |column, open| {
            if column == at {
                glyph(step)
            } else if open {
                '│'
            } else {
                ' '
            }
        });
        picture.split(at, &children[step]);
    }
    picture.rows
}

/// Kahn's order, the earliest declared first.
fn order(needs: &[Vec<usize>], children: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut ready: BTreeSet<usize> = (0..needs.len()).filter(|step| waiting[*step] == 0).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(step) = ready.pop_first() {
        order.push(step);
        for child in &children[step] {
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                ready.insert(*child);
            }
        }
    }
    order
}

/// Leaves out every edge that a longer path implies.
fn reduce(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    // A graph where every step waits for the one before it, which is most of them, has nothing to leave out.
    let known = |needed: &[usize]| needed.iter().copied().filter(|n| *n < needs.len()).collect::<BTreeSet<_>>();
    let direct: Vec<BTreeSet<usize>> = needs.iter().map(|needed| known(needed)).collect();
    let implied = |step: usize, parent: usize| {
        direct[step].iter().filter(|other| **other != parent).any(|other| reaches(&direct, *other, parent))
    };
    let kept = |step: usize| -> Vec<usize> {
        match direct[step].len() {
            0 | 1 => direct[step].iter().copied().collect(),
            _ => direct[step].iter().copied().filter(|parent| !implied(step, *parent)).collect(),
        }
    };
    (0..needs.len()).map(kept).collect()
}

fn reaches(direct: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(step) = open.pop() {
        if step == to {
            return true;
        }
        if seen.insert(step) {
            open.extend(&direct[step]);
        }
    }
    false
}

struct Picture {
    /// The step that each lane leads to.
    lanes: Vec<Option<usize>>,
    rows: Vec<LaneRow>,
    ascii: bool,
}

impl Picture {
    /// Brings every lane that leads to a step into the leftmost of them, which it gives.
    fn join(&mut self, step: usize) -> usize {
        let mine: Vec<usize> = (0..self.lanes.len()).filter(|lane| self.lanes[*lane] == Some(step)).collect();
        let Some((first, others)) = mine.split_first() else {
            let free = self.free();
            self.lanes[free] = Some(step);
            return free;
        };
        if !others.is_empty() {
            self.bar(*first, others, '╯', '┴', '╰');
            others.iter().for_each(|lane| self.lanes[*lane] = None);
        }
        *first
    }

    /// Opens a lane to every child: the first in the step's own.
    fn split(&mut self, at: usize, children: &[usize]) {
        self.lanes[at] = children.first().copied();
        let others: Vec<usize> = children
            .iter()
            .skip(1)
            .map(|child| {
                let free = self.free();
                self.lanes[free] = Some(*child);
                free
            })
            .collect();
        if !others.is_empty() {
            self.bar(at, &others, '╮', '┬', '╭');
        }
        while self.lanes.last() == Some(&None) {
            self.lanes.pop();
        }
    }

    fn free(&mut self) -> usize {
        match self.lanes.iter().position(Option::is_none) {
            Some(free) => free,
            None => {
                self.lanes.push(None);
                self.lanes.len() - 1
            }
        }
    }

    /// A row with a bar from a lane to others, over whatever lies between.
    fn bar(&mut self, at: usize, others: &[usize], right_end: char, between: char, left_end: char) {
        let first = others.iter().copied().chain([at]).min().unwrap_or(at);
        let last = others.iter().copied().chain([at]).max().unwrap_or(at);
        let cell = |column: usize, open: bool| {
            let inside = (first..=last).contains(&column);
            match (column == at, others.contains(&column)) {
                (true, _) => match (first < at, at < last) {
                    (false, _) => '├',
                    (true, false) => '┤',
                    (true, true) => '┼',
                },
                (_, true) if column == last => right_end,
                (_, true) if column == first => left_end,
                (_, true) => between,
                _ if inside && open => '┼',
                _ if inside => '─',
                _ if open => '│',
                _ => ' ',
            }
        };
        let mut cells = String::new();
        for column in 0..self.lanes.len() {
            cells.push(cell(column, self.lanes[column].is_some()));
            cells.push(if (first..last).contains(&column) { '─' } else { ' ' });
        }
        self.push(None, &cells);
    }

    fn row(&mut self, step: Option<usize>, cell: impl Fn(usize, bool) -> char) {
        let mut cells = String::new();
        for column in 0..self.lanes.len() {
            cells.push(cell(column, self.lanes[column].is_some()));
            cells.push(' ');
        }
        self.push(step, &cells);
    }

    fn push(&mut self, step: Option<usize>, cells: &str) {
        let cells = cells.trim_end();
        let cells = if self.ascii { cells.chars().map(plain).collect() } else { cells.to_owned() };
        self.rows.push(LaneRow { step, cells });
    }
}

fn plain(c: char) -> char {
    match c {
        '│' => '|',
        '─' => '-',
        '├' | '┤' | '┼' | '┬' | '┴' | '╭' | '╮' | '╰' | '╯' => '+',
        other => other,
    }
}
