//! Sessions here that began with one at a provider, for signing out at both.

use serde::de::DeserializeOwned;

use crate::model::identity_provider::ProviderSpec;
use crate::model::time::Time;
use crate::ports::{Database, Fault, Row, Stmt};
use crate::store::identities::IdentityKey;
use crate::store::{Columns, one};

/// A live session of somebody who has an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProviderSessionRow<S> {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// What the provider calls the session there.
    pub(crate) session: Option<S>,
}

/// The provider with which a session began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin<S> {
    pub(crate) provider_id: String,
    pub(crate) spec: ProviderSpec,
    /// What the provider calls the session there.
    pub(crate) session: Option<S>,
}

/// The live sessions that began with an identity.
pub(crate) async fn live_of<S: DeserializeOwned>(
    db: &dyn Database,
    key: &IdentityKey,
    now: Time,
) -> Result<Vec<ProviderSessionRow<S>>, Fault> {
    let sql = "SELECT sessions.id, sessions.user_id, provider_session FROM identities
               JOIN sessions ON sessions.identity_id = identities.id
               WHERE identities.tenant_id = ?1 AND provider_id = ?2 AND issuer = ?3 AND subject = ?4
               AND ended_at IS NULL AND expires_at > ?5";
    let mut args: Vec<crate::ports::Arg> =
        [&key.tenant_id, &key.provider_id, &key.issuer, &key.subject].map(Into::into).to_vec();
    args.push(now.0.into());
    let rows = one(db, Stmt::new(sql, args)).await?;
    rows.iter()
        .map(|row| {
            let columns = Columns(row);
            let (id, user_id) = (columns.text("id")?, columns.text("user_id")?);
            Ok(ProviderSessionRow { id, user_id, session: session(row)? })
        })
        .collect()
}

/// The provider of that tenant with which a session began, whether or not it has ended.
pub(crate) async fn origin_of<S: DeserializeOwned>(
    db: &dyn Database,
    tenant_id: &str,
    session_id: &str,
) -> Result<Option<Origin<S>>, Fault> {
    let sql = "SELECT identity_providers.id AS provider_id, spec, provider_session FROM sessions
               JOIN identities ON identities.id = sessions.identity_id
               JOIN identity_providers ON identity_providers.tenant_id = identities.tenant_id
                                       AND identity_providers.id = identities.provider_id
               WHERE sessions.id = ?1 AND identities.tenant_id = ?2";
    let rows = one(db, Stmt::new(sql, vec![session_id.into(), tenant_id.into()])).await?;
    let read = |row: &Row| {
        let columns = Columns(row);
        let (provider_id, spec) = (columns.text("provider_id")?, columns.json("spec")?);
        Ok::<_, Fault>(Origin { provider_id, spec, session: session(row)? })
    };
    rows.first().map(read).transpose()
}

fn session<S: DeserializeOwned>(row: &Row) -> Result<Option<S>, Fault> {
    let columns = Columns(row);
    match columns.maybe_text("provider_session")? {
        Some(_) => columns.json("provider_session").map(Some),
        None => Ok(None),
    }
}
