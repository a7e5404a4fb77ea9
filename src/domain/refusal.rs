//! Why a request is refused: facts, worded by each surface.

use crate::model::json::Wrong;
use crate::model::reason::Reason;
use crate::oidc::error::Code;
use crate::ports::{Fault, Outage, Verdict};

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field's name as the caller wrote it.
    pub field: &'static str,
    /// What is wrong with it.
    pub(crate) reason: Reason,
}

/// What is wrong with a description that has many fields, gathered so that all of it is told at once.
#[derive(Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds what is wrong with a field.
    pub(crate) fn add(&mut self, field: &'static str, reason: impl Into<Reason>) {
        self.0.push(Problem { field, reason: reason.into() });
    }

    /// The text, which must not be missing; empty if it is.
    pub(crate) fn need(&mut self, field: &'static str, value: Option<String>) -> String {
        let text = value.filter(|text| !text.trim().is_empty()).unwrap_or_default();
        if text.is_empty() {
            self.add(field, Reason::Missing);
        }
        text
    }

    /// The value, or nothing where what is wrong with it was added.
    ///
    /// # Errors
    /// What is not [`Refusal::Invalid`].
    pub(crate) fn gather<T>(&mut self, checked: Result<T, Error>) -> Result<Option<T>, Error> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(Error::Refused(Refusal::Invalid(problems))) => {
                self.0.extend(problems);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// The refusal with all that is wrong.
    pub(crate) fn refusal(self) -> Error {
        Refusal::Invalid(self.0).into()
    }

    /// # Errors
    /// [`Refusal::Invalid`] if anything is wrong.
    pub(crate) fn none(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.0).into()) }
    }
}

/// The caller's fault, told to the caller. A refusal changes no state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The body is not what its type says: broken JSON, wrong types, too deep.
    Malformed(String),
    /// Fields are missing or wrong.
    Invalid(Vec<Problem>),
    /// The body is of a type that the endpoint does not read.
    UnsupportedMediaType,
    /// The body is longer than this many bytes.
    TooLarge(usize),
    /// Nobody is signed in.
    NoCredential,
    /// The credential is malformed, unknown, expired or revoked.
    BadCredential,
    /// Unknown address, wrong password or disabled account: told alike, so that nobody learns which.
    WrongPassword,
    /// The passkey is none of the user's here, or was not used rightly, or its user may not sign in.
    WrongPasskey,
    /// The address must be confirmed first.
    EmailUnverified,
    /// The DPoP proof of the request breaks this rule (RFC 9449 §4.3).
    BadProof(&'static str),
    /// The DPoP proof needs a nonce of ours that is good now (RFC 9449 §9).
    NonceNeeded,
    /// The route takes access tokens alone that are bound to a key, with a proof.
    ProofNeeded,
    /// The caller may not do this.
    Forbidden,
    /// The credential is another tenant's.
    WrongTenant,
    /// The credential lacks a scope.
    ScopeMissing(Vec<String>),
    /// A route that is a protected resource wants a token that it accepts.
    Challenged(Challenge),
    /// The caller's plan is below the route's.
    PlanTooLow {
        /// The caller's plan.
        current: String,
        /// The lowest plan that suffices.
        required: String,
    },
    /// The caller's plan lacks a feature.
    FeatureMissing {
        /// The caller's plan.
        current: String,
        /// The feature.
        feature: String,
    },
    /// The caller has no connection to that service, or none that works.
    ConnectionNeeded {
        /// The service's id.
        provider: String,
        /// Where a program begins to connect it for the person.
        connect: String,
        /// The page on which the person does.
        page: String,
    },
    /// The route passes no WebSocket.
    SocketRefused,
    /// The session must have a second factor.
    MfaRequired,
    /// The person must have proved who they are within this many seconds.
    ReauthenticationRequired {
        /// How many.
        seconds: i64,
    },
    /// The second factor is wrong, used or over.
    WrongCode,
    /// The sign-in that waited for its second factor has ended, or was none.
    ChallengeOver,
    /// There is no such thing here.
    NotFound,
    /// The path exists, the method does not; these do.
    MethodNotAllowed(Vec<String>),
    /// It clashes with what is there.
    Conflict(&'static str),
    /// A mailed link is used, expired, older than another, or was none.
    LinkDead,
    /// The path could be read in two ways.
    AmbiguousPath,
    /// This deployment has forwarded the request before: a route leads back to it.
    Looping,
    /// The caller's assertion would be longer than header fields may be: this many bytes.
    AssertionTooLong(usize),
    /// The database lacks tables or columns that this version needs: its migrations have not run yet.
    Unready,
    /// Storage cannot be asked just now: nothing was decided, or nobody knows whether what was decided was written.
    Unavailable(Outage),
    /// A limit is reached.
    Limited(Verdict),
    /// The person has to connect the service again: it does not renew the token any more.
    NeedsReauthorization,
    /// The service does not renew the token now.
    ProviderUnavailable {
        /// When to ask again, in seconds.
        seconds: i64,
    },
    /// The tenant lets nobody register.
    SignUpClosed,
    /// A sign-in with an identity provider did not come to its end.
    Federation(Federation),
    /// What OAuth and OpenID Connect have a code for, with a sentence for the client's developer.
    OAuth(Code, String),
}

/// Why a sign-in with an identity provider did not come to its end. Providers are named as administrators named them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Federation {
    /// The provider said no, by this error code of its protocol.
    Declined {
        /// Its name.
        provider: String,
        /// The code.
        error: String,
    },
    /// The provider answered what breaks its protocol, or could not be reached.
    Failed {
        /// Its name.
        provider: String,
        /// What was wrong, without anything that it sent.
        why: String,
    },
    /// The provider did not answer in time.
    Late {
        /// Its name.
        provider: String,
    },
    /// What came back is not what this browser began, or was used, or not signed by who it says: the rule that it breaks.
    Forged(&'static str),
    /// The tenant has no such provider that can be used.
    NotConfigured,
    /// An account has the address: its owner proves a local factor first.
    LinkRequired,
    /// People of this mail domain sign in with their organisation's provider.
    SsoRequired {
        /// Where that begins.
        start: String,
    },
    /// The provider told no address.
    NoAddress,
    /// The person has no account, and gets none.
    NoAccount,
    /// The provider's account is none of those that may sign in.
    NotAllowed,
    /// A provider that was to be connected said no, by this error code of its protocol.
    ConnectionDeclined {
        /// Its name.
        provider: String,
        /// The code.
        error: String,
    },
    /// No connection was begun in this session that this is the end of, or it was ended, or begun too long ago.
    ConnectionInvalid,
    /// The person's organisation has a tenant, whose administrators were asked to let them in.
    JoinRequested,
    /// The person has no account, and the deployment makes no trial tenants.
    TrialsClosed,
}

/// What a protected resource says to a caller without a token that it accepts (RFC 9728 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub(crate) why: Unfit,
    /// Whether it takes only tokens that are bound to a key, with a proof (RFC 9449 §7.1).
    pub(crate) dpop: bool,
    /// Where its metadata is.
    pub(crate) metadata: String,
    /// All scopes that its callers need.
    pub(crate) scopes: Vec<String>,
}

/// Why a caller does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Nobody is signed in.
    Missing,
    /// The token is malformed, unknown, expired, revoked, or for somebody else.
    Bad,
    /// The token lacks a scope.
    TooLittle,
}

impl Challenge {
    /// The same where it does not matter that it is a protected resource.
    pub(crate) fn plainly(&self) -> Refusal {
        match self.why {
            Unfit::Missing => Refusal::NoCredential,
            Unfit::Bad => Refusal::BadCredential,
            Unfit::TooLittle => Refusal::ScopeMissing(self.scopes.clone()),
        }
    }
}

/// The conflict over an e-mail address that another account has.
pub(crate) const ADDRESS_TAKEN: Refusal = Refusal::Conflict("the address has an account");

/// The conflict over what a tenant could not be administered after.
pub(crate) const LAST_ADMIN: Refusal = Refusal::Conflict("the tenant would have no active administrator");

/// The conflict over what would leave no administrator a way to sign in, where mail domains are enforced.
pub(crate) const NO_WAY_IN: Refusal = Refusal::Conflict(
    "no administrator could sign in any more: one of them needs a passkey, an identity at the enforced provider, or an \
     address of another domain",
);

/// The conflict with another change of the same thing, on which this one was not decided.
pub(crate) const CHANGED: Refusal = Refusal::Conflict("it was changed at the same moment: please try again");

/// The conflict over a passkey that some account has.
pub(crate) const PASSKEY_TAKEN: Refusal = Refusal::Conflict("this passkey is registered already");

/// The conflict over one more passkey than a user may have.
pub(crate) const TOO_MANY_PASSKEYS: Refusal = Refusal::Conflict("a user has at most 20 passkeys");

/// Why an answer is not the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Told to the caller.
    Refused(Refusal),
    /// Logged with the request's id, shown as a bare 500; an outage of storage as [`Refusal::Unavailable`].
    Broken(Fault),
}

/// Of what was sent; it does not quote it.
impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Refusal {
        Refusal::Malformed(wrong.to_string())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::Broken(fault)
    }
}

/// One invalid field.
pub(crate) fn invalid(field: &'static str, reason: impl Into<Reason>) -> Error {
    Error::Refused(Refusal::Invalid(vec![Problem { field, reason: reason.into() }]))
}

/// A URL or a host name that breaks a rule. Neither is written outside ASCII (RFC 3986 §2, RFC 5890 §2.3.1):
/// who does is told how to instead.
pub(crate) fn invalid_uri(field: &'static str, text: &str, rule: &str) -> Error {
    let in_ascii = "in ASCII: a name outside it as xn--…, what else is in a URL percent-encoded";
    invalid(field, if text.is_ascii() { rule } else { in_ascii })
}

/// Checks that there are not more URLs or host names than that, and that each fits.
///
/// # Errors
/// [`Refusal::Invalid`] with the rule, as [`invalid_uri`] words it.
pub(crate) fn all_fit(
    field: &'static str,
    texts: &[String],
    most: usize,
    rule: &str,
    fits: &dyn Fn(&str) -> bool,
) -> Result<(), Error> {
    if texts.len() > most {
        return Err(invalid(field, rule));
    }
    match texts.iter().find(|text| !fits(text)) {
        Some(wrong) => Err(invalid_uri(field, wrong, rule)),
        None => Ok(()),
    }
}

/// A refusal in OAuth's terms.
pub(crate) fn oauth(code: Code, description: impl Into<String>) -> Error {
    Error::Refused(Refusal::OAuth(code, description.into()))
}
