//! Where browsers come back to from a provider: to us, at an address of its own for each tenant and provider (RFC 9700
//! §4.4), to an app at an origin that the tenant knows, or to this person's own machine (RFC 8252 §7.3).

use url::{Host, Url};

use crate::cx::Cx;
use crate::domain::refusal::{Error, invalid};
use crate::domain::tenants::{HOME, Tenant};
use crate::model::web_uri::{is_web_origin, uri};
use crate::store;
use crate::store::client_origins::KnownBy;

/// Our own address for a provider.
pub(crate) fn ours(tenant: &Tenant, provider_id: &str) -> String {
    // A host that is one tenant's names it, as the deployment's own names home.
    let is_named = tenant.id == HOME || tenant.issuer == tenant.origin;
    let path = if is_named { String::new() } else { format!("/tenant/{}", tenant.id) };
    format!("{}{path}/auth/callback/{provider_id}", tenant.origin)
}

/// Whether a text is the origin of this person's own machine, by its address: `localhost` may be anything.
fn is_loopback(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    url.scheme() == "http" && is_here
}

/// Whether an app of this origin is one that administrators of the tenant know.
async fn is_known(cx: &Cx, tenant: &Tenant, origin: &str) -> Result<bool, Error> {
    if tenant.settings.allowed_origins.iter().any(|known| known == origin) {
        return Ok(true);
    }
    let known = store::client_origins::known_by(cx.db.as_ref(), &tenant.id, origin).await?;
    Ok(known == KnownBy::Administrator)
}

/// Whether a browser may be sent back to an app of that origin, if one is said.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`].
pub(super) async fn check_origin(cx: &Cx, tenant: &Tenant, origin: Option<&str>) -> Result<(), Error> {
    let Some(origin) = origin else { return Ok(()) };
    let rule = "an origin of the tenant's, as https://app.example.com, or http://127.0.0.1 with a port";
    let url = uri(origin).filter(|url| url.origin().ascii_serialization() == origin);
    let Some(url) = url else { return Err(invalid("origin", rule)) };
    let may = is_loopback(&url) || (is_web_origin(origin) && is_known(cx, tenant, origin).await?);
    if may { Ok(()) } else { Err(invalid("origin", rule)) }
}

/// Whether a provider may send a browser there, if it is said.
///
/// # Errors
/// [`crate::domain::refusal::Refusal::Invalid`].
pub(super) async fn check_redirect_uri(cx: &Cx, tenant: &Tenant, text: Option<&str>) -> Result<(), Error> {
    let Some(text) = text else { return Ok(()) };
    let rule = "a URI at an origin of the tenant's, or at http://127.0.0.1 or http://[::1] with a port";
    let url = uri(text).filter(|_| !text.contains('#'));
    let Some(url) = url else { return Err(invalid("redirect_uri", rule)) };
    let origin = url.origin().ascii_serialization();
    let is_spelled = text == origin || text.starts_with(&format!("{origin}/"));
    let may = is_spelled
        && (is_loopback(&url) || (is_web_origin(&origin) && is_known(cx, tenant, &origin).await?));
    if may { Ok(()) } else { Err(invalid("redirect_uri", rule)) }
}
