//! What the first factor of a sign-in proved.

use std::rc::Rc;

use crate::domain::change::Change;
use crate::domain::tenants::Tenant;
use crate::model::time::Time;
use crate::store;
use crate::store::factors::Factors;
use crate::store::passkeys::PasskeyUse;
use crate::store::sessions::SessionIdentity;
use crate::store::users::User;

/// One whose first factor is proved.
pub struct FirstFactor {
    /// The user's tenant.
    pub tenant: Rc<Tenant>,
    /// The user, who is active and may sign in.
    pub user: User,
    /// How they proved it (RFC 8176).
    pub amr: Vec<&'static str>,
    /// What proved it.
    pub proof: FirstProof,
    /// What else the user has, if that was looked up with them.
    pub(crate) factors: Option<Factors>,
}

impl FirstFactor {
    /// Of a user of whom nothing else was looked up.
    pub fn new(tenant: Rc<Tenant>, user: User, amr: Vec<&'static str>, proof: FirstProof) -> FirstFactor {
        FirstFactor { tenant, user, amr, proof, factors: None }
    }
}

/// What proved a first factor: it is spent by what the sign-in goes on with, or must hold until then.
pub enum FirstProof {
    /// A password that was checked with this hash.
    Password(String),
    /// The same where the hash is stale, with a fresh one of the same password.
    StalePassword {
        /// The hash that it was checked with.
        stale: String,
        /// The one that takes its place.
        fresh: String,
    },
    /// A mailed link, or the code beside it: the link's hash.
    MagicLink(String),
    /// A passkey that was used rightly.
    Passkey(PasskeyUse),
    /// An identity that its provider proved.
    Identity(Box<ProvenIdentity>),
}

/// An identity of a user that its provider proved.
pub struct ProvenIdentity {
    /// The tenant that has the provider.
    pub(crate) tenant_id: String,
    /// What its session is to know of it.
    pub(crate) identity: SessionIdentity,
    /// The address that the provider names now.
    pub(crate) email: Option<String>,
    /// What this sign-in uses up, and until when each could be used.
    pub(crate) once: Vec<(String, Time)>,
}

impl FirstProof {
    /// Spends it in the change that the sign-in goes on with: of many at once, one does.
    pub(crate) fn spend(&self, change: &mut Change<'_>, user: &User, now: Time) {
        match self {
            FirstProof::Password(_) => {}
            // Whichever of several sign-ins comes first replaces it.
            FirstProof::StalePassword { stale, fresh } => {
                change.then(store::users::refresh_password(&user.id, stale, fresh));
            }
            FirstProof::MagicLink(hash) => {
                change.take(store::magic_links::take(hash, now));
            }
            FirstProof::Passkey(used) => {
                change.take_all(store::passkeys::spend(used, now));
            }
            FirstProof::Identity(proven) => {
                let ProvenIdentity { tenant_id, identity, email, once } = proven.as_ref();
                let spent =
                    once.iter().map(|(key, until)| store::federation_used::spend(tenant_id, key, *until));
                change.take_all(spent);
                // It may have been unlinked meanwhile.
                change.take(store::identities::note_use(&identity.id, &user.id, email.as_deref(), now));
            }
        }
    }

    /// The hash of the password that the user must still have: whoever changes the password meanwhile shuts out who
    /// knows the one before.
    pub(crate) fn password_hash(&self) -> Option<&str> {
        match self {
            FirstProof::Password(hash) => Some(hash),
            FirstProof::StalePassword { .. }
            | FirstProof::MagicLink(_)
            | FirstProof::Passkey(_)
            | FirstProof::Identity(_) => None,
        }
    }

    /// The provider that proved it, if one did.
    pub(crate) fn provider_id(&self) -> Option<&str> {
        self.identity().map(|identity| identity.provider_id.as_str())
    }

    /// The identity that it is, for the session that comes of it.
    pub(crate) fn identity(&self) -> Option<&SessionIdentity> {
        match self {
            FirstProof::Identity(proven) => Some(&proven.identity),
            FirstProof::Password(_)
            | FirstProof::StalePassword { .. }
            | FirstProof::MagicLink(_)
            | FirstProof::Passkey(_) => None,
        }
    }
}
