/** What is known of kinds of endpoints, fetched when a connection is made or taken away: not for the first view. */
export const loadEndpointPresets = () => import('./endpoint-presets.ts');
