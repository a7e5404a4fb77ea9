//! The federation matrix: what becomes of a person, by what kind of provider vouches for them and what is here already. It is
//! the table of `docs/federation.md`, and each cell is done through the front door: by redirect and callback, by a SAML
//! form, or by a token of Google's or Microsoft's.

use std::path::Path;

use portcullis::model::state::{Mfa, UserStatus};
use serde_json::{Value, json};

use crate::harness::provider::{change, json_answer};
use crate::harness::{PASSWORD, PASSWORD_HASH, Reply, World};
use crate::saml::idp::Facts;
use crate::sso::provider::{Provider, session_of};

const ADA: &str = "ada@acme.example";
const WORK: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const MS_CLIENT: &str = "6cb04018-a3f5-46a7-b995-940c78f5aef3";

/// The columns of the table, and what is here.
const COLUMNS: [&str; 7] = [
    "no account",
    "confirmed account",
    "unconfirmed account",
    "other tenant's",
    "disabled",
    "second factor",
    "enforced elsewhere",
];

const SURE: [&str; 7] =
    ["made, confirmed", "linked", "linked, planted removed", "made", "refused", "asked", "403"];
const UNSURE: [&str; 7] = ["made, unconfirmed", "409", "409", "made", "refused", "409, then asked", "403"];
const SURE_TRIAL: [&str; 7] =
    ["trial, confirmed", "linked", "linked, planted removed", "trial", "refused", "asked", "403"];
const UNSURE_TRIAL: [&str; 7] = ["trial, unconfirmed", "409", "409", "trial", "refused", "409", "403"];

/// How a person comes.
#[derive(Clone, Copy)]
enum Way {
    /// By Google's redirect flow, with these claims.
    Google(fn() -> Value),
    /// By Microsoft's.
    Microsoft(fn() -> Value),
    /// By GitHub's: whether the primary address is verified.
    Github(bool),
    /// By a company's OpenID provider: whether the domain is proved for it.
    Oidc(bool),
    /// By a company's SAML provider.
    Saml(bool),
    /// With Google's token.
    GoogleToken(fn() -> Value),
    /// With Microsoft's, in that member.
    MicrosoftToken(&'static str, fn() -> Value),
}

fn gmail() -> Value {
    json!({ "sub": "g1", "email": "ada@gmail.com", "email_verified": true })
}

fn workspace() -> Value {
    json!({ "sub": "g1", "email": ADA, "email_verified": true, "hd": "acme.example" })
}

/// Verified once, and no mailbox of Google's.
fn not_googles() -> Value {
    json!({ "sub": "g1", "email": ADA, "email_verified": true })
}

fn not_verified() -> Value {
    json!({ "sub": "g1", "email": ADA, "email_verified": false, "hd": "acme.example" })
}

fn microsoft(tenant: &str, other: Value) -> Value {
    let mut claims = json!({
        "ver": "2.0", "sub": "pairwise", "oid": "00aa00aa-bb11-cc22-dd33-44ee44ee44ee", "tid": tenant,
        "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"), "email": ADA, "preferred_username": ADA,
    });
    change(&mut claims, &other);
    claims
}

fn owned() -> Value {
    microsoft(WORK, json!({ "xms_edov": true }))
}

fn claimed() -> Value {
    microsoft(WORK, json!({}))
}

fn upn_alone() -> Value {
    microsoft(WORK, json!({ "email": null, "xms_edov": false }))
}

fn personal() -> Value {
    microsoft(CONSUMERS, json!({}))
}

fn of_our_api(mut claims: Value) -> Value {
    change(&mut claims, &json!({ "aud": format!("api://{MS_CLIENT}"), "scp": "access_as_user" }));
    claims
}

/// Each row of the table, its cells, and the ways that it stands for.
const ROWS: &[(&str, [&str; 7], &[Way])] = &[
    ("Google, gmail.com or Workspace", SURE, &[Way::Google(gmail), Way::Google(workspace)]),
    ("Google, other address", UNSURE, &[Way::Google(not_googles), Way::Google(not_verified)]),
    ("Microsoft work, `xms_edov`", SURE, &[Way::Microsoft(owned)]),
    ("Microsoft work, without", UNSURE, &[Way::Microsoft(claimed), Way::Microsoft(upn_alone)]),
    ("Microsoft personal", SURE, &[Way::Microsoft(personal)]),
    ("GitHub, primary verified", SURE, &[Way::Github(true)]),
    ("GitHub, primary not verified", UNSURE, &[Way::Github(false)]),
    ("OIDC or SAML, proved domain", SURE, &[Way::Oidc(true), Way::Saml(true)]),
    ("OIDC or SAML, other address", UNSURE, &[Way::Oidc(false), Way::Saml(false)]),
    (
        "Google's token, gmail.com or Workspace",
        SURE_TRIAL,
        &[Way::GoogleToken(gmail), Way::GoogleToken(workspace)],
    ),
    (
        "Google's token, other address",
        UNSURE_TRIAL,
        &[Way::GoogleToken(not_googles), Way::GoogleToken(not_verified)],
    ),
    (
        "Microsoft's token, `xms_edov` or personal",
        SURE_TRIAL,
        &[
            Way::MicrosoftToken("idToken", owned),
            Way::MicrosoftToken("idToken", personal),
            Way::MicrosoftToken("accessToken", || of_our_api(owned())),
        ],
    ),
    (
        "Microsoft's token, without",
        UNSURE_TRIAL,
        &[
            Way::MicrosoftToken("idToken", claimed),
            Way::MicrosoftToken("accessToken", || of_our_api(claimed())),
            Way::MicrosoftToken("idToken", upn_alone),
        ],
    ),
];

/// A world with a provider `idp` of home, and its server.
fn begin(way: Way) -> (World, Provider) {
    let world = World::new();
    let base = "https://idp.example";
    let endpoints = |issuer: &str| {
        json!({
            "issuer": issuer, "authorizationEndpoint": format!("{base}/auth"), "tokenEndpoint": format!("{base}/token"),
            "jwksUri": format!("{base}/jwks"), "userinfoEndpoint": format!("{base}/user"),
        })
    };
    let google = "https://accounts.google.com";
    let entra = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let (provider, spec) = match way {
        Way::Google(_) | Way::GoogleToken(_) => {
            let spec = json!({ "kind": "google", "clientId": "us", "endpoints": endpoints(google) });
            (Provider::at(&world, base, google, "us"), spec)
        }
        Way::Microsoft(_) | Way::MicrosoftToken(..) => {
            let spec = json!({
                "kind": "microsoft", "clientId": MS_CLIENT, "tenants": ["common"], "endpoints": endpoints(entra),
            });
            (Provider::at(&world, base, entra, MS_CLIENT), spec)
        }
        Way::Github(is_verified) => {
            let provider = Provider::at(&world, base, "https://github.com/login/oauth", "us");
            let emails = json!([{ "email": ADA, "primary": true, "verified": is_verified }]);
            world.web.serves(&format!("{base}/user"), |_| {
                Ok(json_answer(200, &json!({ "id": 7, "login": "ada" })))
            });
            world.web.serves(&format!("{base}/user/emails"), move |_| Ok(json_answer(200, &emails)));
            let issuer = "https://github.com/login/oauth";
            (provider, json!({ "kind": "github", "clientId": "us", "endpoints": endpoints(issuer) }))
        }
        Way::Oidc(_) => {
            let provider = Provider::oidc(&world, "idp.example");
            let spec = json!({ "kind": "oidc", "clientId": provider.client_id, "issuer": provider.issuer });
            (provider, spec)
        }
        Way::Saml(_) => {
            world.saml("home", "idp", json!({}));
            let provider = Provider::oidc(&world, "unused.example");
            return with_domain(way, world, provider);
        }
    };
    let mut spec = spec;
    change(&mut spec, &json!({ "name": "The provider" }));
    world.provider("home", "idp", spec);
    with_domain(way, world, provider)
}

fn with_domain(way: Way, world: World, provider: Provider) -> (World, Provider) {
    if matches!(way, Way::Oidc(true) | Way::Saml(true)) {
        domain(&world, "acme.example", "idp");
    }
    (world, provider)
}

fn domain(world: &World, name: &str, provider: &str) {
    world.sql(&format!(
        "INSERT INTO email_domains (tenant_id, domain, provider_id, status, token, created_at, verified_at, directory)
         VALUES ('home', '{name}', '{provider}', 'verified', 't', 0, 0, 'home')"
    ));
    world.advance(6);
}

/// The address that a person says they have.
fn address(way: Way) -> &'static str {
    match way {
        Way::Google(claims) | Way::GoogleToken(claims) if claims()["email"] == "ada@gmail.com" => {
            "ada@gmail.com"
        }
        _ => ADA,
    }
}

/// Has the person sign in.
fn come(way: Way, world: &World, provider: &Provider) -> Reply {
    match way {
        Way::Google(claims) | Way::Microsoft(claims) => world.sso(provider, "home", "idp", claims()),
        Way::Github(_) => world.sso(provider, "home", "idp", json!({ "sub": "unused" })),
        Way::Oidc(_) => {
            world.sso(provider, "home", "idp", json!({ "sub": "1", "email": ADA, "email_verified": true }))
        }
        Way::Saml(_) => {
            let sent = world.send_to_idp("home", "idp", "");
            let facts = Facts { name_id: "ada-there".into(), ..world.facts(&sent) };
            world.answer(&sent, &facts.signed_assertion()).send()
        }
        Way::GoogleToken(claims) => {
            let credential = provider.credential(world, claims());
            world.post("/api/auth/google").json(json!({ "credential": credential })).send()
        }
        Way::MicrosoftToken(member, claims) => {
            let token = provider.credential(world, claims());
            world.post("/api/auth/microsoft").json(json!({ member: token })).send()
        }
    }
}

/// Makes what the column says is here.
fn prepare(column: &str, way: Way, world: &World) {
    let email = address(way);
    match column {
        "no account" => {}
        "confirmed account" => drop(world.user(email)),
        "unconfirmed account" => {
            let planted = world.user_with("home", email, |user| user.email_verified = false);
            let id = planted.id;
            world.sql(&format!(
                "INSERT INTO passkeys (id, tenant_id, user_id, credential_id, rp_id, public_key, sign_count, backed_up,
                                       transports, name, created_at)
                 VALUES ('p', 'home', '{id}', 'c', 'auth.example.com', 'k', 0, 0, '[]', 'Planted', 0)"
            ));
        }
        "other tenant's" => {
            world.tenant("acme");
            world.user_with("acme", email, |_| {});
        }
        "disabled" => drop(world.user_with("home", email, |user| user.status = UserStatus::Disabled)),
        "second factor" => drop(world.user_with("home", email, |user| user.mfa = Mfa::Email)),
        "enforced elsewhere" => {
            world.user(email);
            let spec = json!({
                "kind": "oidc", "name": "Corp", "issuer": "https://corp.example", "clientId": "us", "enforced": true,
            });
            world.provider("home", "corp", spec);
            world.sql("DELETE FROM email_domains");
            domain(world, email.split_once('@').unwrap().1, "corp");
        }
        other => panic!("{other}"),
    }
    world.sql("DELETE FROM sessions");
}

/// The code of the refusal that was logged last, or that the JSON says.
fn code(world: &World, reply: &Reply) -> String {
    if let Some(code) = reply.json["code"].as_str() {
        return code.to_owned();
    }
    let lines = world.log.0.borrow();
    let last = lines.iter().rev().find(|line| line.contains("sso.refused")).unwrap();
    serde_json::from_str::<Value>(last).unwrap()["code"].as_str().unwrap().to_owned()
}

/// What became of the person, in the words of the table.
fn outcome(column: &str, way: Way, world: &World, users: i64, reply: &Reply) -> String {
    let signed_in = session_of(reply).is_some() || reply.json["data"]["tokens"].is_object();
    let asked = reply.header("location").is_some_and(|to| to.starts_with("/tenant/home/mfa"))
        || reply.json["data"]["mfaRequired"] == true;
    assert_eq!(
        world.number("SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL"),
        i64::from(signed_in)
    );
    let email = address(way);
    let identities = world.sql("SELECT user_id FROM identities");
    if !signed_in && !asked {
        assert!(identities.is_empty(), "{identities:?}");
        assert_eq!(world.number("SELECT count(*) AS n FROM users"), users);
        return match (reply.status, code_of(world, reply).as_str()) {
            (403, "SSO_REQUIRED") => "403".to_owned(),
            (403, "NO_ACCOUNT") => "refused".to_owned(),
            (409, "LINK_REQUIRED") => second_step(column, way, world, reply),
            other => format!("{other:?}"),
        };
    }
    assert_eq!(identities.len(), 1);
    let id = identities[0]["user_id"].as_str().unwrap();
    let owner = world.sql(&format!("SELECT * FROM users WHERE id = '{id}'")).remove(0);
    assert_eq!(owner["email_key"], email);
    if asked {
        return "asked".to_owned();
    }
    let confirmed = if owner["email_verified"] == 1 { "confirmed" } else { "unconfirmed" };
    if world.number("SELECT count(*) AS n FROM users") == users {
        assert_eq!((owner["tenant_id"].as_str(), confirmed), (Some("home"), "confirmed"));
        let planted = owner["password_hash"] == PASSWORD_HASH;
        let passkeys = world.number("SELECT count(*) AS n FROM passkeys");
        assert!(passkeys == 0, "a passkey was left");
        return if planted { "linked" } else { "linked, planted removed" }.to_owned();
    }
    let made = if owner["tenant_id"] == "home" { "made" } else { "trial" };
    match column {
        "no account" => format!("{made}, {confirmed}"),
        _ => made.to_owned(),
    }
}

/// A page that asks for a factor has no code of an error.
fn code_of(world: &World, reply: &Reply) -> String {
    if reply.status == 409 && reply.sets("__Host-portcullis-link").is_some() {
        return "LINK_REQUIRED".to_owned();
    }
    code(world, reply)
}

/// What the page that asks for a factor leads to, where the account has a second one.
fn second_step(column: &str, way: Way, world: &World, asked: &Reply) -> String {
    let is_page = !matches!(way, Way::GoogleToken(_) | Way::MicrosoftToken(..));
    if column != "second factor" || !is_page {
        return "409".to_owned();
    }
    let sealed = asked.sets("__Host-portcullis-link").unwrap();
    let link = world.post("/tenant/home/sso/idp/link").header("sec-fetch-site", "same-origin");
    let link = link.header("cookie", &format!("__Host-portcullis-link={sealed}"));
    let next = link.form(&[("password", PASSWORD)]).send().is(303);
    assert!(next.header("location").unwrap().starts_with("/tenant/home/mfa"));
    assert!(session_of(&next).is_none() && world.number("SELECT count(*) AS n FROM identities") == 0);
    "409, then asked".to_owned()
}

#[test]
fn each_cell_of_the_matrix_is_as_the_table_says() {
    let mut wrong = Vec::new();
    for (row, cells, ways) in ROWS {
        for (at, way) in ways.iter().enumerate() {
            for (column, expected) in COLUMNS.iter().zip(cells) {
                let (world, provider) = begin(*way);
                prepare(column, *way, &world);
                let users = world.number("SELECT count(*) AS n FROM users");
                let reply = come(*way, &world, &provider);
                let found = outcome(column, *way, &world, users, &reply);
                if found != *expected {
                    wrong.push(format!("{row} ({at}) × {column}: {found}, not {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_that_of_the_documents() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/federation.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once("By kind of provider, that is:\n\n").unwrap();
    let lines = rest.lines().take_while(|line| line.starts_with('|'));
    let said: Vec<Vec<&str>> =
        lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let mut ours = vec![[""].into_iter().chain(COLUMNS).collect::<Vec<_>>(), vec!["---"; 8]];
    ours.extend(ROWS.iter().map(|(row, cells, _)| [*row].into_iter().chain(*cells).collect::<Vec<_>>()));
    assert_eq!(said, ours);
}
