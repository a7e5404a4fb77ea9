//! Logout messages by both bindings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::model::time::Time;
use portcullis::saml::certificate::Certificate;
use portcullis::saml::logout::{self, Expected, Message};
use portcullis::saml::redirect::{self, Algorithm, Kind};
use portcullis::saml::{Rejected, Rule, Signer};

use super::idp::{CERTIFICATE, Facts, Signing, sign, sign_as_other, signature, signed};
use super::{NOW, facts};

const SLO: &str = "https://auth.example/tenant/acme/sso/okta/slo";

fn with_expected<T>(asked: Option<&str>, now: Time, then: impl Fn(&Expected<'_>) -> T) -> T {
    let certificates = [Certificate::parse(CERTIFICATE).unwrap()];
    let signer =
        Signer { entity_id: "https://idp.example/metadata", certificates: &certificates, allow_sha1: false };
    let audience = "https://auth.example/tenant/acme/sso/okta/metadata";
    then(&Expected { signer, audience, recipient: SLO, in_response_to: asked, allow_unsolicited: false, now })
}

fn posted(xml: &str) -> Result<Message, Rejected> {
    with_expected(Some("_request"), NOW, |expected| logout::receive_posted(xml, expected))
}

fn redirected(query: &str) -> Result<(Message, Option<String>), Rejected> {
    with_expected(Some("_request"), NOW, |expected| logout::receive_redirected(query, expected))
}

fn by_post(xml: &str) -> String {
    signed(xml, "_response", &Signing::default())
}

fn by_redirect(kind: Kind, xml: &str, state: Option<&str>) -> String {
    let query = redirect::query(kind, xml, state, Some(Algorithm::EcdsaSha256));
    redirect::with_signature(&query, &sign(query.as_bytes()))
}

#[test]
fn a_signed_request_and_response_are_read_by_both_bindings() {
    let (request, response) = (facts().logout_request(SLO), facts().logout_response(SLO));
    let by_query = redirected(&by_redirect(Kind::Request, &request, Some("a b&c"))).unwrap();
    assert_eq!(by_query.1.as_deref(), Some("a b&c"));
    for message in [posted(&by_post(&request)).unwrap(), by_query.0] {
        let Message::Request(request) = message else { panic!("{message:?}") };
        assert_eq!((request.id.as_str(), request.name_id.value.as_str()), ("_response", "ada@acme.example"));
        assert_eq!(request.session_indexes, ["_session"]);
    }
    let by_query = redirected(&by_redirect(Kind::Response, &response, None)).unwrap().0;
    for message in [posted(&by_post(&response)).unwrap(), by_query] {
        let Message::Response(response) = message else { panic!("{message:?}") };
        assert_eq!(response.failed, None);
    }
}

#[test]
fn what_a_logout_message_says_must_fit() {
    let request = facts().logout_request(SLO);
    let response = facts().logout_response(SLO);
    let at = NOW.rfc3339();
    let old = NOW.plus(-661).rfc3339();
    let future = NOW.plus(62).rfc3339();
    let over = format!("NotOnOrAfter=\"{}\" Version=\"2.0\"", NOW.plus(-61).rfc3339());
    for (what, rule, xml, from, to) in [
        ("another issuer", Rule::Issuer, &request, "idp.example/metadata<", "idp.example/other<"),
        ("no issuer", Rule::Issuer, &request, "saml:Issuer", "saml:Isuer"),
        ("another destination", Rule::Destination, &request, "okta/slo", "okta/acs"),
        (
            "no destination",
            Rule::Destination,
            &request,
            " Destination=\"https://auth.example/tenant/acme/sso/okta/slo\"",
            "",
        ),
        ("another version", Rule::Version, &request, "Version=\"2.0\"", "Version=\"2.1\""),
        ("an old one", Rule::IssueInstant, &request, &*at, &*old),
        ("one of the future", Rule::IssueInstant, &request, &*at, &*future),
        ("one without a time", Rule::IssueInstant, &request, &*at, ""),
        ("one that is over", Rule::Expired, &request, "Version=\"2.0\"", &*over),
        ("nobody", Rule::Subject, &request, "saml:NameID", "saml:Name"),
        ("an encrypted name", Rule::Encrypted, &request, "saml:NameID", "saml:EncryptedID"),
        ("the answer to another request", Rule::InResponseTo, &response, "_request", "_other"),
        ("the answer to none", Rule::InResponseTo, &response, " InResponseTo=\"_request\"", ""),
        ("an old answer", Rule::IssueInstant, &response, &*at, &*old),
    ] {
        assert!(xml.contains(from), "{what}");
        let changed = xml.replace(from, to);
        let kind = if xml.contains("LogoutRequest") { Kind::Request } else { Kind::Response };
        assert_eq!(posted(&by_post(&changed)), Err(Rejected::Broke(rule)), "{what}");
        assert_eq!(redirected(&by_redirect(kind, &changed, None)), Err(Rejected::Broke(rule)), "{what}");
    }
    // Where we asked for nothing, nothing is answered.
    let answer = by_post(&response);
    let unasked = with_expected(None, NOW, |expected| logout::receive_posted(&answer, expected));
    assert_eq!(unasked, Err(Rejected::Broke(Rule::InResponseTo)));
    let failed = response.replace("status:Success", "status:PartialLogout");
    let Message::Response(failed) = posted(&by_post(&failed)).unwrap() else { panic!() };
    assert_eq!(failed.failed.as_deref(), Some("PartialLogout"));
}

#[test]
fn a_logout_message_is_signed_in_the_place_of_its_binding() {
    let request = facts().logout_request(SLO);
    let other = Signing { sign: sign_as_other, ..Signing::default() };
    let rule = |rule| Err(Rejected::Broke(rule));
    assert_eq!(posted(&request), rule(Rule::Unsigned));
    assert_eq!(posted(&signed(&request, "_response", &other)), rule(Rule::Signature));
    assert_eq!(posted(&by_post(&request).replacen("ada@", "eve@", 1)), rule(Rule::Digest));
    // Wrapped: the signed one inside a forged one.
    let forged = Facts { response_id: "_forged".into(), name_id: "eve@acme.example".into(), ..facts() };
    let wrapped = forged.logout_request(SLO).replacen(
        "</samlp:LogoutRequest>",
        &format!("<samlp:Extensions>{}</samlp:Extensions></samlp:LogoutRequest>", by_post(&request)),
        1,
    );
    assert_eq!(posted(&wrapped), rule(Rule::SignaturePlace));
    let stolen = signature(&request, "_response", &Signing::default());
    let with_it = forged.logout_request(SLO).replacen("<saml:NameID", &format!("{stolen}<saml:NameID"), 1);
    assert_eq!(posted(&with_it), rule(Rule::Reference));
    // A response of a sign-in ends no session, nor begins one here.
    assert_eq!(posted(&facts().signed_response()), rule(Rule::MessageKind));
    assert!(super::verdict(&by_post(&request)).is_err());
    // By redirect the signature is in the query, and nowhere else.
    assert_eq!(
        redirected(&by_redirect(Kind::Request, &by_post(&request), None)).map(|received| received.0),
        rule(Rule::SignaturePlace)
    );
    // In the other parameter it is something else.
    assert_eq!(
        redirected(&by_redirect(Kind::Response, &request, None)).map(|received| received.0),
        rule(Rule::MessageKind)
    );
}

#[test]
fn the_octets_of_the_query_are_what_is_signed() {
    let request = facts().logout_request(SLO);
    let good = by_redirect(Kind::Request, &request, Some("state"));
    assert!(redirected(&good).is_ok());
    let evil = Facts { name_id: "eve@acme.example".into(), ..facts() }.logout_request(SLO);
    let evil = redirect::query(Kind::Request, &evil, None, None);
    let unsigned = redirect::query(Kind::Request, &request, Some("state"), None);
    let bare = good.split("&Signature=").next().unwrap();
    let bomb = miniz_oxide::deflate::compress_to_vec(&vec![b' '; 3_000_000], 9);
    let resigned = |query: String| redirect::with_signature(&query, &sign(query.as_bytes()));
    let algorithm = "&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23ecdsa-sha256";
    let of = |message: &str| resigned(format!("SAMLRequest={message}{algorithm}"));
    let plain = STANDARD.encode(&request).replace('+', "%2B").replace('=', "%3D").replace('/', "%2F");
    let cases: Vec<(&str, Rule, String)> = vec![
        ("no signature", Rule::Unsigned, unsigned.clone()),
        ("an algorithm alone", Rule::Unsigned, bare.to_owned()),
        ("a signature alone", Rule::Unsigned, format!("{unsigned}&Signature=AAAA")),
        ("an empty signature", Rule::Base64, format!("{bare}&Signature=")),
        (
            "another's signature",
            Rule::Signature,
            redirect::with_signature(bare, &sign_as_other(bare.as_bytes())),
        ),
        ("another state", Rule::Signature, good.replace("RelayState=state", "RelayState=other")),
        ("no state", Rule::Signature, good.replace("&RelayState=state", "")),
        (
            "the state in another spelling",
            Rule::Signature,
            good.replace("RelayState=state", "RelayState=%73tate"),
        ),
        (
            "another message",
            Rule::Signature,
            format!(
                "{evil}{}",
                good.split_once("&RelayState").map(|(_, rest)| format!("&RelayState{rest}")).unwrap()
            ),
        ),
        ("the message twice", Rule::Query, format!("{good}&{evil}")),
        ("the message twice, first", Rule::Query, format!("{evil}&{good}")),
        (
            "the message in another spelling",
            Rule::Query,
            format!("{good}&{}", evil.replace("SAMLRequest", "SAML%52equest")),
        ),
        (
            "the message in small letters",
            Rule::Query,
            format!("{good}&{}", evil.replace("SAMLRequest", "samlrequest")),
        ),
        ("both kinds", Rule::Query, format!("{good}&{}", evil.replace("SAMLRequest", "SAMLResponse"))),
        ("the state twice", Rule::Query, format!("{good}&RelayState=state")),
        ("the algorithm twice", Rule::Query, format!("{good}{algorithm}")),
        ("the signature twice", Rule::Query, format!("{good}&Signature=AAAA")),
        ("no message", Rule::Query, "RelayState=state".into()),
        ("nothing", Rule::Query, String::new()),
        ("another encoding", Rule::Deflate, format!("{good}&SAMLEncoding=urn:none")),
        (
            "SHA-1",
            Rule::Sha1,
            good.replace("2001%2F04%2Fxmldsig-more%23ecdsa-sha256", "2000%2F09%2Fxmldsig%23rsa-sha1"),
        ),
        ("another algorithm", Rule::SignatureAlgorithm, good.replace("ecdsa-sha256", "hmac-sha256")),
        (
            "a bomb",
            Rule::Deflate,
            of(&STANDARD.encode(bomb).replace('+', "%2B").replace('=', "%3D").replace('/', "%2F")),
        ),
        ("not compressed", Rule::Deflate, of(&plain)),
        ("not base64", Rule::Base64, of("%00")),
        ("a long query", Rule::TooLarge, format!("{good}&x={}", "x".repeat(70_000))),
    ];
    for (what, rule, query) in cases {
        assert_eq!(redirected(&query), Err(Rejected::Broke(rule)), "{what}");
    }
    // The order in the query does not matter, nor do parameters of others.
    let (first, rest) = good.split_once('&').unwrap();
    assert!(redirected(&format!("x=y&{rest}&{first}")).is_ok());
}
