//! A tenant, as requests see it.

use std::borrow::Cow;

use crate::cx::Cx;
use crate::domain::tenants::issuer::{issuer_by_path, origin_of};
use crate::model::json;
use crate::model::mail_domains::VerifiedDomain;
use crate::model::tenant::Settings;
use crate::ports::Fault;
use crate::store::tenants::TenantRow;
use crate::store::users::User;

/// A tenant, as requests see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub(crate) id: String,
    /// Its display name.
    pub(crate) name: String,
    /// Whose e-mail namespace its users are in.
    pub(crate) directory: String,
    pub(crate) settings: Settings,
    /// Whether it may sign its people in with its own provider.
    pub(crate) enterprise: bool,
    /// The verified mail domains that count in its directory.
    pub(super) domains: Vec<VerifiedDomain>,
    /// Scheme and host of its pages and of the links to them.
    pub(crate) origin: String,
    /// Its `iss`: the origin, if the host is its own, else a path below the deployment's.
    pub(crate) issuer: String,
    /// What the issuer is without a host.
    pub(super) issuer_by_path: String,
}

impl Tenant {
    /// The settings as they hold for a user. No administrator's setting makes the operator's sign-ins weaker than the
    /// defaults do: whoever has the operator's session has the whole deployment.
    pub(crate) fn settings_for(&self, user: &User) -> Cow<'_, Settings> {
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

    /// The life of a refresh token, of the operator or of anybody else.
    pub(crate) fn refresh_token_seconds_of(&self, operator: bool) -> i64 {
        let set = self.settings.refresh_token_seconds;
        if operator { set.min(Settings::default().refresh_token_seconds) } else { set }
    }

    /// The same of an access token.
    pub(crate) fn access_token_seconds_of(&self, operator: bool) -> i64 {
        let set = self.settings.access_token_seconds;
        if operator { set.min(Settings::default().access_token_seconds) } else { set }
    }

    /// The address of one of its hosted pages.
    pub(crate) fn page_url(&self, page: &str) -> String {
        format!("{}/tenant/{}/{page}", self.origin, self.id)
    }

    /// Audiences as they are stored. The issuer is stored as that of the path, which stays when the host changes.
    pub(crate) fn audiences_to_store(&self, audiences: &[String]) -> Vec<String> {
        let stored =
            |one: &String| if *one == self.issuer { self.issuer_by_path.clone() } else { one.clone() };
        audiences.iter().map(stored).collect()
    }

    /// Stored audiences, with the issuer as it is now.
    pub(crate) fn audiences_from_store(&self, stored: Vec<String>) -> Vec<String> {
        let now = |one: String| if one == self.issuer_by_path { self.issuer.clone() } else { one };
        stored.into_iter().map(now).collect()
    }
}

pub(crate) fn from_row(cx: &Cx, row: TenantRow) -> Result<Tenant, Fault> {
    let settings = json::read_text(&row.settings).map_err(|wrong| Fault::new("tenant settings", wrong))?;
    let (origin, issuer_by_path) = (origin_of(cx, row.host.as_deref()), issuer_by_path(cx, &row.id));
    let issuer = if row.host.is_some() { origin.clone() } else { issuer_by_path.clone() };
    let TenantRow { id, name, directory, enterprise, domains, .. } = row;
    Ok(Tenant { id, name, directory, settings, enterprise, domains, origin, issuer, issuer_by_path })
}
