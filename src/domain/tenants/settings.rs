//! Which settings a tenant may have: each within its bounds.

use crate::domain::refusal::{Error, Problems, all_fit, invalid_uri};
use crate::model::email::Email;
use crate::model::role::is_name;
use crate::model::tenant::Settings;
use crate::model::web_uri::is_web_origin;

impl Settings {
    /// The settings, if each is within its bounds.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] naming each that is not.
    pub(crate) fn checked(self) -> Result<Settings, Error> {
        let mut wrong = Problems::default();
        let mut within = |field, value: i64, low: i64, high: i64| {
            if !(low..=high).contains(&value) {
                wrong.add(field, format!("{low} to {high}"));
            }
        };
        within("accessTokenSeconds", self.access_token_seconds, 60, 30 * 86_400);
        within("refreshTokenSeconds", self.refresh_token_seconds, 60, 400 * 86_400);
        within("refreshGraceSeconds", self.refresh_grace_seconds, 0, 60);
        within("sessionIdleSeconds", self.session_idle_seconds, 60, 400 * 86_400);
        within("sessionAbsoluteSeconds", self.session_absolute_seconds, 60, 400 * 86_400);
        within("minPasswordLength", i64::try_from(self.min_password_length).unwrap_or(i64::MAX), 6, 64);
        within("trustedDeviceDays", self.trusted_device_days, 0, 90);
        within("mfaAttempts", i64::from(self.mfa_attempts), 1, 20);
        within("mfaLockoutSeconds", self.mfa_lockout_seconds, 60, 86_400);
        within("reauthenticationSeconds", self.reauthentication_seconds, 60, 3_600);
        within("apiKeyReauthenticationSeconds", self.api_key_reauthentication_seconds, 60, 7 * 86_400);
        within("connectionIdleDays", self.connection_idle_days, 0, 3_650);
        within("auditSignInDays", self.audit_sign_in_days, 30, 3_650);
        within("auditSecurityDays", self.audit_security_days, 90, 3_650);
        let domains = &self.registration_domains;
        let rule = "at most 100 in lower case, each as example.com";
        wrong.gather(all_fit("registrationDomains", domains, 100, rule, &is_mail_domain))?;
        if !domains.is_empty() && !self.require_verified_email {
            wrong.add("registrationDomains", "not without requireVerifiedEmail");
        }
        if self.default_roles.len() > 3 || !self.default_roles.iter().all(|role| is_name(role)) {
            wrong.add("defaultRoles", "at most three role names");
        }
        if !is_name(&self.default_plan) {
            wrong.add("defaultPlan", "a plan's name");
        }
        let prefix = &self.api_key_prefix;
        if prefix.is_empty()
            || prefix.len() > 20
            || !prefix.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            wrong.add("apiKeyPrefix", "1 to 20 of letters, digits and _");
        }
        let rule = "at most 100, each as https://app.example.com";
        wrong.gather(all_fit("allowedOrigins", &self.allowed_origins, 100, rule, &is_web_origin))?;
        if let Some(home) = &self.home_url
            && !is_home_url(home)
        {
            let rule = "an address as https://app.example.com/start";
            wrong.gather::<()>(Err(invalid_uri("homeUrl", home, rule)))?;
        }
        wrong.none()?;
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

/// Whether an address can be of that domain, in the spelling that addresses are compared in.
fn is_mail_domain(text: &str) -> bool {
    let address = format!("x@{text}");
    Email::parse(&address).is_some_and(|email| email.key() == address)
}
