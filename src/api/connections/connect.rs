//! `GET /auth/connect/{id}`, `/auth/callback` and `POST /auth/disconnect/{id}`: connections by OAuth.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::refusal::{Error, Federation, Refusal};
use crate::domain::session::principal::{self, OwnSession};
use crate::domain::session::sessions::COOKIE;
use crate::domain::vault::callback::{self, Finished, Returned};
use crate::domain::vault::connect::{self, Wanted};
use crate::domain::vault::connections;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Begun {
    /// Where the browser goes.
    auth_url: String,
}

pub(super) async fn connect(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let said = |name| call.query(name);
    let (scopes, label, origin) = (said("scopes"), said("label"), said("origin"));
    let redirect_uri = said("redirect_uri");
    let wanted = Wanted {
        provider_id: call.param("id"),
        scopes: scopes.as_deref(),
        label: label.as_deref(),
        origin: origin.as_deref(),
        redirect_uri: redirect_uri.as_deref(),
    };
    Ok(Response::json(200, &Begun { auth_url: connect::begin(cx, &session, wanted).await?.url }))
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    /// The provider's code.
    #[serde(default)]
    code: Option<String>,
    /// As it came back from the provider.
    state: String,
    /// Why there is no code.
    #[serde(default)]
    error: Option<String>,
    /// Who says so (RFC 9207).
    #[serde(default)]
    iss: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionMade {
    success: bool,
    /// The provider's id.
    provider: String,
    /// What was asked for and not granted.
    missing_scopes: Vec<String>,
}

impl From<Finished> for ConnectionMade {
    fn from(finished: Finished) -> ConnectionMade {
        let Finished { provider_id, missing_scopes } = finished;
        ConnectionMade { success: true, provider: provider_id, missing_scopes }
    }
}

pub(super) async fn callback(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let returned = Returned {
        state: &body.state,
        code: body.code.as_deref(),
        error: body.error.as_deref(),
        iss: body.iss.as_deref(),
        provider_id: None,
    };
    let finished = callback::finish(cx, &session, returned).await?;
    Ok(Response::json(200, &ConnectionMade::from(finished)))
}

/// A browser that comes from the provider, or an app that passes on what one brought.
pub(super) async fn from_provider(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = Params::parse(call.request.query.strip_prefix('?').unwrap_or_default());
    if params.repeated().is_some() {
        return Err(not_begun());
    }
    let returned = Returned {
        state: params.get("state").unwrap_or_default(),
        code: params.get("code"),
        error: params.get("error"),
        iss: params.get("iss"),
        provider_id: Some(call.param("id")),
    };
    let sent = call.sent();
    let is_program = sent.bearer.is_some() || sent.bound.is_some();
    let session = match is_program {
        true => Some(principal::own_session(cx, &call.resolved, &sent).await?),
        false => principal::browser(cx, &call.resolved, call.request.headers.cookie(COOKIE)).await?,
    };
    let finished = match &session {
        Some(session) => callback::finish(cx, session, returned).await,
        None => Err(not_begun()),
    };
    match finished {
        Ok(finished) if is_program => Ok(Response::json(200, &ConnectionMade::from(finished))),
        Ok(_) => {
            let tenant_id = &call.resolved.tenant.id;
            Ok(Response::see_other(&format!("/tenant/{tenant_id}/account?done=connected#connections")))
        }
        Err(error) if !is_program && is_not_begun(&error) => on_to_app(cx, call, &params, error).await,
        Err(error) => Err(error),
    }
}

fn not_begun() -> Error {
    Refusal::Federation(Federation::ConnectionInvalid).into()
}

fn is_not_begun(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal::Federation(Federation::ConnectionInvalid)))
}

/// Sends a browser without the session that began on to the app that it began in, which has that session.
async fn on_to_app(cx: &Cx, call: &Call<'_>, params: &Params, error: Error) -> Answer {
    let state = params.get("state").unwrap_or_default();
    let Some(origin) = callback::app_of(cx, &call.resolved.tenant, call.param("id"), state).await? else {
        return Err(error);
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["code", "state", "error", "iss"] {
        if let Some(value) = params.get(name) {
            query.append_pair(name, value);
        }
    }
    Ok(Response::see_other(&format!("{origin}/?{}", query.finish())))
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Which {
    /// Which, where there are several of the provider.
    #[serde(default)]
    label: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Disconnected {
    success: bool,
    /// `queued`: the provider is asked to revoke the tokens, again if it does not answer. `none`: there were none.
    revocation: &'static str,
}

pub(super) async fn disconnect(cx: &Cx, call: &Call<'_>, session: OwnSession) -> Answer {
    let body: Which = body::json_or_nothing(call, SMALL).await?;
    let label = body.label.or_else(|| call.query("label"));
    let owed = connections::disconnect(cx, &session, call.param("id"), label.as_deref()).await?;
    let revocation = if owed { "queued" } else { "none" };
    Ok(Response::json(200, &Disconnected { success: true, revocation }))
}
