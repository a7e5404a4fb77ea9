//! `v2/SignIns`: how many sign-ins there were on each day, the newest first.

use serde::Serialize;

use crate::api::tenant::list::whole;
use crate::cx::Cx;
use crate::domain::people::usage;
use crate::domain::refusal::invalid;
use crate::domain::session::principal::Admin;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::time::Time;
use crate::store::sign_in_days::SignInDay as Row;

/// How many days are shown where nothing is said, and at most.
const USUAL: i64 = 30;
const MOST: i64 = 400;

/// The sign-ins of a day.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SignInDay {
    /// As `2026-05-31` (UTC).
    #[cfg_attr(not(target_arch = "wasm32"), schema(format = Date))]
    day: String,
    /// Passwords, codes, links, passkeys, second factors and answers of identity providers that were refused.
    #[cfg_attr(not(target_arch = "wasm32"), schema(minimum = 0))]
    failed: i64,
    #[cfg_attr(not(target_arch = "wasm32"), schema(minimum = 0))]
    succeeded: i64,
}

impl From<Row> for SignInDay {
    fn from(row: Row) -> SignInDay {
        let day = Time(row.day.saturating_mul(86_400_000)).rfc3339().chars().take(10).collect();
        SignInDay { day, failed: row.failed, succeeded: row.succeeded }
    }
}

pub(super) async fn list(cx: &Cx, call: &Call<'_>, admin: Admin) -> Answer {
    let days = match call.query("days") {
        None => USUAL,
        Some(text) => match text.parse() {
            Ok(days) if (1..=MOST).contains(&days) => days,
            _ => return Err(invalid("days", format!("1 to {MOST}"))),
        },
    };
    let found = usage::sign_ins(cx, &admin.tenant, days).await?;
    Ok(Response::json(200, &whole(found, SignInDay::from)))
}
