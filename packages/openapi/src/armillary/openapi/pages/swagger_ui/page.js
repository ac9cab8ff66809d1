"use strict";
const dark = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
followScheme();
dark.addEventListener("change", followScheme);
const root = document.getElementById("swagger-ui");
const settings = JSON.parse(root.dataset.settings);
const ui = SwaggerUIBundle({
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  ...settings.options,
  url: new URL(settings.document, location.href).href,
  oauth2RedirectUrl: new URL(settings.redirect, location.href).href,
});
if (settings.oauth) ui.initOAuth(settings.oauth);
window.ui = ui;
