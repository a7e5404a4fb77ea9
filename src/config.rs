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
    /// What stands for this deployment in `Via` (RFC 9110 §7.6.3): no host name, which has no `_`.
    pub pseudonym: String,
    /// How the deployment runs.
    pub mode: Mode,
    /// The key that seals private keys at rest, 32 bytes.
    pub seal_key: Zeroizing<[u8; 32]>,
    /// What `X-System-Secret` must say to skip limits, outside production.
    pub system_secret: Option<Zeroizing<String>>,
    /// What `POST /setup` must say.
    pub setup_token: Option<Zeroizing<String>>,
    /// The transport for mail.
    pub mail: MailTransport,
    /// The sender's address.
    pub mail_from: String,
    /// How late an isolate may see a revocation, in seconds; 0 checks every request.
    pub revocation_seconds: i64,
}

impl Config {
    /// Parses the deployment's vars and secrets; `var` answers one by name.
    ///
    /// # Errors
    /// A [`Fault`] that names the variable that is missing or malformed, never its value.
    pub fn parse(var: impl Fn(&str) -> Option<String>) -> Result<Config, Fault> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let need = |name: &str| var(name).ok_or_else(|| Fault::new("config", format!("{name} is not set")));
        let mode = match var("MODE").as_deref() {
            Some("local") => Mode::Local,
            Some("testing") => Mode::Testing,
            Some("production") | None => Mode::Production,
            Some(_) => return Err(Fault::new("config", "MODE is local, testing or production")),
        };
        let mail = match var("MAIL_TRANSPORT").as_deref() {
            Some("outbox") if mode != Mode::Production => MailTransport::Outbox,
            Some("outbox") => {
                return Err(Fault::new("config", "MAIL_TRANSPORT outbox needs MODE local or testing"));
            }
            Some("resend") => MailTransport::Resend {
                url: var("RESEND_URL").unwrap_or_else(|| "https://api.resend.com/emails".into()),
                api_key: need("RESEND_API_KEY")?.into(),
            },
            Some("cloudflare") => MailTransport::Binding,
            None if mode == Mode::Local => MailTransport::Outbox,
            _ => return Err(Fault::new("config", "MAIL_TRANSPORT is outbox, resend or cloudflare")),
        };
        let origin = origin(&need("ORIGIN")?)?;
        Ok(Config {
            pseudonym: pseudonym(&origin),
            origin,
            mode,
            seal_key: seal_key(&Zeroizing::new(need("SEAL_KEY")?))?,
            system_secret: var("SYSTEM_SECRET").map(Zeroizing::new),
            setup_token: var("SETUP_TOKEN").map(Zeroizing::new),
            mail,
            mail_from: var("MAIL_FROM").unwrap_or_else(|| "Portcullis <no-reply@localhost>".into()),
            revocation_seconds: match var("REVOCATION_SECONDS") {
                None => 5,
                Some(text) => text
                    .parse()
                    .ok()
                    .filter(|seconds| (0..=60).contains(seconds))
                    .ok_or_else(|| Fault::new("config", "REVOCATION_SECONDS is 0 to 60"))?,
            },
        })
    }
}

fn origin(text: &str) -> Result<String, Fault> {
    let rule =
        "ORIGIN is a scheme, host and port in ASCII, as https://auth.example.com; other names as xn--…";
    let bad = || Fault::new("config", rule);
    let url = url::Url::parse(text).map_err(|_| bad())?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    // `Url` would encode a name outside ASCII.
    if !matches!(url.scheme(), "http" | "https") || !bare || !text.is_ascii() {
        return Err(bad());
    }
    Ok(url.origin().ascii_serialization())
}

fn pseudonym(origin: &str) -> String {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' };
    format!("portcullis_{}", authority.chars().map(plain).collect::<String>())
}

fn seal_key(text: &str) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let bad = || Fault::new("config", "SEAL_KEY is 32 bytes in unpadded base64url");
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| bad())?))
}
