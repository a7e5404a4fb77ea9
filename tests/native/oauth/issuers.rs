//! A tenant's issuer with and without a host of its own: where its metadata is, what its tokens say, and that none is
//! taken under another issuer.

use serde_json::json;

use super::acme::{Acme, FIRST, HOSTS, ORIGIN, OWN, SECOND, TENANT, acme, issuer};
use crate::harness::oidc::Params;
use crate::harness::{PASSWORD, claims, set};

/// Every address that metadata is looked for at, for an issuer (RFC 8414 §3.1, OpenID Connect Discovery 1.0 §4).
fn addresses(issuer: &str) -> Vec<(String, String)> {
    let (host, path) =
        issuer.strip_prefix("https://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))).unwrap();
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    let mut all = Vec::new();
    for name in ["openid-configuration", "oauth-authorization-server"] {
        all.push((host.to_owned(), format!("{path}/.well-known/{name}")));
        all.push((host.to_owned(), format!("/.well-known/{name}{path}")));
    }
    all
}

/// RFC 8414 §3.3: the issuer of a document is the one that its address was made of; where it is not, there is none.
/// OIDC Discovery §4.3: the same.
#[test]
fn metadata_is_at_its_issuers_addresses_and_nowhere_else() {
    for host in HOSTS {
        let acme = Acme::at(host);
        acme.world.tenant("b");
        let mut paths: Vec<String> = ["", "/tenant/acme", "/tenant/b", "/tenant/home"]
            .iter()
            .flat_map(|path| addresses(&format!("{ORIGIN}{path}")).into_iter().map(|(_, path)| path))
            .collect();
        paths.sort();
        paths.dedup();
        let mut found = 0;
        let hosts = [
            OWN,
            FIRST,
            SECOND,
            "evil.example",
            "auth.example.com.",
            "login.acme.example.",
            "id.acme.example",
        ];
        for (asked, path) in hosts.iter().flat_map(|host| paths.iter().map(move |path| (*host, path))) {
            for tenant in [None, Some("acme"), Some("b"), Some("home")] {
                let ask = acme.world.get(path).host(asked).from(&format!("203.0.113.{}", path.len()));
                let ask = ask.unlimited();
                let reply = if let Some(id) = tenant { ask.tenant(id) } else { ask }.send();
                if reply.status == 404 {
                    continue;
                }
                let said = reply.is(200).str("/issuer");
                let here = (asked.to_owned(), path.clone());
                assert!(addresses(&said).contains(&here), "{asked}{path} says {said}");
                found += 1;
            }
        }
        // Home's, b's and acme's, each at two or four addresses, however a field names a tenant.
        let own = if host.is_some() { 2 * 4 } else { 4 * 4 };
        assert_eq!(found, 4 * 4 + 4 * 4 + own, "{host:?}");
        for (host, path) in addresses(&acme.issuer()) {
            assert_eq!(acme.world.get(&path).host(&host).send().is(200).str("/issuer"), acme.issuer());
        }
    }
}

/// OIDC Discovery §3: what the metadata of a tenant with a host names is at that host.
#[test]
fn what_the_metadata_names_is_at_the_host_and_answers() {
    for host in HOSTS {
        let acme = Acme::at(host);
        let document = acme.get("/.well-known/openid-configuration").send().is(200).json;
        let mut named = 0;
        for (name, value) in document.as_object().unwrap() {
            if !name.ends_with("_endpoint") && name != "jwks_uri" {
                continue;
            }
            let url = url::Url::parse(value.as_str().unwrap()).unwrap();
            assert!(url.as_str().starts_with(&acme.issuer()), "{name}: {url}");
            let statuses = [
                acme.here(acme.world.get(url.path())).navigating().send().status,
                acme.here(acme.world.post(url.path())).form(&[]).send().status,
            ];
            assert!(
                !statuses.contains(&404) && statuses.iter().all(|status| *status < 500),
                "{name}: {statuses:?}"
            );
            named += 1;
        }
        assert!(named >= 9, "{named}");
        let keys = acme.get("/.well-known/jwks.json").send().is(200).text;
        assert_eq!(keys, acme.world.get("/tenant/acme/.well-known/jwks.json").send().is(200).text);
    }
}

#[test]
fn every_token_says_the_issuer_of_the_host() {
    for host in HOSTS {
        let acme = Acme::at(host);
        let own = acme.issuer();
        for (kind, token) in acme.access_tokens() {
            let said = claims(&token);
            assert_eq!((&said["iss"], &said["aud"]), (&json!(own), &json!(own)), "{kind}");
        }
        let tokens = acme.tokens();
        assert_eq!(claims(&tokens.str("/id_token"))["iss"], own.as_str());
        let refresh = Params::of(&[("token", &tokens.str("/refresh_token"))]);
        assert_eq!(acme.client("introspect", &refresh).is(200).json["iss"], own.as_str());
        let plan =
            acme.here(acme.world.get("/app/")).tenant("acme").bearer(&tokens.str("/access_token")).plan();
        assert_eq!(claims(set(&plan, "x-portcullis-assertion").unwrap())["iss"], own.as_str());
        // What the tokens of one spelling are for, those of another spelling are not.
        for wrong in HOSTS.into_iter().filter(|other| *other != host).map(issuer) {
            let back = acme.authorize(&acme.request().with("resource", &wrong)).sent();
            assert_eq!(back.get("error"), Some("invalid_target"), "{wrong}");
        }
        acme.authorize(&acme.request().with("resource", &own)).sent().code();
    }
}

/// Each kind of access token at each place: taken under its own issuer, and under no other.
#[test]
fn an_access_token_of_one_issuer_is_none_of_another() {
    for from in HOSTS {
        for to in HOSTS.into_iter().filter(|to| *to != from) {
            let acme = Acme::at(from);
            let tokens = acme.access_tokens();
            for (kind, token) in &tokens {
                let taken: Vec<_> = acme.takes(token).into_iter().filter(|(_, taken)| *taken).collect();
                assert!(taken.len() >= 5, "{kind}: {taken:?}");
            }
            acme.move_to(to);
            for (kind, token) in &tokens {
                for (place, taken) in acme.takes(token) {
                    assert!(!taken, "{kind} token of {from:?} at {to:?}: {place}");
                }
            }
            // And back again: the same tokens are its own.
            acme.move_to(from);
            for (kind, token) in &tokens {
                assert!(acme.takes(token).iter().filter(|(_, taken)| *taken).count() >= 5, "{kind}");
            }
        }
    }
}

#[test]
fn a_clients_assertion_is_for_the_issuer_or_its_endpoints_in_its_own_spelling() {
    for host in HOSTS {
        let acme = Acme::at(host);
        let mut at = 0;
        let mut status = |aud: &str| {
            at += 1;
            let now = crate::harness::NOON / 1000;
            let said = json!({ "iss": "signing", "sub": "signing", "aud": aud, "jti": format!("{at}"), "exp": now + 60 });
            let assertion = acme.signer.sign(&json!({ "alg": "ES256", "kid": "k" }), &said);
            let form = Params::of(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
            ]);
            let ask = acme.here(acme.world.post(&acme.path("/oauth2/token")));
            ask.body("application/x-www-form-urlencoded", form.text()).send().status
        };
        for other in HOSTS {
            let wanted = if other == host { 400 } else { 401 };
            for below in ["", "/oauth2/token", "/oauth2/par"] {
                assert_eq!(
                    status(&format!("{}{below}", issuer(other))),
                    wanted,
                    "{other:?}{below} at {host:?}"
                );
            }
        }
        for wrong in [
            ORIGIN.to_owned(),
            format!("{ORIGIN}/oauth2/token"),
            "https://login.acme.example/tenant/acme".into(),
        ] {
            assert_eq!(status(&wrong), 401, "{wrong} at {host:?}");
        }
    }
}

#[test]
fn home_can_have_the_deployments_own_host_and_is_its_root_then() {
    let acme = acme();
    let world = &acme.world;
    let metadata = |path: &str| world.get(path).send();
    metadata("/.well-known/openid-configuration").is(404);
    let body = json!({ "host": OWN });
    world.patch(TENANT).bearer(&world.admin()).json(body.clone()).send().is(400);
    let made = world.patch("/tenant/home/v2/Tenants/home").bearer(&world.admin()).json(body).send().is(200);
    assert_eq!(made.str("/host"), OWN);
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        assert_eq!(metadata(path).is(200).str("/issuer"), ORIGIN);
        metadata(&format!("/tenant/home{path}")).is(404);
        metadata(&format!("{path}/tenant/home")).is(404);
        assert_eq!(metadata(&format!("/tenant/acme{path}")).is(200).str("/issuer"), issuer(None));
    }
    assert_eq!(
        metadata("/.well-known/openid-configuration").str("/token_endpoint"),
        format!("{ORIGIN}/oauth2/token")
    );
    let ada = world.user("ada@example.com");
    assert_eq!(claims(&world.session(&ada).access)["iss"], ORIGIN);
    // The host is still for every tenant that a field or a path names.
    let body = json!({ "email": acme.boss.email, "password": PASSWORD });
    let login = world.post("/auth/login").tenant("acme").json(body).send().is(200);
    assert_eq!(claims(&login.str("/access_token"))["iss"], issuer(None).as_str());
    world.get("/tenant/acme/v2/Users").bearer(&login.str("/access_token")).send().is(200);
    let none = json!({ "host": null });
    world.patch("/tenant/home/v2/Tenants/home").bearer(&world.admin()).json(none).send().is(200);
    metadata("/.well-known/openid-configuration").is(404);
    assert_eq!(claims(&world.session(&ada).access)["iss"], format!("{ORIGIN}/tenant/home"));
}
