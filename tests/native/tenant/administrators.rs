//! The last active administrator of a tenant stays one, on every way there is; and the operator can add one.

use portcullis::model::state::UserStatus;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, Reply, World};

const TENANT: &str = "b";

fn user_path(id: &str) -> String {
    format!("/tenant/{TENANT}/v2/Users/{id}")
}

fn administrator(world: &World, email: &str, other: impl FnOnce(&mut User)) -> User {
    world.user_with(TENANT, email, |user| {
        user.roles = vec!["ADMIN".into()];
        other(user);
    })
}

/// A tenant with an administrator and a key of its own that administers it as well.
fn tenant(world: &World) -> (User, String) {
    let body = json!({ "id": TENANT, "name": "B" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    let ada = administrator(world, "ada@b.example", |_| {});
    let key = json!({ "name": "k", "scopes": ["read", "write"], "roles": ["ADMIN"] });
    let made = world.post(&format!("/tenant/{TENANT}/v2/ApiKeys")).bearer(&world.session(&ada).access);
    (ada, made.json(key).send().is(201).str("/apiKey"))
}

type Way = for<'w> fn(&'w World, &User, &str) -> Ask<'w>;

/// Every way to lose an administrator, with the status of success.
const WAYS: [(&str, u16, Way); 11] = [
    ("PATCH roles", 200, |w, u, key| w.patch(&user_path(&u.id)).key(key).json(json!({ "roles": [] }))),
    ("PUT roles", 200, |w, u, key| w.put(&user_path(&u.id)).key(key).json(json!({ "roles": ["MANAGER"] }))),
    ("status", 200, |w, u, key| w.patch(&user_path(&u.id)).key(key).json(json!({ "status": "disabled" }))),
    ("unconfirmed", 200, |w, u, key| {
        w.patch(&user_path(&u.id)).key(key).json(json!({ "emailVerified": false }))
    }),
    ("another address", 200, |w, u, key| {
        w.patch(&user_path(&u.id)).key(key).json(json!({ "email": "moved@b.example" }))
    }),
    ("all at once", 200, |w, u, key| {
        let body = json!({ "email": "moved@b.example", "emailVerified": true, "roles": [], "name": "A" });
        w.patch(&user_path(&u.id)).key(key).json(body)
    }),
    ("deletion", 204, |w, u, key| w.delete(&user_path(&u.id)).key(key)),
    ("own role", 200, |w, u, _| {
        w.patch(&user_path(&u.id)).bearer(&w.session(u).access).json(json!({ "roles": [] }))
    }),
    ("own status", 200, |w, u, _| {
        w.patch(&user_path(&u.id)).bearer(&w.session(u).access).json(json!({ "status": "disabled" }))
    }),
    ("own deletion by the tenant API", 204, |w, u, _| {
        w.delete(&user_path(&u.id)).bearer(&w.session(u).access)
    }),
    ("own deletion on the account page", 200, |w, u, _| {
        let fields = [("section", "delete"), ("current", PASSWORD)];
        w.post(&format!("/tenant/{TENANT}/account")).navigating().cookie(&w.cookie(u)).form(&fields)
    }),
];

type Make = fn(&mut User);

/// Who else there is, and whether that is an active administrator.
const OTHERS: [(&str, bool, Make); 6] = [
    ("another", true, |_| {}),
    ("with more roles", true, |user| user.roles.push("MANAGER".into())),
    ("disabled", false, |user| user.status = UserStatus::Disabled),
    ("unconfirmed", false, |user| user.email_verified = false),
    ("manager", false, |user| user.roles = vec!["MANAGER".into()]),
    ("none", false, |user| user.roles.clear()),
];

#[test]
fn the_last_active_administrator_stays_one_on_every_way() {
    for (way, done, ask) in WAYS {
        for (other, active, make) in OTHERS {
            let world = World::new();
            let (ada, key) = tenant(&world);
            administrator(&world, "other@b.example", make);
            let asked = ask(&world, &ada, &key);
            // When a key was used last is noted all the same.
            let rows =
                || world.dump().into_iter().filter(|(table, _)| table != "api_keys").collect::<Vec<_>>();
            let before = rows();
            let reply = asked.send();
            assert_eq!(reply.status, if active { done } else { 409 }, "{way}, {other}: {}", reply.text);
            if !active {
                assert!(before == rows(), "{way}, {other}");
                assert_eq!(world.events("user.deleted") + world.events("user.changed"), 0, "{way}, {other}");
                let list = format!("/tenant/{TENANT}/v2/Users");
                world.get(&list).bearer(&world.session(&ada).access).send().is(200);
            }
        }
    }
}

#[test]
fn an_unconfirmed_one_counts_where_no_address_needs_to_be_confirmed() {
    for (way, done, ask) in WAYS {
        for required in [false, true] {
            let world = World::new();
            let (ada, key) = tenant(&world);
            administrator(&world, "other@b.example", |user| user.email_verified = false);
            let settings = json!({ "requireVerifiedEmail": required });
            world.patch(&format!("/tenant/{TENANT}/v2/Settings")).key(&key).json(settings).send().is(200);
            let reply = ask(&world, &ada, &key).send();
            assert_eq!(reply.status, if required { 409 } else { done }, "{way}: {}", reply.text);
        }
    }
}

#[test]
fn what_takes_no_administrator_away_is_done() {
    let world = World::new();
    let (ada, key) = tenant(&world);
    let gone = administrator(&world, "gone@b.example", |user| user.status = UserStatus::Disabled);
    let path = user_path(&ada.id);
    for body in [
        json!({ "name": "Ada" }),
        json!({ "status": "active" }),
        json!({ "roles": ["ADMIN", "MANAGER"] }),
        json!({ "email": "new@b.example", "emailVerified": true }),
        json!({}),
    ] {
        world.patch(&path).key(&key).json(body).send().is(200);
    }
    let read = world.get(&path).key(&key).send().is(200);
    assert_eq!(
        (&read.json["name"], &read.json["roles"], &read.json["email"]),
        (&json!("Ada"), &json!(["ADMIN", "MANAGER"]), &json!("new@b.example"))
    );
    // One who is none any more is changed and deleted as anybody is; a taken address is told as ever.
    world.patch(&user_path(&gone.id)).key(&key).json(json!({ "roles": [] })).send().is(200);
    let taken = json!({ "email": "gone@b.example", "emailVerified": true });
    let taken = world.patch(&path).key(&key).json(taken).send().is(409);
    assert_eq!(taken.json["detail"], "the address has an account");
    world.delete(&user_path(&gone.id)).key(&key).send().is(204);
    let last = world.delete(&path).key(&key).send().is(409);
    assert_eq!(last.json["detail"], "the tenant would have no active administrator");
}

#[test]
fn of_two_administrators_who_end_each_other_at_once_one_stays() {
    let mutual: [(&str, Way); 4] = [
        ("roles", |w, u, token| w.patch(&user_path(&u.id)).bearer(token).json(json!({ "roles": [] }))),
        ("status", |w, u, token| {
            w.patch(&user_path(&u.id)).bearer(token).json(json!({ "status": "disabled" }))
        }),
        ("address", |w, u, token| {
            w.patch(&user_path(&u.id)).bearer(token).json(json!({ "emailVerified": false }))
        }),
        ("deletion", |w, u, token| w.delete(&user_path(&u.id)).bearer(token)),
    ];
    for (one_way, one) in mutual {
        for (other_way, other) in mutual {
            for turn in 0..6 {
                let world = World::new();
                let (ada, _) = tenant(&world);
                let bob = administrator(&world, "bob@b.example", |_| {});
                let (by_ada, by_bob) = (world.session(&ada).access, world.session(&bob).access);
                let mut asks = vec![world.get("/.well-known/jwks.json").fresh(); turn];
                asks.extend([one(&world, &bob, &by_ada).fresh(), other(&world, &ada, &by_bob).fresh()]);
                let replies = world.together(asks).split_off(turn);
                let done = replies.iter().filter(|reply| reply.status < 300).count();
                let said: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
                assert_eq!(done, 1, "{one_way}, {other_way}, {turn}: {said:?}");
            }
        }
    }
}

#[test]
fn addresses_need_no_confirmation_that_no_administrator_has() {
    let world = World::new();
    let (ada, key) = tenant(&world);
    let settings = format!("/tenant/{TENANT}/v2/Settings");
    let set = |required: bool| {
        world.patch(&settings).key(&key).json(json!({ "requireVerifiedEmail": required })).send()
    };
    set(false).is(200);
    world.patch(&user_path(&ada.id)).key(&key).json(json!({ "emailVerified": false })).send().is(200);
    set(true).is(409);
    assert_eq!(world.events("settings.changed"), 1);
    // Something else is changed all the same.
    world.patch(&settings).key(&key).json(json!({ "minPasswordLength": 9 })).send().is(200);
    administrator(&world, "bob@b.example", |_| {});
    set(true).is(200);
    assert_eq!(world.get(&settings).key(&key).fresh().send().is(200).json["minPasswordLength"], 9);
}

#[test]
fn two_changes_of_settings_at_once_are_both_done() {
    for turn in 0..4 {
        let world = World::new();
        let (ada, key) = tenant(&world);
        let settings = format!("/tenant/{TENANT}/v2/Settings");
        let change = |body: Value| world.patch(&settings).key(&key).json(body);
        let mut asks = vec![world.get("/.well-known/jwks.json").fresh(); turn];
        asks.push(change(json!({ "minPasswordLength": 12 })));
        asks.push(change(json!({ "mfaAttempts": 3 })).elsewhere());
        assert!(world.together(asks).iter().all(|reply| reply.status == 200));
        let now = world.get(&settings).bearer(&world.session(&ada).access).fresh().send().is(200);
        assert_eq!((&now.json["minPasswordLength"], &now.json["mfaAttempts"]), (&json!(12), &json!(3)));
        // An isolate that remembers older settings does not bring them back.
        change(json!({ "mfaAttempts": 4 })).elsewhere().send().is(200);
        assert_eq!(change(json!({ "trustedDeviceDays": 1 })).send().is(200).json["mfaAttempts"], json!(4));
    }
}

fn add(world: &World, email: &str) -> Reply {
    let path = format!("/tenant/home/v2/Tenants/{TENANT}/Admins");
    world.post(&path).bearer(&world.admin()).json(json!({ "email": email, "name": "New One" })).send()
}

fn signs_in(world: &World, email: &str, password: &str) -> Reply {
    let body = json!({ "email": email, "password": password });
    let login = world.post("/auth/login").tenant(TENANT).json(body).send().is(200);
    let token = login.str("/access_token");
    world.get(&format!("/tenant/{TENANT}/v2/Users")).bearer(&token).fresh().send()
}

#[test]
fn the_operator_adds_an_administrator_who_is_invited() {
    let world = World::new();
    let body = json!({ "id": TENANT, "name": "B" });
    world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
    let made = add(&world, "new@b.example").is(201);
    let id = made.str("/id");
    assert_eq!(made.header("location"), Some(format!("/tenant/{TENANT}/v2/Users/{id}").as_str()));
    assert_eq!((&made.json["roles"], &made.json["emailVerified"]), (&json!(["ADMIN"]), &json!(false)));
    // A second time the mail goes out once more, and its link is the one that counts.
    let first = world.mailed_link("new@b.example");
    assert_eq!(add(&world, "NEW@b.example").is(200).str("/id"), id);
    let second = world.mailed_link("new@b.example");
    let accept = |token: &str| {
        world.post("/auth/reset-password").json(json!({ "token": token, "password": PASSWORD })).send()
    };
    accept(&first).is(400);
    accept(&second).is(200);
    signs_in(&world, "new@b.example", PASSWORD).is(200);
    // From then on it is done.
    let mails = world.mails("new@b.example").len();
    let events = world.events("tenant.admin_added");
    assert_eq!(add(&world, "new@b.example").is(200).str("/id"), id);
    assert_eq!((world.mails("new@b.example").len(), world.events("tenant.admin_added")), (mails, events));
    // Both logs say so; the operator's names nobody of another tenant.
    let told = world.sql("SELECT * FROM audit WHERE event = 'tenant.admin_added' ORDER BY id");
    assert!(told.iter().all(|row| row["tenant_id"] == "home" && row["subject"] == TENANT));
    assert!(!told.iter().any(|row| row["detail"].to_string().contains(&id)));
    let mut events: Vec<Value> = Vec::new();
    for row in &told {
        let of = row["detail"].as_str().unwrap().split(' ').nth(1).unwrap();
        let event = world.sql(&format!("SELECT * FROM audit WHERE id = '{of}'")).remove(0);
        assert_eq!((&event["tenant_id"], &event["subject"]), (&json!(TENANT), &json!(id)));
        assert_eq!(event["actor"], row["actor"]);
        events.push(event["event"].clone());
    }
    events.sort_by_key(Value::to_string);
    assert_eq!(events, ["user.changed", "user.created"]);
}

#[test]
fn the_operator_makes_an_active_administrator_of_whoever_is_there() {
    let cases: [(&str, Value, Make); 4] = [
        ("a user", json!(["ADMIN"]), |_| {}),
        ("disabled", json!(["ADMIN"]), |user| user.status = UserStatus::Disabled),
        ("disabled administrator", json!(["ADMIN"]), |user| {
            (user.roles, user.status) = (vec!["ADMIN".into()], UserStatus::Disabled)
        }),
        ("three roles", json!(["OWNER", "ADMIN", "MANAGER"]), |user| {
            user.roles = ["OWNER", "MANAGER", "TECHNICIAN"].map(str::to_owned).into()
        }),
    ];
    for (what, roles, make) in cases {
        let world = World::new();
        let (_, key) = tenant(&world);
        let role = json!({ "name": "OWNER", "rank": 400 });
        let (ada, _) =
            (world.user_with(TENANT, "x@b.example", |user| user.roles = vec!["ADMIN".into()]), key);
        let by_ada = world.session(&ada).access;
        world.post(&format!("/tenant/{TENANT}/v2/Roles")).bearer(&by_ada).json(role).send().is(201);
        let user = world.user_with(TENANT, "ada2@b.example", make);
        let reply = add(&world, "ada2@b.example").is(200);
        assert_eq!(reply.str("/id"), user.id, "{what}");
        assert_eq!((&reply.json["roles"], &reply.json["status"]), (&roles, &json!("active")), "{what}");
        signs_in(&world, "ada2@b.example", PASSWORD).is(200);
        assert_eq!(world.mails("ada2@b.example").len(), 0, "{what}");
        let events = world.sql(&format!(
            "SELECT event FROM audit WHERE tenant_id = '{TENANT}' AND subject = '{}' AND event = 'user.changed'",
            user.id
        ));
        assert_eq!((events.len(), world.events("tenant.admin_added")), (1, 1), "{what}");
        add(&world, "ada2@b.example").is(200);
        assert_eq!(world.events("tenant.admin_added"), 1, "{what}");
    }
}

#[test]
fn who_took_an_address_before_its_owner_does_not_become_an_administrator() {
    for required in [true, false] {
        let world = World::new();
        let (_, key) = tenant(&world);
        let settings = json!({ "requireVerifiedEmail": required });
        world.patch(&format!("/tenant/{TENANT}/v2/Settings")).key(&key).json(settings).send().is(200);
        let squatter = world.user_with(TENANT, "boss@b.example", |user| user.email_verified = false);
        let session = world.session(&squatter).access;
        let added = add(&world, "boss@b.example").is(200);
        assert_eq!(added.json["roles"], json!(["ADMIN"]));
        // Neither the session nor the password is worth anything.
        world.get(&format!("/tenant/{TENANT}/v2/Users")).bearer(&session).fresh().send().is(401);
        let body = json!({ "email": "boss@b.example", "password": PASSWORD });
        world.post("/auth/login").tenant(TENANT).json(body).send().is(401);
        let token = world.mailed_link("boss@b.example");
        let own = json!({ "token": token, "password": "the owner's own one" });
        world.post("/auth/reset-password").json(own).send().is(200);
        signs_in(&world, "boss@b.example", "the owner's own one").is(200);
    }
}

#[test]
fn nobody_but_the_operator_adds_administrators_and_only_to_tenants_that_are_there() {
    let world = World::new();
    let (ada, key) = tenant(&world);
    let path = format!("/tenant/home/v2/Tenants/{TENANT}/Admins");
    let body = json!({ "email": "new@b.example" });
    let ask = || world.post(&path).json(body.clone()).fresh();
    let plain = world.user_with("home", "boss@example.com", |user| user.roles = vec!["ADMIN".into()]);
    ask().send().is(401);
    ask().key(&key).send().is(401);
    ask().bearer(&world.session(&ada).access).send().is(403);
    ask().bearer(&world.session(&plain).access).send().is(403);
    let own = path.replace("home", TENANT);
    world.post(&own).json(body.clone()).bearer(&world.session(&ada).access).send().is(403);
    let operator = world.admin();
    let elsewhere = path.replace(&format!("Tenants/{TENANT}"), "Tenants/none");
    world.post(&elsewhere).bearer(&operator).json(body).send().is(404);
    for wrong in [json!({ "email": "x" }), json!({}), json!({ "email": "a@b.example", "roles": ["X"] })] {
        world.post(&path).bearer(&operator).json(wrong).send().is(400);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM users WHERE email = 'new@b.example'"), 0);
    // An address in the same directory that is another tenant's.
    world.sql(
        "INSERT INTO tenants (id, name, directory, settings, status, created_at) VALUES ('c', 'C', 'home', '{}', 'active', 0)",
    );
    let to_c = format!("{}c/Admins", path.trim_end_matches("b/Admins"));
    let taken = json!({ "email": "boss@example.com" });
    world.post(&to_c).bearer(&operator).json(taken).send().is(409);
}
