//! `/auth/sso/start`: where a company's people sign in.

use serde_json::json;

use crate::harness::World;
use crate::sso::provider::with_domain;

#[test]
fn a_companys_people_are_told_where_to_sign_in() {
    let world = World::new();
    world.okta("home", json!({}));
    with_domain(&world);
    let ask = |email: &str| world.post("/auth/sso/start").json(json!({ "email": email }));
    let reply = ask("Ada@ACME.example").send().is(200);
    let url = reply.str("/authUrl");
    assert_eq!(url, "https://auth.example.com/tenant/home/sso/okta?login_hint=Ada%40acme.example");
    world.user("bob@gmail.com");
    let others: Vec<_> = ["bob@gmail.com", "x@sub.acme.example", "nobody@nowhere.example", "no address"]
        .map(|email| ask(email).send().is(404).json)
        .into();
    assert!(others.iter().all(|one| *one == others[0]));
    // Single sign-on is for enterprise organisations.
    world.sql("UPDATE tenants SET enterprise = 0");
    world.advance(6);
    ask("ada@acme.example").send().is(404);
}
