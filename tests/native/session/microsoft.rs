//! `POST /api/auth/microsoft`: a token of Microsoft's for the user and a token pair.

use serde_json::{Value, json};

use crate::harness::provider::{change, json_answer};
use crate::harness::{Reply, Signer, World};

const MOCK: &str = "https://entra.example";
const CLIENT: &str = "6cb04018-a3f5-46a7-b995-940c78f5aef3";
const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const OBJECT: &str = "00aa00aa-bb11-cc22-dd33-44ee44ee44ee";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Microsoft at home, with a stand-in whose Graph says who that is.
pub fn entra(others: &Value) -> World {
    let world = World::new();
    world.web.serves_json(&format!("{MOCK}/keys"), Signer::rs256().jwks("m"));
    let me = json!({ "id": OBJECT, "displayName": "Jane Smith", "mail": "jane@corp.example" });
    world.web.serves(&format!("{MOCK}/me"), move |_| Ok(json_answer(200, &me)));
    let mut spec = json!({
        "kind": "microsoft", "name": "Microsoft", "clientId": CLIENT, "tenants": ["common"], "endpoints": {
            "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0", "authorizationEndpoint": format!("{MOCK}/auth"),
            "tokenEndpoint": format!("{MOCK}/token"), "jwksUri": format!("{MOCK}/keys"), "userinfoEndpoint": format!("{MOCK}/me"),
        },
    });
    change(&mut spec, others);
    world.provider("home", "microsoft", spec);
    world
}

pub fn token(world: &World, others: &Value) -> String {
    let now = world.now().unix();
    let mut claims = json!({
        "ver": "2.0", "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "tid": TENANT, "oid": OBJECT,
        "sub": "pairwise", "aud": CLIENT, "iat": now, "nbf": now, "exp": now + 3600, "name": "Jane Smith",
        "preferred_username": "jane@corp.example",
    });
    change(&mut claims, others);
    Signer::rs256().sign(&json!({ "alg": "RS256", "kid": "m", "typ": "JWT" }), &claims)
}

pub fn own_api() -> Value {
    json!({ "aud": format!("api://{CLIENT}"), "scp": "access_as_user", "azp": "a-phones-app" })
}

fn graph() -> Value {
    json!({ "aud": GRAPH, "appid": CLIENT, "ver": "1.0", "iss": format!("https://sts.windows.net/{TENANT}/"), "scp": "User.Read" })
}

fn sent(world: &World, body: Value) -> Reply {
    world.post("/api/auth/microsoft").json(body).send()
}

fn users(world: &World) -> [i64; 3] {
    ["tenants WHERE id <> 'home'", "users", "sessions"]
        .map(|rows| world.number(&format!("SELECT count(*) AS n FROM {rows}")))
}

#[test]
fn each_kind_of_token_is_the_same_person() {
    let world = entra(&json!({}));
    let first = sent(&world, json!({ "accessToken": token(&world, &graph()) })).is(200);
    assert_eq!(first.json["data"]["isNewUser"], true);
    let shape = json!({
        "id": first.json["data"]["user"]["id"], "email": "jane@corp.example", "name": "Jane Smith", "roles": ["ADMIN"],
    });
    assert_eq!(first.json["data"]["user"], shape);
    world.get("/api/auth/me").bearer(&first.str("/data/tokens/accessToken")).send().is(200);
    for body in [
        json!({ "accessToken": token(&world, &own_api()) }),
        json!({ "idToken": token(&world, &json!({})) }),
        json!({ "idToken": token(&world, &json!({})), "accessToken": null }),
        json!({ "accessToken": token(&world, &graph()) }),
    ] {
        let again = sent(&world, body).is(200);
        assert_eq!(again.json["data"]["isNewUser"], false);
        assert_eq!(again.json["data"]["user"], shape);
    }
    assert_eq!(users(&world), [1, 1, 5]);
}

#[test]
fn fifty_first_sign_ins_at_once_make_one_tenant_and_one_user() {
    let world = entra(&json!({}));
    let ask = |n: usize| {
        let body = match n % 3 {
            0 => json!({ "accessToken": token(&world, &graph()) }),
            1 => json!({ "accessToken": token(&world, &own_api()) }),
            _ => json!({ "idToken": token(&world, &json!({})) }),
        };
        world.post("/api/auth/microsoft").json(body).unlimited()
    };
    let replies = world.together((0..50).map(ask).collect());
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:#?}");
    assert_eq!(replies.iter().filter(|reply| reply.json["data"]["isNewUser"] == true).count(), 1);
    assert_eq!(users(&world), [1, 1, 50]);
}

/// Token substitution and nOAuth among them: no account, no session, a 4xx.
#[test]
fn what_is_refused_makes_nothing_and_is_written_down() {
    let world = entra(&json!({ "tenants": [TENANT] }));
    let with = |mut these: Value, those: Value| {
        these.as_object_mut().unwrap().extend(those.as_object().unwrap().clone());
        token(&world, &these)
    };
    let other = "11111111-a3f5-46a7-b995-940c78f5aef3";
    let consumers = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let of_consumers =
        json!({ "tid": consumers, "iss": format!("https://login.microsoftonline.com/{consumers}/v2.0") });
    let rows = [
        (json!({ "accessToken": with(graph(), json!({ "appid": other })) }), 403),
        (json!({ "accessToken": with(graph(), json!({ "appid": null })) }), 400),
        (json!({ "accessToken": with(graph(), json!({ "azp": other })) }), 400),
        (
            json!({ "accessToken": with(graph(), json!({ "oid": "11aa00aa-bb11-cc22-dd33-44ee44ee44ee" })) }),
            400,
        ),
        (json!({ "accessToken": with(graph(), json!({ "tid": other })) }), 400),
        (json!({ "accessToken": with(graph(), json!({ "idtyp": "app" })) }), 400),
        (json!({ "accessToken": with(own_api(), json!({ "aud": format!("api://{other}") })) }), 403),
        (json!({ "accessToken": with(own_api(), json!({ "scp": null, "sub": OBJECT })) }), 400),
        (json!({ "accessToken": "EwB4A8l6BAAU" }), 400),
        (json!({ "idToken": with(own_api(), json!({ "aud": CLIENT })) }), 400),
        (json!({ "idToken": with(json!({}), json!({ "oid": null })) }), 400),
        (json!({ "idToken": with(json!({}), json!({ "aud": other })) }), 403),
        (json!({ "idToken": with(json!({}), json!({ "exp": 1 })) }), 400),
        (json!({ "idToken": with(of_consumers, json!({})) }), 403),
        (json!({ "idToken": "" }), 400),
    ];
    for (at, (body, status)) in rows.iter().enumerate() {
        let reply = sent(&world, body.clone());
        assert_eq!(reply.status, *status, "{body}: {}", reply.text);
        assert_eq!(users(&world), [0; 3], "{body}");
        assert_eq!(world.events("login.failed"), at as i64 + 1, "{body}");
    }
    let both = json!({ "idToken": token(&world, &json!({})), "accessToken": token(&world, &graph()) });
    for body in [json!({}), json!({ "accessToken": null }), json!({ "token": "x" }), both] {
        sent(&world, body).is(400);
    }
    assert_eq!(users(&world), [0; 3]);
    sent(&world, json!({ "idToken": token(&world, &json!({})) })).is(200);
}

/// nOAuth: an address that an administrator of another tenant wrote opens nobody's account.
#[test]
fn an_address_that_is_not_proved_opens_no_account() {
    for (others, status) in [
        (json!({ "email": "victim@corp.example" }), 409),
        (json!({ "email": "victim@corp.example", "xms_edov": false }), 409),
        (json!({ "email": "victim@corp.example", "xms_edov": "0" }), 409),
        (json!({ "email": "victim@corp.example", "email_verified": true }), 409),
        (json!({ "preferred_username": "victim@corp.example" }), 409),
        (json!({ "email": "victim@corp.example", "xms_edov": true }), 200),
        (json!({ "email": "victim@corp.example", "xms_edov": "1" }), 200),
    ] {
        let world = entra(&json!({}));
        world.user("victim@corp.example");
        let reply = sent(&world, json!({ "idToken": token(&world, &others) }));
        assert_eq!(reply.status, status, "{others}: {}", reply.text);
        assert_eq!(users(&world), [0, 1, i64::from(status == 200)], "{others}");
    }
}

#[test]
fn what_graph_does_wrong_or_late_is_told_as_that() {
    for (answer, status) in
        [(Ok(500), 502), (Ok(401), 400), (Err(portcullis::ports::http::Why::TooSlow(10)), 504)]
    {
        let world = entra(&json!({}));
        world.web.serves(&format!("{MOCK}/me"), move |_| {
            answer.clone().map(|status| crate::harness::served(status, &[], b"secret"))
        });
        let reply = sent(&world, json!({ "accessToken": token(&world, &graph()) })).is(status);
        assert!(!reply.text.contains("secret"));
        assert_eq!(users(&world), [0; 3]);
    }
}

/// Graph alone knows which of its tokens are good, and is not asked without end about what somebody made up.
#[test]
fn one_address_has_graph_asked_about_few_tokens_that_it_refuses() {
    let world = entra(&json!({}));
    world.web.serves(&format!("{MOCK}/me"), |_| Ok(json_answer(401, &json!({ "error": {} }))));
    let ask = |from: &str, n: usize| {
        let mut claims = graph();
        change(&mut claims, &json!({ "uti": n }));
        world
            .post("/api/auth/microsoft")
            .json(json!({ "accessToken": token(&world, &claims) }))
            .from(from)
            .status()
    };
    let statuses: Vec<u16> = (0..100).map(|n| ask("198.51.100.7", n)).collect();
    assert!(
        statuses[..40].iter().all(|status| *status == 400)
            && statuses[40..].iter().all(|status| *status == 429)
    );
    assert_eq!(world.web.times(&format!("{MOCK}/me")), 41);
    assert_eq!(world.events("login.failed"), 40);
    // Others are not held off, nor is the address for long, nor what needs no question.
    assert_eq!(ask("198.51.100.8", 0), 400);
    let own = json!({ "idToken": token(&world, &json!({})) });
    world.post("/api/auth/microsoft").json(own).from("198.51.100.7").send().is(200);
    world.advance(60);
    assert_eq!(ask("198.51.100.7", 0), 400);
}
