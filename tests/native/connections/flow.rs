//! A service that people connect, played: what it is asked, and what it answers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use portcullis::store::users::User;
use serde_json::{Value, json};
use url::Url;

use crate::connections::providers::own;
use crate::harness::{Ask, Reply, World, served};

/// A secret that is searched for.
pub const ACCESS: &str = "canary-access";
pub const REFRESH: &str = "canary-refresh";

/// A world with a service that the tenant set up, and a person.
pub struct Flow {
    pub world: World,
    pub ada: User,
    pub token: String,
    /// What the token endpoint was sent, oldest first.
    pub sent: Rc<RefCell<Vec<HashMap<String, String>>>>,
}

/// Members of a form.
pub fn form(text: &str) -> HashMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Flow {
    pub fn new() -> Flow {
        Flow::with(json!({}))
    }

    /// With a provider that is described otherwise.
    pub fn with(other: Value) -> Flow {
        let world = World::new();
        world.post("/auth/providers").bearer(&world.admin()).json(own(other)).send().is(201);
        let ada = world.user("ada@example.com");
        let token = world.session(&ada).access;
        let sent: Rc<RefCell<Vec<HashMap<String, String>>>> = Rc::default();
        let seen = sent.clone();
        world.web.serves("https://crm.example/token", move |request| {
            let asked = form(&request.body);
            let code = asked.get("code").cloned().unwrap_or_default();
            seen.borrow_mut().push(asked);
            if !code.starts_with("good") {
                return Ok(served(400, &[], br#"{"error":"invalid_grant"}"#));
            }
            let answer = json!({
                "access_token": format!("{ACCESS}-{code}"), "refresh_token": format!("{REFRESH}-{code}"),
                "token_type": "Bearer", "expires_in": 3600,
            });
            Ok(served(200, &[("content-type", "application/json")], answer.to_string().as_bytes()))
        });
        world.web.serves_json("https://crm.example/me", json!({ "email": "ada@crm.example" }));
        world.web.serves("https://crm.example/revoke", |_| Ok(served(200, &[], b"")));
        Flow { world, ada, token, sent }
    }

    /// Where the browser is sent.
    pub fn begin_with(&self, token: &str, query: &str) -> Url {
        let path = format!("/auth/connect/crm{query}");
        let begun = self.world.get(&path).bearer(token).send().is(200);
        Url::parse(&begun.str("/authUrl")).unwrap()
    }

    pub fn begin(&self, query: &str) -> Url {
        self.begin_with(&self.token, query)
    }

    /// Posts what came back.
    pub fn post(&self, token: &str, code: &str, state: &str) -> Reply {
        self.ask(token, code, state).send()
    }

    pub fn ask(&self, token: &str, code: &str, state: &str) -> Ask<'_> {
        let body = json!({ "code": code, "state": state });
        self.world.post("/auth/callback").bearer(token).json(body)
    }

    /// Connects in one go.
    pub fn connect(&self, query: &str, code: &str) -> Reply {
        let state = param(&self.begin(query), "state");
        self.post(&self.token, code, &state).is(200)
    }

    /// What is connected.
    pub fn apps(&self) -> Value {
        self.world.get("/auth/connected").bearer(&self.token).send().is(200).json["connectedApps"].clone()
    }

    /// How often the token endpoint was asked.
    pub fn exchanges(&self) -> usize {
        self.sent.borrow().len()
    }
}

/// A parameter of an address.
pub fn param(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}
