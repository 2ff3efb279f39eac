//! Some hundred worlds, each checked at every step. `cargo xtask simulate --seed S` plays one of them again.

use simulation::run;

fn hold(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let outcome = run(seed);
        if let Some(broken) = outcome.broken {
            panic!("{}\n{}\nplay it again: cargo xtask simulate --seed {seed}", broken.what, broken.last.join("\n"));
        }
        assert!(outcome.counts.contains_key("served"), "seed {seed} served nobody");
    }
}

#[test]
fn a_few_worlds_hold() {
    hold(0..10);
}

#[test]
fn two_runs_of_one_seed_are_the_same() {
    for seed in 0..4 {
        let (first, second) = (run(seed), run(seed));
        assert_eq!(first.hash, second.hash, "seed {seed}");
        assert_eq!((first.span, first.counts), (second.span, second.counts), "seed {seed}");
    }
    assert_ne!(run(0).hash, run(1).hash);
}

#[test]
#[ignore = "the lane `simulation` runs it"]
fn the_first_hundred_hold() {
    hold(0..100);
}

#[test]
#[ignore = "the lane `simulation` runs it"]
fn the_second_hundred_hold() {
    hold(100..200);
}

#[test]
#[ignore = "the lane `simulation` runs it"]
fn the_third_hundred_hold() {
    hold(200..300);
}
