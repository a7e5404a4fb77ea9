//! Requests that an isolate may answer or forward from memory, in the four states that it can be in.
//!
//! *Cold*: the isolate knows nothing. *Warm*: it served the same a moment ago. *In use*: the same after 5.5 s, while others
//! of the tenant keep asking. *Idle*: the same after 5.5 s in which nobody asked.

use serde_json::json;

use crate::harness::{Ask, World};

/// What requests need, made some time ago.
struct Made {
    world: World,
    token: String,
    others: Vec<String>,
    cookie: String,
    cookies: Vec<String>,
    key: String,
    keys: Vec<String>,
}

fn made() -> Made {
    let world = World::new();
    world.route(json!({}));
    world.route(json!({ "name": "open", "path": "/open/", "auth": "none" }));
    world.advance(200);
    let user = world.user("ada@example.com");
    let token = world.session(&user).access;
    let each = |make: &dyn Fn(&portcullis::store::users::User) -> String| -> Vec<String> {
        let others = ["bob", "eve", "kim", "lea"];
        let email =
            |name: &str| format!("{name}-{}@example.com", world.number("SELECT count(*) AS n FROM users"));
        others.iter().map(|name| make(&world.user(&email(name)))).collect()
    };
    let others = each(&|user| world.session(user).access);
    let cookies = each(&|user| world.cookie(user));
    let keys = each(&|user| world.api_key(&world.session(user).access, &["read"]));
    let (cookie, key) = (world.cookie(&user), world.api_key(&token, &["read"]));
    Made { world, token, others, cookie, cookies, key, keys }
}

/// A request, the `n`th time.
type Request = for<'m> fn(&'m Made, usize) -> Ask<'m>;

/// Each of them, whether it is answered or forwarded.
const ROWS: &[(&str, Request)] = &[
    ("forward, bearer", |made, _| made.world.get("/app/").bearer(&made.token)),
    ("forward, bearer, another user", |made, n| made.world.get("/app/").bearer(&made.others[n])),
    ("forward, API key", |made, _| made.world.get("/app/").key(&made.key)),
    ("forward, cookie", |made, _| made.world.get("/app/").cookie(&made.cookie)),
    ("forward, API key first seen", |made, n| made.world.get("/app/").key(&made.keys[n])),
    ("forward, cookie first seen", |made, n| made.world.get("/app/").cookie(&made.cookies[n])),
    ("forward, a route for all", |made, _| made.world.get("/open/")),
    ("GET /.well-known/jwks.json", |made, _| made.world.get("/.well-known/jwks.json")),
    ("GET /tenant/{tenant}/.well-known/openid-configuration", |made, _| {
        made.world.get("/tenant/home/.well-known/openid-configuration")
    }),
    ("GET /api/auth/me", |made, _| made.world.get("/api/auth/me").bearer(&made.token)),
    ("GET /tenant/{tenant}/login", |made, _| made.world.get("/tenant/home/login").navigating()),
];

/// A request that says nothing of anybody, and has its tenant's feed asked for.
fn other_traffic(made: &Made) {
    made.world.get("/open/").elsewhere().plan();
}

fn waits(ask: Ask<'_>, what: &str) -> usize {
    let (status, waits) = ask.elsewhere().waited();
    assert_eq!(status, 200, "{what}");
    waits
}

/// How often each waits: cold, warm, in use and idle.
pub fn measured() -> Vec<(&'static str, [usize; 4])> {
    let measure = |(what, request): &(&'static str, Request)| {
        let made = made();
        let world = &made.world;
        // That the schema is there is asked once in an isolate's life.
        world.get("/healthz").elsewhere().send().is(200);
        let cold = waits(request(&made, 0), what);
        let warm = waits(request(&made, 1), what);
        world.advance_ms(3_000);
        other_traffic(&made);
        world.advance_ms(2_500);
        let in_use = waits(request(&made, 2), what);
        world.advance_ms(5_500);
        (*what, [cold, warm, in_use, waits(request(&made, 3), what)])
    };
    ROWS.iter().map(measure).collect()
}

#[test]
fn an_isolate_in_use_for_long_never_waits() {
    let made = made();
    let waited: usize = (0..400)
        .map(|_| {
            made.world.advance_ms(2_000);
            waits(made.world.get("/app/").bearer(&made.token), "forward")
        })
        .sum();
    // The first, and each time that the credential was not looked at for five minutes.
    assert!(waited <= 4, "{waited}");
}
