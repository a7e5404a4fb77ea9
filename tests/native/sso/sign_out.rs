//! Signing out here leads on to the OpenID provider that the session began with.

use serde_json::json;

use crate::harness::{ORIGIN, Reply, World};
use crate::sso::provider::session_of;

const ADA: &str = "ada@gmail.com";

/// Signs out in the browser that has that session.
fn sign_out(world: &World, session: &str) -> Reply {
    let reply = world.post("/tenant/home/logout").cookie(session).form(&[]).send();
    assert_eq!(reply.sets("__Host-portcullis").as_deref(), Some(""));
    world.get("/tenant/home/account").cookie(session).send().is(303);
    reply
}

#[test]
fn a_session_of_an_organisations_provider_ends_at_both() {
    let world = World::new();
    let okta = world.okta("home", json!({}));
    let session = session_of(&world.sso(&okta, "home", "okta", json!({ "sub": "1", "email": ADA }))).unwrap();
    let reply = sign_out(&world, &session).is(303);
    let there = url::Url::parse(reply.header("location").unwrap()).unwrap();
    assert_eq!(there.as_str().split('?').next().unwrap(), format!("{}/logout", okta.issuer));
    let query: Vec<(String, String)> = there.query_pairs().into_owned().collect();
    let back = format!("{ORIGIN}/tenant/home/login");
    let expected = [("client_id", "portcullis"), ("post_logout_redirect_uri", back.as_str())];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_provider_that_cannot_be_asked_or_is_switched_off_keeps_nobody_signed_in() {
    let changes = [
        "UPDATE identity_providers SET spec = json_set(spec, '$.enabled', json('false'))",
        "UPDATE identity_providers SET spec = json_set(spec, '$.issuer', 'https://gone.example')",
        "DELETE FROM identity_providers",
    ];
    for change in changes {
        let world = World::new();
        let okta = world.okta("home", json!({}));
        let person = json!({ "sub": "1", "email": ADA });
        let session = session_of(&world.sso(&okta, "home", "okta", person)).unwrap();
        world.sql(change);
        sign_out(&world, &session).is(200);
    }
}

#[test]
fn nobody_is_signed_out_of_google_or_of_nothing() {
    let world = World::new();
    let google = world.google("home", json!({}));
    let person = json!({ "sub": "1", "email": ADA, "email_verified": true });
    let session = session_of(&world.sso(&google, "home", "google", person)).unwrap();
    assert_eq!(sign_out(&world, &session).header("location"), None);
    world.post("/tenant/home/logout").form(&[]).send().is(200);
}
