//! Server-side request forgery (design: outbound requests): what a stored address, an answer or a template leads to.

use serde_json::json;

use crate::connections::flow::param;
use crate::connections::providers::own;
use crate::connections::vault_attacks::How::{Looks, Refused};
use crate::connections::vault_attacks::{Attack, run};
use crate::harness::served;

/// Addresses that lead inside, as an attacker writes them into the database or an administrator wrote them before a rule was.
/// Loopback is missing: this deployment is a local one, which may ask it.
const INSIDE: &[&str] = &[
    "https://169.254.169.254/latest/meta-data",
    "https://[fd00::8]/admin",
    "https://10.0.0.8/",
    "https://192.168.1.1/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://auth.example.com/oauth2/token",
];

pub const ATTACKS: &[Attack] = &[
    Attack {
        section: "OWASP API7:2023",
        attack: "an address that passed the rules once is asked in spite of them",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let mut was = "https://crm.example/me";
            for inside in INSIDE {
                // Whose account it is, is asked at an address that no secret is bound to.
                let sql = format!(
                    "UPDATE vault_providers SET spec = replace(spec, '{was}', '{inside}') WHERE id = 'crm'"
                );
                world.sql(&sql);
                let spec =
                    world.sql("SELECT spec FROM vault_providers WHERE id = 'crm'")[0]["spec"].to_string();
                assert!(spec.contains(inside), "{spec}");
                was = inside;
                world.advance(6);
                let begun = world
                    .get("/auth/connect/crm?label=b")
                    .bearer(&stage.flow.token)
                    .fresh()
                    .unlimited()
                    .send()
                    .is(200);
                let state = param(&url::Url::parse(&begun.str("/authUrl")).unwrap(), "state");
                stage.flow.ask(&stage.flow.token, "good-2", &state).fresh().unlimited().send();
                let asked = world.web.asked.borrow();
                assert!(asked.iter().all(|request| request.url != *inside), "{inside}");
            }
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "a secret goes to an address that was put in the place of the one that it was given for",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            world.sql(
                "UPDATE vault_providers SET spec = replace(spec, 'crm.example/token', 'evil.example/token')",
            );
            world.web.serves("https://evil.example/", |_| Ok(served(200, &[], b"{}")));
            world.sql("UPDATE vault_connections SET expires_at = 1 WHERE provider_id = 'crm'");
            let ask = world.get("/auth/valid-token?providerId=crm").bearer(&stage.flow.token).fresh();
            let refused = ask.send();
            assert!(refused.status >= 400 && !refused.text.contains("canary"));
            assert_eq!(world.web.times("https://evil.example/"), 0);
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "a provider's answer to whose account it is redirects inside",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let to = [("location", "https://169.254.169.254/latest/meta-data")];
            world.web.serves("https://crm.example/me", move |_| Ok(served(302, &to, b"")));
            stage.flow.connect("?label=b", "good-2");
            assert_eq!(world.web.times("https://169.254.169.254/"), 0);
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "a revocation is redirected inside with the token",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let to = [("location", "https://169.254.169.254/")];
            world.web.serves("https://crm.example/revoke", move |_| Ok(served(307, &to, b"")));
            world.post("/auth/disconnect/crm").bearer(&stage.flow.token).send().is(200);
            assert_eq!(world.web.times("https://169.254.169.254/"), 0);
            assert_eq!(world.number("SELECT count(*) AS n FROM vault_revocations"), 1, "it is tried again");
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "a template's label that makes another host of it",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let labels =
                ["evil.example/", "evil.example#", "a@evil.example", "169.254.169.254", "a%2e", "", "xn--a"];
            let make = |label: &&str| {
                let labels = json!({ "subdomain": label });
                let body =
                    json!({ "id": "zendesk", "clientId": "us", "clientSecret": "s", "labels": labels });
                world.post("/auth/providers").bearer(&world.admin()).json(body).send()
            };
            labels.iter().map(make).collect()
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "hosts that a token may be sent to, of everybody or of inside",
        how: Refused(|stage| {
            let world = &stage.flow.world;
            let hosts = [
                "*",
                "*.com",
                "localhost",
                "169.254.169.254",
                "[::1]",
                "a/b",
                "a:80",
                "*.*.example",
                "auth.example.com",
            ];
            let make = |host: &&str| {
                let body = own(json!({ "id": "wide", "apiHosts": [host] }));
                world.post("/auth/providers").bearer(&world.admin()).json(body).send()
            };
            hosts.iter().map(make).collect()
        }),
    },
    Attack {
        section: "OWASP API7:2023",
        attack: "a pattern of hosts takes in our own, and a route sends us what is connected elsewhere",
        how: Looks(|stage| {
            let world = &stage.flow.world;
            let body = json!({ "id": "wild", "name": "Wild", "connectionType": "api_key", "apiHosts": ["*.example.com"], "apiKeyHeader": "x-key" });
            world.post("/auth/providers").bearer(&world.admin()).json(body).send().is(201);
            for (name, origin, status) in
                [("ours", "https://auth.example.com", 400), ("theirs", "https://api.example.com", 201)]
            {
                let route = json!({
                    "name": name, "path": format!("/{name}/"), "origin": origin, "connection": "wild", "scopes": ["wild:use"],
                });
                let made = world.post("/tenant/home/v2/Routes").bearer(&world.admin()).json(route).send();
                assert_eq!(made.status, status, "{origin}: {}", made.text);
            }
        }),
    },
];

#[test]
fn no_address_that_others_wrote_leads_inside() {
    run(ATTACKS);
}
