//! The operator's own ssh configuration.

use banister_core::run::Exit;
use banister_runtime::ssh::{Masters, SshSettings};

use super::ended::exit;
use super::site::{Site, execute, executor, host, look};

pub(crate) async fn own(site: Site) {
    let (name, other) = (site.name(), site.other.name());
    let file = format!("/tmp/own-{name}");
    let agent = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ssh-agent -a {file}.agent >{file}.env && SSH_AUTH_SOCK={file}.agent ssh-add -q ~/.ssh/id_ed25519 && \
             sed -n 's/SSH_AGENT_PID=\\([0-9]*\\).*/\\1/p' {file}.env"
        ))
        .output()
        .unwrap();
    let agent = String::from_utf8(agent.stdout).unwrap().trim().to_owned();
    let config = format!(
        "Host alias\n HostName {name}\n User ops\n Port 22\n IdentityFile ~/.ssh/id_ed25519\n\
         Host by-agent\n HostName {name}\n User ops\n IdentityFile {file}.none\n IdentityAgent {file}.agent\n\
         Host behind\n HostName {name}\n User root\n ProxyJump ops@{other}\n IdentityFile ~/.ssh/id_ed25519\n\
         Host {other}\n IdentityFile ~/.ssh/id_ed25519\n\
         Host *\n RemoteCommand echo mine\n RequestTTY force\n LocalForward 127.0.0.1:1 127.0.0.1:1\n \
         ExitOnForwardFailure yes\n LogLevel QUIET\n PermitLocalCommand yes\n LocalCommand : >{file}.local\n \
         ControlMaster auto\n ControlPath {file}.%r@%h\n IdentitiesOnly no\n\
         Host last-block\n User nobody\n"
    );
    std::fs::write(&file, config).unwrap();
    let masters = Masters::open(name, &SshSettings { config: Some(file.clone().into()) }).unwrap();
    assert_eq!(masters.overridden(), None);
    for (line, account) in [
        ("alias:".to_owned(), "ops"),
        ("by-agent:".to_owned(), "ops"),
        ("behind:".to_owned(), "root"),
        // What the inventory says goes before what the configuration says.
        ("named: { address: alias, user: root, port: 22 }".to_owned(), "root"),
    ] {
        let executor = executor(&masters, &host(&line), "/var/tmp");
        let (report, printed) = execute(&executor, &look("hostname; id -un; echo ${SSH_CONNECTION%% *}")).await;
        assert_eq!(exit(&report), Exit::Code(0), "{line}");
        let printed = printed.stdout();
        assert!(printed.starts_with(&format!("{name}\n{account}\n")), "{line}: {printed}");
        let came_by_jump = printed.lines().last() == Some(&site.other.address().to_string());
        assert_eq!(came_by_jump, line == "behind:", "{line}: {printed}");
    }
    assert!(!std::path::Path::new(&format!("{file}.local")).exists(), "no command of the configuration is run here");
    masters.close().await;
    // Without `-F`: the account's own file and the machine's.
    let masters = site.masters();
    let executor = site.met(&masters).await;
    assert_eq!(exit(&execute(&executor, &look("true")).await.0), Exit::Code(0));
    masters.close().await;
    std::process::Command::new("kill").arg(agent).status().unwrap();
}
