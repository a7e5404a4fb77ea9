//! Where a page stands: its tenant, its language, and what comes after it.

use std::rc::Rc;

use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::api::pages::form::set_cookie;
use crate::api::pages::form::{Fields, Mark, follows_a_form};
use crate::api::pages::messages::{self, Messages, fill};
use crate::api::pages::waiting::{self, Asked};
use crate::api::pages::words::Problem;
use crate::cx::Cx;
use crate::domain::oauth::authorize::form_action;
use crate::domain::refusal::{Error, Refusal};
use crate::domain::session::channel::Channel;
use crate::domain::session::sessions::{self, SessionSecret};
use crate::domain::sign_in::challenges::{self, PendingChallenge};
use crate::domain::sign_in::signed_in::SignedIn;
use crate::domain::sign_in::{Step, trusted_devices};
use crate::domain::templates;
use crate::domain::tenants::Tenant;
use crate::http::guard::Answer;
use crate::http::request::Call;
use crate::http::response::Response;
use crate::model::path::Path;
use crate::ports::Fault;

const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A page's place. What is to come after it goes with the person from page to page, in links and hidden
/// fields, and through the mail.
pub(super) struct Place {
    /// The language.
    pub(crate) m: &'static Messages,
    pub(crate) tenant: Rc<Tenant>,
    /// The path to go to when signed in.
    pub(crate) return_to: Option<String>,
    /// The client's authorization request that is waiting.
    pub(crate) asked: Option<Asked>,
    /// The path of the account page.
    account: String,
    /// Whether a form of a page of ours was sent, not one in a tenant's own HTML.
    own_form: bool,
    /// The languages that the address asks for.
    ui_locales: Option<String>,
    /// What its forms are known again by.
    mark: Option<Mark>,
}

impl Place {
    /// From a page's address, or the hidden fields of its form.
    ///
    /// # Errors
    /// [`Refusal::LinkDead`] for a `request` that does not wait any more.
    pub(super) async fn of(cx: &Cx, call: &Call<'_>, fields: Option<&Fields>) -> Result<Place, Error> {
        let said = |name: &str| {
            let field = fields.and_then(|fields| fields.get(name)).map(str::to_owned);
            field.or_else(|| call.query(name)).filter(|value| !value.is_empty())
        };
        Place::in_tenant(cx, call, call.resolved.tenant.clone(), &said).await
    }

    /// The same of a mailed link, which is good also when what it carried on has expired.
    ///
    /// # Errors
    /// Only those of the database.
    pub(super) async fn of_link(cx: &Cx, call: &Call<'_>, fields: Option<&Fields>) -> Result<Place, Error> {
        match Place::of(cx, call, fields).await {
            Err(Error::Refused(Refusal::LinkDead)) => {
                let field = |name: &str| fields.and_then(|fields| fields.get(name)).map(str::to_owned);
                let but_the_request =
                    |name: &str| field(name).or_else(|| call.query(name)).filter(|_| name != "request");
                Place::in_tenant(cx, call, call.resolved.tenant.clone(), &but_the_request).await
            }
            other => other,
        }
    }

    /// The same for a page whose tenant its address does not say.
    ///
    /// # Errors
    /// As [`Place::of`].
    pub(super) async fn in_tenant(
        cx: &Cx,
        call: &Call<'_>,
        tenant: Rc<Tenant>,
        said: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Place, Error> {
        let asked = match said("request") {
            Some(id) => Some(waiting::find(cx, &tenant, &id).await?.ok_or(Refusal::LinkDead)?),
            None => None,
        };
        let ui_locales = said("ui_locales").filter(|locales| locales.len() <= 100);
        let theirs = asked.iter().flat_map(|asked| &asked.ui_locales).map(String::as_str);
        let locales = ui_locales.iter().flat_map(|locales| locales.split(' ')).chain(theirs);
        let m = messages::choose(locales, call.request.headers.get("accept-language"));
        let return_to = said("return_to").filter(|to| is_local(to));
        let account = format!("/tenant/{}/account", tenant.id);
        let own_form = said("own").is_some();
        let mark = Mark::of(cx, call.request);
        Ok(Place { m, tenant, return_to, asked, account, own_form, ui_locales, mark })
    }

    /// Where a person goes who is signed in: on with what was begun, else to the tenant's home page or their
    /// account.
    pub(super) fn onward(&self) -> &str {
        match (&self.asked, &self.return_to) {
            (Some(asked), _) => &asked.resume,
            (None, Some(to)) => to,
            (None, None) => self.tenant.settings.home_url.as_deref().unwrap_or(&self.account),
        }
    }

    /// The answer to the form by which a person signed in. Our own forms may be redirected anywhere, and a client's
    /// request ends at a page that leads to the client; from a tenant's own page, a page leads on.
    pub(super) fn go_on(&self, call: &Call<'_>) -> Response {
        let by_page = match &self.asked {
            Some(_) => call.request.headers.get("sec-fetch-site").is_none(),
            None => !self.own_form,
        };
        match by_page && follows_a_form(call.request) {
            true => Response::see_other(&self.link("continue")),
            false => Response::see_other(self.onward()),
        }
    }

    /// What comes after, as a query without its `?`.
    pub(super) fn query(&self) -> String {
        self.pairs(self.return_to.as_deref())
    }

    fn pairs(&self, return_to: Option<&str>) -> String {
        let pairs = [
            ("request", self.asked.as_ref().map(|asked| asked.id.as_str())),
            ("return_to", return_to),
            ("ui_locales", self.ui_locales.as_deref()),
        ];
        let pair = |(name, value): (&str, Option<&str>)| {
            Some(format!("{name}={}", utf8_percent_encode(value?, QUERY_VALUE)))
        };
        pairs.into_iter().filter_map(pair).collect::<Vec<_>>().join("&")
    }

    /// The same for a link in a mail, which is without a place to go back to that is too long for it.
    pub(super) fn mailed_query(&self) -> String {
        let query = self.query();
        if query.len() <= LONGEST_MAILED {
            return query;
        }
        self.pairs(None)
    }

    /// The path of another page of the tenant, with what comes after.
    pub(super) fn link(&self, page: &str) -> String {
        let (path, query) = (self.path(page), self.query());
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    /// The same with one more pair in its query.
    pub(super) fn link_with(&self, page: &str, pair: &str) -> String {
        let link = self.link(page);
        let between = if link.contains('?') { '&' } else { '?' };
        format!("{link}{between}{pair}")
    }

    /// The path that a page's form is sent to: what comes after is in its hidden fields.
    pub(super) fn action(&self, page: &str) -> String {
        let path = self.path(page);
        match &self.ui_locales {
            Some(locales) => format!("{path}?ui_locales={}", utf8_percent_encode(locales, QUERY_VALUE)),
            None => path,
        }
    }

    /// The path that the form behind a mailed link is sent to.
    pub(super) fn link_action(&self, link: &str) -> String {
        let query = self.query();
        if query.is_empty() { format!("/auth/{link}") } else { format!("/auth/{link}?{query}") }
    }

    /// Which client a person signs in for.
    pub(super) fn lead(&self) -> Option<String> {
        self.asked.as_ref().map(|asked| fill(self.m.sign_in_to, "client", &asked.client))
    }

    /// What a new password must be like.
    pub(super) fn password_rule(&self) -> String {
        fill(self.m.password_rule, "n", self.tenant.settings.min_password_length)
    }

    /// The attributes of a field that has a hint, if it has one, and a problem, if that is about it.
    pub(super) fn field(&self, problem: &Option<Problem>, name: &str, hint: &str) -> String {
        let wrong = problem.as_ref().is_some_and(|problem| problem.field == name);
        match (hint, wrong) {
            ("", false) => String::new(),
            ("", true) => " aria-describedby=\"problem\" aria-invalid=\"true\" autofocus".to_owned(),
            (hint, false) => format!(" aria-describedby=\"{hint}\""),
            (hint, true) => format!(" aria-describedby=\"{hint} problem\" aria-invalid=\"true\" autofocus"),
        }
    }

    fn path(&self, page: &str) -> String {
        format!("/tenant/{}/{page}", self.tenant.id)
    }

    /// A page of ours, where our own scripts may run. Browsers hold the redirects after a form to `form-action`, so it
    /// names the client's origin where one waits (CSP 3 §6.3.1).
    pub(super) fn page(&self, status: u16, template: &impl Template) -> Result<Response, Fault> {
        let html = template.render().map_err(|error| Fault::new("page", error))?;
        Ok(self.html(status, html).with_own_scripts())
    }

    /// The same for a page of ours that signs a person in. What they come back to may redirect them anywhere, which
    /// browsers hold to the policy of the form as well; nothing stands on the page but what is escaped.
    pub(super) fn sign_in_page(&self, status: u16, template: &impl Template) -> Result<Response, Fault> {
        let page = self.page(status, template)?;
        Ok(if self.asked.is_none() { page.with_forms_anywhere() } else { page })
    }

    /// A page that is rendered already, without scripts.
    pub(super) fn html(&self, status: u16, html: String) -> Response {
        let page = match (&self.asked, &self.tenant.settings.home_url) {
            (Some(asked), _) => Response::html_with_forms_to(status, html, &asked.form_action),
            (None, Some(home)) => Response::html_with_forms_to(status, html, &form_action(home)),
            (None, None) => Response::html(status, html),
        };
        match &self.mark {
            Some(mark) => mark.put(page),
            None => page,
        }
    }

    /// The page in the tenant's own HTML, if they have one; `more` are the values that it has besides those
    /// of every page.
    pub(super) async fn custom(
        &self,
        cx: &Cx,
        name: &'static str,
        status: u16,
        more: &[(&str, &str)],
    ) -> Result<Option<Response>, Fault> {
        let spoken = |lang: &str| if self.m.lang == lang { "1" } else { "" };
        let login_url = self.link("login");
        let mut values = vec![
            ("tenant_name", self.tenant.name.as_str()),
            ("lang", self.m.lang),
            ("lang_en", spoken("en")),
            ("lang_de", spoken("de")),
            ("return_to", self.return_to.as_deref().unwrap_or_default()),
            ("request", self.asked.as_ref().map_or("", |asked| asked.id.as_str())),
            ("client_name", self.asked.as_ref().map_or("", |asked| asked.client.as_str())),
            ("login_url", &login_url),
        ];
        values.extend(more);
        let html = templates::render(cx, &self.tenant, name, &values).await?;
        Ok(html.map(|html| self.html(status, html).with_inline_styles()))
    }

    /// On to what comes after, or to the second factor.
    pub(super) fn step(&self, call: &Call<'_>, step: Step) -> Answer {
        match step {
            Step::SignedIn(signed_in) => Ok(self.signed_in(&signed_in, self.go_on(call))),
            Step::Second(waiting) => Ok(self.second(&waiting)),
        }
    }

    /// To the sign-in page, where a signed-in user confirms that it is them.
    pub(super) fn confirm(&self) -> Response {
        Response::see_other(&self.link_with("login", "confirm=1"))
    }

    /// On to the second factor, with the challenge in a cookie.
    pub(super) fn second(&self, waiting: &PendingChallenge) -> Response {
        let cookie = set_cookie(challenges::COOKIE, &waiting.secret, challenges::SECONDS);
        Response::see_other(&self.link("mfa")).with("set-cookie", cookie)
    }

    /// An answer to a signed-in user from now on.
    pub(super) fn signed_in(&self, signed_in: &SignedIn, mut answer: Response) -> Response {
        let settings = signed_in.tenant.settings_for(&signed_in.user);
        if let SessionSecret::Cookie(cookie) = &signed_in.session_secret {
            let cookie = set_cookie(sessions::COOKIE, cookie, settings.session_absolute_seconds);
            answer = answer.with("set-cookie", cookie);
        }
        if let Some(device) = &signed_in.device {
            let seconds = settings.trusted_device_days.saturating_mul(86_400);
            answer = answer.with("set-cookie", set_cookie(trusted_devices::COOKIE, device, seconds));
        }
        answer
    }
}

/// The browser that sent a form.
pub(super) fn browser<'a>(call: &'a Call<'_>) -> Channel<'a> {
    let cookie = |name| call.request.headers.cookie(name);
    Channel::Browser { device: cookie(trusted_devices::COOKIE), session: cookie(sessions::COOKIE) }
}

/// Text as the value of a pair in a query.
pub(super) fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, QUERY_VALUE)
}

/// The longest place to go back to: as long an address as the platform takes.
const LONGEST: usize = 16 * 1024;

/// The longest query that a mailed link carries.
const LONGEST_MAILED: usize = 2_048;

/// Whether a place to go back to is a path of this origin and nothing that a browser reads as another. What the path
/// may be is what the gateway would take; behind it, a query and a fragment lead nowhere else, whatever they say.
pub(super) fn is_local(to: &str) -> bool {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    to.len() <= LONGEST && to.bytes().all(|b| b.is_ascii_graphic()) && Path::parse(path).is_some()
}
