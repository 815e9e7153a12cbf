//! What a run has left on a host.

/// One run's part of a host's ledger, as the host describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The run's id.
    pub run: String,
    /// Whether the run is over. One that is not may be resumed, and then asks here.
    pub ended: bool,
    /// Its commands.
    pub commands: u32,
    /// How many of them live.
    pub running: u32,
    /// What it takes, in KiB.
    pub kib: u64,
    /// When something was last added, in seconds since 1970 by the host's clock; 0 if the host cannot say.
    pub changed: u64,
    /// What was written at first contact, for people.
    pub manifest: String,
}

impl LedgerEntry {
    /// Reads `RUN ended|open COMMANDS RUNNING KIB CHANGED MANIFEST`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.splitn(7, ' ');
        Some(Self {
            run: words.next()?.to_owned(),
            ended: words.next()? == "ended",
            commands: words.next()?.parse().ok()?,
            running: words.next()?.parse().ok()?,
            kib: words.next()?.parse().unwrap_or(0),
            changed: words.next()?.parse().unwrap_or(0),
            manifest: words.next().unwrap_or_default().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_host_says() {
        let entry = LedgerEntry::parse("4f00 ended 3 1 28 1790000000 banister run 4f00 of a b in lab");
        let expect = LedgerEntry {
            run: "4f00".to_owned(),
            ended: true,
            commands: 3,
            running: 1,
            kib: 28,
            changed: 1_790_000_000,
            manifest: "banister run 4f00 of a b in lab".to_owned(),
        };
        assert_eq!(entry, Some(expect));
        assert_eq!(LedgerEntry::parse("4f00 open x 1 28 0 "), None);
        assert_eq!(LedgerEntry::parse("4f00"), None);
    }
}
