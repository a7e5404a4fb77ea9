//! `POST /api/auth/google` `{credential}` and `POST /api/auth/microsoft` `{accessToken}` or `{idToken}`: the user and a
//! token pair, for what an app got there. Google's page can send its credential as a form as well, with the browser.

use serde::{Deserialize, Serialize};

use crate::api::pages;
use crate::api::session::ok;
use crate::api::session::shapes::{Challenge, Login};
use crate::cx::Cx;
use crate::domain::federation::begin::Onward;
use crate::domain::federation::credentials::{self, Credential};
use crate::domain::federation::finish::Arrived;
use crate::domain::refusal::{Error, Federation, Refusal, invalid};
use crate::domain::session::channel::Channel;
use crate::domain::sign_in::Step;
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;

/// The name of the field and the cookie in which Google's script puts the same value (its documents: "Verify the Google
/// ID token on your server side").
const CSRF: &str = "g_csrf_token";

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct GoogleCredential {
    /// The ID token that Google's button hands over.
    credential: String,
}

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct MicrosoftToken {
    /// For our own API, or for Microsoft Graph if the tenant's own application got it.
    #[serde(default)]
    access_token: Option<String>,
    /// Instead of it: the ID token.
    #[serde(default)]
    id_token: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(untagged)]
pub(super) enum FederatedSignIn {
    SignedIn(FederatedLogin),
    SecondFactor(Challenge),
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct FederatedLogin {
    /// Whether the account was made just now.
    is_new_user: bool,
    #[serde(flatten)]
    login: Login,
}

/// `POST /api/auth/google`.
pub(super) async fn google(cx: &Cx, call: &Call<'_>) -> Answer {
    if body::is_form(call) {
        return match google_form(cx, call).await {
            Err(Error::Refused(refusal)) if !matches!(refusal, Refusal::Limited(_)) => {
                pages::sso::refused(cx, call, "google", None, &refusal).await
            }
            other => other,
        };
    }
    let GoogleCredential { credential } = body::json(call, SMALL).await?;
    answer(cx, call, Credential::Google(&credential)).await
}

/// `POST /api/auth/microsoft`.
pub(super) async fn microsoft(cx: &Cx, call: &Call<'_>) -> Answer {
    let MicrosoftToken { access_token, id_token } = body::json(call, SMALL).await?;
    let credential = match (&access_token, &id_token) {
        (Some(token), None) => Credential::MicrosoftAccess(token),
        (None, Some(token)) => Credential::MicrosoftId(token),
        _ => return Err(invalid("accessToken", "an access token; or an ID token as idToken")),
    };
    answer(cx, call, credential).await
}

async fn answer(cx: &Cx, call: &Call<'_>, credential: Credential<'_>) -> Answer {
    let (_, arrived) = credentials::arrive(cx, &call.resolved, credential, Channel::Api).await?;
    let sign_in = match arrived {
        Arrived::On(Step::SignedIn(signed_in), is_new_user) => {
            FederatedSignIn::SignedIn(FederatedLogin { is_new_user, login: Login::of(*signed_in)? })
        }
        Arrived::On(Step::Second(waiting), _) => FederatedSignIn::SecondFactor(Challenge::of(cx, &waiting)?),
        Arrived::Ask(_) => return Err(Refusal::Federation(Federation::LinkRequired).into()),
    };
    Ok(ok(200, sign_in))
}

/// Google's redirect mode: its page has the browser post the credential, across sites. That the browser was at a page of
/// ours before is what the cookie says, which another site cannot set.
async fn google_form(cx: &Cx, call: &Call<'_>) -> Answer {
    let fields = body::form(call).await?;
    let field = |name: &str| {
        let mut all = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        all.next().filter(|value| !value.is_empty()).filter(|_| all.next().is_none())
    };
    let cookie = call.request.headers.cookie(CSRF);
    if field(CSRF).is_none() || field(CSRF) != cookie {
        let rule = "The sign-in was not begun in this browser: g_csrf_token is not the same in the form and the cookie";
        return Err(Refusal::Federation(Federation::Forged(rule)).into());
    }
    let credential = field("credential").ok_or_else(|| invalid("credential", "the ID token of Google"))?;
    let channel = pages::sso::channel(call);
    let (usable, arrived) =
        credentials::arrive(cx, &call.resolved, Credential::Google(credential), channel).await?;
    pages::sso::answer(cx, call, &usable, &Onward::default(), arrived).await
}
