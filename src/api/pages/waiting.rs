//! The authorization request that a page's `request` stands for.

use crate::cx::Cx;
use crate::domain::federation::begin::Demand;
use crate::domain::oauth::authorize;
use crate::domain::tenants::Tenant;
use crate::oidc::request::Prompt;
use crate::ports::Fault;
use crate::store::clients::Client;

/// A request of a client that waits for its user, as pages see it.
pub(super) struct Asked {
    /// What pages carry it by.
    pub(crate) id: String,
    /// The client's name.
    pub(crate) client: String,
    /// What the client says of itself.
    pub(crate) about: About,
    /// The scopes that its user agrees to.
    pub(crate) scopes: Vec<String>,
    /// Whether nobody here vouches for the client and the browser goes on to a program of the user's own machine.
    pub(crate) unproven: bool,
    /// What else than the issuer its tokens are for.
    pub(crate) resources: Vec<String>,
    /// The address that the client thinks the user has.
    pub(crate) login_hint: Option<String>,
    /// How recent the sign-in has to be, for who signs in elsewhere.
    pub(crate) demand: Demand,
    /// The languages that the client thinks the user speaks.
    pub(crate) ui_locales: Vec<String>,
    /// Where the browser goes when its user is signed in, a path of ours.
    pub(crate) resume: String,
    /// Where that leads in the end: an origin or a scheme.
    pub(crate) form_action: String,
}

/// What a client says of itself.
pub(super) struct About {
    /// Its logo, if an administrator made the client: nobody vouches for another's, and its server would
    /// learn who looks at the page.
    pub(crate) logo: Option<String>,
    /// The host of the document that describes it, if one does.
    pub(crate) document: Option<String>,
    /// A page about the client.
    pub(crate) site: Option<String>,
    /// Its privacy policy.
    pub(crate) policy: Option<String>,
    pub(crate) terms: Option<String>,
}

impl About {
    /// Of web addresses, what it says.
    pub(super) fn of(client: &Client) -> About {
        let web = |uri: &Option<String>| uri.clone().filter(|uri| uri.starts_with("https://"));
        let said = &client.metadata;
        let vouched_for = client.registration_hash.is_none();
        About {
            logo: web(&said.logo_uri).filter(|_| vouched_for),
            document: client.document.as_ref().and_then(|document| host_of(&document.url)),
            site: web(&said.client_uri),
            policy: web(&said.policy_uri),
            terms: web(&said.tos_uri),
        }
    }
}

fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    rest.split('/').next().map(str::to_owned)
}

/// The request of that id; `None` if there is none, or it has ended.
pub(super) async fn find(cx: &Cx, tenant: &Tenant, id: &str) -> Result<Option<Asked>, Fault> {
    let waiting = authorize::pending_authorization(cx, tenant, id).await?;
    Ok(waiting.map(|waiting| Asked {
        resume: waiting.resume(tenant),
        form_action: waiting.form_action(),
        client: waiting.client.shown_name(),
        about: About::of(&waiting.client),
        scopes: waiting.request.scopes_to_agree_to(&waiting.client.metadata),
        unproven: waiting.client.registration_hash.is_some() && waiting.stays_on_the_machine(),
        resources: waiting.resources,
        demand: Demand {
            anew: waiting.request.asks(Prompt::Login),
            choose: waiting.request.asks(Prompt::SelectAccount),
            max_age: waiting.request.max_age,
        },
        login_hint: waiting.request.login_hint,
        ui_locales: waiting.request.ui_locales,
        id: waiting.id,
    }))
}
