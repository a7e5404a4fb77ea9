//! What the account page lists: the newest five of a kind, or all of them when that is asked for.

use futures_util::future::{join, join5};

use crate::cx::Cx;
use crate::domain::admin::api_keys;
use crate::domain::federation::identities::{self, LinkedIdentity};
use crate::domain::oauth::consents::{self, Consent};
use crate::domain::refusal::Error;
use crate::domain::session::principal::OwnSession;
use crate::domain::session::sessions::{self, SessionSummary};
use crate::domain::sign_in::passkeys::{self, Passkey};
use crate::domain::sign_in::trusted_devices::{self, Device};
use crate::store::Page;
use crate::store::api_keys::ApiKey;

/// How many of a kind are shown at first.
const FIRST: usize = 5;

/// The most that are shown at all.
const MOST: usize = 500;

/// Some of a kind.
pub(super) struct List<T> {
    /// Those that are shown, the newest first.
    pub(crate) items: Vec<T>,
    /// How many there are.
    pub(crate) all: usize,
}

impl<T> List<T> {
    /// Of all of a kind, the first few or the whole of it.
    fn of(mut items: Vec<T>, whole: bool) -> List<T> {
        let all = items.len();
        if !whole {
            items.truncate(FIRST);
        }
        List { items, all }
    }

    /// Whether some are not shown.
    pub(super) fn is_cut(&self) -> bool {
        self.items.len() < self.all
    }
}

/// All that the page lists.
pub(super) struct Lists {
    pub(crate) sessions: List<SessionSummary>,
    pub(crate) trusted: List<Device>,
    pub(crate) passkeys: List<Passkey>,
    pub(crate) apps: List<Consent>,
    pub(crate) keys: List<ApiKey>,
    pub(crate) identities: List<LinkedIdentity>,
}

/// Asks for them side by side; `whole` is the kind of which all are wanted.
pub(super) async fn lists(cx: &Cx, session: &OwnSession, whole: Option<&str>) -> Result<Lists, Error> {
    let page = Page { limit: 100, after: None };
    let user_id = &session.user.id;
    let limit = if whole == Some("sessions") { MOST } else { FIRST };
    let others = join5(
        sessions::newest(cx, session, limit),
        trusted_devices::list(cx, session),
        passkeys::list(cx, session, &page),
        consents::of_user(cx, &session.tenant, user_id),
        api_keys::list(cx, session, &page),
    );
    let linked = identities::list(cx, &session.tenant, user_id, &page);
    let ((sessions, trusted, passkeys, apps, keys), linked) = join(others, linked).await;
    let (sessions, all_sessions) = sessions?;
    let (trusted, mut apps) = (trusted?, apps?);
    let (mut passkeys, mut keys) = (passkeys?.items, keys?.items);
    // Ids sort by time.
    let mut linked = linked?.items;
    passkeys.reverse();
    keys.reverse();
    linked.reverse();
    apps.sort_by_key(|app| std::cmp::Reverse(app.granted_at));
    let is = |kind| whole == Some(kind);
    Ok(Lists {
        sessions: List { items: sessions, all: all_sessions },
        trusted: List::of(trusted, is("trusted")),
        passkeys: List::of(passkeys, is("passkeys")),
        apps: List::of(apps, is("apps")),
        keys: List::of(keys, is("keys")),
        identities: List::of(linked, is("identities")),
    })
}
