//! The endpoints that make nothing that lasts, with why.

const ENDS: &str = "ends something";
const NO_CREDENTIAL: &str = "lets nobody in";

/// The rows with a guard that make nothing that lasts, and why.
pub const EXEMPT: &[(&str, &str)] = &[
    ("POST /api/auth/reauthenticate", "is the confirmation itself"),
    ("POST /auth/mfa/backup-codes", "takes a code of the second factor, as a step-up does"),
    ("POST /auth/mfa/disable", "takes a code of the second factor, as a step-up does"),
    ("POST /auth/callback", "keeps tokens of another service, which let nobody in here"),
    ("POST /auth/disconnect/{id}", ENDS),
    ("POST /auth/apikeys/{id}", "keeps a key of another service, which lets nobody in here"),
    ("DELETE /auth/apikeys/{id}", ENDS),
    ("POST /tenant/{tenant}/v2/IdentityProviders/{id}/test", "asks the provider, and changes nothing"),
    ("DELETE /tenant/{tenant}/v2/JoinRequests/{id}", ENDS),
    ("PATCH /api/auth/passkeys/{id}", NO_CREDENTIAL),
    ("DELETE /api/auth/api-keys/{id}", ENDS),
    ("DELETE /api/auth/devices/{id}", ENDS),
    ("DELETE /api/auth/sessions", ENDS),
    ("DELETE /api/auth/sessions/{id}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Users/{id}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Users/{id}/Sessions/{sid}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Users/{id}/Identities", ENDS),
    ("DELETE /tenant/{tenant}/v2/Users/{id}/Identities/{identity}", ENDS),
    ("DELETE /tenant/{tenant}/v2/ApiKeys/{id}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Clients/{id}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Routes/{id}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Roles/{name}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Plans/{name}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Templates/{name}", ENDS),
    ("DELETE /tenant/{tenant}/v2/MailTemplates/{name}/{lang}", ENDS),
    ("DELETE /tenant/{tenant}/v2/Tenants/{id}", ENDS),
    ("PATCH /tenant/{tenant}/v2/Tenants/{id}", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Users/{id}/invitation", "mails to the user's own address"),
    ("POST /tenant/{tenant}/v2/Routes", NO_CREDENTIAL),
    ("PUT /tenant/{tenant}/v2/Routes/{id}", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Plans", NO_CREDENTIAL),
    ("PUT /tenant/{tenant}/v2/Plans/{name}", NO_CREDENTIAL),
    ("PUT /tenant/{tenant}/v2/Templates/{name}", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Templates/{name}/preview", NO_CREDENTIAL),
    ("PUT /tenant/{tenant}/v2/MailTemplates/{name}/{lang}", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Mails/{id}/retry", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Keys/rotate", NO_CREDENTIAL),
    ("POST /tenant/{tenant}/v2/Keys/reseal", NO_CREDENTIAL),
];

/// The sections of the account page that make nothing that lasts, and why.
pub const SECTIONS_APART: &[(&str, &str)] = &[
    ("profile", NO_CREDENTIAL),
    ("factor-codes", "takes a code of the second factor, as a step-up does"),
    ("factor-off", "takes a code of the second factor, as a step-up does"),
    ("factor-send", "mails a code to one who has that factor"),
    ("passkey-name", NO_CREDENTIAL),
    ("session", ENDS),
    ("others", ENDS),
    ("trusted", ENDS),
    ("app", ENDS),
    ("connect", "keeps tokens of another service, which let nobody in here"),
    ("service-key", "keeps a key of another service, which lets nobody in here"),
    ("service-off", ENDS),
    ("key", ENDS),
];
