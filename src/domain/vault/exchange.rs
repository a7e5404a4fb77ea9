//! Token exchange (RFC 8693) for a connected service: a client gives a person's access token of ours for the access token that
//! the service gave the person.
//!
//! Both must hold `vault:read` or `vault:{provider}`: the client in its registered scope, which for clients with this grant only
//! administrators write; the person's token because the person lent it to a client. It must be that client's own, or meant
//! for one of its resources. Which connection it is, and whether it works, nobody learns who fails in any of that.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::session::principal::{self, Credential};
use crate::domain::tenants::Tenant;
use crate::domain::vault::connections::{check_label, missing_scopes};
use crate::domain::vault::reader::may_read;
use crate::domain::vault::valid_token::{ValidToken, hand_out};
use crate::model::id::is_id;
use crate::model::scope::Scopes;
use crate::oidc::error::Code;
use crate::oidc::token_exchange::{Connection, Exchange};
use crate::store;
use crate::store::clients::Client;
use crate::store::users::User;
use crate::store::vault_connections::Which;

/// Exchanges a person's token for one of a service that they connected. `jkt` is the key that the request proves.
///
/// # Errors
/// `unauthorized_client` for a public client; `invalid_request` for a token that cannot be exchanged (§2.2.2);
/// `invalid_target` where there is no token for the client, for whatever reason; `invalid_scope` for what the person did not
/// grant there; [`Refusal::ProviderUnavailable`].
pub(crate) async fn exchange(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    asked: &Exchange<'_>,
    connection: Connection<'_>,
    jkt: Option<&str>,
) -> Result<ValidToken, Error> {
    match hand_over(cx, tenant, client, asked, connection, jkt).await {
        // Too many tries cost no row each.
        Err(Error::Refused(refusal)) if !matches!(refusal, Refusal::Limited(_)) => {
            let known = Some(connection.provider_id).filter(|id| is_id(id)).unwrap_or("-");
            let entry = Entry::failed("token.exchange_refused").by(&client.id).on(&client.id);
            audit::write(cx, &tenant.id, entry.saying(format!("connection:{known}"))).await?;
            Err(worded(refusal).into())
        }
        other => other,
    }
}

async fn hand_over(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    asked: &Exchange<'_>,
    connection: Connection<'_>,
    jkt: Option<&str>,
) -> Result<ValidToken, Error> {
    let provider_id = connection.provider_id;
    if client.metadata.is_public() {
        return Err(oauth(Code::UnauthorizedClient, "a public client cannot act for others"));
    }
    if !may_read(&Scopes::from_list(&client.metadata.scope), Some(provider_id)) {
        let text = "the client is registered with neither vault:read nor the vault scope of that service";
        return Err(oauth(Code::InvalidTarget, text));
    }
    let user = lender(cx, tenant, client, asked.subject_token, provider_id, jkt).await?;
    let label = check_label(connection.label)?;
    let which = Which { tenant_id: &tenant.id, user_id: &user.id, provider_id, label: label.as_deref() };
    if let Some(scope) = asked.scope {
        let wanted: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
        let held = store::vault_tokens::find(cx.db.as_ref(), &which).await?;
        let held = held.filter(store::vault_tokens::Held::is_usable).ok_or(Refusal::NotFound)?;
        if !missing_scopes(&wanted, &held.connection.scopes).is_empty() {
            return Err(oauth(Code::InvalidScope, "the person has not granted that at the service"));
        }
    }
    hand_out(cx, &client.id, &which, &[]).await
}

/// The person who lent a token that this client may exchange here.
///
/// # Errors
/// `invalid_request` for any other.
async fn lender(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    token: &str,
    provider_id: &str,
    jkt: Option<&str>,
) -> Result<Rc<User>, Error> {
    let refused = |text| oauth(Code::InvalidRequest, text);
    let found = principal::by_access_token(cx, token).await?;
    let found = found.filter(|found| found.tenant.id == tenant.id && is_lent_to(found, client));
    let lent = found.as_ref().and_then(|found| Some((found, found.user()?.clone())));
    let Some((found, user)) = lent else {
        return Err(refused(
            "subject_token is no access token that a person lent, over, or not for this client",
        ));
    };
    if !may_read(&found.scopes, Some(provider_id)) {
        return Err(refused("subject_token has neither vault:read nor the vault scope of that service"));
    }
    // What is handed out is bound to nothing, so that whoever only saw the token gets nothing for it (RFC 9449 §7.2).
    if found.cnf.as_ref().is_some_and(|cnf| jkt != Some(cnf.jkt.as_str())) {
        return Err(refused("subject_token is bound to a key that the request does not prove"));
    }
    Ok(user)
}

/// Whether a person lent it to that client, or to one for a resource of that client's.
fn is_lent_to(found: &Credential, client: &Client) -> bool {
    let own = found.client_id.as_deref() == Some(client.id.as_str());
    let for_resource = || {
        let audiences = found.audiences.as_ref();
        audiences.is_some_and(|all| client.metadata.resources.iter().any(|resource| all.contain(resource)))
    };
    found.session_id.is_some() && found.client_id.is_some() && (own || for_resource())
}

/// In the words of RFC 8693 §2.2.2. What is not there is told as what may not be had.
fn worded(refusal: Refusal) -> Refusal {
    let target = |text: &str| Refusal::OAuth(Code::InvalidTarget, text.to_owned());
    match refusal {
        Refusal::NotFound | Refusal::Invalid(_) => {
            target("no token of that service can be had for this person")
        }
        Refusal::NeedsReauthorization => target("the person has to connect the service again"),
        other => other,
    }
}
