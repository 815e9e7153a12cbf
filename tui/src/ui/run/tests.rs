//! What the run's screen shows and does.

use crate::ui::testing::{APPROVED, BROKERS, FIRST, HOSTS, MANY, Scene, compile, many, rehearsed, restart_of_brokers};

#[test]
fn a_scene_comes_to_its_end() {
    let mut scene = Scene::started(restart_of_brokers());
    scene.all_end(|_| (0, "0"));
    let picture = scene.look(80, 24);
    assert!(scene.screen.model.view.as_ref().is_some_and(|view| view.asks().next().is_some()), "{picture}");
}

#[test]
fn every_book_of_the_scenes_compiles_and_can_be_rehearsed() {
    for (book, hosts) in [(FIRST, ""), (BROKERS, HOSTS), (APPROVED, HOSTS), (MANY, &many(200))] {
        let plan = compile(book, hosts);
        assert!(rehearsed(&plan, "world: fine\nsteps: { \"*\": { stdout: \"0\" } }\n").len() > 5);
    }
}
