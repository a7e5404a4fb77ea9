//! What waits for a second factor, as JSON surfaces show it; each in its own spelling of names.

use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::domain::sign_in::challenges::PendingChallenge;
use crate::domain::sign_in::enrolment::Standing;
use crate::ports::Fault;

/// How a surface spells names of more than one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// `expiresIn`.
    Camel,
    /// `expires_in`.
    Snake,
}

impl Names {
    fn of(self, camel: &'static str) -> String {
        match self {
            Names::Camel => camel.to_owned(),
            Names::Snake => camel
                .chars()
                .flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain(c.to_lowercase()))
                .collect(),
        }
    }

    fn object(self, members: Vec<(&'static str, Value)>) -> Map<String, Value> {
        let mut object = Map::new();
        for (name, value) in members {
            object.insert(self.of(name), value);
        }
        object
    }
}

/// That a second factor is needed, and what can be it. `token` is what the surface calls the secret.
pub(crate) fn challenge(
    cx: &Cx,
    waiting: &PendingChallenge,
    names: Names,
    token: &'static str,
) -> Result<Value, Fault> {
    let methods: Vec<&str> = waiting.methods().iter().map(|method| method.name()).collect();
    let mut members = vec![
        ("mfaRequired", true.into()),
        (token, waiting.secret.clone().into()),
        ("methods", json!(methods)),
        ("expiresIn", waiting.expires_in(cx).into()),
    ];
    if let Some(enrolment) = enrolment(cx, waiting, names)? {
        members.push(("enrolment", enrolment.into()));
    }
    Ok(names.object(members).into())
}

/// The authenticator app that is being enrolled, if one is.
pub(crate) fn enrolment(
    cx: &Cx,
    waiting: &PendingChallenge,
    names: Names,
) -> Result<Option<Map<String, Value>>, Fault> {
    let enrolling = waiting.enrolling(cx)?;
    Ok(enrolling.map(|app| {
        let members = [("secret", app.secret), ("otpauthUri", app.uri), ("qrSvg", app.svg)];
        names.object(members.map(|(name, text)| (name, text.into())).to_vec())
    }))
}

/// How a user stands with second factors.
pub(crate) fn standing(standing: &Standing, names: Names) -> Map<String, Value> {
    names.object(vec![
        ("mfaEnabled", standing.enabled.into()),
        ("method", standing.method.as_str().into()),
        ("backupCodesRemaining", standing.backup_codes.into()),
        ("required", standing.required.into()),
    ])
}
