//! Back-channel logout.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::store::users::User;
use serde_json::{Value, json};

use super::clients::{BACKCHANNEL, grant};
use crate::harness::{PASSWORD, World, claims, part};

/// A world with a client that wants to know, and a person who granted it something in a browser.
struct Signed {
    world: World,
    user: User,
    cookie: String,
    grant: String,
}

fn signed_in() -> Signed {
    let world = World::new();
    let user = world.user("ada@example.com");
    let cookie = world.cookie(&user);
    world.client("home", "app", json!({ "backchannel_logout_uri": BACKCHANNEL }));
    world.client("home", "silent", json!({}));
    let grant = grant(&world, &user, &cookie, "app", "openid");
    Signed { world, user, cookie, grant }
}

impl Signed {
    fn sign_out(&self) {
        self.world.post("/tenant/home/logout").cookie(&self.cookie).form(&[]).send().is(200);
    }

    /// The logout tokens that were posted to an address so far.
    fn told(&self, uri: &str) -> Vec<String> {
        let forms = self.world.web.forms.borrow();
        let of = forms.iter().filter(|(url, _)| url == uri);
        of.map(|(_, body)| body.strip_prefix("logout_token=").unwrap().to_owned()).collect()
    }

    fn owed(&self) -> i64 {
        self.world.number("SELECT count(*) AS n FROM logout_deliveries")
    }
}

/// Back-Channel Logout §2.4: a logout token has iss, aud, iat, exp, jti, events and sub or sid, and MUST NOT have a nonce.
/// Back-Channel Logout §2.5: it is posted as `logout_token` to the client's address.
#[test]
fn a_client_is_told_that_its_user_signed_out() {
    let signed = signed_in();
    signed.sign_out();
    let told = signed.told(BACKCHANNEL);
    assert_eq!(told.len(), 1);
    assert_eq!(part(&told[0], 0)["typ"], "logout+jwt");
    assert_eq!(part(&told[0], 0)["alg"], "ES256");
    let said = claims(&told[0]);
    assert_eq!(said["iss"], "https://auth.example.com/tenant/home");
    assert_eq!(said["aud"], "app");
    assert_eq!(said["sub"], signed.user.id.as_str());
    assert_eq!(said["sid"], signed.grant.as_str());
    assert_eq!(said["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    let (from, until) = (said["iat"].as_i64().unwrap(), said["exp"].as_i64().unwrap());
    assert_eq!(from, signed.world.now().unix());
    assert!(until > from && until - from <= 120);
    assert!(said["jti"].is_string());
    assert_eq!(said.get("nonce"), None);
    assert_eq!(signed.owed(), 0);
}

#[test]
fn a_logout_token_is_signed_with_a_published_key() {
    let signed = signed_in();
    signed.sign_out();
    let keys = signed.world.get("/.well-known/jwks.json").send().is(200);
    let kid = part(&signed.told(BACKCHANNEL)[0], 0)["kid"].clone();
    assert!(keys.json["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid));
}

#[test]
fn a_logout_token_is_no_credential() {
    let signed = signed_in();
    signed.sign_out();
    let token = signed.told(BACKCHANNEL).remove(0);
    signed.world.get("/api/auth/me").bearer(&token).send().is(401);
    signed.world.route(json!({}));
    signed.world.get("/app/").bearer(&token).send().is(401);
    signed.world.get("/app/").cookie(&token).send().is(401);
}

#[test]
fn a_client_without_an_address_is_not_told() {
    let signed = signed_in();
    grant(&signed.world, &signed.user, &signed.cookie, "silent", "openid");
    signed.sign_out();
    assert_eq!(signed.world.web.forms.borrow().len(), 1);
}

/// Back-Channel Logout §2.3: sessions at all clients that the browser signed in to are to be ended.
#[test]
fn each_client_of_the_browser_is_told_once_of_each_of_its_grants() {
    let signed = signed_in();
    let other = "https://other.example/bye?x=1";
    signed.world.client("home", "other", json!({ "backchannel_logout_uri": other }));
    grant(&signed.world, &signed.user, &signed.cookie, "other", "openid");
    let second = grant(&signed.world, &signed.user, &signed.cookie, "app", "openid");
    signed.sign_out();
    assert_eq!(signed.told(other).len(), 1);
    let mut sids: Vec<Value> =
        signed.told(BACKCHANNEL).iter().map(|token| claims(token)["sid"].clone()).collect();
    sids.sort_by_key(Value::to_string);
    let mut expected = vec![json!(signed.grant), json!(second)];
    expected.sort_by_key(Value::to_string);
    assert_eq!(sids, expected);
    signed.sign_out();
    signed.world.cron();
    assert_eq!(signed.world.web.forms.borrow().len(), 3);
}

#[test]
fn a_grant_in_another_browser_goes_on() {
    let signed = signed_in();
    let elsewhere = signed.world.cookie(&signed.user);
    let other = grant(&signed.world, &signed.user, &elsewhere, "app", "openid");
    signed.sign_out();
    assert_eq!(signed.told(BACKCHANNEL).len(), 1);
    let alive = format!("SELECT count(*) AS n FROM sessions WHERE id = '{other}' AND ended_at IS NULL");
    assert_eq!(signed.world.number(&alive), 1);
}

/// Back-Channel Logout §2.7: what was granted for offline access normally is not revoked.
#[test]
fn a_grant_for_offline_access_goes_on_but_its_client_is_told() {
    let signed = signed_in();
    let offline = grant(&signed.world, &signed.user, &signed.cookie, "app", "openid offline_access");
    signed.sign_out();
    assert_eq!(signed.told(BACKCHANNEL).len(), 2);
    let alive = "SELECT id FROM sessions WHERE client_id IS NOT NULL AND ended_at IS NULL";
    let alive = signed.world.sql(alive);
    assert_eq!(alive.len(), 1);
    assert_eq!(alive[0]["id"], offline.as_str());
}

#[test]
fn every_way_to_end_a_session_tells_its_clients() {
    type Way = fn(&Signed);
    let ways: [(&str, Way); 4] = [
        ("sign out of everything by resetting the password", |signed| {
            let form = json!({ "email": "ada@example.com" });
            signed.world.post("/auth/forgot-password").json(form).send().is(200);
            let token = signed.world.mailed_token("ada@example.com");
            let form = json!({ "token": token, "password": "another horse battery" });
            signed.world.post("/auth/reset-password").json(form).send().is(200);
        }),
        ("change the password elsewhere", |signed| {
            let own = signed.world.session(&signed.user).access;
            let body = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
            signed.world.post("/api/auth/change-password").bearer(&own).json(body).send().is(200);
        }),
        ("be disabled", |signed| {
            let path = format!("/tenant/home/v2/Users/{}", signed.user.id);
            let body = json!({ "status": "disabled" });
            signed.world.patch(&path).bearer(&signed.world.admin()).json(body).send().is(200);
        }),
        ("sign out", Signed::sign_out),
    ];
    for (way, end) in ways {
        let signed = signed_in();
        end(&signed);
        assert_eq!(signed.told(BACKCHANNEL).len(), 1, "{way}");
        assert_eq!(signed.owed(), 0, "{way}");
    }
}

#[test]
fn one_who_changes_the_password_keeps_what_was_granted_in_that_session() {
    let signed = signed_in();
    let own = signed.world.session(&signed.user).access;
    let sid = claims(&own)["sid"].as_str().unwrap().to_owned();
    signed.world.sql(&format!("UPDATE sessions SET parent_id = '{sid}' WHERE id = '{}'", signed.grant));
    let body = json!({ "currentPassword": PASSWORD, "newPassword": "another horse battery" });
    signed.world.post("/api/auth/change-password").bearer(&own).json(body).send().is(200);
    assert_eq!(signed.told(BACKCHANNEL), Vec::<String>::new());
}

#[test]
fn what_is_owed_stands_before_anything_is_sent() {
    let signed = signed_in();
    // What comes after the answer never runs here, as if the isolate had gone.
    let cx = signed.world.cx();
    let ended =
        portcullis::store::sessions::end(&super::clients::session_of(&signed.world, &signed.cookie), cx.now);
    pollster::block_on(portcullis::ports::Database::run(signed.world.db.as_ref(), ended.to_vec())).unwrap();
    assert_eq!((signed.told(BACKCHANNEL).len(), signed.owed()), (0, 1));
    signed.world.cron();
    assert_eq!((signed.told(BACKCHANNEL).len(), signed.owed()), (1, 0));
}

#[test]
fn a_client_that_is_down_is_told_again_with_growing_delays() {
    let signed = signed_in();
    signed.world.web.status.set(Some(503));
    signed.sign_out();
    let mut tries = 1;
    assert_eq!(signed.told(BACKCHANNEL).len(), tries);
    for delay in [60, 120, 240, 480] {
        signed.world.advance(delay - 1);
        signed.world.cron();
        assert_eq!(signed.told(BACKCHANNEL).len(), tries, "{delay}");
        signed.world.advance(1);
        signed.world.cron();
        tries += 1;
        assert_eq!(signed.told(BACKCHANNEL).len(), tries, "{delay}");
    }
    signed.world.web.status.set(Some(204));
    signed.world.advance(960);
    signed.world.cron();
    assert_eq!(signed.owed(), 0);
    assert_eq!(signed.world.events("backchannel.failed"), 5);
    let told = signed.told(BACKCHANNEL);
    let first = claims(&told[0]);
    let last = claims(told.last().unwrap());
    assert_ne!(first["jti"], last["jti"]);
    assert_eq!(last["iat"], signed.world.now().unix());
    signed.world.advance(86_400);
    signed.world.cron();
    assert_eq!(signed.told(BACKCHANNEL).len(), tries + 1);
}

#[test]
fn a_client_that_never_answers_is_given_up_after_a_day() {
    let signed = signed_in();
    signed.world.web.status.set(Some(0));
    signed.sign_out();
    for _ in 0..(25 * 12) {
        signed.world.advance(300);
        signed.world.cron();
    }
    assert_eq!(signed.owed(), 0);
    let tries = signed.told(BACKCHANNEL).len();
    assert!((10..=16).contains(&tries), "{tries}");
    let last =
        signed.world.sql("SELECT detail FROM audit WHERE event = 'backchannel.failed' ORDER BY id DESC");
    assert!(last[0]["detail"].as_str().unwrap().contains("given up"), "{last:?}");
}

/// Back-Channel Logout §2.8: 400 means that the request was invalid or the logout failed.
#[test]
fn a_client_that_refuses_is_not_told_again() {
    let signed = signed_in();
    signed.world.web.status.set(Some(400));
    signed.sign_out();
    assert_eq!(signed.owed(), 0);
    let said = signed.world.sql("SELECT * FROM audit WHERE event = 'backchannel.failed'");
    assert_eq!(said.len(), 1);
    assert_eq!((&said[0]["outcome"], &said[0]["subject"]), (&json!("failure"), &json!("app")));
}

#[test]
fn a_redirect_is_no_success() {
    let signed = signed_in();
    signed.world.web.status.set(Some(302));
    signed.sign_out();
    assert_eq!((signed.told(BACKCHANNEL).len(), signed.owed()), (1, 1));
}

#[test]
fn one_client_that_is_down_does_not_keep_others_waiting() {
    let signed = signed_in();
    for n in 0..20 {
        let id = format!("app{n}");
        let uri = format!("https://app{n}.example/bye");
        signed.world.client("home", &id, json!({ "backchannel_logout_uri": uri }));
        grant(&signed.world, &signed.user, &signed.cookie, &id, "openid");
    }
    signed.world.web.others.borrow_mut().push((BACKCHANNEL.to_owned(), 0));
    signed.sign_out();
    assert_eq!(signed.world.web.forms.borrow().len(), 21);
    assert_eq!(signed.owed(), 1);
}

#[test]
fn a_client_whose_address_was_taken_away_is_not_told_later() {
    let signed = signed_in();
    signed.world.web.status.set(Some(503));
    signed.sign_out();
    signed.world.sql("UPDATE clients SET metadata = '{}' WHERE id = 'app'");
    signed.world.advance(60);
    signed.world.cron();
    assert_eq!((signed.told(BACKCHANNEL).len(), signed.owed()), (1, 0));
}

#[test]
fn a_logout_token_is_padded_nowhere_and_fits_a_form() {
    let signed = signed_in();
    signed.sign_out();
    let token = signed.told(BACKCHANNEL).remove(0);
    for text in token.split('.') {
        assert!(URL_SAFE_NO_PAD.decode(text).is_ok());
    }
}
