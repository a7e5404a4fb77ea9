//! Each link that is mailed about an account, and whether its password is then one of the mailbox's: with a code by
//! mail that is one factor, and two with a password of the person's own.

use serde_json::json;

use crate::harness::{PASSWORD, World};
use crate::shared::one_mailbox::{ADA, NEW, ONE, SURFACES, TWO, reset, said};

/// Changes the address with both links.
fn change_address(world: &World, password: &str) {
    let access = world.login(ADA, password).is(200).str("/access_token");
    let body = json!({ "newEmail": MOVED, "password": password });
    world.post("/api/auth/change-email").bearer(&access).json(body).send().is(200);
    for mailbox in [ADA, MOVED] {
        let body = json!({ "token": world.mailed_link(mailbox) });
        world.post("/api/auth/change-email/confirm").json(body).send().is(200);
    }
}

const MOVED: &str = "lovelace@example.org";

fn register(world: &World, password: &str) {
    let body = json!({ "email": ADA, "password": password, "full_name": "Ada" });
    world.post("/auth/register").json(body).send().is(201);
}

fn verify(world: &World) {
    let body = json!({ "token": world.mailed_token(ADA) });
    world.post("/auth/verify-email").json(body).send().is(200);
}

/// Each link that is mailed about an account, and whether the password is then one of the mailbox's.
#[test]
fn a_password_is_the_mailboxs_only_where_a_link_set_it() {
    type Prepare = fn(&World);
    let table: [(&str, Prepare, &str, &str, &str); 9] = [
        (
            "registered, verified",
            |world| {
                register(world, PASSWORD);
                verify(world);
            },
            ADA,
            PASSWORD,
            TWO,
        ),
        (
            "registered twice, verified by the newer link",
            |world| {
                register(world, "somebody else's");
                register(world, PASSWORD);
                verify(world);
            },
            ADA,
            PASSWORD,
            TWO,
        ),
        (
            "registered, verified, reset",
            |world| {
                register(world, PASSWORD);
                verify(world);
                reset(world, ADA);
            },
            ADA,
            NEW,
            ONE,
        ),
        (
            "registered, reset before it was verified",
            |world| {
                register(world, PASSWORD);
                reset(world, ADA);
            },
            ADA,
            NEW,
            ONE,
        ),
        (
            "invited",
            |world| {
                let body = json!({ "email": ADA });
                world.post("/tenant/home/v2/Users").bearer(&world.admin()).json(body).send().is(201);
                let body = json!({ "token": world.mailed_token(ADA), "password": NEW });
                world.post("/auth/reset-password").json(body).send().is(200);
            },
            ADA,
            NEW,
            ONE,
        ),
        (
            "address changed",
            |world| {
                world.user(ADA);
                change_address(world, PASSWORD);
            },
            MOVED,
            PASSWORD,
            TWO,
        ),
        (
            "reset, address changed",
            |world| {
                world.user(ADA);
                reset(world, ADA);
                change_address(world, NEW);
            },
            MOVED,
            NEW,
            ONE,
        ),
        (
            "address changed, reset",
            |world| {
                world.user(ADA);
                change_address(world, PASSWORD);
                reset(world, MOVED);
            },
            MOVED,
            NEW,
            ONE,
        ),
        (
            "address changed by an administrator, after a reset",
            |world| {
                let user = world.user(ADA);
                reset(world, ADA);
                let body = json!({ "email": MOVED, "emailVerified": true });
                let path = format!("/tenant/home/v2/Users/{}", user.id);
                world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
            },
            MOVED,
            NEW,
            ONE,
        ),
    ];
    for (what, prepare, email, password, acr) in table {
        for surface in SURFACES {
            let world = World::new();
            prepare(&world);
            world.sql(&format!("UPDATE users SET mfa = 'email' WHERE email_key = '{email}'"));
            let body = json!({ "email": email, "password": password });
            let waiting = world.post(surface.login).json(body).send().is(200);
            let code = json!({ "code": world.mailed_code(email) });
            let done = surface.verify(&world, &waiting, code).is(200);
            assert_eq!(said(&surface.access(&done)).0, acr, "{what}");
        }
    }
}
