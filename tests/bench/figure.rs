//! One figure: its aim, what was measured, and whether that is good enough.

use std::fmt;

/// What a figure is counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Microseconds,
    Milliseconds,
    Mebibytes,
    Times,
    MegabytesASecond,
    Percent,
}

/// Which of several runs is held against the aim.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    /// The least: other work on the machine can only add to a time.
    Least,
    /// The one in the middle: a ratio of two things measured in turn is disturbed either way.
    Median,
    /// The greatest: what must never be exceeded.
    Greatest,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Ok,
    Over,
    OverTwice,
    /// It has no aim; it explains the others.
    Aside,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Over => "over the aim",
            Self::OverTwice => "OVER TWICE THE AIM",
            Self::Aside => "",
        })
    }
}

pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// At most this.
    pub(crate) aim: Option<f64>,
    pub(crate) judge: Judge,
    /// One for each run.
    pub(crate) samples: Vec<f64>,
    /// Processor time of this process in the same unit, one for each run; empty where other processes do the work.
    pub(crate) cpu: Vec<f64>,
    /// What exactly was measured.
    pub(crate) how: String,
}

/// Least, middle and greatest.
pub(crate) fn spread(samples: &[f64]) -> (f64, f64, f64) {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    (at(0), at(sorted.len() / 2), at(sorted.len().saturating_sub(1)))
}

impl Figure {
    /// The sample that is held against the aim.
    pub(crate) fn judged(&self) -> f64 {
        let (least, median, greatest) = spread(&self.samples);
        match self.judge {
            Judge::Least => least,
            Judge::Median => median,
            Judge::Greatest => greatest,
        }
    }

    pub(crate) fn ratio(&self) -> Option<f64> {
        Some(self.judged() / self.aim?)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match self.ratio() {
            None => Verdict::Aside,
            Some(ratio) if ratio <= 1.0 => Verdict::Ok,
            Some(ratio) if ratio <= 2.0 => Verdict::Over,
            // Also what is not a number: nothing was measured.
            Some(_) => Verdict::OverTwice,
        }
    }
}

impl Unit {
    pub(crate) fn show(self, value: f64) -> String {
        let digits = if value >= 100.0 {
            0
        } else if value >= 10.0 {
            1
        } else {
            2
        };
        let unit = match self {
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Times => "times",
            Self::MegabytesASecond => "MB/s",
            Self::Percent => "%",
        };
        format!("{value:.digits$} {unit}")
    }
}
