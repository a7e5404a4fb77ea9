//! The tenant API.

use serde_json::{Value, json};

use super::meter::{Meter, Row, row, way};
use super::session::ADA;
use crate::harness::World;
use crate::tenant::holdings::Holder;
use crate::tenant::{mail_templates, templates};

/// The tenant's rows that requests are about, and what an administrator's token is.
fn stage() -> (World, String) {
    let world = World::new();
    let admin = world.admin();
    let ada = world.user(ADA);
    world.tenant("b");
    world.put_client("home", "app", &json!({ "grant_types": ["client_credentials"] }));
    let (id, email) = (&ada.id, ADA);
    for sql in [
        "INSERT INTO roles (tenant_id, name, rank, scopes) VALUES ('home', 'CLERK', 1, '[]')".to_owned(),
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at)
         VALUES ('home', 'google', '{\"kind\":\"google\",\"name\":\"G\",\"clientId\":\"us\"}', 0)"
            .to_owned(),
        format!(
            "INSERT INTO identities (id, tenant_id, provider_id, issuer, subject, user_id, linked_at)
             VALUES ('i', 'home', 'google', 'https://accounts.google.com', '1', '{id}', 0)"
        ),
        format!(
            "INSERT INTO join_requests VALUES ('j', 'home', 'google', 'https://accounts.google.com', '1', 'x{email}', 1, NULL, 0)"
        ),
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('home', 'corp.example', 'google', 'verified', 't', 0, 'home')"
            .to_owned(),
    ] {
        world.sql(&sql);
    }
    (world, admin)
}

/// An administrator's request about what [`stage`] has; `{user}` in its path is the person.
fn ask(meter: &Meter, method: &str, path: &str, body: Option<Value>) {
    let (world, admin) = stage();
    let ada = world.sql("SELECT id FROM users WHERE email_key = 'ada@example.com'")[0]["id"].clone();
    let session = world.sql("SELECT id FROM sessions LIMIT 1")[0]["id"].clone();
    let path = path.replace("{user}", ada.as_str().unwrap()).replace("{session}", session.as_str().unwrap());
    let ask = world.ask(method, &format!("/tenant/home/v2/{path}")).bearer(&admin);
    let ask = match body {
        Some(body) => ask.json(body),
        None => ask,
    };
    if method == "GET" { meter.again(ask) } else { meter.once(ask) }
}

fn get(meter: &Meter, path: &str) {
    ask(meter, "GET", path, None);
}

fn delete(meter: &Meter, path: &str) {
    ask(meter, "DELETE", path, None);
}

/// About something that another request makes first: `{id}` in the path is what its answer names.
fn made(meter: &Meter, by: (&str, Value, &str), method: &str, path: &str, body: Option<Value>) {
    let (world, admin) = stage();
    let (place, said, pointer) = by;
    let reply = world.post(&format!("/tenant/home/v2/{place}")).bearer(&admin).json(said).send().is(201);
    let path = format!("/tenant/home/v2/{}", path.replace("{id}", &reply.str(pointer)));
    let ask = world.ask(method, &path).bearer(&admin);
    let ask = match body {
        Some(body) => ask.json(body),
        None => ask,
    };
    if method == "GET" { meter.again(ask) } else { meter.once(ask) }
}

fn plan() -> (&'static str, Value, &'static str) {
    ("Plans", json!({ "name": "gold", "rank": 7 }), "/name")
}

fn route() -> Value {
    json!({ "name": "app", "path": "/app/", "origin": "http://origin.internal:9000" })
}

fn routes() -> (&'static str, Value, &'static str) {
    ("Routes", route(), "/id")
}

fn key() -> (&'static str, Value, &'static str) {
    ("ApiKeys", json!({ "name": "k", "scopes": ["read"] }), "/id")
}

/// About a template of the tenant's own, which is there.
fn template(meter: &Meter, put: bool, method: &str, path: &str, body: Option<Value>) {
    let (world, admin) = stage();
    let at = "/tenant/home/v2/";
    if put {
        let page = json!({ "html": templates::page("", "", "") });
        world.put(&format!("{at}Templates/login")).bearer(&admin).json(page).send().is(200);
        let mail = mail_templates::parts(&mail_templates::html(""));
        world.put(&format!("{at}MailTemplates/reset-password/en")).bearer(&admin).json(mail).send().is(200);
    }
    let ask = world.ask(method, &format!("{at}{path}")).bearer(&admin);
    let ask = match body {
        Some(body) => ask.json(body),
        None => ask,
    };
    if method == "GET" { meter.again(ask) } else { meter.once(ask) }
}

/// About a mail; one that could not be sent, if it is to be sent again.
fn mail(meter: &Meter, retry: bool) {
    let (world, admin) = stage();
    world.post.broken.set(retry);
    world.post("/auth/forgot-password").json(json!({ "email": ADA })).send().is(200);
    world.sql("UPDATE mails SET status = 'failed' WHERE status = 'queued'");
    let id = world.sql("SELECT id FROM mails")[0]["id"].as_str().unwrap().to_owned();
    match retry {
        true => meter.once(world.post(&format!("/tenant/home/v2/Mails/{id}/retry")).bearer(&admin)),
        false => meter.again(world.get(&format!("/tenant/home/v2/Mails/{id}")).bearer(&admin)),
    }
}

/// About what a person holds: the list, or the one item of it that ends.
fn held(meter: &Meter, list: &str, ends: bool) {
    let Holder { world, user, admin } = Holder::new();
    let path = format!("/tenant/home/v2/Users/{}/{list}", user.id);
    if !ends {
        return meter.again(world.get(&path).bearer(&admin));
    }
    let item = &world.get(&path).bearer(&admin).send().is(200).json["items"][0];
    let id = item.get("id").or_else(|| item.get("clientId")).unwrap().as_str().unwrap();
    meter.once(world.delete(&format!("{path}/{id}")).bearer(&admin));
}

pub fn rows() -> Vec<Row> {
    let mut all = reading();
    all.extend(changing());
    all.extend(templating());
    all
}

fn reading() -> Vec<Row> {
    vec![
        row("GET /tenant/{tenant}/v2/ApiKeys", |m| get(m, "ApiKeys")),
        row("GET /tenant/{tenant}/v2/ApiKeys/{id}", |m| made(m, key(), "GET", "ApiKeys/{id}", None)),
        row("GET /tenant/{tenant}/v2/Audit", |m| get(m, "Audit")),
        row("GET /tenant/{tenant}/v2/Clients", |m| get(m, "Clients")),
        row("GET /tenant/{tenant}/v2/Clients/{id}", |m| get(m, "Clients/app")),
        row("GET /tenant/{tenant}/v2/Domains", |m| get(m, "Domains")),
        row("GET /tenant/{tenant}/v2/Domains/{domain}", |m| get(m, "Domains/corp.example")),
        row("GET /tenant/{tenant}/v2/IdentityProviders", |m| get(m, "IdentityProviders")),
        row("GET /tenant/{tenant}/v2/IdentityProviders/{id}", |m| get(m, "IdentityProviders/google")),
        row("GET /tenant/{tenant}/v2/IdentityProviders/{id}/SigningKeys", |m| {
            let (world, admin) = stage();
            world.saml("home", "okta", json!({}));
            m.again(world.get("/tenant/home/v2/IdentityProviders/okta/SigningKeys").bearer(&admin));
        }),
        row("GET /tenant/{tenant}/v2/JoinRequests", |m| get(m, "JoinRequests")),
        row("GET /tenant/{tenant}/v2/Mails", |m| get(m, "Mails")),
        row("GET /tenant/{tenant}/v2/Mails/{id}", |m| mail(m, false)),
        row("GET /tenant/{tenant}/v2/Plans", |m| get(m, "Plans")),
        row("GET /tenant/{tenant}/v2/Plans/{name}", |m| made(m, plan(), "GET", "Plans/{id}", None)),
        row("GET /tenant/{tenant}/v2/Roles", |m| get(m, "Roles")),
        row("GET /tenant/{tenant}/v2/Roles/{name}", |m| get(m, "Roles/CLERK")),
        row("GET /tenant/{tenant}/v2/Routes", |m| get(m, "Routes")),
        row("GET /tenant/{tenant}/v2/Routes/{id}", |m| made(m, routes(), "GET", "Routes/{id}", None)),
        row("GET /tenant/{tenant}/v2/Settings", |m| get(m, "Settings")),
        row("GET /tenant/{tenant}/v2/SignIns", |m| get(m, "SignIns")),
        way("GET /tenant/{tenant}/v2/Audit", "with names", |m| get(m, "Audit?names=true")),
        row("GET /tenant/{tenant}/v2/Tenants", |m| get(m, "Tenants")),
        row("GET /tenant/{tenant}/v2/Tenants/{id}", |m| get(m, "Tenants/b")),
        row("GET /tenant/{tenant}/v2/Usage", |m| get(m, "Usage")),
        row("GET /tenant/{tenant}/v2/Users", |m| get(m, "Users")),
        row("GET /tenant/{tenant}/v2/Users/{id}", |m| get(m, "Users/{user}")),
        row("GET /tenant/{tenant}/v2/Keys", |m| get(m, "Keys")),
        row("GET /tenant/{tenant}/v2/Users/{id}/ApiKeys", |m| held(m, "ApiKeys", false)),
        row("GET /tenant/{tenant}/v2/Users/{id}/Connections", |m| held(m, "Connections", false)),
        row("GET /tenant/{tenant}/v2/Users/{id}/Consents", |m| held(m, "Consents", false)),
        row("GET /tenant/{tenant}/v2/Users/{id}/Passkeys", |m| held(m, "Passkeys", false)),
        row("GET /tenant/{tenant}/v2/Users/{id}/Identities", |m| get(m, "Users/{user}/Identities")),
        row("GET /tenant/{tenant}/v2/Users/{id}/Sessions", |m| get(m, "Users/{user}/Sessions")),
    ]
}

fn changing() -> Vec<Row> {
    vec![
        row("DELETE /tenant/{tenant}/v2/ApiKeys/{id}", |m| made(m, key(), "DELETE", "ApiKeys/{id}", None)),
        row("DELETE /tenant/{tenant}/v2/Clients/{id}", |m| delete(m, "Clients/app")),
        row("DELETE /tenant/{tenant}/v2/JoinRequests/{id}", |m| delete(m, "JoinRequests/j")),
        row("DELETE /tenant/{tenant}/v2/Plans/{name}", |m| made(m, plan(), "DELETE", "Plans/{id}", None)),
        row("DELETE /tenant/{tenant}/v2/Roles/{name}", |m| delete(m, "Roles/CLERK")),
        row("DELETE /tenant/{tenant}/v2/Routes/{id}", |m| made(m, routes(), "DELETE", "Routes/{id}", None)),
        row("DELETE /tenant/{tenant}/v2/Tenants/{id}", |m| delete(m, "Tenants/b")),
        row("DELETE /tenant/{tenant}/v2/Users/{id}", |m| delete(m, "Users/{user}")),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/ApiKeys/{key}", |m| held(m, "ApiKeys", true)),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/Connections/{connection}", |m| {
            held(m, "Connections", true);
        }),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/Consents/{client}", |m| held(m, "Consents", true)),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/Identities", |m| {
            delete(m, "Users/{user}/Identities?provider=google");
        }),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/Identities/{identity}", |m| {
            delete(m, "Users/{user}/Identities/i");
        }),
        row("DELETE /tenant/{tenant}/v2/Users/{id}/Sessions/{sid}", |m| {
            let (world, admin) = stage();
            let bob = world.user("bob@example.com");
            world.session(&bob);
            let sid = world.newest_session(&bob.id);
            let path = format!("/tenant/home/v2/Users/{}/Sessions/{sid}", bob.id);
            m.once(world.delete(&path).bearer(&admin));
        }),
        row("PATCH /tenant/{tenant}/v2/Tenants/{id}", |m| {
            ask(m, "PATCH", "Tenants/b", Some(json!({ "name": "Bee" })));
        }),
        row("POST /tenant/{tenant}/v2/IdentityProviders/{id}/test", |m| {
            ask(m, "POST", "IdentityProviders/google/test", None);
        }),
        row("POST /tenant/{tenant}/v2/Keys/reseal", |m| ask(m, "POST", "Keys/reseal", Some(json!({})))),
        row("POST /tenant/{tenant}/v2/Keys/rotate", |m| ask(m, "POST", "Keys/rotate", Some(json!({})))),
        row("POST /tenant/{tenant}/v2/Mails/{id}/retry", |m| mail(m, true)),
        row("POST /tenant/{tenant}/v2/Plans", |m| ask(m, "POST", "Plans", Some(plan().1))),
        row("POST /tenant/{tenant}/v2/Routes", |m| ask(m, "POST", "Routes", Some(route()))),
        row("POST /tenant/{tenant}/v2/Users/{id}/invitation", |m| {
            let (world, admin) = stage();
            let body = json!({ "email": "eve@example.com" });
            let made = world.post("/tenant/home/v2/Users").bearer(&admin).json(body).send().is(201);
            let path = format!("/tenant/home/v2/Users/{}/invitation", made.str("/id"));
            m.once(world.post(&path).bearer(&admin).json(json!({})));
        }),
        row("POST /tenant/{tenant}/v2/Users/{id}/password-reset", |m| {
            ask(m, "POST", "Users/{user}/password-reset", None);
        }),
        row("POST /tenant/{tenant}/v2/Users/{id}/unlock", |m| ask(m, "POST", "Users/{user}/unlock", None)),
        row("POST /tenant/{tenant}/v2/Users/{id}/verification", |m| {
            let (world, admin) = stage();
            let user = world.user_with("home", "eve@example.com", |user| user.email_verified = false);
            m.once(world.post(&format!("/tenant/home/v2/Users/{}/verification", user.id)).bearer(&admin));
        }),
        row("PUT /tenant/{tenant}/v2/Plans/{name}", |m| {
            made(m, plan(), "PUT", "Plans/{id}", Some(json!({ "name": "gold", "rank": 8 })));
        }),
        row("PUT /tenant/{tenant}/v2/Routes/{id}", |m| {
            made(m, routes(), "PUT", "Routes/{id}", Some(route()));
        }),
    ]
}

fn templating() -> Vec<Row> {
    vec![
        row("GET /tenant/{tenant}/v2/Templates", |m| template(m, true, "GET", "Templates", None)),
        row("GET /tenant/{tenant}/v2/Templates/{name}", |m| {
            template(m, true, "GET", "Templates/login", None);
        }),
        row("PUT /tenant/{tenant}/v2/Templates/{name}", |m| {
            let page = json!({ "html": templates::page("", "", "") });
            template(m, false, "PUT", "Templates/login", Some(page));
        }),
        row("POST /tenant/{tenant}/v2/Templates/{name}/preview", |m| {
            let page = json!({ "html": templates::page("", "", "") });
            template(m, false, "POST", "Templates/login/preview", Some(page));
        }),
        row("DELETE /tenant/{tenant}/v2/Templates/{name}", |m| {
            template(m, true, "DELETE", "Templates/login", None);
        }),
        row("GET /tenant/{tenant}/v2/MailTemplates", |m| template(m, true, "GET", "MailTemplates", None)),
        row("GET /tenant/{tenant}/v2/MailTemplates/{name}/{lang}", |m| {
            template(m, true, "GET", "MailTemplates/reset-password/en", None);
        }),
        row("PUT /tenant/{tenant}/v2/MailTemplates/{name}/{lang}", |m| {
            let mail = mail_templates::parts(&mail_templates::html(""));
            template(m, false, "PUT", "MailTemplates/reset-password/en", Some(mail));
        }),
        row("POST /tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview", |m| {
            let mail = mail_templates::parts(&mail_templates::html(""));
            template(m, false, "POST", "MailTemplates/reset-password/en/preview", Some(mail));
        }),
        row("DELETE /tenant/{tenant}/v2/MailTemplates/{name}/{lang}", |m| {
            template(m, true, "DELETE", "MailTemplates/reset-password/en", None);
        }),
    ]
}
