//! Tenants without a host of their own share one RP ID, so browsers and authenticators see one site: which tenant a
//! passkey is of, we say. None is offered or taken in another tenant, on any page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::store::users::User;
use serde_json::{Value, json};

use crate::harness::{Authenticator, PASSWORD, Reply, World};

/// The same person, as far as their address says, in each of two tenants, with a passkey in each.
struct Member {
    tenant: &'static str,
    user: User,
    key: Authenticator,
}

const ADDRESS: &str = "ada@example.com";

fn members(world: &World) -> [Member; 2] {
    let admin = world.tenant("acme");
    let members = [("home", 1), ("acme", 2)].map(|(tenant, seed)| {
        let user = world.user_with(tenant, ADDRESS, |_| {});
        let mut key = Authenticator::new(seed);
        let page = account(world, tenant, &world.cookie(&user), "?passkey=add").is(200);
        let options = page.passkey_options().unwrap();
        assert_eq!(options["rp"]["id"], "auth.example.com", "one RP ID for both");
        let credential = key.create(&options).to_string();
        let fields = [("section", "passkey-add"), ("name", "Key"), ("credential", credential.as_str())];
        world
            .post(&format!("/tenant/{tenant}/account"))
            .navigating()
            .cookie(&world.cookie(&user))
            .form(&fields)
            .send()
            .is(400);
        // A ceremony is its session's.
        let cookie = world.cookie(&user);
        let page = account(world, tenant, &cookie, "?passkey=add").is(200);
        let credential = key.create(&page.passkey_options().unwrap()).to_string();
        let fields = [("section", "passkey-add"), ("name", "Key"), ("credential", credential.as_str())];
        world
            .post(&format!("/tenant/{tenant}/account"))
            .navigating()
            .cookie(&cookie)
            .form(&fields)
            .send()
            .is(303);
        Member { tenant, user, key }
    });
    let required = json!({ "mfa": "required" });
    world.patch("/tenant/acme/v2/Settings").bearer(&admin).json(required.clone()).send().is(200);
    world.settings(required);
    members
}

fn account(world: &World, tenant: &str, cookie: &str, query: &str) -> Reply {
    world.get(&format!("/tenant/{tenant}/account{query}")).navigating().cookie(cookie).send()
}

/// What an authenticator can say about whose a passkey is: the truth, nothing, or the user of the tenant that asks.
fn handles(own: &User, theirs: &User) -> [Option<Value>; 3] {
    let handle = |user: &User| Some(json!(URL_SAFE_NO_PAD.encode(&user.id)));
    [handle(own), None, handle(theirs)]
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn id(key: &Authenticator) -> String {
    URL_SAFE_NO_PAD.encode(&key.credential_id)
}

/// The state that a refusal must not change.
fn state(world: &World) -> Value {
    json!([
        world.sql("SELECT * FROM passkeys ORDER BY id"),
        world.number("SELECT count(*) AS n FROM sessions"),
        world.number("SELECT count(used_at) AS n FROM challenges"),
    ])
}

/// The login page of a tenant, and the browser that it was shown to.
fn login_page(world: &World, tenant: &str) -> (Value, String) {
    let page = world.get(&format!("/tenant/{tenant}/login")).navigating().send().is(200);
    let cookie = format!("__Host-portcullis-passkey={}", page.sets("__Host-portcullis-passkey").unwrap());
    (page.passkey_options().unwrap(), cookie)
}

fn sign_in(world: &World, tenant: &str, cookie: &str, credential: &Value) -> Reply {
    let fields = [("credential", credential.to_string())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let ask = world.post(&format!("/tenant/{tenant}/login")).navigating();
    ask.header("cookie", cookie).form(&fields).send()
}

#[test]
fn a_login_page_names_no_passkey_and_takes_none_of_another_tenant() {
    let world = World::new();
    let mut members = members(&world);
    for (from, to) in [(0, 1), (1, 0)] {
        let (tenant, user) = (members[to].tenant, members[to].user.clone());
        let stranger = &mut members[from];
        for handle in handles(&stranger.user, &user) {
            let (options, cookie) = login_page(&world, tenant);
            assert_eq!(
                options["allowCredentials"],
                json!([]),
                "what the browser finds is the person's to choose"
            );
            stranger.key.user_handle.clone_from(&handle);
            let credential = stranger.key.get(&options);
            let before = state(&world);
            let refused = sign_in(&world, tenant, &cookie, &credential);
            assert_eq!(refused.status, 401, "{tenant} {handle:?}: {}", refused.text);
            assert!(refused.sets("__Host-portcullis").is_none());
            assert_eq!(state(&world), before, "{tenant} {handle:?}");
        }
        let [own, ..] = handles(&stranger.user, &user);
        stranger.key.user_handle = own;
    }
    for member in &mut members {
        let (options, cookie) = login_page(&world, member.tenant);
        let credential = member.key.get(&options);
        let reply = sign_in(&world, member.tenant, &cookie, &credential).is(303);
        assert!(reply.sets("__Host-portcullis").is_some());
    }
}

#[test]
fn a_second_factor_lists_those_of_its_user_and_takes_none_of_another_tenant() {
    let world = World::new();
    let mut members = members(&world);
    for (from, to) in [(0, 1), (1, 0)] {
        let (tenant, user, own) = (members[to].tenant, members[to].user.clone(), id(&members[to].key));
        // At sign-in, and in a session.
        let fields = [("email", ADDRESS), ("password", PASSWORD)];
        let login = world.post(&format!("/tenant/{tenant}/login")).navigating().form(&fields).send().is(303);
        let sign_in = login.sets("__Host-portcullis-challenge").unwrap();
        let session = world.cookie_by(&user, &["pwd", "device"]);
        let path = format!("/tenant/{tenant}/mfa");
        let step_up = world.get(&path).navigating().cookie(&session).send().is(200);
        let step_up = step_up.sets("__Host-portcullis-challenge").unwrap();
        for cookies in [
            format!("__Host-portcullis-challenge={sign_in}"),
            format!("__Host-portcullis={session}; __Host-portcullis-challenge={step_up}"),
        ] {
            let look = || world.get(&path).navigating().header("cookie", &cookies).send().is(200);
            let prove = |page: &Reply, credential: &Value| {
                let (challenge, credential) = (page.field("challenge"), credential.to_string());
                let fields = [("challenge", challenge.as_str()), ("credential", &credential)];
                world.post(&path).navigating().header("cookie", &cookies).form(&fields).send()
            };
            for handle in handles(&members[from].user, &user) {
                let page = look();
                let options = page.passkey_options().unwrap();
                assert_eq!(ids(&options["allowCredentials"]), std::slice::from_ref(&own), "{tenant}");
                let stranger = &mut members[from];
                stranger.key.user_handle.clone_from(&handle);
                let credential = stranger.key.get(&options);
                let before = state(&world);
                let refused = prove(&page, &credential);
                assert_eq!(refused.status, 401, "{tenant} {handle:?}: {}", refused.text);
                assert_eq!(state(&world), before, "{tenant} {handle:?}");
                // Nor by the id of the right one with the wrong key.
                let mut forged = Authenticator::new(77);
                forged.credential_id.clone_from(&members[to].key.credential_id);
                (forged.user_handle, forged.count) = (handle, 50);
                let credential = forged.get(&options);
                assert_eq!(prove(&page, &credential).status, 401);
            }
            let page = look();
            let credential = members[to].key.get(&page.passkey_options().unwrap());
            prove(&page, &credential).is(303);
        }
        let [honest, ..] = handles(&members[from].user, &user);
        members[from].key.user_handle = honest;
    }
}

#[test]
fn an_account_page_shows_changes_and_excludes_those_of_its_user_alone() {
    let world = World::new();
    let members = members(&world);
    for (from, to) in [(0, 1), (1, 0)] {
        let (stranger, member) = (&members[from], &members[to]);
        let cookie = world.cookie_by(&member.user, &["pwd", "pop", "mfa"]);
        let page = account(&world, member.tenant, &cookie, "?passkey=add").is(200);
        let options = page.passkey_options().unwrap();
        assert_eq!(ids(&options["excludeCredentials"]), [id(&member.key)]);
        assert_eq!(options["user"]["id"], json!(URL_SAFE_NO_PAD.encode(&member.user.id)));
        let rows = world.sql(&format!("SELECT id FROM passkeys WHERE user_id = '{}'", stranger.user.id));
        let theirs = rows[0]["id"].as_str().unwrap();
        assert!(!page.text.contains(theirs));
        let send = |fields: &[(&str, &str)]| {
            let path = format!("/tenant/{}/account", member.tenant);
            world.post(&path).navigating().cookie(&cookie).form(fields).send()
        };
        let before = state(&world);
        // As if somebody had removed it meanwhile.
        send(&[("section", "passkey-name"), ("id", theirs), ("name", "Mine")]).is(303);
        send(&[("section", "passkey-off"), ("id", theirs)]).is(303);
        // A credential that is another's is none to add, whoever's handle it says.
        let mut copy = Authenticator::new(9);
        copy.credential_id.clone_from(&stranger.key.credential_id);
        let credential = copy.create(&options).to_string();
        let taken = send(&[("section", "passkey-add"), ("name", "x"), ("credential", &credential)]);
        assert_eq!(taken.status, 409, "{}", taken.text);
        assert_eq!(state(&world), before);
        // The cookie of one tenant shows nothing of the other.
        let elsewhere = account(&world, stranger.tenant, &cookie, "?passkey=add");
        assert!(
            elsewhere.passkey_options().is_none() && !elsewhere.text.contains(theirs),
            "{}",
            elsewhere.text
        );
    }
}

#[test]
fn a_page_of_one_tenant_begins_nothing_that_another_takes() {
    let world = World::new();
    let mut members = members(&world);
    // The challenge of a page is its browser's, and whichever page it was, the passkey's own tenant alone takes it.
    for (shown, sent) in [("home", "acme"), ("acme", "home")] {
        for member in &mut members {
            let (options, cookie) = login_page(&world, shown);
            let credential = member.key.get(&options);
            let status = if member.tenant == sent { 303 } else { 401 };
            let (_, another) = login_page(&world, sent);
            sign_in(&world, sent, &another, &credential).is(401);
            assert_eq!(
                sign_in(&world, sent, &cookie, &credential).status,
                status,
                "{shown} {sent} {}",
                member.tenant
            );
        }
    }
}
