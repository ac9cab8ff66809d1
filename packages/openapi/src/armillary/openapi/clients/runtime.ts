export interface ClientOptions {
  /** Where the API is; by default the origin of the page. */
  baseUrl?: string;
  /** Headers of every request, such as those with credentials. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>);
  fetch?: typeof globalThis.fetch;
}

export interface RequestOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** A response that is not a success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly response: Response,
  ) {
    super(`${status} ${response.statusText}`.trim());
  }
}

interface Parts {
  path?: object;
  query?: object;
  header?: object;
  body?: unknown;
}

export class Client {
  constructor(private readonly options: ClientOptions = {}) {}

  // methods

  private async fetched(method: string, path: string, parts: Parts, kind: string, options: RequestOptions) {
    let url = path;
    for (const [name, value] of Object.entries(parts.path ?? {})) {
      url = url.replace(`{${name}}`, encodeURIComponent(String(value)));
    }
    const query = fields(parts.query).toString();
    const given = this.options.headers;
    const headers = new Headers(typeof given === "function" ? await given() : given);
    for (const [name, value] of Object.entries({ ...parts.header, ...options.headers })) {
      if (value !== undefined && value !== null) headers.set(name, String(value));
    }
    let body: BodyInit | undefined;
    if (parts.body !== undefined) {
      if (kind === "json") {
        headers.set("Content-Type", "application/json");
        body = JSON.stringify(parts.body);
      } else if (kind === "form") {
        body = fields(parts.body as object);
      } else if (kind === "multipart") {
        body = form(parts.body as object);
      } else {
        headers.set("Content-Type", kind);
        body = parts.body as BodyInit;
      }
    }
    const target = (this.options.baseUrl ?? "").replace(/\/$/, "") + url + (query ? `?${query}` : "");
    const call = this.options.fetch ?? globalThis.fetch;
    const response = await call(target, { method, headers, body, signal: options.signal });
    if (!response.ok) throw new ApiError(response.status, await content(response), response);
    return response;
  }

  private async send<T>(
    method: string,
    path: string,
    parts: Parts,
    kind: string,
    result: string,
    options: RequestOptions,
  ): Promise<T> {
    const response = await this.fetched(method, path, parts, kind, options);
    return (result === "blob" ? await response.blob() : await content(response)) as T;
  }

  private async *stream<T>(
    method: string,
    path: string,
    parts: Parts,
    kind: string,
    result: string,
    options: RequestOptions,
  ): AsyncIterable<T> {
    const response = await this.fetched(method, path, parts, kind, options);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let data: string[] = [];
    try {
      for (;;) {
        const { done, value } = await reader.read();
        rest += value ?? (done ? "\n" : "");
        const lines = rest.split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop()!;
        for (const line of lines) {
          if (result === "lines") {
            if (line.trim()) yield JSON.parse(line) as T;
          } else if (line.startsWith("data:")) {
            data.push(line.slice(5).replace(/^ /, ""));
          } else if (line === "" && data.length) {
            yield parsed(data.join("\n")) as T;
            data = [];
          }
        }
        if (done) return;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
}

function* entries(values: object | undefined): Iterable<[string, unknown]> {
  for (const [name, value] of Object.entries(values ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) yield [name, item];
    }
  }
}

function fields(values: object | undefined): URLSearchParams {
  const found = new URLSearchParams();
  for (const [name, value] of entries(values)) found.append(name, String(value));
  return found;
}

function form(values: object): FormData {
  const found = new FormData();
  for (const [name, value] of entries(values)) found.append(name, value instanceof Blob ? value : String(value));
  return found;
}

async function content(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return undefined;
  return /[/+]json\b/.test(response.headers.get("Content-Type") ?? "") ? JSON.parse(text) : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
