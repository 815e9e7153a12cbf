//! A process that is killed by a check of another one.

use banister_core::run::ExecuteRequest;
use banister_lab::testing::Inside;

use super::site::{Sites, change, execute, look};

/// Says which host it works on.
pub(crate) const HOST: &str = "BANISTER_TEST_ENGINE";

pub(crate) fn changing() -> ExecuteRequest {
    change(
        "change",
        "sleep 98765 & : >/tmp/changing; until [ -e /tmp/go ]; do sleep 0.1; done; kill $!; echo once >>/tmp/ran",
    )
}

/// Not a check of its own: `killed_engine` runs it with a host, and kills it.
#[test]
fn engine() {
    let (Ok(name), Some(lab)) = (std::env::var(HOST), Inside::here()) else { return };
    let index = lab.hosts().position(|host| host.name() == name).unwrap();
    let site = Sites::new(&lab).site(index);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let masters = site.masters();
        let executor = site.met(&masters).await;
        println!("\nready");
        let (change, look) = (changing(), look("sleep 98764 & : >/tmp/looking; wait"));
        tokio::join!(execute(&executor, &change), execute(&executor, &look));
    });
}
