//! The deployment's configuration, parsed once per isolate from vars and secrets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ports::Fault;

/// How the deployment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `npm start`: the outbox is readable, limits can be skipped with the system secret.
    Local,
    /// A deployed test system: limits can be skipped with the system secret.
    Testing,
    /// Everything else.
    Production,
}

/// Which transport carries mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTransport {
    /// Kept in the database, readable at `/dev/outbox` in local mode.
    Outbox,
    /// Resend's HTTP API, or one of its shape.
    Resend {
        /// The endpoint that takes the mail.
        url: String,
        /// Its bearer key.
        api_key: Zeroizing<String>,
    },
    /// The platform's `send_email` binding, named `SEND_EMAIL`.
    Binding,
}

/// The parsed configuration. `docs/deploy.md` lists the names.
pub struct Config {
    /// Scheme, host and port that links, issuers and redirects carry, without a trailing slash.
    pub origin: String,
    /// The console's own host, in its one spelling, if it has one: no gateway route and no page of a tenant is there.
    pub(crate) console_host: Option<String>,
    /// What stands for this deployment in `Via` (RFC 9110 §7.6.3): no host name, which has no `_`.
    pub(crate) pseudonym: String,
    /// How the deployment runs.
    pub mode: Mode,
    /// The key that seals secrets at rest, 32 bytes.
    pub(crate) seal_key: Zeroizing<[u8; 32]>,
    /// Another one that opens what it sealed as well, while the key is being replaced.
    pub(crate) seal_key_previous: Option<Zeroizing<[u8; 32]>>,
    /// What `X-System-Secret` must say to skip limits, outside production.
    pub system_secret: Option<Zeroizing<String>>,
    /// What `POST /setup` must say.
    pub setup_token: Option<Zeroizing<String>>,
    /// The transport for mail.
    pub mail: MailTransport,
    /// The sender's address.
    pub mail_from: String,
    /// Where it is asked by DNS over HTTPS what a name that a stranger says leads to; nowhere where there is none.
    pub(crate) resolver: Option<String>,
    /// Whether strangers may have this machine's own servers asked: in local mode, for tests.
    pub(crate) loopback_strangers: bool,
    /// How late an isolate may see a revocation, in seconds; 0 checks every request.
    pub revocation_seconds: i64,
    /// Whether a first sign-in with Google or Microsoft makes a trial tenant.
    pub(crate) trials: bool,
    /// The share of requests that the log has a line of, from 0 to 1.
    pub log_sample: f64,
}

/// A setting or binding that is missing or malformed. It says what is needed, never what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The setting's or binding's name.
    pub name: &'static str,
    /// What it must be.
    pub(crate) needed: &'static str,
}

/// All that keeps a deployment from serving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfigured(pub Vec<Problem>);

impl Unconfigured {
    /// Every problem in one sentence.
    pub fn sentence(&self) -> String {
        let each: Vec<String> =
            self.0.iter().map(|Problem { name, needed }| format!("{name} must be {needed}")).collect();
        each.join("; ")
    }
}

impl From<Unconfigured> for Fault {
    fn from(unconfigured: Unconfigured) -> Fault {
        Fault::new("config", unconfigured.sentence())
    }
}

/// Without these nothing can be served.
const BINDINGS: [Problem; 4] = [
    Problem { name: "DB", needed: "bound to the D1 database" },
    Problem { name: "COUNTER", needed: "bound to the Durable Object class Counter" },
    Problem { name: "REFRESHER", needed: "bound to the Durable Object class Refresher" },
    Problem { name: "ASSETS", needed: "bound to the static files" },
];

impl Config {
    /// Parses the deployment's vars and secrets: `var` answers one by name, `is_bound` whether a binding is there.
    ///
    /// # Errors
    /// Everything that is missing or malformed, so that it can be set in one go.
    pub fn parse(
        var: impl Fn(&str) -> Option<String>,
        is_bound: impl Fn(&str) -> bool,
    ) -> Result<Config, Unconfigured> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let mut problems: Vec<Problem> =
            BINDINGS.into_iter().filter(|binding| !is_bound(binding.name)).collect();
        let mut refuse = |name, needed| problems.push(Problem { name, needed });

        let mode = match var("MODE").as_deref() {
            Some("local") => Mode::Local,
            Some("testing") => Mode::Testing,
            Some("production") | None => Mode::Production,
            Some(_) => {
                refuse("MODE", "local, testing or production");
                Mode::Production
            }
        };
        let origin = var("ORIGIN").and_then(|text| origin(&text));
        if origin.is_none() {
            refuse("ORIGIN", ORIGIN_RULE);
        }
        let console_host =
            var("CONSOLE_HOST").map(|text| console_host(&text, origin.as_deref().unwrap_or_default()));
        if console_host == Some(None) {
            refuse("CONSOLE_HOST", "a host of its own with its port if it has one, as console.example.com");
        }
        let seal_key = var("SEAL_KEY").and_then(|text| seal_key(&Zeroizing::new(text)));
        if seal_key.is_none() {
            refuse("SEAL_KEY", SEAL_KEY_RULE);
        }
        let previous = var("SEAL_KEY_PREVIOUS").map(|text| self::seal_key(&Zeroizing::new(text)));
        if previous == Some(None) {
            refuse("SEAL_KEY_PREVIOUS", SEAL_KEY_RULE);
        }
        // The same key twice is one.
        let seal_key_previous = previous.flatten().filter(|previous| Some(previous) != seal_key.as_ref());
        let mail = match var("MAIL_TRANSPORT").as_deref() {
            Some("outbox") if mode != Mode::Production => Some(MailTransport::Outbox),
            None if mode == Mode::Local => Some(MailTransport::Outbox),
            Some("resend") => {
                let api_key = var("RESEND_API_KEY").map(Zeroizing::new);
                if api_key.is_none() {
                    refuse("RESEND_API_KEY", "the key of the mail API, as MAIL_TRANSPORT is resend");
                }
                let url = var("RESEND_URL").unwrap_or_else(|| "https://api.resend.com/emails".into());
                api_key.map(|api_key| MailTransport::Resend { url, api_key })
            }
            Some("cloudflare") => {
                if !is_bound("SEND_EMAIL") {
                    refuse("SEND_EMAIL", "bound to send_email, as MAIL_TRANSPORT is cloudflare");
                }
                Some(MailTransport::Binding)
            }
            Some("outbox") => {
                refuse("MAIL_TRANSPORT", "resend or cloudflare: outbox is for MODE local and testing");
                None
            }
            _ => {
                refuse("MAIL_TRANSPORT", "resend or cloudflare, or outbox where MODE is local or testing");
                None
            }
        };
        let mail_from = var("MAIL_FROM");
        if mail_from.is_none() && mode == Mode::Production {
            refuse("MAIL_FROM", "the sender of mail, as Portcullis <no-reply@example.com>");
        }
        let revocation_seconds = match var("REVOCATION_SECONDS") {
            None => Some(5),
            Some(text) => text.parse().ok().filter(|seconds| (0..=60).contains(seconds)),
        };
        if revocation_seconds.is_none() {
            refuse("REVOCATION_SECONDS", "a number from 0 to 60");
        }
        let resolver = match var("RESOLVER_URL").as_deref() {
            Some("off") => None,
            None => (mode != Mode::Local).then(|| RESOLVER.to_owned()),
            Some(text) => Some(text.to_owned()),
        };
        if resolver.as_deref().is_some_and(|text| !is_resolver(text, mode)) {
            refuse("RESOLVER_URL", "a resolver of DNS over HTTPS that answers JSON, or off");
        }
        let trials = match var("TRIALS").as_deref() {
            None => mode == Mode::Local,
            Some("on") => true,
            Some("off") => false,
            Some(_) => {
                refuse("TRIALS", "on or off");
                false
            }
        };
        let log_sample = var("LOG_SAMPLE").map_or(Some(0.0), |text| share(&text));
        if log_sample.is_none() {
            refuse("LOG_SAMPLE", "a number from 0 to 1, as 0.01");
        }
        let (Some(origin), Some(seal_key), Some(mail), Some(revocation_seconds), Some(log_sample), true) =
            (origin, seal_key, mail, revocation_seconds, log_sample, problems.is_empty())
        else {
            return Err(Unconfigured(problems));
        };
        Ok(Config {
            console_host: console_host.flatten(),
            pseudonym: pseudonym(&origin),
            origin,
            mode,
            seal_key,
            seal_key_previous,
            system_secret: var("SYSTEM_SECRET").map(Zeroizing::new),
            setup_token: var("SETUP_TOKEN").map(Zeroizing::new),
            mail,
            mail_from: mail_from.unwrap_or_else(|| "Portcullis <no-reply@localhost>".into()),
            resolver,
            loopback_strangers: mode == Mode::Local
                && var("LOOPBACK_STRANGERS").as_deref() == Some("allowed"),
            revocation_seconds,
            trials,
            log_sample,
        })
    }
}

impl Config {
    /// The scheme and host that the console has of its own, if it has any.
    pub(crate) fn console_origin(&self) -> Option<String> {
        let scheme = self.origin.split_once("://").map_or("https", |(scheme, _)| scheme);
        self.console_host.as_ref().map(|host| format!("{scheme}://{host}"))
    }
}

/// A share from 0 to 1, in decimal notation.
fn share(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|share| is_decimal && (0.0..=1.0).contains(share))
}

/// Who is asked unless `RESOLVER_URL` says otherwise.
const RESOLVER: &str = "https://cloudflare-dns.com/dns-query";

/// Whether the text can be asked with a query behind it.
fn is_resolver(text: &str, mode: Mode) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && mode == Mode::Local);
    scheme && url.username().is_empty() && url.query().is_none() && url.fragment().is_none()
}

const SEAL_KEY_RULE: &str = "32 random bytes in unpadded base64url";

const ORIGIN_RULE: &str =
    "a scheme, host and port in ASCII, as https://auth.example.com; other names as xn--…";

fn origin(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    // `Url` would encode a name outside ASCII.
    let good = matches!(url.scheme(), "http" | "https") && bare && text.is_ascii();
    good.then(|| url.origin().ascii_serialization())
}

/// A host with its port, in one spelling, that is not the origin's.
fn console_host(text: &str, own: &str) -> Option<String> {
    let scheme = own.split_once("://").map_or("https", |(scheme, _)| scheme);
    let found = origin(&format!("{scheme}://{text}"))?;
    let (_, host) = found.split_once("://")?;
    // A path, a user or a scheme in it would have been lost on the way.
    let plain =
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']'));
    (plain && found != own && !host.ends_with('.')).then(|| host.to_owned())
}

fn pseudonym(origin: &str) -> String {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' };
    format!("portcullis_{}", authority.chars().map(plain).collect::<String>())
}

fn seal_key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}
