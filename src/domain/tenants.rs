//! Tenants: which one a request is for, and their settings.

use std::borrow::Cow;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::domain::client_rules::is_web_origin;
use crate::domain::lookups;
use crate::domain::refusal::{Error, Refusal, all_fit, invalid, invalid_uri};
use crate::memo::{Invalidation, Slot};
use crate::model::email::Email;
use crate::model::host::canonical;
use crate::model::id::is_tenant_id;
use crate::model::json;
use crate::model::role::{DEFAULT_PLAN, is_name};
use crate::ports::Fault;
use crate::store;
use crate::store::tenants::TenantRow;
use crate::store::users::User;

/// The home tenant's id, and the name of the home directory.
pub const HOME: &str = "home";

/// What a deployment is called that has no name and no domain.
pub const UNNAMED: &str = "Portcullis";

/// A tenant's settings; absent members have these defaults. Lives are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Life of an access token: 60 to 30 days.
    pub access_token_seconds: i64,
    /// Life of a refresh token: 60 to 400 days.
    pub refresh_token_seconds: i64,
    /// How long a spent refresh token's retry gets the same successor: 0 to 60.
    pub refresh_grace_seconds: i64,
    /// A browser's session ends after so long without use.
    pub session_idle_seconds: i64,
    /// A browser's session ends after so long at the latest.
    pub session_absolute_seconds: i64,
    /// Whether an address must be confirmed before its owner can log in.
    pub require_verified_email: bool,
    /// Whether people can register themselves.
    pub allow_registration: bool,
    /// Domains whose addresses may register, compared whole; all when empty. It takes
    /// `require_verified_email`, without which anyone could claim an address there.
    pub registration_domains: Vec<String>,
    /// Shortest password, in characters: 6 to 64.
    pub min_password_length: usize,
    /// Whether the passwords that everybody tries first are refused.
    pub refuse_common_passwords: bool,
    /// Whether sign-ins take a second factor.
    pub mfa: MfaPolicy,
    /// Days for which a browser can be trusted to need none: 0, which is never, to 90.
    pub trusted_device_days: i64,
    /// Wrong second factors before a user is locked out: 1 to 20.
    pub mfa_attempts: u32,
    /// How long that lasts: 60 to a day.
    pub mfa_lockout_seconds: i64,
    /// How long after a sign-in or step-up people may set up, change or remove what they sign in with: 60 to 3600.
    pub reauthentication_seconds: i64,
    /// The same for API keys, and for what administrators make that lets somebody in: 60 to 7 days.
    pub api_key_reauthentication_seconds: i64,
    /// Whether people can sign in by a link or code in their mail.
    pub magic_links: bool,
    /// Whether such a link makes an account for an address that has none.
    pub magic_link_sign_up: bool,
    /// Whether people can sign in with passkeys.
    pub passkeys: bool,
    /// Roles of one who registers.
    pub default_roles: Vec<String>,
    /// The plan of one who has none.
    pub default_plan: String,
    /// What API keys start with.
    pub api_key_prefix: String,
    /// Whether clients may make API keys for the people who let them, with the scope `api_keys:create`: each is a child of
    /// the grant and ends with it.
    pub client_api_keys: bool,
    /// Who may register OAuth clients besides administrators.
    pub client_registration: ClientRegistration,
    /// Origins whose scripts may call our APIs, besides those of the clients' redirect URIs.
    pub allowed_origins: Vec<String>,
    /// Where a sign-in ends that began nowhere: a web address. The account page if there is none.
    pub home_url: Option<String>,
}

/// Whether sign-ins take a second factor. Whoever has one is asked for it in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum MfaPolicy {
    /// Nobody has to have one, and nobody sets one up.
    Off,
    /// Nobody has to have one.
    Optional,
    /// Everybody's does; who has none sets one up at the next sign-in.
    Required,
}

/// Who may register OAuth clients (RFC 7591 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum ClientRegistration {
    /// Nobody.
    Closed,
    /// Who has an initial access token.
    Token,
    /// Anyone.
    Open,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access_token_seconds: 900,
            refresh_token_seconds: 30 * 86_400,
            refresh_grace_seconds: 10,
            session_idle_seconds: 12 * 3_600,
            session_absolute_seconds: 30 * 86_400,
            require_verified_email: true,
            allow_registration: true,
            registration_domains: Vec::new(),
            min_password_length: 8,
            refuse_common_passwords: true,
            mfa: MfaPolicy::Optional,
            trusted_device_days: 0,
            mfa_attempts: 5,
            mfa_lockout_seconds: 900,
            reauthentication_seconds: 600,
            api_key_reauthentication_seconds: 86_400,
            magic_links: true,
            magic_link_sign_up: false,
            passkeys: true,
            default_roles: Vec::new(),
            default_plan: DEFAULT_PLAN.into(),
            api_key_prefix: "pc".into(),
            client_api_keys: false,
            client_registration: ClientRegistration::Closed,
            allowed_origins: Vec::new(),
            home_url: None,
        }
    }
}

impl Settings {
    /// The settings, if each is within its bounds.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] naming the first that is not.
    pub fn checked(self) -> Result<Settings, Error> {
        let within = |field, value: i64, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(invalid(field, format!("{low} to {high}")))
            }
        };
        within("accessTokenSeconds", self.access_token_seconds, 60, 30 * 86_400)?;
        within("refreshTokenSeconds", self.refresh_token_seconds, 60, 400 * 86_400)?;
        within("refreshGraceSeconds", self.refresh_grace_seconds, 0, 60)?;
        within("sessionIdleSeconds", self.session_idle_seconds, 60, 400 * 86_400)?;
        within("sessionAbsoluteSeconds", self.session_absolute_seconds, 60, 400 * 86_400)?;
        within("minPasswordLength", i64::try_from(self.min_password_length).unwrap_or(i64::MAX), 6, 64)?;
        within("trustedDeviceDays", self.trusted_device_days, 0, 90)?;
        within("mfaAttempts", i64::from(self.mfa_attempts), 1, 20)?;
        within("mfaLockoutSeconds", self.mfa_lockout_seconds, 60, 86_400)?;
        within("reauthenticationSeconds", self.reauthentication_seconds, 60, 3_600)?;
        within("apiKeyReauthenticationSeconds", self.api_key_reauthentication_seconds, 60, 7 * 86_400)?;
        let domains = &self.registration_domains;
        let rule = "at most 100 in lower case, each as example.com";
        all_fit("registrationDomains", domains, 100, rule, &is_mail_domain)?;
        if !domains.is_empty() && !self.require_verified_email {
            return Err(invalid("registrationDomains", "not without requireVerifiedEmail"));
        }
        if self.default_roles.len() > 3 || !self.default_roles.iter().all(|role| is_name(role)) {
            return Err(invalid("defaultRoles", "at most three role names"));
        }
        if !is_name(&self.default_plan) {
            return Err(invalid("defaultPlan", "a plan's name"));
        }
        let prefix = &self.api_key_prefix;
        if prefix.is_empty()
            || prefix.len() > 20
            || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            return Err(invalid("apiKeyPrefix", "1 to 20 of letters, digits and _"));
        }
        let rule = "at most 100, each as https://app.example.com";
        all_fit("allowedOrigins", &self.allowed_origins, 100, rule, &is_web_origin)?;
        if let Some(home) = &self.home_url
            && !is_home_url(home)
        {
            return Err(invalid_uri("homeUrl", home, "an address as https://app.example.com/start"));
        }
        Ok(self)
    }
}

/// Whether people can be sent there: over https, or http to this machine; without a user and a fragment.
fn is_home_url(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let plain =
        text.len() <= 1_000 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b));
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    plain && scheme && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// A tenant, as requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Whose e-mail namespace its users are in.
    pub directory: String,
    /// Its settings.
    pub settings: Settings,
    /// Its `iss`.
    pub issuer: String,
}

impl Tenant {
    /// The settings as they hold for a user. No administrator's setting makes the operator's sign-ins weaker than the
    /// defaults do: whoever has the operator's session has the whole deployment.
    pub fn settings_for(&self, user: &User) -> Cow<'_, Settings> {
        let set = &self.settings;
        if !user.operator {
            return Cow::Borrowed(set);
        }
        let least = Settings::default();
        Cow::Owned(Settings {
            access_token_seconds: set.access_token_seconds.min(least.access_token_seconds),
            refresh_token_seconds: set.refresh_token_seconds.min(least.refresh_token_seconds),
            session_idle_seconds: set.session_idle_seconds.min(least.session_idle_seconds),
            session_absolute_seconds: set.session_absolute_seconds.min(least.session_absolute_seconds),
            require_verified_email: true,
            min_password_length: set.min_password_length.max(least.min_password_length),
            refuse_common_passwords: true,
            trusted_device_days: set.trusted_device_days.min(least.trusted_device_days),
            mfa_attempts: set.mfa_attempts.min(least.mfa_attempts),
            mfa_lockout_seconds: set.mfa_lockout_seconds.max(least.mfa_lockout_seconds),
            passkeys: true,
            reauthentication_seconds: set.reauthentication_seconds.min(least.reauthentication_seconds),
            api_key_reauthentication_seconds: set
                .api_key_reauthentication_seconds
                .min(least.api_key_reauthentication_seconds),
            ..set.clone()
        })
    }
}

/// Tenants by id; `None` remembers that there is none.
pub struct TenantById;

impl Slot for TenantById {
    type Key = String;
    type Value = Option<Rc<Tenant>>;
    const CAPACITY: usize = 1_000;

    fn is_stale(id: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

/// Tenant ids by custom host; `None` for a host that is nobody's.
pub struct TenantByHost;

impl Slot for TenantByHost {
    type Key = String;
    type Value = Option<String>;
    const CAPACITY: usize = 1_000;

    fn is_stale(_: &Self::Key, _: &Self::Value, change: Invalidation<'_>) -> bool {
        matches!(change, Invalidation::Tenant(_))
    }
}

/// How a request named its tenant.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The tenant.
    pub tenant: Rc<Tenant>,
    /// Whether the request named it, by path, host or header; otherwise it is home by default, and a user
    /// or credential of another tenant of the home directory brings its own.
    pub explicit: bool,
}

/// The tenant of a request: path, then host, then `X-Tenant-Id`, then home.
///
/// # Errors
/// [`Refusal::NotFound`] if the path or header names a tenant that does not exist or is suspended.
pub async fn choose(cx: &Cx, path: Option<&str>, host: &str, header: Option<&str>) -> Result<Chosen, Error> {
    let named = match path {
        Some(id) => Some(id.to_owned()),
        None => match asked_host(cx, &canonical(host)).await? {
            Some(id) => Some(id),
            None => header.map(str::to_owned),
        },
    };
    let explicit = named.is_some();
    let id = named.unwrap_or_else(|| HOME.into());
    let tenant = self::named(cx, &id).await?.ok_or(Refusal::NotFound)?;
    Ok(Chosen { tenant, explicit })
}

/// An active tenant that a caller names: one that this isolate has never heard of is looked up for whoever may.
///
/// # Errors
/// [`Refusal::Limited`].
pub(super) async fn named(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Error> {
    let is_new = id != HOME && is_tenant_id(id) && !cx.memo::<TenantById>().has_seen(id);
    if is_new {
        lookups::admit(cx).await?;
    }
    let tenant = by_id(cx, id).await?;
    if is_new && tenant.is_none() {
        lookups::missed(cx);
    }
    Ok(tenant)
}

/// The same for the tenant of the host that was asked.
async fn asked_host(cx: &Cx, host: &str) -> Result<Option<String>, Error> {
    let own = cx.config.origin.split_once("://").is_some_and(|(_, own)| own == host);
    let is_new = !own && !cx.memo::<TenantByHost>().has_seen(host);
    if is_new {
        lookups::admit(cx).await?;
    }
    let id = by_host(cx, host).await?;
    if is_new && id.is_none() {
        lookups::missed(cx);
    }
    Ok(id)
}

/// An active tenant by id.
pub async fn by_id(cx: &Cx, id: &str) -> Result<Option<Rc<Tenant>>, Fault> {
    if !is_tenant_id(id) {
        return Ok(None);
    }
    if let Some(known) = cx.memo::<TenantById>().get(id, cx.now) {
        return Ok(known);
    }
    let row = store::tenants::by_id(cx.db.as_ref(), id).await?;
    let tenant = match row {
        Some(row) if row.status == "active" => Some(Rc::new(from_row(cx, row)?)),
        _ => None,
    };
    cx.memo::<TenantById>().put(id.to_owned(), tenant.clone(), cx.now, cx.remember_until());
    Ok(tenant)
}

/// The tenant that a host, in its one spelling, is mapped to.
pub(super) async fn by_host(cx: &Cx, host: &str) -> Result<Option<String>, Fault> {
    if let Some(known) = cx.memo::<TenantByHost>().get(host, cx.now) {
        return Ok(known);
    }
    let id = store::tenants::id_by_host(cx.db.as_ref(), host).await?;
    cx.memo::<TenantByHost>().put(host.to_owned(), id.clone(), cx.now, cx.remember_until());
    Ok(id)
}

/// A tenant from its row.
pub(crate) fn from_row(cx: &Cx, row: TenantRow) -> Result<Tenant, Fault> {
    let settings = json::read_text(&row.settings).map_err(|wrong| Fault::new("tenant settings", wrong))?;
    let issuer = format!("{}/tenant/{}", cx.config.origin, row.id);
    Ok(Tenant { id: row.id, name: row.name, directory: row.directory, settings, issuer })
}

/// Whether an address can be of that domain, in the spelling that addresses are compared in.
fn is_mail_domain(text: &str) -> bool {
    let address = format!("x@{text}");
    Email::parse(&address).is_some_and(|email| email.key() == address)
}
