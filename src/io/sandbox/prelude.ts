// Evaluated inside QuickJS before a body. It takes away what differs from run to run, and builds the bridge over which
// records come in and go out: columns as JSON, and beside them the few values that JSON lacks.
//
// The bridge serves the body; it does not guard against it. Whatever comes out is text that the thread parses and checks.
export const prelude = `(() => {
  "use strict";
  for (const name of ["Date", "WeakRef", "FinalizationRegistry", "performance", "queueMicrotask", "SharedArrayBuffer",
    "Atomics", "gc", "navigator", "console"]) delete globalThis[name];
  delete Math.random;
  const { parse, stringify } = JSON;
  const { keys, is, freeze } = Object;
  const { isArray } = Array;
  const Bytes = Uint8Array;
  const Integer = BigInt;

  const fromHex = (text) => {
    const bytes = new Bytes(text.length / 2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
    return bytes;
  };
  const toHex = (bytes) => {
    let text = "";
    for (let i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
    return text;
  };
  const revive = (kind, text) => (kind === "i" ? Integer(text) : kind === "f" ? Number(text) : fromHex(text));

  const records = (text, names) => {
    const { rows, columns, special } = parse(text);
    for (const [c, r, kind, value] of special) columns[c][r] = revive(kind, value);
    const made = [];
    for (let r = 0; r < rows; r++) {
      const record = {};
      for (let c = 0; c < names.length; c++) record[names[c]] = columns[c][r];
      made[r] = record;
    }
    return made;
  };

  // "!" and a reason when it is not what was declared.
  const columns = (given, names) => {
    if (given === undefined || given === null) return "";
    if (!isArray(given)) return "!a list of records was expected";
    const declared = {};
    for (const name of names) declared[name] = true;
    const made = names.map(() => []);
    const special = [];
    for (let r = 0; r < given.length; r++) {
      const record = given[r];
      if (typeof record !== "object" || record === null) return "!record " + (r + 1) + " is not an object";
      for (const key of keys(record)) if (declared[key] !== true) return "!record " + (r + 1) + " carries an attribute that is not declared\\n" + key;
      for (let c = 0; c < names.length; c++) {
        let value = record[names[c]];
        if (value === undefined) value = null;
        if (typeof value === "bigint") { special[special.length] = [c, r, "i", value.toString()]; value = null; }
        else if (typeof value === "number" && (value - value !== 0 || is(value, -0))) { special[special.length] = [c, r, "f", is(value, -0) ? "-0" : String(value)]; value = null; }
        else if (value instanceof Bytes) { special[special.length] = [c, r, "b", toHex(value)]; value = null; }
        made[c][r] = value;
      }
    }
    return stringify({ rows: given.length, columns: made, special });
  };

  let params, consumes, produces;
  const deepFreeze = (value) => {
    if (typeof value === "object" && value !== null) for (const key of keys(freeze(value))) deepFreeze(value[key]);
    return value;
  };
  return {
    configure(text) { ({ params, consumes, produces } = deepFreeze(parse(text))); },
    process: (body, text, input) => columns(body(records(text, consumes), params, input), produces),
    end: (body) => columns(body(params), produces),
  };
})()`;
