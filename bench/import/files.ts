// Files of the size that people download: a bank's CSV and an Apple Health export.
import { closeSync, openSync, statSync, writeSync } from "node:fs";

const megabyte = 1_000_000;
const two = (value: number) => String(value).padStart(2, "0");

/** Writes lines until the file is large enough; gives its size. */
function write(file: string, bytes: number, head: string, line: (n: number) => string, tail: string): number {
  const handle = openSync(file, "w");
  let [text, written] = [head, 0];
  for (let n = 0; written < bytes; n++) {
    text += line(n);
    if (text.length < megabyte) continue;
    written += writeSync(handle, text);
    text = "";
  }
  writeSync(handle, text + tail);
  closeSync(handle);
  return statSync(file).size;
}

export function writeBankCsv(file: string, bytes: number): number {
  const head = "booked,counterparty,description,amount_eur,currency,category,balance_eur,reference\n";
  const line = (n: number) =>
    `2024-${two(1 + (n % 12))}-${two(1 + (n % 28))}T${two(n % 24)}:${two(n % 60)}:00Z,Merchant ${n % 5_000} Ltd,` +
    `"Card payment, terminal ${n % 977} Hamburg",-${(n % 9_000) / 100 + 0.01},EUR,groceries,${(5_000 + (n % 100_000)) / 10},` +
    `DE${1_000_000_000 + n}-NOTPROVIDED\n`;
  return write(file, bytes, head, line, "");
}

const kinds = ["HeartRate", "StepCount", "ActiveEnergyBurned", "DistanceWalkingRunning", "BasalEnergyBurned"];

export function writeHealthXml(file: string, bytes: number): number {
  const head =
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE HealthData [\n<!ELEMENT HealthData (Record)*>\n]>\n<HealthData locale="en_GB">\n';
  const line = (n: number) => {
    const time = `20${two(15 + (n % 9))}-${two(1 + (n % 12))}-${two(1 + (n % 28))} ${two(n % 24)}:${two(n % 60)}:${two(n % 59)} +0100`;
    const inner = n % 5 === 0 ? '\n  <MetadataEntry key="HKMetadataKeyHeartRateMotionContext" value="1"/>\n ' : "";
    return (
      ` <Record type="HKQuantityTypeIdentifier${kinds[n % 5]}" sourceName="Ada’s Apple Watch" sourceVersion="10.1.1" ` +
      `device="&lt;&lt;HKDevice: 0x2834d8e60&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:10.1.1&gt;" ` +
      `unit="count/min" creationDate="${time}" startDate="${time}" endDate="${time}" value="${40 + (n % 9_000) / 7}">${inner}</Record>\n`
    );
  };
  return write(file, bytes, head, line, "</HealthData>\n");
}
