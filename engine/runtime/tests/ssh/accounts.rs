//! Login shells and what their start files do.

use banister_core::run::Exit;

use super::ended::exit;
use super::site::{Site, change, execute, executor, host, look};

pub(crate) async fn start_files(site: Site) {
    site.sh(
        "useradd -m -s /bin/bash noisy && useradd -m -s /usr/bin/zsh zed && useradd -m -s /usr/sbin/nologin nobody2
for shell in fish tcsh csh; do cp /bin/dash /usr/local/bin/$shell && useradd -m -s /usr/local/bin/$shell of-$shell; done
for file in /home/noisy/.bashrc /home/zed/.zshenv; do
    echo 'echo \"Welcome, $USER!\"; printf \"no newline\"; echo complaint >&2; printf more >&2' >$file.new
    # Before what makes bash leave for a shell that nobody types into.
    [ ! -e $file ] || cat $file >>$file.new; mv $file.new $file; chmod 644 $file
done",
    );
    let masters = site.masters();
    let login = |account: &str| host(&format!("{}: {{ user: {account} }}", site.name()));
    for account in ["noisy", "zed"] {
        let executor = executor(&masters, &login(account), "/var/tmp");
        executor.preflight(&[], true).await.unwrap();
        for request in [look("echo out; echo err >&2"), change("noise", "echo out; echo err >&2")] {
            let (report, printed) = execute(&executor, &request).await;
            assert_eq!(exit(&report), Exit::Code(0));
            let both = (printed.stdout(), printed.stderr());
            assert_eq!(both, ("out\n".to_owned(), "err\n".to_owned()), "{account}: {:?}", request.effect);
        }
    }
    for shell in ["fish", "tcsh", "csh"] {
        let executor = executor(&masters, &login(&format!("of-{shell}")), "/var/tmp");
        let why = executor.preflight(&[], false).await.unwrap_err();
        assert_eq!(
            why,
            format!(
                "the login shell of of-{shell} is {shell}, which reads another language; use an account with sh, bash, \
                 dash, ksh or zsh"
            )
        );
    }
    let why = executor(&masters, &login("nobody2"), "/var/tmp").preflight(&[], false).await.unwrap_err();
    assert!(why.contains("started no `sh`") && why.contains("not available"), "{why}");
    masters.close().await;
}
