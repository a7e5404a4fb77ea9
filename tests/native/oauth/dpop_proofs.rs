//! DPoP proofs (RFC 9449 §4.3): each rule, at the token endpoint and wherever a token is used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::dpop::Holder;
use crate::harness::oidc::{App, Params, Party, metadata};
use crate::harness::{Ask, Reply, Signer, World, claims, set};

const TOKEN: &str = "/tenant/home/oauth2/token";

/// A client that gets tokens for itself, whose key is bound to them.
struct Robot {
    world: World,
    app: App,
    holder: Holder,
}

fn robot(signer: Signer) -> Robot {
    let world = World::new();
    let robot = json!({ "grant_types": ["client_credentials"], "roles": ["ADMIN"] });
    let app = world.client("home", "robot", metadata(robot));
    world.route(json!({}));
    Robot { world, app, holder: Holder::new(signer) }
}

impl Robot {
    fn form(&self) -> Ask<'_> {
        let params = Params::of(&[("grant_type", "client_credentials"), ("scope", "read")]);
        self.world.as_client(TOKEN, &self.app, &params)
    }

    fn ask(&self, proof: &str) -> Reply {
        self.form().header("dpop", proof).send()
    }

    fn token(&self) -> String {
        let reply = self.ask(&self.holder.proof(&self.world, "POST", TOKEN)).is(200);
        assert_eq!(reply.json["token_type"], "DPoP");
        reply.str("/access_token")
    }

    /// The places that a client's own token is used at.
    fn places() -> [&'static str; 2] {
        ["/tenant/home/v2/Users", "/app/"]
    }

    fn uses(&self, path: &str, token: &str, proof: &str) -> u16 {
        self.world.get(path).bound(token, proof).status()
    }
}

/// A token that is unsigned, or signed in another way, of this header and these claims.
fn forged(header: &Value, said: &Value, signature: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encoded(header), encoded(said));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature(message.as_bytes())))
}

/// What is wrong with a proof, and the proof, made of a good one's header and claims.
type Attack = (&'static str, Box<dyn Fn(&Holder, Value, Value) -> String>);

/// Every proof that must be refused, wherever it comes.
fn attacks() -> Vec<Attack> {
    let header = |name: &'static str, value: Value| -> Attack {
        let change = move |holder: &Holder, mut header: Value, said: Value| {
            header[name] = value.clone();
            holder.signer.sign(&header, &said)
        };
        (name, Box::new(change))
    };
    let claim = |name: &'static str, value: Value| -> Attack {
        let change = move |holder: &Holder, header: Value, mut said: Value| {
            match value.is_null() {
                true => drop(said.as_object_mut().unwrap().remove(name)),
                false => said[name] = value.clone(),
            }
            holder.signer.sign(&header, &said)
        };
        (name, Box::new(change))
    };
    let now = crate::harness::NOON / 1000;
    let mut all: Vec<Attack> = Vec::new();
    for typ in [json!("JWT"), json!("at+jwt"), json!("dpop+jwt2"), json!(null), json!("")] {
        all.push(header("typ", typ));
    }
    for alg in ["none", "NONE", "HS256", "RS256", "EdDSA", "ES384", "es256", "PS256", ""] {
        all.push(header("alg", json!(alg)));
    }
    all.push(header("crit", json!(["exp"])));
    let other = Signer::es256(99).jwk();
    let mut private = Signer::es256(7).jwk();
    private["d"] = json!("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    for jwk in [json!(null), json!({}), json!("x"), other, private, json!({ "kty": "oct", "k": "c2VjcmV0" })]
    {
        all.push(header("jwk", jwk));
    }
    for (name, bad) in [
        ("jti", vec![json!(null), json!(""), json!(5), json!("x".repeat(257))]),
        (
            "htm",
            vec![json!(null), json!(""), json!("PUT"), json!("post"), json!("get"), json!(["POST", "GET"])],
        ),
        (
            "iat",
            vec![json!(null), json!("now"), json!(0), json!(now - 61), json!(now + 31), json!(now + 86_400)],
        ),
        ("nonce", vec![json!(""), json!("made-up"), json!("x".repeat(22))]),
        (
            "htu",
            vec![
                json!(null),
                json!(""),
                json!("/tenant/home/oauth2/token"),
                json!("https://auth.example.com/"),
                json!("https://auth.example.com/tenant/home/oauth2/token/x"),
                json!("https://auth.example.com/tenant/b/oauth2/token"),
                json!("https://evil.example/tenant/home/oauth2/token"),
                json!("http://auth.example.com/app/"),
                json!("https://auth.example.com:8443/app/"),
                json!("https://auth.example.com@evil.example/app/"),
                json!("https://user@auth.example.com/app/"),
                json!("https://auth.example.com/App/"),
                json!("https://auth.example.com/app%2f"),
                json!(["https://auth.example.com/app/"]),
            ],
        ),
    ] {
        all.extend(bad.into_iter().map(|value| claim(name, value)));
    }
    all.push((
        "unsigned",
        Box::new(|_, mut header, said| {
            header["alg"] = "none".into();
            forged(&header, &said, |_| Vec::new())
        }),
    ));
    all.push((
        "HS256 with the public key",
        Box::new(|holder, mut header, said| {
            header["alg"] = "HS256".into();
            forged(&header, &said, |message| {
                let key = holder.signer.jwk().to_string();
                let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            })
        }),
    ));
    all.push(("another's signature", Box::new(|_, header, said| Signer::es256(99).sign(&header, &said))));
    all.push(("two fields", Box::new(|holder, _, said| format!("{0}, {0}", holder.sign(&said)))));
    all.push(("two tokens", Box::new(|holder, _, said| format!("{0} {0}", holder.sign(&said)))));
    all.push(("nothing", Box::new(|_, _, _| String::new())));
    all.push((
        "two parts",
        Box::new(|holder, _, said| holder.sign(&said).rsplit_once('.').unwrap().0.into()),
    ));
    all.push(("padding", Box::new(|holder, _, said| format!("{}=", holder.sign(&said)))));
    all.push((
        "too long",
        Box::new(|holder, header, mut said| {
            said["more"] = "x".repeat(4_096).into();
            holder.signer.sign(&header, &said)
        }),
    ));
    all
}

/// RFC 9449 §4.3: each check, at the token endpoint.
/// RFC 9449 §5: a proof that does not hold is answered with `invalid_dpop_proof`.
#[test]
fn a_token_request_with_a_bad_proof_is_refused() {
    let robot = robot(Signer::es256(7));
    robot.token();
    for (at, (what, forge)) in attacks().into_iter().enumerate() {
        // What is of another address here is that of another place's request.
        let said = robot.holder.claims(&robot.world, "POST", TOKEN, None);
        let proof = forge(&robot.holder, robot.holder.header(), said);
        let reply = robot.form().header("dpop", &proof).from(&format!("203.0.113.{at}")).send();
        let code = if what == "nonce" { "use_dpop_nonce" } else { "invalid_dpop_proof" };
        let told = reply.error(400, code);
        assert_eq!(told.header("dpop-nonce").is_some(), what == "nonce", "{what}");
    }
    assert!(robot.world.events("client.refused") > 40);
    robot.token();
}

/// RFC 9449 §7.1, §7.2: the same wherever the token is used, with 401 and a challenge.
#[test]
fn a_token_with_a_bad_proof_is_refused() {
    let robot = robot(Signer::es256(7));
    let token = robot.token();
    for path in Robot::places() {
        for (at, (what, forge)) in attacks().into_iter().enumerate() {
            let said = robot.holder.claims(&robot.world, "GET", path, Some(&token));
            // The addresses of the table are those of other places.
            let proof = forge(&robot.holder, robot.holder.header(), said);
            let ask = robot.world.get(path).bound(&token, &proof).from(&format!("198.51.100.{at}"));
            let reply = ask.send().is(401);
            let challenge = reply.header("www-authenticate").unwrap();
            let code = if what == "nonce" { "use_dpop_nonce" } else { "invalid_dpop_proof" };
            assert!(challenge.starts_with(&format!("DPoP error=\"{code}\", algs=\"")), "{what}: {challenge}");
            assert_eq!(reply.header("dpop-nonce").is_some(), what == "nonce", "{what}");
        }
        let proof = robot.holder.proof_with(&robot.world, "GET", path, &token);
        assert_eq!(robot.uses(path, &token, &proof), 200, "{path}");
    }
    assert!(robot.world.events("dpop.refused") > 80);
}

/// RFC 9449 §4.3: `ath` is the access token's, and the token is bound to the proof's key.
/// RFC 9449 §7.2: a bound token is none for whoever bears it, and an unbound one none with a proof.
#[test]
fn a_token_its_key_and_its_scheme_go_together() {
    let robot = robot(Signer::es256(7));
    let (world, holder) = (&robot.world, &robot.holder);
    let (token, another) = (robot.token(), robot.token());
    let unbound = robot.form().send().is(200);
    assert_eq!(unbound.json["token_type"], "Bearer");
    let unbound = unbound.str("/access_token");
    let thief = Holder::es256(8);
    for path in Robot::places() {
        let proof = |token: &str| holder.proof_with(world, "GET", path, token);
        for (what, status) in [
            ("ath missing", robot.uses(path, &token, &holder.proof(world, "GET", path))),
            ("ath of another token", robot.uses(path, &token, &proof(&another))),
            ("another's key", robot.uses(path, &token, &thief.proof_with(world, "GET", path, &token))),
            ("an unbound token", robot.uses(path, &unbound, &proof(&unbound))),
            ("a made-up token", robot.uses(path, "a.b.c", &proof("a.b.c"))),
            ("as a bearer token", world.get(path).bearer(&token).status()),
            (
                "as a bearer token with a proof",
                world.get(path).bearer(&token).header("dpop", &proof(&token)).status(),
            ),
            ("no proof", world.get(path).header("authorization", &format!("DPoP {token}")).status()),
        ] {
            assert_eq!(status, 401, "{path}: {what}");
        }
        for scheme in ["DPoP", "dpop", "DPOP"] {
            let ask = world.get(path).header("authorization", &format!("{scheme} {token}"));
            assert_eq!(ask.header("dpop", &proof(&token)).status(), 200, "{path} {scheme}");
        }
        assert_eq!(world.get(path).bearer(&unbound).status(), 200);
    }
    let refused =
        world.get("/app/").bound(&unbound, &holder.proof_with(world, "GET", "/app/", &unbound)).send();
    let challenge = refused.header("www-authenticate").unwrap().to_owned();
    assert_eq!(challenge, "DPoP error=\"invalid_token\", algs=\"ES256 RS256 EdDSA Ed25519\"");
    // Who sends a bearer token is told as ever.
    let refused = world.get("/app/").bearer(&token).send().is(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    assert!(world.events("dpop.refused") >= 6);
}

/// RFC 9449 §11.1: a proof works once, however many try, for ever.
#[test]
fn a_proof_works_once() {
    let robot = robot(Signer::es256(7));
    let proof = robot.holder.proof(&robot.world, "POST", TOKEN);
    let asks = (0..50).map(|_| robot.form().fresh().header("dpop", &proof)).collect();
    let replies = robot.world.together(asks);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.json["error"] == "invalid_dpop_proof").count(), 49);
    let token = robot.token();
    for path in Robot::places() {
        let proof = robot.holder.proof_with(&robot.world, "GET", path, &token);
        let statuses = (0..3).map(|_| robot.world.get(path).bound(&token, &proof).fresh().status());
        assert_eq!(statuses.collect::<Vec<_>>(), [200, 401, 401], "{path}");
        // Nor for who knows the system secret, nor until it has expired, nor after that.
        assert_eq!(robot.world.get(path).bound(&token, &proof).unlimited().status(), 401);
    }
    let said = robot.holder.claims(&robot.world, "POST", TOKEN, None);
    let proof = robot.holder.sign(&said);
    robot.ask(&proof).is(200);
    for _ in 0..14 {
        robot.world.advance(7);
        robot.ask(&proof).error(400, "invalid_dpop_proof");
    }
    // The same id is another's own.
    let other = Holder::es256(8);
    robot.world.advance(-98);
    robot.ask(&other.sign(&said)).is(200);
}

/// The other spelling of an ES256 signature makes no other proof.
#[test]
fn a_proof_that_was_used_is_used_in_each_spelling() {
    let robot = robot(Signer::es256(7));
    let proof = robot.holder.proof(&robot.world, "POST", TOKEN);
    let (message, signature) = proof.rsplit_once('.').unwrap();
    let signature = p256::ecdsa::Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    let other = format!("{message}.{}", URL_SAFE_NO_PAD.encode(other.to_bytes()));
    assert_ne!(other, proof);
    robot.ask(&proof).is(200);
    robot.ask(&other).error(400, "invalid_dpop_proof");
}

/// RFC 9449 §4.3: `htu` is compared without query and fragment, and normalised (RFC 3986 §6.2.2, §6.2.3).
#[test]
fn an_address_is_the_same_in_each_spelling() {
    let robot = robot(Signer::es256(7));
    let token = robot.token();
    for (path, htu) in [
        ("/app/x?y=1", "https://auth.example.com/app/x"),
        ("/app/x?y=1", "https://auth.example.com/app/x?z=2#f"),
        ("/app/x", "HTTPS://AUTH.example.com:443/app/x"),
        ("/app/x", "https://auth.example.com/app/./y/../x"),
        ("/app/x", "https://auth.example.com/%61pp/x"),
        ("/app/%c3%a4", "https://auth.example.com/app/%C3%A4"),
        ("/app/%7ex", "https://auth.example.com/app/~x"),
    ] {
        let mut said = robot.holder.claims(&robot.world, "GET", "", Some(&token));
        said["htu"] = htu.into();
        assert_eq!(robot.uses(path, &token, &robot.holder.sign(&said)), 200, "{path} {htu}");
    }
    for (path, htu) in [
        ("/app/x", "https://auth.example.com/app/x/"),
        ("/app/x", "https://auth.example.com/app/%78%2f"),
        ("/app/a%25b", "https://auth.example.com/app/a%b"),
        ("/app/x", "https://auth.example.com./app/x"),
    ] {
        let mut said = robot.holder.claims(&robot.world, "GET", "", Some(&token));
        said["htu"] = htu.into();
        assert_eq!(robot.uses(path, &token, &robot.holder.sign(&said)), 401, "{path} {htu}");
    }
}

#[test]
fn a_proof_is_signed_with_each_algorithm_that_is_listed() {
    for signer in [Signer::es256(7), Signer::rs256(), Signer::eddsa(3)] {
        let robot = robot(signer);
        let token = robot.token();
        assert_eq!(claims(&token)["cnf"], json!({ "jkt": robot.holder.jkt() }));
        let plan = robot.world.get("/app/");
        let proof = robot.holder.proof_with(&robot.world, "GET", "/app/", &token);
        let plan = plan.bound(&token, &proof).plan();
        assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap())["cnf"]["jkt"], robot.holder.jkt());
        let listed = robot.world.get("/tenant/home/.well-known/openid-configuration").send().is(200).json;
        let listed = listed["dpop_signing_alg_values_supported"].as_array().unwrap().clone();
        assert!(listed.contains(&json!(robot.holder.signer.alg())), "{listed:?}");
    }
    assert_eq!(Party::path("token"), TOKEN);
}

/// A request without a proof waits for nothing that it did not wait for before.
#[test]
fn a_proof_is_one_wait_and_none_is_none() {
    let robot = robot(Signer::es256(7));
    let (bound, bare) = (robot.token(), robot.form().send().is(200).str("/access_token"));
    let path = "/tenant/home/v2/Roles";
    let proof = || robot.holder.proof_with(&robot.world, "GET", path, &bound);
    robot.world.get(path).bearer(&bare).send().is(200);
    robot.world.get(path).bound(&bound, &proof()).send().is(200);
    let (_, without) = robot.world.get(path).bearer(&bare).waits();
    let (_, with) = robot.world.get(path).bound(&bound, &proof()).waits();
    assert_eq!(with, without + 1);
    let (_, [_, counters]) = robot.world.get(path).bearer(&bare).cost();
    assert_eq!(counters, 0);
}
