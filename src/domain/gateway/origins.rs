//! Which origins' scripts may call a tenant's APIs and routes from a browser: those that its administrators
//! named, and those that its clients' users come back to. They bring a token or a key, never a cookie. Anyone may name
//! an origin where clients register themselves, so theirs call no more than their own sign-in takes.

use std::future::Future;

use url::Url;

use crate::cx::Cx;
use crate::domain::gateway::routes;
use crate::domain::refusal::Error;
use crate::domain::tenants::Tenant;
use crate::domain::throttle::lookups;
use crate::memo::{Invalidation, Slot};
use crate::model::client::Metadata;
use crate::model::path::Path;
pub(crate) use crate::model::route::Auth;
use crate::model::route::Matched;
use crate::model::web_uri::{is_web_origin, is_web_uri};
use crate::ports::Fault;
use crate::store;
pub(crate) use crate::store::client_origins::KnownBy;

/// Who named an origin, by tenant and origin.
pub(crate) struct WhoKnowsOrigin;

impl Slot for WhoKnowsOrigin {
    type Key = (String, String);
    type Value = KnownBy;
    const CAPACITY: usize = 1_000;

    fn is_stale(_: &Self::Key, _: &Self::Value, change: Invalidation<'_>) -> bool {
        matches!(change, Invalidation::Tenant(_) | Invalidation::Client(_))
    }
}

/// Whose scripts an endpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    /// Those of origins that an administrator named, by themselves or with a client.
    OfTheTenant,
    /// Those of clients that registered themselves, too.
    OfAnyClient,
}

impl Scripts {
    fn are_known(self, by: KnownBy) -> bool {
        match by {
            KnownBy::Administrator => true,
            KnownBy::Client => self == Scripts::OfAnyClient,
            KnownBy::Nobody => false,
        }
    }
}

/// Whether scripts of an origin, as `Origin` has it, may call.
pub(crate) async fn is_allowed(
    cx: &Cx,
    tenant: &Tenant,
    origin: &str,
    scripts: Scripts,
) -> Result<bool, Fault> {
    if tenant.settings.allowed_origins.iter().any(|allowed| allowed == origin) {
        return Ok(true);
    }
    if !is_web_origin(origin) {
        return Ok(false);
    }
    let key = (tenant.id.clone(), origin.to_owned());
    let known = match cx.recall::<WhoKnowsOrigin, _>(&tenant.id, &key) {
        Some(known) => known,
        None => {
            let as_of = cx.as_of();
            let ask = store::client_origins::known_by(cx.db.as_ref(), &tenant.id, origin);
            let Some(known) = look_up(cx, ask).await? else { return Ok(false) };
            cx.remember::<WhoKnowsOrigin>(as_of, &tenant.id, key, known);
            known
        }
    };
    Ok(scripts.are_known(known))
}

/// Looks up who knows an origin, if the caller may have one looked up that nobody knows; `None` if not.
async fn look_up(
    cx: &Cx,
    ask: impl Future<Output = Result<KnownBy, Fault>>,
) -> Result<Option<KnownBy>, Fault> {
    match lookups::admit(cx).await {
        Ok(()) => {}
        Err(Error::Refused(_)) => return Ok(None),
        Err(Error::Broken(fault)) => return Err(fault),
    }
    let known = ask.await?;
    if known == KnownBy::Nobody {
        lookups::note_unknown(cx);
    }
    Ok(Some(known))
}

/// Whether such scripts of an origin may call any tenant.
pub(crate) async fn is_allowed_anywhere(cx: &Cx, origin: &str, scripts: Scripts) -> Result<bool, Fault> {
    if !is_web_origin(origin) {
        return Ok(false);
    }
    // No tenant has this id, and no feed tells of it: it is remembered for seconds.
    let key = ("*".to_owned(), origin.to_owned());
    let known = match cx.memo::<WhoKnowsOrigin>().get(&key, cx.now) {
        Some(known) => known,
        None => {
            let ask = store::client_origins::known_anywhere_by(cx.db.as_ref(), origin);
            let Some(known) = look_up(cx, ask).await? else { return Ok(false) };
            cx.memo::<WhoKnowsOrigin>().put(key, known, cx.now, cx.remember_until());
            known
        }
    };
    Ok(scripts.are_known(known))
}

/// The origins of a client's redirect URIs. A scheme of an application's own has none.
pub(crate) fn of(metadata: &Metadata) -> Vec<String> {
    let web = metadata.redirect_uris.iter().filter(|uri| is_web_uri(uri));
    let mut origins: Vec<String> =
        web.filter_map(|uri| Some(Url::parse(uri).ok()?.origin().ascii_serialization())).collect();
    origins.sort();
    origins.dedup();
    origins
}

/// How the route that a request with that method would go to asks who calls. A browser asks first and says nobody, so we
/// answer; the origin of a route that is open to all answers itself, and what has no route counts as such.
pub(crate) async fn auth_of(
    cx: &Cx,
    tenant: &Tenant,
    host: &str,
    path: &str,
    method: &str,
) -> Result<Auth, Fault> {
    let Some(path) = Path::parse(path) else { return Ok(Auth::None) };
    let table = routes::table(cx, &tenant.id).await?;
    Ok(match table.find(host, &path, method) {
        Matched::Route(route) => route.spec.auth,
        _ => Auth::None,
    })
}
