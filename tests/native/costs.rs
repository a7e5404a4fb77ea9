//! What one address can cost in a minute at each endpoint that is open to all. `docs/limits.md` says it, in a table
//! that is held here against the code: each row is asked as somebody would who wants to cost much.

use portcullis::http::guard::{Guard, Run};
use serde_json::json;

use crate::harness::{Ask, PASSWORD, World};

/// Requests that are tried at each row: more than any limit but those of sign-ins and of all requests to open endpoints.
const TRIES: u32 = 320;

/// The document, and where its table begins.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/limits.md");
const HEAD: &str = "| request | requests | look-ups | rows | mails |\n|---|---|---|---|---|\n";

/// What a row cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cost {
    /// Requests that were not answered 429.
    answered: u64,
    /// Round trips to the database.
    look_ups: u64,
    /// Rows written.
    rows: u64,
    mails: u64,
}

/// Every row that is open to all and does something: method and path.
fn rows(world: &World) -> Vec<(&'static str, &'static str)> {
    let routes = world.table.surfaces().iter().flat_map(|surface| &surface.routes);
    let open = |run: &Run| !matches!(run, Run::Asset) && matches!(run.guard(), Guard::Open | Guard::Client);
    routes.filter(|route| open(&route.run)).map(|route| (route.method, route.path)).collect()
}

/// The `n`th request of one who makes everything up.
fn attack<'w>(world: &'w World, method: &str, path: &str, n: u32) -> Ask<'w> {
    let secret = format!("{n:0>43}");
    let email = format!("someone{n}@example.com");
    let uri = "http://localhost:1/cb";
    let asked = format!(
        "response_type=code&client_id=public&redirect_uri={uri}&code_challenge_method=S256&code_challenge={secret}&scope=openid"
    );
    let place = path.replace("{tenant}", "home").replace("{id}", &secret);
    let ask = match (method, path.rsplit('/').next().unwrap_or_default()) {
        ("GET", "authorize") => world.get(&format!("{place}?{asked}")),
        ("GET", "login" | "register" | "forgot" | "consent") => {
            world.get(&format!("{place}?request={secret}"))
        }
        ("GET", _) => {
            world.get(&format!("{place}?token={secret}&id_token_hint={secret}&user_code=BCDF-GHJK"))
        }
        (_, "authorize") => world.ask(method, &place).form(&[
            ("response_type", "code"),
            ("client_id", "public"),
            ("redirect_uri", uri),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
            ("code_challenge", &secret),
        ]),
        (_, "par") => world.ask(method, &place).body("application/x-www-form-urlencoded", asked),
        (_, "token") => world.ask(method, &place).form(&[
            ("grant_type", "authorization_code"),
            ("code", &secret),
            ("client_id", "public"),
            ("redirect_uri", uri),
            ("code_verifier", &secret),
        ]),
        (_, "introspect" | "revoke" | "device_authorization") => world.ask(method, &place).form(&[
            ("client_id", "public"),
            ("token", &secret),
            ("scope", "openid"),
        ]),
        _ if path.starts_with("/tenant/") || path.ends_with("/oauth2/logout") => {
            world.ask(method, &place).form(&[
                ("email", &email),
                ("password", "wrong"),
                ("token", &secret),
                ("code", "123456"),
                ("request", &secret),
                ("user_code", "BCDF-GHJK"),
                ("id_token_hint", &secret),
                ("challenge", &secret),
                ("full_name", "x"),
            ])
        }
        _ if path.contains("/oauth2/register") => world.ask(method, &place).bearer(&secret).json(
            json!({ "redirect_uris": [uri], "client_name": "x", "token_endpoint_auth_method": "none" }),
        ),
        _ => world.ask(method, &place).json(json!({
            "email": email, "password": PASSWORD, "full_name": "x", "token": secret, "code": "123456",
            "refresh_token": secret, "refreshToken": secret, "challenge": secret, "mfaToken": secret,
            "mfa_token": secret, "setupToken": secret, "setup_token": secret, "credential": secret,
            "accessToken": secret,
        })),
    };
    // A form of our own page, and a cookie of each kind.
    let cookie = |name| format!("__Host-portcullis{name}={secret}");
    let cookies = ["", "-challenge", "-device", "-passkey"].map(cookie).join("; ");
    browsing(ask).header("cookie", &cookies)
}

/// Other requests of that kind, which come further than one that is all made up.
fn others<'w>(world: &'w World, method: &str, path: &str, n: u32) -> Vec<Ask<'w>> {
    let secret = format!("{n:0>43}");
    let place = path.replace("{tenant}", "home").replace("{id}", &secret);
    let email = format!("someone{n}@example.com");
    // What each account and address is allowed to get wrong by mail is one account's here.
    let code = json!({ "email": "someone@example.com", "code": "123456" });
    let form = [("email", email.as_str()), ("password", PASSWORD), ("full_name", "x")];
    let key = json!({
        "id": secret, "rawId": secret, "type": "public-key", "clientExtensionResults": {},
        "response": { "clientDataJSON": "e30", "authenticatorData": "e30", "signature": "e30" },
    });
    vec![
        browsing(world.ask(method, &place)),
        browsing(world.ask(method, &place)).bearer(&secret),
        browsing(world.ask(method, &place)).form(&form),
        world.ask(method, &place).bearer(&format!("pc_{secret}")).json(json!({
            "redirect_uris": ["http://localhost:1/cb"], "client_name": "x", "token_endpoint_auth_method": "none",
        })),
        world.ask(method, &place).header("origin", &format!("https://a{n}.example")),
        world.ask(method, &place).host(&format!("a{n}.example")).json(code),
        world.ask(method, &place).json(json!({ "credential": key })),
        world.ask(method, &place.replace("home", &format!("nobody-{n}"))).header("x-tenant-id", &format!("none-{n}")),
    ]
}

fn browsing(ask: Ask<'_>) -> Ask<'_> {
    ask.header("sec-fetch-site", "same-origin").header("sec-fetch-mode", "navigate")
}

/// A world with a client that anybody can say to be, in which the isolate knows what it needs to know.
fn world() -> World {
    let world = World::new();
    world.settings(json!({ "clientRegistration": "open", "magicLinkSignUp": true }));
    let grants = ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"];
    let client = json!({
        "token_endpoint_auth_method": "none", "redirect_uris": ["http://localhost:1/cb"], "grant_types": grants,
    });
    world.client("home", "public", client);
    world.get("/.well-known/jwks.json").send().is(200);
    world.get("/tenant/home/login").send().is(200);
    world
}

/// Round trips, rows and mails so far.
fn spent(world: &World) -> [u64; 3] {
    let trips = u64::try_from(world.db.trips.get()).unwrap();
    let mails = u64::try_from(world.post.mails.borrow().len()).unwrap();
    [trips, world.db.rows_changed(), mails]
}

/// The `n`th request to a row, in one of the ways to ask it.
fn asked<'w>(world: &'w World, method: &str, path: &str, kind: usize, n: u32) -> Ask<'w> {
    match kind.checked_sub(1) {
        None => attack(world, method, path, n),
        Some(kind) => others(world, method, path, n).swap_remove(kind),
    }
}

/// What the costliest of all kinds of request to a row costs.
fn measured(method: &str, path: &str) -> Cost {
    let probe = world();
    let kinds = others(&probe, method, path, 0).len();
    let mut most = Cost::default();
    for kind in 0..=kinds {
        let mut before = spent(&probe);
        for n in 0..3 {
            if n == 1 {
                before = spent(&probe);
            }
            asked(&probe, method, path, kind, n).from("198.51.100.8").status();
        }
        // What asks no storage for the second request does not for the hundredth.
        if spent(&probe) == before {
            continue;
        }
        let cost = measured_as(method, path, kind);
        most.look_ups = most.look_ups.max(cost.look_ups);
        most.rows = most.rows.max(cost.rows);
        most.mails = most.mails.max(cost.mails);
        most.answered = most.answered.max(cost.answered);
    }
    most
}

fn measured_as(method: &str, path: &str, kind: usize) -> Cost {
    let world = world();
    let before = spent(&world);
    let (mut answered, mut held_off) = (0, 0);
    for n in 0..TRIES {
        let status = asked(&world, method, path, kind, n).from("198.51.100.7").status();
        answered += u64::from(status != 429);
        held_off += u32::from(status == 429);
        // Nothing changes once it is held off.
        if held_off > 3 {
            break;
        }
    }
    let after = spent(&world);
    let [look_ups, rows, mails] = [0, 1, 2].map(|at| after[at] - before[at]);
    let unbounded = held_off == 0 && look_ups.max(rows) >= u64::from(TRIES);
    assert!(
        !unbounded,
        "{method} {path}, asked in way {kind}, costs more with each request and is not held off"
    );
    Cost { answered: if held_off > 0 { answered } else { 0 }, look_ups, rows, mails }
}

/// A figure as it is written down: rounded up by a fifth, so that a statement more is no other figure.
fn rounded(figure: u64) -> u64 {
    if figure <= 10 { figure } else { (figure + figure / 5).div_ceil(50) * 50 }
}

/// The figures of a written line: request, requests, look-ups, rows and mails.
fn figures(line: &str) -> (&str, Vec<u64>) {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let request = cells.next().unwrap_or_default();
    (request, cells.map(|cell| cell.parse().unwrap_or_default()).collect())
}

#[test]
fn what_an_address_can_cost_is_written_down_and_no_open_row_is_without_a_limit() {
    let (mut all, mut fresh) = (Vec::new(), String::new());
    for (method, path) in rows(&World::new()) {
        let Cost { answered, look_ups, rows, mails } = measured(method, path);
        let answered_at_all = if answered == 0 { "-".to_owned() } else { answered.to_string() };
        let [look_ups_at_most, rows_at_most] = [look_ups, rows].map(rounded);
        let request = format!("`{method} {path}`");
        fresh.push_str(&format!(
            "| {request} | {answered_at_all} | {look_ups_at_most} | {rows_at_most} | {mails} |\n"
        ));
        all.push((request, [answered, look_ups, rows, mails]));
    }
    let written = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, table) = written.split_once(HEAD).unwrap();
    if std::env::var_os("WRITE_LIMITS").is_some() {
        std::fs::write(DOCUMENT, format!("{before}{HEAD}{fresh}")).unwrap();
    }
    let table: Vec<(&str, Vec<u64>)> = table.lines().map(figures).collect();
    let written: Vec<&str> = table.iter().map(|(request, _)| *request).collect();
    let there: Vec<&str> = all.iter().map(|(request, _)| request.as_str()).collect();
    assert_eq!(written, there, "WRITE_LIMITS=1 writes it anew");
    for ((request, costs), (_, most)) in all.iter().zip(&table) {
        let within = costs.iter().zip(most).all(|(cost, most)| cost <= most);
        assert!(within, "{request} costs {costs:?}, more than is written down: {most:?}");
    }
}
