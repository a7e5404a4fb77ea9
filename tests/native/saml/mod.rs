//! SAML 2.0: what is believed of a message, and what is not.

mod attacks;
mod bounds;
mod certificates;
mod corpus;
mod expectations;
mod honest;
pub(crate) mod idp;
mod logout;
mod metadata;
mod ours;
mod own_keys;
mod reasons;
mod signatures;

use portcullis::model::time::Time;
use portcullis::saml::certificate::Certificate;
use portcullis::saml::response::{self, Assertion, Expected};
use portcullis::saml::{Rejected, Rule, Signer};

use idp::{CERTIFICATE, Facts};

const NOW: Time = Time(1_800_000_000_000);

fn facts() -> Facts {
    Facts::at(NOW)
}

/// The verdict on a message, as a service provider with the usual settings has it.
fn verdict(xml: &str) -> Result<Assertion, Rejected> {
    verdict_with(xml, |_| ())
}

/// The same with other settings.
fn verdict_with(xml: &str, change: impl Fn(&mut Expected<'_>)) -> Result<Assertion, Rejected> {
    let certificates = [Certificate::parse(CERTIFICATE).unwrap()];
    let mut expected = Expected {
        signer: Signer {
            entity_id: "https://idp.example/metadata",
            certificates: &certificates,
            allow_sha1: false,
        },
        audience: "https://auth.example/tenant/acme/sso/okta/metadata",
        recipient: "https://auth.example/tenant/acme/sso/okta/acs",
        in_response_to: Some("_request"),
        allow_unsolicited: false,
        now: NOW,
    };
    change(&mut expected);
    response::verify(xml, &expected)
}

/// Refuses a message by that rule and no other.
fn refused(what: &str, xml: &str, rule: Rule) {
    assert_eq!(verdict(xml), Err(Rejected::Broke(rule)), "{what}");
}
