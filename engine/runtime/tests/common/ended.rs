//! What a command printed, and how it ended. Taken in by each test that runs commands and looks at both.

use std::sync::{Arc, Mutex};

use banister_core::run::{Captured, CapturedText, Ended, Exit, Report, StreamInfo};
use banister_runtime::output::StreamKind;
use banister_runtime::transport::OutputSink;

/// Keeps all that is printed.
#[derive(Clone, Default)]
pub(crate) struct Printed(Arc<Mutex<[Vec<u8>; 2]>>);

impl Printed {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.bytes(StreamKind::Stdout)).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.bytes(StreamKind::Stderr)).into_owned()
    }

    pub(crate) fn bytes(&self, stream: StreamKind) -> Vec<u8> {
        self.0.lock().unwrap()[usize::from(stream == StreamKind::Stderr)].clone()
    }
}

impl OutputSink for Printed {
    fn take(&mut self, stream: StreamKind, bytes: &[u8]) {
        self.0.lock().unwrap()[usize::from(stream == StreamKind::Stderr)].extend_from_slice(bytes);
    }

    fn finish(self: Box<Self>) -> (Captured, Captured) {
        let captured = || Captured { text: CapturedText::Cut, info: StreamInfo::default() };
        (captured(), captured())
    }
}

/// How a report ended.
pub(crate) fn exit(report: &Report) -> Exit {
    match report {
        Report::Ended(ended) => {
            let Ended { exit, .. } = **ended;
            exit
        }
        other => panic!("it did not end: {other:?}"),
    }
}
