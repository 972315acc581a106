
"use strict";
(() => {
  const element = (id) => document.getElementById(id);
  const [form, field, show, error, submit] = ["form", "token", "show", "error", "submit"].map(element);
  const { path, next } = document.querySelector("main").dataset;

  // What a proxy in front takes away from the beginning of each path.
  const here = location.pathname;
  const base = here.endsWith(path) ? here.slice(0, -path.length) : path === "/" ? here : "";
  // With the origin before it, nothing that comes after can name another one.
  const address = (path) => new URL(location.origin + base + path);
  const send = (address, options) => fetch(address, {
    cache: "no-store",
    credentials: "same-origin",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(30000),
    ...options,
  });

  let busy = false;
  const setBusy = (value) => {
    busy = value;
    submit.setAttribute("aria-disabled", value);
    submit.textContent = value ? "Logging in…" : "Log in";
  };

  const setShown = (value) => {
    field.type = value ? "text" : "password";
    show.setAttribute("aria-pressed", value);
  };

  const forget = () => {
    field.value = "";
    setShown(false);
  };

  const say = (text, isAboutToken) => {
    error.textContent = text;
    if (isAboutToken) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  };

  const refuse = (text, isAboutToken) => {
    setBusy(false);
    say(text, isAboutToken);
    field.focus();
    field.select();
  };

  const goOn = () => {
    const target = address(next);
    if (target.origin !== location.origin) return;
    target.hash = location.hash;
    // Going to where one is, with a fragment, loads nothing.
    if (target.href === location.href) location.reload();
    else location.replace(target);
  };

  // How what was asked for would be answered now.
  const look = () => send(address(next), { method: "HEAD", redirect: "manual" }).then(({ status }) => status);

  // The server's own words; what a proxy in front says is a page of its own.
  const wordsOf = async (response) => {
    const isText = (response.headers.get("content-type") || "").startsWith("text/plain");
    const words = isText ? (await response.text()).trim().slice(0, 300) : "";
    return words || `The server answered with status ${response.status}.`;
  };

  const logIn = async (token) => {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await send(address("/api/authenticate"), { method: "POST", headers });
    if (!response.ok) {
      const words = await wordsOf(response);
      return refuse(words, words.includes("token"));
    }
    forget();
    // A browser that was not given the cookie, or does not keep it, would be asked again without a word.
    if (await look() === 401) {
      return refuse("The token is right, but this browser did not keep the cookie. It may block cookies, or the cookie may be for https only.");
    }
    goOn();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    const token = field.value.trim();
    setShown(false);
    if (!token) return refuse("Enter the token.", true);
    if (!/^[ -~]+$/.test(token)) {
      return refuse("This is no token: it has characters that are not printable ASCII. Copy it again.", true);
    }
    say("");
    setBusy(true);
    logIn(token).catch(() => refuse("The server could not be reached. Try again."));
  });
  field.addEventListener("input", () => say(""));
  show.addEventListener("click", () => setShown(field.type === "password"));
  addEventListener("pagehide", forget);
  addEventListener("pageshow", (event) => event.persisted && location.reload());

  form.hidden = false;
  field.focus();

  // Nobody need log in where authentication is disabled, nor who comes by a link of another site: such a request carries no
  // cookie, and one from here does. Once: where that leads back to here, it would again.
  const begin = async () => {
    const answer = await send(address("/api/authentication_mode"));
    const { authentication_mode: mode } = answer.ok ? await answer.json() : {};
    if (mode === "disabled" || ![401, 403].includes(await look())) goOn();
  };
  const isReloaded = performance.getEntriesByType("navigation").some(({ type }) => type === "reload");
  if (!isReloaded) begin().catch(() => {});
})();
