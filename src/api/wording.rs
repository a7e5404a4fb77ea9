//! What each refusal is in HTTP: a status, a code and a sentence. Surfaces put these into their own shapes.

use crate::domain::refusal::{Challenge, Federation, Refusal, Unfit};
use crate::http::response::Response;
use crate::oidc::assertion::LONGEST;
use crate::oidc::dpop::ALGS;
use crate::oidc::error::Code;
use crate::oidc::id_token::ACR_TWO_FACTORS;
use crate::ports::Outage;

/// A refusal in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Worded {
    /// The status code.
    pub(crate) status: u16,
    /// The code in upper case with underscores, as `RATE_LIMITED`.
    pub(crate) code: &'static str,
    pub(crate) sentence: String,
}

/// Words a refusal. Exhaustive, so that a new one cannot be forgotten.
pub(crate) fn word(refusal: &Refusal) -> Worded {
    let worded = |status, code, sentence: &str| Worded { status, code, sentence: sentence.to_owned() };
    match refusal {
        Refusal::Malformed(what) => worded(400, "VALIDATION_ERROR", what),
        Refusal::Invalid(problems) => {
            let all: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.field, p.reason)).collect();
            worded(400, "VALIDATION_ERROR", &all.join("; "))
        }
        Refusal::UnsupportedMediaType => {
            worded(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json")
        }
        Refusal::TooLarge(limit) => {
            worded(413, "PAYLOAD_TOO_LARGE", &format!("The body is longer than {limit} bytes"))
        }
        Refusal::NoCredential | Refusal::BadCredential => {
            worded(401, "UNAUTHORIZED", "Invalid or expired token")
        }
        Refusal::ProofNeeded => worded(401, "DPOP_REQUIRED", "An access token with a DPoP proof is required"),
        Refusal::BadProof(rule) => worded(401, "INVALID_DPOP_PROOF", &format!("The DPoP proof: {rule}")),
        Refusal::NonceNeeded => {
            worded(401, "USE_DPOP_NONCE", "The DPoP proof needs the nonce of this answer")
        }
        Refusal::WrongPassword => worded(401, "UNAUTHORIZED", "Invalid email or password"),
        Refusal::WrongPasskey => worded(401, "INVALID_PASSKEY", "This passkey cannot be used here"),
        Refusal::EmailUnverified => {
            worded(403, "EMAIL_NOT_VERIFIED", "Please verify your email address first")
        }
        Refusal::Forbidden => worded(403, "FORBIDDEN", "Insufficient permissions"),
        Refusal::WrongTenant => worded(403, "FORBIDDEN", "The credential belongs to another tenant"),
        Refusal::ScopeMissing(scopes) => worded(
            403,
            "INSUFFICIENT_SCOPE",
            &format!("The credential lacks a scope: {} needed", scopes.join(" ")),
        ),
        Refusal::Challenged(challenge) => word(&challenge.plainly()),
        Refusal::PlanTooLow { required, .. } => {
            worded(403, "UPGRADE_REQUIRED", &format!("This feature requires {required} plan or higher"))
        }
        Refusal::FeatureMissing { .. } => {
            worded(403, "FEATURE_NOT_AVAILABLE", "This feature is not available on your current plan")
        }
        Refusal::ConnectionNeeded { provider, page, .. } => {
            worded(403, "CONNECTION_NEEDED", &format!("Connect {provider} first, or again, at {page}"))
        }
        Refusal::SocketRefused => {
            worded(400, "WEBSOCKET_REFUSED", "A route with a connection passes no WebSocket")
        }
        Refusal::MfaRequired => worded(401, "MFA_REQUIRED", "A second factor is required"),
        Refusal::ReauthenticationRequired { .. } => worded(
            401,
            "REAUTHENTICATION_REQUIRED",
            "Please sign in again, prove your second factor or confirm your password to do this",
        ),
        Refusal::WrongCode => worded(401, "INVALID_CODE", "The code is wrong, used or expired"),
        Refusal::ChallengeOver => worded(401, "CHALLENGE_EXPIRED", "The sign-in is over: please start again"),
        Refusal::NotFound => worded(404, "NOT_FOUND", "Not found"),
        Refusal::MethodNotAllowed(_) => worded(405, "METHOD_NOT_ALLOWED", "The method is not allowed here"),
        Refusal::Conflict(what) => worded(409, "CONFLICT", what),
        Refusal::LinkDead => worded(400, "INVALID_TOKEN", "The link is invalid, used or expired"),
        Refusal::AmbiguousPath => {
            worded(400, "AMBIGUOUS_PATH", "The path could be read in more than one way")
        }
        Refusal::Looping => worded(508, "LOOP_DETECTED", "The request came back to this gateway"),
        Refusal::AssertionTooLong(length) => worded(
            500,
            "ASSERTION_TOO_LONG",
            &format!("The caller's assertion would be {length} bytes long, and {LONGEST} is the most"),
        ),
        Refusal::Unready => worded(
            503,
            "SERVICE_UNAVAILABLE",
            "The database lacks the tables of this version: its migrations have not been applied yet",
        ),
        Refusal::Unavailable(_) => {
            worded(503, "SERVICE_UNAVAILABLE", "Storage cannot be reached just now. Please try again.")
        }
        Refusal::Limited(_) => worded(429, "RATE_LIMITED", "Too many attempts. Please try again later."),
        Refusal::NeedsReauthorization => worded(
            409,
            "REAUTHORIZATION_NEEDED",
            "The service has ended this connection: its person has to connect it again",
        ),
        Refusal::ProviderUnavailable { .. } => worded(
            503,
            "PROVIDER_UNAVAILABLE",
            "The service does not renew the token now. Please try again later.",
        ),
        Refusal::SignUpClosed => worded(403, "REGISTRATION_CLOSED", "Registration is closed"),
        Refusal::Federation(why) => word_federation(why),
        Refusal::OAuth(code, description) => worded(code.status(), "OAUTH_ERROR", description),
    }
}

/// Where the person of a refused sign-in goes instead.
pub(crate) fn way_on(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Federation(Federation::SsoRequired { start }) => Some(start.clone()),
        _ => None,
    }
}

fn word_federation(why: &Federation) -> Worded {
    let worded = |status, code, sentence: &str| Worded { status, code, sentence: sentence.to_owned() };
    match why {
        Federation::Declined { provider, error } => {
            worded(400, "PROVIDER_DECLINED", &format!("{provider} declined the sign-in: {error}"))
        }
        Federation::Failed { provider, why } => worded(502, "PROVIDER_FAILED", &format!("{provider}: {why}")),
        Federation::Late { provider } => {
            worded(504, "PROVIDER_UNAVAILABLE", &format!("{provider} did not answer in time"))
        }
        Federation::Forged(rule) => worded(400, "SIGN_IN_INVALID", rule),
        Federation::NotConfigured => {
            worded(403, "PROVIDER_NOT_CONFIGURED", "This identity provider is not configured")
        }
        Federation::LinkRequired => worded(
            409,
            "LINK_REQUIRED",
            "An account has this address: sign in to it first, then link the identity to it",
        ),
        Federation::SsoRequired { .. } => worded(
            403,
            "SSO_REQUIRED",
            "People of this mail domain sign in with their organisation's identity provider",
        ),
        Federation::NoAddress => worded(
            422,
            "EMAIL_MISSING",
            "The identity provider told no e-mail address: it must release one to this application",
        ),
        Federation::NoAccount => worded(403, "NO_ACCOUNT", "There is no account for this identity"),
        Federation::JoinRequested => worded(
            403,
            "JOIN_REQUESTED",
            "The organisation has an account here: its administrators were asked to let this person in",
        ),
        Federation::NotAllowed => {
            worded(403, "NOT_ALLOWED", "Accounts of this organisation may not sign in here")
        }
        Federation::ConnectionDeclined { provider, error } => {
            worded(400, "PROVIDER_DECLINED", &format!("{provider} declined the connection: {error}"))
        }
        Federation::ConnectionInvalid => worded(
            400,
            "CONNECTION_INVALID",
            "The connection was not begun in this session, was finished, or was begun too long ago: please connect again",
        ),
        Federation::TrialsClosed => {
            worded(403, "TRIALS_CLOSED", "There is no account for this identity, and none is made")
        }
    }
}

/// Adds the header fields that a refusal has on every surface.
pub(crate) fn with_headers(response: Response, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Limited(verdict) => {
            response.with("retry-after", verdict.reset.max(1).to_string()).with_limit(verdict)
        }
        Refusal::Unready | Refusal::Unavailable(Outage::Overloaded) => response.with("retry-after", "5"),
        Refusal::Unavailable(_) => response.with("retry-after", "1"),
        Refusal::ProviderUnavailable { seconds } => response.with("retry-after", seconds.to_string()),
        Refusal::MethodNotAllowed(allow) => response.with("allow", allow.join(", ")),
        // RFC 6750 §3: no error code where no credential was sent.
        Refusal::NoCredential => response.with("www-authenticate", "Bearer"),
        Refusal::BadCredential => response.with("www-authenticate", "Bearer error=\"invalid_token\""),
        // RFC 9449 §7.1, §9.
        Refusal::ProofNeeded => response.with("www-authenticate", format!("DPoP algs=\"{ALGS}\"")),
        Refusal::BadProof(_) => response.with(
            "www-authenticate",
            format!("DPoP error=\"{}\", algs=\"{ALGS}\"", Code::InvalidDpopProof.name()),
        ),
        Refusal::NonceNeeded => response.with(
            "www-authenticate",
            format!("DPoP error=\"{}\", algs=\"{ALGS}\"", Code::UseDpopNonce.name()),
        ),
        Refusal::ScopeMissing(scopes) => {
            let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scopes.join(" "));
            response.with("www-authenticate", challenge)
        }
        Refusal::Challenged(challenge) => response.with("www-authenticate", challenge_of(challenge)),
        // RFC 9470 §3.
        Refusal::MfaRequired => {
            let challenge = format!(
                "Bearer error=\"insufficient_user_authentication\", acr_values=\"{ACR_TWO_FACTORS}\""
            );
            response.with("www-authenticate", challenge)
        }
        Refusal::ReauthenticationRequired { seconds } => {
            let challenge =
                format!("Bearer error=\"insufficient_user_authentication\", max_age=\"{seconds}\"");
            response.with("www-authenticate", challenge)
        }
        _ => response,
    }
}

/// The challenge of a protected resource (RFC 9728 §5.1, RFC 6750 §3).
fn challenge_of(challenge: &Challenge) -> String {
    let error = match challenge.why {
        Unfit::Missing => "",
        Unfit::Bad => "error=\"invalid_token\", ",
        Unfit::TooLittle => "error=\"insufficient_scope\", ",
    };
    let scope = match challenge.scopes.as_slice() {
        [] => String::new(),
        scopes => format!(", scope=\"{}\"", scopes.join(" ")),
    };
    let (scheme, algs) = match challenge.dpop {
        true => ("DPoP", format!(", algs=\"{ALGS}\"")),
        false => ("Bearer", String::new()),
    };
    format!("{scheme} {error}resource_metadata=\"{}\"{scope}{algs}", challenge.metadata)
}
