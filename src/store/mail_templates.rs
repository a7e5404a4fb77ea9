//! Mails in a tenant's own words.

use crate::model::time::Time;
use crate::ports::{Arg, Database, Fault, Row, Stmt};
use crate::store::{Columns, json_text, one};

/// What a mail says, or the templates of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// The subject line.
    pub(crate) subject: String,
    /// The plain-text form.
    pub(crate) text: String,
    /// The HTML form.
    pub(crate) html: String,
}

impl Content {
    /// All of it as one text.
    pub(crate) fn joined(&self) -> String {
        format!("{}\0{}\0{}", self.subject, self.text, self.html)
    }

    /// What [`Content::joined`] made one text of.
    pub(crate) fn parted(joined: &str) -> Option<Content> {
        let mut parts = joined.splitn(3, '\0').map(str::to_owned);
        Some(Content { subject: parts.next()?, text: parts.next()?, html: parts.next()? })
    }
}

/// A template as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMailTemplate {
    /// Which mail it is for.
    pub(crate) name: String,
    /// The tag of its language.
    pub(crate) lang: String,
    /// The templates of its parts.
    pub(crate) content: Content,
    /// When it was written.
    pub(crate) updated_at: Time,
}

fn read(row: &Row) -> Result<StoredMailTemplate, Fault> {
    let row = Columns(row);
    Ok(StoredMailTemplate {
        name: row.text("name")?,
        lang: row.text("lang")?,
        content: Content { subject: row.text("subject")?, text: row.text("text")?, html: row.text("html")? },
        updated_at: row.time("updated_at")?,
    })
}

/// All of a tenant.
pub(crate) async fn list(db: &dyn Database, tenant_id: &str) -> Result<Vec<StoredMailTemplate>, Fault> {
    let sql = "SELECT * FROM mail_templates WHERE tenant_id = ?1 ORDER BY name, lang";
    one(db, Stmt::new(sql, vec![tenant_id.into()])).await?.iter().map(read).collect()
}

/// The one for a mail in a language.
pub(crate) async fn by_name(
    db: &dyn Database,
    tenant_id: &str,
    name: &str,
    lang: &str,
) -> Result<Option<StoredMailTemplate>, Fault> {
    let sql = "SELECT * FROM mail_templates WHERE tenant_id = ?1 AND name = ?2 AND lang = ?3";
    let stmt = Stmt::new(sql, vec![tenant_id.into(), name.into(), lang.into()]);
    one(db, stmt).await?.first().map(read).transpose()
}

/// Those for several mails, in all languages.
pub(crate) async fn by_names(
    db: &dyn Database,
    tenant_id: &str,
    names: &[&str],
) -> Result<Vec<StoredMailTemplate>, Fault> {
    let sql =
        "SELECT * FROM mail_templates WHERE tenant_id = ?1 AND name IN (SELECT value FROM json_each(?2))";
    one(db, Stmt::new(sql, vec![tenant_id.into(), json_text(&names).into()]))
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Keeps one in place of what was there.
pub(crate) fn put(tenant_id: &str, kept: &StoredMailTemplate) -> Stmt {
    let Content { subject, text, html } = &kept.content;
    let args: Vec<Arg> = vec![
        tenant_id.into(),
        (&kept.name).into(),
        (&kept.lang).into(),
        subject.into(),
        text.into(),
        html.into(),
        kept.updated_at.0.into(),
    ];
    Stmt::new(
        "INSERT INTO mail_templates (tenant_id, name, lang, subject, text, html, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (tenant_id, name, lang) DO UPDATE SET subject = excluded.subject, text = excluded.text,
                                                           html = excluded.html, updated_at = excluded.updated_at",
        args,
    )
}

/// Removes one; returns its name if it was there.
pub(crate) fn delete(tenant_id: &str, name: &str, lang: &str) -> Stmt {
    let sql = "DELETE FROM mail_templates WHERE tenant_id = ?1 AND name = ?2 AND lang = ?3 RETURNING name";
    Stmt::new(sql, vec![tenant_id.into(), name.into(), lang.into()])
}
