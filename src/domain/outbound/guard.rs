//! Which addresses we ask, by who chose them. Pure: it sees the address alone.
//!
//! | | operator | administrator | stranger |
//! |---|---|---|---|
//! | scheme | `https`; `http` to this machine in local mode | the same | `https`; the other with `LOOPBACK_STRANGERS` alone |
//! | host | any | a name of the public DNS, not ours | the same, in the one spelling |
//! | port | any | any | 443 |

use url::{Host, Url};

use crate::config::{Config, Mode};
use crate::domain::outbound::ourselves::is_own_origin;
use crate::model::public_address::{is_own_host, is_public_name, is_this_machine, public_host};
use crate::model::web_uri::host_of;
use crate::ports::http::{Reach, Unanswered, Why};

/// What an operator's address is to be.
const OPERATORS: &str = "https without user and password";

/// What an administrator's address is to be.
pub(crate) const ADMINISTRATORS: &str = "https at a public DNS name: no address literal, no name of a private network, \
                                         no user or password, and not ours";

/// What a stranger's address is to be.
pub(crate) const STRANGERS: &str = "https on port 443 at a public DNS name: no address literal, no name of a private \
                                    network, no user, password or fragment, and not ours";

/// The URL to ask, if whoever chose it may have us ask it. What is asked is what was decided on, not the text.
///
/// # Errors
/// [`Why::Barred`] with the rule.
pub fn clear(text: &str, reach: Reach, config: &Config) -> Result<Url, Unanswered> {
    let barred = |rule| Unanswered { host: host_of(text).unwrap_or_default(), why: Why::Barred(rule) };
    let url = Url::parse(text).map_err(|_| barred(rule(reach)))?;
    let plain = url.username().is_empty() && url.password().is_none();
    let fits = match reach {
        Reach::Operator => url.scheme() == "https" && url.host().is_some(),
        Reach::Administrator => url.scheme() == "https" && is_public_host(&url),
        Reach::Stranger => public_host(text).is_some(),
    };
    let is_ours = reach != Reach::Operator && is_ours(&url, config);
    if plain && !is_ours && (fits || is_local(&url, text, reach, config)) {
        Ok(url)
    } else {
        Err(barred(rule(reach)))
    }
}

/// The rule in words.
pub(crate) fn rule(reach: Reach) -> &'static str {
    match reach {
        Reach::Operator => OPERATORS,
        Reach::Administrator => ADMINISTRATORS,
        Reach::Stranger => STRANGERS,
    }
}

fn is_public_host(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name))
}

/// Whether it is a server of the machine that a local deployment runs on, which a developer has there.
fn is_local(url: &Url, text: &str, reach: Reach, config: &Config) -> bool {
    let allowed = match reach {
        Reach::Operator | Reach::Administrator => config.mode == Mode::Local,
        Reach::Stranger => config.loopback_strangers && !text.contains('#'),
    };
    allowed && matches!(url.scheme(), "http" | "https") && is_this_machine(url)
}

/// Whether it is the deployment's own host, one below it, or on `workers.dev` one of the same account. A server beside
/// ours on the same machine has another port.
pub(crate) fn is_ours(url: &Url, config: &Config) -> bool {
    if is_own_origin(&config.origin, url) {
        return true;
    }
    let own = Url::parse(&config.origin).ok();
    let own = own.as_ref().filter(|own| !is_this_machine(own)).and_then(Url::host_str);
    let host = url.host_str().map(|host| host.strip_suffix('.').unwrap_or(host));
    own.zip(host).is_some_and(|(own, host)| is_own_host(host, own))
}
