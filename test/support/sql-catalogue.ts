// Tables and concepts for tests of the SQL front end: every type, unit, range and public list that a column may have. What
// people are really asked about is catalogue/attributes.yaml.
import type { Attribute } from "../../src/core/model/index.ts";
import { type Catalogue, type Column, type Concept, catalogueOf } from "../../src/core/sql/index.ts";

function column(name: string, attribute: string, type: Column["type"], more: Partial<Column> = {}): Column {
  return { name, attribute: attribute as Attribute, type, nullable: true, unit: null, ...more };
}

function concept(name: string, type: Concept["type"], more: Partial<Concept> = {}): Concept {
  return { name, attribute: `profile.${name}` as Attribute, type, ...more };
}

export const testCatalogue: Catalogue = catalogueOf(
  [
    {
      name: "employment",
      attribute: "employment" as Attribute,
      perOwner: "one",
      columns: [
        column("sick_leave_days", "health.sick_leave", "int64", { unit: "day" }),
        column("working_hours", "employment.hours", "float64", { unit: "hour" }),
        column("contract", "employment.contract", "text", { values: ["permanent", "temporary", "self-employed"] }),
        column("since", "employment.since", "date"),
      ],
    },
    {
      name: "ratings",
      attribute: "movies" as Attribute,
      perOwner: "many",
      columns: [
        column("movie", "movies.title", "text", { nullable: false }),
        column("stars", "movies.stars", "int64", { nullable: false }),
        column("rated_at", "movies.time", "timestamp"),
      ],
    },
    {
      name: "trips",
      attribute: "mobility" as Attribute,
      perOwner: "many",
      columns: [
        column("started_at", "mobility.time", "timestamp", { nullable: false }),
        column("minutes", "mobility.duration", "float64", { nullable: false, unit: "minute" }),
        column("distance", "mobility.distance", "float64", { nullable: false, unit: "km" }),
        column("mode", "mobility.mode", "text", {
          nullable: false,
          values: ["walk", "bicycle", "bus", "train", "car"],
        }),
        column("shared", "mobility.shared", "bool", { nullable: false }),
      ],
    },
  ],
  [
    concept("profession", "text"),
    concept("city", "text"),
    concept("age", "int64", { range: { min: "0", max: "120" } }),
    concept("smoker", "bool"),
    concept("education", "text", { values: ["none", "school", "vocational", "university"] }),
  ],
);
