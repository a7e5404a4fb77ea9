//! `/tenant/{tenant}/sso/{id}/link`: links an identity that is not known to be the account's to it, once its owner has
//! proved a local factor.

use crate::api::pages::sso;
use crate::api::sso::{or_refused, usable};
use crate::cx::Cx;
use crate::http::guard::Answer;
use crate::http::request::Call;

pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let answer = match usable(cx, call).await {
        Ok(usable) => sso::show_link(cx, call, &usable).await,
        Err(error) => Err(error),
    };
    or_refused(cx, call, None, answer).await
}

pub(super) async fn submit(cx: &Cx, call: &Call<'_>) -> Answer {
    let answer = match usable(cx, call).await {
        Ok(usable) => sso::submit_link(cx, call, &usable).await,
        Err(error) => Err(error),
    };
    or_refused(cx, call, None, answer).await
}
