//! Every state of a key, and every answer about it.

use banister_core::run::{Exit, TargetAnswer};

use crate::host::{Host, attempt, exit, once, read, shells};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_as_it_ends() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        for (n, (script, expect)) in [
            ("true", Exit::Code(0)),
            ("exit 3", Exit::Code(3)),
            ("exit 255", Exit::Code(255)),
            ("banister-no-such-command", Exit::Code(127)),
            ("kill -KILL $$", Exit::Signal(9)),
            ("kill -TERM $$", Exit::Signal(15)),
            ("kill -HUP $$", Exit::Signal(1)),
            ("kill -PIPE $$", Exit::Signal(13)),
        ]
        .into_iter()
        .enumerate()
        {
            let n = u32::try_from(n).unwrap() + 1;
            let (report, _) = host.run(&attempt(&once(script), n)).await;
            assert_eq!(exit(&report), expect, "{script} under the ledger, {shell:?}");
            let TargetAnswer::Ended(again) = host.ask(&attempt(&once(script), n)).await else {
                panic!("{script} did not end")
            };
            assert_eq!(exit(&again), expect, "{script} asked again, {shell:?}");
            let (report, printed) = host.run(&read(script)).await;
            assert_eq!(exit(&report), expect, "{script} reading, {shell:?}");
            assert_eq!(printed.stdout(), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_stay_apart() {
    for shell in shells() {
        let host = Host::new(&shell).await;
        for request in [once("echo out; echo err >&2"), read("echo out; echo err >&2")] {
            let (report, printed) = host.run(&request).await;
            assert_eq!(exit(&report), Exit::Code(0));
            assert_eq!((printed.stdout().as_str(), printed.stderr().as_str()), ("out\n", "err\n"), "{shell:?}");
        }
    }
}
