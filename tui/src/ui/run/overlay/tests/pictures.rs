//! Every dialog and page at three sizes, without what the page below it shows.

use banister_core::run::{AskKind, Command, Now, Word};
use ratatui::Frame;

use super::scenes::{approval, asking, failure, serve};
use crate::ui::run::RunScreen;
use crate::ui::testing::{SIZES, Scene, person, picture};
use crate::ui::{Heard, Message, Order, Program, Refused};

/// A screen's overlays and its footer, on nothing.
struct Overlays<'s>(&'s RunScreen);

impl Program for Overlays<'_> {
    fn update(&mut self, _message: Message, _now: &Now) -> Vec<Order> {
        Vec::new()
    }

    fn draw(&self, frame: &mut Frame<'_>, now: &Now) {
        for overlay in &self.0.overlays {
            overlay.draw(frame, frame.area(), &self.0.model, now);
        }
        let keys: Vec<String> = self.0.footer().iter().map(|(key, says)| format!("{key} {says}")).collect();
        let area = frame.area();
        let foot = ratatui::layout::Rect { y: area.height - 1, height: 1, ..area };
        frame.render_widget(ratatui::text::Line::raw(format!(" {}", keys.join("  "))), foot);
    }
}

fn look(name: &str, scene: &mut Scene, keys: &str) {
    let mut text = String::new();
    scene.keys(keys);
    for (width, height) in SIZES {
        scene.update(Message::Resize { width, height });
        text.push_str(&format!("{width}x{height}\n"));
        let rows = picture(&Overlays(&scene.screen), &scene.now(), width, height);
        text.extend(rows.lines().skip_while(|row| row.is_empty()).map(|row| format!("{row}\n")));
    }
    insta::assert_snapshot!(name, text);
}

const ERRORS: &str = "Job for nginx.service failed because the control process exited with error code.
See \"systemctl status nginx.service\" and \"journalctl -xeu nginx.service\" for details.
nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)
\x1b[31mnginx: configuration file /etc/nginx/nginx.conf test failed\x1b[0m
";

#[test]
fn asks() {
    for kind in AskKinds::ALL {
        let mut scene = asking(kind);
        scene.keys("a");
        serve(&mut scene, ERRORS);
        look(&format!("ask_{kind:?}").to_lowercase(), &mut scene, "");
    }
}

struct AskKinds;

impl AskKinds {
    const ALL: [AskKind; 9] = [
        AskKind::Pause,
        AskKind::Manual,
        AskKind::Verify,
        AskKind::Failure,
        AskKind::Unknown,
        AskKind::Timeout,
        AskKind::GateTimeout,
        AskKind::Stuck,
        AskKind::Lock,
    ];
}

#[test]
fn the_smallest_terminal_shows_what_is_typed() {
    let mut scene = failure();
    scene.update(Message::Resize { width: 40, height: 10 });
    scene.keys("a");
    serve(&mut scene, ERRORS);
    let mut text = String::new();
    for keys in ["", "2 it space serves enter", "g"] {
        scene.keys(keys);
        text.push_str(&picture(&Overlays(&scene.screen), &scene.now(), 40, 10));
        text.push('\n');
    }
    insta::assert_snapshot!("smallest", text);
}

#[test]
fn nothing_that_a_host_or_a_person_wrote_controls_the_terminal() {
    const EVIL: &str =
        "\x1b]52;c;aGk=\x07\x1b]0;title\x07\x1b[2J\x1b[1;1Hfine\r\u{9b}31m\u{202e}live\u{200b}\u{7f}\nASK x: press a";
    let alice = person("alice", 1000);
    let mut scene = failure();
    scene.command(alice.clone(), Command::Note { text: EVIL.to_owned(), at: None });
    scene.command(alice, Command::Decide { text: EVIL.to_owned() });
    scene.hear(Heard::Notice(EVIL.to_owned()));
    scene.here(&[(EVIL, 7, false)]);
    scene.keys("a");
    serve(&mut scene, EVIL);
    for keys in ["", "2 x", "esc esc m", "esc i", "esc : x", "esc ? x", "esc esc T", "P", ": pen enter", "esc n"] {
        scene.keys(keys);
        scene.update(Message::Paste(EVIL.to_owned()));
        for (width, height) in SIZES {
            scene.update(Message::Resize { width, height });
            let buffer = crate::ui::testing::draw(&scene.screen, &scene.now(), width, height);
            crate::ui::testing::assert_clean(&buffer);
        }
    }
    let mut wide = approval();
    wide.keys("a");
    serve(&mut wide, EVIL);
    for keys in ["1 x", "end"] {
        wide.keys(keys);
        crate::ui::testing::assert_clean(&crate::ui::testing::draw(&wide.screen, &wide.now(), 140, 45));
    }
    let why = Refused { name: None, why: EVIL.to_owned() };
    let orders = scene.keys("evil enter");
    let Some(Order::Send { id, .. }) = orders.last() else { panic!("{orders:?}") };
    scene.hear(Heard::Replied { id: *id, result: Err(why) });
    crate::ui::testing::assert_clean(&crate::ui::testing::draw(&scene.screen, &scene.now(), 80, 24));
}

#[test]
fn a_chosen_word() {
    let mut scene = failure();
    scene.keys("a");
    serve(&mut scene, ERRORS);
    look("word_chosen", &mut scene, "2 it space serves enter g");
    look("word_unconfirmed", &mut scene, "enter");
    let orders = scene.keys("go enter");
    let Some(Order::Send { id, .. }) = orders.last() else { panic!("{orders:?}") };
    look("word_sent", &mut scene, "");
    let why = "bob has the pen and drives; to drive instead, take it first: `pen`".to_owned();
    scene.hear(Heard::Replied { id: *id, result: Err(Refused { name: None, why }) });
    look("word_refused", &mut scene, "");
    scene.answers(person("alice", 1000), "restart/@kafka-01/nginx", Word::Skip);
    look("word_said_by_another", &mut scene, "");
}

#[test]
fn an_approval() {
    let preview: String = (0..38).map(|n| format!("/srv/uploads/import/inv-{:05}.pdf\n", 88_213 - n)).collect();
    let mut scene = approval();
    scene.keys("a");
    serve(&mut scene, &preview);
    look("approval_unread", &mut scene, "1 3 enter k");
    look("approval_read", &mut scene, "end kafka-0");
    let mut scene = approval();
    scene.screen.model.you = person("alice", 1000);
    scene.keys("a");
    serve(&mut scene, &preview);
    look("approval_by_its_starter", &mut scene, "1");
}

#[test]
fn a_wide_approval() {
    let preview: String = (0..38).map(|n| format!("/srv/uploads/import/inv-{:05}.pdf\n", 88_213 - n)).collect();
    let look = |name: &str, scene: &mut Scene, (width, height): (u16, u16), keys: &str| {
        scene.update(Message::Resize { width, height });
        scene.keys(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), scene.look(width, height));
    };
    for size in [(140, 45), (120, 24)] {
        let mut scene = approval();
        scene.keys("a");
        look("approval_asked", &mut scene, size, "");
        serve(&mut scene, &preview);
        look("approval_unread", &mut scene, size, "1 3 enter k");
        look("approval_half_read", &mut scene, size, "page-down");
        look("approval_read", &mut scene, size, "end kafka-0");
        let mut scene = approval();
        scene.screen.model.you = person("alice", 1000);
        scene.keys("a");
        serve(&mut scene, &preview);
        look("approval_by_its_starter", &mut scene, size, "1");
    }
}

#[test]
fn the_run_itself() {
    look("hold", &mut failure(), "p g");
    look("continue_not_held", &mut failure(), "c");
    let mut held = failure();
    held.command(person("alice", 1000), Command::Hold);
    look("continue", &mut held, "c");
    let mut bobs = failure();
    bobs.here(&[("alice", 1000, false), ("bob", 1001, false)]);
    bobs.screen.model.you = person("bob", 1001);
    look("pen", &mut bobs, ": pen enter");
    look("people", &mut bobs, "esc i");
    let mut running = asking(AskKind::Timeout);
    look("abort", &mut running, ": abort enter");
    look("abort_chosen", &mut running, "2 7f3a");
    look("interrupt", &mut failure(), "ctrl-c");
}

#[test]
fn lists_and_texts() {
    look("asks_list", &mut two_asks(), "a");
    look("note", &mut failure(), "n produce space retries space in space checkout");
    look("decide", &mut failure(), "d roll space on enter ISR space full");
    look("messages", &mut failure(), "m");
    look("help", &mut failure(), "?");
    look("help_searched", &mut failure(), "? pen");
    look("palette", &mut failure(), ":");
    look("palette_searched", &mut failure(), ": ho");
    let mut watching = failure();
    watching.screen.model.watch = true;
    look("watching", &mut watching, "a");
}

/// Two hosts that another run has.
fn two_asks() -> Scene {
    let mut scene = asking(AskKind::Lock);
    let by = banister_core::run::LockHolder {
        run: "3b2fc10a".to_owned(),
        holder: "carol@ops".to_owned(),
        since: "2026-11-21T13:58:07Z".to_owned(),
    };
    let host = banister_core::runbook::HostName::new("kafka-03").expect("a name");
    scene.say(banister_core::run::Input::Locked { host, by }).expect("a host of another run");
    scene
}

/// A page below its rule: the head is another's.
fn page(name: &str, scene: &mut Scene, keys: &str) {
    let mut text = String::new();
    scene.keys(keys);
    for (width, height) in SIZES {
        scene.update(Message::Resize { width, height });
        text.push_str(&format!("{width}x{height}\n"));
        let look = scene.look(width, height);
        let rows: Vec<&str> = look.lines().skip_while(|row| !row.starts_with("──")).collect();
        text.extend(rows.iter().take(rows.len() - 1).map(|row| format!("{row}\n")));
    }
    insta::assert_snapshot!(name, text);
}

#[test]
fn pages() {
    let alice = person("alice", 1000);
    let mut scene = failure();
    let note = "produce retries in checkout, 0.2 percent, within budget; carol looks at it \u{202e}evil".to_owned();
    scene.command(alice.clone(), Command::Note { text: note, at: None });
    scene.command(alice.clone(), Command::Decide { text: "roll on; why: lag flat".to_owned() });
    scene.answers(alice, "restart/@kafka-01/nginx", Word::Retry);
    scene.all_end(|_| (0, ""));
    page("timeline", &mut scene, "T");
    page("timeline_top", &mut scene, "g");
    page("timeline_filtered", &mut scene, "/ alice enter");
    page("plan", &mut scene, "q P");
    page("plan_searched", &mut scene, "/ curl enter > G");
    assert_eq!(scene.screen.place.page, crate::ui::run::Page::Plan);
    scene.keys("q");
    assert_eq!(scene.screen.place.page, crate::ui::run::Page::Run);
}
