/**
 * Strict reading of request bodies, written from the request types of the openai SDK 6.49
 * (`ChatCompletionCreateParamsBase`, `EmbeddingCreateParams`). A field the API does not know, a
 * field that is missing and a value of the wrong type are all refused, as api.openai.com does.
 */

/**
 * @typedef {object} Problem  Why a body is refused; the fields of OpenAI's error object.
 * @property {string} param  path of the field, such as `messages[0].content`
 * @property {string} code
 * @property {string} message
 */

/** @typedef {(value: unknown, path: string) => Problem | undefined} Check */

/** @param {unknown} value */
const nameOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @type {(path: string, expected: string, value: unknown) => Problem} */
const wrongType = (path, expected, value) => ({
  param: path,
  code: 'invalid_type',
  message: `Invalid type for '${path}': expected ${expected}, but got ${nameOf(value)} instead.`,
});

/** @type {(path: string, detail: string) => Problem} */
const wrongValue = (path, detail) => ({
  param: path,
  code: 'invalid_value',
  message: `Invalid value for '${path}': ${detail}.`,
});

/** @type {(expected: string, accepts: (value: unknown) => boolean) => Check} */
const typed = (expected, accepts) => (value, path) =>
  accepts(value) ? undefined : wrongType(path, expected, value);

const text = typed('a string', (value) => typeof value === 'string');
const flag = typed('a boolean', (value) => typeof value === 'boolean');
const anyObject = typed('an object', isObject);
const integer = typed('an integer', Number.isInteger);

/** @type {(min: number, max: number, base?: Check) => Check} */
const within =
  (min, max, base = typed('a number', Number.isFinite)) =>
  (value, path) =>
    base(value, path) ??
    (Number(value) < min || Number(value) > max
      ? wrongValue(path, `must be from ${min} to ${max}`)
      : undefined);

/** @type {(...allowed: string[]) => Check} */
const oneOf =
  (...allowed) =>
  (value, path) =>
    text(value, path) ??
    (allowed.includes(String(value))
      ? undefined
      : wrongValue(path, `supported values are '${allowed.join("', '")}'`));

/** @type {(check: Check) => Check} */
const orNull = (check) => (value, path) => (value === null ? undefined : check(value, path));

/** Passes when one of the checks does; otherwise the last check's problem stands. @type {(...checks: Check[]) => Check} */
const either =
  (...checks) =>
  (value, path) => {
    /** @type {Problem | undefined} */
    let problem;
    for (const check of checks) {
      problem = check(value, path);
      if (problem === undefined) return undefined;
    }
    return problem;
  };

/** @type {(check: Check, min?: number, max?: number) => Check} */
const listOf =
  (check, min = 0, max = Infinity) =>
  (value, path) => {
    if (!Array.isArray(value)) return wrongType(path, 'an array', value);
    if (value.length < min) return wrongValue(path, `needs at least ${min} item`);
    if (value.length > max) return wrongValue(path, `takes at most ${max} items`);
    for (const [index, item] of value.entries()) {
      const problem = check(item, `${path}[${index}]`);
      if (problem) return problem;
    }
    return undefined;
  };

/** @type {(check: Check) => Check} */
const mapOf = (check) => (value, path) => {
  if (!isObject(value)) return wrongType(path, 'an object', value);
  for (const [key, item] of Object.entries(value)) {
    const problem = check(item, `${path}.${key}`);
    if (problem) return problem;
  }
  return undefined;
};

/** An object with exactly these fields. @type {(required: Record<string, Check>, optional?: Record<string, Check>) => Check} */
const shape =
  (required, optional = {}) =>
  (value, path) => {
    if (!isObject(value)) return wrongType(path || 'body', 'an object', value);
    const at = (/** @type {string} */ name) => (path ? `${path}.${name}` : name);
    for (const name of Object.keys(required)) {
      if (value[name] === undefined) {
        return {
          param: at(name),
          code: 'missing_required_parameter',
          message: `Missing required parameter: '${at(name)}'.`,
        };
      }
    }
    for (const [name, item] of Object.entries(value)) {
      const check = required[name] ?? optional[name];
      if (!check) {
        return {
          param: at(name),
          code: 'unknown_parameter',
          message: `Unknown parameter: '${at(name)}'.`,
        };
      }
      const problem = check(item, at(name));
      if (problem) return problem;
    }
    return undefined;
  };

/** Chooses the shape by the value of one field. @type {(field: string, shapes: Record<string, Check>) => Check} */
const byField = (field, shapes) => (value, path) => {
  if (!isObject(value)) return wrongType(path, 'an object', value);
  const kind = value[field];
  const check = typeof kind === 'string' ? shapes[kind] : undefined;
  if (check) return check(value, path);
  if (kind === undefined) return shape({ [field]: text })(value, path);
  return oneOf(...Object.keys(shapes))(kind, `${path}.${field}`);
};

const cacheBreakpoint = { prompt_cache_breakpoint: anyObject };
const textPart = shape({ type: text, text }, cacheBreakpoint);
const imagePart = shape(
  {
    type: text,
    image_url: shape({ url: text }, { detail: oneOf('auto', 'low', 'high') }),
  },
  cacheBreakpoint,
);
const audioPart = shape(
  { type: text, input_audio: shape({ data: text, format: oneOf('wav', 'mp3') }) },
  cacheBreakpoint,
);
const filePart = shape(
  { type: text, file: shape({}, { file_data: text, file_id: text, filename: text }) },
  cacheBreakpoint,
);
const refusalPart = shape({ type: text, refusal: text });

/** @type {(parts: Record<string, Check>) => Check} */
const textOrParts = (parts) => (value, path) => {
  if (typeof value === 'string') return undefined;
  if (!Array.isArray(value)) return wrongType(path, 'a string or an array of parts', value);
  return listOf(byField('type', parts), 1)(value, path);
};
const plainContent = textOrParts({ text: textPart });

const toolCall = byField('type', {
  function: shape({ id: text, type: text, function: shape({ name: text, arguments: text }) }),
  custom: shape({ id: text, type: text, custom: shape({ name: text, input: text }) }),
});

const assistantFields = {
  audio: orNull(shape({ id: text })),
  function_call: orNull(shape({ name: text, arguments: text })),
  name: text,
  refusal: orNull(text),
  tool_calls: listOf(toolCall, 1),
};
const assistantContent = textOrParts({ text: textPart, refusal: refusalPart });

/** Content may be absent only beside a call. @type {Check} */
const assistantMessage = (value, path) => {
  const called = isObject(value) && (value.tool_calls ?? value.function_call);
  return called
    ? shape({ role: text }, { ...assistantFields, content: orNull(assistantContent) })(value, path)
    : shape({ role: text, content: assistantContent }, assistantFields)(value, path);
};

const message = byField('role', {
  system: shape({ role: text, content: plainContent }, { name: text }),
  developer: shape({ role: text, content: plainContent }, { name: text }),
  user: shape(
    {
      role: text,
      content: textOrParts({
        text: textPart,
        image_url: imagePart,
        input_audio: audioPart,
        file: filePart,
      }),
    },
    { name: text },
  ),
  assistant: assistantMessage,
  tool: shape({ role: text, content: plainContent, tool_call_id: text }),
  function: shape({ role: text, content: orNull(text), name: text }),
});

const functionDefinition = shape(
  { name: text },
  { description: text, parameters: anyObject, strict: orNull(flag) },
);

const chatBody = shape(
  { messages: listOf(message, 1), model: text },
  {
    audio: orNull(anyObject),
    frequency_penalty: orNull(within(-2, 2)),
    function_call: either(oneOf('none', 'auto'), shape({ name: text })),
    functions: listOf(functionDefinition, 1),
    logit_bias: orNull(mapOf(within(-100, 100))),
    logprobs: orNull(flag),
    max_completion_tokens: orNull(within(1, Infinity, integer)),
    max_tokens: orNull(within(1, Infinity, integer)),
    metadata: orNull(mapOf(text)),
    modalities: orNull(listOf(oneOf('text', 'audio'), 1)),
    moderation: orNull(anyObject),
    // The API takes up to 128; one choice is all this server can answer with, so it says so.
    n: orNull(within(1, 1, integer)),
    parallel_tool_calls: flag,
    prediction: orNull(shape({ type: oneOf('content'), content: plainContent })),
    presence_penalty: orNull(within(-2, 2)),
    prompt_cache_key: orNull(text),
    prompt_cache_options: anyObject,
    prompt_cache_retention: orNull(oneOf('in_memory', '24h')),
    reasoning_effort: orNull(text),
    response_format: byField('type', {
      text: shape({ type: text }),
      json_object: shape({ type: text }),
      json_schema: shape({
        type: text,
        json_schema: shape(
          { name: text },
          { description: text, schema: anyObject, strict: orNull(flag) },
        ),
      }),
    }),
    safety_identifier: orNull(text),
    seed: orNull(integer),
    service_tier: orNull(oneOf('auto', 'default', 'flex', 'scale', 'priority')),
    stop: orNull(either(text, listOf(text, 1, 4))),
    store: orNull(flag),
    stream: orNull(flag),
    stream_options: orNull(shape({}, { include_usage: flag, include_obfuscation: flag })),
    temperature: orNull(within(0, 2)),
    tool_choice: either(oneOf('none', 'auto', 'required'), anyObject),
    tools: listOf(
      byField('type', {
        function: shape({ type: text, function: functionDefinition }),
        custom: shape({ type: text, custom: anyObject }),
      }),
      1,
    ),
    top_logprobs: orNull(within(0, 20, integer)),
    top_p: orNull(within(0, 1)),
    user: text,
    verbosity: orNull(oneOf('low', 'medium', 'high')),
    web_search_options: anyObject,
  },
);

const embeddingBody = shape(
  {
    input: either(
      listOf(integer, 1),
      listOf(listOf(integer, 1), 1),
      listOf(text, 1),
      typed('a string or an array', (value) => typeof value === 'string' && value !== ''),
    ),
    model: text,
  },
  {
    dimensions: within(1, 4096, integer),
    encoding_format: oneOf('float', 'base64'),
    user: text,
  },
);

/**
 * The first thing wrong with a chat completion body, or `undefined` when it may be answered.
 * @type {(body: unknown) => Problem | undefined}
 */
export const checkChatBody = (body) => {
  const problem = chatBody(body, '');
  if (problem || !isObject(body)) return problem;
  if (body.stream_options && !body.stream) {
    return {
      param: 'stream_options',
      code: 'invalid_value',
      message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    };
  }
  return undefined;
};

/**
 * The first thing wrong with an embeddings body, or `undefined` when it may be answered.
 * @type {(body: unknown) => Problem | undefined}
 */
export const checkEmbeddingBody = (body) => embeddingBody(body, '');
