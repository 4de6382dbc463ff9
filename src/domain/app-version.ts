/** Version of this build, as in package.json: stands in every file that leaves the app. */
export const APP_VERSION = '0.1.0';
