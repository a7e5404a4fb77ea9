//! Counters: windows, growing delays, giving back, forgetting.

use portcullis::domain::counter::{Tallies, apply};
use portcullis::model::time::Time;
use portcullis::ports::{Act, Count, Rule, Tally, Verdict};
use proptest::prelude::*;

const WINDOW: Rule = Rule::Window { limit: 3, seconds: 60 };
const BACKOFF: Rule = Rule::Backoff { free: 5, seconds: 900, max: 900 };

fn call(act: Act, tallies: &[(&str, Rule)]) -> Count {
    let tallies =
        tallies.iter().map(|(name, rule)| Tally { name: (*name).to_owned(), rule: *rule }).collect();
    Count { act, tallies }
}

/// One counter object and a clock.
#[derive(Default)]
struct Object {
    tallies: Tallies,
    now: i64,
}

impl Object {
    fn take(&mut self, tallies: &[(&str, Rule)]) -> Verdict {
        apply(&mut self.tallies, &call(Act::Take, tallies), Time(self.now))
    }

    fn act(&mut self, act: Act, tallies: &[(&str, Rule)]) {
        apply(&mut self.tallies, &call(act, tallies), Time(self.now));
    }
}

#[test]
fn a_window_begins_with_its_first_take_and_then_anew() {
    let mut object = Object { now: 5_000, ..Object::default() };
    for (at, left, reset) in [(5_000, 2, 60), (20_000, 1, 45), (64_999, 0, 1)] {
        object.now = at;
        let verdict = object.take(&[("a", WINDOW)]);
        assert_eq!(
            (verdict.admitted, verdict.limit, verdict.remaining, verdict.reset),
            (true, 3, left, reset)
        );
    }
    let refused = object.take(&[("a", WINDOW)]);
    assert_eq!((refused.admitted, refused.remaining, refused.reset), (false, 0, 1));
    object.now = 65_000;
    assert!(object.take(&[("a", WINDOW)]).admitted);
}

#[test]
fn delays_double_up_to_the_longest() {
    let mut object = Object::default();
    for _ in 0..5 {
        assert!(object.take(&[("a", BACKOFF)]).admitted);
    }
    for delay in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] {
        let refused = object.take(&[("a", BACKOFF)]);
        assert_eq!((refused.admitted, refused.reset), (false, delay));
        object.now += i64::from(delay) * 1000 - 1;
        let refused = object.take(&[("a", BACKOFF)]);
        assert_eq!((refused.admitted, refused.reset), (false, 1));
        object.now += 1;
        assert!(object.take(&[("a", BACKOFF)]).admitted, "{delay}");
    }
    assert_eq!(object.take(&[("a", BACKOFF)]).reset, 900);
    object.now += 899_999;
    assert!(!object.take(&[("a", BACKOFF)]).admitted);
    // Then the whole row is forgotten.
    object.now += 1;
    for _ in 0..5 {
        assert!(object.take(&[("a", BACKOFF)]).admitted);
    }
}

#[test]
fn a_longest_delay_holds_however_many_takes_came_before() {
    let rule = Rule::Backoff { free: 1, seconds: 1_000_000, max: 900 };
    let mut object = Object::default();
    object.take(&[("a", rule)]);
    for _ in 0..80 {
        let refused = object.take(&[("a", rule)]);
        assert!(!refused.admitted && refused.reset <= 900);
        object.now += i64::from(refused.reset) * 1000;
        assert!(object.take(&[("a", rule)]).admitted);
    }
    assert_eq!(object.take(&[("a", rule)]).reset, 900);
}

#[test]
fn all_tallies_admit_or_none_is_taken() {
    let mut object = Object::default();
    for _ in 0..3 {
        assert!(object.take(&[("a", WINDOW)]).admitted);
    }
    for _ in 0..10 {
        assert!(!object.take(&[("a", WINDOW), ("b", WINDOW)]).admitted);
    }
    for _ in 0..3 {
        assert!(object.take(&[("b", WINDOW)]).admitted);
    }
    assert!(!object.take(&[("b", WINDOW)]).admitted);
}

#[test]
fn the_tightest_tally_is_told() {
    let mut object = Object::default();
    object.take(&[("a", WINDOW)]);
    let wide = Rule::Window { limit: 10, seconds: 3_600 };
    assert_eq!(object.take(&[("wide", wide), ("a", WINDOW)]).limit, 3);
    assert_eq!(object.take(&[("wide", wide)]).limit, 10);
    object.take(&[("a", WINDOW)]);
    let refused = object.take(&[("wide", wide), ("a", WINDOW)]);
    assert_eq!((refused.admitted, refused.limit), (false, 3));
}

#[test]
fn what_is_given_back_can_be_taken_again() {
    let mut object = Object::default();
    for _ in 0..20 {
        assert!(object.take(&[("a", WINDOW)]).admitted);
        object.act(Act::Give, &[("a", WINDOW)]);
    }
    object.act(Act::Give, &[("a", WINDOW), ("never seen", WINDOW)]);
    for _ in 0..3 {
        assert!(object.take(&[("a", WINDOW)]).admitted);
    }
    assert!(!object.take(&[("a", WINDOW)]).admitted);
}

#[test]
fn what_is_cleared_is_forgotten_and_nothing_else() {
    let mut object = Object::default();
    for _ in 0..3 {
        object.take(&[("a", WINDOW), ("b", WINDOW)]);
    }
    object.act(Act::Clear, &[("a", WINDOW)]);
    assert!(object.take(&[("a", WINDOW)]).admitted);
    assert!(!object.take(&[("b", WINDOW)]).admitted);
}

#[test]
fn the_first_refusal_of_a_row_is_told_once() {
    let mut object = Object::default();
    for _ in 0..3 {
        assert!(!object.take(&[("a", WINDOW)]).first_refusal);
    }
    assert!(object.take(&[("a", WINDOW)]).first_refusal);
    assert!(!object.take(&[("a", WINDOW)]).first_refusal);
    object.now = 60_000;
    for _ in 0..3 {
        assert!(object.take(&[("a", WINDOW)]).admitted);
    }
    assert!(object.take(&[("a", WINDOW)]).first_refusal);
}

#[test]
fn an_object_does_not_grow_for_ever() {
    let mut object = Object::default();
    for at in 0..2_000 {
        object.now = at * 600_000;
        object.take(&[(format!("from:{at}").as_str(), BACKOFF)]);
        assert!(object.tallies.len() <= 145, "{}", object.tallies.len());
    }
}

proptest! {
    #[test]
    fn a_window_never_admits_more_than_its_limit(
        limit in 1..8_u32,
        seconds in 1..50_u32,
        steps in prop::collection::vec((0..20_000_i64, 0..10_u8), 1..200),
    ) {
        let rule = Rule::Window { limit, seconds };
        let mut object = Object::default();
        // Takes that stand, with when they were made.
        let mut began: Option<i64> = None;
        let mut standing = 0_u32;
        for (pause, kind) in steps {
            object.now += pause;
            if began.is_some_and(|began| object.now >= began + i64::from(seconds) * 1000) {
                began = None;
                standing = 0;
            }
            if kind == 0 && standing > 0 {
                object.act(Act::Give, &[("a", rule)]);
                standing -= 1;
                if standing == 0 { began = None; }
            } else {
                let verdict = object.take(&[("a", rule)]);
                prop_assert_eq!(verdict.admitted, standing < limit);
                prop_assert!(verdict.remaining < limit && verdict.reset <= seconds);
                if verdict.admitted {
                    began.get_or_insert(object.now);
                    standing += 1;
                }
            }
        }
    }

    #[test]
    fn who_waits_as_told_is_admitted_and_who_does_not_is_not(
        free in 1..6_u32,
        waits in prop::collection::vec(any::<bool>(), 1..60),
    ) {
        let rule = Rule::Backoff { free, seconds: 100_000, max: 300 };
        let mut object = Object::default();
        for _ in 0..free {
            prop_assert!(object.take(&[("a", rule)]).admitted);
        }
        for waits in waits {
            let told = object.take(&[("a", rule)]);
            prop_assert!(!told.admitted && (1..=300).contains(&told.reset));
            object.now += i64::from(told.reset) * 1000 - i64::from(!waits);
            prop_assert_eq!(object.take(&[("a", rule)]).admitted, waits);
            if !waits { object.now += 1; prop_assert!(object.take(&[("a", rule)]).admitted); }
        }
    }
}
