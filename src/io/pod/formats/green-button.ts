// Green Button (NAESB ESPI): an Atom feed of interval readings that utilities give their customers. Electricity is kept in kWh.
import { isoOfMs } from "../../../core/base/index.ts";
import { fixedTable } from "../../../core/pods/index.ts";
import { readXml } from "../xml.ts";
import type { Format } from "./format.ts";

/** ESPI's code for watt-hours. */
const wattHours = "72";
/** Costs are in hundred-thousandths of the currency. */
const costUnit = 100_000;

export const greenButton: Format = {
  name: "green-button",
  title: "Green Button (ESPI)",
  from: "electricity companies, Download My Data",

  recognises: (head) => /naesb\.org\/espi|<(\w+:)?IntervalBlock[\s>]/.test(head),
  plan: () =>
    Promise.resolve([
      fixedTable("electricity_readings", [
        "at:timestamp",
        "interval:int64:s",
        "used:float64:kWh",
        "cost:float64",
        "flow",
      ]),
    ]),

  async read(source, _, sink) {
    let element = 0;
    let type = { unit: wattHours, multiplier: 0, flow: "" };
    let reading: { start?: string; duration?: string; value?: string; cost?: string } | null = null;
    await readXml(source, sink, {
      open(name) {
        if (name === "IntervalReading") {
          element++;
          reading = {};
        } else if (name === "ReadingType") type = { unit: wattHours, multiplier: 0, flow: "" };
      },
      close(name, text) {
        if (reading !== null) {
          if (name === "start" || name === "duration" || name === "value" || name === "cost") reading[name] = text;
          if (name !== "IntervalReading") return;
          const { start = "", duration, value = "", cost } = reading;
          reading = null;
          const shown = JSON.stringify({ start, duration, value, cost });
          if (type.unit !== wattHours) sink.reject(element, `unit ${type.unit} of ESPI is not watt-hours`, shown);
          else if (!/^\d{1,11}$/.test(start) || !/^-?\d{1,15}$/.test(value)) sink.reject(element, "no reading", shown);
          else {
            const used = Number((Number(value) * 10 ** (type.multiplier - 3)).toPrecision(15));
            const paid = cost === undefined ? null : Number(cost) / costUnit;
            sink.row(0, [isoOfMs(Number(start) * 1_000), duration, used, paid, type.flow], element);
          }
        } else if (name === "uom") type.unit = text;
        else if (name === "powerOfTenMultiplier") type.multiplier = Math.max(-12, Math.min(12, Number(text) || 0));
        else if (name === "flowDirection") type.flow = text === "19" ? "delivered back" : text === "1" ? "used" : text;
      },
    });
  },
};
