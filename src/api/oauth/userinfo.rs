//! `GET|POST …/oauth2/userinfo` (OpenID Connect Core 1.0 §5.3): who the user of an access token is.

use crate::cx::Cx;
use crate::domain::oauth::userinfo::{self, UserInfo};
use crate::domain::refusal::Refusal;
use crate::domain::session::principal;
use crate::http::body;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

/// The token comes in the `Authorization` header, or in a form (RFC 6750 §2.1, §2.2); one that is bound to a key only in
/// the former (RFC 9449 §7.1).
pub(super) async fn userinfo(cx: &Cx, call: &Call<'_>) -> Answer {
    let mut sent = call.sent();
    let form = match (sent.bearer, sent.bound) {
        (None, None) if call.request.method == "POST" && body::is_form(call) => {
            Some(body::params(call).await?)
        }
        _ => None,
    };
    sent.bearer = sent.bearer.or_else(|| form.as_ref().and_then(|params| params.get("access_token")));
    let person = principal::person(cx, &call.resolved, &sent).await?;
    if !person.scopes.hold(&["openid".to_owned()]) {
        return Err(Refusal::ScopeMissing(vec!["openid".into()]).into());
    }
    Ok(match userinfo::of(cx, &person).await? {
        UserInfo::Plain(claims) => Response::json(200, &claims),
        UserInfo::Signed(token) => Response::jwt(token),
    })
}
