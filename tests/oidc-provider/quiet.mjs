// Imported before anything else. Standard output belongs to the one line that says where the server is, and the
// provider talks there: hints about defaults, and a warning that it would rather run on a newer Node. What is really
// wrong goes through `console.error` and is still seen.
console.info = () => {};
console.warn = () => {};
