//! `/api/auth/devices`: the browsers that one trusts.

use crate::harness::World;

const PATH: &str = "/api/auth/devices";

#[test]
fn a_person_sees_and_revokes_the_browsers_that_they_trust() {
    let world = World::new();
    let (ada, bob) = (world.user("ada@example.com"), world.user("bob@example.com"));
    for (at, user) in [&ada, &ada, &bob].iter().enumerate() {
        world.sql(&format!(
            "INSERT INTO trusted_devices VALUES ('d{at}', 'h{at}', 'home', '{}', '203.0.113.7', 'Firefox', 0, 0, 9999999999999)",
            user.id
        ));
    }
    let (own, other) = (world.session(&ada).access, world.session(&bob).access);
    let ids = |token: &str| {
        let reply = world.get(PATH).bearer(token).send().is(200);
        let items = reply.json["data"]["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&own), ["d1", "d0"]);
    let revoke = |token: &str, id: &str| world.delete(&format!("{PATH}/{id}")).bearer(token).send().status;
    assert_eq!(revoke(&own, "d2"), 404, "another's");
    assert_eq!(revoke(&own, "d0"), 200);
    assert_eq!(revoke(&own, "d0"), 404);
    assert_eq!((ids(&own), ids(&other)), (vec!["d1".to_owned()], vec!["d2".to_owned()]));
    assert_eq!(world.events("device.revoked"), 1);
    world.get(PATH).send().is(401);
}
