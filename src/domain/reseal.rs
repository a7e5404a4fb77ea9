//! Sealing anew, a page at a time, what is sealed under another key than the current one: while `SEAL_KEY` is being
//! replaced, and until nothing needs the previous key any more.
//!
//! It goes on beside live traffic: a value is replaced only where the one that was opened still stands, and what is
//! written meanwhile is under the current key already. Wherever it stops, a new beginning goes on with what is left.

use crate::crypto::seal;
use crate::cx::Cx;
use crate::domain::audit::{self, Entry};
use crate::domain::providers::secrets;
use crate::domain::refusal::{Error, invalid};
use crate::domain::saml::own_keys;
use crate::domain::sign_in::app_secrets;
use crate::domain::tenants::HOME;
use crate::domain::vault;
use crate::domain::vault::connect::verifier_row;
use crate::domain::vault::sealing::{self, Column, SEALED_AS};
use crate::domain::{kept_keys, keys, mailing};
use crate::ports::{Fault, Row, Rows};
use crate::store::reseal::{Replacement, SealedColumn, behind, count, read, replace, sum};
use crate::store::{self, Columns};

/// The most values of a page.
const MOST: i64 = 100;

/// The most bytes of a page's sealed values: what D1 takes in one argument is less than 2 MB.
const MOST_BYTES: usize = 400_000;

/// A column whose values are sealed, and what with.
struct Sealed {
    column: SealedColumn,
    purpose: &'static str,
    /// What a row's value is bound to.
    bound_to: fn(&Columns<'_>) -> Result<String, Fault>,
}

const fn sealed(
    table: &'static str,
    column: &'static str,
    purpose: &'static str,
    bound_to: fn(&Columns<'_>) -> Result<String, Fault>,
) -> Sealed {
    Sealed { column: SealedColumn { table, column }, purpose, bound_to }
}

/// Every column of the database whose values are sealed; a test holds that none is missing.
const ALL: [Sealed; 17] = [
    sealed("signing_keys", "sealed_private", keys::SEALED_AS, signing_key),
    sealed("rsa_keys", "sealed_private", keys::SEALED_AS, signing_key),
    sealed("authenticators", "sealed_secret", app_secrets::SEALED_AS, |row| {
        Ok(app_secrets::of_user(&row.text("user_id")?))
    }),
    sealed("challenges", "sealed_secret", app_secrets::SEALED_AS, |row| {
        Ok(app_secrets::pending(&row.text("id")?))
    }),
    sealed("mails", "sealed", mailing::SEALED_AS, |row| row.text("id")),
    sealed("identity_providers", "sealed_secret", secrets::SEALED_AS, |row| {
        Ok(secrets::row(&row.text("id")?, &row.json("spec")?))
    }),
    sealed("saml_keys", "sealed_private", own_keys::SEALED_AS, |row| {
        Ok(own_keys::row_name(&row.text("tenant_id")?, &row.text("provider_id")?, &row.text("id")?))
    }),
    sealed("kept_keys", "sealed", kept_keys::SEALED_AS, |row| {
        Ok(kept_keys::row(&row.text("tenant_id")?, &row.text("key_id")?))
    }),
    sealed("vault_providers", "sealed_secret", vault::secrets::SEALED_AS, |row| {
        Ok(vault::secrets::row(&row.text("tenant_id")?, &row.text("id")?, &row.json("spec")?))
    }),
    sealed("vault_connections", "sealed_access", SEALED_AS, |row| connection(row, "id", Column::Access)),
    sealed("vault_connections", "sealed_refresh", SEALED_AS, |row| connection(row, "id", Column::Refresh)),
    sealed("vault_connections", "sealed_key", SEALED_AS, |row| connection(row, "id", Column::Key)),
    sealed("vault_attempts", "sealed", SEALED_AS, |row| {
        Ok(verifier_row(
            &row.text("tenant_id")?,
            &row.text("user_id")?,
            &row.text("session_id")?,
            &row.text("state_hash")?,
        ))
    }),
    sealed("vault_revocations", "sealed_access", SEALED_AS, |row| {
        connection(row, "connection_id", Column::Access)
    }),
    sealed("vault_revocations", "sealed_refresh", SEALED_AS, |row| {
        connection(row, "connection_id", Column::Refresh)
    }),
    sealed("vault_revocations", "sealed_secret", vault::secrets::SEALED_AS, |row| {
        let (tenant_id, id) = (row.text("tenant_id")?, row.text("provider_id")?);
        Ok(vault::secrets::row(&tenant_id, &id, &row.json("spec")?))
    }),
    sealed("vault_search_keys", "sealed_key", SEALED_AS, |row| {
        Ok(vault::search_keys::row(&row.text("tenant_id")?))
    }),
];

/// A token or key of a connection.
fn connection(row: &Columns<'_>, id: &str, column: Column) -> Result<String, Fault> {
    Ok(sealing::row(&row.text("binding")?, &row.text(id)?, column))
}

fn signing_key(row: &Columns<'_>) -> Result<String, Fault> {
    Ok(keys::row_name(&row.text("tenant_id")?, &row.text("kid")?))
}

/// What one page came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The id of the key that values are sealed under now.
    pub(crate) key_id: String,
    /// How many values were sealed anew.
    pub(crate) resealed: i64,
    /// How many neither key opens.
    pub(crate) unreadable: i64,
    /// How many values in all are not under the current key.
    pub(crate) remaining: i64,
    /// Where the next page begins, until the end.
    pub(crate) next: Option<Place>,
}

/// Where a page begins: a column of [`ALL`], and the row in it that is behind us.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    column: usize,
    row: i64,
}

impl Place {
    /// A place as [`Place::to_text`] words it.
    ///
    /// # Errors
    /// [`crate::domain::refusal::Refusal::Invalid`].
    pub(crate) fn parse(text: &str) -> Result<Place, Error> {
        let parts =
            text.split_once('.').and_then(|(column, row)| Some((column.parse().ok()?, row.parse().ok()?)));
        let (column, row) = parts.ok_or_else(|| invalid("next", "what the page before answered"))?;
        Ok(Place { column, row })
    }

    /// As text, for whoever asks for the next page.
    pub(crate) fn to_text(self) -> String {
        format!("{}.{}", self.column, self.row)
    }
}

/// Seals a page of values anew, from a place on.
///
/// # Errors
/// Faults of the database alone.
pub(crate) async fn run(cx: &Cx, actor: &str, from: Option<Place>) -> Result<Page, Error> {
    let mut page = Page { key_id: seal::key_id(&cx.config.seal_key)?, ..Page::default() };
    let prefix = seal::prefix(&page.key_id);
    let begin = from.unwrap_or_default();
    let kept = if begin == Place::default() { keep_keys(cx).await? } else { 0 };
    let mut batch = Vec::new();
    if kept == MOST {
        page.next = Some(begin);
    } else {
        let found = find(cx, &prefix, begin).await?;
        batch = reseal(cx, &mut page, begin, found)?;
    }
    if !batch.is_empty() || kept > 0 {
        let said =
            format!("{} values, {kept} keys kept", batch.iter().map(|(_, all)| all.len()).sum::<usize>());
        let entry = Entry::ok("keys.resealed").by(actor).on(&page.key_id).saying(said);
        let mut stmts: Vec<_> = batch.iter().map(|(column, all)| replace(*column, all)).collect();
        stmts.push(audit::row(cx, HOME, entry));
        let answers = cx.db.run(stmts).await?;
        page.resealed = answers.iter().take(batch.len()).map(|rows| rows.len() as i64).sum();
    }
    let mut counts: Vec<_> = ALL.iter().map(|one| count(one.column, &prefix)).collect();
    if let Some(previous) = previous_id(cx)? {
        counts.push(store::kept_keys::count_lacking(&previous));
    }
    page.remaining = sum(cx.db.as_ref(), counts).await?;
    Ok(page)
}

fn previous_id(cx: &Cx) -> Result<Option<String>, Fault> {
    cx.config.seal_key_previous.as_deref().map(seal::key_id).transpose()
}

/// Keeps what backup codes are hashed with, of tenants where that is still to be done; how many those were.
async fn keep_keys(cx: &Cx) -> Result<i64, Fault> {
    let Some(previous) = previous_id(cx)? else { return Ok(0) };
    let tenants = store::kept_keys::lacking(cx.db.as_ref(), &previous, MOST).await?;
    let kept: Result<Vec<_>, Fault> = tenants.iter().map(|id| kept_keys::keep_previous(cx, id)).collect();
    let kept: Vec<_> = kept?.into_iter().flatten().collect();
    if !kept.is_empty() {
        cx.db.run(kept).await?;
    }
    Ok(tenants.len() as i64)
}

/// The rows of each column from a place on.
async fn find(cx: &Cx, prefix: &str, begin: Place) -> Result<Vec<Rows>, Fault> {
    let stmts = ALL.iter().enumerate().skip(begin.column).map(|(at, one)| {
        let row = if at == begin.column { begin.row } else { 0 };
        behind(one.column, prefix, row, MOST)
    });
    let stmts: Vec<_> = stmts.collect();
    if stmts.is_empty() { Ok(Vec::new()) } else { cx.db.run(stmts).await }
}

/// Opens and seals as many as a page has, column by column; the page knows where the next one begins.
fn reseal(
    cx: &Cx,
    page: &mut Page,
    begin: Place,
    found: Vec<Rows>,
) -> Result<Vec<(SealedColumn, Vec<Replacement>)>, Fault> {
    let (mut batch, mut seen, mut bytes) = (Vec::new(), 0, 0);
    page.next = None;
    'columns: for ((at, one), rows) in ALL.iter().enumerate().skip(begin.column).zip(found) {
        let mut all = Vec::new();
        for row in &rows {
            let (place, old) = read(row)?;
            bytes += old.len();
            all.extend(seal_anew(cx, one, row, place, old, page)?);
            seen += 1;
            if seen >= MOST || bytes >= MOST_BYTES {
                page.next = Some(Place { column: at, row: place });
                batch.push((one.column, all));
                break 'columns;
            }
        }
        if !all.is_empty() {
            batch.push((one.column, all));
        }
    }
    Ok(batch)
}

/// One value under the current key; none, and the page counts it, if neither key opens it.
fn seal_anew(
    cx: &Cx,
    one: &Sealed,
    row: &Row,
    place: i64,
    old: String,
    page: &mut Page,
) -> Result<Option<Replacement>, Fault> {
    let columns = Columns(row);
    let (tenant_id, bound_to) = (columns.text("tenant_id")?, (one.bound_to)(&columns)?);
    let sealer = cx.sealer(&tenant_id, one.purpose)?;
    let Ok(plain) = sealer.open(&bound_to, &old) else {
        page.unreadable += 1;
        let SealedColumn { table, column } = one.column;
        cx.log_fault("reseal", &Fault::new(table, format!("{column} of row {place} opens with neither key")));
        return Ok(None);
    };
    let new = sealer.seal(cx.random(), &bound_to, &plain)?;
    Ok(Some(Replacement { place, old, new }))
}
