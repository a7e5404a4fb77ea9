//! Google's word on a person: whose token it is, whom it is for, and what its address is worth.

use portcullis::domain::federation::assertion::ProviderAssertion;
use portcullis::domain::federation::kinds::google::{audience, verify_credential};
use portcullis::domain::refusal::{Error, Federation, Refusal};
use portcullis::model::identity_provider::IdentityProvider;
use serde_json::{Value, json};

use super::kinds::{described, forged, refusal};
use crate::harness::provider::change;
use crate::harness::{Signer, World};

const KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const CLIENT: &str = "1234.apps.googleusercontent.com";

/// A tenant's Google, with its keys where Google has them.
struct Google {
    world: World,
    signer: Signer,
    provider: IdentityProvider,
}

impl Google {
    fn new() -> Google {
        Google::with(&json!({}))
    }

    fn with(others: &Value) -> Google {
        let (world, signer) = (World::new(), Signer::rs256());
        world.web.serves_json(KEYS, signer.jwks("g"));
        let mut spec = json!({ "name": "Google", "kind": "google", "clientId": CLIENT });
        change(&mut spec, others);
        Google { world, signer, provider: described("google", spec) }
    }

    /// A credential of a Workspace account, with other members.
    fn credential(&self, others: &Value) -> String {
        let now = self.world.now().unix();
        let mut claims = json!({
            "iss": "https://accounts.google.com", "azp": CLIENT, "aud": CLIENT, "sub": "110169484474386276334",
            "hd": "corp.example", "email": "ada@corp.example", "email_verified": true, "nbf": now - 1, "name": "Ada Lovelace",
            "iat": now, "exp": now + 3600, "jti": "j-1",
        });
        change(&mut claims, others);
        self.signer.sign(&json!({ "alg": "RS256", "kid": "g", "typ": "JWT" }), &claims)
    }

    fn read(&self, credential: &str) -> Result<ProviderAssertion, Error> {
        pollster::block_on(verify_credential(&self.world.cx(), &self.provider, credential))
    }
}

#[test]
fn a_credential_says_who_signed_in() {
    let google = Google::new();
    let credential = google.credential(&json!({}));
    assert_eq!(audience(&credential).as_deref(), Some(CLIENT));
    let person = google.read(&credential).unwrap();
    assert_eq!(
        (person.issuer.as_str(), person.subject.as_str()),
        ("https://accounts.google.com", "110169484474386276334")
    );
    assert_eq!(person.email.as_deref(), Some("ada@corp.example"));
    assert_eq!(person.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(person.organisation.as_deref(), Some("corp.example"));
    assert!(person.email_verified && person.authoritative);
    // Google does not say how somebody signed in: nothing is made up.
    assert_eq!((person.amr, person.acr), (vec![], None));
    // Nothing but its keys is fetched.
    assert_eq!(google.world.web.asked.borrow().len(), 1);
}

#[test]
fn a_credential_that_is_anothers_or_not_for_us_is_refused() {
    let google = Google::new();
    let now = google.world.now().unix();
    let rows = [
        json!({ "aud": "5678.apps.googleusercontent.com" }),
        json!({ "aud": "5678.apps.googleusercontent.com", "azp": CLIENT }),
        json!({ "aud": [CLIENT, "5678.apps.googleusercontent.com"] }),
        json!({ "aud": ["5678.apps.googleusercontent.com", CLIENT], "azp": CLIENT }),
        json!({ "aud": ["5678.apps.googleusercontent.com"] }),
        json!({ "aud": [] }),
        json!({ "aud": "" }),
        json!({ "aud": null }),
        json!({ "aud": 1234 }),
        json!({ "aud": { "is": CLIENT } }),
        json!({ "aud": "1234.APPS.googleusercontent.com" }),
        json!({ "aud": "1234.apps.googleusercontent.com " }),
        json!({ "aud": "1234" }),
        json!({ "iss": null }),
        json!({ "iss": "" }),
        json!({ "iss": "http://accounts.google.com" }),
        json!({ "iss": "https://accounts.google.com/" }),
        json!({ "iss": "https://ACCOUNTS.google.com" }),
        json!({ "iss": "https://accounts.google.com.evil.example" }),
        json!({ "iss": "https://securetoken.google.com/project" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": ["https://accounts.google.com"] }),
        json!({ "iss": "accounts.google.com/" }),
        json!({ "iss": "//accounts.google.com" }),
        json!({ "exp": now - 60 }),
        json!({ "exp": now - 86_400 }),
        json!({ "exp": null }),
        json!({ "exp": 0 }),
        json!({ "iat": null }),
        json!({ "iat": now + 61 }),
        json!({ "nbf": now + 61 }),
        json!({ "nbf": now + 3_600, "exp": now + 7_200 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 110_169_484 }),
        json!({ "sub": "1".repeat(256) }),
        // Google tells apps of events with the same keys, for the same client.
        json!({ "events": { "https://schemas.openid.net/secevent/risc/event-type/account-disabled": {} } }),
        json!({ "events": {}, "exp": null }),
    ];
    for others in &rows {
        forged(google.read(&google.credential(others)), others);
    }
    // No key is fetched for what is not for us.
    let (fresh, other) = (Google::new(), json!({ "aud": "5678.apps.googleusercontent.com" }));
    forged(fresh.read(&fresh.credential(&other)), &other);
    assert_eq!(fresh.world.web.asked.borrow().len(), 0);
}

#[test]
fn a_credential_that_google_did_not_sign_is_refused() {
    let google = Google::new();
    let good = google.credential(&json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let claims: Value = crate::harness::claims(&good);
    let forged_claims = google.credential(&json!({ "email": "eve@corp.example" }));
    let evil = Signer::es256(66);
    let sign = |signer: &Signer, header: Value| signer.sign(&header, &claims);
    let rows = [
        ("another's key", sign(&evil, json!({ "alg": "ES256", "kid": "g" }))),
        ("another's key as Google's", sign(&evil, json!({ "alg": "RS256", "kid": "g" }))),
        ("an RSA key of another", Signer::ps256().sign(&json!({ "alg": "RS256", "kid": "g" }), &claims)),
        ("a salted signature", Signer::ps256().sign(&json!({ "alg": "PS256", "kid": "g" }), &claims)),
        ("no algorithm", sign(&google.signer, json!({ "alg": "none", "kid": "g" }))),
        ("a secret's algorithm", sign(&google.signer, json!({ "alg": "HS256", "kid": "g" }))),
        ("a longer hash", sign(&google.signer, json!({ "alg": "RS512", "kid": "g" }))),
        ("an unknown key", sign(&google.signer, json!({ "alg": "RS256", "kid": "other" }))),
        ("its own key", sign(&evil, json!({ "alg": "ES256", "kid": "x", "jwk": evil.jwk() }))),
        (
            "a link to its own key",
            sign(&evil, json!({ "alg": "ES256", "kid": "x", "jku": "https://evil.example/jwks" })),
        ),
        (
            "an extension",
            sign(&google.signer, json!({ "alg": "RS256", "kid": "g", "crit": ["b64"], "b64": false })),
        ),
        ("an access token", sign(&google.signer, json!({ "alg": "RS256", "kid": "g", "typ": "at+jwt" }))),
        (
            "a security event",
            sign(&google.signer, json!({ "alg": "RS256", "kid": "g", "typ": "secevent+jwt" })),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "another's signature",
            format!("{}.{}.{}", parts[0], forged_claims.split('.').nth(1).unwrap(), parts[2]),
        ),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("five parts", format!("{good}.{}.{}", parts[1], parts[2])),
        ("an opaque token", "ya29.a0AfH6SMBx".to_owned()),
        ("nothing", String::new()),
        ("too much", google.credential(&json!({ "x": "x".repeat(40_000) }))),
    ];
    for (name, credential) in rows {
        forged(google.read(&credential), &json!(name));
    }
    assert!(google.read(&good).is_ok());
    assert_eq!(google.world.web.times("https://evil.example"), 0);
}

/// A phone's app has a client id of its own, and gets tokens for ours.
#[test]
fn what_is_harmless_is_taken() {
    let google = Google::new();
    for others in [
        json!({ "iss": "accounts.google.com" }),
        json!({ "azp": "5678.apps.googleusercontent.com" }),
        json!({ "azp": null }),
        json!({ "aud": [CLIENT] }),
        json!({ "nonce": "the app's own" }),
        json!({ "at_hash": "of a token that the app has" }),
        json!({ "exp": google.world.now().unix() - 59 }),
        json!({ "nbf": null, "name": null, "jti": null }),
        json!({ "email": null, "email_verified": null }),
    ] {
        let person = google.read(&google.credential(&others)).unwrap();
        // One issuer, however it is written: else one person would be two.
        assert_eq!(person.issuer, "https://accounts.google.com", "{others}");
        assert_eq!(person.subject, "110169484474386276334");
    }
    let nameless = google.read(&google.credential(&json!({ "email": null }))).unwrap();
    assert!(nameless.email.is_none() && !nameless.email_verified && !nameless.authoritative);
}

/// Google is authoritative for its own mailboxes and for those that it manages; another address is one that it verified once.
#[test]
fn an_address_counts_where_google_is_authoritative_for_it() {
    let google = Google::new();
    let personal =
        |email: &str, verified: Value| json!({ "hd": null, "email": email, "email_verified": verified });
    for (others, counts) in [
        (json!({}), true),
        (json!({ "email": "ada@another-domain.of-corp.example" }), true),
        (json!({ "email_verified": false }), false),
        (json!({ "email_verified": null }), false),
        (json!({ "email_verified": "true" }), false),
        (json!({ "email_verified": "false" }), false),
        (json!({ "email_verified": 1 }), false),
        (json!({ "email_verified": [true] }), false),
        (json!({ "email": null }), false),
        (json!({ "email": "no address" }), false),
        (json!({ "hd": "" }), false),
        (json!({ "hd": null }), false),
        (json!({ "hd": true }), false),
        (json!({ "hd": ["corp.example"] }), false),
        (personal("ada@gmail.com", json!(true)), true),
        (personal("ada@gmail.com", json!(null)), true),
        (personal("Ada.L+x@GMail.com", json!(true)), true),
        (personal("ada@googlemail.com", json!(true)), true),
        (personal("ada@gmail.com", json!(false)), false),
        (personal("ada@gmail.com", json!("false")), false),
        (personal("ada@gmail.com", json!(0)), false),
        (personal("ada@yahoo.example", json!(true)), false),
        (personal("ada@gmail.com.evil.example", json!(true)), false),
        (personal("ada@evil-gmail.com", json!(true)), false),
        (personal("ada@x.gmail.com", json!(true)), false),
        (personal("ada@gmail.co", json!(true)), false),
        (personal("ada@evil.example@gmail.com", json!(true)), false),
        (personal("ada@gmail.com@evil.example", json!(true)), false),
        (personal("\"ada@evil.example\"@gmail.com", json!(true)), false),
        (personal("ada@\u{ff47}mail.com", json!(true)), true),
        (personal("ada@gm\u{430}il.com", json!(true)), false),
        (personal("\u{430}da@gmail.com", json!(true)), false),
        (personal("gmail.com", json!(true)), false),
        (json!({ "hd": null, "email": ["ada@gmail.com"], "email_verified": true }), false),
    ] {
        let person = google.read(&google.credential(&others)).unwrap();
        assert_eq!((person.email_verified, person.authoritative), (counts, counts), "{others}");
    }
}

#[test]
fn a_demanded_domain_is_demanded_of_the_token() {
    let google = Google::with(&json!({ "hostedDomain": "corp.example" }));
    for (others, may) in [
        (json!({}), true),
        (json!({ "hd": "CORP.example" }), true),
        (json!({ "hd": null }), false),
        (json!({ "hd": "" }), false),
        (json!({ "hd": "evil.example" }), false),
        (json!({ "hd": "sub.corp.example" }), false),
        (json!({ "hd": "corp.example.evil.example" }), false),
        (json!({ "hd": "evilcorp.example" }), false),
        (json!({ "hd": ["corp.example"] }), false),
        (json!({ "hd": "*" }), false),
        (json!({ "hd": "c\u{43e}rp.example" }), false),
        // An address of the domain is no account of it.
        (json!({ "hd": null, "email": "ada@corp.example", "email_verified": true }), false),
    ] {
        let read = google.read(&google.credential(&others));
        if may {
            assert!(read.is_ok(), "{others}");
        } else {
            assert_eq!(refusal(read), Federation::NotAllowed, "{others}");
        }
    }
}

#[test]
fn where_no_client_is_configured_nobody_signs_in() {
    let google = Google::with(&json!({ "clientId": "" }));
    for aud in [json!(""), json!(CLIENT), json!(null), json!([])] {
        let read = google.read(&google.credential(&json!({ "aud": aud })));
        assert_eq!(refusal(read), Federation::NotConfigured, "{aud}");
    }
    let other = described("x", json!({ "name": "X", "kind": "github", "clientId": CLIENT }));
    let read =
        pollster::block_on(verify_credential(&google.world.cx(), &other, &google.credential(&json!({}))));
    assert_eq!(refusal(read), Federation::NotConfigured);
}

/// A stand-in is for local and testing mode; elsewhere Google is Google.
#[test]
fn a_stand_in_plays_google_where_it_may() {
    let stand_in = json!({
        "issuer": "https://accounts.google.com", "authorizationEndpoint": "https://mock.example/auth",
        "tokenEndpoint": "https://mock.example/token", "jwksUri": "https://mock.example/jwks",
    });
    let production = [("MODE", "production"), ("MAIL_TRANSPORT", "resend"), ("RESEND_API_KEY", "key")];
    for (vars, plays) in [
        (vec![], true),
        (vec![("MODE", "testing"), ("MAIL_TRANSPORT", "outbox")], true),
        (production.to_vec(), false),
    ] {
        let mut google = Google::with(&json!({ "endpoints": stand_in }));
        google.world = World::with(&vars);
        google.world.web.serves_json("https://mock.example/jwks", google.signer.jwks("g"));
        google.world.web.serves_json(KEYS, Signer::es256(9).jwks("g"));
        assert_eq!(google.read(&google.credential(&json!({}))).is_ok(), plays, "{vars:?}");
        assert_eq!(google.world.web.times("https://mock.example"), usize::from(plays));
    }
    // A tenant's administrator chose its address.
    let inside = json!({
        "issuer": "https://mock.example", "authorizationEndpoint": "https://mock.example/auth",
        "tokenEndpoint": "https://mock.example/token", "jwksUri": "https://169.254.169.254/jwks",
    });
    let google = Google::with(&json!({ "endpoints": inside }));
    let read = google.read(&google.credential(&json!({ "iss": "https://mock.example" })));
    assert!(matches!(refusal(read), Federation::Failed { .. }));
    assert_eq!(google.world.web.asked.borrow().len(), 0);
}

#[test]
fn keys_that_cannot_be_had_are_googles_fault_and_told_with_its_name() {
    let google = Google::new();
    google.world.web.serves(KEYS, |_| Ok(crate::harness::served(500, &[], b"secret")));
    let read = google.read(&google.credential(&json!({})));
    let expected =
        Federation::Failed { provider: "Google".into(), why: "www.googleapis.com answered 500".into() };
    assert_eq!(refusal(read), expected);
    let google = Google::new();
    google.world.web.serves(KEYS, |_| Err(portcullis::ports::http::Why::TooSlow(10)));
    let read = google.read(&google.credential(&json!({})));
    assert_eq!(read, Err(Refusal::Federation(Federation::Late { provider: "Google".into() }).into()));
}
