//! Credentials that this isolate remembers, each until it may have been revoked.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::session::credential::Credential;
use crate::domain::tenants;
use crate::memo::{Invalidation, Slot};
use crate::model::route::Accepts;

/// A credential as it was presented. It is compared whole and hashed by its end, where every kind of ours is
/// random: nobody can fill the map with others of the same hash, as only valid ones are put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedCredential(pub(crate) String);

impl Hash for PresentedCredential {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.as_bytes().last_chunk::<24>().hash(hasher);
    }
}

/// Whom a credential authenticates, by the credential itself; with the assertions minted for it.
pub struct Credentials;

impl Slot for Credentials {
    type Key = PresentedCredential;
    type Value = Rc<Credential>;
    const CAPACITY: usize = 5_000;

    fn is_stale(_: &PresentedCredential, known: &Rc<Credential>, change: Invalidation<'_>) -> bool {
        match change {
            Invalidation::User(id) => known.user().is_some_and(|user| user.id == id),
            Invalidation::Client(id) => known.client_id.as_deref() == Some(id),
            Invalidation::Key(id) => known.key_id.as_deref() == Some(id),
            Invalidation::Tenant(_) => true,
            Invalidation::Templates(_) => false,
        }
    }
}

/// Whether this isolate remembers who any of these stands for.
pub(crate) fn is_remembered(cx: &Cx, bearer: Option<&str>, key: Option<&str>, cookie: Option<&str>) -> bool {
    let all = [(bearer, Accepts::Bearer), (key, Accepts::ApiKey), (cookie, Accepts::Cookie)];
    all.into_iter().any(|(sent, kind)| sent.is_some_and(|sent| recall(cx, sent, kind).is_some()))
}

pub(crate) fn recall(cx: &Cx, presented: &str, kind: Accepts) -> Option<Rc<Credential>> {
    let known = cx.memo::<Credentials>().get(&PresentedCredential(presented.to_owned()), cx.now)?;
    // What was looked up before its tenant got another issuer is looked up again.
    (known.kind == kind && tenants::is_current(cx, &known.tenant)).then_some(known)
}

pub(crate) fn remember(cx: &Cx, presented: &str, credential: Credential) -> Rc<Credential> {
    let until = cx.remember_until();
    let until = credential.expires_at.map_or(until, |end| end.min(until));
    let credential = Rc::new(credential);
    cx.memo::<Credentials>().put(
        PresentedCredential(presented.to_owned()),
        credential.clone(),
        cx.now,
        until,
    );
    credential
}
