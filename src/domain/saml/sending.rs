//! Messages of ours on their way to a provider, by the binding that it takes, signed where its settings say so.

use crate::cx::Cx;
use crate::domain::refusal::Error;
use crate::domain::saml::own_keys;
use crate::model::identity_provider::{Binding, Saml};
use crate::ports::Fault;
use crate::saml::enveloped;
use crate::saml::redirect::{self, Algorithm, Kind};

/// How a browser is sent to a provider with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sending {
    /// To this address.
    Redirect(String),
    /// With a form.
    Form(Form),
}

/// A form that a browser posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    /// Its URL.
    pub(crate) action: String,
    /// Its fields: name and value.
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// A message of ours.
pub(super) struct Message<'a> {
    pub(super) kind: Kind,
    pub(super) xml: &'a str,
    /// Its `ID`.
    pub(super) id: &'a str,
    /// Where it goes, its `Destination`.
    pub(super) endpoint: &'a str,
    pub(super) binding: Binding,
    pub(super) relay_state: Option<&'a str>,
}

/// Makes it what a browser brings. Signatures are RSA's, by the platform's own code: few providers take others.
pub(super) async fn send(
    cx: &Cx,
    tenant_id: &str,
    provider_id: &str,
    saml: &Saml,
    message: Message<'_>,
) -> Result<Sending, Error> {
    let Message { kind, xml, id, endpoint, binding, relay_state } = message;
    let signing = match saml.sign_requests {
        true => Some(own_keys::current(cx, tenant_id, provider_id).await?),
        false => None,
    };
    let key = signing.as_ref().and_then(|(keys, at)| keys.get(*at));
    if binding == Binding::Redirect {
        let query = redirect::query(kind, xml, relay_state, key.map(|_| Algorithm::RsaSha256));
        let query = match key {
            Some(key) => redirect::with_signature(&query, &key.sign(cx, query.as_bytes()).await?),
            None => query,
        };
        return Ok(Sending::Redirect(redirect::address(endpoint, &query)));
    }
    let xml = match key {
        Some(key) => {
            let unsigned =
                enveloped::Unsigned::new(xml, id).map_err(|rule| Fault::new("saml", rule.text()))?;
            let value = key.sign(cx, unsigned.to_be_signed()).await?;
            let signed = unsigned.with_signature(&value, &key.certificate);
            signed.ok_or_else(|| Fault::new("saml", "a message of ours without an issuer"))?
        }
        None => xml.to_owned(),
    };
    let state = relay_state.map(|state| ("RelayState", state.to_owned()));
    let fields = [(kind.parameter(), redirect::to_form(&xml))].into_iter().chain(state).collect();
    Ok(Sending::Form(Form { action: endpoint.to_owned(), fields }))
}
