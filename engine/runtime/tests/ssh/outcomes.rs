//! How commands end.

use banister_core::run::{Exit, Report};

use super::ended::exit;
use super::site::{Site, change, execute, look};

pub(crate) async fn statuses(site: Site) {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    let table = [
        ("three", "exit 3", Exit::Code(3)),
        ("ssh_s_own", "exit 255", Exit::Code(255)),
        ("said", "exit 127", Exit::Code(127)),
        ("missing", "/no/such/program", Exit::Code(127)),
        ("killed", "kill -9 $$", Exit::Signal(9)),
        ("well", "echo good; echo bad >&2", Exit::Code(0)),
    ];
    for (step, script, expect) in table {
        for request in [change(step, script), look(script)] {
            let (report, printed) = execute(&executor, &request).await;
            assert_eq!(exit(&report), expect, "{script}: {:?}", request.effect);
            if step == "well" {
                assert_eq!((printed.stdout().as_str(), printed.stderr().as_str()), ("good\n", "bad\n"));
            }
        }
    }
    masters.close().await;
}

/// Succeeds if no process of the host has these arguments.
pub(crate) fn none_runs(arguments: &str) -> String {
    format!(
        "for dir in /proc/[0-9]*; do [ \"$(tr '\\0' ' ' <$dir/cmdline 2>/dev/null)\" != '{arguments} ' ] || exit 1; done"
    )
}

pub(crate) async fn cancel(site: Site) {
    let masters = site.masters();
    let executor = site.met(&masters).await;
    let silent = "sleep 98761 & : >/tmp/silent; wait";
    let talking = "sleep 98762 & : >/tmp/talking; while echo and so on; do sleep 0.01; done";
    for (step, script) in [("silent", silent), ("talking", talking)] {
        for request in [change(step, script), look(script)] {
            site.sh("rm -f /tmp/silent /tmp/talking");
            let running = tokio::spawn({
                let (executor, request) = (executor.clone(), request.clone());
                async move { execute(&executor, &request).await.0 }
            });
            site.until(&format!("test -e /tmp/{step}")).await;
            executor.cancel(&request).await.unwrap();
            let Report::Cancelled(report) = running.await.unwrap() else { panic!("{step}: not cancelled") };
            assert_eq!(report.alive, Vec::<String>::new());
            for number in ["98761", "98762"] {
                site.until(&none_runs(&format!("sleep {number}"))).await;
            }
        }
    }
    masters.close().await;
}
