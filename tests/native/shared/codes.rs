//! Codes: each is good once, for what it was made for, and guessing them ends soon.

use portcullis::model::state::Mfa;
use serde_json::json;

use crate::harness::{Ask, PASSWORD, Reply, World};

fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// A guess at the password and code of an account in one go.
fn at_once<'w>(world: &'w World, email: &str, code: &str) -> Ask<'w> {
    world.post("/auth/mfa/login").json(json!({ "email": email, "password": PASSWORD, "code": code }))
}

#[test]
fn a_clock_that_is_one_step_off_signs_in() {
    let world = World::new();
    for off in -3..=3 {
        let app = world.with_app(&format!("ada{off}@example.com"));
        world.advance(60);
        let reply = world.mfa_login(&app.user.email, &world.code_of_step(&app.secret, off));
        assert_eq!(reply.status, if off.abs() <= 1 { 200 } else { 401 }, "{off} steps off");
    }
}

#[test]
fn a_step_is_accepted_once_and_none_before_it_again() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    world.advance(60);
    for (step, status) in [(0, 200), (0, 401), (-1, 401), (1, 200), (1, 401), (0, 401), (-1, 401)] {
        let reply = world.mfa_login("ada@example.com", &world.code_of_step(&app.secret, step));
        assert_eq!(reply.status, status, "{step}: {}", reply.text);
    }
    world.advance(30);
    world.mfa_login("ada@example.com", &world.code_of_step(&app.secret, 1)).is(200);
}

#[test]
fn of_fifty_uses_of_a_code_at_once_one_signs_in() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let code = world.code(&app.secret);
    let replies = world.together(vec![at_once(&world, "ada@example.com", &code).unlimited(); 50]);
    assert_eq!((count(&replies, 200), count(&replies, 401)), (1, 49));
    // On one challenge, and on ten.
    world.advance(30);
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    let ask = world.verifying(&waiting, &world.code(&app.secret)).unlimited();
    assert_eq!(count(&world.together(vec![ask; 50]), 200), 1);
    world.advance(30);
    let code = world.code(&app.secret);
    let logins: Vec<Reply> = (0..10).map(|_| world.login("ada@example.com", PASSWORD).is(200)).collect();
    let asks = logins.iter().map(|waiting| world.verifying(waiting, &code).unlimited()).collect();
    assert_eq!(count(&world.together(asks), 200), 1);
    let sessions =
        "SELECT count(*) AS n FROM sessions JOIN users ON users.id = user_id WHERE email LIKE 'ada%'";
    assert_eq!(world.number(sessions), 4);
}

#[test]
fn of_fifty_uses_of_a_code_at_once_one_sets_the_app_up() {
    let world = World::new();
    let access = world.session(&world.user("ada@example.com")).access;
    let secret = world.post("/auth/mfa/enable").bearer(&access).send().is(200).str("/secret");
    let body = json!({ "code": world.code(&secret) });
    let ask = world.post("/auth/mfa/verify").bearer(&access).json(body).unlimited();
    assert_eq!(count(&world.together(vec![ask; 50]), 200), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM backup_codes"), 10);
    assert_eq!(world.events("mfa.enrolled"), 1);
    // At a login too.
    world.user_with("home", "bob@example.com", |user| user.mfa = Mfa::Totp);
    let waiting = world.login("bob@example.com", PASSWORD).is(200);
    let ask = world.verifying(&waiting, &world.code(&waiting.str("/enrolment/secret"))).unlimited();
    assert_eq!(count(&world.together(vec![ask; 50]), 200), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM backup_codes"), 20);
    assert_eq!(world.events("mfa.enrolled"), 2);
}

#[test]
fn a_code_by_mail_is_good_for_its_challenge_once() {
    let world = World::new();
    world.with_mail("ada@example.com");
    let first = world.login("ada@example.com", PASSWORD).is(200);
    let code_of_first = world.mailed_code("ada@example.com");
    let second = world.login("ada@example.com", PASSWORD).is(200);
    let code_of_second = world.mailed_code("ada@example.com");
    assert_ne!(code_of_first, code_of_second);
    world.verify(&first, &code_of_second).is(401);
    world.verify(&second, &code_of_first).is(401);
    let asks = vec![world.verifying(&first, &code_of_first).unlimited(); 20];
    assert_eq!(count(&world.together(asks), 200), 1);
    world.verify(&second, &code_of_second).is(200);
    world.verify(&second, &code_of_second).is(401);
    // It is no code of the account: without its challenge it opens nothing.
    world.login("ada@example.com", PASSWORD).is(200);
    world.mfa_login("ada@example.com", &world.mailed_code("ada@example.com")).is(401);
}

#[test]
fn another_mail_kills_the_code_before_and_there_are_three_at_most() {
    let world = World::new();
    world.with_mail("ada@example.com");
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    let send = || {
        let body = json!({ "mfa_token": waiting.str("/mfa_token") });
        world.post("/auth/mfa/send").json(body).send()
    };
    let first = world.mailed_code("ada@example.com");
    send().is(200);
    world.verify(&waiting, &first).is(401);
    send().is(200);
    send().is(401);
    assert_eq!(world.mails("ada@example.com").len(), 3);
    world.verify(&waiting, &world.mailed_code("ada@example.com")).is(200);
    send().is(401);
    // And five for the address in a quarter of an hour, whatever they are for.
    world.login("ada@example.com", PASSWORD).is(200);
    world.login("ada@example.com", PASSWORD).is(200);
    world.login("ada@example.com", PASSWORD).is(200);
    assert_eq!(world.mails("ada@example.com").len(), 5);
}

#[test]
fn a_code_by_mail_is_over_with_its_challenge_and_after_five_guesses() {
    let world = World::new();
    world.with_mail("ada@example.com");
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    let code = world.mailed_code("ada@example.com");
    world.advance(600);
    world.verify(&waiting, &code).is(401);
    // The tenant lets more be tried than one challenge does.
    world.settings(json!({ "mfaAttempts": 20 }));
    let waiting = world.login("ada@example.com", PASSWORD).is(200);
    let code = world.mailed_code("ada@example.com");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        world.verify(&waiting, wrong).is(401);
    }
    world.verify(&waiting, &code).is(429);
    let again = world.login("ada@example.com", PASSWORD).is(200);
    world.verify(&again, &world.mailed_code("ada@example.com")).is(200);
}

#[test]
fn of_two_hundred_guesses_at_once_as_many_as_allowed_are_looked_at() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    let wrong = world.wrong_code(&app.secret);
    let spaced = format!(" {} {}-", &wrong[..3], &wrong[3..]);
    let login = || {
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        world.post("/api/auth/login").json(body).unlimited().send().str("/data/challenge")
    };
    let challenges: Vec<String> = (0..20).map(|_| login()).collect();
    let guess = |at: usize| {
        let challenge = &challenges[at % 20];
        let code = if at.is_multiple_of(2) { &wrong } else { &spaced };
        match at % 4 {
            0 => world.post("/api/auth/mfa/verify").json(json!({ "challenge": challenge, "code": code })),
            1 => world.post("/auth/mfa/verify").json(json!({ "mfa_token": challenge, "code": code })),
            2 => world.post("/auth/mfa/disable").bearer(&app.access).json(json!({ "code": code })),
            _ => at_once(&world, " ADA@Example.com", code),
        }
        .from(&format!("203.0.113.{at}"))
    };
    let replies = world.together((0..200).map(guess).collect());
    assert_eq!((count(&replies, 401), count(&replies, 429)), (5, 195));
    assert_eq!((world.events("mfa.failed"), world.events("mfa.limited")), (5, 1));
    let limited = replies.iter().find(|reply| reply.status == 429).unwrap();
    assert_eq!(limited.header("retry-after"), Some("900"));
    // The right one is not looked at either, until the lockout is over.
    at_once(&world, "ada@example.com", &world.code(&app.secret)).send().is(429);
    at_once(&world, "ada@example.com", &app.backup[0]).send().is(429);
    world.advance(899);
    at_once(&world, "ada@example.com", &world.code(&app.secret)).send().is(429);
    world.advance(1);
    at_once(&world, "ada@example.com", &world.code(&app.secret)).send().is(200);
}

#[test]
fn attempts_and_lockout_are_the_tenants() {
    let world = World::new();
    world.settings(json!({ "mfaAttempts": 2, "mfaLockoutSeconds": 60 }));
    let app = world.with_app("ada@example.com");
    let guess = |code: &str| at_once(&world, "ada@example.com", code).send().status;
    let wrong = || world.wrong_code(&app.secret);
    assert_eq!([guess(&wrong()), guess(&wrong()), guess(&wrong())], [401, 401, 429]);
    world.advance(59);
    assert_eq!(guess(&world.code(&app.secret)), 429);
    world.advance(1);
    assert_eq!([guess(&wrong()), guess(&world.code(&app.secret))], [401, 200]);
    // What was right forgets the failures before it.
    world.advance(30);
    assert_eq!([guess(&wrong()), guess(&world.code(&app.secret))], [401, 200]);
    // Another user of the tenant was never held off.
    let other = world.with_app("bob@example.com");
    at_once(&world, "bob@example.com", &world.code(&other.secret)).send().is(200);
}

#[test]
fn ten_guesses_an_hour_are_the_most_however_short_the_lockout() {
    let world = World::new();
    world.settings(json!({ "mfaAttempts": 5, "mfaLockoutSeconds": 60 }));
    let app = world.with_app("ada@example.com");
    let mut looked_at = 0;
    for _ in 0..5 {
        for _ in 0..6 {
            let wrong = world.wrong_code(&app.secret);
            looked_at += usize::from(at_once(&world, "ada@example.com", &wrong).send().status == 401);
        }
        world.advance(60);
    }
    assert_eq!(looked_at, 10);
    world.advance(3_600);
    at_once(&world, "ada@example.com", &world.code(&app.secret)).send().is(200);
}

#[test]
fn a_backup_code_is_good_once_kept_as_a_hash_and_its_use_is_told() {
    let world = World::new();
    let app = world.with_app("ada@example.com");
    assert_eq!(app.backup.len(), 10);
    let stored = format!("{:?}", world.dump());
    for code in &app.backup {
        assert!(!stored.contains(code.as_str()) && !stored.contains(&code.replace('-', "")), "{code}");
    }
    let before = world.mails("ada@example.com").len();
    let ask = at_once(&world, "ada@example.com", &app.backup[0]).unlimited();
    let replies = world.together(vec![ask; 50]);
    assert_eq!((count(&replies, 200), count(&replies, 401)), (1, 49));
    assert_eq!(world.mails("ada@example.com").len(), before + 1);
    let left = world.get("/auth/mfa/backup-codes").bearer(&app.access).send().is(200);
    assert_eq!(left.json["remaining"], 9);
    // A fresh set takes its place also when several ask for one at once.
    let fresh = world.post("/auth/mfa/backup-codes").bearer(&app.access);
    let fresh = fresh.json(json!({ "code": world.code(&app.secret) })).unlimited();
    let replies = world.together(vec![fresh; 20]);
    assert_eq!(count(&replies, 200), 1);
    assert_eq!(world.number("SELECT count(*) AS n FROM backup_codes"), 10);
    for code in &app.backup {
        at_once(&world, "ada@example.com", code).unlimited().send().is(401);
    }
}
