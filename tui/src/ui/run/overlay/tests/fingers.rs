//! A million keys at random: nothing that changes a host is ordered unless its phrase was typed.

use banister_core::run::{AskKind, Word};
use banister_runtime::control::Verb;

use super::scenes::{KINDS, asking, failed_wipe, serve};
use crate::ui::testing::{Dice, Scene};
use crate::ui::{Key, Message, Order, Program as _};

/// Keys in all, over every scene.
const KEYS: usize = 1_000_000;

/// What was typed, as an observer of the fingers sees it. It knows no dialog: only that a phrase is typed letter by
/// letter and then Enter, and that a key that goes elsewhere begins anew.
#[derive(Default)]
struct Observer(String);

impl Observer {
    fn sees(&mut self, key: Key) {
        match key {
            Key::Char(c) => self.0.push(c),
            Key::Backspace => drop(self.0.pop()),
            Key::Ctrl('u') => self.0.clear(),
            Key::Ctrl('w') => {
                let at = self.0.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.0.truncate(at);
            }
            // They scroll, or do nothing in a field.
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End => {}
            Key::Left | Key::Right | Key::Delete | Key::Ctrl('d') => {}
            _ => self.0.clear(),
        }
    }
}

/// The phrase without which an order must not be given; `None` for one that changes no host.
fn phrase(scene: &Scene, order: &Order) -> Option<String> {
    let go = || Some("go".to_owned());
    let run = &scene.screen.model;
    match order {
        Order::Shell { .. } => go(),
        Order::Send { verb, .. } => match verb.as_ref() {
            Verb::Continue {} => go(),
            Verb::Abort { .. } => Some(run.run.chars().take(8).collect()),
            Verb::Answer(said) => {
                let ask = run.view.as_ref()?.state().ask(&said.ask)?;
                match said.word {
                    Word::AskAgain | Word::Wait | Word::Refuse => None,
                    Word::Approve | Word::BreakGlass | Word::Override | Word::TakeOver => ask.typed.clone(),
                    Word::Retry if said.ask.path.to_string() == "wipe/@kafka-01" => Some("kafka-01".to_owned()),
                    _ => go(),
                }
            }
            _ => None,
        },
        _ => None,
    }
}

/// Keys that lie close together: those of dialogs, those of the screen, and pieces of what is typed there.
fn press(dice: &mut Dice) -> Vec<Key> {
    const PIECES: [&str; 14] = [
        "go", "og", "g", "o", "kafka-01", "kafka-0", "override", "overrid", "7f3a9c1e", "7f3a", ":abort", ":pen", "x",
        "3",
    ];
    const ODD: [Key; 17] = [
        Key::Enter,
        Key::Enter,
        Key::Enter,
        Key::Enter,
        Key::Esc,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Up,
        Key::Down,
        Key::End,
        Key::PageDown,
        Key::Home,
        Key::Ctrl('c'),
        Key::Ctrl('u'),
        Key::Ctrl('w'),
    ];
    match dice.below(10) {
        0 => dice.of(&PIECES).chars().map(Key::Char).collect(),
        1..=4 => vec![*dice.of(&ODD)],
        5 => vec![*dice.of(&[Key::Left, Key::Right, Key::Delete, Key::Ctrl('d'), Key::PageUp])],
        6..=7 => vec![Key::Char(char::from(b'1' + u8::try_from(dice.below(9)).expect("small")))],
        8 => vec![Key::Char(
            *dice.of(&['a', 'r', 'o', 'c', 'p', ':', '?', 'n', 'd', 'T', 'P', 'q', 'i', 'm', '/', 'z', 'g']),
        )],
        _ => vec![Key::Char(char::from(b' ' + u8::try_from(dice.below(95)).expect("small")))],
    }
}

/// Plays random fingers; gives how many orders that change a host were given, each with its phrase.
fn play(mut scene: Scene, seed: u64, keys: usize) -> usize {
    let (mut dice, mut fingers, mut given, mut pressed) = (Dice::new(seed), Observer::default(), 0, 0);
    let now = scene.now();
    while pressed < keys {
        if dice.below(400) == 0 {
            let text = *dice.of(&["go", "go\n", "kafka-01\n", "override\r", "\x1b[200~go\r"]);
            let orders = scene.update(Message::Paste(text.to_owned()));
            assert!(orders.iter().all(|order| phrase(&scene, order).is_none()), "a paste ordered {orders:?}");
        }
        if dice.below(4_000) == 0 {
            let (width, height) = (1 + dice.below(150), 1 + dice.below(50));
            let (width, height) = (u16::try_from(width).expect("small"), u16::try_from(height).expect("small"));
            scene.update(Message::Resize { width, height });
            scene.look(width, height);
        }
        for key in press(&mut dice) {
            let before = fingers.0.clone();
            fingers.sees(key);
            pressed += 1;
            for order in scene.screen.update(Message::Key(key), &now) {
                if let Some(phrase) = phrase(&scene, &order) {
                    assert_eq!(key, Key::Enter, "seed {seed}: {order:?} by {key:?}");
                    assert!(before.ends_with(&phrase), "seed {seed}: {order:?} after `{before}`");
                    given += 1;
                }
            }
        }
    }
    given
}

#[test]
fn a_million_random_keys_change_no_host_without_the_typed_phrase() {
    let share = KEYS / (KINDS.len() + 1);
    let one = |kind: AskKind, seed: u64| {
        let mut scene = asking(kind);
        if kind == AskKind::Approve {
            scene.keys("a");
            serve(&mut scene, "/srv/uploads/import/inv-1.pdf\n");
            scene.keys("esc");
        }
        play(scene, seed, share)
    };
    let given: usize = std::thread::scope(|scope| {
        let kinds = (1..).zip(KINDS).map(|(seed, kind)| scope.spawn(move || one(kind, seed)));
        let mut threads: Vec<_> = kinds.collect();
        threads.push(scope.spawn(|| play(failed_wipe(), 99, share)));
        threads.into_iter().map(|thread| thread.join().expect("the fingers found nothing")).sum()
    });
    // Fingers that are random enough come upon a phrase now and then: the check is about something.
    assert!(given > 20, "{given}");
}
