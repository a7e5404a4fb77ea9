//! Credentials that this isolate remembers, while their tenant's feed says that nothing of them changed.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::feed;
use crate::domain::session::credential::Credential;
use crate::domain::tenants;
use crate::memo::{AsOf, Freshness, Invalidation, MEMORY_SECONDS, Slot};
use crate::model::route::Accepts;
use crate::ports::Fault;

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
    const CAPACITY: usize = 8_000;

    fn is_stale(_: &PresentedCredential, known: &Rc<Credential>, change: Invalidation<'_>) -> bool {
        is_stale(known, change)
    }
}

/// Whom bearer tokens authenticate at the gateway, as the tokens themselves say.
pub(crate) struct CarriedTokens;

impl Slot for CarriedTokens {
    type Key = PresentedCredential;
    type Value = Rc<Credential>;
    const CAPACITY: usize = 8_000;

    fn is_stale(_: &PresentedCredential, known: &Rc<Credential>, change: Invalidation<'_>) -> bool {
        is_stale(known, change)
    }
}

fn is_stale(known: &Credential, change: Invalidation<'_>) -> bool {
    match change {
        Invalidation::User(id) => known.subject.person_id() == Some(id),
        Invalidation::Session(id) => {
            [&known.session_id, &known.grant_id].iter().any(|one| one.as_deref() == Some(id))
        }
        Invalidation::Client(id) => known.client_id.as_deref() == Some(id),
        Invalidation::Key(id) => known.key_id.as_deref() == Some(id),
        Invalidation::Tenant(id) => known.tenant.id == id || known.tenant.directory == id,
        Invalidation::Routes(_) | Invalidation::Templates(_) | Invalidation::Host(_) => false,
    }
}

/// Whether this isolate remembers who any of these stands for.
pub(crate) fn is_remembered(cx: &Cx, bearer: Option<&str>, key: Option<&str>, cookie: Option<&str>) -> bool {
    let all = [(bearer, Accepts::Bearer), (key, Accepts::ApiKey), (cookie, Accepts::Cookie)];
    all.into_iter().any(|(sent, kind)| {
        sent.is_some_and(|sent| {
            let known = peek::<Credentials>(cx, sent, kind).or_else(|| peek::<CarriedTokens>(cx, sent, kind));
            matches!(known, Some((_, true)))
        })
    })
}

/// Whom a credential stood for when that was last known, and whether that is well enough known now.
fn peek<S>(cx: &Cx, presented: &str, kind: Accepts) -> Option<(Rc<Credential>, bool)>
where
    S: Slot<Key = PresentedCredential, Value = Rc<Credential>>,
{
    let (known, under) = cx.memo::<S>().peek(&PresentedCredential(presented.to_owned()), cx.now)?;
    let feed = cx.memory.feed(&known.tenant.id)?;
    let is_it = known.kind == kind && feed.id() == under;
    is_it.then(|| (known, cx.freshness(&feed) != Freshness::Stale))
}

/// Whom a credential stands for, if this isolate remembers that. It is asked what changed first, where that is not known
/// well enough.
pub(crate) async fn recall<S>(
    cx: &Cx,
    presented: &str,
    kind: Accepts,
) -> Result<Option<Rc<Credential>>, Fault>
where
    S: Slot<Key = PresentedCredential, Value = Rc<Credential>>,
{
    let Some((known, is_fresh)) = peek::<S>(cx, presented, kind) else { return Ok(None) };
    feed::refresh(cx, &known.tenant.id).await?;
    if is_fresh {
        return Ok(Some(known));
    }
    Ok(peek::<S>(cx, presented, kind).and_then(|(known, is_fresh)| is_fresh.then_some(known)))
}

/// Remembers whom a credential stands for, as it was looked up since then: until it ends by itself. One whose tenant is
/// known otherwise by now is not.
pub(crate) fn remember<S>(cx: &Cx, as_of: AsOf, presented: &str, credential: Credential) -> Rc<Credential>
where
    S: Slot<Key = PresentedCredential, Value = Rc<Credential>>,
{
    let credential = Rc::new(credential);
    let until = cx.now.plus(MEMORY_SECONDS);
    let until = credential.expires_at.map_or(until, |end| end.min(until));
    let tenant = tenants::recall(cx, &credential.tenant.id);
    let is_current = tenant.is_some_and(|known| Rc::ptr_eq(&known.tenant, &credential.tenant));
    if let Some(feed) = cx.memory.feed_still(as_of, &credential.tenant.id).filter(|_| is_current) {
        let presented = PresentedCredential(presented.to_owned());
        cx.memo::<S>().put_under(&feed, presented, credential.clone(), cx.now, until);
    }
    credential
}
