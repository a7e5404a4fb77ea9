//! Where a mail domain is enforced, an administrator keeps a way to sign in: whatever would take the last one is refused, in
//! each way that there is, and two at once take no more than one.

use portcullis::model::state::UserStatus;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Ask, PASSWORD, World};

/// What is proved in a session that may remove a passkey.
const TWO: &[&str] = &["pop", "user", "mfa"];

const PROVIDER: &str = "/tenant/acme/v2/IdentityProviders/okta";

fn user_path(user: &User) -> String {
    format!("/tenant/acme/v2/Users/{}", user.id)
}

fn add_provider(world: &World, tenant: &str, id: &str, enforced: bool) {
    let spec = json!({
        "kind": "oidc", "name": id, "issuer": format!("https://{id}.example"), "clientId": "us", "scopes": ["openid"],
        "enabled": true, "enforced": enforced,
    });
    world.sql(&format!(
        "INSERT INTO identity_providers (tenant_id, id, spec, created_at) VALUES ('{tenant}', '{id}', '{spec}', 0)"
    ));
}

fn add_domain(world: &World, tenant: &str, domain: &str, provider: &str, status: &str) {
    world.sql(&format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, directory)
         VALUES ('{tenant}', '{domain}', '{provider}', '{status}', 't', 0, '{tenant}')"
    ));
    world.cache.forget_tenant(tenant);
}

fn administrator(world: &World, email: &str) -> User {
    world.user_with("acme", email, |user| user.roles = vec!["ADMIN".into()])
}

fn add_passkey(world: &World, user: &User) {
    let User { id, tenant_id, .. } = user;
    world.sql(&format!(
        "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                               transports, name, created_at)
         VALUES ('{id}', '{tenant_id}', '{id}', 'c-{id}', 'auth.example.com', 'k', 0, 0, '[]', 'A key', 0)"
    ));
}

fn add_identity(world: &World, user: &User, provider: &str) {
    let User { id, tenant_id, .. } = user;
    world.sql(&format!(
        "INSERT INTO identities VALUES ('i-{id}', '{tenant_id}', '{provider}', 'https://{provider}.example', '{id}',
                                        '{id}', NULL, 0, NULL)"
    ));
}

/// The tenant `acme` with a provider `okta` for `corp.example`, and its administrator, who has a password there.
struct Acme {
    world: World,
    ada: User,
}

impl Acme {
    fn new(enforced: bool) -> Acme {
        Acme::of(World::new(), enforced, "verified")
    }

    fn of(world: World, enforced: bool, status: &str) -> Acme {
        let body = json!({ "id": "acme", "name": "A", "enterprise": true });
        world.post("/tenant/home/v2/Tenants").bearer(&world.admin()).json(body).send().is(201);
        add_provider(&world, "acme", "okta", enforced);
        add_domain(&world, "acme", "corp.example", "okta", status);
        let ada = administrator(&world, "ada@corp.example");
        Acme { world, ada }
    }

    fn token(&self) -> String {
        self.world.session(&self.ada).access
    }

    fn enforce(&self) -> Ask<'_> {
        self.world.patch(PROVIDER).bearer(&self.token()).json(json!({ "enforced": true }))
    }
}

type Given = (&'static str, u16, fn(&Acme));

#[test]
fn a_domain_is_enforced_where_an_administrator_can_still_sign_in() {
    let given: [Given; 11] = [
        ("nothing", 409, |_| ()),
        ("a passkey", 200, |acme| add_passkey(&acme.world, &acme.ada)),
        ("an identity at the provider", 200, |acme| add_identity(&acme.world, &acme.ada, "okta")),
        ("another address", 200, |acme| drop(administrator(&acme.world, "bob@private.example"))),
        ("an address below the domain", 200, |acme| drop(administrator(&acme.world, "bob@a.corp.example"))),
        ("an identity at another provider", 409, |acme| {
            add_provider(&acme.world, "acme", "other", false);
            add_identity(&acme.world, &acme.ada, "other");
        }),
        ("a passkey where none is accepted", 409, |acme| {
            add_passkey(&acme.world, &acme.ada);
            acme.world.sql("UPDATE tenants SET settings = json_set(settings, '$.passkeys', json('false'))");
        }),
        ("another's passkey", 409, |acme| {
            let bob =
                acme.world.user_with("acme", "bob@corp.example", |user| user.roles = vec!["MANAGER".into()]);
            add_passkey(&acme.world, &bob);
        }),
        ("another's address", 409, |acme| drop(acme.world.user_with("acme", "bob@private.example", |_| {}))),
        ("one who is disabled", 409, |acme| {
            let bob = acme.world.user_with("acme", "bob@private.example", |user| {
                user.roles = vec!["ADMIN".into()];
                user.status = UserStatus::Disabled;
            });
            add_passkey(&acme.world, &bob);
        }),
        ("another tenant's", 409, |acme| {
            let bob =
                acme.world.user_with("home", "bob@private.example", |user| user.roles = vec!["ADMIN".into()]);
            add_passkey(&acme.world, &bob);
        }),
    ];
    for (name, status, give) in given {
        let acme = Acme::new(false);
        give(&acme);
        let reply = acme.enforce().send();
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
        if status == 409 {
            assert!(
                reply.str("/detail").contains("no administrator could sign in"),
                "{name}: {}",
                reply.text
            );
            let enforced =
                "SELECT count(*) AS n FROM identity_providers WHERE json_extract(spec, '$.enforced')";
            assert_eq!(acme.world.number(enforced), 0, "{name}");
        }
    }
}

#[test]
fn of_the_home_tenant_the_operator_keeps_a_way_in() {
    for (name, status, give) in [
        ("nothing", 409, (|_, _| ()) as fn(&World, &User)),
        ("another administrator's passkey", 409, |world, _| {
            let bob =
                world.user_with("home", "bob@private.example", |user| user.roles = vec!["ADMIN".into()]);
            add_passkey(world, &bob);
        }),
        ("an identity without a second factor", 409, |world, operator| add_identity(world, operator, "okta")),
        ("an identity and a second factor", 200, |world, operator| {
            add_identity(world, operator, "okta");
            world.sql(&format!("UPDATE users SET mfa = 'email' WHERE id = '{}'", operator.id));
        }),
        ("a passkey", 200, |world, operator| add_passkey(world, operator)),
        ("another address", 200, |world, operator| {
            world.sql(&format!(
                "UPDATE users SET email = 'o@private.example', email_key = 'o@private.example' WHERE id = '{}'",
                operator.id
            ));
        }),
    ] {
        let world = World::new();
        world.sql("UPDATE tenants SET enterprise = 1");
        add_provider(&world, "home", "okta", false);
        add_domain(&world, "home", "corp.example", "okta", "verified");
        let operator = world.user_with("home", "root@corp.example", |user| {
            user.roles = vec!["ADMIN".into()];
            user.operator = true;
        });
        give(&world, &operator);
        let token = world.session_by(&operator, &["pwd", "otp", "mfa"]).access;
        let path = PROVIDER.replace("acme", "home");
        let reply = world.patch(&path).bearer(&token).json(json!({ "enforced": true })).send();
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
    }
}

/// What else begins to be enforced by it: the provider says so before.
#[test]
fn whatever_makes_an_enforced_domain_count_is_refused_alike() {
    let acme = Acme::new(true);
    let (world, operator) = (&acme.world, acme.world.admin());
    let pending = || {
        world.sql("DELETE FROM email_domains");
        add_domain(world, "acme", "corp.example", "okta", "pending");
    };
    let by_word = || {
        let body = json!({ "domain": "corp.example", "provider": "okta" });
        world.post("/tenant/home/v2/Tenants/acme/Domains").bearer(&operator).json(body).send()
    };
    let enterprise = || {
        world
            .patch("/tenant/home/v2/Tenants/acme")
            .bearer(&operator)
            .json(json!({ "enterprise": true }))
            .send()
    };
    let enable = || world.patch(PROVIDER).bearer(&acme.token()).json(json!({ "enabled": true })).send();
    pending();
    by_word().is(409);
    world.sql("UPDATE email_domains SET status = 'verified'");
    world.sql("UPDATE tenants SET enterprise = 0 WHERE id = 'acme'");
    enterprise().is(409);
    world.sql("UPDATE tenants SET enterprise = 1 WHERE id = 'acme'");
    world.sql("UPDATE identity_providers SET spec = json_set(spec, '$.enabled', json('false'))");
    world.cache.forget_tenant("acme");
    enable().is(409);
    add_passkey(world, &acme.ada);
    enable().is(200);
    enterprise().is(200);
    pending();
    by_word().is(201);
}

#[test]
fn a_record_that_is_found_enforces_nothing_that_locks_out() {
    let world = World::with(&[("RESOLVER_URL", "https://dns.example/dns-query")]);
    let acme = Acme::of(world, true, "pending");
    let (world, ada) = (&acme.world, &acme.ada);
    let record = json!({ "type": 16, "data": "portcullis-domain-verification=t" });
    world.web.serves_json("https://dns.example/dns-query", json!({ "Status": 0, "Answer": [record] }));
    let verify = || {
        let path = "/tenant/acme/v2/Domains/corp.example/verify";
        world.post(path).bearer(&world.session(ada).access).send()
    };
    verify().is(409);
    assert_eq!(world.number("SELECT count(*) AS n FROM email_domains WHERE status = 'verified'"), 0);
    add_passkey(world, ada);
    verify().is(200);
}

type Taking = (&'static str, bool, for<'w> fn(&'w Acme, &User) -> Ask<'w>);

fn change<'w>(acme: &'w Acme, user: &User, body: Value) -> Ask<'w> {
    acme.world.patch(&user_path(user)).bearer(&acme.token()).json(body)
}

/// Each way to take an administrator's last way in; whether that is their identity, else their passkey.
const TAKING: [Taking; 11] = [
    ("own passkey", false, |acme, boss| {
        let token = acme.world.session_by(boss, TWO).access;
        acme.world.delete(&format!("/api/auth/passkeys/{}", boss.id)).tenant("acme").bearer(&token)
    }),
    ("own passkey on the account page", false, |acme, boss| {
        let ask =
            acme.world.post("/tenant/acme/account").navigating().cookie(&acme.world.cookie_by(boss, TWO));
        ask.header("sec-fetch-site", "same-origin").form(&[("section", "passkey-off"), ("id", &boss.id)])
    }),
    ("reset of factors", false, |acme, boss| change(acme, boss, json!({ "resetTOTP": true }))),
    ("status", false, |acme, boss| change(acme, boss, json!({ "status": "disabled" }))),
    ("roles", false, |acme, boss| change(acme, boss, json!({ "roles": [] }))),
    ("roles of one with an identity", true, |acme, boss| change(acme, boss, json!({ "roles": ["MANAGER"] }))),
    ("unconfirmed", true, |acme, boss| change(acme, boss, json!({ "emailVerified": false }))),
    ("deletion", false, |acme, boss| acme.world.delete(&user_path(boss)).bearer(&acme.token())),
    ("own deletion", true, |acme, boss| {
        acme.world.delete(&user_path(boss)).bearer(&acme.world.session(boss).access)
    }),
    ("identity", true, |acme, boss| {
        acme.world.delete(&format!("{}/Identities/i-{}", user_path(boss), boss.id)).bearer(&acme.token())
    }),
    ("setting", false, |acme, _| {
        acme.world.patch("/tenant/acme/v2/Settings").bearer(&acme.token()).json(json!({ "passkeys": false }))
    }),
];

#[test]
fn the_last_way_in_stays_on_every_way_to_take_it() {
    for (name, by_identity, take) in TAKING {
        let acme = Acme::new(true);
        let boss = administrator(&acme.world, "boss@corp.example");
        if by_identity {
            add_identity(&acme.world, &boss, "okta");
        } else {
            add_passkey(&acme.world, &boss);
        }
        let kept = |acme: &Acme| {
            let questions = [
                "id, status, roles, email_verified, mfa FROM users",
                "id FROM passkeys",
                "id FROM identities",
                "settings AS id FROM tenants",
            ];
            questions.map(|asked| acme.world.sql(&format!("SELECT {asked} ORDER BY id")))
        };
        let before = kept(&acme);
        let refused = take(&acme, &boss).send();
        assert_eq!(refused.status, 409, "{name}: {}", refused.text);
        assert_eq!(kept(&acme), before, "{name}");
        // With another administrator who can, it is done.
        add_identity(&acme.world, &acme.ada, "okta");
        let done = take(&acme, &boss).send();
        assert!((200..400).contains(&done.status), "{name}: {} {}", done.status, done.text);
    }
}

#[test]
fn an_address_does_not_move_into_an_enforced_domain_with_the_last_way_in() {
    for enforced in [true, false] {
        let acme = Acme::new(enforced);
        let boss = administrator(&acme.world, "boss@private.example");
        let reply =
            change(&acme, &boss, json!({ "email": "boss@corp.example", "emailVerified": true })).send();
        assert_eq!(reply.status, if enforced { 409 } else { 200 }, "{}", reply.text);
        // By their own hand, with both mailboxes.
        let world = &acme.world;
        let boss = administrator(world, "chief@private.example");
        let token = world.session(&boss).access;
        world.sql("DELETE FROM users WHERE email_key = 'boss@private.example'");
        let body = json!({ "newEmail": "chief@corp.example", "password": PASSWORD });
        world.post("/api/auth/change-email").tenant("acme").bearer(&token).json(body).send().is(200);
        let follow = |to: &str| {
            let body = json!({ "token": world.mailed_token(to) });
            world.post("/api/auth/change-email/confirm").tenant("acme").json(body).send()
        };
        follow("chief@private.example").is(200);
        follow("chief@corp.example").is(if enforced { 409 } else { 200 });
        let there = "SELECT count(*) AS n FROM users WHERE email_key = 'chief@private.example'";
        assert_eq!(world.number(there), i64::from(enforced));
    }
}

#[test]
fn a_role_map_takes_no_last_way_in() {
    let world = World::new();
    let map = json!({ "claim": "groups", "map": { "admins": "ADMIN", "staff": "MANAGER" } });
    world
        .post("/tenant/home/v2/Tenants")
        .bearer(&world.admin())
        .json(json!({ "id": "acme", "name": "A" }))
        .send()
        .is(201);
    let okta = world.okta("acme", json!({ "roleMap": map, "enforced": true }));
    add_domain(&world, "acme", "corp.example", "okta", "verified");
    let boss = administrator(&world, "boss@corp.example");
    administrator(&world, "ada@corp.example");
    world.link(&boss, "okta", &okta.issuer, "1");
    let sign_in = || {
        world.advance(6);
        let person = json!({ "sub": "1", "email": "boss@corp.example", "groups": ["staff"] });
        world.sso(&okta, "acme", "okta", person).is(303);
        let rows = world.sql(&format!("SELECT roles FROM users WHERE id = '{}'", boss.id));
        rows[0]["roles"].as_str().unwrap().to_owned()
    };
    assert_eq!(sign_in(), "[\"ADMIN\"]");
    administrator(&world, "bob@private.example");
    assert_eq!(sign_in(), "[\"MANAGER\"]");
}

#[test]
fn of_two_at_once_that_take_the_last_ways_in_one_is_refused() {
    let acme = Acme::new(true);
    let boss = administrator(&acme.world, "boss@corp.example");
    let own = |user: &User| {
        add_passkey(&acme.world, user);
        let token = acme.world.session_by(user, TWO).access;
        acme.world.delete(&format!("/api/auth/passkeys/{}", user.id)).tenant("acme").bearer(&token)
    };
    let replies = acme.world.together(vec![own(&boss), own(&acme.ada)]);
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    // The domain is enforced while the way in that it takes goes.
    for order in [false, true] {
        let acme = Acme::new(false);
        add_passkey(&acme.world, &acme.ada);
        let path = format!("/api/auth/passkeys/{}", acme.ada.id);
        let token = acme.world.session_by(&acme.ada, TWO).access;
        let remove = acme.world.delete(&path).tenant("acme").bearer(&token);
        let asks = if order { vec![acme.enforce(), remove] } else { vec![remove, acme.enforce()] };
        let done = acme.world.together(asks).iter().filter(|reply| reply.status == 200).count();
        assert_eq!(done, 1, "{order}");
    }
}

/// Then the domain is enforced no longer, and its people sign in as everybody does.
#[test]
fn a_provider_is_disabled_or_deleted_whatever_is_enforced() {
    for body in [Some(json!({ "enabled": false })), Some(json!({ "enforced": false })), None] {
        let acme = Acme::new(true);
        add_passkey(&acme.world, &acme.ada);
        let (world, token) = (&acme.world, acme.token());
        let login = || {
            let body = json!({ "email": "ada@corp.example", "password": PASSWORD });
            world.post("/auth/login").tenant("acme").json(body).status()
        };
        assert_eq!(login(), 403);
        match &body {
            Some(body) => world.patch(PROVIDER).bearer(&token).json(body.clone()).send().is(200),
            None => world.delete(PROVIDER).bearer(&token).send().is(204),
        };
        assert_eq!(login(), 200, "{body:?}");
    }
}
