//! Whether the session of a browser suits an authorization request: the right person's, recent enough, and
//! good enough (OpenID Connect Core 1.0 §3.1.2.1, §3.1.2.3).

use crate::crypto::jws::Untrusted;
use crate::crypto::secret::stored;
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::tenants::Tenant;
use crate::model::time::Time;
use crate::oidc::error::Code;
use crate::oidc::id_token::{self, IdToken};
use crate::oidc::request::{Prompt, Request, Wrong};
use crate::ports::Fault;
use crate::store;
use crate::store::sessions::Live;

/// The live session of the browser, if it is of this tenant.
pub(super) async fn person(cx: &Cx, tenant: &Tenant, cookie: Option<&str>) -> Result<Option<Live>, Fault> {
    let Some(cookie) = cookie.filter(|cookie| !cookie.is_empty() && cookie.len() <= 128) else {
        return Ok(None);
    };
    let live = store::sessions::live_by_cookie(cx.db.as_ref(), &stored(cookie), cx.now).await?;
    Ok(live.filter(|live| live.user.tenant_id == tenant.id))
}

/// How a session suits a request.
pub(super) enum Fresh {
    /// It does.
    Yes(Box<Live>),
    /// The person signs in first.
    No,
    /// The request cannot be answered.
    Wrong(Wrong),
}

/// Whether the session is the right person's, and recent enough.
pub(super) async fn fresh(
    cx: &Cx,
    tenant: &Tenant,
    request: &Request,
    asked_at: Time,
    live: Option<Live>,
) -> Result<Fresh, Fault> {
    let mut wanted =
        request.claim("id_token", "sub").and_then(|sub| sub.get("value")).and_then(|v| v.as_str());
    let hint = match &request.id_token_hint {
        None => None,
        Some(token) => match hinted(cx, tenant, token).await? {
            Some(hint) => Some(hint),
            None => return Ok(Fresh::Wrong((Code::InvalidRequest, "id_token_hint is not one of ours"))),
        },
    };
    wanted = wanted.or(hint.as_ref().map(|hint| hint.sub.as_str()));
    let Some(live) = live.filter(|live| wanted.is_none_or(|sub| sub == live.user.id)) else {
        return Ok(Fresh::No);
    };
    let since_asked = live.auth_time >= asked_at;
    let anew = [Prompt::Login, Prompt::SelectAccount, Prompt::Create].into_iter().any(|p| request.asks(p));
    let recent =
        request.max_age.is_none_or(|seconds| cx.now < live.auth_time.plus(seconds.saturating_add(1)));
    Ok(if since_asked || (!anew && recent) { Fresh::Yes(Box::new(live)) } else { Fresh::No })
}

/// An ID token of ours, also one that is over.
pub async fn hinted(cx: &Cx, tenant: &Tenant, token: &str) -> Result<Option<IdToken>, Fault> {
    let Some(untrusted) = Untrusted::parse(token, id_token::TYP) else { return Ok(None) };
    let Some(then) = untrusted.issued_at_unchecked() else { return Ok(None) };
    let verified = keys::of(cx, &tenant.id).await?.verify::<IdToken>(&untrusted, then.min(cx.now));
    Ok(verified.map(|(claims, _)| claims).filter(|claims| claims.iss == tenant.issuer))
}

/// What of the sign-in's quality is essential and not met (OpenID Connect Core §5.5.1.1).
pub(super) fn unmet(request: &Request, live: &Live) -> Option<Wrong> {
    let acr = request.claim("id_token", "acr")?;
    let essential = acr.get("essential").and_then(serde_json::Value::as_bool).unwrap_or_default();
    let has = id_token::acr(&live.amr);
    let values = acr.get("values").and_then(serde_json::Value::as_array);
    let value = acr.get("value").and_then(serde_json::Value::as_str);
    let met =
        values.is_none_or(|values| values.iter().any(|one| one == has)) && value.is_none_or(|one| one == has);
    (essential && !met).then_some((Code::UnmetAuthenticationRequirements, "the acr asked for is not met"))
}
