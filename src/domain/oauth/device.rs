//! The device authorization grant (RFC 8628): a device shows a code, its person types it in a browser and
//! agrees, and the device gets tokens for what it asked.

use std::rc::Rc;

use crate::crypto::seal::Sealer;
use crate::crypto::secret::{base64url, stored};
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::change::Change;
use crate::domain::clients::offers;
use crate::domain::oauth::beginning::{Beginning, Given};
use crate::domain::oauth::grants::Issued;
use crate::domain::oauth::narrowing::still_registered;
use crate::domain::refusal::{Error, Refusal, oauth};
use crate::domain::session::principal::Session;
use crate::domain::session::standing::is_sufficient;
use crate::domain::tenants::Tenant;
use crate::domain::{clients, throttle};
use crate::model::client::DEVICE_CODE;
use crate::model::state::DeviceStatus;
use crate::oidc::error::Code;
use crate::oidc::{request, user_code};
use crate::ports::Fault;
use crate::store::clients::Client;
use crate::store::device_codes::{self, NewDevice, Polled};
use crate::store::exchanges::DEVICES;

/// How long a device waits for its person, in seconds.
pub(crate) const SECONDS: i64 = 600;

/// Seconds between its polls.
pub(crate) const INTERVAL: i64 = 5;

/// How much longer it waits when it did not (§3.5).
const SLOWER: i64 = 5;

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What it polls with.
    pub(crate) device_code: String,
    /// What its person types, as it is shown.
    pub(crate) user_code: String,
    /// Where.
    pub(crate) verification_uri: String,
}

/// A device asks (§3.1).
///
/// # Errors
/// `unauthorized_client` for a client without the grant; `invalid_scope`, `invalid_target`.
pub(crate) async fn ask(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    scope: Option<&str>,
    resources: &[String],
) -> Result<Asked, Error> {
    if !client.metadata.grants(DEVICE_CODE) {
        return Err(oauth(Code::UnauthorizedClient, "the client is not registered for this grant type"));
    }
    let wrong = |(code, text)| oauth(code, text);
    let scopes = request::scopes(scope, &client.metadata.scope).map_err(wrong)?;
    let resources = resources.iter().map(String::as_str);
    let resources = request::resources(resources, &client.metadata, &tenant.issuer).map_err(wrong)?;
    let scopes = offers::fitting(client, scopes, &resources);
    if scopes.is_empty() {
        return Err(oauth(Code::InvalidScope, "none of the scopes is for that resource"));
    }
    let device_code = cx.secret();
    // A code that another device has just now is drawn again.
    for _ in 0..4 {
        let Some(code) = user_code::from_random(&cx.random::<32>()) else { continue };
        let row = NewDevice {
            hash: &stored(&device_code),
            user_code_hash: &base64url(&sealer(cx, tenant)?.mac(code.as_bytes())),
            tenant_id: &tenant.id,
            client_id: &client.id,
            scope: &scopes.join(" "),
            resources: &tenant.audiences_to_store(&resources),
            interval_seconds: INTERVAL,
            created_at: cx.now,
            expires_at: cx.now.plus(SECONDS),
        };
        let entry = Entry::ok("device.asked").by(&client.id).on(&client.id).saying(scopes.join(" "));
        let mut change = Change::new(cx, &tenant.id, entry);
        change.take(device_codes::insert(&row));
        if change.commit().await?.is_some() {
            let verification_uri = tenant.page_url("device");
            return Ok(Asked { device_code, user_code: user_code::format(&code), verification_uri });
        }
    }
    Err(Fault::new("device", "no user code is free").into())
}

/// What is stored of user codes is made with it: they are short enough to be guessed from a plain hash, so a key of ours is
/// in it.
fn sealer(cx: &Cx, tenant: &Tenant) -> Result<Sealer, Fault> {
    cx.sealer(&tenant.id, "user-codes")
}

/// A device that waits for its person.
pub(crate) struct Pending {
    pub(crate) client: Rc<Client>,
    /// What it asks for.
    pub(crate) scopes: Vec<String>,
    /// What else than the issuer its tokens are for.
    pub(crate) resources: Vec<String>,
    /// Its user code, as it is shown.
    pub(crate) user_code: String,
    hash: String,
}

/// The device whose code a person typed, who is signed in. Guesses are counted by address and by person; what
/// is right does not count (§5.1).
///
/// # Errors
/// [`Refusal::NotFound`] for a code that is wrong, over or decided; [`Refusal::Limited`].
pub(crate) async fn find(cx: &Cx, tenant: &Tenant, person: &Session, typed: &str) -> Result<Pending, Error> {
    let guess = throttle::user_code(cx, &tenant.id, &person.user.id).await?;
    let found = match user_code::parse(typed) {
        Some(code) => pending(cx, tenant, &code).await?,
        None => None,
    };
    let Some(found) = found else {
        audit::write(cx, &tenant.id, Entry::failed("device.unknown").by(&person.user.id)).await?;
        return Err(Refusal::NotFound.into());
    };
    guess.forgive(cx);
    Ok(found)
}

async fn pending(cx: &Cx, tenant: &Tenant, code: &str) -> Result<Option<Pending>, Fault> {
    let hashes: Vec<String> =
        sealer(cx, tenant)?.macs(code.as_bytes()).iter().map(|mac| base64url(mac)).collect();
    let row = device_codes::pending(cx.db.as_ref(), &tenant.id, &hashes, cx.now).await?;
    let Some(row) = row else { return Ok(None) };
    let Some(client) = clients::by_id(cx, tenant, &row.client_id).await? else { return Ok(None) };
    let scopes = row.scope.split(' ').map(str::to_owned).collect();
    let mut resources = tenant.audiences_from_store(row.resources);
    resources.retain(|resource| *resource != tenant.issuer);
    Ok(Some(Pending {
        client,
        scopes,
        resources,
        user_code: user_code::format(code),
        hash: row.user_code_hash,
    }))
}

/// The person lets the device have what it asks for, or not (§3.3). What is decided stays so.
///
/// # Errors
/// As [`find`].
pub(crate) async fn decide(
    cx: &Cx,
    tenant: &Tenant,
    person: &Session,
    typed: &str,
    allow: bool,
) -> Result<Pending, Error> {
    let found = find(cx, tenant, person, typed).await?;
    let (status, entry) = match allow {
        true => (DeviceStatus::Approved, Entry::ok("device.approved")),
        false => (DeviceStatus::Denied, Entry::failed("device.denied")),
    };
    let entry = entry.by(&person.user.id).on(&found.client.id).saying(found.scopes.join(" "));
    let mut change = Change::new(cx, &tenant.id, entry);
    change.take(device_codes::decide(&found.hash, &tenant.id, status, person.id(), cx.now));
    if change.commit().await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(found)
}

/// A device polls (§3.4): tokens once its person agreed, else why not yet (§3.5). `resources` may narrow what the
/// access token is for (RFC 8707 §2.2).
///
/// # Errors
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`; `invalid_grant` for a code that is
/// unknown, another client's, or was paid out; `invalid_target`.
pub(crate) async fn poll(
    cx: &Cx,
    tenant: &Tenant,
    client: &Client,
    device_code: &str,
    resources: &[String],
    jkt: Option<&str>,
) -> Result<Issued, Error> {
    let bad = || oauth(Code::InvalidGrant, "the device code is unknown, used, or not this client's");
    let hash = stored(device_code);
    let beginning = Beginning::new(cx, tenant, client, jkt, "device.exchanged");
    let (has_begun, found) = begin_or_find(&beginning, &hash, resources).await?;
    let found = found.filter(|found| has_begun || found.used_at.is_none()).ok_or_else(bad)?;
    if found.expires_at <= cx.now {
        return Err(oauth(Code::ExpiredToken, "the device code is over: begin anew"));
    }
    match found.status {
        DeviceStatus::Approved => {}
        DeviceStatus::Denied => return Err(oauth(Code::AccessDenied, "the user did not agree")),
        DeviceStatus::Pending
            if found.polled_at.is_some_and(|at| cx.now < at.plus(found.interval_seconds)) =>
        {
            return Err(oauth(Code::SlowDown, "the device polls too often: wait 5 seconds longer each time"));
        }
        DeviceStatus::Pending => {
            return Err(oauth(Code::AuthorizationPending, "the user has not decided yet"));
        }
    }
    // Who signed out since, or was disabled, gives nothing any more.
    let live = found.live.filter(|live| is_sufficient(tenant, &live.user, &live.amr)).ok_or_else(bad)?;
    let scopes = found.scope.split(' ').map(str::to_owned).collect();
    let held = still_registered(tenant, client, scopes, found.resources)?;
    let for_this_token = held.narrow(tenant, client, None, resources)?;
    let given = Given { live: &live, held, for_this_token, nonce: None, claims: None };
    if has_begun || beginning.begin(&given, device_codes::take(&hash, cx.now)).await? {
        return beginning.issue(given).await;
    }
    Err(bad())
}

/// Takes a device that was approved and begins its grant, if the database can tell that it may; and the device as it stands.
async fn begin_or_find(
    beginning: &Beginning<'_>,
    hash: &str,
    resources: &[String],
) -> Result<(bool, Option<Polled>), Fault> {
    let Beginning { cx, tenant, client, .. } = beginning;
    let poll = device_codes::poll(&tenant.id, &client.id, hash, SLOWER, cx.now);
    let take = device_codes::take(hash, cx.now);
    let take = device_codes::take_if(take, &tenant.id, &client.id, &beginning.conditions(resources), cx.now);
    let mut change = beginning.begin_at_once(DEVICES, hash, take)?;
    let [device, live, remember] = poll.clone();
    change.ask(device).ask(live).ask(remember);
    change.reads_anyway(device_codes::undo_if_halfway(hash, cx.now));
    match change.commit_or_read().await? {
        Ok(done) => Ok((true, device_codes::read(done.answers())?)),
        Err(answers) if answers.is_empty() => {
            Ok((false, device_codes::read(&cx.db.run(poll.into()).await?)?))
        }
        Err(answers) => Ok((false, device_codes::read(&answers)?)),
    }
}
