//! The hosted pages.

use serde_json::json;

use super::meter::{Meter, Row, row, way};
use super::session::ADA;
use crate::harness::oidc::{Party, asks};
use crate::harness::{Ask, PASSWORD, World};

/// A page that anybody may look at.
fn look(meter: &Meter, path: &str) {
    meter.again(World::new().get(path).navigating());
}

/// A page, looked at in a browser in which somebody is signed in.
fn signed_in(meter: &Meter, path: &str) {
    let world = World::new();
    let cookie = world.cookie_by(&world.user(ADA), &["pwd", "otp", "mfa"]);
    meter.again(world.get(path).navigating().cookie(&cookie));
}

/// A form of one of our pages.
fn form<'w>(world: &'w World, path: &str, fields: &[(&str, &str)]) -> Ask<'w> {
    world.post(path).navigating().header("sec-fetch-site", "same-origin").form(fields)
}

fn mailed(world: &World) {
    world.user(ADA);
    form(world, "/tenant/home/magic-link", &[("email", ADA)]).send().is(200);
}

/// The link that was mailed to a new address, and the session that asked for it.
fn changing(world: &World) -> (String, String) {
    let cookie = world.cookie(&world.user(ADA));
    let fields = [("section", "email"), ("email", "new@example.com"), ("current", PASSWORD)];
    form(world, "/tenant/home/account", &fields).cookie(&cookie).send().is(303);
    (world.mailed_link("new@example.com"), cookie)
}

/// A client that asks for consent, and its request.
fn consenting() -> (Party, String) {
    let party = Party::with("shop", json!({ "token_endpoint_auth_method": "none", "require_consent": true }));
    let request = asks(&party.authorize(&party.request()), "consent").get("request").unwrap().to_owned();
    (party, request)
}

/// The user code of a device, and who is in front of it.
fn device(world: &World) -> (String, String) {
    let grants = ["urn:ietf:params:oauth:grant-type:device_code"];
    let metadata = json!({ "token_endpoint_auth_method": "none", "grant_types": grants, "scope": "openid" });
    world.put_client("home", "tv", &metadata);
    let asked = world.post("/oauth2/device_authorization").form(&[("client_id", "tv")]).send().is(200);
    (asked.str("/user_code"), world.cookie(&world.user(ADA)))
}

/// The cookie of a sign-in that waits for an authenticator app.
fn waiting(world: &World) -> String {
    world.with_app(ADA);
    let fields = [("email", ADA), ("password", PASSWORD), ("own", "1")];
    let reply = form(world, "/tenant/home/login", &fields).send().is(303);
    format!("__Host-portcullis-challenge={}", reply.sets("__Host-portcullis-challenge").unwrap())
}

pub fn rows() -> Vec<Row> {
    vec![
        row("GET /.well-known/change-password", |m| signed_in(m, "/.well-known/change-password")),
        row("GET /tenant/{tenant}/login", |m| look(m, "/tenant/home/login")),
        way("GET /tenant/{tenant}/login", "for a client", |m| {
            let party = Party::public();
            let sent = asks(&party.browse(&party.request()).send(), "login");
            let path = format!("/tenant/home/login?request={}", sent.get("request").unwrap());
            m.again(party.world.get(&path).navigating());
        }),
        row("POST /tenant/{tenant}/login", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(form(&world, "/tenant/home/login", &[("email", ADA), ("password", PASSWORD)]));
        }),
        way("POST /tenant/{tenant}/login", "wrong password", |m| {
            let world = World::new();
            world.user(ADA);
            m.refused(form(&world, "/tenant/home/login", &[("email", ADA), ("password", "wrong")]), 401);
        }),
        row("GET /tenant/{tenant}/magic-link", |m| {
            let world = World::new();
            mailed(&world);
            let path = format!("/tenant/home/magic-link?token={}", world.mailed_link(ADA));
            m.again(world.get(&path).navigating());
        }),
        row("POST /tenant/{tenant}/magic-link", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(form(&world, "/tenant/home/magic-link", &[("email", ADA)]));
        }),
        way("POST /tenant/{tenant}/magic-link", "link", |m| {
            let world = World::new();
            mailed(&world);
            m.once(form(&world, "/tenant/home/magic-link", &[("token", &world.mailed_link(ADA))]));
        }),
        way("POST /tenant/{tenant}/magic-link", "code", |m| {
            let world = World::new();
            mailed(&world);
            let code = world.mailed_code(ADA);
            m.once(form(&world, "/tenant/home/magic-link", &[("email", ADA), ("code", &code)]));
        }),
        row("GET /tenant/{tenant}/change-email", |m| {
            let world = World::new();
            let (link, _) = changing(&world);
            m.again(world.get(&format!("/tenant/home/change-email?token={link}")).navigating());
        }),
        row("POST /tenant/{tenant}/change-email", |m| {
            let world = World::new();
            let (link, cookie) = changing(&world);
            m.once(form(&world, "/tenant/home/change-email", &[("token", &link)]).cookie(&cookie));
        }),
        row("GET /tenant/{tenant}/continue", |m| signed_in(m, "/tenant/home/continue?return_to=/app/")),
        row("GET /tenant/{tenant}/mfa", |m| {
            let world = World::new();
            let cookie = waiting(&world);
            m.again(world.get("/tenant/home/mfa").navigating().header("cookie", &cookie));
        }),
        way("POST /tenant/{tenant}/mfa", "sign-in", |m| {
            let world = World::new();
            let app = world.with_app(ADA);
            let fields = [("email", ADA), ("password", PASSWORD), ("own", "1")];
            let reply = form(&world, "/tenant/home/login", &fields).send().is(303);
            let challenge = reply.sets("__Host-portcullis-challenge").unwrap();
            let cookie = format!("__Host-portcullis-challenge={challenge}");
            let page = world.get("/tenant/home/mfa").header("cookie", &cookie).send().is(200);
            let (id, code) = (page.field("challenge"), world.code(&app.secret));
            let fields = [("challenge", id.as_str()), ("code", &code), ("own", "1")];
            m.once(form(&world, "/tenant/home/mfa", &fields).header("cookie", &cookie));
        }),
        row("GET /tenant/{tenant}/register", |m| look(m, "/tenant/home/register")),
        row("POST /tenant/{tenant}/register", |m| {
            let fields = [("email", ADA), ("password", PASSWORD), ("name", "Ada")];
            m.once(form(&World::new(), "/tenant/home/register", &fields));
        }),
        way("POST /tenant/{tenant}/register", "mailed again", |m| {
            let world = World::new();
            world.user_with("home", ADA, |user| user.email_verified = false);
            m.once(form(&world, "/tenant/home/register", &[("email", ADA), ("resend", "1")]));
        }),
        row("GET /tenant/{tenant}/forgot", |m| look(m, "/tenant/home/forgot")),
        row("POST /tenant/{tenant}/forgot", |m| {
            let world = World::new();
            world.user(ADA);
            m.once(form(&world, "/tenant/home/forgot", &[("email", ADA)]));
        }),
        row("GET /tenant/{tenant}/consent", |m| {
            let (party, request) = consenting();
            let path = format!("/tenant/home/consent?request={request}");
            m.again(party.world.get(&path).navigating().cookie(&party.cookie));
        }),
        row("POST /tenant/{tenant}/consent", |m| {
            let (party, request) = consenting();
            let fields = [("request", request.as_str()), ("decision", "allow")];
            m.once(form(&party.world, "/tenant/home/consent", &fields).cookie(&party.cookie));
        }),
        row("GET /tenant/{tenant}/device", |m| {
            let world = World::new();
            let (code, cookie) = device(&world);
            let path = format!("/tenant/home/device?user_code={code}");
            m.again(world.get(&path).navigating().cookie(&cookie));
        }),
        row("POST /tenant/{tenant}/device", |m| {
            let world = World::new();
            let (code, cookie) = device(&world);
            let fields = [("user_code", code.as_str()), ("decision", "allow")];
            m.once(form(&world, "/tenant/home/device", &fields).cookie(&cookie));
        }),
        way("POST /tenant/{tenant}/device", "looked up", |m| {
            let world = World::new();
            let (code, cookie) = device(&world);
            m.again(form(&world, "/tenant/home/device", &[("user_code", &code)]).cookie(&cookie));
        }),
        way("GET /tenant/{tenant}/account", "", |m| signed_in(m, "/tenant/home/account")),
        way("POST /tenant/{tenant}/account", "profile", |m| {
            let world = World::new();
            let cookie = world.cookie(&world.user(ADA));
            let fields = [("section", "profile"), ("name", "Ada")];
            m.again(form(&world, "/tenant/home/account", &fields).cookie(&cookie));
        }),
        row("GET /tenant/{tenant}/logout", |m| signed_in(m, "/tenant/home/logout")),
        row("POST /tenant/{tenant}/logout", |m| {
            let world = World::new();
            let cookie = world.cookie(&world.user(ADA));
            m.once(form(&world, "/tenant/home/logout", &[]).cookie(&cookie));
        }),
    ]
}
