//! The lent agent of a detached run: through a jump host, for several hosts at once, and where nobody lends one in time.

use banister_lab::testing::{Inside, inside};

use crate::pty::Pty;
use crate::scenario::until;
use crate::sharing::{agent, author, bastion, by, has, journal, lets_in, loses_everything, root, says, spec, write};

const FIRST: &str = "/srv/alice/first";
const SECOND: &str = "/srv/alice/second";

/// Somebody at a terminal, with the agent of a socket or with none.
fn sits(args: &[&str], socket: Option<&str>) -> Pty {
    let mut command = by("alice", args);
    socket.map(|socket| command.env("SSH_AUTH_SOCK", socket));
    Pty::start(command, 240, 200).expect("the lab has what a terminal needs")
}

/// The terminal of the starter goes, the agent with it, and every connection is lost.
fn goes(mut front: Pty, lab: &Inside) {
    front.hangs_up();
    front.ends();
    loses_everything(lab);
}

/// A key in alice's agent and nowhere else that she can read; gives its public half.
fn key() -> String {
    root("ssh-keygen -q -t ed25519 -N '' -f /root/key");
    agent(FIRST);
    std::fs::read_to_string("/root/key.pub").expect("a key")
}

/// The one word of a pause.
fn goes_on(front: &mut Pty) {
    front.sees("choose 1 to 1: ");
    front.says("continue");
}

#[test]
fn one_lent_agent_opens_the_way_to_many_hosts_and_through_a_jump_host() {
    let name = "lent::one_lent_agent_opens_the_way_to_many_hosts_and_through_a_jump_host";
    inside(&spec(4), name, |lab| {
        bastion();
        let public = key();
        let addresses: Vec<String> = lab.hosts().map(|host| host.address().to_string()).collect();
        let [jump, behind @ ..] = &*addresses else { panic!("no hosts") };
        // Behind the first host the key opens nothing that does not come from there.
        let lets = |n: usize| if n == 0 { public.clone() } else { format!("from=\"{jump}\" {public}") };
        let inventory = lets_in(lab, lets);
        let config = write(
            "ssh_config",
            &format!(
                "Host {}\n  ProxyJump ops@{jump}\nHost *\n  UserKnownHostsFile /srv/known_hosts\n  IdentityFile /srv/none\n",
                behind.join(" ")
            ),
        );
        let runbook = write(
            "roll.yaml",
            "runbook: roll\nif_it_fails: Nothing happened.\nhosts: web\ntimeout: 5m\nsteps:\n\
             \x20 - { id: look, pause: Look at the graph }\n\
             \x20 - id: all\n    roll:\n      batch: 4\n      steps:\n\
             \x20       - { id: touch, effect: repeatable, run: 'echo $SSH_CONNECTION >> /tmp/story' }\n\
             \x20     gate: { probe: { run: 'true' }, samples: 1 }\n",
        );
        let alice = sits(&["run", &runbook, "-i", &inventory, "-F", &config], Some(FIRST));
        alice.sees("Look at the graph");
        goes(alice, lab);

        agent(SECOND);
        let mut alice = sits(&["attach", "last"], Some(SECOND));
        goes_on(&mut alice);
        assert_eq!(alice.exit(), 0, "{}", alice.screen());
        let journal = journal();
        for unwanted in ["run.held", "step.failed", "step.not_started", "step.unknown"] {
            assert!(!journal.contains(unwanted), "{unwanted} in {journal}");
        }
        for (n, host) in lab.hosts().enumerate() {
            let said = host.exec("cat /tmp/story").expect("it was there");
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            assert_eq!(said.lines().count(), 1, "{said}");
            assert_eq!(said.starts_with(&format!("{jump} ")), n > 0, "{said}");
        }
    });
}

#[test]
fn a_step_waits_no_longer_than_it_may_for_an_agent_and_has_not_started() {
    let name = "lent::a_step_waits_no_longer_than_it_may_for_an_agent_and_has_not_started";
    inside(&spec(1), name, |lab| {
        bastion();
        let public = key();
        let inventory = lets_in(lab, |_| public.clone());
        let config = write("ssh_config", "Host *\n  UserKnownHostsFile /srv/known_hosts\n  IdentityFile /srv/none\n");
        let runbook = write(
            "lent.yaml",
            "runbook: lent\nif_it_fails: Nothing happened.\nhosts: web-1\ntimeout: 5m\nsteps:\n\
             \x20 - { id: one, effect: repeatable, run: echo one }\n\
             \x20 - { id: look, pause: Look at the graph }\n\
             \x20 - { id: two, effect: repeatable, timeout: 20s, run: echo two >> /tmp/story }\n\
             \x20 - { id: more, pause: Look again }\n\
             \x20 - { id: three, effect: repeatable, run: echo three >> /tmp/story }\n",
        );
        let alice = sits(&["run", &runbook, "-i", &inventory, "-F", &config], Some(FIRST));
        alice.sees("Look at the graph");
        goes(alice, lab);

        // Nobody lends: it is said what is waited for, everywhere, and it comes to its end.
        let mut screen = by("alice", &["attach", "last"]);
        screen.env("TERM", "xterm-256color").env_remove("ACCESSIBLE").env("LANG", "C.UTF-8");
        let mut screen = Pty::start(screen, 120, 40).expect("the lab has what a terminal needs");
        let mut plain = sits(&["attach", "last"], None);
        goes_on(&mut plain);
        let then = "attach with one that has its key (`ssh-add`), take the pen, and continue";
        plain.sees(&format!("web-1 waits for an ssh agent (alice has the pen and lends none): {then}"));
        screen.sees("HELD web-1 waits for an ssh agent (alice has the pen and lends none)");
        screen.sees(&format!(" ! {then}"));
        plain.sees("not started: web-1 needs an ssh agent for a new connection, and none came within ");
        screen.sees("failed, what now");
        assert!(has("step.not_started", "two/@web-1") && journal().contains("\"no_agent\""), "{}", journal());
        screen.hangs_up();
        screen.ends();
        plain.hangs_up();
        plain.ends();

        // With an agent it is said once more, and done.
        agent(SECOND);
        let mut alice = sits(&["attach", "last"], Some(SECOND));
        alice.sees("choose 1 to ");
        alice.says("retry");
        // Not the word alone: it stands among those that were asked for.
        let is_said = |line: &str| line.contains("\"ask.answered\"") && line.contains("\"retry\"");
        until("it is said", || journal().lines().any(is_said));
        assert_eq!(author("ask.answered").0, "alice");
        says("alice", &["continue", "last"], 0);
        alice.sees("ok two/@web-1");
        alice.sees("Look again");

        // What waits can be stopped: an abort does not wait for an agent.
        goes(alice, lab);
        let mut plain = sits(&["attach", "last"], None);
        goes_on(&mut plain);
        plain.sees("web-1 waits for an ssh agent");
        says("alice", &["abort", "last", "--running", "kill"], 0);
        assert_eq!(plain.exit(), 43, "{}", plain.screen());
        assert!(has("step.not_started", "three/@web-1") && !journal().contains("step.unknown"), "{}", journal());
        let said = lab.host("web-1").expect("a host").exec("cat /tmp/story").expect("it was there");
        assert_eq!(String::from_utf8_lossy(&said.stdout), "two\n");
    });
}
