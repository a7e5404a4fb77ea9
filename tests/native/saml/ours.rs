//! Messages of ours: what they say, and that nothing in them is read as markup.

use portcullis::saml::redirect::{self, Algorithm, Kind};
use portcullis::saml::request::{self, Head};
use portcullis::saml::response::NameId;
use portcullis::saml::service_provider::{self, Description};

use super::NOW;

const HEAD: Head<'_> = Head {
    id: "_one",
    at: NOW,
    destination: "https://idp.example/sso?a=b&c=\"d\"",
    issuer: "https://auth.example/tenant/acme/sso/okta/metadata",
};

#[test]
fn a_request_to_sign_in_says_who_asks_and_where_the_answer_goes() {
    let acs = "https://auth.example/tenant/acme/sso/okta/acs";
    let xml = request::sign_in(HEAD, acs, Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"), true);
    assert_eq!(
        xml,
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_one\" Version=\"2.0\" \
         IssueInstant=\"2027-01-15T08:00:00Z\" Destination=\"https://idp.example/sso?a=b&amp;c=&quot;d&quot;\" \
         AssertionConsumerServiceURL=\"https://auth.example/tenant/acme/sso/okta/acs\" \
         ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" ForceAuthn=\"true\">\
         <saml:Issuer>https://auth.example/tenant/acme/sso/okta/metadata</saml:Issuer>\
         <samlp:NameIDPolicy AllowCreate=\"true\" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"/>\
         </samlp:AuthnRequest>"
    );
}

#[test]
fn what_others_wrote_is_escaped_in_our_messages() {
    let evil = "\"><x>&'\r\n]]>";
    let name_id = NameId {
        value: evil.into(),
        format: Some(evil.into()),
        name_qualifier: Some(evil.into()),
        sp_name_qualifier: None,
    };
    let head = Head { destination: evil, issuer: evil, ..HEAD };
    for xml in [
        request::sign_in(head, evil, Some(evil), false),
        request::sign_out(head, &name_id, Some(evil), NOW),
        request::signed_out(head, evil),
        service_provider::metadata(&Description {
            entity_id: evil,
            consumer: evil,
            logout: evil,
            name_id_format: Some(evil),
            certificates: &[evil],
            signs_requests: true,
        }),
    ] {
        let document = uppsala::parse(&xml).unwrap();
        let names = document.descendants(document.root());
        let names = names.iter().filter_map(|id| document.element(*id));
        assert!(names.clone().all(|one| one.name.local_name != "x"), "{xml}");
        let values = names.flat_map(|one| &one.attributes).filter(|one| one.value.contains("><x>"));
        for attribute in values {
            assert_eq!(attribute.value, evil);
        }
    }
}

#[test]
fn metadata_names_both_services_and_the_keys() {
    let xml = service_provider::metadata(&Description {
        entity_id: "https://auth.example/tenant/acme/sso/okta/metadata",
        consumer: "https://auth.example/tenant/acme/sso/okta/acs",
        logout: "https://auth.example/tenant/acme/sso/okta/slo",
        name_id_format: None,
        certificates: &["AQAB", "BAAA"],
        signs_requests: true,
    });
    for part in [
        "entityID=\"https://auth.example/tenant/acme/sso/okta/metadata\"",
        "AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\"",
        "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AQAB</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
        "<ds:X509Certificate>BAAA</ds:X509Certificate>",
        "bindings:HTTP-POST\" Location=\"https://auth.example/tenant/acme/sso/okta/acs\" index=\"0\" isDefault=\"true\"",
        "bindings:HTTP-Redirect\" Location=\"https://auth.example/tenant/acme/sso/okta/slo\"",
    ] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
}

#[test]
fn a_message_travels_in_a_query() {
    let query = redirect::query(Kind::Request, "<a/>", Some("a b"), Some(Algorithm::RsaSha256));
    let (message, rest) = query.split_once("&RelayState=").unwrap();
    assert!(message.starts_with("SAMLRequest="));
    assert_eq!(rest, "a%20b&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256");
    assert_eq!(redirect::address("https://idp.example/sso", "a=b"), "https://idp.example/sso?a=b");
    assert_eq!(redirect::address("https://idp.example/sso?x=y", "a=b"), "https://idp.example/sso?x=y&a=b");
    assert!(redirect::with_signature("a=b", &[0xfb, 0xff]).ends_with("&Signature=%2B%2F8%3D"));
}
