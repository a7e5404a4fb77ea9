//! `/api/auth/sessions`: where one is signed in.

use serde_json::json;

use crate::harness::World;

const PATH: &str = "/api/auth/sessions";

#[test]
fn a_person_sees_their_sessions_and_which_is_this_one() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let own = world.session(&user).access;
    world.advance_ms(1);
    world.cookie(&user);
    world.session(&world.user("bob@example.com"));
    let reply = world.get(PATH).bearer(&own).send().is(200);
    let items = reply.json["data"]["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let current: Vec<bool> = items.iter().map(|item| item["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [true, false]);
    assert_eq!(items[0]["amr"], json!(["pwd"]));
    let page = world.get(&format!("{PATH}?limit=1")).bearer(&own).send().is(200);
    let cursor = page.str("/data/nextCursor");
    let rest = world.get(&format!("{PATH}?limit=1&cursor={cursor}")).bearer(&own).send().is(200);
    assert_eq!(rest.json["data"]["items"][0]["id"], items[1]["id"]);
    world.get(PATH).send().is(401);
}

#[test]
fn a_person_ends_one_of_them_or_all_others() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let [own, second, third] = [(); 3].map(|()| {
        world.advance_ms(1);
        world.session(&user).access
    });
    let list = |token: &str| world.get(PATH).bearer(token).fresh().send();
    let id = list(&own).is(200).str("/data/items/1/id");
    let end = || world.delete(&format!("{PATH}/{id}")).bearer(&own);
    assert_eq!(end().send().is(200).json, json!({ "success": true, "data": { "revoked": true } }));
    list(&second).is(401);
    end().send().is(404);
    world.delete(PATH).bearer(&own).send().is(200);
    list(&third).is(401);
    assert_eq!(list(&own).is(200).json["data"]["items"].as_array().unwrap().len(), 1);
    let id = list(&own).str("/data/items/0/id");
    world.delete(&format!("{PATH}/{id}")).bearer(&own).send().is(200);
    list(&own).is(401);
}

#[test]
fn nobody_ends_anothers() {
    let world = World::new();
    world.tenant("b");
    let own = world.session(&world.user("ada@example.com")).access;
    let others = [world.user("bob@example.com"), world.user_with("b", "bob@example.com", |_| {})];
    for other in others {
        let token = world.session(&other).access;
        let list = || world.get(PATH).tenant(&other.tenant_id).bearer(&token).fresh().send().is(200);
        let id = list().str("/data/items/0/id");
        world.delete(&format!("{PATH}/{id}")).bearer(&own).send().is(404);
        world.delete(PATH).bearer(&own).send().is(200);
        list();
    }
}
