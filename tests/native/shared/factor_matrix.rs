//! Sign-in as a state machine: from every state, each endpoint that takes part in it either belongs there and
//! works, or refuses and changes nothing.

use serde_json::{Value, json};

use crate::harness::{Ask, World};
use crate::shared::factor_states::Hand;
use crate::shared::factor_states::State::{
    self, App as NeedsApp, Browser, Enrolling, Expired, Linked, Locked, Mail, MustEnrol, One, OneOfTwo,
    Reset, Two, Used,
};

/// Where the password is known and right.
const PASSWORD_KNOWN: &[State] =
    &[NeedsApp, Mail, MustEnrol, Browser, Locked, Used, Expired, Reset, One, OneOfTwo, Two, Enrolling];
/// Where there is a session of the person's own.
const SIGNED_IN: &[State] = &[One, OneOfTwo, Two, Enrolling];
/// Where there is a session and a code of the second factor at hand.
const WITH_CODE: &[State] = &[OneOfTwo, Two];
/// Where something waits for a code.
const WAITING: &[State] = &[NeedsApp, Mail, MustEnrol];
/// Where password and code are at hand, and nothing keeps them from being looked at.
const BOTH_KNOWN: &[State] = &[NeedsApp, Browser, Used, Expired, OneOfTwo, Two];
/// Where what a sign-in takes may be changed: signed in with all that there is.
const WITH_ALL: &[State] = &[One, Two, Enrolling];
const NEVER: &[State] = &[];

/// An endpoint that takes part, how it is asked, and where it works.
struct Part {
    row: &'static str,
    how: &'static str,
    works: &'static [State],
    body: fn(&Hand) -> Value,
}

const fn part(
    row: &'static str,
    how: &'static str,
    works: &'static [State],
    body: fn(&Hand) -> Value,
) -> Part {
    Part { row, how, works, body }
}

fn nothing(_: &Hand) -> Value {
    Value::Null
}

fn code(hand: &Hand) -> Value {
    json!({ "code": hand.code })
}

fn login(hand: &Hand) -> Value {
    json!({ "email": "ada@example.com", "password": hand.password })
}

fn token(hand: &Hand) -> Value {
    json!({ "mfa_token": hand.secret, "code": hand.code })
}

fn challenge(hand: &Hand) -> Value {
    json!({ "challenge": hand.secret, "code": hand.code })
}

fn link(hand: &Hand) -> Value {
    json!({ "token": hand.link })
}

/// Every row that signs people in or changes what it takes to.
const PARTS: &[Part] = &[
    part("POST /api/auth/login", "", PASSWORD_KNOWN, login),
    part("POST /auth/login", "", PASSWORD_KNOWN, login),
    part("POST /tenant/{tenant}/login", "", PASSWORD_KNOWN, login),
    part(
        "POST /auth/mfa/login",
        "",
        BOTH_KNOWN,
        |hand| json!({ "email": "ada@example.com", "password": hand.password, "code": hand.code }),
    ),
    part("POST /api/auth/mfa/verify", "", WAITING, challenge),
    part("POST /auth/mfa/verify", "", WAITING, token),
    part("POST /auth/mfa/verify", "bearer", &[Enrolling], code),
    part("POST /api/auth/mfa/send", "", &[Mail], challenge),
    part("POST /auth/mfa/send", "", &[Mail], token),
    part("POST /auth/mfa/send", "bearer", SIGNED_IN, nothing),
    part("POST /api/auth/mfa/step-up", "bearer", SIGNED_IN, nothing),
    part("GET /api/auth/mfa", "bearer", SIGNED_IN, nothing),
    part("GET /auth/mfa", "bearer", SIGNED_IN, nothing),
    part("POST /auth/mfa/enable", "bearer", WITH_ALL, nothing),
    part("GET /auth/mfa/backup-codes", "bearer", SIGNED_IN, nothing),
    part("POST /auth/mfa/backup-codes", "bearer", WITH_CODE, code),
    part("POST /auth/mfa/disable", "bearer", WITH_CODE, code),
    part("POST /api/auth/refresh", "", SIGNED_IN, |hand| json!({ "refreshToken": hand.refresh })),
    part("POST /auth/refresh", "", SIGNED_IN, |hand| json!({ "refresh_token": hand.refresh })),
    part(
        "POST /api/auth/change-password",
        "bearer",
        SIGNED_IN,
        |hand| json!({ "currentPassword": hand.password, "newPassword": "yet another password" }),
    ),
    part(
        "POST /api/auth/change-email",
        "bearer",
        WITH_ALL,
        |hand| json!({ "newEmail": "ada@example.org", "password": hand.password }),
    ),
    part("POST /api/auth/magic-link/verify", "", &[Linked], link),
    part("POST /users/auth/magic-link/verify", "", &[Linked], link),
    part("POST /tenant/{tenant}/magic-link", "", &[Linked], link),
    part("GET /api/auth/passkeys", "bearer", SIGNED_IN, nothing),
    part("POST /api/auth/passkeys/options", "bearer", WITH_ALL, nothing),
    part("POST /api/auth/passkeys", "bearer", NEVER, |_| json!({ "credential": {} })),
    part("PATCH /api/auth/passkeys/{id}", "bearer", NEVER, |_| json!({ "name": "mine" })),
    part("DELETE /api/auth/passkeys/{id}", "bearer", NEVER, nothing),
    // Without a challenge it begins a sign-in of anybody; with one it belongs to who has a passkey.
    part("POST /api/auth/passkeys/login/options", "", NEVER, |hand| json!({ "challenge": hand.secret })),
    part("POST /api/auth/passkeys/login", "", NEVER, |_| json!({ "credential": {} })),
    part("GET /tenant/{tenant}/mfa", "cookie", &[Browser, One, OneOfTwo, Two, Enrolling], nothing),
    part("POST /tenant/{tenant}/mfa", "cookie", &[Browser], |hand| {
        let row = hand.world.sql("SELECT id FROM challenges ORDER BY id DESC LIMIT 1").pop();
        json!({ "challenge": row.map_or("none".into(), |row| row["id"].clone()), "code": hand.code })
    }),
    part("POST /tenant/{tenant}/account", "cookie", WITH_ALL, |_| json!({ "section": "factor-app" })),
    part("POST /tenant/{tenant}/account", "cookie", WITH_ALL, |_| json!({ "section": "factor-email" })),
    part("POST /tenant/{tenant}/account", "cookie", SIGNED_IN, |_| json!({ "section": "factor-send" })),
    part(
        "POST /tenant/{tenant}/account",
        "cookie",
        WITH_CODE,
        |hand| json!({ "section": "factor-codes", "code": hand.code }),
    ),
    part(
        "POST /tenant/{tenant}/account",
        "cookie",
        WITH_CODE,
        |hand| json!({ "section": "factor-off", "code": hand.code }),
    ),
    part(
        "POST /tenant/{tenant}/account",
        "cookie",
        SIGNED_IN,
        |hand| json!({ "section": "password", "current": hand.password, "password": "yet another password" }),
    ),
    part("PUT /tenant/{tenant}/v2/Users/{id}", "bearer", NEVER, |_| json!({ "resetTOTP": true })),
    part("PATCH /tenant/{tenant}/v2/Users/{id}", "bearer", NEVER, |_| json!({ "mfa": "none" })),
];

/// Rows of the people's surfaces that sign nobody in and change no factor: what they take is a session like any
/// other's, or a link in a mail. Surfaces for machines and administrators stand here as a whole.
const APART: &[&str] = &[
    "POST /api/auth/change-email/confirm",
    "POST /api/auth/reauthenticate",
    "POST /api/auth/magic-link/request",
    "POST /users/auth/magic-link/request",
    "GET /.well-known/webauthn",
    "GET /.well-known/change-password",
    "GET /tenant/{tenant}/account/export",
    "GET /api/auth/sessions",
    "DELETE /api/auth/sessions",
    "DELETE /api/auth/sessions/{id}",
    "GET /api/auth/devices",
    "DELETE /api/auth/devices/{id}",
    "GET /api/auth/me",
    "POST /api/auth/logout",
    "GET /api/auth/api-keys",
    "POST /api/auth/api-keys",
    "DELETE /api/auth/api-keys/{id}",
    "POST /auth/register",
    "GET /auth/verify-email",
    "POST /auth/verify-email",
    "POST /auth/logout",
    "POST /auth/forgot-password",
    "GET /auth/reset-password",
    "POST /auth/reset-password",
    "GET /users/auth/status",
    "POST /users/generate-api-key",
    "POST /users/logout",
    "GET /tenant/{tenant}/login",
    "GET /tenant/{tenant}/magic-link",
    "GET /tenant/{tenant}/change-email",
    "POST /tenant/{tenant}/change-email",
    "GET /tenant/{tenant}/account",
    "GET /tenant/{tenant}/consent",
    "GET /tenant/{tenant}/continue",
    "POST /tenant/{tenant}/consent",
    "GET /tenant/{tenant}/device",
    "POST /tenant/{tenant}/device",
    "GET /tenant/{tenant}/forgot",
    "POST /tenant/{tenant}/forgot",
    "GET /tenant/{tenant}/logout",
    "POST /tenant/{tenant}/logout",
    "GET /tenant/{tenant}/register",
    "POST /tenant/{tenant}/register",
    "GET /tenant/{tenant}/sso/{id}/onward",
    "POST /api/auth/google",
    "POST /api/auth/microsoft",
    "GET /users/auth/google",
    "GET /users/auth/google/callback",
    "POST /auth/sso/start",
    "GET /tenant/{tenant}/sso/{id}",
    // What comes back from a provider is a first factor, and `sso::linking` holds what it takes besides.
    "GET /tenant/{tenant}/sso/{id}/callback",
    // The same by SAML, and `sso::saml_people` holds it.
    "POST /tenant/{tenant}/sso/{id}/acs",
    "GET /tenant/{tenant}/sso/{id}/metadata",
    "GET /tenant/{tenant}/sso/{id}/certificate",
    "GET /tenant/{tenant}/sso/{id}/slo",
    "POST /tenant/{tenant}/sso/{id}/slo",
    "GET /tenant/{tenant}/sso/{id}/sign-out",
    "GET /tenant/{tenant}/sso/{id}/link",
    "POST /tenant/{tenant}/sso/{id}/link",
    // The same, for what an app presents: `session::google`, `session::microsoft`.
    // Who one is at providers; unlinking takes the second factor, as `session::identities` holds.
    "GET /api/auth/identities",
    "DELETE /api/auth/identities",
    "DELETE /api/auth/identities/{id}",
    // What is kept for other services lets nobody in here.
    "GET /auth/providers",
    "POST /auth/providers",
    "GET /auth/providers/{id}",
    "PUT /auth/providers/{id}",
    "DELETE /auth/providers/{id}",
    "GET /auth/connected",
    "GET /auth/valid-token",
    "POST /auth/apikeys/{id}",
    "GET /auth/apikeys/{id}",
    "DELETE /auth/apikeys/{id}",
    "GET /auth/google-search-keys",
    "PUT /auth/google-search-keys",
    "DELETE /auth/google-search-keys",
    "GET /auth/connect/{id}",
    "POST /auth/callback",
    "GET /auth/callback/{id}",
    "GET /tenant/{tenant}/auth/callback/{id}",
    "POST /auth/disconnect/{id}",
    "POST /auth/connections",
    "DELETE /auth/connections",
    "GET /auth/connections/{id}",
];
const APART_SURFACES: [&str; 4] = ["console", "oauth", "tenant", "system"];

#[test]
fn every_row_takes_part_or_stands_apart() {
    let world = World::new();
    let mut unknown = Vec::new();
    for surface in world.table.surfaces() {
        for route in &surface.routes {
            let row = format!("{} {}", route.method, route.path);
            let parts = PARTS.iter().any(|part| part.row == row);
            let apart = APART.contains(&row.as_str()) || APART_SURFACES.contains(&surface.name);
            if !parts && !apart || parts && APART.contains(&row.as_str()) {
                unknown.push(row);
            }
        }
    }
    assert!(unknown.is_empty(), "say where these belong: {unknown:#?}");
}

/// The request of one who stands somewhere.
fn ask<'w>(hand: &'w Hand, part: &Part) -> Ask<'w> {
    let (method, path) = part.row.split_once(' ').unwrap();
    let path = path.replace("{tenant}", "home").replace("{id}", &hand.user);
    let ask = hand.world.ask(method, &path).fresh();
    let ask = match part.how {
        "bearer" => ask.bearer(&hand.token),
        "cookie" => ask.header("cookie", &hand.cookie).navigating(),
        _ => ask,
    };
    let page = path.starts_with("/tenant/home/") && !path.contains("/v2/");
    match (part.body)(hand) {
        Value::Null => ask,
        body if page => {
            let fields = body.as_object().unwrap();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
            ask.form(&fields)
        }
        body => ask.json(body),
    }
}

/// What there is.
fn dump(hand: &Hand) -> Vec<(String, Value)> {
    hand.world.dump()
}

/// What differs, by table.
fn changed(before: &[(String, Value)], after: &[(String, Value)]) -> Vec<String> {
    before
        .iter()
        .zip(after)
        .filter(|(b, a)| b != a)
        .map(|(b, a)| format!("{}: {} to {}", b.0, b.1, a.1))
        .collect()
}

fn only_what_belongs_works(state: State) {
    let hand = Hand::of(state);
    for part in PARTS.iter().filter(|part| !part.works.contains(&state)) {
        let what = format!("{state:?}: {} {}", part.row, part.how);
        let before = dump(&hand);
        let reply = ask(&hand, part).send();
        // A page shows the way to where one may go on.
        let refused = (400..500).contains(&reply.status) || part.how == "cookie" && reply.status == 303;
        assert!(refused, "{what} answered {}: {}", reply.status, reply.text);
        let changed = changed(&before, &dump(&hand));
        assert!(changed.is_empty(), "{what} was refused and changed {changed:#?}");
    }
    for part in PARTS.iter().filter(|part| part.works.contains(&state)) {
        let what = format!("{state:?}: {} {}", part.row, part.how);
        let hand = Hand::of(state);
        let before = dump(&hand);
        let reply = ask(&hand, part).send();
        assert!(matches!(reply.status, 200 | 303), "{what} answered {}: {}", reply.status, reply.text);
        // A ceremony is stored when it is answered.
        let changes = !part.row.starts_with("GET ") && part.row != "POST /api/auth/passkeys/options";
        let changed = !changed(&before, &dump(&hand)).is_empty();
        assert!(changed || !changes, "{what} answered {} and changed nothing", reply.status);
    }
}

macro_rules! states {
    ($($name:ident: $state:ident,)*) => {
        $(#[test]
        fn $name() {
            only_what_belongs_works(State::$state);
        })*
    };
}

states! {
    one_who_knows_nothing_gets_nowhere: Nobody,
    one_of_whom_an_app_is_asked_gives_its_code: App,
    one_of_whom_a_mailed_code_is_asked_gives_it: Mail,
    one_who_must_set_an_app_up_does_so: MustEnrol,
    what_waits_in_a_browser_is_completed_there: Browser,
    one_who_is_locked_out_waits: Locked,
    what_was_completed_is_over: Used,
    what_waited_too_long_is_over: Expired,
    what_waited_for_one_with_another_password_is_over: PasswordChanged,
    what_waited_for_one_who_is_disabled_is_over: Disabled,
    what_waited_for_one_with_another_factor_is_over: Reset,
    one_who_is_signed_in_sets_a_factor_up: One,
    one_who_gave_one_of_two_factors_changes_none: OneOfTwo,
    one_who_gave_both_changes_them: Two,
    one_who_sets_an_app_up_gives_its_code: Enrolling,
    one_who_has_a_link_follows_it: Linked,
    one_who_came_by_mail_alone_gets_no_further: ByMail,
}
