//! What the document says of the tenant API.

mod identity_providers;
mod shapes;
mod users;

use crate::api::docs::{
    Chapter, Named, Operation, answer, conflict, lean_answer, limited, op, reauthentication, whole_answer,
};
use crate::api::tenant::api_keys::TenantApiKey;
use crate::api::tenant::audit::Event;
use crate::api::tenant::clients::Client;
use crate::api::tenant::domains::Domain;
use crate::api::tenant::keys::{Resealed, Rotated, TokenKey};
use crate::api::tenant::mail_templates::{MailPreview, MailTemplate};
use crate::api::tenant::mails::Mail;
use crate::api::tenant::plans::Plan;
use crate::api::tenant::problem::Problem;
use crate::api::tenant::roles::Role;
use crate::api::tenant::routes::Route;
use crate::api::tenant::sign_ins::SignInDay;
use crate::api::tenant::templates::{Preview, Template};
use crate::api::tenant::tenants::Tenant;
use crate::api::tenant::usage::Month;
use crate::api::tenant::users::User;
use crate::api::tenant::{api_keys, domains, keys, mail_templates, plans, roles, templates, tenants};
use crate::domain::refusal::Refusal;
use crate::domain::tenants::Settings;
use crate::model::route::RouteSpec;

pub(crate) use self::shapes::ClientSaid;
use self::shapes::MailTemplateParts;

/// What a refusal looks like.
pub(crate) fn failure() -> Named {
    answer::<Problem>()
}

pub(crate) fn chapter() -> Chapter {
    let operations = [
        users::operations(),
        users::holdings(),
        gateway_routes(),
        roles_and_plans(),
        clients_and_keys(),
        identity_providers::operations(),
        settings_and_keys(),
        templates(),
        mails(),
        tenants(),
    ]
    .into_iter()
    .flatten()
    .collect();
    Chapter {
        surface: "tenant",
        about: "The tenant API: resources in camelCase; failures are RFC 9457's problems.",
        failure: failure(),
        operations,
    }
}

fn gateway_routes() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/Routes";
    const ONE: &str = "/tenant/{tenant}/v2/Routes/{id}";
    vec![
        op("GET", ALL, "List gateway routes").paged().answers_with(
            200,
            "A page of routes.",
            whole_answer::<Route>().listed(),
        ),
        op("POST", ALL, "Make a gateway route")
            .about("An API key or a client names, changes and takes away no `scopes` that it lacks, and no `roles` above its own.")
            .json::<RouteSpec>()
            .answers_with(201, "The route.", whole_answer::<Route>())
            .sets("location", "its path")
            .refuses([conflict()]),
        op("GET", ONE, "Read a gateway route").answers_with(200, "The route.", whole_answer::<Route>()),
        op("PUT", ONE, "Replace a gateway route")
            .json::<RouteSpec>()
            .answers_with(200, "The route, as it is now.", whole_answer::<Route>())
            .refuses([conflict()]),
        op("DELETE", ONE, "Delete a gateway route").nothing(204, "Deleted.").refuses([conflict()]),
    ]
}

fn roles_and_plans() -> Vec<Operation> {
    const ROLES: &str = "/tenant/{tenant}/v2/Roles";
    const ROLE: &str = "/tenant/{tenant}/v2/Roles/{name}";
    const PLANS: &str = "/tenant/{tenant}/v2/Plans";
    const PLAN: &str = "/tenant/{tenant}/v2/Plans/{name}";
    vec![
        op("GET", ROLES, "List roles").answers_with(200, "All of them.", answer::<Role>().listed()),
        op("POST", ROLES, "Make a role")
            .json::<roles::Body>()
            .answers::<Role>(201, "The role.")
            .refuses([conflict(), reauthentication()]),
        op("GET", ROLE, "Read a role").answers::<Role>(200, "The role."),
        op("PUT", ROLE, "Change a role's rank")
            .json::<roles::Body>()
            .about("Absent `scopes` stay. 409 where another one changed it at the same moment.")
            .answers::<Role>(200, "The role, as it is now.")
            .refuses([conflict(), reauthentication()]),
        op("DELETE", ROLE, "Delete a role")
            .about("409 while users, clients or API keys hold it, or `defaultRoles` names it.")
            .nothing(204, "Deleted.")
            .refuses([conflict()]),
        op("GET", PLANS, "List plans")
            .about("The settings' `defaultPlan` is among them from the start, below all others and without features until it is given some.")
            .answers_with(200, "All of them.", answer::<Plan>().listed()),
        op("POST", PLANS, "Make a plan")
            .json::<plans::Body>()
            .answers::<Plan>(201, "The plan.")
            .refuses([conflict()]),
        op("GET", PLAN, "Read a plan").answers::<Plan>(200, "The plan."),
        op("PUT", PLAN, "Change a plan")
            .json::<plans::Body>()
            .answers::<Plan>(200, "The plan, as it is now."),
        op("DELETE", PLAN, "Delete a plan")
            .about("409 while users are on it, a route asks for it, or it is the default.")
            .nothing(204, "Deleted.")
            .refuses([conflict()]),
    ]
}

fn settings_and_keys() -> Vec<Operation> {
    const SETTINGS: &str = "/tenant/{tenant}/v2/Settings";
    let change = |method| {
        op(method, SETTINGS, "Change settings")
            .about("Members that are absent stay as they are.")
            .json::<Settings>()
            .answers_with(200, "All settings, as they are now.", whole_answer::<Settings>())
            .refuses([conflict(), reauthentication()])
    };
    vec![
        op("GET", "/tenant/{tenant}/v2/Audit", "List security events")
            .about("Newest first.")
            .paged()
            .query::<String>("event", "As `login.failed`.")
            .query::<String>("outcome", "`success` or `failure`.")
            .query::<String>("actor", "Who did it.")
            .query::<String>("subject", "Whom or what it was done to.")
            .query::<String>("since", "A time, as 2030-01-31T00:00:00Z.")
            .query::<String>("until", "A time, as 2030-01-31T00:00:00Z.")
            .query::<bool>("names", "`true`: with what actors and subjects are called by now that are users, clients or API keys of the tenant.")
            .answers_with(200, "A page of events.", answer::<Event>().listed()),
        op("GET", SETTINGS, "Read settings").answers_with(200, "All settings.", whole_answer::<Settings>()),
        change("PATCH"),
        change("PUT"),
        op("GET", "/tenant/{tenant}/v2/Keys", "List the keys that sign tokens")
            .about("Those whose signatures are accepted by now or soon, of each algorithm the oldest first. The same keys are published in the JWK Set.")
            .answers_with(200, "All of them.", answer::<TokenKey>().listed()),
        op("POST", "/tenant/{tenant}/v2/Keys/rotate", "Rotate the signing keys now")
            .about("With `revoke`, whatever the former keys signed is refused at once.")
            .maybe_json::<keys::Body>()
            .answers::<Rotated>(200, "The key that signs, and from when."),
        op("POST", "/tenant/{tenant}/v2/Keys/reseal", "Seal anew what is under another key than `SEAL_KEY`")
            .about("One page of the whole database, for operators: repeated with the `next` of the answer until there is none. `npm run admin -- reseal` does that.")
            .maybe_json::<keys::ResealBody>()
            .answers::<Resealed>(200, "What was done, and how much remains."),
        op("GET", "/tenant/{tenant}/v2/SignIns", "Sign-ins of each day")
            .about("Done and refused, by day (UTC), today first; days without any are listed. They are kept for 400 days.")
            .query::<u32>("days", "How many, 1 to 400; 30 by default.")
            .answers_with(200, "That many days.", answer::<SignInDay>().listed())
            .refuses([Refusal::Invalid(Vec::new())]),
        op("GET", "/tenant/{tenant}/v2/Usage", "Monthly active users")
            .about("Users with a login or a refresh in a calendar month (UTC), newest month first.")
            .paged()
            .answers_with(200, "A page of months.", answer::<Month>().listed()),
    ]
}

fn templates() -> Vec<Operation> {
    const ALL: &str = "/tenant/{tenant}/v2/Templates";
    const ONE: &str = "/tenant/{tenant}/v2/Templates/{name}";
    vec![
        op("GET", ALL, "List the pages that a tenant can replace by HTML of its own").answers_with(
            200,
            "All of them.",
            answer::<Template>().listed(),
        ),
        op("GET", ONE, "Read a page's template").answers::<Template>(200, "The template."),
        op("PUT", ONE, "Write a page's template")
            .about("A refusal says the line and the reason.")
            .json::<templates::Written>()
            .answers::<Template>(200, "The template, in use."),
        op("DELETE", ONE, "Go back to the default page").nothing(204, "The default page is in use."),
        op("POST", "/tenant/{tenant}/v2/Templates/{name}/preview", "Show a page with sample values")
            .about("Shows the HTML of the request, or else the saved one.")
            .maybe_json::<templates::Previewed>()
            .answers::<Preview>(200, "The page."),
    ]
}

fn mails() -> Vec<Operation> {
    const TEMPLATES: &str = "/tenant/{tenant}/v2/MailTemplates";
    const TEMPLATE: &str = "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}";
    const MAILS: &str = "/tenant/{tenant}/v2/Mails";
    vec![
        op("GET", TEMPLATES, "List the mails whose words a tenant can replace").answers_with(
            200,
            "All of them, in each language.",
            answer::<MailTemplate>().listed(),
        ),
        op("GET", TEMPLATE, "Read a mail's template").answers::<MailTemplate>(200, "The template."),
        op("PUT", TEMPLATE, "Write a mail's template")
            .about("A refusal says the line and the reason.")
            .json::<MailTemplateParts>()
            .answers::<MailTemplate>(200, "The template, in use."),
        op("DELETE", TEMPLATE, "Go back to the default mail").nothing(204, "The default mail is in use."),
        op("POST", "/tenant/{tenant}/v2/MailTemplates/{name}/{lang}/preview", "Show a mail with sample values")
            .about("Shows the parts of the request (all three), or else the saved ones, or else the default mail. All default mails: [/docs/mails](/docs/mails).")
            .maybe_json::<mail_templates::Written>()
            .answers::<MailPreview>(200, "The mail."),
        op("GET", MAILS, "List mails")
            .about("Their status, newest first, for 30 days; never their content.")
            .paged()
            .query::<String>("status", "`queued`, `sending`, `sent` or `failed`.")
            .query::<String>("kind", "Which mail, as `verify-email`.")
            .query::<String>("recipient", "The whole address.")
            .answers_with(200, "A page of mails.", answer::<Mail>().listed()),
        op("GET", "/tenant/{tenant}/v2/Mails/{id}", "Read a mail's status")
            .answers::<Mail>(200, "The mail."),
        op("POST", "/tenant/{tenant}/v2/Mails/{id}/retry", "Retry a failed mail")
            .about("While its content is still valid. A mail whose outcome is unknown may have been sent before.")
            .answers::<Mail>(200, "The mail, as it is now.")
            .refuses([conflict()]),
    ]
}

fn tenants() -> Vec<Operation> {
    const ONE: &str = "/tenant/{tenant}/v2/Tenants/{id}";
    vec![
        op("GET", "/tenant/{tenant}/v2/Tenants", "List tenants")
            .query::<bool>("trial", "`true`: trial tenants alone; `false`: all others.")
            .paged()
            .answers_with(200, "A page of tenants.", answer::<Tenant>().listed()),
        op("POST", "/tenant/{tenant}/v2/Tenants", "Make a tenant")
            .about("`admin` is its first administrator.")
            .json::<tenants::Body>()
            .answers::<Tenant>(201, "The tenant.")
            .refuses([conflict(), reauthentication()]),
        op("GET", ONE, "Read a tenant").answers::<Tenant>(200, "The tenant."),
        op("PATCH", ONE, "Change a tenant")
            .about("Members that are absent stay as they are; `host` null takes it away. `trial` null makes a trial a tenant like others: it is not removed any more when nobody signs in.")
            .json::<tenants::Changed>()
            .answers::<Tenant>(200, "The tenant, as it is now.")
            .refuses([conflict()]),
        op("DELETE", ONE, "Delete a tenant with everything in it")
            .nothing(204, "Deleted.")
            .refuses([conflict()]),
        op("POST", "/tenant/{tenant}/v2/Tenants/{id}/Admins", "Add an administrator to a tenant")
            .about("The way back for a tenant that nobody can administer. A user of the tenant gets the role `ADMIN`, and is let in if they were disabled; for an address without an account a user is made and mailed an invitation, as to an account whose address nobody has confirmed. A second time nothing changes, but the invitation is mailed again until it is followed. Both tenants' logs say so.")
            .json::<tenants::NewAdmin>()
            .answers::<User>(201, "The user, who was made and is invited.")
            .sets("location", "their path")
            .answers::<User>(200, "The user, who was there.")
            .refuses([conflict(), limited(), reauthentication()]),
        op("POST", "/tenant/{tenant}/v2/Tenants/{id}/Domains", "Prove a mail domain of a tenant by word")
            .about("For one of the tenant's identity providers. Both tenants' logs say so. 409 for a domain that another tenant has proved.")
            .json::<domains::Body>()
            .answers::<Domain>(201, "The domain, which is verified.")
            .sets("location", "its path in the tenant's own API")
            .refuses([conflict(), reauthentication()]),
    ]
}

fn clients_and_keys() -> Vec<Operation> {
    const CLIENTS: &str = "/tenant/{tenant}/v2/Clients";
    const CLIENT: &str = "/tenant/{tenant}/v2/Clients/{id}";
    const KEYS: &str = "/tenant/{tenant}/v2/ApiKeys";
    const KEY: &str = "/tenant/{tenant}/v2/ApiKeys/{id}";
    let client = lean_answer::<Client>;
    let said =
        |operation: Operation| operation.json::<ClientSaid>().null_is_absent().refuses([reauthentication()]);
    vec![
        op("GET", CLIENTS, "List clients").paged().answers_with(200, "A page of clients.", client().listed()),
        said(op("POST", CLIENTS, "Make a client"))
            .answers_with(201, "The client; its secret is shown this once.", client())
            .sets("location", "its path")
            .refuses([conflict()]),
        op("GET", CLIENT, "Read a client").answers_with(200, "The client.", client()),
        said(op("PUT", CLIENT, "Replace a client"))
            .answers_with(200, "The client, as it is now.", client())
            .refuses([conflict()]),
        said(op("PATCH", CLIENT, "Change a client"))
            .about("Members that are absent stay as they are; null stands for the default. 409 where another one changed it at the same moment.")
            .answers_with(200, "The client, as it is now.", client())
            .refuses([conflict()]),
        op("DELETE", CLIENT, "Delete a client").nothing(204, "Deleted, with its grants."),
        op("POST", "/tenant/{tenant}/v2/Clients/{id}/secret", "Make a new secret")
            .about("The former secret stops working at once.")
            .answers_with(200, "The client with its secret, shown this once.", client())
            .refuses([conflict(), reauthentication()]),
        op("GET", KEYS, "List API keys").paged().answers_with(
            200,
            "A page of keys, without the keys themselves.",
            answer::<TenantApiKey>().listed(),
        ),
        op("POST", KEYS, "Make an API key")
            .json::<api_keys::New>()
            .answers::<TenantApiKey>(201, "The key, shown this once.")
            .sets("location", "its path")
            .refuses([conflict(), reauthentication(), Refusal::WrongPassword, limited()]),
        op("GET", KEY, "Read an API key").answers::<TenantApiKey>(200, "The key's record, without the key itself."),
        op("DELETE", KEY, "Revoke an API key").nothing(204, "Deleted."),
    ]
}
