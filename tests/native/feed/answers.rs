//! Answers that every cache may keep are given again by the edge, and so must not make what they were made of older than it
//! may be.

use portcullis::domain::tenants;

use crate::harness::World;

#[test]
fn an_answer_is_repeated_no_longer_than_what_it_was_made_of_counts() {
    for (vars, seconds) in [(&[][..], 5), (&[("REVOCATION_SECONDS", "0")][..], 0)] {
        let world = World::with(vars);
        let until = || {
            let cx = world.cx();
            pollster::block_on(tenants::by_id(&cx, "home")).unwrap().unwrap();
            cx.repeat_until()
        };
        let begin = world.now();
        assert_eq!(until(), begin.plus(seconds), "just asked");
        world.advance(2);
        // Known for two seconds, or asked anew.
        let wanted = if seconds == 0 { world.now() } else { begin.plus(seconds) };
        assert_eq!(until(), wanted);
        world.advance(10);
        assert_eq!(until(), world.now().plus(seconds), "asked again");
    }
}
