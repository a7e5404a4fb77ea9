//! What an isolate needs of a tenant, read together and remembered together: itself, its keys, routes, roles and plans, and
//! how far its changes are known.

use std::rc::Rc;

use crate::cx::Cx;
use crate::domain::feed::{self, Across, Question};
use crate::domain::tenants::issuer::is_own_host;
use crate::domain::tenants::tenant::{Tenant, from_row};
use crate::memo::{
    ACROSS, AsOf, Feed, HOST_SECONDS, Invalidation, MEMORY_SECONDS, MOST_COVERED, Slot, Snapshot,
};
use crate::model::id::is_tenant_id;
use crate::model::route::RouteTable;
use crate::ports::{Fault, Rows};
use crate::store::keys::KeyRow;
use crate::store::tenancy::{self, Own, STATEMENTS, TenancyRows};
use crate::store::tenant_ref::TenantRef;
use crate::store::tenants::{read_whose, whose};
use crate::store::{self, changes};

/// Tenants by id, and what is needed of them; `None` for one that is suspended.
pub(crate) struct TenancyById;

/// A tenant, with what its requests need.
pub(crate) struct Tenancy {
    pub(crate) tenant: Rc<Tenant>,
    pub(crate) own: Own,
    /// Its signing keys, sealed.
    pub(crate) keys: Vec<KeyRow>,
    /// Its routes with its roles and plans; a fault where one cannot be read.
    pub(crate) routes: Result<Rc<RouteTable>, Fault>,
}

impl Slot for TenancyById {
    type Key = String;
    type Value = Option<Rc<Tenancy>>;
    const CAPACITY: usize = 2_000;

    /// A tenant with many routes or long settings counts as several.
    fn weight(value: &Self::Value) -> usize {
        let Some(tenancy) = value else { return 1 };
        let routes = tenancy.routes.as_ref().map_or(0, |table| table.count());
        1 + routes / 4 + tenancy.tenant.domains.len() / 16
    }

    fn is_stale(id: &String, value: &Self::Value, change: Invalidation<'_>) -> bool {
        let shares = |other: &str| value.as_ref().is_some_and(|known| known.tenant.directory == other);
        match change {
            Invalidation::Tenant(other) => other == id || shares(other),
            Invalidation::Routes(other) | Invalidation::Templates(other) => other == id,
            _ => false,
        }
    }
}

/// Ids that are no tenant's, for seconds: anybody can think of many.
pub(crate) struct NoTenant;

impl Slot for NoTenant {
    type Key = String;
    type Value = ();
    const CAPACITY: usize = 1_000;

    fn is_stale(id: &String, (): &(), change: Invalidation<'_>) -> bool {
        change == Invalidation::Tenant(id)
    }
}

/// Whose a host is; `None` for the deployment's own if it is nobody's.
pub struct TenantByHost;

impl Slot for TenantByHost {
    type Key = String;
    type Value = Option<String>;
    const CAPACITY: usize = 2_000;

    fn is_stale(host: &String, _: &Self::Value, change: Invalidation<'_>) -> bool {
        // A tenant's own change may give it a host.
        matches!(change, Invalidation::Tenant(_)) || change == Invalidation::Host(host)
    }
}

/// Hosts that are nobody's, for seconds.
struct NoHost;

impl Slot for NoHost {
    type Key = String;
    type Value = ();
    const CAPACITY: usize = 1_000;

    fn is_stale(host: &String, (): &(), change: Invalidation<'_>) -> bool {
        matches!(change, Invalidation::Tenant(_)) || change == Invalidation::Host(host)
    }
}

/// What is known of a tenant, while that is new enough; `Some(None)` if it is not there or suspended.
pub(crate) fn recall(cx: &Cx, id: &str) -> Option<Option<Rc<Tenancy>>> {
    cx.recall::<TenancyById, _>(id, id).or_else(|| cx.memo::<NoTenant>().get(id, cx.now).map(|()| None))
}

/// Whether the isolate has heard of an id, as a tenant's or as nobody's.
pub(crate) fn has_seen(cx: &Cx, id: &str) -> bool {
    cx.memo::<TenancyById>().has_seen(id) || cx.memo::<NoTenant>().has_seen(id)
}

/// An active tenant by id: remembered, or read.
pub(crate) async fn by_id(cx: &Cx, id: &str) -> Result<Option<Rc<Tenancy>>, Fault> {
    feed::refresh(cx, id).await?;
    match recall(cx, id) {
        Some(known) => {
            renew(cx, id);
            Ok(known)
        }
        None => read(cx, id).await,
    }
}

/// Reads a tenant anew in the background before what is known of it gets too old, so that nobody waits for that.
fn renew(cx: &Cx, id: &str) {
    let Some(feed) = cx.memory.feed(id) else { return };
    if feed.is_due(cx.now, MEMORY_SECONDS / 2) && feed.begin_asking(cx.now, MEMORY_SECONDS / 10) {
        let (context, id) = (cx.clone(), id.to_owned());
        cx.background.run(Box::pin(async move {
            let done = read(&context, &id).await;
            feed.end_asking();
            if let Err(fault) = done {
                context.log_fault("tenancy", &fault);
            }
        }));
    }
}

/// What tells the changes of a tenant that is read.
enum Changes {
    /// Those after the ones that the isolate has heard of.
    Later(Question),
    /// The latest, of a tenant that it may remember nothing of.
    Lately(Across),
}

async fn read(cx: &Cx, id: &str) -> Result<Option<Rc<Tenancy>>, Fault> {
    let as_of = cx.as_of();
    let tenant = TenantRef::by_id(id);
    let changes = match cx.memory.feed(id) {
        Some(feed) => Changes::Later(Question::begin(cx, id, &feed)),
        None => Changes::Lately(Across::begin(cx)),
    };
    let mut batch = Vec::from(tenancy::ask(&tenant, cx.now));
    match &changes {
        Changes::Later(question) => batch.extend(question.stmts()),
        Changes::Lately(across) => {
            batch.extend(across.stmts());
            batch.push(changes::since(&tenant, feed::covered_since(cx.now), MOST_COVERED));
        }
    }
    let answers = cx.db.run(batch).await?;
    let (rows, told) = answers.split_at_checked(STATEMENTS).ok_or_else(answered_otherwise)?;
    let still = cx.memory.is_still(as_of);
    let found = tenancy::read(rows)?;
    let snapshot = match &changes {
        Changes::Later(question) => question.take(cx, told)?,
        Changes::Lately(across) => take_lately(cx, across, told, found.as_ref())?,
    };
    finish(cx, id, found, still, &snapshot)
}

fn answered_otherwise() -> Fault {
    Fault::new("tenancy", "a batch answered otherwise")
}

/// Takes what changed lately, which is told last, and begins to remember the tenant that was found.
fn take_lately(
    cx: &Cx,
    across: &Across,
    told: &[Rows],
    found: Option<&TenancyRows>,
) -> Result<Snapshot, Fault> {
    let (lately, before) = told.split_last().ok_or_else(answered_otherwise)?;
    let snapshot = across.take(cx, before)?;
    if let Some(found) = found {
        let changes = changes::read(lately)?;
        let id = found.tenant.id.as_str();
        let known = cx.memory.feed(id);
        if known.is_none_or(|feed| !feed::catch_up(cx, &feed, &snapshot, &changes, MOST_COVERED)) {
            feed::begin(cx, id, &snapshot, &changes, MOST_COVERED);
        }
    }
    Ok(snapshot)
}

/// Makes what was read of a tenant, and remembers it unless something newer was heard of meanwhile.
fn finish(
    cx: &Cx,
    id: &str,
    found: Option<TenancyRows>,
    still: bool,
    snapshot: &Snapshot,
) -> Result<Option<Rc<Tenancy>>, Fault> {
    let Some(rows) = found else {
        if is_tenant_id(id) {
            cx.memo::<NoTenant>().put(id.to_owned(), (), cx.now, cx.remember_until());
        }
        return Ok(None);
    };
    let tenancy = match rows.is_active() {
        true => {
            let TenancyRows { tenant, own, keys, routes } = rows;
            let tenant = Rc::new(from_row(cx, tenant)?);
            Some(Rc::new(Tenancy { tenant, own, keys, routes: routes.map(Rc::new) }))
        }
        false => None,
    };
    let is_newest = |feed: &Rc<Feed>| feed.position() <= snapshot.position;
    if let Some(feed) = cx.memory.feed(id).filter(|feed| still && is_newest(feed)) {
        feed.note_load(snapshot.asked_at);
        cx.remember::<TenancyById>(cx.as_of(), id, id.to_owned(), tenancy.clone());
    }
    Ok(tenancy)
}

/// A host that was looked up, with the tenant that the request is for.
pub(crate) struct AtHost {
    /// Whose it is.
    pub(crate) owner: Option<String>,
    /// The tenant that it leads to: its owner, else the other one.
    pub(crate) tenancy: Option<Rc<Tenancy>>,
}

/// Whose a host is, and in the same batch the tenant that it leads to: its owner, but not `not`, else `other`. Of one that
/// is remembered only its changes are asked for.
pub(crate) async fn at_host(cx: &Cx, host: &str, not: Option<&str>, other: &str) -> Result<AtHost, Fault> {
    let as_of = cx.as_of();
    let known = recall(cx, other);
    let tenant = TenantRef::by_host(host, not, known.is_none().then_some(other));
    let across = Across::begin(cx);
    let mut batch = vec![whose(host)];
    batch.extend(tenancy::ask(&tenant, cx.now));
    batch.extend(across.stmts());
    batch.push(changes::since(&tenant, feed::covered_since(cx.now), MOST_COVERED));
    let answers = cx.db.run(batch).await?;
    let (owners, answers) = answers.split_first().ok_or_else(answered_otherwise)?;
    let (rows, told) = answers.split_at_checked(STATEMENTS).ok_or_else(answered_otherwise)?;
    let still = cx.memory.is_still(as_of);
    let owner = read_whose(owners)?;
    let found = tenancy::read(rows)?;
    let snapshot = take_lately(cx, &across, told, found.as_ref())?;
    remember_host(cx, still, &snapshot, host, owner.as_ref());
    let leads_to = owner.as_deref().filter(|owner| not != Some(owner)).unwrap_or(other).to_owned();
    let tenancy = match known {
        Some(known) if leads_to == other => known,
        _ => finish(cx, &leads_to, found, still, &snapshot)?,
    };
    Ok(AtHost { owner, tenancy })
}

/// Remembers whose a host is: for long if it is somebody's or ours, for seconds if anybody may have made it up.
fn remember_host(cx: &Cx, still: bool, snapshot: &Snapshot, host: &str, owner: Option<&String>) {
    let is_newest = |feed: &Rc<Feed>| feed.position() <= snapshot.position;
    if !still || !cx.memory.feed(ACROSS).is_some_and(|feed| is_newest(&feed)) {
        return;
    }
    put_host(cx, cx.as_of(), host, owner);
}

fn put_host(cx: &Cx, as_of: AsOf, host: &str, owner: Option<&String>) {
    if owner.is_some() || is_own_host(cx, host) {
        cx.remember_for::<TenantByHost>(HOST_SECONDS, as_of, ACROSS, host.to_owned(), owner.cloned());
    } else if cx.memory.is_still(as_of) {
        cx.memo::<NoHost>().put(host.to_owned(), (), cx.now, cx.remember_until());
    }
}

/// Whose a host is, as far as that is known well enough; `Some(None)` for nobody's.
pub(crate) fn recall_host(cx: &Cx, host: &str) -> Option<Option<String>> {
    cx.recall::<TenantByHost, _>(ACROSS, host)
        .or_else(|| cx.memo::<NoHost>().get(host, cx.now).map(|()| None))
}

/// Whose a host was when the isolate last heard: where to ask whether it still is.
pub(crate) fn guess_host(cx: &Cx, host: &str) -> Option<Option<String>> {
    cx.memo::<TenantByHost>().get(host, cx.now)
}

/// Whether the isolate has heard of a host.
pub(crate) fn has_seen_host(cx: &Cx, host: &str) -> bool {
    cx.memo::<TenantByHost>().has_seen(host) || cx.memo::<NoHost>().has_seen(host)
}

/// The tenant that a host, in its one spelling, is mapped to.
pub(crate) async fn by_host(cx: &Cx, host: &str) -> Result<Option<String>, Fault> {
    if let Some(known) = recall_host(cx, host) {
        return Ok(known);
    }
    let as_of = cx.as_of();
    let id = store::tenants::id_by_host(cx.db.as_ref(), host).await?;
    put_host(cx, as_of, host, id.as_ref());
    Ok(id)
}
