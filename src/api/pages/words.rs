//! Refusals in the words of a language, for people rather than developers.

use crate::api::pages::messages::{Messages, fill};
use crate::api::pages::people;
use crate::api::wording::{way_on, word};
use crate::domain::refusal::{ADDRESS_TAKEN, Federation, PASSKEY_TAKEN, Refusal, TOO_MANY_PASSKEYS};
use crate::model::reason::Reason;

/// What a page says went wrong.
pub(super) struct Problem {
    /// The status code.
    pub(crate) status: u16,
    pub(crate) sentence: String,
    /// The field that it is about; empty if it is about none.
    pub field: &'static str,
    /// Where the person goes instead: to their organisation's provider.
    pub(crate) start: Option<String>,
}

impl Problem {
    /// A refusal that a form is shown with again.
    pub(super) fn of(m: &Messages, refusal: &Refusal) -> Problem {
        let field = match refusal {
            Refusal::Invalid(problems) => problems.first().map_or("", |problem| problem.field),
            Refusal::WrongPassword => "password",
            refusal if *refusal == ADDRESS_TAKEN => "email",
            Refusal::WrongCode => "code",
            _ => "",
        };
        // As the pages' own fields are called.
        let field = match field {
            "newPassword" => "password",
            "newEmail" => "email",
            "full_name" => "name",
            other => other,
        };
        Problem {
            start: way_on(refusal),
            ..Problem::saying(word(refusal).status, sentence(m, refusal), field)
        }
    }

    /// What a page says by itself, of that field.
    pub(super) fn saying(status: u16, sentence: String, field: &'static str) -> Problem {
        Problem { status, sentence, field, start: None }
    }

    /// The same on a form that has these fields: what is about none of them stands above it.
    pub(super) fn on(mut self, fields: &[&str]) -> Problem {
        if !fields.contains(&self.field) {
            self.field = "";
        }
        self
    }

    /// Whether it is about one of two fields.
    pub(super) fn is_of_either(&self, one: &str, other: &str) -> bool {
        self.field == one || self.field == other
    }
}

/// Why a field is refused, in a sentence. Exhaustive, so that a new reason cannot be forgotten.
fn reason(m: &Messages, reason: &Reason) -> String {
    let text = match reason {
        Reason::Missing => m.refused_missing,
        Reason::NotAnAddress => m.refused_email,
        Reason::DomainNotAllowed => m.refused_domain,
        Reason::SameAddress => m.refused_same_email,
        Reason::PasswordTooShort(shortest) => return fill(m.refused_password, "n", shortest),
        Reason::PasswordTooLong(longest) => return fill(m.refused_password_long, "n", longest),
        Reason::PasswordCommon => m.refused_password_common,
        Reason::TooLong(most) => return fill(m.refused_name, "n", most),
        Reason::ControlCharacter => m.refused_control,
        Reason::DirectionOverride => m.refused_direction,
        Reason::Invisible => m.refused_invisible,
        Reason::CombiningMarks => m.refused_marks,
        Reason::Passkey(_) => m.refused_passkey,
        Reason::Rule(_) => m.refused_form,
    };
    text.to_owned()
}

/// A refusal in a sentence. Exhaustive, so that a new one cannot be forgotten.
pub(super) fn sentence(m: &Messages, refusal: &Refusal) -> String {
    let text = match refusal {
        Refusal::Invalid(problems) => {
            return problems.first().map_or_else(String::new, |problem| reason(m, &problem.reason));
        }
        Refusal::Malformed(_) | Refusal::UnsupportedMediaType => m.refused_form,
        Refusal::AmbiguousPath => m.refused_address,
        Refusal::TooLarge(_) => m.refused_too_large,
        Refusal::NoCredential
        | Refusal::BadCredential
        | Refusal::ProofNeeded
        | Refusal::BadProof(_)
        | Refusal::NonceNeeded => m.refused_credential,
        Refusal::Challenged(challenge) => return sentence(m, &challenge.plainly()),
        Refusal::WrongPassword => m.refused_wrong_password,
        Refusal::WrongPasskey => m.refused_passkey,
        Refusal::EmailUnverified => m.refused_unverified,
        Refusal::Forbidden | Refusal::WrongTenant => m.refused_origin,
        Refusal::ScopeMissing(_) => m.refused_role,
        Refusal::PlanTooLow { current, required } => {
            return fill(&fill(m.refused_plan_low, "required", required), "current", current);
        }
        Refusal::FeatureMissing { current, .. } => return fill(m.refused_feature, "current", current),
        // No page sends there: a connection's routes take no cookie.
        Refusal::ConnectionNeeded { .. } | Refusal::SocketRefused => m.refused_other,
        Refusal::MfaRequired => m.refused_mfa,
        Refusal::ReauthenticationRequired { .. } => m.confirm_identity,
        Refusal::WrongCode => m.refused_code,
        Refusal::ChallengeOver => m.refused_challenge,
        Refusal::NotFound => m.refused_not_found,
        Refusal::MethodNotAllowed(_) => m.refused_method,
        refusal if *refusal == ADDRESS_TAKEN => m.refused_taken,
        refusal if *refusal == PASSKEY_TAKEN => m.refused_passkey_taken,
        refusal if *refusal == TOO_MANY_PASSKEYS => m.refused_passkeys,
        Refusal::Conflict(_) => m.refused_other,
        Refusal::LinkDead => m.refused_link,
        Refusal::AssertionTooLong(_) => m.refused_other,
        Refusal::NeedsReauthorization | Refusal::ProviderUnavailable { .. } => m.refused_other,
        Refusal::Looping => m.refused_looping,
        Refusal::Unready => m.refused_unready,
        Refusal::Unavailable(_) => m.refused_unavailable,
        Refusal::Limited(verdict) => {
            return fill(m.refused_limited, "when", people::wait(m, i64::from(verdict.reset)));
        }
        Refusal::SignUpClosed => m.refused_sign_up_closed,
        Refusal::Federation(why) => return of_federation(m, why),
        // For whoever builds the app, in the protocol's own language.
        Refusal::OAuth(_, description) => return description.clone(),
    };
    text.to_owned()
}

/// Why a sign-in with a provider did not come to its end.
fn of_federation(m: &Messages, why: &Federation) -> String {
    let text = match why {
        Federation::Declined { provider, error } => {
            return fill(&fill(m.federation_declined, "error", error), "provider", provider);
        }
        Federation::ConnectionDeclined { provider, error } => {
            return fill(&fill(m.connection_declined, "error", error), "provider", provider);
        }
        Federation::ConnectionInvalid => m.connection_invalid,
        Federation::Failed { provider, .. } => return fill(m.federation_failed, "provider", provider),
        Federation::Late { provider } => return fill(m.federation_late, "provider", provider),
        Federation::Forged(_) => m.federation_forged,
        Federation::NotConfigured => m.federation_not_configured,
        Federation::LinkRequired => m.federation_link_required,
        Federation::SsoRequired { .. } => m.federation_sso_required,
        Federation::NoAddress => m.federation_no_address,
        Federation::NoAccount | Federation::TrialsClosed => m.federation_no_account,
        Federation::JoinRequested => m.federation_join_requested,
        Federation::NotAllowed => m.federation_not_allowed,
    };
    text.to_owned()
}

/// What a status says that comes without a refusal.
pub(super) fn of_status(m: &Messages, status: u16, id: &str) -> String {
    let text = match status {
        404 => m.refused_not_found,
        502 => m.error_502,
        503 => m.error_503,
        504 => m.error_504,
        508 => m.error_508,
        _ => return fill(m.error_500, "id", id),
    };
    text.to_owned()
}

/// The heading of an error page.
pub(super) fn title(m: &Messages, status: u16) -> &'static str {
    match status {
        405 => m.error_title_405,
        502 => m.error_title_502,
        503 => m.error_title_503,
        504 => m.error_title_504,
        508 => m.error_title_508,
        401 => m.error_title_401,
        403 => m.error_title_403,
        404 => m.error_title_404,
        429 => m.error_title_429,
        500.. => m.error_title_500,
        _ => m.error_title_400,
    }
}
