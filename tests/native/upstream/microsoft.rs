//! Microsoft's word on a person, by ID tokens: whose tenant it is, who may sign in, and what an address is worth.

use portcullis::domain::federation::assertion::ProviderAssertion;
use portcullis::domain::federation::kinds::microsoft::{client, verify_access_token, verify_id_token};
use portcullis::domain::refusal::{Error, Federation};
use portcullis::model::identity_provider::IdentityProvider;
use serde_json::{Value, json};

use super::kinds::{described, forged, refusal};
use crate::harness::provider::change;
use crate::harness::{Signer, World};

const KEYS: &str = "https://login.microsoftonline.com/common/discovery/v2.0/keys";
pub const CLIENT: &str = "6cb04018-a3f5-46a7-b995-940c78f5aef3";
pub const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
pub const OTHER_TENANT: &str = "ffffbbbb-0000-cccc-1111-dddd2222eeee";
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
pub const OBJECT: &str = "00aa00aa-bb11-cc22-dd33-44ee44ee44ee";

/// A tenant's Microsoft, with its keys where Microsoft has them.
pub struct Microsoft {
    pub world: World,
    pub signer: Signer,
    pub provider: IdentityProvider,
}

pub fn issuer(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// Changes that make it another tenant's token.
pub fn of_tenant(tenant: &str) -> Value {
    json!({ "tid": tenant, "iss": issuer(tenant) })
}

pub fn with(mut these: Value, those: &Value) -> Value {
    these.as_object_mut().unwrap().extend(those.as_object().unwrap().clone());
    these
}

impl Microsoft {
    pub fn new() -> Microsoft {
        Microsoft::for_tenants(&["common"])
    }

    pub fn for_tenants(tenants: &[&str]) -> Microsoft {
        Microsoft::with(&json!({ "tenants": tenants }))
    }

    pub fn with(others: &Value) -> Microsoft {
        let (world, signer) = (World::new(), Signer::rs256());
        let mut keys = signer.jwks("m");
        keys["keys"][0]["issuer"] = json!("https://login.microsoftonline.com/{tenantid}/v2.0");
        world.web.serves_json(KEYS, keys);
        let mut spec = json!({ "name": "Microsoft", "kind": "microsoft", "clientId": CLIENT });
        change(&mut spec, others);
        Microsoft { world, signer, provider: described("microsoft", spec) }
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.signer.sign(&json!({ "alg": "RS256", "kid": "m", "typ": "JWT" }), claims)
    }

    /// An ID token of a work account, with other members.
    pub fn id_token(&self, others: &Value) -> String {
        let now = self.world.now().unix();
        let mut claims = json!({
            "ver": "2.0", "iss": issuer(TENANT), "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "aud": CLIENT,
            "exp": now + 3600, "iat": now, "nbf": now, "name": "Ada Lovelace", "preferred_username": "ada@corp.example",
            "email": "ada@corp.example", "oid": OBJECT, "tid": TENANT, "aio": "Df2UVXL1ix", "rh": "0.x", "uti": "u",
        });
        change(&mut claims, others);
        self.sign(&claims)
    }

    pub fn read(&self, token: &str) -> Result<ProviderAssertion, Error> {
        pollster::block_on(verify_id_token(&self.world.cx(), &self.provider, token))
    }

    pub fn read_access(&self, token: &str) -> Result<ProviderAssertion, Error> {
        pollster::block_on(verify_access_token(&self.world.cx(), &self.provider, token))
    }
}

#[test]
fn an_id_token_says_who_signed_in_by_tenant_and_object() {
    let microsoft = Microsoft::new();
    let token = microsoft.id_token(&json!({ "amr": ["pwd", "mfa"], "sid": "s-1" }));
    assert_eq!(client(&token).as_deref(), Some(CLIENT));
    let person = microsoft.read(&token).unwrap();
    assert_eq!((person.issuer, person.subject.as_str()), (issuer(TENANT), OBJECT));
    assert_eq!(person.email.as_deref(), Some("ada@corp.example"));
    assert_eq!(person.organisation.as_deref(), Some(TENANT));
    assert_eq!(person.amr, ["pwd", "mfa"]);
    // An administrator of that tenant wrote the address.
    assert!(!person.email_verified && !person.authoritative);
    assert_eq!(microsoft.world.web.asked.borrow().len(), 1);
}

#[test]
fn a_token_that_is_anothers_or_not_for_us_is_refused() {
    let microsoft = Microsoft::new();
    let now = microsoft.world.now().unix();
    let rows = [
        // Whom it is for.
        json!({ "aud": "11111111-a3f5-46a7-b995-940c78f5aef3" }),
        json!({ "aud": [CLIENT, "11111111-a3f5-46a7-b995-940c78f5aef3"] }),
        json!({ "aud": [CLIENT, "11111111-a3f5-46a7-b995-940c78f5aef3"], "azp": CLIENT }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "aud": "" }),
        json!({ "aud": CLIENT.to_uppercase() }),
        json!({ "aud": format!("api://{CLIENT}") }),
        json!({ "aud": "00000003-0000-0000-c000-000000000000" }),
        json!({ "aud": "https://graph.microsoft.com", "appid": CLIENT }),
        // Whose it is.
        json!({ "iss": issuer(OTHER_TENANT) }),
        json!({ "tid": OTHER_TENANT }),
        json!({ "tid": CONSUMERS }),
        json!({ "iss": issuer(CONSUMERS) }),
        json!({ "tid": null }),
        json!({ "tid": "" }),
        json!({ "tid": [TENANT] }),
        json!({ "tid": TENANT.to_uppercase() }),
        json!({ "tid": "common", "iss": issuer("common"), "oid": null }),
        json!({ "iss": issuer("common") }),
        json!({ "iss": issuer("{tenantid}") }),
        json!({ "iss": "https://login.microsoftonline.com/{tenantid}/v2.0", "tid": "{tenantid}" }),
        json!({ "iss": null }),
        json!({ "iss": "" }),
        json!({ "iss": format!("https://sts.windows.net/{TENANT}/") }),
        json!({ "iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0" }),
        json!({ "iss": format!("https://login.microsoftonline.com/{TENANT}/v1.0") }),
        json!({ "iss": format!("https://login.microsoftonline.com/{TENANT}/") }),
        json!({ "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0/") }),
        json!({ "iss": format!("http://login.microsoftonline.com/{TENANT}/v2.0") }),
        json!({ "iss": format!("https://login.microsoftonline.us/{TENANT}/v2.0") }),
        json!({ "iss": format!("https://login.microsoftonline.com.evil.example/{TENANT}/v2.0") }),
        json!({ "iss": format!("https://evil.ciamlogin.com/{TENANT}/v2.0") }),
        json!({ "iss": format!("https://login.microsoftonline.com/{OTHER_TENANT}/../{TENANT}/v2.0") }),
        json!({ "iss": format!("https://login.microsoftonline.com/x/{TENANT}/v2.0"), "tid": format!("x/{TENANT}") }),
        json!({ "ver": "1.0" }),
        json!({ "ver": 2 }),
        // Who it is.
        json!({ "oid": null }),
        json!({ "oid": "" }),
        json!({ "oid": [OBJECT] }),
        json!({ "oid": 7 }),
        json!({ "oid": "o".repeat(65) }),
        json!({ "oid": "../x" }),
        json!({ "sub": null }),
        // From when until when.
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 61 }),
        json!({ "iat": now + 61 }),
        json!({ "iat": null }),
        // Another kind of token.
        json!({ "scp": "access_as_user" }),
        json!({ "scp": "" }),
        json!({ "idtyp": "app" }),
        json!({ "appid": CLIENT }),
        json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
    ];
    for others in &rows {
        forged(microsoft.read(&microsoft.id_token(others)), others);
    }
}

#[test]
fn a_token_that_microsoft_did_not_sign_is_refused() {
    let microsoft = Microsoft::new();
    let good = microsoft.id_token(&json!({}));
    let (claims, evil) = (crate::harness::claims(&good), Signer::es256(66));
    let parts: Vec<&str> = good.split('.').collect();
    let another = microsoft.id_token(&json!({ "oid": "11aa00aa-bb11-cc22-dd33-44ee44ee44ee" }));
    let rows = [
        ("another's key", evil.sign(&json!({ "alg": "ES256", "kid": "m" }), &claims)),
        ("another's key as Microsoft's", evil.sign(&json!({ "alg": "RS256", "kid": "m" }), &claims)),
        ("a salted signature", Signer::ps256().sign(&json!({ "alg": "PS256", "kid": "m" }), &claims)),
        ("an RSA key of another", Signer::ps256().sign(&json!({ "alg": "RS256", "kid": "m" }), &claims)),
        ("no algorithm", microsoft.signer.sign(&json!({ "alg": "none", "kid": "m" }), &claims)),
        ("no algorithm and no signature", format!("{}.{}.", parts[0], parts[1])),
        ("a secret's algorithm", microsoft.signer.sign(&json!({ "alg": "HS256", "kid": "m" }), &claims)),
        ("an unknown key", microsoft.signer.sign(&json!({ "alg": "RS256", "kid": "x" }), &claims)),
        ("its own key", evil.sign(&json!({ "alg": "ES256", "kid": "x", "jwk": evil.jwk() }), &claims)),
        (
            "a link to its own key",
            evil.sign(&json!({ "alg": "ES256", "kid": "x", "x5u": "https://evil.example" }), &claims),
        ),
        (
            "an extension",
            microsoft.signer.sign(&json!({ "alg": "RS256", "kid": "m", "crit": ["x"] }), &claims),
        ),
        (
            "an access token",
            microsoft.signer.sign(&json!({ "alg": "RS256", "kid": "m", "typ": "at+jwt" }), &claims),
        ),
        ("another's claims", format!("{}.{}.{}", parts[0], another.split('.').nth(1).unwrap(), parts[2])),
        ("an opaque token", "EwB4A8l6BAAU".to_owned()),
        ("nothing", String::new()),
    ];
    for (name, token) in rows {
        forged(microsoft.read(&token), &json!(name));
        if name != "an access token" {
            forged(microsoft.read_access(&token), &json!(name));
        }
    }
    assert!(microsoft.read(&good).is_ok());
}

/// Some keys of the set that all tenants share are one tenant's alone.
#[test]
fn a_key_signs_for_its_tenant_alone() {
    for (issuer_of_key, tenant, fits) in [
        (issuer("{tenantid}"), TENANT, true),
        (issuer(TENANT), TENANT, true),
        (issuer(CONSUMERS), TENANT, false),
        (issuer(TENANT), CONSUMERS, false),
        (issuer(CONSUMERS), CONSUMERS, true),
    ] {
        let microsoft = Microsoft::new();
        let mut keys = microsoft.signer.jwks("m");
        keys["keys"][0]["issuer"] = json!(issuer_of_key);
        microsoft.world.web.serves_json(KEYS, keys);
        let read = microsoft.read(&microsoft.id_token(&of_tenant(tenant)));
        assert_eq!(read.is_ok(), fits, "{issuer_of_key} for {tenant}");
    }
}

#[test]
fn accounts_of_the_tenants_that_may_sign_in_do() {
    for (tenants, work, personal, other) in [
        (vec!["common"], true, true, true),
        (vec!["organizations"], true, false, true),
        (vec!["consumers"], false, true, false),
        (vec![TENANT], true, false, false),
        (vec![CONSUMERS], false, true, false),
        (vec![TENANT, "consumers"], true, true, false),
        (vec!["organizations", "consumers"], true, true, true),
        (vec![OTHER_TENANT, TENANT], true, false, true),
        (vec![], false, false, false),
        (vec!["*"], false, false, false),
        (vec![""], false, false, false),
        (vec!["COMMON"], false, false, false),
    ] {
        let microsoft = Microsoft::for_tenants(&tenants);
        for (tenant, may) in [(TENANT, work), (CONSUMERS, personal), (OTHER_TENANT, other)] {
            let read = microsoft.read(&microsoft.id_token(&of_tenant(tenant)));
            match may {
                true => assert!(read.is_ok(), "{tenants:?} {tenant}"),
                false => assert_eq!(refusal(read), Federation::NotAllowed, "{tenants:?} {tenant}"),
            }
        }
    }
}

/// nOAuth: whoever has a tenant writes any address into its accounts.
#[test]
fn an_address_is_never_who_somebody_is_and_seldom_theirs() {
    let microsoft = Microsoft::new();
    let personal = of_tenant(CONSUMERS);
    for (others, counts) in [
        (json!({}), false),
        (json!({ "email": "victim@corp.example", "tid": OTHER_TENANT, "iss": issuer(OTHER_TENANT) }), false),
        (json!({ "xms_edov": true }), true),
        (json!({ "xms_edov": 1 }), true),
        (json!({ "xms_edov": "1" }), true),
        (json!({ "xms_edov": "true" }), true),
        (json!({ "xms_edov": false }), false),
        (json!({ "xms_edov": 0 }), false),
        (json!({ "xms_edov": "0" }), false),
        (json!({ "xms_edov": "false" }), false),
        (json!({ "xms_edov": "" }), false),
        (json!({ "xms_edov": "TRUE" }), false),
        (json!({ "xms_edov": "yes" }), false),
        (json!({ "xms_edov": 2 }), false),
        (json!({ "xms_edov": -1 }), false),
        (json!({ "xms_edov": 1.5 }), false),
        (json!({ "xms_edov": [true] }), false),
        (json!({ "xms_edov": { "is": true } }), false),
        (json!({ "email_verified": true }), false),
        (json!({ "email_verified": "true", "verified_primary_email": ["ada@corp.example"] }), false),
        // It is said of `email`, not of other names.
        (json!({ "xms_edov": true, "email": null }), false),
        (json!({ "xms_edov": true, "email": null, "upn": "victim@corp.example" }), false),
        (json!({ "xms_edov": true, "email": ["victim@corp.example"] }), false),
        (personal.clone(), true),
        (with(personal.clone(), &json!({ "email": null })), true),
        (with(personal.clone(), &json!({ "email": null, "preferred_username": null })), false),
    ] {
        let person = microsoft.read(&microsoft.id_token(&others)).unwrap();
        assert_eq!((person.email_verified, person.authoritative), (counts, counts), "{others}");
        assert_eq!(person.subject, OBJECT);
    }
    // The same address in two tenants is two people; one person's new address is the same person.
    let key = |others: &Value| {
        let person = microsoft.read(&microsoft.id_token(others)).unwrap();
        (person.issuer, person.subject)
    };
    assert_ne!(key(&json!({})), key(&of_tenant(OTHER_TENANT)));
    assert_eq!(key(&json!({})), key(&json!({ "email": "new@corp.example", "sub": "another-clients-view" })));
}

#[test]
fn the_address_is_that_of_the_account() {
    let microsoft = Microsoft::new();
    let none = json!({ "email": null, "preferred_username": null });
    for (others, email, organisation) in [
        (json!({}), Some("ada@corp.example"), Some(TENANT)),
        (json!({ "email": "mail@corp.example" }), Some("mail@corp.example"), Some(TENANT)),
        (json!({ "email": null }), Some("ada@corp.example"), Some(TENANT)),
        (with(none.clone(), &json!({ "upn": "ada@corp.example" })), Some("ada@corp.example"), Some(TENANT)),
        (
            with(none.clone(), &json!({ "upn": "ada_other.example#EXT#@corp.onmicrosoft.com" })),
            None,
            Some(TENANT),
        ),
        (with(none.clone(), &json!({ "preferred_username": "+4930123456" })), None, Some(TENANT)),
        (none, None, Some(TENANT)),
        (of_tenant(CONSUMERS), Some("ada@corp.example"), None),
    ] {
        let person = microsoft.read(&microsoft.id_token(&others)).unwrap();
        assert_eq!(
            (person.email.as_deref(), person.organisation.as_deref()),
            (email, organisation),
            "{others}"
        );
    }
}

/// A stand-in may name its issuer in each of the ways that Microsoft's documents write it.
#[test]
fn a_stand_in_has_an_issuer_for_each_tenant() {
    let mock = "https://mock.example";
    for (said, made) in [
        ("https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(), issuer(OTHER_TENANT)),
        ("https://login.microsoftonline.com/common/v2.0".to_owned(), issuer(OTHER_TENANT)),
        ("https://login.microsoftonline.com/organizations/v2.0".to_owned(), issuer(OTHER_TENANT)),
        (issuer(TENANT), issuer(OTHER_TENANT)),
        (mock.to_owned(), format!("{mock}/{OTHER_TENANT}/v2.0")),
        (format!("{mock}/"), format!("{mock}/{OTHER_TENANT}/v2.0")),
        (format!("{mock}/{{tid}}/v2.0"), format!("{mock}/{OTHER_TENANT}/v2.0")),
    ] {
        let endpoints = json!({
            "issuer": said, "authorizationEndpoint": format!("{mock}/authorize"), "tokenEndpoint": format!("{mock}/token"),
            "jwksUri": format!("{mock}/keys"),
        });
        let microsoft = Microsoft::with(&json!({ "endpoints": endpoints }));
        microsoft.world.web.serves_json("https://mock.example/keys", microsoft.signer.jwks("m"));
        let token = |iss: &str| microsoft.id_token(&json!({ "tid": OTHER_TENANT, "iss": iss }));
        assert_eq!(microsoft.read(&token(&made)).unwrap().issuer, made, "{said}");
        forged(microsoft.read(&token(&made.replace(OTHER_TENANT, TENANT))), &json!(said));
        forged(microsoft.read(&token("https://evil.example")), &json!(said));
        forged(microsoft.read(&token(&made.replace(OTHER_TENANT, "common"))), &json!(said));
    }
}
