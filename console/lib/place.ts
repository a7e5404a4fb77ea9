// Where this console is: its tenant and the deployment's own origin, where people sign in.
const said = document.body.dataset;

export const tenant = said.tenant ?? '';
export const tenantName = said.name ?? tenant;
export const origin = said.origin ?? location.origin;
/** Whether the console has a host of its own. */
export const ownHost = said.ownHost === 'true';
/** The path that every screen is below. */
export const base = `/tenant/${tenant}/console`;
