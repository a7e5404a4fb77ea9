//! Telling clients that a user was signed out (OpenID Connect Back-Channel Logout 1.0).
//!
//! What is owed is written in the batch that ends the session, so a crash loses nothing. It is tried right
//! after the answer, and again by cron with growing delays until the client takes it or a day has passed.

use crate::crypto::jws::Validity;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::delivery::{self, AT_ONCE, Outcome};
use crate::domain::{keys, outbound, public_uris, tenants};
use crate::oidc::logout_token::{LogoutToken, SECONDS, TYP, events};
use crate::ports::http::{HttpRequest, Why};
use crate::ports::{Fault, Stmt};
use crate::store;
use crate::store::logout_deliveries::{Delays, Delivery, done};

/// After a minute, then twice as long each time, at most four hours.
const DELAYS: Delays = Delays { first: 60_000, longest: 4 * 3_600_000 };
/// How long it is tried, in seconds.
const TRIED_FOR: i64 = 86_400;
/// Rounds in one run of cron.
const ROUNDS: usize = 5;

/// Tells, after the answer, the clients of one user whose sessions have just ended.
pub(crate) fn notify_clients_in_background(cx: &Cx, user_id: &str) {
    let (context, user_id) = (cx.clone(), user_id.to_owned());
    cx.background.run(Box::pin(async move {
        if let Err(fault) = rounds(&context, Some(&user_id)).await {
            context.log_fault("backchannel.failed", &fault);
        }
    }));
}

/// The cron's part: everything that is due.
pub(crate) async fn deliver_due(cx: &Cx) -> Result<(), Fault> {
    rounds(cx, None).await
}

async fn rounds(cx: &Cx, user_id: Option<&str>) -> Result<(), Fault> {
    for _ in 0..ROUNDS {
        let db = cx.db.as_ref();
        let leased = store::logout_deliveries::take_due(db, user_id, &DELAYS, AT_ONCE, cx.now).await?;
        if leased.is_empty() {
            break;
        }
        let settle = async |delivery: &Delivery, outcome| Ok(settle(cx, delivery, outcome));
        delivery::round(cx, &leased, async |delivery| deliver(cx, delivery).await, settle).await?;
    }
    Ok(())
}

/// What is written of a try: the log knows each that failed, and what has expired is owed no more.
fn settle(cx: &Cx, delivery: &Delivery, outcome: Outcome) -> Vec<Stmt> {
    let (over, problem) = match outcome {
        Outcome::Taken => (true, None),
        Outcome::Refused(problem) => (true, Some(format!("{problem}, for good"))),
        Outcome::NotNow(problem) if delivery.next_at >= delivery.created_at.plus(TRIED_FOR) => {
            (true, Some(format!("{problem}, given up after {} tries", delivery.attempts)))
        }
        Outcome::NotNow(problem) => (false, Some(format!("{problem}, try {}", delivery.attempts))),
    };
    let event = problem.map(|problem| {
        let said = format!("session {}: {problem}", delivery.session_id);
        let entry = Entry::failed("backchannel.failed").by("system").on(&delivery.client_id);
        audit::row(cx, &delivery.tenant_id, entry.saying(said))
    });
    over.then(|| done(&delivery.id)).into_iter().chain(event).collect()
}

async fn deliver(cx: &Cx, delivery: &Delivery) -> Outcome {
    let Some(uri) = &delivery.uri else { return Outcome::Taken };
    let token = match token(cx, delivery).await {
        Ok(Some(token)) => token,
        Ok(None) => return Outcome::NotNow("the tenant is suspended".into()),
        Err(fault) => return Outcome::NotNow(fault.0),
    };
    let request = HttpRequest::post_form(uri, format!("logout_token={token}"));
    match outbound::send(cx, request, public_uris::reach_of(delivery.registered_itself)).await {
        Ok(answer) => match answer.status {
            // §2.8: 200; some frameworks make 204 of it.
            200 | 204 => Outcome::Taken,
            400 => Outcome::Refused("the client answered 400".into()),
            status => Outcome::NotNow(format!("the client answered {status}")),
        },
        // What was saved before the rule, or has become a host of ours, is not asked later either.
        Err(unanswered) if matches!(unanswered.why, Why::Barred(_) | Why::Private) => {
            Outcome::Refused(unanswered.to_string())
        }
        Err(unanswered) => Outcome::NotNow(unanswered.to_string()),
    }
}

/// A fresh logout token: one that was sent before may be over.
async fn token(cx: &Cx, delivery: &Delivery) -> Result<Option<String>, Fault> {
    let Some(tenant) = tenants::by_id(cx, &delivery.tenant_id).await? else { return Ok(None) };
    let claims = LogoutToken {
        iss: &tenant.issuer,
        aud: &delivery.audience,
        sub: &delivery.user_id,
        sid: &delivery.session_id,
        jti: &cx.id(),
        events: events(),
    };
    let validity = Validity { from: cx.now, until: cx.now.plus(SECONDS) };
    let keys = keys::for_alg(cx, &tenant.id, delivery.alg).await?;
    keys.sign_with(cx, delivery.alg, TYP, validity, &claims).await.map(Some)
}
