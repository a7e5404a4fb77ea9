//! The console's page: one document, in which the script shows the screen that the address names.

use askama::Template;

use crate::api::pages::messages::{self, Messages, fill};
use crate::cx::Cx;
use crate::domain::oauth::console::{self, ConsolePlace};
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::{CONSOLE_CSP, Response};
use crate::ports::Fault;

#[derive(Template)]
#[template(path = "console.html")]
struct Shell<'a> {
    m: &'static Messages,
    tenant: &'a str,
    name: &'a str,
    /// Where people sign in.
    origin: &'a str,
    /// Where tokens of this tenant come from, and its keys are.
    issuer: &'a str,
    /// Whether the console has a host of its own.
    own_host: bool,
}

#[derive(Template)]
#[template(path = "console_nowhere.html")]
struct Nowhere<'a> {
    m: &'static Messages,
    text: &'a str,
}

/// To the console of the tenant whose host it is.
pub(super) async fn choose_tenant(cx: &Cx, call: &Call<'_>) -> Answer {
    let path = format!("/tenant/{}/console", call.resolved.tenant.id);
    Ok(match console::place(cx, &call.request.host).await? {
        ConsolePlace::At(origin) => Response::see_other(&format!("{origin}{path}")),
        ConsolePlace::Here | ConsolePlace::Nowhere => Response::see_other(&path),
    })
}

/// The page, if the console is at this host.
pub(super) async fn show(cx: &Cx, call: &Call<'_>) -> Answer {
    let m = messages::of(call.request);
    let broken = |error| Fault::new("page", error);
    match console::place(cx, &call.request.host).await? {
        ConsolePlace::At(origin) => {
            let to = format!("{origin}{}{}", call.request.path, call.request.query);
            Ok(Response::see_other(&to))
        }
        ConsolePlace::Nowhere => {
            let text = fill(m.console_nowhere, "host", &call.request.host);
            let nowhere = Nowhere { m, text: &text };
            Ok(Response::html(409, nowhere.render().map_err(broken)?).with_own_scripts())
        }
        ConsolePlace::Here => {
            let tenant = &call.resolved.tenant;
            let shell = Shell {
                m,
                tenant: &tenant.id,
                name: &tenant.name,
                origin: &cx.config.origin,
                issuer: &tenant.issuer,
                own_host: cx.config.console_host.is_some(),
            };
            Ok(Response::html_under(200, shell.render().map_err(broken)?, CONSOLE_CSP))
        }
    }
}
