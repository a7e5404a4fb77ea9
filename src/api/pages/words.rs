//! Refusals in the words of a language, for people rather than developers.

use crate::api::pages::messages::{Messages, fill};
use crate::api::wording::word;
use crate::domain::refusal::Refusal;
use crate::domain::tenants::Tenant;

/// What a page says went wrong.
pub(super) struct Problem {
    /// The status code.
    pub status: u16,
    /// A sentence.
    pub sentence: String,
    /// The field that it is about; empty if it is about none.
    pub field: &'static str,
}

impl Problem {
    /// A refusal that a form is shown with again.
    pub(super) fn of(m: &Messages, tenant: &Tenant, refusal: &Refusal) -> Problem {
        let field = match refusal {
            Refusal::Invalid(problems) => problems.first().map_or("", |problem| problem.field),
            Refusal::WrongPassword => "password",
            Refusal::Conflict(_) => "email",
            _ => "",
        };
        // As the pages' own fields are called.
        let field = match field {
            "newPassword" => "password",
            "full_name" => "name",
            other => other,
        };
        let sentence = match field {
            "password" if *refusal != Refusal::WrongPassword => {
                fill(m.refused_password, "n", tenant.settings.min_password_length)
            }
            _ => sentence(m, refusal),
        };
        Problem { status: word(refusal).status, sentence, field }
    }
}

/// A refusal in a sentence. Exhaustive, so that a new one cannot be forgotten.
pub(super) fn sentence(m: &Messages, refusal: &Refusal) -> String {
    let text = match refusal {
        Refusal::Invalid(problems) => match problems.first().map(|problem| problem.field) {
            Some("email") => m.refused_email,
            Some("name" | "full_name") => m.refused_name,
            _ => m.refused_form,
        },
        Refusal::Malformed(_) | Refusal::UnsupportedMediaType | Refusal::AmbiguousPath => m.refused_form,
        Refusal::TooLarge(_) => m.refused_too_large,
        Refusal::NoCredential | Refusal::BadCredential => m.refused_credential,
        Refusal::WrongPassword => m.refused_wrong_password,
        Refusal::WrongPasskey => m.refused_passkey,
        Refusal::EmailUnverified => m.refused_unverified,
        Refusal::Forbidden | Refusal::WrongTenant | Refusal::ScopeMissing(_) => m.refused_origin,
        Refusal::PlanTooLow { .. } | Refusal::FeatureMissing { .. } => m.refused_plan,
        Refusal::MfaRequired => m.refused_mfa,
        Refusal::WrongCode => m.refused_code,
        Refusal::ChallengeOver => m.refused_challenge,
        Refusal::NotFound => m.refused_not_found,
        Refusal::MethodNotAllowed(_) => m.refused_method,
        Refusal::Conflict(_) => m.refused_taken,
        Refusal::LinkDead => m.refused_link,
        Refusal::Limited(verdict) => return fill(m.refused_limited, "n", verdict.reset),
        Refusal::SignUpClosed => m.refused_sign_up_closed,
        // For whoever builds the app, in the protocol's own language.
        Refusal::OAuth(_, description) => return description.clone(),
    };
    text.to_owned()
}

/// The heading of an error page.
pub(super) fn title(m: &Messages, status: u16) -> &'static str {
    match status {
        401 => m.error_title_401,
        403 => m.error_title_403,
        404 => m.error_title_404,
        429 => m.error_title_429,
        500.. => m.error_title_500,
        _ => m.error_title_400,
    }
}
