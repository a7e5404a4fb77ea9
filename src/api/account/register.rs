//! `POST /auth/register`: `{email, password, full_name}`.

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::sign_in::register::{self, Outcome, Registration};
use crate::http::body::{self, SMALL};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;

#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Body {
    email: String,
    password: String,
    #[serde(default)]
    full_name: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Registered {
    email: String,
    message: &'static str,
}

pub(super) async fn register(cx: &Cx, call: &Call<'_>) -> Answer {
    let body: Body = body::json(call, SMALL).await?;
    let name = body.full_name.as_deref();
    let new = Registration { email: &body.email, password: &body.password, name, onward: "" };
    let (email, message) = match register::register(cx, &call.resolved, new).await? {
        Outcome::CheckMail(email) => {
            (email, "Registration received. Please check your email to verify your address.")
        }
        Outcome::Ready(email) => (email, "Registration successful."),
    };
    Ok(Response::json(201, &Registered { email: email.shown().to_owned(), message }))
}
