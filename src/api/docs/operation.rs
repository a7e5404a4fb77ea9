//! What is said of one row of a route table.

use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::docs::schema::{self, Named, text};
use crate::domain::refusal::{Federation, Problem, Refusal};
use crate::oidc::error::Code;
use crate::ports::Verdict;

/// An answer that is no refusal.
pub(super) struct Success {
    pub(crate) status: u16,
    pub(crate) about: &'static str,
    /// By media type.
    pub(crate) content: Vec<(&'static str, Named)>,
    /// Header fields and what they say.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// What is said of a row: all but its guard and limit, which stand in the row itself, and the refusals that
/// those bring.
pub(crate) struct Operation {
    pub(super) method: &'static str,
    pub(super) paths: Vec<&'static str>,
    pub(super) summary: &'static str,
    pub(super) about: Option<&'static str>,
    pub(super) query: Vec<Value>,
    pub(super) body: Vec<(&'static str, Value)>,
    pub(super) body_required: bool,
    pub(super) successes: Vec<Success>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) credentials: Option<&'static [&'static str]>,
}

/// A row, by its method and path.
pub(crate) fn op(method: &'static str, path: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        paths: vec![path],
        summary,
        about: None,
        query: Vec::new(),
        body: Vec::new(),
        body_required: true,
        successes: Vec::new(),
        refusals: Vec::new(),
        credentials: None,
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const HTML: &str = "text/html";

impl Operation {
    /// The same at another path.
    pub(crate) fn also(mut self, path: &'static str) -> Operation {
        self.paths.push(path);
        self
    }

    /// More than the summary says.
    pub(crate) fn about(mut self, text: &'static str) -> Operation {
        self.about = Some(text);
        self
    }

    /// A query parameter of that type; `what` says what it is.
    pub(crate) fn query<T: ToSchema>(self, name: &'static str, what: &'static str) -> Operation {
        self.parameter::<T>(name, what, false)
    }

    /// Query parameters of text: the members of that type.
    pub(crate) fn query_of<T: ToSchema>(mut self) -> Operation {
        let parameter = |(name, what)| json!({ "name": name, "in": "query", "required": false, "description": what, "schema": text() });
        self.query.extend(schema::members::<T>().into_iter().map(parameter));
        self
    }

    /// A query parameter that must be there.
    pub(crate) fn needs_query<T: ToSchema>(self, name: &'static str, what: &'static str) -> Operation {
        self.parameter::<T>(name, what, true).refuses([invalid()])
    }

    fn parameter<T: ToSchema>(mut self, name: &'static str, what: &'static str, must: bool) -> Operation {
        self.query.push(json!({
            "name": name, "in": "query", "required": must, "description": what, "schema": schema::request::<T>(),
        }));
        self
    }

    /// A list's `limit` and `cursor`.
    pub(crate) fn paged(mut self) -> Operation {
        self.query.push(json!({
            "name": "limit", "in": "query", "required": false, "description": "how many items",
            "schema": { "type": "integer", "minimum": 1, "maximum": 100, "default": 50 },
        }));
        self.query.push(json!({
            "name": "cursor", "in": "query", "required": false,
            "description": "`nextCursor` of the page before",
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9-]*$", "maxLength": 64 },
        }));
        self.refuses([invalid()])
    }

    /// Reads JSON of that type.
    pub(crate) fn json<T: ToSchema>(mut self) -> Operation {
        self.body.push((JSON, schema::request::<T>()));
        self.refuses([invalid(), Refusal::UnsupportedMediaType, Refusal::TooLarge(crate::http::body::LARGE)])
    }

    /// Reads JSON of that type, or nothing at all.
    pub(crate) fn maybe_json<T: ToSchema>(mut self) -> Operation {
        self.body_required = false;
        self.json::<T>()
    }

    /// Reads a form.
    pub(crate) fn form<T: ToSchema>(mut self) -> Operation {
        self.body.push((FORM, schema::request::<T>()));
        self.refuses([invalid(), Refusal::UnsupportedMediaType, Refusal::TooLarge(crate::http::body::SMALL)])
    }

    /// A member of the body that is null is as good as absent.
    pub(crate) fn null_is_absent(mut self) -> Operation {
        for (_, schema) in &mut self.body {
            let Some(Value::Object(properties)) = schema.get_mut("properties") else { continue };
            for property in properties.values_mut() {
                *property = json!({ "anyOf": [property.take(), { "type": "null" }] });
            }
        }
        self
    }

    /// The form says as well which client sends it, if `Authorization` does not.
    pub(crate) fn for_client(mut self) -> Operation {
        let says = json!({
            "client_id": { "type": "string" },
            "client_secret": { "type": "string", "description": "`client_secret_post`" },
            "client_assertion_type": {
                "type": "string", "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            },
            "client_assertion": { "type": "string", "description": "`private_key_jwt`" },
        });
        for (_, schema) in &mut self.body {
            if let (Some(Value::Object(properties)), Value::Object(says)) =
                (schema.get_mut("properties"), says.clone())
            {
                properties.extend(says);
            }
        }
        self.fails([Code::InvalidClient, Code::InvalidRequest])
    }

    /// May refuse with these codes of OAuth.
    pub(crate) fn fails(self, codes: impl IntoIterator<Item = Code>) -> Operation {
        let refusal = |code| Refusal::OAuth(code, "What is wrong, for the client's developer.".into());
        self.refuses(codes.into_iter().map(refusal))
    }

    /// A required member of the body has a second name.
    pub(crate) fn alias(mut self, member: &str, other: &str) -> Operation {
        for (_, schema) in &mut self.body {
            let Some(members) = schema.as_object_mut() else { continue };
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                let same = properties.get(member).cloned().unwrap_or_default();
                properties.insert(other.to_owned(), same);
            }
            if let Some(Value::Array(required)) = members.get_mut("required") {
                required.retain(|one| one != member);
            }
            let either = json!([{ "required": [member] }, { "required": [other] }]);
            members.insert("anyOf".into(), either);
        }
        self
    }

    /// The body may be left out, because the query can carry what it says.
    pub(crate) fn or_in_the_query(mut self) -> Operation {
        self.body_required = false;
        self
    }

    /// Answers JSON of that type.
    pub(crate) fn answers<T: ToSchema>(self, status: u16, about: &'static str) -> Operation {
        self.success(status, about, JSON, schema::answer::<T>())
    }

    /// Answers JSON of that schema.
    pub(crate) fn answers_with(self, status: u16, about: &'static str, schema: Named) -> Operation {
        self.success(status, about, JSON, schema)
    }

    /// Answers a page.
    pub(crate) fn page(self, status: u16, about: &'static str) -> Operation {
        self.text(status, about, HTML)
    }

    /// Answers text of that media type.
    pub(crate) fn text(self, status: u16, about: &'static str, media: &'static str) -> Operation {
        self.success(status, about, media, Named { schema: text(), parts: Default::default() })
    }

    /// Answers no body.
    pub(crate) fn nothing(mut self, status: u16, about: &'static str) -> Operation {
        self.successes.push(Success { status, about, content: Vec::new(), headers: Vec::new() });
        self
    }

    fn success(mut self, status: u16, about: &'static str, media: &'static str, schema: Named) -> Operation {
        match self.successes.iter_mut().find(|success| success.status == status) {
            Some(success) => success.content.push((media, schema)),
            None => self.successes.push(Success {
                status,
                about,
                content: vec![(media, schema)],
                headers: Vec::new(),
            }),
        }
        self
    }

    /// The last answer has that header field.
    pub(crate) fn sets(mut self, name: &'static str, what: &'static str) -> Operation {
        if let Some(last) = self.successes.last_mut() {
            last.headers.push((name, what));
        }
        self
    }

    /// May refuse for these reasons, beside those of its guard, its limit and its body.
    pub(crate) fn refuses(mut self, refusals: impl IntoIterator<Item = Refusal>) -> Operation {
        self.refusals.extend(refusals);
        self
    }

    /// Is open to all, but reads one of these credentials (names of security schemes).
    pub(crate) fn reads(mut self, credentials: &'static [&'static str]) -> Operation {
        self.credentials = Some(credentials);
        self
    }
}

/// A field that is wrong.
pub(super) fn invalid() -> Refusal {
    Refusal::Invalid(vec![Problem { field: "field", reason: "what it must be".into() }])
}

/// An access token that is missing, or not good here.
pub(crate) fn token_refusals() -> [Refusal; 5] {
    [
        Refusal::NoCredential,
        Refusal::BadCredential,
        Refusal::BadProof("its htu is not the request's address"),
        Refusal::NonceNeeded,
        Refusal::WrongTenant,
    ]
}

/// A limit that is reached.
pub(crate) fn limited() -> Refusal {
    Refusal::Limited(Verdict { admitted: false, first_refusal: false, limit: 5, remaining: 0, reset: 60 })
}

/// A clash with what is there.
pub(crate) fn conflict() -> Refusal {
    Refusal::Conflict("it clashes with what is there")
}

/// An address whose people sign in with their organisation's provider.
pub(crate) fn sso_required() -> Refusal {
    Refusal::Federation(Federation::SsoRequired { start: "https://auth.example/tenant/acme/sso/okta".into() })
}

/// A user who did not sign in lately enough.
pub(crate) fn reauthentication() -> Refusal {
    Refusal::ReauthenticationRequired { seconds: 600 }
}
