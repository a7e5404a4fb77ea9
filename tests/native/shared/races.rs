//! Requests that cross each other: each goes as far as its next round trip, then the others have their turn.

use serde_json::json;

use crate::harness::oidc::{Params, Party};
use crate::harness::{PASSWORD, World, part};

#[test]
fn one_who_is_disabled_while_signing_in_has_no_session() {
    let world = World::new();
    let admin = world.admin();
    for turn in 0..6 {
        let email = format!("user{turn}@example.com");
        let path = format!("/tenant/home/v2/Users/{}", world.user(&email).id);
        let login = world.post("/auth/login").json(json!({ "email": email, "password": PASSWORD }));
        let disable = world.patch(&path).bearer(&admin).json(json!({ "status": "disabled" }));
        // Other requests before it shift where the two cross.
        let mut asks = vec![world.get("/.well-known/jwks.json").fresh(); turn];
        asks.extend([login, disable]);
        let replies = world.together(asks);
        assert!(replies.iter().any(|reply| reply.status == 200));
        let live = "SELECT count(*) AS n FROM sessions JOIN users ON users.id = user_id
                    WHERE users.status = 'disabled' AND ended_at IS NULL";
        assert_eq!(world.number(live), 0);
    }
}

#[test]
fn a_refresh_that_crosses_a_logout_leaves_nothing_alive() {
    let world = World::new();
    let user = world.user("ada@example.com");
    for order in [false, true] {
        let tokens = world.session(&user);
        let refresh = world.post("/auth/refresh").json(json!({ "refresh_token": tokens.refresh }));
        let logout = world.post("/auth/logout").bearer(&tokens.access);
        let replies = world.together(if order { vec![refresh, logout] } else { vec![logout, refresh] });
        for reply in replies.iter().filter(|reply| reply.json["refresh_token"].is_string()) {
            let next = json!({ "refresh_token": reply.json["refresh_token"] });
            world.post("/auth/refresh").json(next).send().is(401);
            world.get("/api/auth/me").bearer(&reply.str("/access_token")).fresh().send().is(401);
        }
        world.get("/api/auth/me").bearer(&tokens.access).fresh().send().is(401);
    }
}

#[test]
fn rotations_at_once_leave_one_key_that_signs_and_is_published() {
    let world = World::new();
    let admin = world.admin();
    world.advance(60);
    let rotate = world.post("/tenant/home/v2/Keys/rotate").bearer(&admin);
    let replies = world.together(vec![rotate; 5]);
    assert!(replies.iter().all(|reply| reply.status == 200));
    for seconds in [0, 5, 300, 600, 86_400] {
        world.advance(seconds);
        world.cron();
        let kid = part(&world.admin(), 0)["kid"].clone();
        let jwks = world.get("/.well-known/jwks.json").fresh().send().is(200);
        assert!(jwks.json["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid));
    }
}

#[test]
fn of_many_resets_by_one_link_one_sets_its_password() {
    let world = World::new();
    world.user("ada@example.com");
    world.post("/auth/forgot-password").json(json!({ "email": "ada@example.com" })).send().is(200);
    let token = world.mailed_token("ada@example.com");
    let reset = |at: usize| {
        let body = json!({ "token": token, "password": format!("new password {at}") });
        world.post("/auth/reset-password").json(body)
    };
    let replies = world.together((0..4).map(reset).collect());
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    let won = replies.iter().position(|reply| reply.status == 200).unwrap();
    world.login("ada@example.com", &format!("new password {won}")).is(200);
    assert_eq!(world.events("password.reset"), 1);
}

#[test]
fn of_many_users_with_one_address_one_is_made() {
    let world = World::new();
    let admin = world.admin();
    let ask = world.post("/tenant/home/v2/Users").bearer(&admin).json(json!({ "email": "ada@example.com" }));
    let replies = world.together(vec![ask; 5]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 409).count(), 4);
    assert_eq!(world.events("user.created"), 1);
}

#[test]
fn a_code_whose_session_ends_meanwhile_gives_nothing_and_is_no_replay() {
    // Exchanged at once, there is nothing between; one that names the issuer is looked at first.
    let at_once = ended_between(|exchange| exchange);
    let looked_at =
        ended_between(|exchange| exchange.and("resource", "https://auth.example.com/tenant/home"));
    assert_eq!(at_once, 0, "a session ended between the look at its code and the exchange");
    assert!(looked_at > 0, "no session ended between the look at its code and the exchange");
}

/// How often a session ended between the look at its code and the exchange.
fn ended_between(params: impl Fn(Params) -> Params) -> i64 {
    let mut ended_between = 0;
    for at in 1.. {
        let party = Party::confidential();
        let (world, admin) = (&party.world, party.world.admin());
        let exchange = party.ask_token(&params(Party::exchange(&party.code())));
        let path = format!("/tenant/home/v2/Users/{}", party.user.id);
        let disable = world.patch(&path).bearer(&admin).json(json!({ "status": "disabled" }));
        let Some([exchanged, disabled]) = world.between(exchange, at, disable) else { break };
        disabled.is(200);
        match exchanged.status {
            200 => assert!(!party.active(&exchanged.str("/access_token"))),
            _ => {
                exchanged.is(400);
                // What gives nothing is not used up; who looked before the end is not told of in the log.
                assert_eq!(
                    world.number("SELECT count(*) AS n FROM authorization_codes WHERE used_at > 0"),
                    0
                );
                ended_between += i64::from(world.events("code.refused") == 0);
            }
        }
        // Its person would be told of a thief who was none.
        assert_eq!(world.events("code.reused"), 0, "{at}");
        let live = "SELECT count(*) AS n FROM sessions WHERE client_id IS NOT NULL AND ended_at IS NULL";
        assert_eq!(world.number(live), 0, "{at}");
    }
    ended_between
}

#[test]
fn an_address_that_is_registered_while_its_owner_signs_up_by_mail_has_one_account() {
    for at in 1.. {
        let world = World::new();
        world.settings(json!({ "magicLinks": true, "magicLinkSignUp": true }));
        let link = world.post("/api/auth/magic-link/request").json(json!({ "email": "new@example.com" }));
        let person = json!({ "email": "new@example.com", "password": PASSWORD, "full_name": "New" });
        let register = world.post("/auth/register").json(person);
        let Some([linked, registered]) = world.between(link, at, register) else { break };
        assert!(linked.status < 300 && registered.status < 300, "{at}: {} {}", linked.text, registered.text);
        assert_eq!(
            world.number("SELECT count(*) AS n FROM users WHERE email = 'new@example.com'"),
            1,
            "{at}"
        );
        assert_eq!(world.events("user.registered"), 1, "{at}");
        assert_eq!(world.events("magic_link.asked"), 1, "{at}");
    }
}
