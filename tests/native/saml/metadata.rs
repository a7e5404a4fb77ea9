//! The metadata of identity providers.

use portcullis::saml::certificate::Certificate;
use portcullis::saml::metadata::{self, Binding, Endpoint};

use super::idp::{CERTIFICATE, OTHER_CERTIFICATE};

fn key(usage: &str, certificate: &str) -> String {
    let certificate = Certificate::parse(certificate).unwrap().base64;
    format!(
        "<md:KeyDescriptor{usage}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{certificate}\n\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn service(name: &str, binding: &str, location: &str) -> String {
    format!("<md:{name} Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{location}\"/>")
}

fn role(inside: &str) -> String {
    format!(
        "<md:IDPSSODescriptor WantAuthnRequestsSigned=\"true\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{inside}</md:IDPSSODescriptor>"
    )
}

fn document(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!-- ours -->\n<md:EntityDescriptor \
         xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:a\n b\" ID=\"_x\" \
         entityID=\"https://idp.example/metadata\">{inside}</md:EntityDescriptor>"
    )
}

#[test]
fn what_the_other_side_says_of_itself_is_read() {
    let inside = [
        key(" use=\"signing\"", CERTIFICATE),
        key(" use=\"encryption\"", CERTIFICATE),
        key("", OTHER_CERTIFICATE),
        key(" use=\"signing\"", CERTIFICATE),
        service("SingleLogoutService", "HTTP-POST", "https://idp.example/slo/post"),
        service("SingleLogoutService", "SOAP", "https://idp.example/slo/soap"),
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>".into(),
        service("SingleSignOnService", "HTTP-POST", "https://idp.example/sso/post"),
        service("SingleSignOnService", "HTTP-Redirect", "https://idp.example/sso?a=b&amp;c=d"),
    ];
    let read = metadata::read(&document(&role(&inside.concat()))).unwrap();
    assert_eq!(read.entity_id, "https://idp.example/metadata");
    let at =
        |binding, location: &str| Endpoint { binding, location: location.into(), response_location: None };
    assert_eq!(
        read.sign_in,
        [
            at(Binding::Redirect, "https://idp.example/sso?a=b&c=d"),
            at(Binding::Post, "https://idp.example/sso/post"),
        ]
    );
    assert_eq!(read.logout, [at(Binding::Post, "https://idp.example/slo/post")]);
    let base64 = |text| Certificate::parse(text).unwrap().base64;
    assert_eq!(read.certificates, [base64(CERTIFICATE), base64(OTHER_CERTIFICATE)]);
    assert!(read.wants_signed_requests);
    assert_eq!(read.name_id_formats, ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"]);
    // As one of several entities, of which it is the only identity provider.
    let one = document(&role(&inside.concat())).split_once("<md:Entity").unwrap().1.to_owned();
    let several = format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"><md:Entity{one}\
         <md:EntityDescriptor entityID=\"https://sp.example\"><md:SPSSODescriptor/></md:EntityDescriptor></md:EntitiesDescriptor>"
    );
    assert_eq!(metadata::read(&several), Ok(read));
}

#[test]
fn what_is_wrong_with_metadata_is_said() {
    let sso = service("SingleSignOnService", "HTTP-Redirect", "https://idp.example/sso");
    let good = format!("{}{sso}", key("", CERTIFICATE));
    assert!(metadata::read(&document(&role(&good))).is_ok());
    for (what, xml, part) in [
        ("a page", "<html><body>Sign in</body></html>".to_owned(), "no IDPSSODescriptor"),
        ("JSON", "{}".to_owned(), "well-formed"),
        ("a DOCTYPE", format!("<!DOCTYPE x>{}", document(&role(&good))), "DOCTYPE"),
        ("a service provider's", document("<md:SPSSODescriptor/>"), "no IDPSSODescriptor"),
        ("SAML 1.1", document(&role(&good).replace("2.0:protocol", "1.1:protocol")), "no IDPSSODescriptor"),
        ("two providers", document(&format!("{}{}", role(&good), role(&good))), "several"),
        ("no name", document(&role(&good)).replace("entityID=", "entity="), "entityID"),
        ("no address", document(&role(&key("", CERTIFICATE))), "SingleSignOnService"),
        ("SOAP alone", document(&role(&good.replace("HTTP-Redirect", "SOAP"))), "SingleSignOnService"),
        ("no certificate", document(&role(&sso)), "signing certificate"),
        (
            "a certificate for encryption",
            document(&role(&format!("{}{sso}", key(" use=\"encryption\"", CERTIFICATE)))),
            "signing certificate",
        ),
        ("a broken certificate", document(&role(&good.replace("MII", "AAA"))), "X.509"),
    ] {
        let said = metadata::read(&xml).unwrap_err();
        assert!(said.contains(part), "{what}: {said}");
    }
}

#[test]
fn a_provider_may_take_answers_elsewhere() {
    let slo = service(
        "SingleLogoutService",
        "HTTP-POST",
        "https://idp.example/slo\" ResponseLocation=\"https://idp.example/done",
    );
    let sso = service("SingleSignOnService", "HTTP-POST", "https://idp.example/sso");
    let read = metadata::read(&document(&role(&format!("{}{slo}{sso}", key("", CERTIFICATE))))).unwrap();
    assert_eq!(read.logout[0].response_location.as_deref(), Some("https://idp.example/done"));
    assert_eq!((read.sign_in.len(), read.sign_in[0].binding), (1, Binding::Post));
}
