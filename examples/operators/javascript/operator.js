// Turns exact ages into groups of ten years and leaves everything else out: a less revealing attribute.
// Hedgerow calls `process` of the global object. Assigned there, a linter does not take it for unused.
globalThis.process = (records, params) =>
  records
    .filter((record) => record["person.age"] !== null)
    .map((record) => {
      const from = Math.floor(record["person.age"] / params.years) * params.years;
      return { "person.age_group": `${from}-${from + params.years - 1}` };
    });
