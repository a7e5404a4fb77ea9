//! Whether the session of a browser suits an authorization request: the right person's, recent enough, and
//! good enough (OpenID Connect Core 1.0 §3.1.2.1, §3.1.2.3).

use serde_json::Value;

use crate::crypto::foreign::Foreign;
use crate::crypto::jws::Untrusted;
use crate::crypto::secret::{can_be_secret, stored};
use crate::cx::Cx;
use crate::domain::keys;
use crate::domain::session::standing::is_sufficient;
use crate::domain::tenants::{MfaPolicy, Tenant};
use crate::domain::throttle::lookups;
use crate::model::state::Mfa;
use crate::model::time::Time;
use crate::oidc::error::Code;
use crate::oidc::id_token::{self, ACR_ONE_FACTOR, ACR_TWO_FACTORS, IdToken};
use crate::oidc::request::{Prompt, Request, Wrong};
use crate::ports::Fault;
use crate::store;
use crate::store::sessions::Live;

/// The live session of the browser, if it is of this tenant.
pub(crate) async fn person(cx: &Cx, tenant: &Tenant, cookie: Option<&str>) -> Result<Option<Live>, Fault> {
    let Some(cookie) = cookie.filter(|cookie| can_be_secret(cookie)) else {
        return Ok(None);
    };
    let live = store::sessions::live_by_cookie(cx.db.as_ref(), &stored(cookie), cx.now).await?;
    if live.is_none() {
        lookups::note_unknown(cx);
    }
    Ok(live.filter(|live| live.user.tenant_id == tenant.id))
}

/// How a session suits a request.
pub(crate) enum Fresh {
    /// It does.
    Yes(Box<Live>),
    /// The person signs in first.
    No,
    /// The request cannot be answered.
    Wrong(Wrong),
}

/// Whether the session is the right person's, and recent enough.
pub(crate) async fn fresh(
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
        Some(token) => match read_hint(cx, tenant, token).await? {
            Some(hint) => Some(hint),
            None => return Ok(Fresh::Wrong((Code::InvalidRequest, "id_token_hint is not one of ours"))),
        },
    };
    wanted = wanted.or(hint.as_ref().map(|hint| hint.sub.as_str()));
    let fits = |live: &Live| {
        wanted.is_none_or(|sub| sub == live.user.id) && is_sufficient(tenant, &live.user, &live.amr)
    };
    let Some(live) = live.filter(fits) else {
        return Ok(Fresh::No);
    };
    let since_asked = live.auth_time >= asked_at;
    let anew = [Prompt::Login, Prompt::SelectAccount, Prompt::Create].into_iter().any(|p| request.asks(p));
    let recent =
        request.max_age.is_none_or(|seconds| cx.now < live.auth_time.plus(seconds.saturating_add(1)));
    Ok(if since_asked || (!anew && recent) { Fresh::Yes(Box::new(live)) } else { Fresh::No })
}

/// An ID token of ours, also one that has expired.
pub(crate) async fn read_hint(cx: &Cx, tenant: &Tenant, token: &str) -> Result<Option<IdToken>, Fault> {
    let keys = keys::of(cx, &tenant.id).await?;
    let es256 = || {
        let token = Untrusted::parse(token, id_token::TYP)?;
        let then = token.issued_at_unchecked()?;
        Some(keys.verify::<IdToken>(&token, then.min(cx.now))?.0)
    };
    let rs256 = || keys.verify_rs256(&Foreign::parse(token, &[id_token::TYP])?, cx.now);
    Ok(es256().or_else(rs256).filter(|claims| claims.iss == tenant.issuer))
}

/// How the quality of a sign-in suits a request.
pub(crate) enum Quality {
    /// It does.
    Enough,
    /// The person proves a second factor first, which the request insists on or not.
    StepUp {
        /// Whether it does.
        essential: bool,
    },
    /// The request cannot be answered.
    Wrong(Wrong),
}

/// Whether the person signed in as well as the request asks for: with `acr_values` or `claims`, where what is
/// essential must be met and what is not is tried (OpenID Connect Core 1.0 §3.1.2.1, §5.5.1.1).
pub(crate) fn quality(tenant: &Tenant, request: &Request, live: &Live) -> Quality {
    let has = id_token::acr(&live.amr);
    let can = tenant.settings.mfa != MfaPolicy::Off || live.user.mfa != Mfa::None;
    let more = has != ACR_TWO_FACTORS && can;
    let claim = request.claim("id_token", "acr");
    let listed = claim.and_then(|claim| claim.get("values")).and_then(Value::as_array);
    let only = claim.and_then(|claim| claim.get("value"));
    let named: Vec<&str> = listed.into_iter().flatten().chain(only).filter_map(Value::as_str).collect();
    let asks = listed.is_some() || only.is_some();
    if claim.and_then(|claim| claim.get("essential")).and_then(Value::as_bool).unwrap_or_default() && asks {
        return match named.contains(&has) {
            true => Quality::Enough,
            false if more && named.contains(&ACR_TWO_FACTORS) => Quality::StepUp { essential: true },
            false => Quality::Wrong((Code::UnmetAuthenticationRequirements, "the acr asked for is not met")),
        };
    }
    // The first that exists here is the one that is preferred.
    let mut preferred = request.acr_values.iter().map(String::as_str).chain(named);
    let known = preferred.find(|acr| [ACR_ONE_FACTOR, ACR_TWO_FACTORS].contains(acr));
    match known {
        Some(ACR_TWO_FACTORS) if more => Quality::StepUp { essential: false },
        _ => Quality::Enough,
    }
}
