//! The text of a refresh token: `base64url(key id ‖ session ‖ generation ‖ secret ‖ MAC ‖ tenant)`.
//!
//! The MAC (HMAC-SHA-256) is over all the rest, under a key of the tenant's that follows from `SEAL_KEY`: what is forged or
//! changed is told from what we made without the database. The secret is the session's, since it began or its last step-up,
//! and the database has its hash alone: neither the deployment's key nor the database makes a token, nor do both.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::crypto::secret::{base64url, hmac, same, stored};
use crate::cx::Cx;
use crate::domain::kept_keys;
use crate::memo::{Invalidation, Slot};
use crate::model::id::{is_tenant_id, uuid_bytes, uuid_text};
use crate::ports::Fault;
use crate::store;
use crate::store::sessions::NewRefreshToken;

/// What the MAC's key is derived for, from the key of a tenant that is kept when `SEAL_KEY` is replaced.
const LABEL: &[u8] = b"refresh-tokens";

/// The longest text that can be one: of a tenant whose id has 40 characters.
const LONGEST: usize = 152;

/// A refresh token that we made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) tenant_id: String,
    pub(crate) session_id: String,
    /// How often the session was refreshed before.
    pub(crate) generation: u32,
    secret: [u8; 16],
}

impl RefreshToken {
    /// The first of a session, or the first since a step-up, whose generation the database says then.
    pub(crate) fn new(cx: &Cx, tenant_id: &str, session_id: &str) -> RefreshToken {
        let (tenant_id, session_id) = (tenant_id.to_owned(), session_id.to_owned());
        RefreshToken { tenant_id, session_id, generation: 0, secret: cx.random() }
    }

    /// The same secret at another generation.
    pub(crate) fn at(&self, generation: i64) -> Result<RefreshToken, Fault> {
        let generation = u32::try_from(generation).map_err(|error| Fault::new("refresh token", error))?;
        Ok(RefreshToken { generation, ..self.clone() })
    }

    /// The token that this one is spent for; none after 4 billion.
    pub(crate) fn successor(&self) -> Option<RefreshToken> {
        Some(RefreshToken { generation: self.generation.checked_add(1)?, ..self.clone() })
    }

    /// What is stored of its secret.
    pub(crate) fn hash(&self) -> String {
        stored(&base64url(&self.secret))
    }

    /// What a session knows of it.
    pub(crate) fn to_store(&self, cx: &Cx) -> Result<NewRefreshToken, Fault> {
        Ok(NewRefreshToken { hash: self.hash(), key_id: current_key(cx, &self.tenant_id)? })
    }

    /// Its text, with a MAC under the key of that id, or the current one where that key is gone.
    pub(crate) fn to_text(&self, cx: &Cx, key_id: &str) -> Result<String, Fault> {
        let sealer = cx.sealer(&self.tenant_id, kept_keys::KEPT)?;
        let (key_id, key) = match sealer.mac_under(key_id, LABEL) {
            Some(key) => (key_id, key),
            None => (sealer.key_id(), sealer.mac(LABEL)),
        };
        let bad = || Fault::new("refresh token", "an id that is none");
        let mut bytes = URL_SAFE_NO_PAD.decode(key_id).map_err(|_| bad())?;
        bytes.extend(uuid_bytes(&self.session_id).ok_or_else(bad)?);
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(self.secret);
        let mac = mac(&key, &bytes, &self.tenant_id);
        bytes.extend(mac);
        bytes.extend(self.tenant_id.as_bytes());
        Ok(base64url(&bytes))
    }
}

/// The id of the key that new tokens of a tenant have their MAC under.
pub(crate) fn current_key(cx: &Cx, tenant_id: &str) -> Result<String, Fault> {
    Ok(cx.sealer(tenant_id, kept_keys::KEPT)?.key_id().to_owned())
}

fn mac(key: &[u8; 32], named: &[u8], tenant_id: &str) -> [u8; 32] {
    hmac(key, &[named, tenant_id.as_bytes()].concat())
}

/// Reads a token. `None` for what we did not make: that is known without the database, but for one that names a key of before
/// the deployment's last rotation, which this isolate may have to look up first.
pub(crate) async fn read(cx: &Cx, text: &str) -> Result<Option<RefreshToken>, Fault> {
    let Some(presented) = Presented::parse(text) else { return Ok(None) };
    let Presented { key_id, named, mac: said, token } = &presented;
    let known = cx.sealer(&token.tenant_id, kept_keys::KEPT)?.mac_under(key_id, LABEL);
    let key = match known {
        Some(key) => key,
        None => match kept_key(cx, &token.tenant_id, key_id).await? {
            Some(kept) => hmac(&kept, LABEL),
            None => return Ok(None),
        },
    };
    let is_ours = same(&mac(&key, named, &token.tenant_id), said);
    Ok(is_ours.then_some(presented.token))
}

/// What a text says, whoever made it.
struct Presented {
    key_id: String,
    /// What stands before the MAC.
    named: Vec<u8>,
    mac: [u8; 32],
    token: RefreshToken,
}

impl Presented {
    fn parse(text: &str) -> Option<Presented> {
        let bytes = if text.len() <= LONGEST { URL_SAFE_NO_PAD.decode(text).ok()? } else { return None };
        let (key_id, rest) = bytes.split_first_chunk::<6>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (secret, rest) = rest.split_first_chunk::<16>()?;
        let (mac, tenant) = rest.split_first_chunk::<32>()?;
        let tenant_id = std::str::from_utf8(tenant).ok().filter(|id| is_tenant_id(id))?.to_owned();
        let token = RefreshToken {
            tenant_id,
            session_id: uuid_text(session),
            generation: u32::from_be_bytes(*generation),
            secret: *secret,
        };
        let named = [&key_id[..], session, generation, secret].concat();
        Some(Presented { key_id: base64url(key_id), named, mac: *mac, token })
    }
}

/// Keys of before a rotation, by tenant and id; `None` remembers that there is none.
pub(crate) struct KeptKey;

impl Slot for KeptKey {
    type Key = String;
    type Value = Option<Rc<Zeroizing<[u8; 32]>>>;
    const CAPACITY: usize = 1_000;

    fn is_stale(key: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        matches!(change, Invalidation::Tenant(id) if key.split_once('/').is_some_and(|(of, _)| of == id))
    }
}

async fn kept_key(cx: &Cx, tenant_id: &str, key_id: &str) -> Result<Option<Rc<Zeroizing<[u8; 32]>>>, Fault> {
    let name = format!("{tenant_id}/{key_id}");
    if let Some(known) = cx.memo::<KeptKey>().get(&name, cx.now) {
        return Ok(known);
    }
    let sealed = store::kept_keys::by_id(cx.db.as_ref(), tenant_id, key_id).await?;
    let open = |sealed: String| kept_keys::open(cx, tenant_id, key_id, &sealed).map(Rc::new);
    let kept = sealed.map(open).transpose()?;
    cx.memo::<KeptKey>().put(name, kept.clone(), cx.now, cx.remember_until());
    Ok(kept)
}
