//! How an administrator's browser opens the console: by a code with PKCE (RFC 6749 §4.1, RFC 7636), for a first-party client
//! that is built in. It has no row that anybody could change, one redirect URI, which follows from the deployment's settings,
//! and no parameter that could lead a code elsewhere. What it gets is a token of the person's own session, as a sign-in by
//! the API does, because it does nothing but what its person could do.
//!
//! A script of an application must get neither code nor token, so the console is at no host where one may run, and
//! a code is given to a browser's own navigation alone.

use crate::crypto::secret::{can_be_secret, same, stored};
use crate::cx::Cx;
use crate::domain::audit::Entry;
use crate::domain::change::Change;
use crate::domain::oauth::reauthentication::person;
use crate::domain::refusal::{Error, Refusal, invalid};
use crate::domain::session::sessions::{self, TokenSession};
use crate::domain::session::standing::is_sufficient;
use crate::domain::tenants::{self, HOME, Tenant, is_console_host, is_host_of_origin};
use crate::domain::throttle::lookups;
use crate::model::factor::has_two;
use crate::model::host::canonical;
use crate::model::id::is_id;
use crate::model::role::ADMIN;
use crate::model::time::Time;
use crate::oidc::pkce;
use crate::ports::Fault;
use crate::store::console_sessions;
use crate::store::sessions::Live;

/// How long a code is good for, in seconds.
const CODE_SECONDS: i64 = 60;

/// How long a console that is not used can be renewed, in seconds; never longer than its session.
const IDLE_SECONDS: i64 = 12 * 3_600;

/// The least time that a fresh sign-in counts for, so that it does so when the browser comes back.
const LEAST_AGE: i64 = 60;

/// Where the console is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConsolePlace {
    /// At the host that was asked.
    Here,
    /// At this origin.
    At(String),
    /// Nowhere: it has no host of its own, and applications have the deployment's.
    Nowhere,
}

/// Where the console is, for a request to this host. Without a host of its own it is at the deployment's origin, while no
/// route can answer there.
pub(crate) async fn place(cx: &Cx, host: &str) -> Result<ConsolePlace, Fault> {
    let host = canonical(host);
    if let Some(origin) = cx.config.console_origin() {
        let here = is_console_host(cx, &host);
        return Ok(if here { ConsolePlace::Here } else { ConsolePlace::At(origin) });
    }
    if !is_host_of_origin(cx, &host) {
        return Ok(ConsolePlace::At(cx.config.origin.clone()));
    }
    // A browser that navigates to the deployment's own host names no tenant, so its pages are the home tenant's.
    let home = tenants::tenancy_of(cx, HOME).await?;
    let shared = match home {
        Some(home) => home.routes.clone()?.has_any_at(&host),
        None => false,
    };
    Ok(if shared { ConsolePlace::Nowhere } else { ConsolePlace::Here })
}

/// What a console asks for that is not open yet.
pub(crate) struct Asked<'a> {
    /// What it knows its request again by.
    pub(crate) state: &'a str,
    /// PKCE's challenge.
    pub(crate) challenge: &'a str,
    /// How many seconds ago the person may have proved who they are, at most.
    pub(crate) max_age: Option<i64>,
    /// Whether the session must have proved a second factor.
    pub(crate) second_factor: bool,
}

/// What the browser is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    SignIn,
    /// Sign in again, who is signed in.
    Confirm,
    SecondFactor,
    /// Back to the console, at this address.
    Back(String),
}

/// Gives a code to the browser of an administrator, which navigated here: the host must be the deployment's own, whose
/// session it has.
///
/// # Errors
/// [`Refusal::NotFound`] at another host; [`Refusal::Invalid`]; [`Refusal::Forbidden`] for one who is no administrator, and
/// where the console is nowhere.
pub(crate) async fn authorize(
    cx: &Cx,
    tenant: &Tenant,
    host: &str,
    cookie: Option<&str>,
    asked: &Asked<'_>,
) -> Result<Way, Error> {
    if !is_host_of_origin(cx, &canonical(host)) {
        return Err(Refusal::NotFound.into());
    }
    let origin = match place(cx, host).await? {
        ConsolePlace::Here => cx.config.origin.clone(),
        ConsolePlace::At(origin) => origin,
        ConsolePlace::Nowhere => return Err(Refusal::Forbidden.into()),
    };
    if !pkce::is_challenge(asked.challenge) {
        return Err(invalid("challenge", "base64url of a SHA-256 (RFC 7636)"));
    }
    if !(16..=128).contains(&asked.state.len()) || !is_id(asked.state) {
        return Err(invalid("state", "16 to 128 letters, digits or hyphens"));
    }
    let stands = |live: &Live| is_sufficient(tenant, &live.user, &live.amr);
    let Some(live) = person(cx, tenant, cookie).await?.filter(stands) else { return Ok(Way::SignIn) };
    if !is_admin(&live) {
        return Err(Refusal::Forbidden.into());
    }
    let is_old = |seconds: i64| cx.now >= live.proved_at.plus(seconds.max(LEAST_AGE));
    if asked.max_age.is_some_and(is_old) {
        return Ok(Way::Confirm);
    }
    if asked.second_factor && !has_two(&live.amr) {
        return Ok(Way::SecondFactor);
    }
    let (id, secret) = (cx.id(), cx.secret());
    let entry = Entry::ok("console.code_issued").by(&live.user.id).on(&live.id);
    let until = cx.now.plus(CODE_SECONDS);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.then(console_sessions::insert(&id, &live.id, &stored(&secret), asked.challenge, until));
    change.commit().await?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &format!("{id}.{secret}"))
        .append_pair("state", asked.state)
        .finish();
    Ok(Way::Back(format!("{origin}/tenant/{}/console/callback?{query}", tenant.id)))
}

fn is_admin(live: &Live) -> bool {
    live.user.roles.iter().any(|role| role == ADMIN)
}

/// What a console presents for a token.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presented<'a> {
    /// The code that it was given, with PKCE's verifier.
    Code { code: &'a str, verifier: &'a str },
    /// What came with the token before.
    Renewal(&'a str),
}

/// A token of the person's own session, and what the next one is renewed by.
pub(crate) struct Opened {
    pub(crate) access: String,
    pub(crate) expires_in: i64,
    pub(crate) renewal: String,
}

/// Opens a console with its code, or keeps it open. Each code and renewal works once; one that comes again ends what it
/// had become.
///
/// # Errors
/// [`Refusal::NotFound`] at a host where the console is not; [`Refusal::BadCredential`], which does not say what is wrong.
pub(crate) async fn open(
    cx: &Cx,
    tenant: &Tenant,
    host: &str,
    presented: Presented<'_>,
) -> Result<Opened, Error> {
    if place(cx, host).await? != ConsolePlace::Here {
        return Err(Refusal::NotFound.into());
    }
    let bad = || Error::from(Refusal::BadCredential);
    let (Presented::Code { code: text, .. } | Presented::Renewal(text)) = presented;
    let known = text.split_once('.').filter(|(id, secret)| is_id(id) && can_be_secret(secret));
    let (id, secret) = known.ok_or_else(bad)?;
    let Some(found) = console_sessions::find(cx.db.as_ref(), id, cx.now).await? else {
        lookups::note_unknown(cx);
        return Err(bad());
    };
    let hash = stored(secret);
    let Some(live) = found.live.filter(|live| live.user.tenant_id == tenant.id) else { return Err(bad()) };
    if !same(found.hash.as_bytes(), hash.as_bytes()) {
        return Err(end_replayed(cx, tenant, &live, id).await?);
    }
    let proved = match (presented, &found.challenge) {
        (Presented::Code { verifier, .. }, Some(challenge)) => pkce::verifies(challenge, verifier),
        (Presented::Renewal(_), None) => true,
        _ => false,
    };
    let stands = is_sufficient(tenant, &live.user, &live.amr) && is_admin(&live);
    if !proved || !stands || cx.now >= found.expires_at {
        return Err(end_replayed(cx, tenant, &live, id).await?);
    }
    let next = cx.secret();
    let until: Time = cx.now.plus(IDLE_SECONDS).min(live.expires_at);
    let event = if found.challenge.is_some() { "console.opened" } else { "console.renewed" };
    let mut change = Change::new(cx, &tenant.id, Entry::ok(event).by(&live.user.id).on(&live.id));
    change.take(console_sessions::renew(id, &hash, &stored(&next), cx.now, until));
    if change.commit().await?.is_none() {
        return Err(bad());
    }
    let session =
        TokenSession { id: &live.id, amr: &live.amr, auth_time: live.auth_time, ends_at: live.ends_at() };
    let (access, expires_in) =
        sessions::access_token(cx, tenant, &live.user, &live.granted, &session).await?;
    Ok(Opened { access, expires_in, renewal: format!("{id}.{next}") })
}

/// Ends what a code or renewal had become that comes again, or wrong.
async fn end_replayed(cx: &Cx, tenant: &Tenant, live: &Live, id: &str) -> Result<Error, Error> {
    let entry = Entry::failed("console.refused").by(&live.user.id).on(&live.id);
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(console_sessions::end(id));
    change.commit().await?;
    Ok(Refusal::BadCredential.into())
}
