//! A SAML provider by its metadata, in place of its members.

use serde_json::{Value, json};

use crate::harness::{Reply, World, served};
use crate::tenant::identity_providers::{CERTIFICATE, enterprise};

const ALL: &str = "/tenant/home/v2/IdentityProviders";
const URL: &str = "https://adfs.example/metadata.xml";

fn base64() -> String {
    CERTIFICATE.lines().filter(|line| !line.starts_with("---")).collect()
}

fn metadata() -> String {
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://adfs.example/trust\">\
         <IDPSSODescriptor WantAuthnRequestsSigned=\"true\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>\
         <X509Certificate>{}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>\
         <SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://adfs.example/slo\"/>\
         <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://adfs.example/sso\"/></IDPSSODescriptor></EntityDescriptor>",
        base64()
    )
}

fn make(world: &World, other: Value) -> Reply {
    let mut body = json!({ "id": "adfs", "kind": "saml", "name": "ADFS" });
    body.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    world.post(ALL).bearer(&world.admin()).json(body).send()
}

#[test]
fn its_metadata_says_what_it_is() {
    for by in ["metadataXml", "metadataUrl"] {
        let world = enterprise();
        world.web.serves(URL, |_| Ok(served(200, &[], metadata().as_bytes())));
        let said = if by == "metadataXml" { metadata() } else { URL.to_owned() };
        let made = make(&world, json!({ by: said })).is(201);
        for (member, value) in [
            ("idpEntityId", json!("https://adfs.example/trust")),
            ("ssoUrl", json!("https://adfs.example/sso")),
            ("sloUrl", json!("https://adfs.example/slo")),
            ("certificates", json!([base64()])),
            ("signRequests", json!(true)),
        ] {
            assert_eq!(made.json[member], value, "{by} {member}");
        }
        assert!(made.json.get(by).is_none());
        // Once more with other metadata; what is said beside it holds.
        let path = format!("{ALL}/adfs");
        let other = metadata().replace("adfs.example/sso", "new.example/sso");
        let body = json!({ "metadataXml": other, "signRequests": false });
        let changed = world.patch(&path).bearer(&world.admin()).json(body).send().is(200);
        assert_eq!(
            (&changed.json["ssoUrl"], &changed.json["signRequests"]),
            (&json!("https://new.example/sso"), &json!(false))
        );
    }
}

#[test]
fn what_is_no_metadata_is_said_at_its_member() {
    let world = enterprise();
    world.web.serves("https://adfs.example/404", |_| Ok(served(404, &[], b"")));
    world
        .web
        .serves("https://adfs.example/302", |_| Ok(served(302, &[("location", "http://10.0.0.1")], b"")));
    world.web.serves("https://adfs.example/latin", |_| Ok(served(200, &[], b"<a>\xe9</a>")));
    world.web.serves("https://adfs.example/large", |_| Ok(served(200, &[], &vec![b' '; 300_000])));
    let doctype = format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}", metadata());
    let without = metadata().replace("IDPSSODescriptor", "SPSSODescriptor");
    for (member, text) in [
        ("metadataXml", ""),
        ("metadataXml", "no XML"),
        ("metadataXml", doctype.as_str()),
        ("metadataXml", without.as_str()),
        ("metadataUrl", ""),
        ("metadataUrl", "http://adfs.example/metadata.xml"),
        ("metadataUrl", "https://10.0.0.1/metadata.xml"),
        ("metadataUrl", "https://169.254.169.254/latest/meta-data"),
        ("metadataUrl", "https://auth.example.com/metadata.xml"),
        ("metadataUrl", "https://metadata.internal/"),
        ("metadataUrl", "file:///etc/passwd"),
        ("metadataUrl", "https://nobody.example/metadata.xml"),
        ("metadataUrl", "https://adfs.example/404"),
        ("metadataUrl", "https://adfs.example/302"),
        ("metadataUrl", "https://adfs.example/latin"),
        ("metadataUrl", "https://adfs.example/large"),
    ] {
        let refused = make(&world, json!({ member: text })).is(400);
        assert_eq!(refused.json["errors"][0]["field"], member, "{text}");
        // Nothing of what was there is told.
        assert!(!refused.text.contains("etc/passwd") || text.contains("etc/passwd"), "{}", refused.text);
    }
    for (more, field) in [
        (json!({ "metadataUrl": URL }), "metadataXml"),
        (json!({ "ssoUrl": "https://evil.example/sso" }), "ssoUrl"),
        (json!({ "certificates": [CERTIFICATE] }), "certificates"),
    ] {
        let mut body = json!({ "metadataXml": metadata() });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = make(&world, body).is(400);
        assert_eq!(refused.json["errors"][0]["field"], field);
    }
    assert_eq!(world.number("SELECT count(*) AS n FROM identity_providers"), 0);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let world = enterprise();
    let cut = base64()[..400].to_owned();
    let private = CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY");
    for text in
        ["", "x", "-----BEGIN CERTIFICATE-----", cut.as_str(), private.as_str(), "bm8gY2VydGlmaWNhdGU="]
    {
        let body = json!({
            "idpEntityId": "https://adfs.example/trust", "ssoUrl": "https://adfs.example/sso",
            "certificates": [CERTIFICATE, text],
        });
        let refused = make(&world, body).is(400);
        assert_eq!(refused.json["errors"][0]["field"], "certificates", "{text}");
    }
}

#[test]
fn metadata_is_fetched_a_bounded_number_of_times() {
    let world = enterprise();
    world.web.serves(URL, |_| Ok(served(404, &[], b"")));
    for _ in 0..60 {
        make(&world, json!({ "metadataUrl": URL })).is(400);
    }
    make(&world, json!({ "metadataUrl": URL })).is(429);
    assert_eq!(world.web.times(URL), 60);
}

#[test]
fn each_service_is_used_by_a_binding_that_it_has() {
    let world = enterprise();
    let post = |text: &str, service: &str| {
        let (before, rest) = text.split_once(service).unwrap();
        format!("{before}{service}{}", rest.replacen("HTTP-Redirect", "HTTP-POST", 1))
    };
    let (sso, slo) = ("<SingleSignOnService", "<SingleLogoutService");
    let only = metadata();
    let with_both = only.replace(
        "</IDPSSODescriptor>",
        "<SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://adfs.example/post\"/></IDPSSODescriptor>",
    );
    // Whichever stands first.
    let turned = post(&only, sso).replace(
        "</IDPSSODescriptor>",
        "<SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"https://adfs.example/get\"/></IDPSSODescriptor>",
    );
    let answers = only
        .replace("adfs.example/slo\"", "adfs.example/slo\" ResponseLocation=\"https://adfs.example/done\"");
    for (at, (text, expected)) in [
        (only.clone(), ["https://adfs.example/sso", "redirect", "redirect", ""]),
        (with_both, ["https://adfs.example/sso", "redirect", "redirect", ""]),
        (turned, ["https://adfs.example/get", "redirect", "redirect", ""]),
        (post(&only, sso), ["https://adfs.example/sso", "post", "redirect", ""]),
        (post(&only, slo), ["https://adfs.example/sso", "redirect", "post", ""]),
        (answers, ["https://adfs.example/sso", "redirect", "redirect", "https://adfs.example/done"]),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("adfs-{at}");
        let made = make(&world, json!({ "id": id, "metadataXml": text })).is(201);
        let read = ["ssoUrl", "ssoBinding", "sloBinding", "sloResponseUrl"]
            .map(|name| made.json[name].as_str().unwrap_or_default());
        assert_eq!(read, expected, "{text}");
    }
    // Other metadata later takes all of it along.
    let path = format!("{ALL}/adfs-5");
    let changed = world
        .patch(&path)
        .bearer(&world.admin())
        .json(json!({ "metadataXml": post(&only, sso) }))
        .send()
        .is(200);
    assert_eq!(
        (&changed.json["ssoBinding"], &changed.json["sloResponseUrl"]),
        (&json!("post"), &Value::Null)
    );
}
