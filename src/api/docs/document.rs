//! The document's assembly.

use serde_json::{Map, Value, json};

use crate::api::docs::chapter::Chapter;
use crate::api::docs::common::{parameters, schemes};
use crate::api::docs::operation::{Operation, invalid, limited, token_refusals};
use crate::api::docs::schema::text;
use crate::api::wording::word;
use crate::cx::Cx;
use crate::domain::refusal::Refusal;
use crate::http::body::LARGE;
use crate::http::guard::{Guard, Run};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::table::{Limit, Route, Surface, Table};
use crate::model::headers::Headers;
use crate::model::scope::{MAKE_API_KEYS, VAULT_OF, VAULT_READ};
use crate::ports::Outage;

const ABOUT: &str = "An authentication gateway. Each surface has its own shapes of success and failure; \
    every path that none of them owns belongs to the gateway's route table and is answered by an origin.\n\n\
    A path of this document answers 405 with `Allow` to a method that it does not have, in the shape of its \
    surface. `HEAD` is `GET` without the body. Browsers that navigate get errors as pages on every surface.\n\n\
    Try it out: sign in with `POST /api/auth/login`, and put `accessToken` into *Authorize*.";

/// The rows that are not documented, and what is documented without a row.
pub fn differences(chapters: &[Chapter], table: &Table) -> Vec<String> {
    let documented = |surface: &str, route: &Route| operation_of(chapters, surface, route).is_some();
    let mut found = Vec::new();
    for surface in table.surfaces() {
        for route in surface.routes.iter().filter(|route| !documented(surface.name, route)) {
            found.push(format!("{} {} is not in src/api/{}/docs.rs", route.method, route.path, surface.name));
        }
    }
    for chapter in chapters {
        let surface = table.surfaces().iter().find(|surface| surface.name == chapter.surface);
        let routes = surface.map(|surface| surface.routes.as_slice()).unwrap_or_default();
        for operation in &chapter.operations {
            for path in &operation.paths {
                if !routes.iter().any(|route| route.method == operation.method && route.path == *path) {
                    found
                        .push(format!("{} {path} is not in the {} table", operation.method, chapter.surface));
                }
            }
        }
    }
    found
}

fn operation_of<'c>(chapters: &'c [Chapter], surface: &str, route: &Route) -> Option<&'c Operation> {
    let chapter = chapters.iter().find(|chapter| chapter.surface == surface)?;
    chapter.operations.iter().find(|one| one.method == route.method && one.paths.contains(&route.path))
}

/// The document. `cx` is what surfaces word their refusals with.
pub fn document(cx: &Cx, chapters: &[Chapter], table: &Table) -> Value {
    let mut paths = Map::new();
    let mut parts = Parts::default();
    for surface in table.surfaces() {
        let Some(chapter) = chapters.iter().find(|chapter| chapter.surface == surface.name) else { continue };
        for route in &surface.routes {
            let Some(operation) = operation_of(chapters, surface.name, route) else { continue };
            let said = Row { cx, surface, chapter, route, operation }.describe(&mut parts);
            let path = route.path.replace("{*", "{");
            if let Value::Object(methods) = paths.entry(path).or_insert_with(|| json!({})) {
                methods.insert(route.method.to_ascii_lowercase(), said);
            }
        }
    }
    let tags: Vec<Value> =
        chapters.iter().map(|one| json!({ "name": one.surface, "description": one.about })).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Portcullis", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "MIT or Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "this deployment" }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": parts.schemas, "responses": parts.responses, "parameters": parameters(),
            "securitySchemes": schemes(),
        },
    })
}

/// What operations share.
#[derive(Default)]
struct Parts {
    schemas: Map<String, Value>,
    responses: Map<String, Value>,
}

struct Row<'a> {
    cx: &'a Cx,
    surface: &'a Surface,
    chapter: &'a Chapter,
    route: &'a Route,
    operation: &'a Operation,
}

impl Row<'_> {
    fn describe(&self, parts: &mut Parts) -> Value {
        let (operation, route) = (self.operation, self.route);
        let mut responses = self.successes(parts);
        for (status, refusals) in self.refusals() {
            // A status that is also a success keeps the success's shape.
            responses.entry(status.to_string()).or_insert_with(|| self.refusal(status, &refusals, parts));
        }
        if !matches!(route.run, Run::Asset) {
            responses.insert("500".into(), self.describe_fault(parts));
        }
        let mut said = json!({
            "tags": [self.surface.name], "operationId": operation_id(route), "summary": operation.summary,
            "security": self.security(), "responses": responses,
        });
        let Some(members) = said.as_object_mut() else { return said };
        let about: Vec<String> = operation
            .about
            .map(str::to_owned)
            .into_iter()
            .chain(who(route.run.guard()))
            .chain(limit(route.limit))
            .collect();
        if !about.is_empty() {
            members.insert("description".into(), about.join("\n\n").into());
        }
        let parameters = self.parameters();
        if !parameters.is_empty() {
            members.insert("parameters".into(), parameters.into());
        }
        if !operation.body.is_empty() {
            let content: Map<String, Value> = operation
                .body
                .iter()
                .map(|(media, schema)| ((*media).to_owned(), json!({ "schema": schema })))
                .collect();
            let body = json!({ "required": operation.body_required, "content": content });
            members.insert("requestBody".into(), body);
        }
        said
    }

    fn parameters(&self) -> Vec<Value> {
        let mut all: Vec<Value> = segments(self.route.path)
            .map(|name| match name {
                "tenant" => json!({ "$ref": "#/components/parameters/tenant" }),
                _ => json!({ "name": name, "in": "path", "required": true, "schema": text() }),
            })
            .collect();
        if matches!(self.route.run, Run::Call(_)) && !self.route.path.contains("{tenant}") {
            all.push(json!({ "$ref": "#/components/parameters/tenantHeader" }));
        }
        all.extend(self.operation.query.iter().cloned());
        all
    }

    fn security(&self) -> Value {
        let bearer = json!({ "bearer": [] });
        let any_of: Vec<Value> = match (self.operation.credentials, self.route.run.guard()) {
            (Some(names), _) => names.iter().map(|name| json!({ *name: [] })).chain([json!({})]).collect(),
            (None, Guard::Open) => Vec::new(),
            (None, Guard::Session | Guard::OwnSession | Guard::KeyMaker) => vec![bearer],
            (None, Guard::Admin | Guard::CredentialAdmin | Guard::VaultReader) => {
                vec![bearer, json!({ "apiKey": [] })]
            }
            (None, Guard::Operator) => vec![bearer],
            (None, Guard::Client) => vec![json!({ "client": [] }), json!({})],
        };
        any_of.into()
    }

    fn successes(&self, parts: &mut Parts) -> Map<String, Value> {
        let mut all = Map::new();
        for success in &self.operation.successes {
            let mut said = json!({ "description": success.about });
            let Some(members) = said.as_object_mut() else { continue };
            let mut content = Map::new();
            for (media, named) in &success.content {
                let named = named.clone().of_surface(self.surface.name);
                parts.schemas.extend(named.parts);
                content.insert((*media).to_owned(), json!({ "schema": named.schema }));
            }
            if !content.is_empty() {
                members.insert("content".into(), content.into());
            }
            let headers: Map<String, Value> = success
                .headers
                .iter()
                .map(|(name, what)| ((*name).to_owned(), json!({ "description": what, "schema": text() })))
                .collect();
            if !headers.is_empty() {
                members.insert("headers".into(), headers.into());
            }
            all.insert(success.status.to_string(), said);
        }
        all
    }

    /// Everything that the row may refuse for, by status.
    fn refusals(&self) -> Vec<(u16, Vec<Refusal>)> {
        let mut all = self.operation.refusals.clone();
        all.extend(by_guard(self.route.run.guard()));
        all.push(Refusal::Looping);
        if matches!(self.route.run, Run::Call(_)) {
            all.extend([Refusal::Unready, Refusal::Unavailable(Outage::AnswerLost)]);
            // The tenant, or what the last segment names.
            all.push(Refusal::NotFound);
            // Whoever presents too much that is nobody's.
            all.push(limited());
        }
        if !self.operation.body.is_empty() {
            all.extend([invalid(), Refusal::Malformed("the body is not valid JSON".into())]);
            all.extend([Refusal::UnsupportedMediaType, Refusal::TooLarge(LARGE)]);
        }
        let mut by_status: Vec<(u16, Vec<Refusal>)> = Vec::new();
        for refusal in all {
            let status = self.word_refusal(&refusal).status;
            match by_status.iter_mut().find(|(one, _)| *one == status) {
                Some((_, others)) if others.contains(&refusal) => {}
                Some((_, others)) => others.push(refusal),
                None => by_status.push((status, vec![refusal])),
            }
        }
        by_status
    }

    /// A refusal in the surface's own words.
    fn word_refusal(&self, refusal: &Refusal) -> Response {
        let request = Request {
            method: self.route.method.into(),
            host: "localhost".into(),
            path: self.route.path.into(),
            query: String::new(),
            headers: Headers::default(),
            body: Box::new(Vec::new()),
        };
        (self.surface.word_refusal)(self.cx, &request, refusal)
    }

    fn refusal(&self, status: u16, refusals: &[Refusal], parts: &mut Parts) -> Value {
        let mut answers: Vec<(String, String, Response)> = Vec::new();
        for refusal in refusals {
            let worded = word(refusal);
            let code = match refusal {
                Refusal::OAuth(code, _) => code.name(),
                _ => worded.code,
            };
            let answer = self.word_refusal(refusal);
            if !answers.iter().any(|(name, sentence, _)| name == code && *sentence == worded.sentence) {
                answers.push((code.to_owned(), worded.sentence, answer));
            }
        }
        self.share_response(status, &answers, parts)
    }

    fn describe_fault(&self, parts: &mut Parts) -> Value {
        let answer = (self.surface.word_fault)(self.cx, "0190b2a4-0000-7000-8000-000000000000");
        let answers = [(
            "INTERNAL_ERROR".into(),
            "A fault of this deployment; the answer has the request's id.".into(),
            answer,
        )];
        self.share_response(500, &answers, parts)
    }

    /// A response that stands among the components, named after what it says.
    fn share_response(
        &self,
        status: u16,
        answers: &[(String, String, Response)],
        parts: &mut Parts,
    ) -> Value {
        let mut codes: Vec<&str> = Vec::new();
        for (code, _, _) in answers {
            if !codes.contains(&code.as_str()) {
                codes.push(code);
            }
        }
        let response = self.response(answers, parts);
        let mut name = format!("{}.{status}.{}", self.surface.name, codes.join("."));
        // Another sentence under the same code.
        while parts.responses.get(&name).is_some_and(|known| *known != response) {
            name.push('_');
        }
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        parts.responses.insert(name, response);
        reference
    }

    fn response(&self, answers: &[(String, String, Response)], parts: &mut Parts) -> Value {
        let said: Vec<String> =
            answers.iter().map(|(code, sentence, _)| format!("`{code}`: {sentence}")).collect();
        let (mut content, mut headers, mut examples) = (Map::new(), Map::new(), Map::new());
        for (code, _, answer) in answers {
            for (name, _) in answer.headers.iter().filter(|(name, _)| !UNTOLD.contains(name)) {
                headers.insert((*name).to_owned(), json!({ "schema": text() }));
            }
            if let Ok(body) = serde_json::from_str::<Value>(&answer.body) {
                let mut name = code.clone();
                while examples.contains_key(&name) {
                    name.push('\'');
                }
                examples.insert(name, json!({ "value": body }));
            }
        }
        let failure = self.chapter.failure.clone().of_surface(self.surface.name);
        // What a browser that navigates is shown.
        content.insert("text/html".into(), json!({ "schema": text() }));
        for (_, _, answer) in answers {
            let media = media_type(answer);
            if media.ends_with("json") {
                parts.schemas.extend(failure.parts.clone());
                content.insert(media, json!({ "schema": failure.schema, "examples": examples }));
            }
        }
        let mut response = json!({ "description": said.join("\n\n"), "content": content });
        if let (false, Some(members)) = (headers.is_empty(), response.as_object_mut()) {
            members.insert("headers".into(), headers.into());
        }
        response
    }
}

/// Header fields that answers have whatever they say.
const UNTOLD: [&str; 2] = ["content-type", "content-security-policy"];

fn media_type(answer: &Response) -> String {
    let whole = answer.header("content-type").unwrap_or_default();
    whole.split(';').next().unwrap_or_default().trim().to_owned()
}

fn who(guard: Guard) -> Option<String> {
    match guard {
        Guard::Open => None,
        Guard::Session => Some("For a signed-in user.".into()),
        Guard::OwnSession => Some("For a user in a session of their own.".into()),
        Guard::KeyMaker => Some(format!(
            "For a user in a session of their own, or a client whose grant has `{MAKE_API_KEYS}`."
        )),
        Guard::VaultReader => Some(format!(
            "For a user in a session of their own, or a key or client with the scope `{VAULT_READ}`, or `{VAULT_OF}` and the provider's id."
        )),
        Guard::CredentialAdmin => Some("For an administrator, not through a client.".into()),
        Guard::Admin => Some("For an administrator of the tenant.".into()),
        Guard::Operator => Some("For the deployment's operator.".into()),
        Guard::Client => Some("For a client that authenticates by its registered method.".into()),
    }
}

fn limit(limit: Limit) -> Option<String> {
    match limit {
        Limit::None | Limit::FromMemory => None,
        Limit::PerAddress { requests, seconds } => {
            Some(format!("At most {requests} requests in {seconds} s from one address."))
        }
    }
}

fn by_guard(guard: Guard) -> Vec<Refusal> {
    let session = token_refusals().into_iter().chain([Refusal::ScopeMissing(vec!["write".into()])]);
    match guard {
        Guard::Open | Guard::Client => Vec::new(),
        Guard::Session => session.collect(),
        _ => session.chain([Refusal::Forbidden]).collect(),
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|one| one.strip_prefix('{')?.strip_suffix('}'))
        .map(|one| one.trim_matches('*'))
}

/// `postApiAuthLogin`: the method and the path's words.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.to_ascii_lowercase();
    for word in route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    if route.path.ends_with('/') {
        id.push_str("Index");
    }
    id
}
