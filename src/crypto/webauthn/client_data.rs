//! Client data (§5.8.1): what the browser says of a ceremony.

use serde_json::Value;

use crate::crypto::webauthn::wrong::{Expected, Wrong};
use crate::model::json;

/// Checks the client data of a ceremony of that type (§7.1 steps 5 to 11, §7.2 steps 8 to 14).
pub(super) fn check(bytes: &[u8], kind: &str, expected: &Expected<'_>) -> Result<(), Wrong> {
    let data = json::parse(bytes).map_err(|_| Wrong::Shape)?;
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    if text("type") != Some(kind) {
        return Err(Wrong::Type);
    }
    if text("challenge") != Some(expected.challenge) {
        return Err(Wrong::Challenge);
    }
    if !text("origin").is_some_and(|origin| expected.origins.iter().any(|allowed| allowed == origin)) {
        return Err(Wrong::Origin);
    }
    // No page of ours may be framed, so none asks from within a frame of another origin.
    if data.get("crossOrigin").is_some_and(|cross| cross != &Value::Bool(false))
        || data.get("topOrigin").is_some()
    {
        return Err(Wrong::CrossOrigin);
    }
    Ok(())
}
