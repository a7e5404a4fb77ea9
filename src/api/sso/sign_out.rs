//! `GET /tenant/{tenant}/sso/{id}/sign-out`: where a program sends a browser whose session it has ended.

use crate::api::pages::{self, sso};
use crate::cx::Cx;
use crate::domain::saml::sign_out;
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn sign_out(cx: &Cx, call: &Call<'_>) -> Answer {
    let tenant = &call.resolved.tenant;
    let ticket = call.query("ticket").unwrap_or_default();
    match sign_out::redeem(cx, tenant, call.param("id"), &ticket).await? {
        Some(begun) => sso::leave_for_provider(call.request, &begun),
        None => pages::signed_out(call.request, Some(&tenant.id)),
    }
}
