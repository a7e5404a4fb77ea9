//! Requests of ours to other servers. What a caller can have us ask for is the largest attack surface that there is
//! (server-side request forgery), so it is decided here alone: by who chose the address ([`Reach`]).
//!
//! [`guard`] says which addresses may be asked, [`resolver`] what the DNS says of a name, [`documents`] remembers what
//! was fetched, and [`ourselves`] knows what leads back to us. The port bounds size and time.

pub mod documents;
pub mod guard;
pub(crate) mod ourselves;
mod resolver;

use futures_util::future::join;
use url::Url;

use crate::cx::Cx;
use crate::domain::outbound::ourselves::authority;
use crate::domain::tenants;
use crate::model::host::canonical;
use crate::model::public_address::is_this_machine;
use crate::ports::Fault;
use crate::ports::http::{HttpAnswer, HttpRequest, Reach, Unanswered, Why};

pub(crate) use self::resolver::txt_records;

/// Sends a request to another server, if whoever chose its address may have us ask it.
///
/// # Errors
/// Why there is no answer. An answer with a status that says no, or that leads elsewhere, is one.
pub(crate) async fn send(cx: &Cx, mut request: HttpRequest, reach: Reach) -> Result<HttpAnswer, Unanswered> {
    let url = guard::clear(&request.url, reach, &cx.config)?;
    let host = url.host_str().unwrap_or_default();
    let (is_tenants, resolved) = join(is_tenants_host(cx, &url, reach), resolve(cx, &url, reach)).await;
    let unanswered = |why| Unanswered { host: host.to_owned(), why };
    match is_tenants {
        Ok(false) => resolved?,
        Ok(true) => return Err(unanswered(Why::Barred(guard::rule(reach)))),
        Err(fault) => return Err(unanswered(Why::Broken(fault))),
    }
    // A stranger's name may be another of ours: what comes back to us is refused (RFC 9110 §7.6.3).
    if reach == Reach::Stranger {
        request.headers.push(("via", format!("1.1 {}", cx.config.pseudonym)));
    }
    request.url = url.into();
    cx.http.send(request, reach).await
}

/// Whether an address may be saved as one to ask later: to be asked it is checked again.
pub(crate) async fn may_be_asked(cx: &Cx, uri: &str, reach: Reach) -> Result<bool, Fault> {
    match guard::clear(uri, reach, &cx.config) {
        Ok(url) => Ok(!is_tenants_host(cx, &url, reach).await?),
        Err(_) => Ok(false),
    }
}

/// Whether a tenant is at that host. The operator may have us ask for what is ours.
async fn is_tenants_host(cx: &Cx, url: &Url, reach: Reach) -> Result<bool, Fault> {
    match reach {
        Reach::Operator => Ok(false),
        _ => Ok(tenants::by_host(cx, &canonical(&authority(url))).await?.is_some()),
    }
}

async fn resolve(cx: &Cx, url: &Url, reach: Reach) -> Result<(), Unanswered> {
    match url.host_str() {
        Some(host) if reach == Reach::Stranger && !is_this_machine(url) => resolver::check(cx, host).await,
        _ => Ok(()),
    }
}
