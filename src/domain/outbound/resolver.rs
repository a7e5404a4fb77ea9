//! What the DNS says of a name, asked by DNS over HTTPS (RFC 8484's sibling in JSON, which Cloudflare and Google answer):
//! where a stranger's name leads, before it is asked, and the TXT records by which a domain's owner proves it.
//!
//! The addresses are a second line of defence: the platform resolves the name once more when it connects, so a name can lead elsewhere by
//! then. What carries the rule are the names that [`guard`](crate::domain::outbound::guard) lets pass and the platform, which
//! connects to public addresses alone (`global_fetch_strictly_public` in wrangler.toml).

use std::net::IpAddr;

use futures_util::future::join;
use serde::Deserialize;

use crate::cx::Cx;
use crate::memo::Slot;
use crate::model::json;
use crate::model::public_address::is_public;
use crate::ports::http::{HttpRequest, Reach, Unanswered, Why};

/// How long an isolate remembers where a name leads, in seconds.
const REMEMBERED: i64 = 60;

/// The most bytes that a resolver answers.
const MOST_BYTES: usize = 16_384;

/// What was found of names.
pub(crate) struct WhereNamesLead;

impl Slot for WhereNamesLead {
    type Key = String;
    type Value = Result<(), Why>;
    const CAPACITY: usize = 500;
}

#[derive(Deserialize)]
struct Said {
    /// RFC 1035 §4.1.1, RCODE.
    #[serde(rename = "Status")]
    status: u32,
    #[serde(rename = "Answer", default)]
    answer: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "type")]
    kind: u32,
    data: String,
}

/// The type of records that are text (RFC 1035 §3.2.2).
const TXT: u32 = 16;

/// The types of records that are addresses (RFC 1035 §3.2.2, RFC 3596 §2.1), with their names.
const TYPES: [(u32, &str); 2] = [(1, "A"), (28, "AAAA")];

/// Checks that a name leads to public addresses alone, where the deployment has a resolver.
///
/// # Errors
/// [`Why::Private`], [`Why::Unknown`]; [`Why::Unresolved`] if the resolver does not say it.
pub(crate) async fn check(cx: &Cx, host: &str) -> Result<(), Unanswered> {
    let Some(resolver) = &cx.config.resolver else { return Ok(()) };
    let memo = cx.memo::<WhereNamesLead>();
    let found = match memo.get(host, cx.now) {
        Some(known) => known,
        None => {
            let found = look_up(cx, resolver, host).await;
            memo.put(host.to_owned(), found.clone(), cx.now, cx.now.plus(REMEMBERED));
            found
        }
    };
    found.map_err(|why| Unanswered { host: host.to_owned(), why })
}

async fn look_up(cx: &Cx, resolver: &str, host: &str) -> Result<(), Why> {
    let [v4, v6] = TYPES;
    let (v4, v6) = join(addresses(cx, resolver, host, v4), addresses(cx, resolver, host, v6)).await;
    let all = [v4?, v6?].concat();
    match all.is_empty() {
        true => Err(Why::Unknown),
        false if all.into_iter().all(is_public) => Ok(()),
        false => Err(Why::Private),
    }
}

/// The addresses of one type that a name has, by way of whatever other names.
async fn addresses(
    cx: &Cx,
    resolver: &str,
    host: &str,
    (kind, name): (u32, &str),
) -> Result<Vec<IpAddr>, Why> {
    let records = records(cx, resolver, host, (kind, name)).await?;
    records.iter().map(|data| data.parse().map_err(|_| Why::Unresolved)).collect()
}

/// The TXT records of a name (RFC 1035 §3.3.14), each as one text; `None` where the deployment has no resolver. They are
/// asked for anew each time.
///
/// # Errors
/// [`Why::Unresolved`] if the resolver does not say it.
pub(crate) async fn txt_records(cx: &Cx, name: &str) -> Result<Option<Vec<String>>, Unanswered> {
    let Some(resolver) = &cx.config.resolver else { return Ok(None) };
    match records(cx, resolver, name, (TXT, "TXT")).await {
        Ok(records) => Ok(Some(records.iter().map(|data| joined(data)).collect())),
        Err(why) => Err(Unanswered { host: name.to_owned(), why }),
    }
}

/// A record's strings in one (RFC 7208 §3.3), which are quoted as in a zone file (RFC 1035 §5.1) or not at all.
fn joined(data: &str) -> String {
    data.trim().trim_matches('"').split("\" \"").collect()
}

/// The data of a name's records of one type, by way of whatever other names.
async fn records(cx: &Cx, resolver: &str, host: &str, (kind, name): (u32, &str)) -> Result<Vec<String>, Why> {
    let url = format!("{resolver}?name={host}&type={name}");
    let request = HttpRequest::get(url, "application/dns-json", MOST_BYTES);
    let answer = cx.http.send(request, Reach::Operator).await.map_err(|_| Why::Unresolved)?;
    let said: Said = match answer.status {
        200 => {
            let said = json::parse(&answer.body).map_err(|_| Why::Unresolved)?;
            json::read(said).map_err(|_| Why::Unresolved)?
        }
        _ => return Err(Why::Unresolved),
    };
    match said.status {
        0 => {}
        // There is no such name.
        3 => return Ok(Vec::new()),
        _ => return Err(Why::Unresolved),
    }
    Ok(said.answer.into_iter().filter(|record| record.kind == kind).map(|record| record.data).collect())
}
