// The least that an import can do. CSV: lines split by a regular expression and inserted one by one into a plain database.
// XML: parsed by saxes, and nothing done with it.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import Database from "libsql";
import { SaxesParser } from "saxes";

const [file, path] = process.argv.slice(2);
if (file.endsWith(".xml")) {
  const parser = new SaxesParser({ position: false });
  parser.on("opentag", () => {});
  for await (const chunk of createReadStream(file, "utf8")) parser.write(chunk);
  parser.close();
} else {
  const database = new Database(path);
  database.exec("pragma journal_mode=WAL; pragma synchronous=NORMAL");
  database.exec("create table rows(a text, b text, c text, d real, e text, f text, g real, h text)");
  const insert = database.prepare("insert into rows values (?, ?, ?, ?, ?, ?, ?, ?)");
  let n = 0;
  database.exec("begin");
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (n++ === 0) continue;
    insert.run(line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
    if (n % 10_000 === 0) database.exec("commit; begin");
  }
  database.exec("commit");
  database.close();
}
