//! `GET|POST …/oauth2/logout`: OpenID Connect RP-Initiated Logout 1.0.

use crate::api::oauth::authorize::with_query;
use crate::api::pages::sso::leave_for_provider;
use crate::api::pages::{FIELD, is_from_elsewhere, leave, sign_out_question, signed_out};
use crate::cx::Cx;
use crate::domain::oauth::authorize::form_action;
use crate::domain::oauth::rp_logout::{self, Outcome};
use crate::domain::saml::sign_out;
use crate::domain::session::sessions::COOKIE;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::oidc::params::Params;

/// The field that the form of our own question adds.
const CONFIRMED: &str = "confirmed";

/// The longest form that is made a query.
const LONGEST_QUERY: usize = 8_000;

pub(super) async fn ask(cx: &Cx, call: &Call<'_>) -> Answer {
    let query = call.request.query.strip_prefix('?').unwrap_or_default();
    answer(cx, call, body::once(Params::parse(query))?, false).await
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let params = body::params(call).await?;
    let elsewhere = is_from_elsewhere(call.request, params.get(FIELD));
    let confirmed = !elsewhere && params.get(CONFIRMED).is_some();
    let params = params.without(&[CONFIRMED, FIELD]);
    // With the form of a client's page the browser sends no cookie (`SameSite=Lax`). It does when it is sent
    // here once more.
    if elsewhere && call.request.headers.cookie(COOKIE).is_none() {
        let query = params.encoded();
        if query.len() <= LONGEST_QUERY {
            return Ok(Response::see_other(&format!("{}?{query}", call.request.path)));
        }
    }
    answer(cx, call, params, confirmed).await
}

async fn answer(cx: &Cx, call: &Call<'_>, params: Params, confirmed: bool) -> Answer {
    let tenant = &call.resolved.tenant;
    let cookie = call.request.headers.cookie(COOKIE);
    match rp_logout::request(cx, tenant, &params, cookie, confirmed).await? {
        Outcome::Ask(back) => {
            let to = back.map(|back| form_action(&back.uri));
            let fields = params.pairs().chain([(CONFIRMED, "yes")]).collect::<Vec<_>>();
            sign_out_question(cx, call.request, &tenant.name, &fields, to.as_deref())
        }
        Outcome::Out(back, ended) => {
            let back = back.map(|back| {
                let state = back.state.map(|state| ("state", state));
                with_query(&back.uri, state.as_slice())
            });
            // Who began at an organisation's provider signs out there as well, and comes back from there.
            let there = match &ended {
                Some(session_id) => sign_out::begin(cx, tenant, session_id, back.as_deref()).await?,
                None => None,
            };
            let response = match (there, back) {
                (Some(begun), _) => leave_for_provider(call.request, &begun)?,
                // A form of the client's own page has that page's policy.
                (None, Some(to)) if confirmed => leave(call.request, &to)?,
                (None, Some(to)) => Response::see_other(&to),
                (None, None) => signed_out(call.request, Some(&tenant.id))?,
            };
            // The cookie of a user who is signed in to another tenant stays.
            let gone = format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
            Ok(if ended.is_some() { response.with("set-cookie", gone) } else { response })
        }
    }
}
