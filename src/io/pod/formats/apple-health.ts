// Apple Health: Settings → Export All Health Data gives export.zip with export.xml in it. Gigabytes of <Record>.
import { fixedTable } from "../../../core/pods/index.ts";
import { readXml } from "../xml.ts";
import type { Format } from "./format.ts";

const tables = [
  fixedTable("health_records", [
    "measure",
    "value:float64",
    "category",
    "unit",
    "started:timestamp",
    "ended:timestamp",
    "source",
  ]),
  fixedTable("health_workouts", [
    "kind",
    "duration:float64:min",
    "distance:float64",
    "distance_unit",
    "energy:float64",
    "energy_unit",
    "started:timestamp",
    "ended:timestamp",
    "source",
  ]),
  fixedTable("health_days", [
    "day:date",
    "active_energy:float64",
    "energy_unit",
    "exercise:float64:min",
    "stand:float64:h",
  ]),
  fixedTable("health_me", ["birth_date:date", "sex", "blood_type"]),
];

type Attributes = Readonly<Record<string, string>>;
const plainName = (type = "") =>
  type.replace(/^HK(?:Quantity|Category|Data|Correlation|WorkoutActivity)Type(?:Identifier)?/, "");
const plainValue = (value = "") => value.replace(/^HK(?:CategoryValue|BiologicalSex|BloodType)/, "");
const numeric = /^[-+]?[\d.]+(?:[eE][-+]?\d+)?$/;

export const appleHealth: Format = {
  name: "apple-health",
  title: "Apple Health export",
  from: "iPhone, Health, your picture, Export All Health Data",

  recognises: (head) => /<(!DOCTYPE )?HealthData[\s>[]/.test(head.slice(0, 64 * 1024)),
  plan: () => Promise.resolve(tables),

  async read(source, _, sink) {
    let element = 0;
    let inCorrelation = false;
    let workout: Attributes | null = null;
    let statistics: Attributes[] = [];
    await readXml(source, sink, {
      open(name, a) {
        element++;
        if (name === "Record") {
          // The records of a correlation stand at the top as well.
          if (inCorrelation) return;
          const { value = "" } = a;
          const isNumber = numeric.test(value);
          const kind = isNumber ? "" : plainValue(value);
          const row = [plainName(a.type), isNumber ? value : "", kind, a.unit, a.startDate, a.endDate, a.sourceName];
          sink.row(0, row, element);
        } else if (name === "Correlation") inCorrelation = true;
        else if (name === "Workout") {
          workout = a;
          statistics = [];
        } else if (name === "WorkoutStatistics" && workout !== null && statistics.length < 100) statistics.push(a);
        else if (name === "ActivitySummary") {
          const { dateComponents, activeEnergyBurned, activeEnergyBurnedUnit, appleExerciseTime, appleStandHours } = a;
          sink.row(
            2,
            [dateComponents, activeEnergyBurned, activeEnergyBurnedUnit, appleExerciseTime, appleStandHours],
            element,
          );
        } else if (name === "Me") {
          const of = (key: string) => plainValue(a[`HKCharacteristicTypeIdentifier${key}`]);
          sink.row(3, [of("DateOfBirth"), of("BiologicalSex"), of("BloodType")], element);
        }
      },
      close(name) {
        if (name === "Correlation") inCorrelation = false;
        if (name !== "Workout" || workout === null) return;
        sink.row(1, workoutRow(workout, statistics), element);
        workout = null;
      },
    });
  },
};

/** Distance and energy are attributes in older exports and statistics below in newer ones. */
function workoutRow(a: Attributes, statistics: readonly Attributes[]) {
  const sumOf = (pattern: RegExp) => statistics.find((one) => pattern.test(one.type ?? ""));
  const distance = sumOf(/Distance/);
  const energy = sumOf(/ActiveEnergyBurned/);
  const minutes = a.durationUnit === undefined || a.durationUnit === "min" ? a.duration : undefined;
  return [
    plainName(a.workoutActivityType),
    minutes,
    a.totalDistance ?? distance?.sum,
    a.totalDistanceUnit ?? distance?.unit,
    a.totalEnergyBurned ?? energy?.sum,
    a.totalEnergyBurnedUnit ?? energy?.unit,
    a.startDate,
    a.endDate,
    a.sourceName,
  ];
}
