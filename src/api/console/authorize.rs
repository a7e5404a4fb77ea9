//! `GET /tenant/{tenant}/console-session/authorize`: a code for the console, by way of the browser.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::cx::Cx;
use crate::domain::oauth::console::{self, Asked, Way};
use crate::domain::refusal::{Refusal, invalid};
use crate::domain::session::sessions::COOKIE;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

pub(super) async fn authorize(cx: &Cx, call: &Call<'_>) -> Answer {
    let request = call.request;
    // What a script fetches, frames or loads as anything else is not a person who goes to the console.
    let whole_page = request.headers.get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    if !(whole_page && request.headers.is_navigation()) {
        return Err(Refusal::Forbidden.into());
    }
    let max_age = match call.query("max_age").filter(|text| !text.is_empty()) {
        Some(text) => Some(text.parse().map_err(|_| invalid("max_age", "a number of seconds"))?),
        None => None,
    };
    let (state, challenge) = (call.query("state"), call.query("challenge"));
    let asked = Asked {
        state: state.as_deref().unwrap_or_default(),
        challenge: challenge.as_deref().unwrap_or_default(),
        max_age,
        second_factor: call.query("second_factor").is_some_and(|text| text == "1"),
    };
    let tenant = &call.resolved.tenant;
    let page = |page: &str, more: &str| {
        let back = format!("{}{}", request.path, request.query);
        let back = utf8_percent_encode(&back, NON_ALPHANUMERIC);
        Response::see_other(&format!("/tenant/{}/{page}?return_to={back}{more}", tenant.id))
    };
    let way = console::authorize(cx, tenant, &request.host, request.headers.cookie(COOKIE), &asked).await?;
    Ok(match way {
        Way::SignIn => page("login", ""),
        Way::Confirm => page("login", "&confirm=1"),
        Way::SecondFactor => page("mfa", ""),
        Way::Back(to) => Response::see_other(&to),
    })
}
