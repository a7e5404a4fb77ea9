//! `GET|POST …/oauth2/authorize` (RFC 6749 §3.1): to a page of ours, or back to the client.

use crate::api::pages::{form_post, leave};
use crate::cx::Cx;
use crate::domain::oauth::authorize::{self, Outcome, SignIn};
use crate::domain::providers;
use crate::domain::refusal::oauth;
use crate::domain::session::sessions::COOKIE;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::{Call, Request};
use crate::http::response::Response;
use crate::model::email::Email;
use crate::oidc::error::Code;
use crate::oidc::params::Params;
use crate::oidc::request::ResponseMode;
use crate::ports::Fault;

pub(super) async fn ask(cx: &Cx, call: &Call<'_>) -> Answer {
    let query = call.request.query.strip_prefix('?').unwrap_or_default();
    decide(cx, call, Params::parse(query)).await
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = body::repeatable_params(call).await?;
    decide(cx, call, params).await
}

async fn decide(cx: &Cx, call: &Call<'_>, params: Params) -> Answer {
    // A script must not get a code with the browser's session: one on this host could read it off the redirect. A browser
    // navigates, the whole page or a client's own frame. Other programs may send the mode alone, as Node's `fetch` does.
    let headers = &call.request.headers;
    let is_browser = headers.get("sec-fetch-site").is_some();
    if is_browser && headers.get("sec-fetch-mode").is_some_and(|mode| mode != "navigate") {
        return Err(oauth(Code::InvalidRequest, "a script cannot ask: send the browser here, or a frame"));
    }
    let cookie = call.request.headers.cookie(COOKIE);
    match authorize::decide(cx, &call.resolved.tenant, params, cookie).await? {
        Outcome::SignIn(sign_in) => Ok(Response::see_other(&start(cx, call, sign_in).await?)),
        outcome => answer(call.request, outcome),
    }
}

/// Where a person signs in: at the provider that the client names or that their mail domain has, else on our page.
async fn start(cx: &Cx, call: &Call<'_>, sign_in: SignIn) -> Result<String, Fault> {
    let SignIn { request, idp_hint, login_hint } = sign_in;
    let tenant = &call.resolved.tenant;
    let named = match &idp_hint {
        Some(hint) => {
            providers::all_enabled(cx, tenant).await?.into_iter().find(|one| one.provider.id == *hint)
        }
        None => None,
    };
    let named = named.map(|usable| usable.provider.id.clone());
    let domain = login_hint.as_deref().and_then(Email::parse);
    let routed = domain.and_then(|email| Some(tenant.verified_domain(email.domain())?.provider_id.clone()));
    let page = named.or(routed).map_or("login".to_owned(), |id| format!("sso/{id}"));
    Ok(format!("/tenant/{}/{page}?request={request}", tenant.id))
}

/// Sends the browser where it is to go; the consent page answers with this as well.
pub(crate) fn answer(request: &Request, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Page(path) => Ok(Response::see_other(&path)),
        // A form of ours was answered: its person chooses how.
        Outcome::SignIn(SignIn { request: id, .. }) => {
            let page = request.path.rsplit_once('/').map_or("", |(before, _)| before);
            Ok(Response::see_other(&format!("{page}/login?request={id}")))
        }
        Outcome::Back(back) => match back.mode {
            ResponseMode::Query => leave(request, &with_query(&back.redirect_uri, &back.params)),
            ResponseMode::FormPost => {
                let to = authorize::form_action(&back.redirect_uri);
                form_post(request, &back.redirect_uri, &back.params, &to)
            }
        },
    }
}

/// An address with parameters; a query that it has is kept (RFC 6749 §3.1.2).
pub(super) fn with_query(uri: &str, params: &[(&str, String)]) -> String {
    if params.is_empty() {
        return uri.to_owned();
    }
    let separator = match uri.find('?') {
        None => "?",
        Some(at) if at + 1 == uri.len() || uri.ends_with('&') => "",
        Some(_) => "&",
    };
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("{uri}{separator}{query}")
}
