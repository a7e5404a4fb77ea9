//! What a sign-in costs: how often it waits for storage, what it writes, and how much of it one caller gets.

use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, World};

/// A hash of [`PASSWORD`] by bcrypt, at its lowest cost.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS";

fn login<'w>(world: &'w World, path: &str, email: &str, password: &str) -> Ask<'w> {
    world.post(path).json(json!({ "email": email, "password": password }))
}

/// Each way to sign in with a password: its path, and how it is asked.
fn ways<'w>(world: &'w World, email: &str, password: &str) -> [(&'static str, Ask<'w>); 3] {
    let form = [("email", email), ("password", password)];
    [
        ("session", login(world, "/api/auth/login", email, password)),
        ("account", login(world, "/auth/login", email, password)),
        ("page", world.post("/tenant/home/login").form(&form)),
    ]
}

#[test]
fn a_login_waits_for_storage_twice() {
    let world = World::new();
    world.user("ada@example.com");
    // The isolate knows the tenant and its keys.
    for (_, ask) in ways(&world, "ada@example.com", PASSWORD) {
        ask.send();
    }
    for (way, ask) in ways(&world, "ada@example.com", PASSWORD) {
        let (reply, waits) = ask.waits();
        assert!(matches!(reply.status, 200 | 303), "{way}: {}", reply.text);
        // The address, then the account, and meanwhile whose it is; the session.
        assert_eq!(waits, 2, "{way}");
    }
    for (way, ask) in ways(&world, "ada@example.com", "wrong").into_iter().take(2) {
        let (reply, waits) = ask.waits();
        assert_eq!((reply.status, waits), (401, 2), "{way}");
    }
    let app = world.with_app("bob@example.com");
    login(&world, "/auth/login", "ada@example.com", PASSWORD).send().is(200);
    for (way, ask) in ways(&world, "bob@example.com", PASSWORD) {
        // What the user has as a second factor is looked up with them.
        assert_eq!(ask.waits().1, 2, "{way}");
    }
    let body = json!({ "email": "bob@example.com", "password": PASSWORD, "code": world.code(&app.secret) });
    let (reply, waits) = world.post("/auth/mfa/login").json(body).waits();
    // The code is counted by whose it is.
    assert_eq!((reply.status, waits), (200, 3));
    // No wait tells who exists.
    for email in ["bob@example.com", "nobody@example.com"] {
        let body = json!({ "email": email, "password": "wrong", "code": "123456" });
        let (reply, waits) = world.post("/auth/mfa/login").json(body).waits();
        assert_eq!((reply.status, waits), (401, 3), "{email}");
    }
}

/// Asks from an address that is held off, as it had thirty wrong passwords within a minute.
fn held_off<'w>(world: &'w World, from: &str) -> impl Fn(&str, &str) -> Ask<'w> {
    for n in 0..30 {
        let other = format!("nobody{n}@example.com");
        login(world, "/auth/login", &other, "wrong").from(from).send().is(401);
    }
    let from = from.to_owned();
    move |email: &str, password: &str| login(world, "/auth/login", email, password).from(&from)
}

#[test]
fn an_address_that_is_held_off_takes_nothing_of_an_account_not_even_for_a_moment() {
    let world = World::new();
    world.user("ada@example.com");
    let ask = held_off(&world, "198.51.100.1");
    // One failure is left of the account's day.
    for n in 0..99 {
        let from = format!("203.0.113.{n}");
        login(&world, "/auth/login", "ada@example.com", "wrong").from(&from).send().is(401);
    }
    let owner = || login(&world, "/auth/login", "ada@example.com", PASSWORD).from("192.0.2.1");
    // Whatever the owner's sign-in comes between, it is not refused for the other's, nor after two hundred of them at once.
    for at in 1.. {
        let Some([refused, own]) = world.between(ask("ada@example.com", "wrong"), at, owner()) else { break };
        assert_eq!((refused.status, own.status), (429, 200), "at its wait {at}");
    }
    let mut many: Vec<Ask<'_>> = (0..200).map(|_| ask("ada@example.com", "wrong")).collect();
    many.insert(100, owner());
    let answers: Vec<u16> = world.together(many).iter().map(|reply| reply.status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 200);
    assert_eq!(answers[100], 200);
    owner().send().is(200);
    // Nor are its own tries at the account counted: later it has all five without a delay.
    world.advance(60);
    for _ in 0..1 {
        ask("ada@example.com", "wrong").send().is(401);
    }
    ask("ada@example.com", "wrong").send().is(429);
    assert_eq!(world.events("login.limited"), 2, "of the address, and of the account");
}

#[test]
fn for_an_address_that_is_held_off_nothing_is_looked_up_but_once_in_an_isolate() {
    let world = World::new();
    world.user("ada@example.com");
    let ask = held_off(&world, "198.51.100.1");
    for (email, look_ups) in [("ada@example.com", 2), ("ada@example.com", 0), ("nobody@example.com", 0)] {
        let (reply, [trips, _]) = ask(email, "wrong").cost();
        // The first is looked up beside the counter, and its refusal is written to the log.
        assert_eq!((reply.status, trips), (429, look_ups), "{email}");
    }
    // The counter alone says who is admitted, and again a minute later.
    world.advance(60);
    ask("ada@example.com", PASSWORD).send().is(200);
}

#[test]
fn two_hundred_guesses_at_once_are_as_many_as_the_limits_allow() {
    for spread in [1, 20, 200] {
        let world = World::new();
        world.user("ada@example.com");
        let guess = |n: usize| {
            let from = format!("198.51.100.{}", n % spread);
            login(&world, "/auth/login", "ada@example.com", "wrong").from(&from)
        };
        world.counters_yield(true);
        let answers = world.together((0..200).map(guess).collect());
        world.counters_yield(false);
        let looked_at = answers.iter().filter(|reply| reply.status == 401).count();
        // Five of an address, sixty of an account at once, a hundred a day.
        assert_eq!(looked_at, (5 * spread).min(60), "from {spread} addresses");
    }
}

#[test]
fn a_login_writes_no_row_that_changes_nothing() {
    let world = World::new();
    world.user("ada@example.com");
    let rows = |ask: Ask<'_>| {
        let before = world.db.rows_changed();
        let status = ask.status();
        assert!(matches!(status, 200 | 303), "{status}");
        world.db.rows_changed() - before
    };
    let tokens = || login(&world, "/auth/login", "ada@example.com", PASSWORD);
    let page = || {
        let form = [("email", "ada@example.com"), ("password", PASSWORD)];
        world.post("/tenant/home/login").form(&form)
    };
    world.user("eve@example.com");
    login(&world, "/auth/login", "eve@example.com", PASSWORD).send().is(200);
    // The session, the event, the user's last login, the day's count of sign-ins, and the month's of who was active.
    assert_eq!(rows(tokens()), 5);
    world.advance(1);
    assert_eq!(rows(tokens()), 4);
    world.advance(1);
    assert_eq!(rows(page()), 4);
    // One who has a second factor: the challenge and its event.
    world.with_app("bob@example.com");
    assert_eq!(rows(login(&world, "/auth/login", "bob@example.com", PASSWORD)), 2);
}

#[test]
fn right_passwords_are_counted_by_account_and_those_of_a_day_are_not() {
    for confirmed in [true, false] {
        let world = World::new();
        world.user_with("home", "ada@example.com", |user| user.email_verified = confirmed);
        let right = if confirmed { 200 } else { 403 };
        // From ever another address, as one who has many.
        let from = |n: u32| format!("198.51.100.{}", n % 200);
        let ask = |n: u32| login(&world, "/auth/login", "ada@example.com", PASSWORD).from(&from(n));
        let answers: Vec<u16> = (0..70).map(|n| ask(n).status()).collect();
        assert_eq!(answers.iter().filter(|status| **status == right).count(), 60, "{answers:?}");
        assert_eq!(answers[60..], [429; 10]);
        // The log has the refusals' first alone, and the next minute begins anew.
        assert_eq!(world.events("login.limited"), 1);
        world.advance(60);
        ask(0).send().is(right);
    }
}

#[test]
fn right_passwords_from_one_address_are_counted_together_and_an_office_is_not_held_off() {
    let world = World::new();
    let emails: Vec<String> = (0..11).map(|n| format!("user{n}@example.com")).collect();
    for email in &emails {
        // Of a kind that is fast, and is checked whenever somebody signs in whose address is not confirmed.
        world.user_with("home", email, |user| {
            user.password_hash = Some(BCRYPT.into());
            user.email_verified = false;
        });
    }
    let all = |rounds: usize| -> Vec<u16> {
        let asks =
            (0..rounds).flat_map(|_| &emails).map(|email| login(&world, "/auth/login", email, PASSWORD));
        asks.map(Ask::status).collect()
    };
    assert_eq!(all(54), [403; 594]);
    assert_eq!(all(1), [403, 403, 403, 403, 403, 403, 429, 429, 429, 429, 429]);
    // Elsewhere, nobody is held off for that.
    login(&world, "/auth/login", "user0@example.com", PASSWORD).from("198.51.100.1").send().is(403);
}

#[test]
fn wrong_passwords_of_strangers_take_none_of_the_owners_sign_ins() {
    let world = World::new();
    world.user("ada@example.com");
    for n in 0..90 {
        let from = format!("198.51.100.{n}");
        login(&world, "/auth/login", "ada@example.com", "wrong").from(&from).send().is(401);
    }
    world.login("ada@example.com", PASSWORD).is(200);
}

#[test]
fn a_second_factor_that_is_locked_out_is_asked_before_anything_is_hashed() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let ask = |password: &str, code: &str, from: &str| {
        let body = json!({ "email": "ada@example.com", "password": password, "code": code });
        world.post("/auth/mfa/login").json(body).from(from)
    };
    let wrong = world.wrong_code(&app.secret);
    for n in 0..5 {
        ask(PASSWORD, &wrong, &format!("198.51.100.{n}")).send().is(401);
    }
    // Whether the password is right is not looked at, and so is told to nobody.
    let right = ask(PASSWORD, &world.code(&app.secret), "198.51.100.9").send().is(429);
    let other = ask("wrong", &wrong, "198.51.100.9").send().is(429);
    assert_eq!(right.json, other.json);
    assert_eq!(world.events("login.failed"), 0);
    // Which costs neither the account nor the address its attempts, and the log no more than one row.
    for _ in 0..40 {
        ask("wrong", &wrong, "198.51.100.9").send().is(429);
    }
    assert_eq!(world.events("mfa.limited"), 1);
    for _ in 0..5 {
        login(&world, "/auth/login", "ada@example.com", "wrong").from("198.51.100.9").send().is(401);
    }
    login(&world, "/auth/login", "ada@example.com", "wrong").from("198.51.100.9").send().is(429);
    // After the lockout it goes on.
    world.advance(901);
    ask(PASSWORD, &world.code(&app.secret), "198.51.100.9").send().is(200);
}

#[test]
fn right_passwords_of_one_who_is_signed_in_are_counted_by_user() {
    let world = World::new();
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let mut answers = Vec::new();
    for n in 0..70 {
        // A new password each time would end no session but others.
        let body: Value = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD });
        let from = format!("198.51.100.{n}");
        answers.push(world.post("/api/auth/change-password").bearer(&token).json(body).from(&from).status());
    }
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 10, "{answers:?}");
}
